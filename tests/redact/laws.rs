//! What holds for every map: nothing comes together, nothing comes apart, and order does not matter.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};
use xdscope::intake::Kind;
use xdscope::redact::{Checker, Collector, Map, Options, Wrong};

use super::{KEY, capture, fixture, gunzip, members, opened, redact, redact_one, try_redact};

fn dump(names: &[String], extra: &str) -> Vec<u8> {
    let clusters: Vec<Value> =
        names.iter().map(|it| json!({"cluster": {"name": it, "alt_stat_name": extra}})).collect();
    serde_json::to_vec(&json!({"configs": [
        {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "static_clusters": clusters}]}))
    .unwrap()
}

fn names_of(text: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(text).unwrap();
    let list = value["configs"][0]["static_clusters"].as_array().unwrap();
    list.iter().map(|it| it["cluster"]["name"].as_str().unwrap().to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn different_names_stay_different(names in prop::collection::btree_set("[a-zA-Z]{1,9}([-._|:/@][a-z0-9]{1,6}){0,3}", 2..30)) {
        let names: Vec<String> = names.into_iter().collect();
        let (out, _) = redact_one(&dump(&names, "x"));
        let got: BTreeSet<String> = names_of(&out).into_iter().collect();
        prop_assert_eq!(got.len(), names.len(), "{:?} {:?}", names, got);
    }

    #[test]
    fn suffixes_and_prefixes_stay(host in "[a-z]{2,8}", domain in "[a-z]{2,8}(\\.[a-z]{2,5}){1,3}") {
        let names = vec![format!("{host}.{domain}"), domain.clone(), host.clone()];
        let (out, _) = redact_one(&dump(&names, "x"));
        let got = names_of(&out);
        prop_assert!(got[0].ends_with(&format!(".{}", got[1])) && got[0].starts_with(&format!("{}.", got[2])), "{:?}", got);
    }

    #[test]
    fn matchers_keep_what_they_match(prefix in "/[a-z]{1,4}", path in "/[a-z]{1,8}(/[a-z]{1,3})?") {
        let routes = json!({"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump", "static_route_configs": [
            {"route_config": {"name": "r", "virtual_hosts": [{"name": "v", "domains": ["*"], "routes": [
                {"match": {"prefix": prefix}, "route": {"cluster": "a"}}, {"match": {"path": path}, "route": {"cluster": "b"}}]}]}}]}]});
        let (out, map) = redact_one(routes.to_string().as_bytes());
        let value: Value = serde_json::from_str(&out).unwrap();
        let routes = &value["configs"][0]["static_route_configs"][0]["route_config"]["virtual_hosts"][0]["routes"];
        let (new, mapped) = (routes[0]["match"]["prefix"].as_str().unwrap(), routes[1]["match"]["path"].as_str().unwrap());
        prop_assert_eq!(path.starts_with(&prefix), mapped.starts_with(new), "{} {}", new, mapped);
        prop_assert_eq!(map.text(&path), mapped);
    }

    /// Cut off, damaged, odd: redacted or left out, never passed through, never a panic.
    #[test]
    fn whatever_comes_is_redacted_or_left_out(cut in 0usize..90_000, flip in 0usize..90_000, byte: u8) {
        let mut bytes = gunzip(&fixture("envoy/1.40/routes.json.gz"));
        bytes.truncate(bytes.len().min(cut + 400));
        let at = flip % bytes.len();
        bytes[at] = byte;
        let capture = capture([("dump", bytes.as_slice())]);
        if let Ok(outcome) = try_redact(&capture, &Options::default(), None) {
            for member in &outcome.members {
                let text = String::from_utf8_lossy(&member.bytes);
                prop_assert!(!text.contains("example.com"));
            }
        }
    }
}

