//! Requests that a real Envoy answered, mapped, go the same way through the redacted dump.

use std::collections::BTreeSet;

use serde_json::Value;
use xdscope::envoy::ConfigDump;
use xdscope::json::Outline;
use xdscope::redact::apply;
use xdscope::trace::{Request, Source, Tracer, Verdict, trace};

use super::{fixture, gunzip, redact_one};

fn check(folder: &str, least: usize) {
    let read = |name: &str| gunzip(&fixture(&format!("traces/{folder}/{name}.gz")));
    let original = read("config_dump.json");
    let (redacted, map) = redact_one(&original);
    let cases = read("cases.jsonl");
    let mapped = String::from_utf8(apply(&map, &cases)).unwrap();
    let cases = String::from_utf8(cases).unwrap();
    let dumps =
        [original.as_slice(), redacted.as_bytes()].map(|it| (it, ConfigDump::read(it, &Outline::of(it, 0))));
    let sources = dumps.each_ref().map(|(bytes, dump)| Source::new(bytes, dump));
    let tracers = [0, 1].map(|it| Tracer::new(&sources[it], dumps[it].1.updated(dumps[it].0)));
    let verdict = |tracer: usize, case: &Value| {
        let request: Request = serde_json::from_value(case["request"].clone()).unwrap();
        trace(&tracers[tracer], &request, false).verdict
    };
    let text = |it: &Option<String>| it.as_deref().map(|it| map.text(it).into_owned());
    let clusters =
        |it: &Verdict| it.clusters.iter().map(|it| map.text(it).into_owned()).collect::<BTreeSet<_>>();
    let mut count = 0;
    for (case, copy) in cases.lines().zip(mapped.lines()) {
        let (case, copy): (Value, Value) =
            (serde_json::from_str(case).unwrap(), serde_json::from_str(copy).unwrap());
        let (one, other) = (verdict(0, &case), verdict(1, &copy));
        assert_eq!(
            (one.outcome, one.status, one.flags),
            (other.outcome, other.status, other.flags),
            "{case}\n{copy}"
        );
        assert_eq!(clusters(&one), other.clusters.iter().cloned().collect(), "{case}\n{copy}");
        assert_eq!(text(&one.route), other.route, "{case}\n{copy}");
        assert_eq!(text(&one.virtual_host), other.virtual_host, "{case}\n{copy}");
        assert_eq!(text(&one.listener), other.listener, "{case}\n{copy}");
        assert_eq!(case["expect"]["outcome"], copy["expect"]["outcome"]);
        count += 1;
    }
    assert!(count >= least, "{count}");
    println!("{folder}: {count} requests go the same way through the copy");
}

#[test]
fn outbound_of_a_sidecar() {
    check("outbound-productpage", 1300);
}

#[test]
fn inbound_with_mtls_rbac_and_jwt() {
    check("inbound-payments", 670);
}

#[test]
fn an_ingress_gateway() {
    check("gateway", 300);
}

#[test]
fn nearly_every_matcher_and_action_of_routes() {
    check("envoy-routes", 2700);
}
