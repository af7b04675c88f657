//! The page's tables: richer than istioctl's, every name a link.

mod bootstrap;
mod clusters;
mod ecds;
mod endpoints;
mod expression;
mod filters;
mod hosts;
mod jwt;
mod listeners;
mod rbac;
mod routes;
mod secrets;
mod summary;
mod telemetry;
mod ztunnel;

use std::cell::OnceCell;
use std::ops::Range;

use super::cell::{Cell, Column, Part, Row, Subject, TableKind, Target, Word};
use crate::capture::{Capture, Document, DocumentId, Names, Proxy, ResourceRef};
use crate::envoy::names::{ServiceKey, short_host};
use crate::envoy::{ConfigDump, Kind, Owner, Resource, ResourceId, State};
use crate::instant::Instant;
use crate::intake::Kind as DocumentKind;
use crate::json::{Fault, Node, pluck_text, unescape};
use hosts::Hosts;

/// How a table of a config dump is made.
struct Maker {
    columns: &'static [Column],
    /// Of which resources, and what makes the rows of one of them.
    of: &'static [(Kind, MakeRows)],
    /// Rows that are of none of those resources; they come last.
    more: Option<fn(&Dump<'_>, &mut Vec<Row>)>,
}

/// Makes the rows of one resource.
type MakeRows = fn(&Dump<'_>, It<'_>, &mut Vec<Row>);

fn maker(kind: TableKind) -> Maker {
    let made = |columns, of| Maker { columns, of, more: None };
    match kind {
        TableKind::Listeners => made(&listeners::COLUMNS, &[(Kind::Listener, listeners::rows)]),
        TableKind::Routes => made(&routes::COLUMNS, &[(Kind::Route, routes::rows)]),
        TableKind::Clusters => made(&clusters::COLUMNS, &[(Kind::Cluster, clusters::rows)]),
        TableKind::Endpoints => Maker {
            more: Some(endpoints::of_clusters_page),
            ..made(&endpoints::COLUMNS, &[(Kind::Endpoint, endpoints::rows)])
        },
        TableKind::Secrets => Maker {
            more: Some(secrets::missing),
            ..made(&secrets::COLUMNS, &[(Kind::Secret, secrets::rows)])
        },
        TableKind::Rbac => {
            made(&rbac::COLUMNS, &[(Kind::Listener, rbac::rows), (Kind::Route, rbac::rows_of_routes)])
        }
        TableKind::Jwt => made(&jwt::COLUMNS, &[(Kind::Listener, jwt::rows)]),
        TableKind::Filters => made(
            &filters::COLUMNS,
            &[(Kind::Listener, filters::rows), (Kind::Cluster, filters::rows_of_cluster)],
        ),
        TableKind::Ecds => {
            Maker { more: Some(ecds::missing), ..made(&ecds::COLUMNS, &[(Kind::Extension, ecds::rows)]) }
        }
        TableKind::Telemetry => made(
            &telemetry::COLUMNS,
            &[(Kind::Bootstrap, telemetry::rows_of_bootstrap), (Kind::Listener, telemetry::rows)],
        ),
        // The rest is not made of resources.
        TableKind::Bootstrap => made(&bootstrap::COLUMNS, &[]),
        _ => made(ztunnel::columns(kind), &[]),
    }
}

/// The columns of a table, in order.
pub fn columns(kind: TableKind) -> Vec<Column> {
    maker(kind).columns.to_vec()
}

/// The document that a proxy's table is made of; `None` where the capture has none.
pub fn document(capture: &Capture, proxy: &Proxy, kind: TableKind) -> Option<DocumentId> {
    let last = |wanted: &[DocumentKind]| {
        let of = |id: &DocumentId| {
            capture.document(*id).is_some_and(|it| wanted.contains(&it.kind) && it.why.is_none())
        };
        proxy.documents.iter().rev().copied().find(of)
    };
    if kind.is_of_ztunnel() {
        return last(&[DocumentKind::ZtunnelConfigDump]);
    }
    proxy.dump.or_else(|| match kind {
        TableKind::Endpoints => last(&hosts::PAGES).or_else(|| {
            let sent = |id: &DocumentId| capture.document(*id).is_some_and(|it| it.dump().is_some());
            last(&[DocumentKind::IstiodEdsz]).filter(sent)
        }),
        TableKind::Bootstrap => {
            last(&[DocumentKind::EnvoyBootstrap]).or_else(|| last(&[DocumentKind::EnvoyServerInfo]))
        }
        _ => None,
    })
}

/// How many rows a table has, where each resource is exactly one; else that takes making them.
pub fn count(document: &Document, kind: TableKind) -> Option<usize> {
    let dump = document.dump()?;
    (kind == TableKind::Clusters).then(|| dump.of(Kind::Cluster).count())
}

/// Whether a table judges certificates by the reader's own time.
pub fn judges(kind: TableKind) -> bool {
    matches!(kind, TableKind::Secrets | TableKind::ZtunnelCertificates)
}

/// Of how many resources a table is made; 0 where it is made of none, and all at once.
pub fn resources(capture: &Capture, id: DocumentId, kind: TableKind) -> usize {
    let dump = capture.document(id).and_then(Document::dump);
    dump.map_or(0, |dump| maker(kind).of.iter().map(|(of, _)| dump.of(*of).count()).sum())
}

/// What is read once for all rows of a table.
#[derive(Debug, Default)]
pub struct Shared {
    /// What the proxy's `/clusters` says.
    hosts: OnceCell<Hosts>,
    /// Which listener asks for which extension.
    extensions: OnceCell<ecds::Users>,
}

/// Rows of a table of a document, in its order: those of so many resources, from the given one on; what is of no
/// resource follows the last one. A resource that cannot be parsed is a row that says so. `now`: when certificates have
/// to be valid, beside when they were captured.
pub fn rows(
    capture: &Capture,
    id: DocumentId,
    kind: TableKind,
    now: Option<Instant>,
    range: Range<usize>,
    shared: &Shared,
) -> Vec<Row> {
    let mut out = Vec::new();
    let Some(document) = capture.document(id) else { return out };
    let captured = capture.captured();
    if kind.is_of_ztunnel() {
        ztunnel::rows(document, id, kind, [captured, now], &mut out);
        return out;
    }
    if kind == TableKind::Bootstrap {
        bootstrap::rows(capture, id, document, &mut out);
        return out;
    }
    let (Some(index), Some(names)) = (document.dump(), capture.names(id)) else {
        if kind == TableKind::Endpoints {
            endpoints::of_page_alone(document, id, &mut out);
        }
        return out;
    };
    let dump = Dump { id, bytes: &document.bytes, dump: index, capture, names, captured, now, shared };
    let Maker { columns, of, more } = maker(kind);
    let all = of.iter().flat_map(|(of, rows)| index.of(*of).map(move |it| (rows, it)));
    for (rows, (resource, it)) in all.skip(range.start).take(range.len()) {
        let reference = ResourceRef { document: id, resource };
        match it.body(dump.bytes) {
            Ok(tree) => rows(&dump, It { reference, resource: it, root: tree.root() }, &mut out),
            Err(fault) => out.push(unread(&dump, reference, it, columns, fault)),
        }
    }
    if let Some(more) = more.filter(|_| range.end >= resources(capture, id, kind)) {
        more(&dump, &mut out);
    }
    out
}

/// A resource that could not be parsed: its name, and why there is no more.
fn unread(dump: &Dump<'_>, of: ResourceRef, it: &Resource, columns: &[Column], fault: Fault) -> Row {
    let mut cells = vec![Cell::new(); columns.len()];
    if let Some(first) = cells.first_mut() {
        first.push(text(it.name(dump.bytes)));
        if it.state != State::Error || it.body_span().is_some() {
            first.extend([Part::Break, Part::Word(Word::NotRead), Part::Says(fault.to_string())]);
        }
    }
    match columns.iter().position(|it| *it == Column::State) {
        Some(at) => cells[at] = state(dump, it),
        None if it.state == State::Error => cells[0].extend(state(dump, it)),
        None => {}
    }
    Row { of: Subject::Resource(of), at: fault.at, cells, hidden: false }
}

/// A resource of which rows are made.
#[derive(Clone, Copy)]
struct It<'t> {
    reference: ResourceRef,
    resource: &'t Resource,
    root: Node<'t>,
}

