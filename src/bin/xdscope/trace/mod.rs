//! `xdscope trace`: one request through one proxy, or many.

mod cases;
mod explain;
mod logs;
mod print;

use std::io::Write;
use std::path::PathBuf;

use xdscope::capture::Document;
use xdscope::intake::Kind;
use xdscope::trace::ask::{self, Resolved, Service};
use xdscope::trace::{Direction, Protocol, Request, Source, Tracer};

use crate::choose::{self, How, Wanted};
use crate::fail::Failure;

/// Traces a request through a proxy, exactly as its Envoy would take it.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("asked").required(true).args(["to", "cases", "curl", "log"])))]
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
    #[arg(long)]
    cases: Option<PathBuf>,
    /// A curl command, as it would be typed.
    #[arg(long)]
    curl: Option<String>,
    /// Lines of an access log: a file, `-` for standard input, or one line itself.
    #[arg(long)]
    log: Option<String>,
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
    /// The time at which tokens are judged, RFC 3339 or `clock`; the capture's own unless something else is said.
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

/// What a trace is made of.
const DUMP: Wanted = Wanted {
    what: "config dump",
    kinds: &[Kind::EnvoyConfigDump, Kind::IstiodConfigDump],
    how: How::Envoy("config_dump?include_eds"),
};

/// What all kinds of asking need.
struct Asker<'a> {
    tracer: Tracer<'a>,
    services: Vec<Service>,
    document: &'a Document,
    output: Output,
}

/// # Errors
/// Where the file holds no config dump, or the proxy or the requests cannot be read.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    let engine = crate::open::open(&args.file)?;
    let document = choose::document(engine.capture(), &args.file, args.proxy.as_deref(), &DUMP)?;
    let Some(dump) = document.dump() else {
        return Err(Failure::Input(format!("{}: no config dump", document.path)));
    };
    let now = match args.now.as_deref() {
        Some(text) => Some(choose::time(text)?),
        None => document.captured,
    };
    let source = Source::new(&document.bytes, dump);
    let asker = Asker {
        tracer: Tracer::new(&source, now),
        services: ask::services(engine.capture()),
        document,
        output: args.output,
    };
    match (&args.cases, &args.log) {
        (Some(path), _) => cases::run(&asker, path, out),
        (_, Some(text)) => logs::run(&asker, text, out),
        _ => one(&asker, &request(args)?, out),
    }
}

fn one(asker: &Asker<'_>, request: &Request, out: &mut impl Write) -> Result<(), Failure> {
    let resolved = resolve(asker, request)?;
    let traced = xdscope::trace::trace(&asker.tracer, &resolved.request, true);
    print::one(asker, &resolved, &traced, out)
}

fn resolve(asker: &Asker<'_>, request: &Request) -> Result<Resolved, Failure> {
    if let Some(fault) = ask::check(request).first() {
        return Err(Failure::Usage(explain::fault(fault)));
    }
    ask::resolve(&asker.tracer, &asker.services, request)
        .map_err(|why| Failure::Input(explain::unresolved(&why)))
}

/// The request that the options describe; those beside a curl command change what it says.
fn request(args: &Args) -> Result<Request, Failure> {
    let mut request = match &args.curl {
        Some(text) => {
            let (request, remarks) =
                ask::curl(text).map_err(|fault| Failure::Usage(explain::curl_fault(&fault)))?;
            for remark in &remarks {
                eprintln!("xdscope: {}", explain::remark(remark));
            }
            request
        }
        None => Request::default(),
    };
    let set = |field: &mut Option<String>, value: &Option<String>| {
        if value.is_some() {
            field.clone_from(value);
        }
    };
    if let Some(to) = &args.to {
        request.to.clone_from(to);
    }
    set(&mut request.from, &args.from);
    set(&mut request.method, &args.method);
    set(&mut request.path, &args.path);
    set(&mut request.authority, &args.authority);
    set(&mut request.sni, &args.sni);
    set(&mut request.identity, &args.identity);
    if !args.alpn.is_empty() {
        request.alpn.clone_from(&args.alpn);
    }
    request.direction = match (args.inbound, args.outbound) {
        (true, _) => Some(Direction::Inbound),
        (_, true) => Some(Direction::Outbound),
        _ => None,
    };
    request.kind = protocol(args).or(request.kind);
    for header in &args.header {
        let Some((name, value)) = header.split_once(':') else {
            return Err(Failure::Usage(format!(
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

/// What the client speaks, where the options say it.
fn protocol(args: &Args) -> Option<Protocol> {
    let tls = args.tls || args.sni.is_some() || args.identity.is_some() || !args.alpn.is_empty();
    let http =
        args.method.is_some() || args.path.is_some() || !args.header.is_empty() || args.token.is_some();
    let http = http || args.authority.is_some();
    match (tls, args.protocol) {
        (false, Some(Speaks::H2)) => Some(Protocol::H2c),
        (false, Some(Speaks::Tcp)) => Some(Protocol::Tcp),
        (false, Some(Speaks::Http)) => Some(Protocol::Http),
        // The place that is found decides whether it is TLS.
        (false, None) => None,
        (true, Some(Speaks::H2)) => Some(Protocol::TlsH2),
        (true, Some(Speaks::Tcp)) => Some(Protocol::Tls),
        (true, Some(Speaks::Http)) => Some(Protocol::TlsHttp),
        (true, None) if http => Some(Protocol::TlsHttp),
        (true, None) => Some(Protocol::Tls),
    }
}
