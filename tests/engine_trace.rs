//! What the engine answers about requests through the proxies of real captures (tests/fixtures).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

use xdscope::engine::Engine;
use xdscope::engine::protocol::*;
use xdscope::intake::{Limits, Unpack};
use xdscope::json::{Span, Tree, pretty};

fn open(path: &str) -> Engine {
    let path = format!("{}/tests/fixtures/{path}", env!("CARGO_MANIFEST_DIR"));
    let name = path.rsplit('/').next().unwrap().to_owned();
    let mut engine = Engine::default();
    for step in Unpack::new(&name, std::fs::read(&path).unwrap(), Limits::default()) {
        engine.take(step);
    }
    engine.link();
    engine
}

fn proxies(engine: &mut Engine) -> Vec<ProxyLine> {
    let Answer::Capture(capture) = engine.ask(&Query::Capture) else { panic!("no capture") };
    capture.proxies
}

fn proxy(engine: &mut Engine, name: &str) -> ProxyId {
    proxies(engine).iter().find(|it| it.name.starts_with(name)).unwrap().id
}

fn ask(engine: &mut Engine, query: TraceQuery) -> TraceAnswer {
    let answer = engine.ask(&Query::Trace(query));
    let size = serde_json::to_string(&answer).unwrap().len();
    assert!(size < 256 * 1024, "an answer of {size} bytes");
    match answer {
        Answer::Trace(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn begin(engine: &mut Engine, proxy: ProxyId, of: Option<(ResourceRef, Option<u32>)>) -> Form {
    match ask(engine, TraceQuery::Begin { proxy, of }) {
        TraceAnswer::Form(form) => form,
        other => panic!("{other:?}"),
    }
}

fn run(engine: &mut Engine, proxy: ProxyId, form: Form) -> Traced {
    match ask(engine, TraceQuery::Run { proxy, form: form.clone() }) {
        TraceAnswer::Traced(traced) => *traced,
        other => panic!("{form:?}: {other:?}"),
    }
}

fn to(to: &str, authority: &str, path: &str) -> Form {
    Form { to: to.to_owned(), authority: authority.to_owned(), path: path.to_owned(), ..Form::default() }
}

fn rows(engine: &mut Engine, proxy: ProxyId, table: TableKind) -> Vec<Row> {
    let mut out = Vec::new();
    loop {
        let window = Window { offset: out.len() as u32, limit: 200, ..Window::default() };
        let Answer::Table(page) = engine.ask(&Query::Table { proxy, table, window }) else {
            panic!("no table")
        };
        if page.rows.is_empty() {
            return out;
        }
        out.extend(page.rows);
    }
}

/// The route that took a request: its bytes, for what a listener brings along stands in a dump twice.
fn route(engine: &Engine, traced: &Traced) -> Option<String> {
    let step = traced.steps.iter().rev().find(|it| it.kind == StepKind::Route)?;
    let (resource, at) = step.considered.iter().find(|it| it.won)?.at?;
    bytes(engine, resource, at)
}

fn bytes(engine: &Engine, resource: ResourceRef, at: u32) -> Option<String> {
    let bytes = &engine.capture().document(resource.document)?.bytes;
    let tree = Tree::parse(bytes, Span { start: at, end: bytes.len() as u32 }).ok()?;
    Some(pretty(tree.root(), 0))
}

/// design.md, scene 1: the same call fails in two ways, and the capture says why.
#[test]
fn a_missing_subset_is_explained_with_the_evidence() {
    let mut engine = open("istio/1.27/bookinfo-stale.tar.gz");
    let request = || to("10.96.10.3:9080", "reviews:9080", "/missing/42");
    let id = proxy(&mut engine, "productpage");
    let made = run(&mut engine, id, request());
    assert_eq!((made.ending.status, made.ending.flags.as_str()), (Some(503), "UH"));
    assert_eq!(made.ending.owner, "VirtualService default/reviews");
    assert_eq!(made.hints, [Hint::Endpoints { all: 0 }]);
    let id = proxy(&mut engine, "reviews");
    let made = run(&mut engine, id, request());
    assert_eq!((made.ending.status, made.ending.flags.as_str()), (Some(503), "NC"));
    assert_eq!(made.ending.details, "cluster_not_found");
    assert!(matches!(&made.ending.clusters[..], [(Part::Broken { whole, .. }, _)] if whole.contains("|v9|")));
    let [
        Hint::Sync(Mark::Stale),
        Hint::Sent { control_plane, resource },
        Hint::Elsewhere(others),
        Hint::Subset { subset, there, .. },
    ] = &made.hints[..]
    else {
        panic!("{:?}", made.hints)
    };
    assert_eq!(control_plane, "istiod-6d9f5c7b8-abcde");
    let Answer::Detail(detail) = engine.ask(&Query::Detail(*resource)) else { panic!("no detail") };
    assert_eq!(detail.name, "outbound|9080|v9|reviews.default.svc.cluster.local");
    assert!(others.iter().any(|it| matches!(it, Part::Link { text, .. } if text.starts_with("productpage"))));
    assert_eq!((subset.as_str(), there.len()), ("v9", 4), "{there:?}");
}

#[test]
fn a_subset_of_no_destination_rule_is_missing_everywhere() {
    let mut engine = open("istio/1.27/bookinfo-synced.tar.gz");
    for name in ["productpage", "reviews", "ratings"] {
        let id = proxy(&mut engine, name);
        let made = run(&mut engine, id, to("10.96.10.3:9080", "reviews:9080", "/missing/42"));
        assert_eq!((made.ending.status, made.ending.flags.as_str()), (Some(503), "NC"), "{name}");
        assert!(made.hints.iter().any(|it| matches!(it, Hint::NotSent { .. })), "{name}: {:?}", made.hints);
        let stale = |it: &Hint| matches!(it, Hint::Elsewhere(_) | Hint::Sync(Mark::Stale));
        assert!(!made.hints.iter().any(stale), "{name}: {:?}", made.hints);
    }
}

/// The seed's own walk: productpage to reviews:9080, every step with its place.
#[test]
fn every_step_has_its_place_and_the_way_goes_on() {
    let mut engine = open("istio/1.27/bookinfo-synced.tar.gz");
    let id = proxy(&mut engine, "productpage");
    let made = run(&mut engine, id, to("10.96.10.3:9080", "reviews:9080", "/reviews/1"));
    for step in &made.steps {
        let place = step.place.as_ref().unwrap_or_else(|| panic!("{step:?}"));
        assert!(place.place.line > 1, "{step:?}");
        let Answer::Detail(detail) = engine.ask(&Query::Detail(place.resource)) else { panic!("no detail") };
        assert_eq!(detail.name, place.name);
    }
    let next = made.next.iter().find(|it| it.name.starts_with("reviews")).unwrap();
    assert!(next.form.tls && next.form.identity.ends_with("/ns/default/sa/bookinfo-productpage"), "{next:?}");
    let there = run(&mut engine, next.proxy, next.form.clone());
    assert_eq!(there.ending.outcome, Outcome::Routed, "{there:?}");
}

/// "Explain this route": the request that is filled in is taken by that very route, unless one before it takes all.
#[test]
fn a_row_is_explained_by_a_request_that_it_takes() {
    for path in [
        "istio/1.27/bookinfo-stale.tar.gz",
        "traces/gateway/config_dump.json.gz",
        "traces/envoy-routes/config_dump.json.gz",
        "traces/inbound-payments/config_dump.json.gz",
    ] {
        let mut engine = open(path);
        let (mut all, mut met, mut missed) = (0, 0, Vec::new());
        for line in proxies(&mut engine) {
            for row in rows(&mut engine, line.id, TableKind::Routes) {
                let Subject::Resource(resource) = row.of else { panic!("a route of no resource") };
                let form = begin(&mut engine, line.id, Some((resource, Some(row.at))));
                let made = run(&mut engine, line.id, form.clone());
                all += 1;
                if route(&engine, &made) == bytes(&engine, resource, row.at) {
                    met += 1;
                } else {
                    missed.push(format!("{}: {:?} {form:?} {:?}", line.name, row.cells, made.ending.route));
                }
            }
        }
        // No request reaches a host that wants TLS on a listener without it, a host without routes, or a route for
        // 0 % of requests; and no path is thought up for a header that looks into the path.
        let beyond = [
            "tls.example",
            "tlsext.example",
            "tree.example",
            "none.example",
            ":path",
            "runtime 0",
            "CONNECT",
        ];
        missed.retain(|it| !beyond.iter().any(|known| it.contains(known)));
        assert!(all > 10 && met * 10 >= all * 8, "{path}: {met} of {all}");
        assert_eq!(missed, Vec::<String>::new(), "{path}");
    }
}

/// A host alone is enough; one that nothing serves is answered with names like it, nonsense is said at its field.
#[test]
fn hosts_are_found_and_faults_are_told_at_their_fields() {
    let mut engine = open("istio/1.27/bookinfo-stale.tar.gz");
    let id = proxy(&mut engine, "productpage");
    let made = run(&mut engine, id, to("http://reviews:9080/reviews/1?x=1", "", ""));
    assert_eq!((made.form.to.as_str(), made.form.path.as_str()), ("reviews:9080", "/reviews/1?x=1"));
    assert_eq!(made.ending.route, "canary");
    let chosen = made.chosen.unwrap();
    assert_eq!(
        (chosen.host.as_str(), chosen.address.as_str()),
        ("reviews.default.svc.cluster.local", "10.96.10.3")
    );
    let mut faults = |form: Form| match ask(&mut engine, TraceQuery::Run { proxy: id, form }) {
        TraceAnswer::Faults(faults) => faults,
        other => panic!("{other:?}"),
    };
    let [unknown] = &faults(to("revews:9080", "", "/"))[..] else { panic!("one fault") };
    assert_eq!((unknown.field, &unknown.kind), (Field::To, &FaultKind::NoSuchHost));
    assert!(unknown.near.iter().any(|it| it.starts_with("reviews")), "{:?}", unknown.near);
    let odd = Form {
        headers: "end-user: jason\nno colon here".to_owned(),
        from: "somewhere".to_owned(),
        token: "abc".to_owned(),
        tls: true,
        identity: "jason".to_owned(),
        ..to("reviews:9080", "", "missing")
    };
    let fields: Vec<(Field, FaultKind)> = faults(odd).into_iter().map(|it| (it.field, it.kind)).collect();
    for wanted in [
        (Field::Headers, FaultKind::BadHeader(2)),
        (Field::From, FaultKind::BadAddress),
        (Field::Token, FaultKind::BadToken),
        (Field::Identity, FaultKind::BadIdentity),
        (Field::Path, FaultKind::NoSlash),
    ] {
        assert!(fields.contains(&wanted), "{wanted:?} in {fields:?}");
    }
    assert_eq!(faults(Form::default())[0].kind, FaultKind::Empty);
}

#[test]
fn what_is_pasted_fills_the_form_and_is_explained() {
    let mut engine = open("istio/1.27/bookinfo-stale.tar.gz");
    let id = proxy(&mut engine, "productpage");
    let mut paste =
        |text: &str| match ask(&mut engine, TraceQuery::Paste { proxy: id, text: text.to_owned() }) {
            TraceAnswer::Pasted(pasted) => pasted,
            other => panic!("{other:?}"),
        };
    let Pasted::Curl { form, .. } = paste("curl -s -H 'end-user: jason' http://reviews:9080/reviews/1")
    else {
        panic!()
    };
    assert_eq!((form.to.as_str(), form.headers.contains("end-user: jason")), ("reviews:9080", true));
    let line = "[2026-11-23T14:51:10.123Z] \"GET /missing/1 HTTP/1.1\" 503 UH no_healthy_upstream - \"-\" 0 19 0 - \"-\" \"curl/8\" \"1\" \"reviews:9080\" \"-\" outbound|9080|v9|reviews.default.svc.cluster.local - 10.96.10.3:9080 10.244.1.12:38142 - missing-subset";
    let Pasted::Log { lines, more: 0 } = paste(line) else { panic!() };
    let logged = lines[0].read.as_ref().unwrap();
    assert_eq!((logged.status, logged.flags.as_slice()), (Some(503), ["UH".to_owned()].as_slice()));
    assert_eq!(logged.judged, Judged::By(Judgement::Decided));
    let Pasted::Log { lines, .. } =
        paste("[2026-11-23T14:51:10.123Z] \"GET / HTTP/1.1\" in a format of its own")
    else {
        panic!()
    };
    assert!(
        matches!(&lines[0].read, Err(LogFault::Format { request: Some(it), .. }) if it == "GET / HTTP/1.1")
    );
    assert!(matches!(paste("curl"), Pasted::CurlFault(CurlFault::NoUrl)));
}

/// What a proxy is asked first is a request that it routes.
#[test]
fn a_request_to_begin_with_is_one_that_the_proxy_serves() {
    let mut engine = open("istio/1.27/bookinfo-synced.tar.gz");
    for line in proxies(&mut engine) {
        let form = begin(&mut engine, line.id, None);
        let made = run(&mut engine, line.id, form.clone());
        assert_ne!(made.ending.virtual_host, "", "{}: {form:?}", line.name);
        // A host whose clusters are there comes before one with more routes.
        assert_ne!(made.ending.outcome, Outcome::NoCluster, "{}: {form:?}", line.name);
        assert!(!matches!(made.ending.outcome, Outcome::NoFilterChain | Outcome::ProtocolError), "{form:?}");
    }
    let mut engine = open("istio/1.27/big.json.gz");
    let id = proxies(&mut engine)[0].id;
    let form = begin(&mut engine, id, None);
    assert_ne!(run(&mut engine, id, form.clone()).ending.virtual_host, "", "{form:?}");
}

/// "One header away from route jason", and the request that makes up for it.
#[test]
fn the_nearest_misses_are_told() {
    let mut engine = open("istio/1.27/bookinfo-stale.tar.gz");
    let id = proxy(&mut engine, "productpage");
    let made = run(&mut engine, id, to("reviews:9080", "", "/missing/1"));
    let [near] = &made.near[..] else { panic!("{:?}", made.near) };
    assert_eq!(
        (near.name.as_str(), &near.lacks[..]),
        ("jason", &[Why::Missing(What::Header("end-user".to_owned()))][..])
    );
    assert_eq!(run(&mut engine, id, near.form.clone().unwrap()).ending.route, "jason");
}

/// A line of a log is read by its number; what is no line of requests is none, and a question before all is prepared has
/// the answer that one has afterwards.
#[test]
fn a_line_of_a_log_by_its_number() {
    let mut engine = open("istio/1.27/bookinfo-synced.tar.gz");
    let log = "2026-11-23T14:51:09.000Z\tinfo\tready\n[2026-11-23T14:51:10.123Z] \"GET /missing/1 HTTP/1.1\" 503 NC \
               cluster_not_found - \"-\" 0 19 0 - \"-\" \"curl/8\" \"1\" \"reviews:9080\" \"-\" - - 10.96.10.3:9080 \
               10.244.1.12:38142 - missing-subset\n";
    engine.add("proxy.log", log.as_bytes().to_vec(), None);
    engine.link();
    let (document, _) = engine.capture().documents().find(|(_, it)| it.path == "proxy.log").unwrap();
    let proxy = proxy(&mut engine, "productpage");
    let line = |number| Query::Trace(TraceQuery::Line { proxy, document, number });
    let Answer::Trace(TraceAnswer::Line(text)) = engine.ask(&line(1)) else { panic!("no line") };
    assert_eq!(text, log.lines().nth(1).unwrap());
    assert_eq!(engine.ask(&line(0)), Answer::Gone);
    assert_eq!(engine.ask(&line(2)), Answer::Gone);
    let form = to("reviews:9080", "", "/missing/1");
    let at_once = run(&mut engine, proxy, form.clone());
    engine.ask(&Query::Overview(proxy));
    while engine.prepare() {}
    assert_eq!(run(&mut engine, proxy, form), at_once);
}