impl It<'_> {
    /// A row of it whose part begins at that byte.
    fn row(self, at: u32, cells: Vec<Cell>) -> Row {
        Row { of: Subject::Resource(self.reference), at, cells, hidden: false }
    }
}

/// A dump and what its names lead to.
struct Dump<'c> {
    id: DocumentId,
    bytes: &'c [u8],
    dump: &'c ConfigDump,
    capture: &'c Capture,
    names: &'c Names,
    /// The latest instant of the capture.
    captured: Option<Instant>,
    /// The reader's own time.
    now: Option<Instant>,
    shared: &'c Shared,
}

impl<'c> Dump<'c> {
    fn hosts(&self) -> &Hosts {
        self.shared.hosts.get_or_init(|| hosts::of_proxy(self))
    }

    fn users_of_extensions(&self) -> &ecds::Users {
        self.shared.extensions.get_or_init(|| ecds::users(self))
    }

    fn find(&self, kind: Kind, name: &[u8]) -> Option<(ResourceId, &'c Resource)> {
        let id = self.names.find(self.bytes, kind, name)?;
        Some((id, self.dump.get(id)?))
    }

    /// A link to the resource that a string names; broken where there is none.
    fn link(&self, kind: Kind, string: Node<'_>) -> Part {
        let raw = string.raw();
        let raw = raw.get(1..raw.len() - 1).unwrap_or_default();
        let name = unescape(raw).into_owned();
        match self.find(kind, raw) {
            Some((resource, _)) => self.link_to(kind, resource, &name),
            None => {
                let text = short(kind, &name);
                let whole = if text == name { String::new() } else { name };
                Part::Broken { text, whole }
            }
        }
    }

