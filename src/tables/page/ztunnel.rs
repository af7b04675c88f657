//! A ztunnel's tables: workloads, services, policies, certificates, connections.

use std::collections::BTreeMap;

use super::expression::Expression;
use super::{lines, listed, text};
use crate::capture::{Document, DocumentId};
use crate::instant::Instant;
use crate::json::{Node, snake};
use crate::tables::cell::{Cell, Column, Part, Row, Subject, TableKind, Word};
use crate::tables::ztunnel::connections::{self, ConnectionsFilter};
use crate::tables::ztunnel::{certificate, waypoint_name};
use crate::ztunnel::{Cert, Certificates, Policy, Service, Workload, ZtunnelDump};

pub fn columns(kind: TableKind) -> &'static [Column] {
    match kind {
        TableKind::Workloads => &[
            Column::Namespace,
            Column::Name,
            Column::Address,
            Column::Node,
            Column::Waypoint,
            Column::Protocol,
            Column::Health,
            Column::ServiceAccount,
            Column::Policies,
            Column::Locality,
            Column::Cluster,
        ],
        TableKind::Services => &[
            Column::Namespace,
            Column::Name,
            Column::Host,
            Column::Address,
            Column::Ports,
            Column::Waypoint,
            Column::Endpoints,
            Column::LoadBalancing,
        ],
        TableKind::ZtunnelPolicies => {
            &[Column::Namespace, Column::Name, Column::Action, Column::Scope, Column::Rule]
        }
        TableKind::ZtunnelCertificates => &[
            Column::Name,
            Column::Type,
            Column::State,
            Column::ValidCert,
            Column::ValidNow,
            Column::SerialNumber,
            Column::NotBefore,
            Column::NotAfter,
        ],
        TableKind::Connections => &[
            Column::Workload,
            Column::Direction,
            Column::Local,
            Column::Remote,
            Column::Target,
            Column::Protocol,
        ],
        _ => &[],
    }
}

/// The rows of a ztunnel's table. `moments`: when it was captured, and the reader's own time.
pub fn rows(
    document: &Document,
    id: DocumentId,
    kind: TableKind,
    moments: [Option<Instant>; 2],
    out: &mut Vec<Row>,
) {
    let Some(tree) = document.tree() else { return };
    let of = ZtunnelDump(tree.root());
    let mut add = |at: Node<'_>, cells: Vec<Cell>| {
        out.push(Row { of: Subject::Document(id), at: at.span().start, cells, hidden: false });
    };
    let services: Vec<Service<'_>> = of.services().collect();
    match kind {
        TableKind::Workloads => of.workloads().for_each(|it| add(it.0, workload(it, &services))),
        TableKind::Services => {
            let health: BTreeMap<_, _> =
                of.workloads().map(|it| (it.uid(), it.status() == "Healthy")).collect();
            for it in &services {
                let all = it.endpoints().count();
                let healthy = it.endpoints().filter(|uid| health.get(uid).copied().unwrap_or(false)).count();
                add(it.0, service(*it, &services, [healthy, all]));
            }
        }
        TableKind::ZtunnelPolicies => of.policies().for_each(|it| add(it.0, policy(it))),
        TableKind::ZtunnelCertificates => {
            of.certificates().for_each(|it| certificates(it, moments, &mut add))
        }
        TableKind::Connections => {
            for row in connections::rows(of, &ConnectionsFilter::default()) {
                let cells = [
                    row.workload,
                    row.direction.to_owned(),
                    row.local,
                    row.remote,
                    row.remote_target,
                    row.protocol,
                ];
                add(row_of(of), cells.into_iter().map(|it| vec![text(it)]).collect());
            }
        }
        _ => {}
    }
}

/// Connections are joined from several places: they lead to the list of them.
fn row_of(of: ZtunnelDump<'_>) -> Node<'_> {
    of.0.get("workload_state").unwrap_or(of.0)
}

fn plain(it: &str) -> Cell {
    if it.is_empty() { Cell::new() } else { vec![text(it)] }
}

/// The service of a waypoint; empty without one.
fn waypoint(destination: Option<&str>, services: &[Service<'_>]) -> Cell {
    let Some(destination) = destination else { return Cell::new() };
    match waypoint_name(Some(destination), services).as_str() {
        "NA" => vec![text(destination), Part::Word(Word::Missing)],
        name => vec![Part::Name { text: name.to_owned(), whole: destination.to_owned() }],
    }
}

fn workload(it: Workload<'_>, services: &[Service<'_>]) -> Vec<Cell> {
    let field = |key: &str| super::field(it.0, key);
    let addresses = listed(it.ips().map(|it| it.into_owned()));
    let mut policies = it.0.list("authorization_policies").filter_map(Node::str).map(|it| it.into_owned());
    let locality = it.0.get("locality");
    let place =
        ["region", "zone", "subzone"].map(|key| locality.and_then(|it| it.text(key)).unwrap_or_default());
    let place: Vec<_> = place.iter().take_while(|it| !it.is_empty()).map(|it| it.as_ref()).collect();
    vec![
        plain(&it.namespace()),
        plain(&it.name()),
        if addresses.is_empty() { plain(&it.hostname()) } else { addresses },
        plain(&it.node()),
        waypoint(it.waypoint().as_deref(), services),
        plain(&it.protocol()),
        plain(&it.status()),
        field("service_account"),
        lines(policies.by_ref()),
        plain(&place.join("/")),
        field("cluster_id"),
    ]
}

fn service(it: Service<'_>, services: &[Service<'_>], [healthy, all]: [usize; 2]) -> Vec<Cell> {
    let narrow = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
    let ports = it.0.get("ports").into_iter().flat_map(Node::entries);
    let ports = ports.map(|(port, target)| match target.u64() {
        Some(0) | None => port.into_owned(),
        Some(target) => format!("{port} → {target}"),
    });
    vec![
        plain(&it.namespace()),
        plain(&it.name()),
        plain(&it.hostname()),
        // The network stands before the slash.
        lines(it.vips().map(|it| it.trim_start_matches('/').to_owned())),
        listed(ports),
        waypoint(it.waypoint().as_deref(), services),
        vec![Part::Word(Word::Healthy(narrow(healthy), narrow(all)))],
        it.0.get("load_balancer").map(|it| super::field(it, "mode")).unwrap_or_default(),
    ]
}

