//! Real captures: no name of theirs is left, and all else is as it was.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xdscope::capture::Capture;
use xdscope::envoy::ConfigDump;
use xdscope::intake::Kind;
use xdscope::json::Outline;
use xdscope::redact::{Dropped, Options, Outcome, apply};
use xdscope::tables::{self, Dump};

use super::{fixture, members, opened, redact, redact_one, strings, try_redact};

/// What a person would not want to be read, known apart from the redactor.
const NAMES: &[&str] = &[
    "reviews",
    "ratings",
    "details",
    "productpage",
    "payments",
    "ledger",
    "legacy",
    "mongodb",
    "mysqldb",
    "wikipedia",
    "bookinfo",
    "4r52s",
    "7b9b5fdfd6",
    "6dcc6fbb9d",
    "wsjz4",
    "abcde",
    "hunter2",
    "s3cr3t",
    "akiaiosfodnn7example",
    "acme",
    "tenant",
    "jason",
    "region1",
];

fn redacted(name: &str) -> (BTreeMap<String, Vec<u8>>, Capture, Outcome) {
    let files = members(fixture(name));
    let capture = opened(&files);
    let outcome = redact(&capture);
    (files, capture, outcome)
}

/// Words; those in capitals are operators of access logs, and no name of these captures.
fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric());
    words.filter(|it| it.bytes().any(|it| !it.is_ascii_uppercase())).map(str::to_ascii_lowercase)
}

/// Every string of every document, every key that the original has not, and every path.
fn texts(outcome: &Outcome, files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for bytes in files.values() {
        if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
            all_keys(&value, &mut keys);
        }
    }
    // A key that is spelled like a field is one.
    let schema = |key: &str| {
        keys.contains(key) && key.bytes().all(|it| it.is_ascii_alphanumeric() || b"_@".contains(&it))
    };
    let mut out = Vec::new();
    for member in &outcome.members {
        out.push(member.path.clone());
        match serde_json::from_slice::<Value>(&member.bytes) {
            Ok(value) => strings(&value, &schema, &mut out),
            Err(_) => out.push(String::from_utf8(member.bytes.clone()).unwrap()),
        }
    }
    out
}

fn all_keys(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|it| all_keys(it, out)),
        Value::Object(fields) => {
            for (key, inner) in fields {
                out.insert(key.clone());
                all_keys(inner, out);
            }
        }
        _ => {}
    }
}

fn addresses(text: &str, out: &mut BTreeSet<String>) {
    for part in text.split(|it: char| !(it.is_ascii_digit() || it == '.')) {
        if part.parse::<core::net::Ipv4Addr>().is_ok_and(|it| it.is_private()) {
            out.insert(part.to_owned());
        }
    }
}

fn nothing_is_left(name: &str) {
    let (files, _, outcome) = redacted(name);
    let mut originals = BTreeSet::new();
    for bytes in files.values() {
        addresses(&String::from_utf8_lossy(bytes), &mut originals);
    }
    assert!(originals.len() > 10);
    // A mapped address may be that of another: bijective maps of small networks meet themselves.
    let mapped: BTreeSet<String> =
        serde_json::from_str::<Value>(&outcome.map.to_json()).unwrap()["addresses"]
            .as_object()
            .unwrap()
            .values()
            .map(|it| it.as_str().unwrap().to_owned())
            .collect();
    let mut count = 0;
    for text in texts(&outcome, &files) {
        for word in words(&text) {
            assert!(!NAMES.contains(&word.as_str()), "{word} in {text}");
            count += 1;
        }
        let mut found = BTreeSet::new();
        addresses(&text, &mut found);
        assert!(found.iter().all(|it| !originals.contains(it) || mapped.contains(it)), "{text}");
        assert!(!text.contains("LS0tLS1CRUdJTi") && !text.contains("-----BEGIN"), "{text}");
    }
    println!("{name}: {count} words, none of the original's names");
}

#[test]
fn no_name_is_left_of_a_capture_in_sync() {
    nothing_is_left("istio/1.27/bookinfo-synced.tar.gz");
}

#[test]
fn no_name_is_left_of_a_bug_report() {
    nothing_is_left("istio/1.27/bug-report.tar.gz");
}