    /// A link to a resource of that name.
    fn link_to(&self, kind: Kind, resource: ResourceId, name: &str) -> Part {
        let text = short(kind, name);
        let whole = if text == name { String::new() } else { name.to_owned() };
        Part::Link { text, whole, target: Target::Resource(ResourceRef { document: self.id, resource }) }
    }

    /// Those that name a resource: the first, and how many more.
    fn users(&self, resource: ResourceId) -> Cell {
        let Some(references) = self.capture.references(self.id) else { return Cell::new() };
        let mut users: Vec<ResourceId> = references.to(resource).map(|it| it.from).collect();
        users.dedup();
        self.first_of(&users)
    }

    /// A link to the first of some resources, and how many more they are.
    fn first_of(&self, resources: &[ResourceId]) -> Cell {
        let Some((first, it)) = resources.first().and_then(|id| Some((*id, self.dump.get(*id)?))) else {
            return Cell::new();
        };
        let mut cell = vec![self.link_to(it.kind, first, &it.name(self.bytes))];
        cell.extend(more(resources.len() - 1));
        cell
    }
}

/// How many more there are, where there are any.
fn more(count: usize) -> Option<Part> {
    (count > 0).then(|| Part::Word(Word::More(u32::try_from(count).unwrap_or(u32::MAX))))
}

/// A resource's name as people say it.
fn short(kind: Kind, name: &str) -> String {
    if kind == Kind::Cluster { short_cluster(name) } else { name.to_owned() }
}

/// A cluster's name as people say it: `reviews.default v1`; where it is an inbound one, its port.
fn short_cluster(name: &str) -> String {
    match ServiceKey::parse(name) {
        Some(key) if key.host.is_empty() => format!("{} {}", key.direction, key.port),
        Some(key) => key.short(),
        None => short_host(name).to_owned(),
    }
}

/// A name that may hold a Kubernetes host, which is shown without its usual end: `reviews.default:9080`.
fn name(whole: &str) -> Part {
    let text = whole.replace(".svc.cluster.local", "");
    if text == whole { Part::Text(text) } else { Part::Name { text, whole: whole.to_owned() } }
}

fn text(text: impl Into<String>) -> Part {
    Part::Text(text.into())
}

fn aside(text: impl Into<String>) -> Part {
    Part::Aside(text.into())
}