fn policy(it: Policy<'_>) -> Vec<Cell> {
    let action = it.action();
    let mut rule =
        vec![Part::Word(if action.eq_ignore_ascii_case("deny") { Word::Denies } else { Word::Allows })];
    // Rules: one of them, all of its clauses, one of a clause's matches (istio/ztunnel, src/rbac.rs).
    let rules = it.0.list("rules").map(|rule| {
        Expression::all(rule.items().map(|clause| Expression::either(clause.items().map(one_match))))
    });
    let rules: Vec<Expression> = rules.collect();
    if rules.is_empty() {
        rule.push(Part::Word(Word::MatchesNothing));
    } else {
        Expression::either(rules).words(&mut rule);
    }
    vec![plain(&it.namespace()), plain(&it.name()), plain(&action), plain(&it.scope()), rule]
}

/// All that a match wants; of each thing, one of a list, or (`not_…`) none of it.
fn one_match(of: Node<'_>) -> Expression {
    Expression::all(of.entries().filter(|(_, it)| !it.is_empty()).map(|(key, values)| {
        let key = snake(&key);
        let (not, name) = key.strip_prefix("not_").map_or((false, key.as_str()), |it| (true, it));
        let name = name.strip_suffix('s').unwrap_or(name).replace('_', " ");
        let one = Expression::either(values.items().map(|it| Expression::Leaf(name.clone(), matched(it))));
        if not { Expression::Not(Box::new(one)) } else { one }
    }))
}

fn matched(of: Node<'_>) -> String {
    if let Some(text) = of.str() {
        return text.into_owned();
    }
    if let Some(number) = of.u64() {
        return number.to_string();
    }
    if let Some(account) = of.text("service_account") {
        return format!("{}/{account}", of.text("namespace").unwrap_or_default());
    }
    match of.entries().next() {
        Some((kind, value)) => {
            let value = value.str().unwrap_or_default();
            match kind.to_lowercase().as_str() {
                "exact" => value.into_owned(),
                "prefix" => format!("{value}*"),
                "suffix" => format!("*{value}"),
                _ => "*".to_owned(),
            }
        }
        None => String::new(),
    }
}

fn certificates<'t>(
    of: Certificates<'t>,
    moments: [Option<Instant>; 2],
    add: &mut impl FnMut(Node<'t>, Vec<Cell>),
) {
    let chain: Vec<_> = of.cert_chain().collect();
    let roots: Vec<_> = of.root_certs().collect();
    let last = chain.len().saturating_sub(1);
    let place = |at: usize| match at {
        0 => Word::Leaf,
        // Before there was a list of them, the root was the end of the chain.
        _ if at == last && roots.is_empty() => Word::Root,
        _ => Word::Intermediate,
    };
    let all = chain.iter().enumerate().map(|(at, it)| (place(at), *it));
    let all: Vec<(Word, Cert<'t>)> = all.chain(roots.iter().map(|it| (Word::Root, *it))).collect();
    let head = |kind: Cell| vec![plain(&of.identity()), kind, plain(&of.state())];
    if all.is_empty() {
        let mut cells = head(Cell::new());
        cells.resize(8, Cell::new());
        add(of.0, cells);
    }
    for (kind, it) in all {
        let mut cells = head(vec![Part::Word(kind)]);
        cells.extend(moments.map(|now| now.map(|now| validity(it, now)).unwrap_or_default()));
        cells.extend([
            plain(&certificate::hexadecimal(&it.serial_number())),
            plain(&it.valid_from()),
            plain(&it.expiration_time()),
        ]);
        add(it.0, cells);
    }
}

fn validity(of: Cert<'_>, now: Instant) -> Cell {
    let word = match (Instant::parse(&of.valid_from()), Instant::parse(&of.expiration_time())) {
        (Some(from), _) if now < from => Word::NotYetValid,
        (_, Some(until)) if now > until => Word::Expired,
        (Some(_), Some(_)) => Word::Valid,
        _ => return Cell::new(),
    };
    vec![Part::Word(word)]
}
