//! The page's tables: richer than istioctl's, every name a link.

mod clusters;
mod endpoints;
mod hosts;
mod listeners;
mod routes;
mod secrets;
mod summary;

use super::cell::{Cell, Column, Part, Row, TableKind, Target, Word};
use crate::capture::{Capture, Document, DocumentId, Names, ResourceRef};
use crate::envoy::names::{ServiceKey, short_host};
use crate::envoy::{ConfigDump, Kind, Owner, Resource, ResourceId, State};
use crate::instant::Instant;
use crate::json::{Node, unescape};
use hosts::Hosts;

/// The columns of a table, in order.
pub fn columns(kind: TableKind) -> Vec<Column> {
    match kind {
        TableKind::Listeners => listeners::COLUMNS.to_vec(),
        TableKind::Routes => routes::COLUMNS.to_vec(),
        TableKind::Clusters => clusters::COLUMNS.to_vec(),
        TableKind::Endpoints => endpoints::COLUMNS.to_vec(),
        TableKind::Secrets => secrets::COLUMNS.to_vec(),
    }
}

/// How many rows a table has, where each resource is exactly one; else that takes making them.
pub fn count(document: &Document, kind: TableKind) -> Option<usize> {
    let dump = document.dump()?;
    matches!(kind, TableKind::Clusters).then(|| dump.of(maker(kind).0).count())
}

/// Rows of a table of a config dump, in the dump's order: those of so many resources, from the given one on. A
/// resource that cannot be parsed is a row that says so.
pub fn rows(
    capture: &Capture,
    id: DocumentId,
    document: &Document,
    kind: TableKind,
    resources: std::ops::Range<usize>,
) -> Vec<Row> {
    let (Some(dump), Some(names)) = (document.dump(), capture.names(id)) else { return Vec::new() };
    let captured = capture.documents().filter_map(|(_, it)| it.captured).max();
    let dump = Dump {
        id,
        bytes: &document.bytes,
        dump,
        capture,
        names,
        captured,
        hosts: std::cell::OnceCell::new(),
    };
    let (mut of, width, mut rows) = maker(kind);
    if of == Kind::Endpoint && dump.dump.of(of).next().is_none() {
        (of, rows) = (Kind::Cluster, hosts::rows);
    }
    let mut out = Vec::new();
    for (resource, it) in dump.dump.of(of).skip(resources.start).take(resources.len()) {
        let reference = ResourceRef { document: id, resource };
        match it.body(dump.bytes) {
            Ok(tree) => rows(&dump, It { reference, resource: it, root: tree.root() }, &mut out),
            Err(fault) => {
                let mut cells = vec![Cell::new(); width];
                cells[0] = vec![Part::Text(it.name(dump.bytes).into_owned())];
                let word = if it.state == State::Error { Word::Rejected } else { Word::NotRead };
                cells[width - 1] = vec![Part::Word(word)];
                out.push(Row { resource: reference, at: fault.at, cells });
            }
        }
    }
    out
}

/// What a table is made of, how many columns it has, and what makes its rows.
fn maker(kind: TableKind) -> (Kind, usize, Maker) {
    match kind {
        TableKind::Listeners => (Kind::Listener, listeners::COLUMNS.len(), listeners::rows),
        TableKind::Routes => (Kind::Route, routes::COLUMNS.len(), routes::rows),
        TableKind::Clusters => (Kind::Cluster, clusters::COLUMNS.len(), clusters::rows),
        TableKind::Endpoints => (Kind::Endpoint, endpoints::COLUMNS.len(), endpoints::rows),
        TableKind::Secrets => (Kind::Secret, secrets::COLUMNS.len(), secrets::rows),
    }
}

/// Makes the rows of one resource.
type Maker = fn(&Dump<'_>, It<'_>, &mut Vec<Row>);

/// A resource of which rows are made.
#[derive(Clone, Copy)]
struct It<'t> {
    reference: ResourceRef,
    resource: &'t Resource,
    root: Node<'t>,
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
    /// What the proxy's `/clusters` says; read when first asked for.
    hosts: std::cell::OnceCell<Hosts>,
}

impl<'c> Dump<'c> {
    fn hosts(&self) -> &Hosts {
        self.hosts.get_or_init(|| hosts::read(self))
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
        let text = if kind == Kind::Cluster { short_cluster(&name) } else { name.clone() };
        let whole = if text == name { String::new() } else { name };
        match self.find(kind, raw) {
            Some((resource, _)) => {
                self.link_to(kind, resource, if whole.is_empty() { &text } else { &whole })
            }
            None => Part::Broken { text, whole },
        }
    }

    /// A link to a resource of that name.
    fn link_to(&self, kind: Kind, resource: ResourceId, name: &str) -> Part {
        let text = if kind == Kind::Cluster { short_cluster(name) } else { name.to_owned() };
        let whole = if text == name { String::new() } else { name.to_owned() };
        Part::Link { text, whole, target: Target::Resource(ResourceRef { document: self.id, resource }) }
    }
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

/// A resource's state, where it is not just in use.
fn state(resource: &Resource) -> Cell {
    let word = match resource.state {
        State::Static => Word::Static,
        State::Active => Word::Active,
        State::Warming => Word::Warming,
        State::Draining => Word::Draining,
        State::Error => Word::Rejected,
    };
    vec![Part::Word(word)]
}

/// The Istio resource that something was made of, `VirtualService default/reviews`
/// (`metadata.filter_metadata.istio.config`; Istio, pilot/pkg/networking/util/util.go, `BuildConfigInfoMetadata`).
fn owner(node: Node<'_>) -> Cell {
    Owner::of(node).and_then(|it| owner_text(&it)).map(|it| vec![text(it)]).unwrap_or_default()
}

fn owner_text(owner: &Owner<'_>) -> Option<String> {
    let parts = owner.parts()?;
    Some(format!("{} {}/{}", parts.kubernetes_kind(), parts.namespace, parts.name))
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
        let path = "/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews";
        assert_eq!(owner_text(&Owner(path.into())).as_deref(), Some("VirtualService default/reviews"));
        assert_eq!(owner_text(&Owner("nonsense".into())), None);
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
