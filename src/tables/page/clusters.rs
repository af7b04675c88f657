//! A row for each cluster.

use super::{Dump, It, aside, field, name, owner, state, text};
use crate::capture::ResourceRef;
use crate::envoy::Cluster;
use crate::envoy::names::ServiceKey;
use crate::json::Node;
use crate::tables::cell::{Cell, Column, Part, Row, Target, Word};

pub const COLUMNS: [Column; 11] = [
    Column::Host,
    Column::Port,
    Column::Subset,
    Column::Direction,
    Column::Type,
    Column::LoadBalancing,
    Column::Endpoints,
    Column::Tls,
    Column::Policy,
    Column::Owner,
    Column::State,
];

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let whole = it.resource.name(dump.bytes);
    let key = ServiceKey::parse(&whole);
    // An inbound cluster has no host of its own; its name is what tells it apart.
    let host = key.map(|it| it.host).filter(|host| !host.is_empty()).unwrap_or(&whole);
    let part = |it: &str| if it.is_empty() { Cell::new() } else { vec![text(it)] };
    let cells = vec![
        vec![name(host)],
        key.map(|it| vec![text(it.port.to_string())]).unwrap_or_default(),
        part(key.map_or("", |it| it.subset)),
        part(key.map_or("", |it| it.direction)),
        cluster_type(it.root),
        load_balancing(Cluster(it.root)),
        endpoints(dump, it),
        tls(it.root),
        policy(Cluster(it.root)),
        owner(it.root),
        state(it.resource),
    ];
    out.push(Row { resource: it.reference, at: it.root.span().start, cells });
}

fn cluster_type(cluster: Node<'_>) -> Cell {
    if let Some(custom) = cluster.path(&["cluster_type", "name"]).and_then(Node::str) {
        return vec![text(custom.rsplit('.').next().unwrap_or_default().to_uppercase())];
    }
    // STATIC is protobuf's default and may be left out.
    let found = field(cluster, "type");
    if found.is_empty() { vec![text("STATIC")] } else { found }
}

/// How many endpoints are healthy, of how many; links to them.
fn endpoints(dump: &Dump<'_>, it: It<'_>) -> Cell {
    // Where a request goes to the address that it asked for, no endpoint is known beforehand.
    if it.root.text("type").is_some_and(|it| it == "ORIGINAL_DST") {
        return Cell::new();
    }
    if let Some((_, Some(to))) = dump.names.endpoints(dump.bytes, it.root, it.resource.name_span()) {
        let tree = dump.dump.get(to).and_then(|it| it.body(dump.bytes).ok());
        let (healthy, all) = tree.map(|tree| count(tree.root())).unwrap_or_default();
        let target = Target::Resource(ResourceRef { resource: to, ..it.reference });
        return vec![Part::Link { text: format!("{healthy}/{all}"), whole: String::new(), target }];
    }
    let inline = it.root.get("load_assignment").or_else(|| it.root.get("hosts"));
    inline.map(|it| vec![text(count(it).1.to_string())]).unwrap_or_default()
}

/// Healthy endpoints and all endpoints of a load assignment.
fn count(assignment: Node<'_>) -> (usize, usize) {
    let endpoints = || assignment.list("endpoints").flat_map(|locality| locality.list("lb_endpoints"));
    let healthy = endpoints().filter(|it| super::endpoints::is_healthy(*it)).count();
    (healthy, endpoints().count())
}

/// The policy, but where the client chose the address there is nothing to balance.
fn load_balancing(cluster: Cluster<'_>) -> Cell {
    let policy = cluster.lb_policy();
    match policy.as_ref() {
        "CLUSTER_PROVIDED" => Cell::new(),
        name => vec![text(name.rsplit('.').next().unwrap_or(name).to_uppercase())],
    }
}

/// Limits that Istio sets where nobody asked for one.
const NO_LIMIT: u64 = u32::MAX as u64;

/// Connection pool and outlier detection in Envoy's own words; what limits nothing is left out.
fn policy(cluster: Cluster<'_>) -> Cell {
    let mut lines: Vec<String> = Vec::new();
    for threshold in cluster.thresholds() {
        for key in
            ["max_connections", "max_pending_requests", "max_requests", "max_retries", "max_connection_pools"]
        {
            if let Some(limit) = threshold.number(key).filter(|it| *it < NO_LIMIT) {
                let of =
                    threshold.text("priority").filter(|it| it == "HIGH").map(|_| " (HIGH)").unwrap_or("");
                lines.push(format!("{key} {limit}{of}"));
            }
        }
    }
    if let Some(outlier) = cluster.outlier_detection() {
        let keys = ["consecutive_5xx", "consecutive_gateway_failure", "interval", "base_ejection_time"];
        let said = keys.iter().filter_map(|key| {
            let value = outlier.get(key)?;
            let value = value.str().or_else(|| value.u64().map(|it| it.to_string().into()))?;
            Some(format!("{key} {value}"))
        });
        lines.push(std::iter::once("outlier_detection".to_owned()).chain(said).collect::<Vec<_>>().join(" "));
    }
    let mut cell = Cell::new();
    for line in lines {
        if !cell.is_empty() {
            cell.push(Part::Break);
        }
        cell.push(aside(line));
    }
    cell
}

/// How the cluster speaks to its endpoints.
fn tls(cluster: Node<'_>) -> Cell {
    let context = |socket: Option<Node<'_>>| {
        let url = socket.and_then(|it| it.get("typed_config")).and_then(|it| it.text("@type"));
        url.is_some_and(|it| it.ends_with("UpstreamTlsContext"))
    };
    let matches = cluster.list("transport_socket_matches");
    let istio = matches.into_iter().any(|it| it.text("name").is_some_and(|name| name == "tlsMode-istio"));
    if istio {
        return vec![Part::Word(Word::MutualTls)];
    }
    let old = cluster.get("tls_context").is_some();
    if old || context(cluster.get("transport_socket")) { vec![Part::Word(Word::Tls)] } else { Cell::new() }
}
