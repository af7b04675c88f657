//! `xdscope trace`: one request through one proxy, or many.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;
use xdscope::capture::{Capture, Document};
use xdscope::instant::Instant;
use xdscope::json::{Span, pointer};
use xdscope::trace::{Direction, Protocol, Request, Source, Step, Tracer, Verdict, trace};

use crate::explain;
use crate::fail::Failure;

/// Traces a request through a proxy, exactly as its Envoy would take it.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("asked").required(true).args(["to", "cases"])))]
pub struct Args {
    /// A config dump, or a folder or archive that holds one.
    #[arg(short, long)]
    file: PathBuf,
    /// Which proxy, where there are several: its pod, or POD.NAMESPACE.
    #[arg(long)]
    proxy: Option<String>,
    /// Where the request is sent: ADDRESS:PORT, HOST or HOST:PORT.
    #[arg(long)]
    to: Option<String>,
    /// Requests as JSON lines; one verdict is printed for each.
    #[arg(long, conflicts_with = "to")]
    cases: Option<PathBuf>,
    /// HTTP method.
    #[arg(long)]
    method: Option<String>,
    /// Path, with its query.
    #[arg(long)]
    path: Option<String>,
    /// Host, or :authority.
    #[arg(long)]
    authority: Option<String>,
    /// A header, NAME:VALUE; may be given more than once.
    #[arg(long)]
    header: Vec<String>,
    /// Address of the client.
    #[arg(long)]
    from: Option<String>,
    /// The client speaks TLS.
    #[arg(long)]
    tls: bool,
    /// Server name of TLS.
    #[arg(long)]
    sni: Option<String>,
    /// Application protocols that the client offers in TLS, with commas between.
    #[arg(long, value_delimiter = ',')]
    alpn: Vec<String>,
    /// URI in the client's certificate, spiffe://…
    #[arg(long)]
    identity: Option<String>,
    /// A bearer token.
    #[arg(long)]
    token: Option<String>,
    /// What the client speaks; HTTP/1.1 unless something else is said.
    #[arg(long, value_enum)]
    protocol: Option<Speaks>,
    /// The request comes from outside, by port 15006.
    #[arg(long, conflicts_with = "outbound")]
    inbound: bool,
    /// The request comes from the workload itself, by port 15001.
    #[arg(long)]
    outbound: bool,
    /// The time at which tokens are judged, RFC 3339; the capture's own unless something else is said.
    #[arg(long)]
    now: Option<String>,
    /// How to print.
    #[arg(short, long, value_enum, default_value = "text")]
    output: Output,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    /// Sentences.
    Text,
    /// One JSON object.
    Json,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Speaks {
    /// HTTP/1.1
    Http,
    /// HTTP/2
    H2,
    /// Neither.
    Tcp,
}

/// A verdict as it is printed: the id first, then the verdict's own fields.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a Value,
    #[serde(flatten)]
    verdict: &'a Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<Told>>,
}

#[derive(Serialize)]
struct Told {
    kind: Value,
    considered: Vec<ToldOne>,
    pointer: Option<String>,
    certain: bool,
}

#[derive(Serialize)]
struct ToldOne {
    name: String,
    won: bool,
    why: String,
    pointer: Option<String>,
}

/// # Errors
/// Where the file holds no config dump, or the proxy or the requests cannot be read.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    let engine = crate::open::open(&args.file)?;
    let document = document(engine.capture(), args)?;
    let Some(dump) = document.dump() else {
        return Err(Failure::Input(format!("{}: no config dump", document.path)));
    };
    let now = match args.now.as_deref() {
        Some(text) => Some(Instant::parse(text).ok_or_else(|| {
            Failure::Input(format!("--now: {text:?} is no time; for instance 2026-11-23T14:51:10Z"))
        })?),
        None => document.captured,
    };
    let source = Source::new(&document.bytes, dump);
    let tracer = Tracer::new(&source, now);
    match &args.cases {
        Some(path) => cases(&tracer, path, out),
        None => one(&tracer, document, &request(args)?, args.output, out),
    }
}

/// The config dump that is asked about.
fn document<'c>(capture: &'c Capture, args: &Args) -> Result<&'c Document, Failure> {
    let named = |name: &str, namespace: &str| {
        args.proxy.as_deref().is_none_or(|wanted| wanted == name || wanted == format!("{name}.{namespace}"))
    };
    let with_dump = capture.proxies().filter(|(_, it)| it.dump.is_some());
    let fits: Vec<_> =
        with_dump.filter(|(_, it)| named(it.identity.name(), &it.identity.namespace)).collect();
    let names = |list: &mut dyn Iterator<Item = String>| list.collect::<Vec<_>>().join(", ");
    let all = || {
        let mut list = capture.proxies().filter(|(_, it)| it.dump.is_some());
        names(&mut list.by_ref().map(|(_, it)| it.identity.name().to_owned()))
    };
    match fits.as_slice() {
        [(_, proxy)] => {
            let found = proxy.dump.and_then(|id| capture.document(id));
            found.ok_or_else(|| Failure::Input("the proxy's config dump is gone".to_owned()))
        }
        [] if args.proxy.is_some() => {
            Err(Failure::Input(format!("no config dump of that proxy; there are: {}", all())))
        }
        [] => {
            // A dump without a bootstrap is nobody's.
            let found = capture.documents().map(|(_, it)| it).find(|it| it.dump().is_some());
            found.ok_or_else(|| Failure::Input(format!("{}: no config dump", args.file.display())))
        }
        _ => Err(Failure::Input(format!("which proxy? --proxy one of: {}", all()))),
    }
}