/// The text of a field as a cell of one part; empty where it is missing.
fn field(node: Node<'_>, key: &str) -> Cell {
    node.text(key).map(|it| vec![text(it)]).unwrap_or_default()
}

/// Texts one below the other.
fn lines(lines: impl IntoIterator<Item = String>) -> Cell {
    let mut cell = Cell::new();
    for line in lines {
        if !cell.is_empty() {
            cell.push(Part::Break);
        }
        cell.push(text(line));
    }
    cell
}

/// The words that are not empty, with commas between.
fn listed(parts: impl IntoIterator<Item = String>) -> Cell {
    let parts: Vec<String> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    if parts.is_empty() { Cell::new() } else { vec![text(parts.join(", "))] }
}

/// A resource's state; of a refused one, Envoy's own words on why.
fn state(dump: &Dump<'_>, resource: &Resource) -> Cell {
    let word = match resource.state {
        State::Static => Word::Static,
        State::Active => Word::Active,
        State::Warming => Word::Warming,
        State::Draining => Word::Draining,
        State::Error => Word::Rejected,
    };
    let mut cell = vec![Part::Word(word)];
    if resource.state == State::Error
        && let Some(details) = pluck_text(dump.bytes, resource.wrapper, &["details"])
    {
        cell.push(Part::Says(unescape(details.of(dump.bytes)).into_owned()));
    }
    cell
}

/// The Istio resource that something was made of, `VirtualService default/reviews`
/// (`metadata.filter_metadata.istio.config`; Istio, pilot/pkg/networking/util/util.go, `BuildConfigInfoMetadata`).
fn owner(capture: &Capture, node: Node<'_>) -> Cell {
    let Some(owner) = Owner::of(node) else { return Cell::new() };
    let Some(parts) = owner.parts() else { return Cell::new() };
    let name = format!("{}/{}", parts.namespace, parts.name);
    let name = match capture.owner_resource(&owner) {
        Some(it) => {
            Part::Link { text: name, whole: String::new(), target: Target::Place(it.document, it.at) }
        }
        None => text(name),
    };
    vec![aside(parts.kubernetes_kind()), name]
}

/// `address:port` of an `envoy.config.core.v3.Address`; an internal listener's name, a pipe's path.
fn address(node: Node<'_>) -> Option<String> {
    if let Some(socket) = node.get("socket_address") {
        let host = socket.text("address").unwrap_or_default();
        let port = socket.number("port_value").map(|it| it.to_string());
        let port =
            port.or_else(|| socket.text("named_port").map(std::borrow::Cow::into_owned)).unwrap_or_default();
        return Some(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") });
    }
    if let Some(pipe) = node.get("pipe") {
        return pipe.text("path").map(std::borrow::Cow::into_owned);
    }
    let internal = node.get("envoy_internal_address")?;
    let listener = internal.text("server_listener_name").unwrap_or_default();
    Some(match internal.text("endpoint_id") {
        Some(id) => format!("internal {listener}/{id}"),
        None => format!("internal {listener}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    #[test]
    fn owners_are_named_as_kubectl_names_them() {
        let said = |path: &str| {
            let json =
                format!(r#"{{"metadata": {{"filter_metadata": {{"istio": {{"config": "{path}"}}}}}}}}"#);
            owner(&Capture::default(), Tree::whole(json.as_bytes()).unwrap().root())
        };
        let path = "/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews";
        assert_eq!(said(path), [aside("VirtualService"), text("default/reviews")]);
        assert_eq!(said("nonsense"), Cell::new());
    }

    #[test]
    fn addresses_of_every_kind() {
        for (json, want) in [
            (r#"{"socket_address": {"address": "10.0.0.1", "port_value": 80}}"#, "10.0.0.1:80"),
            (r#"{"socketAddress": {"address": "::1", "portValue": 80}}"#, "[::1]:80"),
            (r#"{"pipe": {"path": "/var/run/x"}}"#, "/var/run/x"),
            (
                r#"{"envoy_internal_address": {"server_listener_name": "main", "endpoint_id": "7"}}"#,
                "internal main/7",
            ),
        ] {
            let tree = Tree::whole(json.as_bytes()).unwrap();
            assert_eq!(address(tree.root()).as_deref(), Some(want));
        }
    }
}
