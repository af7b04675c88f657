//! What somebody asks about real captures (tests/fixtures), and what is answered.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use std::fmt::Write as _;

use xdscope::capture::Document;
use xdscope::engine::Engine;
use xdscope::intake::{Limits, Unpack};
use xdscope::trace::ask::{self, Candidate, Judgement, Resolved, Unresolved};
use xdscope::trace::{Outcome, Request, Source, StepKind, Tracer, Why, trace};

fn open(name: &str) -> Engine {
    let path = format!("{}/tests/fixtures/istio/1.27/{name}.tar.gz", env!("CARGO_MANIFEST_DIR"));
    let mut engine = Engine::default();
    for step in Unpack::new(name, std::fs::read(path).unwrap(), Limits::default()) {
        engine.take(step);
    }
    engine.link();
    engine
}

fn document<'e>(engine: &'e Engine, pod: &str) -> &'e Document {
    let capture = engine.capture();
    let found = capture.proxies().find(|(_, it)| it.identity.pod.starts_with(pod) && it.dump.is_some());
    capture.document(found.unwrap().1.dump.unwrap()).unwrap()
}

fn with<T>(engine: &Engine, pod: &str, ask: impl FnOnce(&Tracer<'_>, &[ask::Service]) -> T) -> T {
    let document = document(engine, pod);
    let source = Source::new(&document.bytes, document.dump().unwrap());
    ask(&Tracer::new(&source, document.captured), &ask::services(engine.capture()))
}

fn asked(to: &str, path: &str) -> Request {
    Request { to: to.to_owned(), path: Some(path.to_owned()), ..Request::default() }
}

fn resolved(engine: &Engine, pod: &str, request: &Request) -> Result<Resolved, Unresolved> {
    with(engine, pod, |tracer, services| ask::resolve(tracer, services, request))
}

fn short(it: &Candidate) -> String {
    format!("{} {:?}:{}", it.host, it.address, it.port)
}

/// Scene 1 of the project: a route to a subset that no DestinationRule has, or whose pods are not there.
#[test]
fn missing_on_reviews_is_told_apart() {
    let end = |capture: &Engine, pod: &str| {
        with(capture, pod, |tracer, services| {
            let request = ask::resolve(tracer, services, &asked("reviews:9080", "/missing")).unwrap().request;
            assert_eq!(request.to, "10.96.10.3:9080");
            let traced = trace(tracer, &request, true);
            let it = &traced.verdict;
            assert_eq!(it.clusters, ["outbound|9080|v9|reviews.default.svc.cluster.local"]);
            let cluster = traced.steps.iter().find(|it| it.kind == StepKind::Cluster).unwrap();
            let there = !matches!(cluster.considered[0].why, Why::Missing(_));
            format!("{:?} {} {}, cluster there: {there}", it.outcome, it.status.unwrap(), it.flags)
        })
    };
    let stale = open("bookinfo-stale");
    assert_eq!(end(&stale, "productpage"), "NoHealthyUpstream 503 UH, cluster there: true");
    assert_eq!(end(&stale, "reviews"), "NoCluster 503 NC, cluster there: false");
    let synced = open("bookinfo-synced");
    for pod in ["productpage", "reviews", "ratings"] {
        assert_eq!(end(&synced, pod), "NoCluster 503 NC, cluster there: false", "{pod}");
    }
    // A Sidecar resource keeps reviews from details: only the registry tells its address.
    let from_details = resolved(&synced, "details", &asked("reviews:9080", "/missing")).unwrap();
    assert_eq!(from_details.chosen.unwrap().evidence, [ask::Evidence::Registry]);
    // Short names are another namespace's there.
    let Err(Unresolved::Nothing { nearest, .. }) =
        resolved(&synced, "payments", &asked("reviews:9080", "/missing"))
    else {
        unreachable!()
    };
    assert_eq!(nearest[0], "reviews.default.svc.cluster.local");
}

#[test]
fn a_host_alone_is_enough() {
    let stale = open("bookinfo-stale");
    let mut told = String::new();
    for (pod, to) in [
        ("productpage", "reviews"),
        ("productpage", "REVIEWS.default.svc."),
        ("productpage", "reviews.default.svc.cluster.local"),
        ("productpage", "mongodb"),
        ("productpage", "payments.payments"),
        ("productpage", "payments.payments:8080"),
        ("productpage", "ledger.payments.svc"),
        ("productpage", "accounts.google.com"),
        ("productpage", "en.wikipedia.org"),
        ("productpage", "10.96.10.3"),
        ("reviews", "ledger.payments"),
        ("istio-ingressgateway", "bookinfo.example.com"),
        ("istio-ingressgateway", "shop.example.com"),
    ] {
        let request = Request { to: to.to_owned(), ..Request::default() };
        let it = match resolved(&stale, pod, &request) {
            Ok(it) => it,
            Err(err) => {
                writeln!(told, "{pod} → {to}: {err:?}").unwrap();
                continue;
            }
        };
        let others: Vec<String> = it.others.iter().map(short).collect();
        let chosen = it.chosen.as_ref().map(short).unwrap_or_default();
        let request = &it.request;
        writeln!(
            told,
            "{pod} → {to}: {chosen}; {} {:?} {} {}; others: {others:?}",
            request.to,
            request.kind.unwrap(),
            request.authority.as_deref().unwrap_or("-"),
            request.sni.as_deref().unwrap_or("-"),
        )
        .unwrap();
    }
    let want = "\
productpage → reviews: reviews.default.svc.cluster.local Some(10.96.10.3):9080; 10.96.10.3:9080 Http reviews -; others: [\"reviews.default.svc.cluster.local None:80\"]
productpage → REVIEWS.default.svc.: reviews.default.svc.cluster.local Some(10.96.10.3):9080; 10.96.10.3:9080 Http REVIEWS.default.svc. -; others: [\"reviews.default.svc.cluster.local None:80\"]
productpage → reviews.default.svc.cluster.local: reviews.default.svc.cluster.local Some(10.96.10.3):9080; 10.96.10.3:9080 Http reviews.default.svc.cluster.local -; others: [\"reviews.default.svc.cluster.local None:80\"]
productpage → mongodb: mongodb.default.svc.cluster.local Some(10.96.10.5):27017; 10.96.10.5:27017 Tcp - -; others: []
productpage → payments.payments: payments.payments.svc.cluster.local Some(10.96.20.1):8080; 10.96.20.1:8080 Http payments.payments -; others: [\"payments.payments.svc.cluster.local Some(10.96.20.1):9000\", \"payments.payments.svc.cluster.local Some(10.96.20.1):8443\", \"payments.payments.svc.cluster.local None:80\"]
productpage → payments.payments:8080: payments.payments.svc.cluster.local Some(10.96.20.1):8080; 10.96.20.1:8080 Http payments.payments:8080 -; others: []
productpage → ledger.payments.svc: ledger.payments.svc.cluster.local Some(10.96.20.2):8080; 10.96.20.2:8080 Http ledger.payments.svc -; others: [\"ledger.payments.svc.cluster.local Some(10.96.20.2):7070\"]
productpage → accounts.google.com: accounts.google.com None:80; 192.0.2.1:80 Http accounts.google.com -; others: [\"accounts.google.com None:443\"]
productpage → en.wikipedia.org: *.wikipedia.org None:443; 192.0.2.1:443 Tls - en.wikipedia.org; others: []
productpage → 10.96.10.3: 10.96.10.3 Some(10.96.10.3):9080; 10.96.10.3:9080 Http 10.96.10.3 -; others: []
reviews → ledger.payments: ledger.payments.svc.cluster.local Some(10.96.20.2):8080; 10.96.20.2:8080 Http ledger.payments -; others: [\"ledger.payments.svc.cluster.local Some(10.96.20.2):7070\"]
istio-ingressgateway → bookinfo.example.com: bookinfo.example.com Some(10.244.1.26):80; 10.244.1.26:80 Http bookinfo.example.com -; others: []
istio-ingressgateway → shop.example.com: shop.example.com Some(10.244.1.26):80; 10.244.1.26:80 Http shop.example.com -; others: [\"shop.example.com Some(10.244.1.26):443\"]
";
    assert_eq!(told, want);
}

#[test]
fn what_nothing_serves_has_near_names() {
    let stale = open("bookinfo-stale");
    let nearest = |pod: &str, to: &str| match resolved(&stale, pod, &asked(to, "/")) {
        Err(Unresolved::Nothing { nearest, .. }) => nearest,
        other => panic!("{other:?}"),
    };
    assert_eq!(nearest("productpage", "reveiws")[0], "reviews.default.svc.cluster.local");
    assert_eq!(nearest("productpage", "payment.payments:8080")[0], "payments.payments.svc.cluster.local");
    assert_eq!(nearest("productpage", "zzz"), [""; 0]);
    match resolved(&stale, "productpage", &asked("reviews:9999", "/")) {
        Err(Unresolved::OtherPorts { candidates, .. }) => assert_eq!(candidates[0].port, 9080),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        resolved(&stale, "productpage", &asked("reviews:http", "/")),
        Err(Unresolved::Nonsense(_))
    ));
}

#[test]
fn a_log_line_is_explained_or_not() {
    let stale = open("bookinfo-stale");
    let line = |route: &str, code: &str, cluster: &str| {
        format!(
            "[2026-11-23T14:51:10.123Z] \"GET /missing HTTP/1.1\" 503 {code} - \"-\" 0 0 0 - \"-\" \"curl/8.5.0\" \
             \"0a1b\" \"reviews:9080\" \"-\" {cluster} - 10.96.10.3:9080 10.244.1.12:38142 - {route}"
        )
    };
    let judged = |pod: &str, text: &str| {
        let logged = ask::lines(text).remove(0).read.unwrap();
        with(&stale, pod, |tracer, services| ask::with_dump(tracer, services, &logged).unwrap().2)
    };
    let v9 = "outbound|9080|v9|reviews.default.svc.cluster.local;";
    let unhealthy = line("missing-subset", "UH no_healthy_upstream", v9);
    let route = with(&stale, "productpage", |tracer, services| {
        let request = ask::resolve(tracer, services, &asked("reviews:9080", "/missing")).unwrap().request;
        trace(tracer, &request, false).verdict.route.unwrap_or_else(|| "-".to_owned())
    });
    let unhealthy = unhealthy.replace("missing-subset", &route);
    assert_eq!(judged("productpage", &unhealthy), Judgement::Decided);
    assert!(matches!(judged("reviews", &unhealthy), Judgement::Differs(list) if list.len() == 2));
    let logged = ask::lines(&unhealthy).remove(0).read.unwrap();
    let verdict = with(&stale, "productpage", |tracer, services| {
        ask::with_dump(tracer, services, &logged).unwrap().1.verdict
    });
    assert_eq!(verdict.outcome, Outcome::NoHealthyUpstream);
}