fn request(args: &Args) -> Result<Request, Failure> {
    let mut request = Request {
        to: args.to.clone().unwrap_or_default(),
        from: args.from.clone(),
        method: args.method.clone(),
        path: args.path.clone(),
        authority: args.authority.clone(),
        sni: args.sni.clone(),
        alpn: args.alpn.clone(),
        identity: args.identity.clone(),
        ..Request::default()
    };
    request.direction = match (args.inbound, args.outbound) {
        (true, _) => Some(Direction::Inbound),
        (_, true) => Some(Direction::Outbound),
        _ => None,
    };
    let tls = args.tls || args.sni.is_some() || args.identity.is_some() || !args.alpn.is_empty();
    let http = args.method.is_some() || args.path.is_some() || !args.header.is_empty();
    request.kind = Some(match (tls, args.protocol) {
        (false, Some(Speaks::H2)) => Protocol::H2c,
        (false, Some(Speaks::Tcp)) => Protocol::Tcp,
        (false, _) => Protocol::Http,
        (true, Some(Speaks::H2)) => Protocol::TlsH2,
        (true, Some(Speaks::Tcp)) => Protocol::Tls,
        (true, Some(Speaks::Http)) => Protocol::TlsHttp,
        (true, None) if http || args.authority.is_some() => Protocol::TlsHttp,
        (true, None) => Protocol::Tls,
    });
    for header in &args.header {
        let Some((name, value)) = header.split_once(':') else {
            return Err(Failure::Input(format!(
                "--header: {header:?} has no colon; for instance end-user:jason"
            )));
        };
        request.headers.add(name.trim(), value.trim());
    }
    if let Some(token) = &args.token {
        request.headers.add("authorization", format!("Bearer {token}"));
    }
    Ok(request)
}

fn one(
    tracer: &Tracer<'_>,
    document: &Document,
    request: &Request,
    output: Output,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let traced = trace(tracer, request, true);
    let place = |span: Option<Span>| Some(pointer(&document.bytes, document.outline.as_ref()?, span?.start));
    match output {
        Output::Json => {
            let steps = traced.steps.iter().map(|it| told(it, &place)).collect();
            let line = Line { id: &request.id, verdict: &traced.verdict, steps: Some(steps) };
            let text = serde_json::to_string_pretty(&line).map_err(|it| Failure::Input(it.to_string()))?;
            writeln!(out, "{text}")?;
        }
        Output::Text => {
            for step in &traced.steps {
                let unsure = if step.certain { "" } else { " (a dump cannot say for sure)" };
                writeln!(out, "{}{unsure}", explain::kind(step.kind))?;
                for it in &step.considered {
                    let mark = if it.won { "*" } else { "-" };
                    let name = if it.name.is_empty() { "(unnamed)" } else { &it.name };
                    writeln!(out, "  {mark} {name}: {}", explain::why(&it.why))?;
                }
            }
            writeln!(out, "{}", explain::verdict(&traced.verdict))?;
        }
    }
    Ok(())
}

fn told(step: &Step, place: &dyn Fn(Option<Span>) -> Option<String>) -> Told {
    let considered = step.considered.iter().map(|it| ToldOne {
        name: it.name.clone(),
        won: it.won,
        why: explain::why(&it.why),
        pointer: place(it.place),
    });
    Told {
        kind: serde_json::to_value(step.kind).unwrap_or_default(),
        considered: considered.collect(),
        pointer: place(step.place),
        certain: step.certain,
    }
}

/// One verdict a line. A line that is no request is told on standard error, with its number, and answered with its
/// place only.
fn cases(tracer: &Tracer<'_>, path: &std::path::Path, out: &mut impl Write) -> Result<(), Failure> {
    let reader: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        let file = std::fs::File::open(path).map_err(|source| Failure::unreadable(path, source))?;
        Box::new(std::io::BufReader::new(file))
    };
    for (number, line) in reader.lines().enumerate() {
        let line = line.map_err(|source| Failure::unreadable(path, source))?;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Request>(&line) {
            Ok(request) => {
                let traced = trace(tracer, &request, false);
                serde_json::to_writer(
                    &mut *out,
                    &Line { id: &request.id, verdict: &traced.verdict, steps: None },
                )
                .map_err(|it| Failure::from(std::io::Error::from(it)))?;
                writeln!(out)?;
            }
            Err(fault) => eprintln!("xdscope: {}: line {}: {fault}", path.display(), number + 1),
        }
    }
    Ok(())
}
