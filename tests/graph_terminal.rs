//! `xdscope graph`: the shape of its JSON, its foci, how it fails.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use std::collections::BTreeSet;
use std::process::{Command, Output};

use serde_json::Value;

fn graph(with: &[&str]) -> Output {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/static/sample.tar.gz");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xdscope"));
    command.args(["graph", "--file", sample, "--proxy", "productpage-v1-7b9b5fdfd6-4r52s"]);
    command.args(with).output().unwrap()
}

fn json(focus: &str, with: &[&str]) -> Value {
    let out = graph(&[&["--focus", focus, "-o", "json"], with].concat());
    assert!(out.status.success(), "{focus}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn keys(of: &Value) -> BTreeSet<&str> {
    of.as_object().unwrap().keys().map(String::as_str).collect()
}

fn names<'v>(of: &'v Value, kind: &str) -> Vec<&'v str> {
    let nodes = of["nodes"].as_array().unwrap().iter().filter(|it| it["kind"] == kind);
    nodes.map(|it| it["name"].as_str().unwrap()).collect()
}

#[test]
fn json_has_its_shape_and_envoys_own_names() {
    let graph = json("host:reviews", &[]);
    assert_eq!(keys(&graph), ["edges", "nodes"].into());
    let mut ids = BTreeSet::new();
    for node in graph["nodes"].as_array().unwrap() {
        assert_eq!(keys(node), ["broken", "count", "id", "kind", "name"].into());
        assert!(ids.insert(node["id"].as_str().unwrap()), "two nodes are {}", node["id"]);
        assert!(node["broken"].is_null() || node["broken"].is_string());
        assert_eq!(node["count"], 1);
    }
    for edge in graph["edges"].as_array().unwrap() {
        assert_eq!(keys(edge), ["from", "label", "to"].into());
        for end in ["from", "to"] {
            assert!(ids.contains(edge[end].as_str().unwrap()));
        }
    }
    assert_eq!(names(&graph, "listener"), ["0.0.0.0_9080", "virtualOutbound"]);
    assert_eq!(names(&graph, "endpoint"), ["10.244.1.14:9080", "10.244.1.15:9080", "10.244.1.16:9080"]);
    let shares: BTreeSet<&str> =
        graph["edges"].as_array().unwrap().iter().filter_map(|it| it["label"].as_str()).collect();
    assert!(shares.contains("50 %") && shares.contains("mirror 10 %"), "{shares:?}");
}

#[test]
fn foci_are_spelled_either_way_and_depth_ends_the_walk() {
    assert_eq!(json("route-config:9080", &[]), json("route_config:9080", &[]));
    assert_eq!(json("listener:0.0.0.0:9080", &[]), json("listener:0.0.0.0_9080", &[]));
    let cluster = "cluster:outbound|9080|v2|reviews.default.svc.cluster.local";
    let near = json(cluster, &["--depth", "1"]);
    assert_eq!((names(&near, "route"), names(&near, "endpoint")), (vec!["jason"], vec!["10.244.1.15:9080"]));
    assert_eq!(names(&near, "virtual_host").len(), 0);
    assert_eq!(json(cluster, &["--depth", "0"])["nodes"].as_array().unwrap().len(), 1);
    let all = json(cluster, &[]);
    assert_eq!(names(&all, "listener"), ["0.0.0.0_9080", "virtualOutbound"]);
}

#[test]
fn what_is_many_is_one_node_with_a_count() {
    let out = graph(&["--focus", "listener:virtualOutbound", "-o", "json", "--most", "20"]);
    let graph: Value = serde_json::from_slice(&out.stdout).unwrap();
    let nodes = graph["nodes"].as_array().unwrap();
    assert!(nodes.len() <= 20 && nodes.iter().any(|it| it["count"].as_u64().unwrap() > 1));
}

#[test]
fn what_is_not_there_is_told_with_the_nearest_names() {
    let out = graph(&["--focus", "cluster:outbound|9080|v2|review.default.svc.cluster.local"]);
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!((out.status.code(), out.stdout.len()), (Some(1), 0));
    assert!(
        said.contains("near: ") && said.contains("outbound|9080|v2|reviews.default.svc.cluster.local"),
        "{said}"
    );
    let out = graph(&["--focus", "nothing"]);
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn every_writer_writes() {
    for (output, begins) in [("mermaid", "flowchart LR\n"), ("dot", "digraph "), ("svg", "<svg xmlns=")] {
        let out = graph(&["--focus", "route-config:9080", "-o", output]);
        assert!(out.status.success());
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(
            text.starts_with(begins) && text.contains("outbound|9080|v2|reviews.default.svc.cluster.local")
        );
    }
}
