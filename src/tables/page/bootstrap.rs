//! A row for each fact that a proxy was started with, and for what the running server says of itself.

use super::summary::compact;
use super::text;
use crate::capture::{Capture, Document, DocumentId, ResourceRef};
use crate::envoy::{Bootstrap, Kind, ProxyNode, State};
use crate::intake::Kind as DocumentKind;
use crate::json::{Kind as JsonKind, Node, snake};
use crate::order::InOrder;
use crate::tables::cell::{Cell, Column, Part, Row, Subject, Target, Word};

pub const COLUMNS: [Column; 3] = [Column::Group, Column::Name, Column::Value];

/// A value is cut after so many letters; all of it is in the detail.
const LONGEST: usize = 240;

/// Facts about one document.
struct Facts<'o> {
    of: Subject,
    out: &'o mut Vec<Row>,
}

impl Facts<'_> {
    fn row(&mut self, group: Word, name: &str, value: Cell, at: Node<'_>, hidden: bool) {
        let cells = vec![vec![Part::Word(group)], vec![text(name)], value];
        self.out.push(Row { of: self.of, at: at.span().start, cells, hidden });
    }

    fn text(&mut self, group: Word, name: &str, value: &str, at: Node<'_>) {
        if !value.is_empty() {
            self.row(group, name, vec![text(value)], at, false);
        }
    }

    /// All fields of an object, a row each; lists and objects in them as JSON.
    fn fields(&mut self, group: Word, node: Node<'_>, hidden: impl Fn(&str, Node<'_>) -> bool) {
        for (key, value) in node.entries() {
            let hide = hidden(&key, value);
            self.row(group, &key, vec![text(compact(value, LONGEST))], value, hide);
        }
    }
}

/// The facts of a dump's bootstrap, or of a bootstrap by itself; then those of the proxy's `server_info`.
pub fn rows(capture: &Capture, id: DocumentId, document: &Document, out: &mut Vec<Row>) {
    let bootstrap = document.dump().and_then(|dump| dump.of(Kind::Bootstrap).next());
    if let Some((resource, it)) = bootstrap {
        if let Ok(tree) = it.body(&document.bytes) {
            let of = Subject::Resource(ResourceRef { document: id, resource });
            of_bootstrap(tree.root(), &mut Facts { of, out });
            of_static_resources(document, id, out);
        }
    } else if document.kind == DocumentKind::EnvoyBootstrap
        && let Some(tree) = document.tree()
    {
        let root = tree.root();
        let facts = &mut Facts { of: Subject::Document(id), out };
        of_bootstrap(root.get("bootstrap").unwrap_or(root), facts);
    }
    let proxy = capture.owner(id).and_then(|id| capture.proxy(id));
    let documents = proxy.into_iter().flat_map(|it| &it.documents);
    let mut info = documents.filter_map(|id| Some((*id, capture.document(*id)?)));
    let Some((id, info)) = info.rfind(|(_, it)| it.kind == DocumentKind::EnvoyServerInfo) else { return };
    if let Some(tree) = info.tree() {
        of_server(tree.root(), &mut Facts { of: Subject::Document(id), out });
    }
    // Versions and who it is come first, whichever document says them; a stable sort keeps the rest.
    let group = |row: &Row| match row.cells.first().and_then(|it| it.first()) {
        Some(Part::Word(Word::Versions)) => 0,
        Some(Part::Word(Word::Server)) => 1,
        Some(Part::Word(Word::Identity)) => 2,
        Some(Part::Word(Word::CommandLine)) => 4,
        _ => 3,
    };
    out.order_by_key(group);
}

