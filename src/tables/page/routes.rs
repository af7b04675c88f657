//! A row for each route.

use super::{Dump, It, aside, lines, more, name, owner, summary, text};
use crate::envoy::{
    Action, ClusterSpecifier, Config, Kind, Redirect, Route, RouteAction, VirtualHost, text as field,
};
use crate::json::Node;
use crate::tables::cell::{Cell, Column, Part, Row, Word};

pub const COLUMNS: [Column; 13] = [
    Column::RouteConfig,
    Column::VirtualHost,
    Column::Domains,
    Column::Name,
    Column::Match,
    Column::Destination,
    Column::Also,
    Column::Rewrite,
    Column::Timeout,
    Column::Retries,
    Column::Mirror,
    Column::Fault,
    Column::Owner,
];

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let config = it.resource.name(dump.bytes).into_owned();
    for host in it.root.list("virtual_hosts").map(VirtualHost) {
        let whole = host.name().into_owned();
        let domains = lines(host.domains().map(|it| it.into_owned()));
        let head = |at: u32, rest: [Cell; 10]| {
            let mut cells = vec![vec![text(config.clone())], host_cell(&whole, host), domains.clone()];
            cells.extend(rest);
            it.row(at, cells)
        };
        let before = out.len();
        for route in host.routes() {
            let matches = route.route_match().map(|it| summary::route_match(it.0)).unwrap_or_default();
            let extras = extras(dump, route);
            let name = if route.name().is_empty() { Cell::new() } else { vec![text(route.name())] };
            let also = also(&extras);
            let [rewrite, timeout, retries, mirror, fault] = extras;
            let rest = [
                name,
                matches,
                destination(dump, route),
                also,
                rewrite,
                timeout,
                retries,
                mirror,
                fault,
                owner(dump.capture, route.0),
            ];
            let mut row = head(route.0.span().start, rest);
            row.hidden = is_passthrough(route);
            out.push(row);
        }
        if out.len() == before {
            let matcher = host.matcher().is_some();
            let mut rest = [const { Cell::new() }; 10];
            // As istioctl says it: such a host answers 404 to everything; unless it has the newer form of routes.
            rest[2] = vec![if matcher { aside("matcher") } else { text("404") }];
            out.push(head(host.0.span().start, rest));
        }
    }
}

/// Routes that istioctl leaves out, which only let traffic to unknown hosts pass.
fn is_passthrough(route: Route<'_>) -> bool {
    let Some(Action::Route(action)) = route.action() else { return false };
    matches!(action.cluster_specifier(), Some(ClusterSpecifier::Cluster(name)) if name == "PassthroughCluster")
}

/// A virtual host's name and, beside it, how many domains it answers for. Where the name is none of them, the first.
fn host_cell(whole: &str, host: VirtualHost<'_>) -> Cell {
    let mut cell = vec![name(whole)];
    let mut domains = host.domains();
    if let Some(first) = domains.next() {
        // The name repeats the first domain, but for gateways and the catch-alls.
        if !whole.starts_with(&*first) {
            cell.push(aside(first));
        }
        cell.extend(more(domains.count()));
    }
    cell
}

/// Where a route leads.
fn destination(dump: &Dump<'_>, route: Route<'_>) -> Cell {
    let mut out = Cell::new();
    match route.action() {
        Some(Action::Route(action)) => forward(dump, action, &mut out),
        Some(Action::Redirect(redirect)) => out.push(text(redirect_text(redirect))),
        Some(Action::DirectResponse(response)) => {
            out.push(text(response.number("status").map(|it| it.to_string()).unwrap_or_default()));
            if let Some(body) = response.path(&["body", "inline_string"]).and_then(Node::str) {
                out.push(aside(summary::cut(&body, 60)));
            }
        }
        Some(Action::NonForwardingAction) => out.push(aside("non-forwarding")),
        Some(Action::FilterAction) => out.push(aside("filter action")),
        None => {}
    }
    out
}

fn forward(dump: &Dump<'_>, action: RouteAction<'_>, out: &mut Cell) {
    let header = |name: &str, out: &mut Cell| out.extend([aside("header"), text(name)]);
    match action.cluster_specifier() {
        Some(ClusterSpecifier::Cluster(_)) => {
            if let Some(cluster) = action.0.get("cluster") {
                cluster_part(dump, cluster, out);
            }
        }
        Some(ClusterSpecifier::Weighted(clusters)) => {
            // Envoy sums the weights itself; `total_weight` is of versions before 1.22.
            let sum = clusters.iter().map(|it| it.weight).fold(0, u64::saturating_add).max(1);
            for (index, it) in clusters.iter().enumerate() {
                if index > 0 {
                    out.push(Part::Break);
                }
                match it.node.get("name") {
                    Some(name) => cluster_part(dump, name, out),
                    None => header(&it.cluster_header, out),
                }
                let share = u128::from(it.weight) * 1000 / u128::from(sum);
                out.push(Part::Word(Word::Share(u32::try_from(share).unwrap_or(0))));
            }
        }
        Some(ClusterSpecifier::ClusterHeader(name)) => header(&name, out),
        Some(ClusterSpecifier::Plugin(_)) => out.push(aside("cluster specifier plugin")),
        None => {}
    }
}

fn cluster_part(dump: &Dump<'_>, name: Node<'_>, out: &mut Cell) {
    let part = dump.link(Kind::Cluster, name);
    let missing = matches!(part, Part::Broken { .. });
    out.push(part);
    if missing {
        out.push(Part::Word(Word::NoSuchCluster));
    }
}

