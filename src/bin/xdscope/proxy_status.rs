//! `xdscope proxy-status`: who is in sync; with `--proxy`, what differs.

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;
use xdscope::capture::Capture;
use xdscope::instant::Instant;
use xdscope::istiod::{Status, types};
use xdscope::sync::age::human;
use xdscope::sync::status::{in_core_order, with_known};
use xdscope::sync::{Mesh, Rejection, Row};
use xdscope::tables::TextTable;

use crate::choose;
use crate::comparison;
use crate::fail::Failure;

/// Who is in sync with the control plane; for one proxy, what differs.
#[derive(clap::Args)]
pub struct Args {
    /// A document, a folder or an archive; `-` for standard input.
    path: PathBuf,
    /// Compare this proxy (`POD` or `POD.NAMESPACE`) with what the control plane holds for it.
    #[arg(long)]
    proxy: Option<String>,
    /// 0: the types that each proxy asked for; 1: all types and their states.
    #[arg(short, long, default_value_t = 0)]
    verbosity: u8,
    /// How to print: table or json; with --proxy text or json.
    #[arg(short, long)]
    output: Option<Output>,
    /// The table of old versions: PROXY CDS LDS EDS RDS PILOT VERSION.
    #[arg(long)]
    legacy: bool,
    /// What ages are counted to (2026-11-23T15:00:00Z, or clock); else the time of the capture.
    #[arg(long)]
    now: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// Columns.
    #[value(alias = "text")]
    Table,
    /// JSON.
    Json,
}

/// # Errors
/// Where there is nothing that tells, or no such proxy.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    let engine = crate::open::open(&args.path)?;
    let capture = engine.capture();
    let json = args.output == Some(Output::Json);
    if let Some(name) = &args.proxy {
        return comparison::with_control_plane(capture, &args.path, name, (json, args.legacy), out);
    }
    let mesh = Mesh::of(capture);
    if !mesh.known {
        return Err(Failure::Input(format!(
            "{}: no page of a control plane lists its proxies; collect one with: {}",
            args.path.display(),
            "kubectl exec -n istio-system deploy/istiod -- pilot-discovery request GET /debug/syncz"
        )));
    }
    let now = match &args.now {
        Some(text) => Some(choose::time(text)?),
        None => mesh.captured,
    };
    if json {
        let rows: Vec<Line<'_>> = mesh.rows.iter().map(|it| line(it, now)).collect();
        let text = serde_json::to_string_pretty(&rows).map_err(|it| Failure::Input(it.to_string()))?;
        writeln!(out, "{text}")?;
    } else {
        write!(out, "{}", table(&mesh, args, now))?;
    }
    out.flush()?;
    remarks(capture, &mesh);
    Ok(())
}

/// istioctl/pkg/writer/pilot/status.go, `PrintAll`; and, of 2019, the seed's.
fn table(mesh: &Mesh, args: &Args, now: Option<Instant>) -> TextTable {
    let connected = mesh.rows.iter().filter(|it| it.connected);
    if args.legacy {
        let mut table = TextTable::new(5, &["PROXY", "CDS", "LDS", "EDS", "RDS", "PILOT", "VERSION"]);
        for row in connected {
            let mut cells = vec![row.id.clone()];
            let kinds = [types::CLUSTER, types::LISTENER, types::ENDPOINT, types::ROUTE];
            cells.extend(kinds.map(|it| state(row, it, None)));
            cells.extend([row.istiod.clone(), row.istio_version.clone()]);
            table.push(cells);
        }
        return table;
    }
    if args.verbosity == 0 {
        let mut table = TextTable::new(5, &["NAME", "CLUSTER", "ISTIOD", "VERSION", "SUBSCRIBED TYPES"]);
        let order = in_core_order(&mesh.types);
        for row in connected {
            let asked: Vec<&str> = order
                .iter()
                .filter(|it| status(row, it) != Status::Ignored)
                .map(|it| types::short(it))
                .collect();
            let asked = match asked.len() {
                0 => "0".to_owned(),
                count => format!("{count} ({})", asked.join(",")),
            };
            let (id, cluster) = (row.id.clone(), row.cluster.clone());
            table.row([id, cluster, row.istiod.clone(), row.istio_version.clone(), asked]);
        }
        return table;
    }
    let all = with_known(&mesh.types);
    let mut titles = vec!["NAME", "CLUSTER"];
    titles.extend(all.iter().map(|it| types::short(it)));
    titles.extend(["ISTIOD", "VERSION"]);
    let mut table = TextTable::new(5, &titles);
    for row in connected {
        let mut cells = vec![row.id.clone(), row.cluster.clone()];
        cells.extend(all.iter().map(|it| state(row, it, now)));
        cells.extend([row.istiod.clone(), row.istio_version.clone()]);
        table.push(cells);
    }
    table
}