fn of_bootstrap(root: Node<'_>, facts: &mut Facts<'_>) {
    let bootstrap = Bootstrap(root);
    if let Some(node) = bootstrap.node() {
        let istio = node.metadata("ISTIO_VERSION");
        facts.text(Word::Versions, "Istio", &istio, at(node, &["metadata", "ISTIO_VERSION"]));
        let known = node.0.get("user_agent_build_version").is_some();
        let build = if known { node.build() } else { node.envoy_version() };
        facts.text(Word::Versions, "Envoy", &build, at(node, &["user_agent_build_version"]));
        facts.text(
            Word::Versions,
            "istio-proxy",
            &node.istio_proxy_sha(),
            at(node, &["metadata", "ISTIO_PROXY_SHA"]),
        );
        facts.text(Word::Identity, "id", &node.id(), at(node, &["id"]));
        facts.text(Word::Identity, "cluster", &node.cluster(), at(node, &["cluster"]));
        facts.text(Word::Identity, "locality", &node.locality(), at(node, &["locality"]));
        let extensions = node.0.list("extensions").count();
        if extensions > 0 {
            facts.text(Word::Identity, "extensions", &extensions.to_string(), at(node, &["extensions"]));
        }
        if let Some(metadata) = node.0.get("metadata") {
            facts.fields(Word::Metadata, metadata, |_, _| true);
        }
    }
    if let Some(dynamic) = root.get("dynamic_resources") {
        facts.fields(Word::DynamicResources, dynamic, |_, _| false);
    }
    for layer in bootstrap.layered_runtime().into_iter().flat_map(|it| it.list("layers")) {
        let name = layer.text("name").unwrap_or_default();
        match layer.get("static_layer") {
            Some(flags) => facts.fields(Word::Runtime, flags, |_, _| false),
            None => {
                let kind = layer.entries().find(|(key, _)| key != "name");
                let value = kind.map(|(key, _)| vec![text(key)]).unwrap_or_default();
                facts.row(Word::Runtime, &name, value, layer, false);
            }
        }
    }
    const STATS: [&str; 6] = [
        "stats_config",
        "stats_sinks",
        "stats_flush_interval",
        "stats_flush_on_admin",
        "stats_server_version_override",
        "enable_dispatcher_stats",
    ];
    // What has rows of its own.
    const SAID: [&str; 5] = ["node", "static_resources", "dynamic_resources", "layered_runtime", "@type"];
    for (key, value) in root.entries() {
        let key = snake(&key);
        if SAID.contains(&key.as_str()) {
            continue;
        }
        if key == "stats_config" {
            stats_config(value, facts);
            continue;
        }
        let group = if STATS.contains(&key.as_str()) { Word::Statistics } else { Word::Other };
        let address = value.get("address").and_then(super::address).filter(|_| key == "admin");
        let said = address.unwrap_or_else(|| compact(value, LONGEST));
        facts.row(group, &key, vec![text(said)], value, false);
    }
}

/// `envoy.config.metrics.v3.StatsConfig`: which statistics there are, and what is taken out of their names.
fn stats_config(of: Node<'_>, facts: &mut Facts<'_>) {
    for (key, value) in of.entries() {
        let key = snake(&key);
        match key.as_str() {
            "stats_tags" => {
                let names = value.items().filter_map(|it| it.text("tag_name").map(|it| it.into_owned()));
                let names: Vec<_> = names.collect();
                let count = format!("{}: {}", names.len(), names.join(", "));
                facts.row(
                    Word::Statistics,
                    "stats_tags",
                    vec![text(super::summary::cut(&count, LONGEST))],
                    value,
                    false,
                );
            }
            key => facts.row(Word::Statistics, key, vec![text(compact(value, LONGEST))], value, false),
        }
    }
}

/// What the bootstrap brings along is in the other tables: links to it.
fn of_static_resources(document: &Document, id: DocumentId, out: &mut Vec<Row>) {
    let Some(dump) = document.dump() else { return };
    for (kind, name) in [
        (Kind::Cluster, "clusters"),
        (Kind::Listener, "listeners"),
        (Kind::Secret, "secrets"),
        (Kind::Route, "routes"),
    ] {
        for (resource, it) in dump.of(kind).filter(|(_, it)| it.state == State::Static) {
            let reference = ResourceRef { document: id, resource };
            let whole = it.name(&document.bytes).into_owned();
            // Routes that stand in a listener often have no name.
            let shown = if whole.is_empty() { format!("#{}", resource.0) } else { whole };
            let link = Part::Link { text: shown, whole: String::new(), target: Target::Resource(reference) };
            out.push(Row {
                of: Subject::Resource(reference),
                at: it.wrapper.start,
                cells: vec![vec![Part::Word(Word::StaticResources)], vec![text(name)], vec![link]],
                hidden: false,
            });
        }
    }
}

/// `envoy.admin.v3.ServerInfo`
fn of_server(root: Node<'_>, facts: &mut Facts<'_>) {
    for key in ["version", "state", "uptime_current_epoch", "uptime_all_epochs", "hot_restart_version"] {
        let Some(value) = root.get(key) else { continue };
        let group = if key == "version" { Word::Versions } else { Word::Server };
        let name = if key == "version" { "server_info" } else { key };
        facts.row(group, name, vec![text(compact(value, LONGEST))], value, false);
    }
    if let Some(options) = root.get("command_line_options") {
        // What nobody asked for has its first value.
        facts.fields(Word::CommandLine, options, |_, value| match value.kind() {
            JsonKind::Array | JsonKind::Object => value.is_empty(),
            JsonKind::String => value.str().is_none_or(|it| it.is_empty() || it == "0s"),
            _ => value.u64() == Some(0) || value.bool() == Some(false),
        });
    }
}

/// Where a node says it; the node itself where that cannot be told.
fn at<'t>(node: ProxyNode<'t>, path: &[&str]) -> Node<'t> {
    node.0.path(path).unwrap_or(node.0)
}
