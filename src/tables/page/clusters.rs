//! A row for each cluster.

use super::{Dump, It, aside, field, lines, listed, name, owner, state, summary, text};
use crate::capture::ResourceRef;
use crate::envoy::names::ServiceKey;
use crate::envoy::{Cluster, Config};
use crate::json::Node;
use crate::tables::cell::{Cell, Column, Part, Row, Target, Word};

pub const COLUMNS: [Column; 17] = [
    Column::Host,
    Column::Port,
    Column::Subset,
    Column::Direction,
    Column::Type,
    Column::LoadBalancing,
    Column::Endpoints,
    Column::Tls,
    Column::Sni,
    Column::PeerNames,
    Column::Also,
    Column::Pool,
    Column::Outlier,
    Column::ConnectTimeout,
    Column::EdsName,
    Column::Owner,
    Column::State,
];

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let whole = it.resource.name(dump.bytes);
    let key = ServiceKey::parse(&whole);
    // An inbound cluster has no host of its own; its name is what tells it apart.
    let host = key.map(|it| it.host).filter(|host| !host.is_empty()).unwrap_or(&whole);
    let part = |it: &str| if it.is_empty() { Cell::new() } else { vec![text(it)] };
    let cluster = Cluster(it.root);
    let (tls, context) = tls(cluster);
    let (pool, outlier) = (pool(cluster), outlier(cluster));
    // Both in one cell, for who has not asked for each.
    let mut also = pool.clone();
    if !outlier.is_empty() {
        also.extend((!also.is_empty()).then_some(Part::Break));
        also.push(aside("outlier detection"));
        also.extend(outlier.iter().cloned());
    }
    let cells = vec![
        vec![name(host)],
        key.map(|it| vec![text(it.port.to_string())]).unwrap_or_default(),
        part(key.map_or("", |it| it.subset)),
        part(key.map_or("", |it| it.direction)),
        cluster_type(it.root),
        load_balancing(cluster),
        endpoints(dump, it),
        tls,
        context.map(|it| field(it, "sni")).unwrap_or_default(),
        context.map(peer_names).unwrap_or_default(),
        also,
        pool,
        outlier,
        cluster.connect_timeout().map(|it| vec![text(it)]).unwrap_or_default(),
        cluster.eds_service_name().filter(|it| *it != whole).map(|it| vec![text(it)]).unwrap_or_default(),
        owner(dump.capture, it.root),
        state(dump, it.resource),
    ];
    out.push(it.row(it.root.span().start, cells));
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

/// The limits of its connection pool in Envoy's own words; what limits nothing is left out.
fn pool(cluster: Cluster<'_>) -> Cell {
    const LIMITS: [&str; 5] =
        ["max_connections", "max_pending_requests", "max_requests", "max_retries", "max_connection_pools"];
    let mut found: Vec<String> = Vec::new();
    for threshold in cluster.thresholds() {
        for key in LIMITS {
            if let Some(limit) = threshold.number(key).filter(|it| *it < NO_LIMIT) {
                let of =
                    threshold.text("priority").filter(|it| it == "HIGH").map(|_| " (HIGH)").unwrap_or("");
                found.push(format!("{key} {limit}{of}"));
            }
        }
    }
    let options = cluster.0.get("typed_extension_protocol_options").into_iter().flat_map(Node::entries);
    let common = options.filter_map(|(_, it)| it.get("common_http_protocol_options"));
    for options in common.chain(cluster.0.get("common_http_protocol_options")) {
        for key in ["max_requests_per_connection", "idle_timeout", "max_connection_duration"] {
            let value = options.get(key).map(|it| summary::compact(it, 20));
            found.extend(value.map(|it| format!("{key} {it}")));
        }
    }
    lines(found)
}

/// When it takes endpoints out of use, in Envoy's own words.
fn outlier(cluster: Cluster<'_>) -> Cell {
    const KEYS: [&str; 6] = [
        "consecutive_5xx",
        "consecutive_gateway_failure",
        "consecutive_local_origin_failure",
        "interval",
        "base_ejection_time",
        "max_ejection_percent",
    ];
    let Some(outlier) = cluster.outlier_detection() else { return Cell::new() };
    let found =
        KEYS.iter().filter_map(|key| Some(format!("{key} {}", summary::compact(outlier.get(key)?, 20))));
    let found: Vec<String> = found.collect();
    if found.is_empty() { vec![aside("defaults")] } else { lines(found) }
}

/// How the cluster speaks to its endpoints, and the TLS context that says so.
fn tls(cluster: Cluster<'_>) -> (Cell, Option<Node<'_>>) {
    let mut matches = cluster.transport_socket_matches();
    if let Some(istio) = matches.find(|it| it.text("name").is_some_and(|name| name == "tlsMode-istio")) {
        return (vec![Part::Word(Word::MutualTls)], istio.get("transport_socket").and_then(context));
    }
    let socket = cluster.transport_socket().and_then(|it| context(it.0));
    let Some(context) = socket.or_else(|| cluster.tls_context()) else { return (Cell::new(), None) };
    let common = context.get("common_tls_context");
    let client = ["tls_certificates", "tls_certificate_sds_secret_configs"]
        .iter()
        .any(|key| common.is_some_and(|it| it.list(key).next().is_some()));
    (vec![Part::Word(if client { Word::MutualTls } else { Word::Tls })], Some(context))
}

/// The TLS that a transport socket asks for.
fn context(socket: Node<'_>) -> Option<Node<'_>> {
    let config = socket.get("typed_config").map(Config::of_any)?;
    (config.message() == "UpstreamTlsContext").then_some(config.node)
}

/// Whose certificate an endpoint has to show.
fn peer_names(context: Node<'_>) -> Cell {
    let Some(common) = context.get("common_tls_context") else { return Cell::new() };
    let combined = common.path(&["combined_validation_context", "default_validation_context"]);
    let Some(validation) = combined.or_else(|| common.get("validation_context")) else { return Cell::new() };
    let older = validation.list("match_subject_alt_names").map(summary::string_match);
    let typed = validation.list("match_typed_subject_alt_names");
    let typed = typed.filter_map(|it| it.get("matcher").map(summary::string_match));
    let oldest = validation.list("verify_subject_alt_name").filter_map(Node::str).map(|it| it.into_owned());
    let plain = |it: String| it.strip_prefix("= ").map(str::to_owned).unwrap_or(it);
    listed(older.chain(typed).chain(oldest).map(plain))
}
