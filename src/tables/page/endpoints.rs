//! A row for each endpoint: what the control plane sent, and what Envoy's own page says of it.

use std::collections::BTreeSet;

use super::hosts::{self, Host};
use super::{Dump, It, address, aside, listed, text};
use crate::capture::{Document, DocumentId, ResourceRef};
use crate::envoy::{ClusterLoadAssignment, Kind, LbEndpoint, LocalityLbEndpoints};
use crate::json::Node;
use crate::tables::cell::{Cell, Column, Part, Row, Subject, Target, Word};

pub const COLUMNS: [Column; 10] = [
    Column::Address,
    Column::Health,
    Column::Cluster,
    Column::Weight,
    Column::Priority,
    Column::Locality,
    Column::Tls,
    Column::Workload,
    Column::Stats,
    Column::Source,
];

/// Whether Envoy takes it for healthy: an unknown health counts as good (envoy/config/core/v3/health_check.proto).
pub fn is_healthy(endpoint: Node<'_>) -> bool {
    matches!(endpoint.text("health_status").as_deref(), None | Some("HEALTHY" | "UNKNOWN"))
}

/// The cells of an endpoint, in the order of the columns.
fn cells(address: String, cluster: Cell, rest: [Cell; 8]) -> Vec<Cell> {
    let [health, weight, priority, locality, tls, workload, stats, source] = rest;
    vec![vec![text(address)], health, cluster, weight, priority, locality, tls, workload, stats, source]
}

fn number(it: Option<u64>) -> Cell {
    it.map(|it| vec![text(it.to_string())]).unwrap_or_default()
}

fn plain(it: String) -> Cell {
    if it.is_empty() { Cell::new() } else { vec![text(it)] }
}

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let cluster = cluster(dump, it);
    let name = it.resource.name(dump.bytes);
    let page = dump.hosts();
    let known = page.clusters.get(&*name);
    let mut seen = BTreeSet::new();
    for locality in ClusterLoadAssignment(it.root).localities() {
        for endpoint in locality.endpoints() {
            let address = endpoint.address().and_then(|it| address(it.0)).unwrap_or_default();
            let host = known.and_then(|it| it.get(&address));
            let row = both(page.page.is_some(), endpoint, locality, host);
            out.push(it.row(endpoint.0.span().start, cells(address.clone(), cluster.clone(), row)));
            seen.insert(address);
        }
    }
    for (address, host) in known.into_iter().flatten().filter(|(address, _)| !seen.contains(*address)) {
        let row = of_page(host, vec![Part::Word(Word::OnlyInClusters)]);
        out.push(it.row(it.root.span().start, cells(address.clone(), cluster.clone(), row)));
    }
}

/// What the control plane says, then what Envoy's own page says otherwise. `page`: whether there is such a page.
fn both(
    page: bool,
    endpoint: LbEndpoint<'_>,
    locality: LocalityLbEndpoints<'_>,
    host: Option<&Host>,
) -> [Cell; 8] {
    let otherwise = |cell: &mut Cell, sent: &str, known: &str| {
        if sent != known {
            cell.push(aside(format!("/clusters: {known}")));
        }
    };
    let sent = endpoint.health_status();
    let mut health = hosts::health_cell(&sent, host.map_or(&[], |it| &it.flags));
    // Nothing said is 1 (envoy/config/endpoint/v3/endpoint_components.proto).
    let weight = endpoint.weight();
    let mut weights = number(weight);
    let mut priority = number(Some(locality.priority()));
    let place = locality.locality().to_string();
    let mut places = plain(place.clone());
    if let Some(host) = host {
        otherwise(&mut health, &sent, &host.eds_health_status);
        let known = host.weight.unwrap_or(1);
        otherwise(&mut weights, &weight.unwrap_or(1).to_string(), &known.to_string());
        otherwise(&mut priority, &locality.priority().to_string(), &host.priority.to_string());
        otherwise(&mut places, &place, &host.locality);
    }
    let mtls = endpoint.transport_socket_labels().and_then(|it| it.text("tlsMode"));
    let tls = match mtls.as_deref() {
        Some("istio") => vec![Part::Word(Word::MutualTls)],
        Some(other) => vec![text(other)],
        None => Cell::new(),
    };
    let source = match (page, host) {
        (false, _) => Cell::new(),
        (true, Some(_)) => vec![Part::Word(Word::InBoth)],
        (true, None) => vec![Part::Word(Word::NotInClusters)],
    };
    let stats = host.map(|it| listed(it.stats.iter().cloned())).unwrap_or_default();
    [health, weights, priority, places, tls, workload(endpoint), stats, source]
}

/// `ratings-v1 · default` of Istio's `name;namespace;canonical name;revision;cluster`.
fn workload(endpoint: LbEndpoint<'_>) -> Cell {
    let Some(said) = endpoint.workload() else { return Cell::new() };
    let parts: Vec<&str> = said.split(';').collect();
    match parts.as_slice() {
        [name, namespace, ..] if !name.is_empty() => {
            vec![Part::Name { text: format!("{name}.{namespace}"), whole: said.to_string() }]
        }
        _ => plain(said.into_owned()),
    }
}

fn of_page(host: &Host, source: Cell) -> [Cell; 8] {
    [
        hosts::health_cell(&host.eds_health_status, &host.flags),
        number(host.weight),
        number(Some(host.priority)),
        plain(host.locality.clone()),
        Cell::new(),
        Cell::new(),
        listed(host.stats.iter().cloned()),
        source,
    ]
}

/// The page's endpoints of clusters of which the dump lists none: each a row of its cluster.
pub fn of_clusters_page(dump: &Dump<'_>, out: &mut Vec<Row>) {
    let page = dump.hosts();
    let Some(id) = page.page else { return };
    for (name, hosts) in &page.clusters {
        if dump.find(Kind::Endpoint, name.as_bytes()).is_some() {
            continue;
        }
        let cluster =
            dump.find(Kind::Cluster, name.as_bytes()).map(|(resource, it)| (resource, it.wrapper.start));
        let link = match cluster {
            Some((resource, _)) => dump.link_to(Kind::Cluster, resource, name),
            None => Part::Broken { text: super::short_cluster(name), whole: name.clone() },
        };
        let (of, at) = match cluster {
            Some((resource, at)) => (Subject::Resource(ResourceRef { document: dump.id, resource }), at),
            None => (Subject::Document(id), 0),
        };
        for (address, host) in hosts {
            let row = of_page(host, vec![Part::Word(Word::OnlyInClusters)]);
            out.push(Row { of, at, cells: cells(address.clone(), vec![link.clone()], row), hidden: false });
        }
    }
}

/// The endpoints of a page without a dump.
pub fn of_page_alone(document: &Document, id: DocumentId, out: &mut Vec<Row>) {
    for (name, hosts) in hosts::read(id, document).clusters {
        let text = super::short_cluster(&name);
        let cluster = if text == name { super::text(name) } else { Part::Name { text, whole: name } };
        for (address, host) in hosts {
            let row = of_page(&host, Cell::new());
            let cells = cells(address, vec![cluster.clone()], row);
            out.push(Row { of: Subject::Document(id), at: 0, cells, hidden: false });
        }
    }
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
            target: Target::Resource(ResourceRef { resource: user, ..it.reference }),
        },
        None => text(name),
    }]
}