/// Same types, lengths and markers; the same `@type` everywhere.
fn same_shape(path: &str, one: &Value, other: &Value) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            assert_eq!(one.len(), other.len(), "{path}");
            if let Some(kind) = one.get("@type") {
                assert_eq!(Some(kind), other.get("@type"), "{path}");
            }
            let (mut left, mut right) = (one.clone(), other.clone());
            for (key, inner) in one {
                if let Some(same) = other.get(key) {
                    same_shape(&format!("{path}/{key}"), inner, same);
                    left.remove(key);
                    right.remove(key);
                }
            }
            assert_eq!(left.len(), right.len(), "{path}");
        }
        (Value::Array(one), Value::Array(other)) => {
            assert_eq!(one.len(), other.len(), "{path}");
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                same_shape(&format!("{path}/{index}"), one, other);
            }
        }
        _ => assert_eq!(
            std::mem::discriminant(one),
            std::mem::discriminant(other),
            "{path}: {one} and {other}"
        ),
    }
}

#[test]
fn documents_keep_their_shape_and_their_kind() {
    let (_, capture, outcome) = redacted("istio/1.27/bookinfo-synced.tar.gz");
    let mut count = 0;
    for member in &outcome.members {
        let original = capture.document(member.id).unwrap();
        assert_eq!(xdscope::intake::recognise(&member.bytes).kind, member.kind, "{}", original.path);
        let (Ok(one), Ok(other)) =
            (serde_json::from_slice(&original.bytes), serde_json::from_slice(&member.bytes))
        else {
            continue;
        };
        same_shape(&original.path, &one, &other);
        count += 1;
    }
    assert!(count > 60, "{count}");
    println!("{count} documents have the shape that they had");
}

