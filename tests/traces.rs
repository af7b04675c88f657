//! Real requests, and what a real Envoy 1.40 did with them (fixtures/traces).

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

use serde_json::Value;
use xdscope::envoy::ConfigDump;
use xdscope::json::Outline;
use xdscope::trace::{Request, Source, Tracer, trace};

fn unpacked(folder: &str, name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/traces").join(folder).join(name);
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut out).unwrap();
    out
}

/// The sets of clusters among which weights decide, anywhere in a dump.
fn weighted(value: &Value, out: &mut Vec<BTreeSet<String>>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                if key == "weighted_clusters" {
                    let clusters = inner["clusters"].as_array().map(Vec::as_slice).unwrap_or_default();
                    let used = clusters.iter().filter(|it| it["weight"] != 0);
                    out.push(used.filter_map(|it| it["name"].as_str().map(str::to_owned)).collect());
                }
                weighted(inner, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|it| weighted(it, out)),
        _ => {}
    }
}

/// What a verdict says otherwise than Envoy did.
fn disagreement(expect: &Value, verdict: &Value, sets: &[BTreeSet<String>]) -> Option<String> {
    let differs = |key: &str| Some(format!("{key} {}, not {}", expect[key], verdict[key]));
    if expect["outcome"] != verdict["outcome"] {
        return differs("outcome");
    }
    let clusters: BTreeSet<String> =
        verdict["clusters"].as_array()?.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect();
    if let Some(cluster) = expect["cluster"].as_str()
        && (!clusters.contains(cluster) || clusters.len() > 1 && !sets.contains(&clusters))
    {
        return Some(format!("cluster {cluster}, not {clusters:?}"));
    }
    let outcome = expect["outcome"].as_str().unwrap_or("");
    let routed = ["routed", "no_healthy_upstream", "direct_response", "redirect", "no_cluster"];
    if routed.contains(&outcome) && expect["route"] != verdict["route"] {
        return differs("route");
    }
    for key in ["status", "location"] {
        if !expect[key].is_null() && expect[key] != verdict[key] {
            return differs(key);
        }
    }
    if expect["flags"].as_str().unwrap_or("") != verdict["flags"].as_str().unwrap_or("") {
        return differs("flags");
    }
    let head = |it: &Value| it.as_str().unwrap_or("").split('{').next().unwrap_or("").to_owned();
    if !expect["details"].is_null() && head(&expect["details"]) != head(&verdict["details"]) {
        return differs("details");
    }
    None
}

fn check(folder: &str, least: usize) {
    let bytes = unpacked(folder, "config_dump.json.gz");
    let cases = String::from_utf8(unpacked(folder, "cases.jsonl.gz")).unwrap();
    let dump = ConfigDump::read(&bytes, &Outline::of(&bytes, 0));
    let source = Source::new(&bytes, &dump);
    let tracer = Tracer::new(&source, dump.updated(&bytes));
    let mut sets = Vec::new();
    weighted(&serde_json::from_slice(&bytes).unwrap(), &mut sets);
    let (mut count, mut failed, mut told) = (0, 0, String::new());
    for line in cases.lines().filter(|it| !it.is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let request: Request = serde_json::from_value(case["request"].clone()).unwrap();
        // With steps, so that telling them is tried as well; they do not change the verdict.
        let traced = trace(&tracer, &request, true);
        let short = serde_json::to_value(trace(&tracer, &request, false).verdict).unwrap();
        let verdict = serde_json::to_value(&traced.verdict).unwrap();
        assert_eq!(short, verdict);
        assert!(!traced.steps.is_empty());
        count += 1;
        if let Some(trouble) = disagreement(&case["expect"], &verdict, &sets) {
            failed += 1;
            if failed < 4 {
                writeln!(told, "case {}: Envoy says {trouble}: {}", case["id"], case["request"]).unwrap();
            }
        }
    }
    assert_eq!(failed, 0, "{folder}: of {count}\n{told}");
    assert!(count >= least, "{folder} has only {count} cases");
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

#[derive(serde::Deserialize)]
struct Asked {
    request: Request,
}

/// What Envoy once did otherwise than the tracer thought (fixtures/oracle).
#[test]
fn what_the_live_judge_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/oracle");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "json"));
    assert!(!files.is_empty());
    for file in files {
        let text = std::fs::read(&file).unwrap();
        let case: Value = serde_json::from_slice(&text).unwrap();
        let bytes = serde_json::to_vec(&case["dump"]).unwrap();
        let dump = ConfigDump::read(&bytes, &Outline::of(&bytes, 0));
        let source = Source::new(&bytes, &dump);
        // The order of headers counts, so the request is read from the text.
        let Asked { request } = serde_json::from_slice(&text).unwrap();
        let traced = trace(&Tracer::new(&source, None), &request, true).verdict;
        let (expect, verdict) = (&case["expect"], serde_json::to_value(&traced).unwrap());
        let outcomes =
            expect["outcome"].as_array().cloned().unwrap_or_else(|| vec![expect["outcome"].clone()]);
        assert!(outcomes.contains(&verdict["outcome"]), "{}: {expect}, not {verdict}", file.display());
        for key in ["status", "details", "location", "flags", "route"] {
            // Envoy's zero is no status at all; what it does not log is not compared.
            if !expect[key].is_null() && expect[key] != 0 {
                assert_eq!(expect[key], verdict[key], "{}: {key}", file.display());
            }
        }
        if let Some(cluster) = expect["cluster"].as_str() {
            assert!(traced.clusters.iter().any(|it| it == cluster), "{}: {cluster}", file.display());
        }
    }
}
