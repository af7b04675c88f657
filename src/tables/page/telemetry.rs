//! A row for each access logger and each tracer: where it is told what, and when.

use super::expression::Expression;
use super::summary::{chain_name, compact, cut, header_value, percent, short_name};
use super::{Dump, It, aside, text};
use crate::envoy::{Extension, HeaderMatcher, Kind, Listener, text as field};
use crate::json::{Node, snake};
use crate::tables::cell::{Cell, Column, Part, Row, Word};

pub const COLUMNS: [Column; 7] = [
    Column::Listener,
    Column::Chain,
    Column::Kind,
    Column::Name,
    Column::Target,
    Column::Format,
    Column::Condition,
];

/// What is told alike in several chains of a listener.
struct Found<'t> {
    node: Node<'t>,
    cells: [Cell; 5],
    chains: Vec<String>,
}

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let listener = Listener(it.root);
    let mut found = All(Vec::new());
    for logger in listener.access_log() {
        found.add(logger.0, logger_cells(dump, logger), String::new());
    }
    for chain in listener.all_filter_chains() {
        let name = chain_name(chain);
        for filter in chain.filters() {
            let Some(config) = filter.config().map(|it| it.node) else { continue };
            for logger in config.list("access_log").map(Extension) {
                found.add(logger.0, logger_cells(dump, logger), name.clone());
            }
            if let Some(tracing) = config.get("tracing") {
                found.add(tracing, tracer_cells(dump, tracing), name.clone());
            }
        }
    }
    for Found { node, cells, chains } in found.0 {
        let mut all = vec![vec![text(it.resource.name(dump.bytes))], super::listed(chains)];
        all.extend(cells);
        out.push(it.row(node.span().start, all));
    }
}

struct All<'t>(Vec<Found<'t>>);

impl<'t> All<'t> {
    fn add(&mut self, node: Node<'t>, cells: [Cell; 5], chain: String) {
        match self.0.iter_mut().find(|it| it.node.raw() == node.raw() && it.cells == cells) {
            Some(known) if known.chains.contains(&chain) => {}
            Some(known) => known.chains.push(chain),
            None => self.0.push(Found { node, cells, chains: vec![chain] }),
        }
    }
}

/// The tracer that a bootstrap brings along for all.
pub fn rows_of_bootstrap(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    if let Some(tracing) = it.root.get("tracing") {
        let mut all = vec![vec![aside("bootstrap")], Cell::new()];
        all.extend(tracer_cells(dump, tracing));
        out.push(it.row(tracing.span().start, all));
    }
}

fn name(of: Extension<'_>) -> Cell {
    let whole = of.name().into_owned();
    let short = short_name(&whole);
    if short == whole { vec![text(whole)] } else { vec![Part::Name { text: short, whole }] }
}

fn logger_cells(dump: &Dump<'_>, logger: Extension<'_>) -> [Cell; 5] {
    let config = logger.config().map(|it| it.node);
    let target = config.map(|it| target(dump, it)).unwrap_or_default();
    let format = config.map(format).unwrap_or_default();
    let mut when = Cell::new();
    match logger.0.get("filter") {
        Some(filter) => condition(filter, 0).words(&mut when),
        None => when.push(Part::Word(Word::Any)),
    }
    [vec![Part::Word(Word::AccessLogger)], name(logger), target, format, when]
}

/// A file, or the cluster of a service.
fn target(dump: &Dump<'_>, config: Node<'_>) -> Cell {
    if let Some(path) = config.text("path") {
        return vec![text(path)];
    }
    let service = ["common_config", "grpc_service", "http_service"];
    let service = service.iter().find_map(|key| {
        let it = config.get(key)?;
        Some(it.get("grpc_service").unwrap_or(it))
    });
    let Some(service) = service else { return Cell::new() };
    let http = service.path(&["http_uri", "cluster"]);
    if let Some(cluster) = service.path(&["envoy_grpc", "cluster_name"]).or(http) {
        return vec![dump.link(Kind::Cluster, cluster)];
    }
    let google = service.path(&["google_grpc", "target_uri"]).and_then(Node::str);
    google.map(|it| vec![text(it)]).unwrap_or_default()
}

