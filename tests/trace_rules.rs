//! One rule of the tracer a file in tests/trace_rules: a small configuration, requests, and the steps that each takes.
//!
//! `XDSCOPE_BLESS=1 cargo test --test trace_rules` writes the steps as they are now; read the difference before it is
//! kept.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use serde_json::{Value, json};
use xdscope::envoy::ConfigDump;
use xdscope::json::Outline;
use xdscope::trace::{Request, Source, Trace, Tracer, Why, trace};

/// A dump of a rule's resources, as Envoy writes one.
fn dump(rule: &Value) -> String {
    let list = |name: &str| rule[name].as_array().cloned().unwrap_or_default();
    let wrapped =
        |key: &str, all: Vec<Value>| -> Vec<Value> { all.into_iter().map(|it| json!({ key: it })).collect() };
    let warming: Vec<Value> = list("warming").into_iter().map(|it| json!({"cluster": it})).collect();
    let routes: Vec<Value> = list("routes").into_iter().map(|it| json!({"route_config": it})).collect();
    let configs = json!({"configs": [
        {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
            "static_clusters": wrapped("cluster", list("clusters")), "dynamic_warming_clusters": warming},
        {"@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump",
            "static_listeners": wrapped("listener", list("listeners"))},
        {"@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump", "static_route_configs": routes},
        {"@type": "type.googleapis.com/envoy.admin.v3.EndpointsConfigDump"},
    ]});
    serde_json::to_string(&configs).unwrap()
}

fn why(why: &Why) -> String {
    let value = serde_json::to_value(why).unwrap();
    match value {
        Value::String(text) => text,
        other => other.to_string().replace('"', ""),
    }
}

/// Every step in a line: what won with `+`, what lost with `-`.
fn told(traced: &Trace) -> Vec<String> {
    let mut out = Vec::new();
    for step in &traced.steps {
        let kind = serde_json::to_value(step.kind).unwrap();
        let all = step.considered.iter().map(|it| {
            let sign = if it.won { '+' } else { '-' };
            format!("{sign}{} {}", it.name, why(&it.why))
        });
        let all: Vec<String> = all.collect();
        let unsure = if step.certain { "" } else { " (unsure)" };
        out.push(format!("{}{unsure}: {}", kind.as_str().unwrap(), all.join("; ")));
        let places = step.considered.iter().filter(|it| it.won);
        assert!(places.clone().all(|it| it.place.is_some()), "{out:?}: what won has its place in the dump");
    }
    for miss in &traced.misses {
        let lacks: Vec<String> = miss.lacks.iter().map(why).collect();
        out.push(format!("nearly {}: {}", miss.name, lacks.join("; ")));
    }
    let mut verdict = serde_json::to_value(&traced.verdict).unwrap();
    let fields = verdict.as_object_mut().unwrap();
    fields
        .retain(|_, value| !matches!(value, Value::Bool(true)) && *value != json!("") && *value != json!([]));
    out.push(verdict.to_string().replace('"', ""));
    out
}

#[test]
fn every_rule_takes_its_steps() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/trace_rules");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "json"));
    files.sort();
    let mut cases = 0;
    let mut failed = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut rule: Value = serde_json::from_str(&text).unwrap();
        let dump = dump(&rule);
        let index = ConfigDump::read(dump.as_bytes(), &Outline::of(dump.as_bytes(), 0));
        let source = Source::new(dump.as_bytes(), &index);
        let tracer = Tracer::new(&source, None);
        for case in rule["cases"].as_array_mut().unwrap() {
            let request: Request = serde_json::from_value(case["request"].clone()).unwrap();
            let steps = told(&trace(&tracer, &request, true));
            cases += 1;
            if case["steps"] != json!(steps) {
                failed.push(format!("{}: {}\n  {}", file.display(), case["request"], steps.join("\n  ")));
                case["steps"] = json!(steps);
            }
        }
        if std::env::var_os("XDSCOPE_BLESS").is_some() {
            std::fs::write(&file, serde_json::to_string_pretty(&rule).unwrap() + "\n").unwrap();
        }
    }
    assert!(cases >= 50, "only {cases} cases");
    assert!(failed.is_empty(), "{} of {cases} cases take other steps:\n{}", failed.len(), failed.join("\n"));
}
