//! `xdscope graph`: the way of requests through a proxy, around what is asked about.

use std::io::Write;
use std::path::PathBuf;

use xdscope::capture::{Capture, DocumentId};
use xdscope::graph::words::English;
use xdscope::graph::{self, Ask, Focus, Index, Kind, Source, Trees, around};

use crate::choose;
use crate::fail::Failure;

/// Draws the way of requests: listeners, filter chains, routes, clusters, endpoints around a focus.
#[derive(clap::Args)]
pub struct Args {
    /// A config dump, or a folder or archive that holds one.
    #[arg(short, long)]
    file: PathBuf,
    /// Which proxy, where there are several: its pod, or POD.NAMESPACE.
    #[arg(long)]
    proxy: Option<String>,
    /// What it is about: listener:NAME, host:NAME, route-config:NAME, cluster:NAME, endpoint:ADDRESS, also
    /// filter-chain:NAME and route:NAME; all listeners without it.
    #[arg(long)]
    focus: Option<String>,
    /// How many steps up and down from there; to every listener and endpoint without it.
    #[arg(long)]
    depth: Option<u32>,
    /// With more boxes than this, what is many is folded into one with a count; 60 in pictures, 500 in JSON.
    #[arg(long)]
    most: Option<usize>,
    /// How to print.
    #[arg(short, long, value_enum, default_value = "mermaid")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Output {
    /// A Mermaid flow chart.
    Mermaid,
    /// Graphviz's language.
    Dot,
    /// A picture.
    Svg,
    /// One JSON object.
    Json,
}

/// # Errors
/// Where the file holds no config dump, or there is nothing of that name.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    let focus = args.focus.as_deref().map(parse).transpose()?;
    let engine = crate::open::open(&args.file)?;
    let capture = engine.capture();
    let document = choose::document(capture, &args.file, args.proxy.as_deref(), &choose::CONFIG_DUMP)?;
    let id = capture.documents().find(|(_, it)| std::ptr::eq(*it, document)).map(|(id, _)| id);
    let gone = || Failure::Input(format!("{}: no config dump", document.path));
    let graph = draw(capture, id.ok_or_else(gone)?, focus.as_ref(), args)?.ok_or_else(gone)?;
    for kind in &graph.absent {
        eprintln!(
            "xdscope: {}: no {} in this dump; what leads there is not judged",
            document.path,
            section(*kind)
        );
    }
    let text = match args.output {
        Output::Mermaid => graph::mermaid::write(&graph, &English),
        Output::Dot => graph::dot::write(&graph, &English),
        Output::Svg => {
            graph::svg::write(&graph, &graph::layout::layout(&graph), &English, &graph::svg::LIGHT)
        }
        Output::Json => graph::json::write(&graph, &English) + "\n",
    };
    Ok(out.write_all(text.as_bytes())?)
}

fn parse(text: &str) -> Result<Focus, Failure> {
    Focus::parse(text).ok_or_else(|| {
        Failure::Usage(format!(
            "--focus {text}: not a focus; write listener:NAME, host:NAME, route-config:NAME, cluster:NAME or \
             endpoint:ADDRESS"
        ))
    })
}

fn draw(
    capture: &Capture,
    id: DocumentId,
    focus: Option<&Focus>,
    args: &Args,
) -> Result<Option<graph::Graph>, Failure> {
    let Some(trees) = capture.document(id).and_then(Trees::new) else { return Ok(None) };
    let mut index = Index::default();
    let Some(mut source) = Source::new(capture, id, &trees, &mut index) else { return Ok(None) };
    let keys = match focus {
        Some(focus) => source.named(focus),
        None => source.first(),
    };
    if let (true, Some(focus)) = (keys.is_empty(), focus) {
        let near = source.nearest(focus, 5);
        let near = if near.is_empty() {
            "there is none at all".to_owned()
        } else {
            format!("near: {}", near.join(", "))
        };
        return Err(Failure::Input(format!(
            "no {} {:?}; {near}",
            focus.kind.name().replace('_', " "),
            focus.name
        )));
    }
    let most = args.most.unwrap_or(if args.output == Output::Json { 500 } else { Ask::BOXES });
    let ask = Ask { focus: keys, depth: args.depth, most, whole: true, ..Ask::default() };
    Ok(Some(around(&mut source, &ask)))
}

fn section(kind: Kind) -> &'static str {
    match kind {
        Kind::Listener | Kind::FilterChain => "listeners",
        Kind::RouteConfig | Kind::VirtualHost | Kind::Route => "route configurations",
        Kind::Cluster => "clusters",
        Kind::Endpoint | Kind::Service | Kind::Proxy => "endpoints (collect it with ?include_eds)",
    }
}