/// What is no document of its own has no rules: left out, and named.
#[test]
fn what_is_not_known_is_left_out_and_named() {
    let (_, _, outcome) = redacted("istio/1.27/bug-report.tar.gz");
    let left: Vec<&str> = outcome.left_out.iter().map(|it| it.path.as_str()).collect();
    assert!(left.iter().any(|it| it.ends_with("discovery.log")), "{left:?}");
    assert!(left.iter().any(|it| it.ends_with("versions")), "{left:?}");
    assert!(outcome.members.iter().all(|it| !it.path.ends_with(".log")));
    let outcome = redact(&super::capture([
        ("table.txt", &b"SERVICE FQDN   PORT  SUBSET DIRECTION TYPE DESTINATION RULE\nreviews 80 - outbound EDS \n"[..]),
        ("cut.json", &br#"{"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "static_clusters": [{"cluster": {"name": "a"#[..]),
    ]));
    assert_eq!(outcome.members.len(), 0);
    assert_eq!(outcome.left_out.len(), 2);
    assert!(outcome.left_out.iter().any(|it| matches!(it.why, Dropped::Json(_) | Dropped::NotRead)));
}

/// Every proxy is found again, with the documents that it had.
#[test]
fn a_redacted_capture_links_as_before() {
    let (_, capture, outcome) = redacted("istio/1.27/bug-report.tar.gz");
    let files: BTreeMap<String, Vec<u8>> =
        outcome.members.iter().map(|it| (it.path.clone(), it.bytes.clone())).collect();
    let copy = opened(&files);
    let names = |capture: &Capture| -> BTreeSet<(String, String, String)> {
        let name = |it: &xdscope::capture::Proxy| {
            let it = &it.identity;
            (
                outcome.map.text(&it.cluster).into_owned(),
                outcome.map.text(&it.pod).into_owned(),
                outcome.map.text(&it.namespace).into_owned(),
            )
        };
        capture.proxies().map(|(_, it)| name(it)).collect()
    };
    assert_eq!(names(&capture), names(&copy));
    assert_eq!(capture.control_planes().len(), copy.control_planes().len());
    assert!(names(&copy).len() > 5);
}

fn dump_tables(bytes: &[u8]) -> Vec<(&'static str, String)> {
    let index = ConfigDump::read(bytes, &Outline::of(bytes, 0));
    let dump = Dump { bytes, index: &index };
    let mut out = Vec::new();
    let Ok(rows) = tables::cluster::rows(dump, &Default::default()) else { return out };
    out.push(("cluster", tables::cluster::text(&rows.rows, false)));
    let rows = tables::listener::rows(dump, &Default::default()).unwrap_or_else(|_| panic!("listeners"));
    out.push(("listener", tables::listener::text(&rows.rows, true, false)));
    let rows = tables::route::rows(dump, "").unwrap_or_else(|_| panic!("routes"));
    out.push(("route", tables::route::text(&rows.rows, true, false)));
    out
}

/// The tables of a copy are the copies of the tables; columns are as wide as their contents, and rows sorted by names.
#[test]
fn tables_of_the_copy_are_copies_of_the_tables() {
    let (_, capture, outcome) = redacted("istio/1.27/bookinfo-synced.tar.gz");
    let mut count = 0;
    for member in outcome.members.iter().filter(|it| it.kind == Kind::EnvoyConfigDump) {
        let original = capture.document(member.id).unwrap();
        for ((name, one), (_, other)) in
            dump_tables(&original.bytes).into_iter().zip(dump_tables(&member.bytes))
        {
            let mapped = String::from_utf8(apply(&outcome.map, one.as_bytes())).unwrap();
            let rows = |text: &str| -> BTreeSet<String> {
                text.lines().map(|it| it.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
            };
            let (want, got) = (rows(&mapped), rows(&other));
            let odd: Vec<_> = want.symmetric_difference(&got).take(6).collect();
            assert!(odd.is_empty(), "{} {name}: {odd:#?}", original.path);
            count += want.len();
        }
    }
    assert!(count > 500, "{count}");
    println!("{count} rows are copies");
}

#[test]
fn kept_words_stay_and_strict_hides_more() {
    let files = members(fixture("istio/1.27/bug-report.tar.gz"));
    let capture = opened(&files);
    let keep = Options { keep: vec!["payments-v1".to_owned(), "Reviews".to_owned()], strict: false };
    let outcome = try_redact(&capture, &keep, None).unwrap();
    let text: String =
        outcome.members.iter().map(|it| String::from_utf8_lossy(&it.bytes).into_owned()).collect();
    assert!(text.contains("payments.payments.svc") && text.contains("reviews.default.svc"));
    assert!(!text.contains("ratings.default"));
    let strict = Options { keep: Vec::new(), strict: true };
    let outcome = try_redact(&capture, &strict, None).unwrap();
    let json: Value = serde_json::from_str(&outcome.map.to_json()).unwrap();
    assert!(json["tokens"].get("productpage-v1").is_some(), "labels are replaced as a whole");
}

#[test]
fn secrets_have_envoys_own_markers() {
    let dump = r#"{"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.SecretsConfigDump", "dynamic_active_secrets": [
        {"name": "shop", "secret": {"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret", "name": "shop",
        "tls_certificate": {"certificate_chain": {"inline_bytes": "TUlJQ2x6"}, "private_key": {"inline_string": "hunter2"}, "password": {"filename": "/etc/shop/pw"}}}},
        {"secret": {"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret", "session_ticket_keys": {"keys": [{"inline_bytes": "AAAA"}]},
        "generic_secret": {"secret": {"inline_string": "hunter2"}}}}]}]}"#;
    let (out, map) = redact_one(dump.as_bytes());
    let value: Value = serde_json::from_str(&out).unwrap();
    let list = &value["configs"][0]["dynamic_active_secrets"];
    let certificate = &list[0]["secret"]["tls_certificate"];
    assert_eq!(certificate["certificate_chain"]["inline_bytes"], "W3JlZGFjdGVkXQ==");
    assert_eq!(certificate["private_key"]["inline_string"], "[redacted]");
    assert_eq!(list[1]["secret"]["session_ticket_keys"]["keys"][0]["inline_bytes"], "W3JlZGFjdGVkXQ==");
    assert_eq!(list[0]["name"], list[0]["secret"]["name"]);
    assert!(
        !out.contains("hunter2") && !map.to_json().contains("hunter2"),
        "a secret is not in the map either"
    );
}
