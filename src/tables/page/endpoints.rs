//! A row for each endpoint.

use super::{Dump, It, address, hosts, text};
use crate::envoy::{Kind, LbEndpoint};
use crate::json::Node;
use crate::tables::cell::{Cell, Column, Part, Row, Target, Word};

pub const COLUMNS: [Column; 7] = [
    Column::Address,
    Column::Health,
    Column::Cluster,
    Column::Weight,
    Column::Priority,
    Column::Locality,
    Column::Tls,
];

/// Whether Envoy takes it for healthy: an unknown health counts as good (envoy/config/core/v3/health_check.proto).
pub fn is_healthy(endpoint: Node<'_>) -> bool {
    matches!(endpoint.text("health_status").as_deref(), None | Some("HEALTHY" | "UNKNOWN"))
}

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let cluster = cluster(dump, it);
    let name = it.resource.name(dump.bytes);
    for locality in it.root.list("endpoints") {
        for endpoint in locality.list("lb_endpoints") {
            let address = endpoint.get("endpoint").and_then(|it| it.get("address")).and_then(address);
            let health = health(dump, &name, address.as_deref().unwrap_or(""), LbEndpoint(endpoint));
            let number = |it: Option<u64>| it.map(|it| vec![text(it.to_string())]).unwrap_or_default();
            let mtls = endpoint.path(&["metadata", "filter_metadata", "envoy.transport_socket_match"]);
            let mtls = mtls.and_then(|it| it.text("tlsMode")).is_some_and(|it| it == "istio");
            let cells = vec![
                vec![text(address.unwrap_or_default())],
                health,
                cluster.clone(),
                number(endpoint.number("load_balancing_weight")),
                number(Some(locality.number("priority").unwrap_or(0))),
                locality_cell(locality),
                if mtls { vec![Part::Word(Word::MutualTls)] } else { Cell::new() },
            ];
            out.push(Row { resource: it.reference, at: endpoint.span().start, cells });
        }
    }
}

/// What the control plane says, then what Envoy's own page says otherwise.
fn health(dump: &Dump<'_>, cluster: &str, address: &str, endpoint: LbEndpoint<'_>) -> Cell {
    let sent = endpoint.health_status();
    let Some(host) = dump.hosts().get(cluster).and_then(|it| it.get(address)) else {
        return vec![text(sent)];
    };
    let mut cell = hosts::health_cell(&sent, &host.flags);
    if host.eds_health_status != sent {
        cell.push(super::aside(format!("/clusters: {}", host.eds_health_status)));
    }
    cell
}

/// The cluster that asks for these endpoints; the assignment's own name where none does.
fn cluster(dump: &Dump<'_>, it: It<'_>) -> Cell {
    let name = it.resource.name(dump.bytes).into_owned();
    // Nearly always the cluster of the same name; one that asks by another name is found among all references.
    let same = dump.find(Kind::Cluster, it.resource.name_span().of(dump.bytes)).map(|(id, _)| id);
    let asks = || dump.capture.references(dump.id)?.to(it.reference.resource).map(|it| it.from).next();
    let user = same.or_else(asks);
    let short = super::short_cluster(&name);
    vec![match user {
        Some(user) => Part::Link {
            whole: if short == name { String::new() } else { name },
            text: short,
            target: Target::Resource(crate::capture::ResourceRef { resource: user, ..it.reference }),
        },
        None => text(name),
    }]
}

fn locality_cell(locality: Node<'_>) -> Cell {
    let part = |key| locality.get("locality").and_then(|it| it.text(key)).unwrap_or_default();
    let parts = [part("region"), part("zone"), part("sub_zone")];
    let used = parts.iter().rposition(|it| !it.is_empty()).map_or(0, |last| last + 1);
    if used == 0 { Cell::new() } else { vec![text(parts[..used].join("/"))] }
}