fn status(row: &Row, type_url: &str) -> Status {
    row.of_type(type_url).map_or(Status::Ignored, |it| it.status)
}

/// A state with its age; what was not sent has none.
fn state(row: &Row, type_url: &str, now: Option<Instant>) -> String {
    let status = status(row, type_url);
    let sent = row.of_type(type_url).and_then(|it| it.sent);
    match (status, sent, now) {
        (Status::Ignored | Status::NotSent, ..) | (_, None, _) | (_, _, None) => status.name().to_owned(),
        (_, Some(sent), Some(now)) => format!("{} ({})", status.name(), human(sent, now)),
    }
}

/// A proxy as `-o json` has it.
#[derive(Serialize)]
struct Line<'m> {
    name: &'m str,
    namespace: &'m str,
    cluster: &'m str,
    connected: bool,
    istiod: Option<&'m str>,
    /// Other replicas that claim it.
    also_claimed_by: &'m [String],
    istio_version: &'m str,
    envoy_version: &'m str,
    connected_since: Option<String>,
    types: std::collections::BTreeMap<&'m str, TypeLine<'m>>,
    rejected: &'m [Rejection],
}

#[derive(Serialize)]
struct TypeLine<'m> {
    status: &'static str,
    sent: Option<String>,
    age: Option<String>,
    error: Option<&'m str>,
}

fn line(row: &Row, now: Option<Instant>) -> Line<'_> {
    let types = row.types.iter().map(|it| {
        let line = TypeLine {
            status: it.status.name(),
            sent: it.sent.map(|it| it.to_string()),
            age: it.sent.zip(now).map(|(sent, now)| human(sent, now)),
            error: Some(it.error.trim_end()).filter(|it| !it.is_empty()),
        };
        (types::short(&it.type_url), line)
    });
    Line {
        name: &row.name,
        namespace: &row.namespace,
        cluster: &row.cluster,
        connected: row.connected,
        istiod: Some(row.istiod.as_str()).filter(|_| row.connected),
        also_claimed_by: &row.also,
        istio_version: &row.istio_version,
        envoy_version: &row.envoy_version,
        connected_since: row.since.map(|it| it.to_string()),
        types: types.collect(),
        rejected: &row.rejected,
    }
}

/// What the table does not say.
fn remarks(capture: &Capture, mesh: &Mesh) {
    let say = |text: String| eprintln!("xdscope: {text}");
    for row in &mesh.rows {
        for it in row.types.iter().filter(|it| it.status == Status::Error) {
            say(format!("{}: {} refused: {}", row.id, types::short(&it.type_url), it.error.trim_end()));
        }
        for it in &row.rejected {
            match it {
                // The control plane has said so already.
                Rejection::Dump { .. } if row.worst() == Status::Error => {}
                Rejection::Dump { name, details, .. } => {
                    say(format!("{}: listener {name} refused: {}", row.id, details.trim_end()));
                }
                Rejection::Counter { name, count } => say(format!("{}: {name} is {count}", row.id)),
            }
        }
        if row.says_connected == Some(false) {
            say(format!("{}: its own stats say that it had no connection to a control plane", row.id));
        }
        if !row.also.is_empty() {
            say(format!("{}: {} claims it, and so does {}", row.id, row.istiod, row.also.join(", ")));
        }
        if !row.connected {
            say(format!(
                "{}: not connected: no control plane in this capture knows it, so it gets no configuration; \
                 is its istiod's page missing, or does its proxy log say why it cannot connect?",
                row.id
            ));
        }
    }
    for status in [Status::Stale, Status::NotSent] {
        let count = mesh.rows.iter().filter(|it| it.types.iter().any(|it| it.status == status)).count();
        if count > 0 {
            say(format!("{} ({count} of {}): {}", status.name(), mesh.rows.len(), meaning(status)));
        }
    }
    if capture.captured().is_none() {
        say("nothing in here says when it was captured, so there are no ages".to_owned());
    }
}

/// What a state means, and what to do next.
pub fn meaning(status: Status) -> &'static str {
    match status {
        Status::Ignored => "the proxy did not ask for this type",
        Status::Synced => "Envoy acknowledged the last configuration that istiod sent",
        Status::NotSent => "istiod sent nothing, usually because there is nothing to send",
        Status::Stale => {
            "istiod sent an update and Envoy has not acknowledged it: network trouble between them, an Envoy that \
             hangs, or a bug; if it lasts, look at the proxy's log and at the differences (--proxy)"
        }
        Status::Error => "Envoy refused the update and keeps the one before; its message says why",
    }
}