/// As what a line is written: a text, or JSON and which fields.
fn format(config: Node<'_>) -> Cell {
    const LONGEST: usize = 80;
    let of = config.get("log_format").unwrap_or(config);
    let inline = of.path(&["text_format_source", "inline_string"]).and_then(Node::str);
    if let Some(format) = inline.or_else(|| of.text("text_format")).or_else(|| of.text("format")) {
        return vec![text(cut(format.trim_end(), LONGEST))];
    }
    if let Some(json) = ["json_format", "typed_json_format"].iter().find_map(|key| of.get(key)) {
        return vec![aside("JSON"), text(compact(json, LONGEST))];
    }
    config.get("body").map(|it| vec![aside("OTLP"), text(compact(it, LONGEST))]).unwrap_or_default()
}

const DEEPEST: usize = 24;

/// `envoy.config.accesslog.v3.AccessLogFilter`
fn condition(of: Node<'_>, depth: usize) -> Expression {
    let leaf = |name: &str, value: String| Expression::Leaf(name.to_owned(), value);
    let Some((key, value)) = of.fields().next().filter(|_| depth < DEEPEST) else {
        return Expression::Always;
    };
    let below = || value.list("filters").map(|it| condition(it, depth + 1)).collect::<Vec<_>>();
    match snake(&String::from_utf8_lossy(key)).as_str() {
        "and_filter" => Expression::all(below()),
        "or_filter" => Expression::either(below()),
        "response_flag_filter" => {
            let flags: Vec<_> = value.list("flags").filter_map(Node::str).collect();
            leaf("response flag", if flags.is_empty() { "any".to_owned() } else { flags.join(", ") })
        }
        kind @ ("status_code_filter" | "duration_filter") => {
            let comparison = value.get("comparison").unwrap_or(value);
            let sign = match comparison.text("op").as_deref() {
                Some("GE") => "≥",
                Some("LE") => "≤",
                Some("NE") => "≠",
                _ => "=",
            };
            let number = comparison.path(&["value", "default_value"]).and_then(Node::u64).unwrap_or(0);
            leaf(
                if kind == "status_code_filter" { "status" } else { "duration ms" },
                format!("{sign} {number}"),
            )
        }
        "header_filter" => {
            let header = value.get("header").unwrap_or(value);
            leaf(&format!("header {}", HeaderMatcher(header).name()), header_value(header))
        }
        "runtime_filter" => leaf("share", value.get("percent_sampled").map(percent).unwrap_or_default()),
        "extension_filter" => {
            // Istio writes a CEL expression.
            let said =
                Extension(value).config().and_then(|it| it.node.text("expression").map(|it| it.into_owned()));
            leaf(&short_name(&field(value, "name")), said.unwrap_or_default())
        }
        other => leaf(&other.trim_end_matches("_filter").replace('_', " "), String::new()),
    }
}

fn tracer_cells(dump: &Dump<'_>, tracing: Node<'_>) -> [Cell; 5] {
    let provider = tracing.get("provider").or_else(|| tracing.get("http")).map(Extension);
    let config = provider.and_then(|it| it.config()).map(|it| it.node);
    let mut to = config.map(|it| target(dump, it)).unwrap_or_default();
    if to.is_empty()
        && let Some(cluster) = config.and_then(|it| it.get("collector_cluster"))
    {
        to.push(dump.link(Kind::Cluster, cluster));
    }
    let mut tags: Vec<String> = Vec::new();
    for tag in tracing.list("custom_tags") {
        tags.push(field(tag, "tag").into_owned());
    }
    let format = if tags.is_empty() { Cell::new() } else { vec![aside("tags"), text(tags.join(", "))] };
    let mut when = Cell::new();
    for (key, name) in
        [("client_sampling", "client"), ("random_sampling", "random"), ("overall_sampling", "overall")]
    {
        if let Some(share) = tracing.path(&[key, "value"]).and_then(Node::f64) {
            when.extend([aside(name), text(format!("{share} %"))]);
        } else if tracing.get(key).is_some() {
            when.extend([aside(name), text("0 %")]);
        }
    }
    [vec![Part::Word(Word::Tracer)], provider.map(name).unwrap_or_default(), to, format, when]
}