/// What a route does besides: rewrite, time limit, retries, mirrors, faults.
fn extras(dump: &Dump<'_>, route: Route<'_>) -> [Cell; 5] {
    let action = match route.action() {
        Some(Action::Route(action)) => Some(action),
        _ => None,
    };
    let of = |make: &dyn Fn(RouteAction<'_>) -> Cell| action.map(make).unwrap_or_default();
    [
        of(&rewrite),
        of(&|it| it.timeout().map(|it| vec![text(it)]).unwrap_or_default()),
        of(&retries),
        of(&|it| mirrors(dump, it)),
        fault(route),
    ]
}

/// The same in one cell, each named; what every route of Istio's has is left out.
fn also([rewrite, timeout, retries, mirror, fault]: &[Cell; 5]) -> Cell {
    let said = |cell: &Cell| match cell.as_slice() {
        [Part::Text(text)] if text == "0s" => false,
        cell => !cell.is_empty(),
    };
    let mut out = Cell::new();
    for (name, cell) in
        [("rewrite", rewrite), ("timeout", timeout), ("retries", retries), ("mirrors", mirror), ("", fault)]
    {
        if !said(cell) || (name == "retries" && is_default_of_istio(cell)) {
            continue;
        }
        if !out.is_empty() {
            out.push(Part::Break);
        }
        if !name.is_empty() {
            out.push(aside(name));
        }
        out.extend(cell.iter().cloned());
    }
    out
}

/// Istio retries every route twice when it could not connect (and to the application itself, when that closed before
/// it was asked); only what differs is worth a reader's eye (pilot/pkg/networking/core/route/retry/retry.go).
fn is_default_of_istio(retries: &Cell) -> bool {
    const OUTBOUND: &str = "connect-failure,refused-stream,unavailable,cancelled";
    let [Part::Text(number), Part::Aside(on)] = retries.as_slice() else { return false };
    number == "2" && !on.ends_with(" each") && (on.starts_with(OUTBOUND) || on == "reset-before-request")
}

fn rewrite(action: RouteAction<'_>) -> Cell {
    let mut found = Vec::new();
    found.extend(action.prefix_rewrite().map(|it| it.into_owned()));
    found.extend(action.regex_rewrite().map(|(pattern, by)| format!("~ {pattern} → {by}")));
    found.extend(
        action.0.path(&["path_rewrite_policy", "name"]).and_then(Node::str).map(|it| it.into_owned()),
    );
    found.extend(action.host_rewrite_literal().map(|it| format!("host {it}")));
    found.extend(action.0.text("host_rewrite_header").map(|it| format!("host of header {it}")));
    if action.0.flag("auto_host_rewrite") {
        found.push("host of the endpoint".to_owned());
    }
    lines(found)
}

fn retries(action: RouteAction<'_>) -> Cell {
    let Some(policy) = action.retry_policy() else { return Cell::new() };
    let on = policy.retry_on();
    if on.is_empty() {
        return Cell::new();
    }
    let each = policy.per_try_timeout().map(|it| format!(", {it} each")).unwrap_or_default();
    vec![text(policy.num_retries().to_string()), aside(format!("{on}{each}"))]
}

fn mirrors(dump: &Dump<'_>, action: RouteAction<'_>) -> Cell {
    let mut out = Cell::new();
    for mirror in action.0.list("request_mirror_policies").chain(action.0.get("request_mirror_policy")) {
        if !out.is_empty() {
            out.push(Part::Break);
        }
        if let Some(share) = mirror.path(&["runtime_fraction", "default_value"]).map(summary::percent) {
            out.push(text(share));
        }
        match mirror.get("cluster") {
            Some(cluster) => cluster_part(dump, cluster, &mut out),
            None => out.extend([aside("header"), text(field(mirror, "cluster_header"))]),
        }
    }
    out
}

fn redirect_text(redirect: Redirect<'_>) -> String {
    let scheme = redirect.scheme().map(|it| format!("{it}://")).unwrap_or_default();
    let host = redirect.host().unwrap_or_default();
    let port = redirect.port().map(|it| format!(":{it}")).unwrap_or_default();
    let regex = redirect.0.path(&["regex_rewrite", "substitution"]).and_then(Node::str);
    let path = redirect.path().or_else(|| redirect.prefix_rewrite()).or(regex).unwrap_or_default();
    format!("{} → {scheme}{host}{port}{path}", redirect.status())
}

/// The fault that Istio injects at a route.
fn fault(route: Route<'_>) -> Cell {
    let mut configs = route.typed_per_filter_config().map(|(name, it)| (name, Config::of_any(it)));
    // v2 has no type there.
    let fault = configs.find(|(name, it)| it.message() == "HTTPFault" || name == "envoy.fault");
    let Some((_, Config { node: fault, .. })) = fault else { return Cell::new() };
    let share = |of: Node<'_>| of.get("percentage").map(summary::percent).unwrap_or_default();
    let mut out = Cell::new();
    if let Some(delay) = fault.get("delay") {
        out.extend([aside("delay"), text(format!("{} {}", field(delay, "fixed_delay"), share(delay)))]);
    }
    if let Some(abort) = fault.get("abort") {
        let status = abort.number("http_status").map(|it| it.to_string());
        let status = status.or_else(|| abort.number("grpc_status").map(|it| format!("gRPC {it}")));
        let status = status.unwrap_or_else(|| "by header".to_owned());
        out.extend([aside("abort"), text(format!("{status} {}", share(abort)))]);
    }
    out
}