#[test]
fn hostile_documents_are_left_out_or_redacted() {
    let deep = format!("{{\"configs\": {}\"kanari\"{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let twice = r#"{"cluster_statuses": [{"name": "kanari", "name": "kanari2", "host_statuses": []}]}"#;
    let broken = b"{\"cluster_statuses\": [{\"name\": \"kanari\xff\xfe\", \"observability_name\": \"\\ud800kanari\"}]}";
    for bytes in [deep.as_bytes(), twice.as_bytes(), broken.as_slice()] {
        let outcome = redact(&capture([("odd", bytes)]));
        for member in &outcome.members {
            assert!(!String::from_utf8_lossy(&member.bytes).contains("kanari"));
        }
    }
}

#[test]
fn the_order_of_documents_does_not_matter_and_the_key_decides() {
    let files = members(fixture("istio/1.27/bug-report.tar.gz"));
    let capture_of = |back: bool| {
        let mut list: Vec<_> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
        if back {
            list.reverse();
        }
        capture(list)
    };
    let by_path = |back: bool| -> BTreeMap<String, Vec<u8>> {
        redact(&capture_of(back)).members.into_iter().map(|it| (it.path, it.bytes)).collect()
    };
    let (one, other) = (by_path(false), by_path(true));
    assert!(one == other && one.len() > 30);
}

#[test]
fn a_given_map_makes_it_the_same_with_another_key() {
    let files = members(fixture("istio/1.27/bug-report.tar.gz"));
    let capture = opened(&files);
    let first = redact(&capture);
    let map = Map::parse(first.map.to_json().as_bytes()).unwrap();
    let second = try_redact(&capture, &Options::default(), Some(map)).unwrap();
    assert!(first.members.iter().zip(&second.members).all(|(one, other)| one.bytes == other.bytes));
}

#[test]
fn redacting_twice_leaks_nothing_and_back_leads_the_map() {
    let bytes = gunzip(&fixture("traces/outbound-productpage/config_dump.json.gz"));
    let (once, map) = redact_one(&bytes);
    let (twice, _) = redact_one(once.as_bytes());
    for name in ["productpage", "reviews", "payments", "wikipedia"] {
        assert!(!once.contains(name) && !twice.contains(name), "{name}");
    }
    let back = String::from_utf8(xdscope::redact::apply(&map.reversed(), once.as_bytes())).unwrap();
    assert!(back.contains("outbound|9080||reviews.default.svc.cluster.local"));
    let names = |text: &str| text.matches("outbound|9080|v1|reviews.default.svc.cluster.local").count();
    assert_eq!(names(&back), names(&String::from_utf8(bytes).unwrap()));
}

/// istiod prints camelCase, Envoy snake_case: the names in both are the same.
#[test]
fn twins_in_two_spellings_have_the_same_names() {
    let snake = br#"{"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "dynamic_active_clusters": [
        {"cluster": {"name": "outbound|80||web.shop", "eds_cluster_config": {"service_name": "outbound|80||web.shop"}}}]}]}"#;
    let camel = br#"{"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "dynamicActiveClusters": [
        {"cluster": {"name": "outbound|80||web.shop", "edsClusterConfig": {"serviceName": "outbound|80||web.shop"}}}]}]}"#;
    let outcome = redact(&capture([("snake", &snake[..]), ("camel", &camel[..])]));
    let text = |at: usize| String::from_utf8(outcome.members[at].bytes.clone()).unwrap();
    let name = |text: &str| text.split("outbound|80||").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(name(&text(0)), name(&text(1)));
    assert_eq!(text(0).matches(&name(&text(0))).count(), 2);
}

/// The check believes nothing: whatever is put back is found.
#[test]
fn the_check_finds_what_is_put_back() {
    let bytes = gunzip(&fixture("traces/inbound-payments/config_dump.json.gz"));
    let kind = Kind::EnvoyConfigDump;
    let mut collector = Collector::new(&Options::default());
    collector.document(kind, &bytes).unwrap();
    let mut redactor = collector.finish(&KEY, None);
    let out = String::from_utf8(redactor.document(kind, &bytes).unwrap()).unwrap();
    let code = redactor.map().text("payments").into_owned();
    let address = redactor.map().text("10.244.1.21").into_owned();
    let mut checker = Checker::new(&redactor);
    let mut why = |text: &str| {
        checker.document("dump", kind, &bytes, text.as_bytes()).err().map(|it| (it.why, it.field))
    };
    assert_eq!(why(&out), None);
    let (wrong, field) = why(&out.replacen(&code, "payments", 1)).unwrap();
    assert_eq!(wrong, Wrong::Name);
    assert!(field.starts_with("/configs/"), "the field is named: {field}");
    assert_eq!(why(&out.replacen(&code, "somebody", 1)).unwrap().0, Wrong::Word);
    assert_eq!(why(&out.replacen(&address, "10.244.1.21", 1)).unwrap().0, Wrong::Address);
    assert_eq!(why(&out.replacen("W3JlZGFjdGVkXQ==", "c2VjcmV0LWtleQ==", 1)).unwrap().0, Wrong::Secret);
    assert_eq!(why(&out.replace("[redacted]", "hunter2")).unwrap().0, Wrong::Word);
    assert_eq!(why(&out.replacen("{", "{\"a\": 1, ", 1)).unwrap().0, Wrong::Shape);
    assert_eq!(why(&out[..out.len() / 2]).unwrap().0, Wrong::Unreadable);
}
