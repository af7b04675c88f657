//! Tracing in a big dump, natively: the first request by a host name, one more, and ten thousand of a file; and as the
//! page asks, with what the engine keeps from question to question.
//!
//!     cargo bench --bench trace -- CONFIG_DUMP

use std::time::Instant;

use xdscope::engine::Engine;
use xdscope::engine::protocol::{Form, Query, TraceQuery};
use xdscope::envoy::{ConfigDump, Kind, ServiceKey};
use xdscope::json::Outline;
use xdscope::trace::{Request, Source, Tracer, ask, trace};

/// How many requests a file has.
const MANY: usize = 10_000;

#[expect(clippy::print_stdout, reason = "its result")]
fn main() -> std::io::Result<()> {
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        println!("usage: cargo bench --bench trace -- CONFIG_DUMP");
        return Ok(());
    };
    let bytes = std::fs::read(path)?;
    let dump = ConfigDump::read(&bytes, &Outline::of(&bytes, 0));
    let names: Vec<String> = dump.of(Kind::Cluster).map(|(_, it)| it.name(&bytes).into_owned()).collect();
    let keys = names.iter().filter_map(|name| ServiceKey::parse(name));
    let hosts: Vec<String> = keys
        .filter(|it| it.direction == "outbound" && it.subset.is_empty())
        .map(|it| format!("{}:{}", it.host, it.port))
        .collect();
    let asked = |at: usize| {
        let to = hosts.get(at % hosts.len().max(1)).cloned().unwrap_or_default();
        Request { to, path: Some(format!("/{at}")), ..Request::default() }
    };
    for _ in 0..5 {
        let source = Source::new(&bytes, &dump);
        let began = Instant::now();
        let tracer = Tracer::new(&source, None);
        let resolved = ask::resolve(&tracer, &[], &asked(hosts.len() / 2));
        let found = began.elapsed();
        let Ok(resolved) = resolved else { continue };
        let steps = trace(&tracer, &resolved.request, true).steps.len();
        let first = began.elapsed();
        // A file of requests: their addresses are known.
        let all = (0..500).filter_map(|at| ask::resolve(&tracer, &[], &asked(at)).ok());
        let requests: Vec<Request> = all.map(|it| it.request).collect();
        let began = Instant::now();
        let request = requests.last().unwrap_or(&resolved.request);
        let one = trace(&tracer, request, true).steps.len();
        let again = began.elapsed();
        let began = Instant::now();
        let traced =
            requests.iter().cycle().take(MANY).filter(|it| trace(&tracer, it, false).verdict.certain).count();
        let many = began.elapsed();
        let [cold, prepared, longest] = as_the_page_asks(&bytes, &asked(hosts.len() / 2).to);
        println!(
            "host found {:.2} ms  first trace {:.2} ms ({steps} steps)  another {:.2} ms ({one} steps)  {MANY} requests \
             {:.0} ms ({traced} certain)  as the page asks: {cold:.2} ms at once, {prepared:.2} ms prepared, \
             {longest:.1} ms the longest idle step",
            found.as_secs_f64() * 1e3,
            (first - found).as_secs_f64() * 1e3,
            again.as_secs_f64() * 1e3,
            many.as_secs_f64() * 1e3,
        );
    }
    Ok(())
}

/// The page's own question, in milliseconds: right after opening, and once idle slices have prepared for it; and the
/// longest of those, for a question may have to wait for one.
fn as_the_page_asks(bytes: &[u8], to: &str) -> [f64; 3] {
    let mut engine = Engine::default();
    engine.add("config_dump.json", bytes.to_vec(), None);
    engine.link();
    let Some((proxy, _)) = engine.capture().proxies().next() else { return [0.0; 3] };
    let form = Form { to: to.to_owned(), path: "/".to_owned(), ..Form::default() };
    let question = Query::Trace(TraceQuery::Run { proxy, form });
    let timed = |engine: &mut Engine| {
        let began = Instant::now();
        engine.ask(&question);
        began.elapsed().as_secs_f64() * 1e3
    };
    let cold = timed(&mut engine);
    engine.ask(&Query::Overview(proxy));
    let mut longest: f64 = 0.0;
    loop {
        let began = Instant::now();
        let more = engine.prepare() || engine.judge();
        longest = longest.max(began.elapsed().as_secs_f64() * 1e3);
        if !more {
            break;
        }
    }
    [cold, timed(&mut engine), longest]
}
