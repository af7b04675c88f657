//! What a ztunnel says.

use super::pairs::Pair;
use super::*;

/// A ztunnel's dump of three workloads, a service with one endpoint, and a certificate, with some words replaced.
fn ztunnel(changes: &[(&str, &str)]) -> Vec<Finding> {
    let pod = |name: &str, ip: &str| {
        format!(
            r#"{{"uid": "Kubernetes//Pod/shop/{name}", "name": "{name}", "namespace": "shop", "workloadIps": ["{ip}"], "protocol": "HBONE", "status": "Healthy", "networkMode": "Standard"}}"#
        )
    };
    let mut text = format!(
        r#"{{"workloads": [{}, {}, {}],
        "services": [{{"name": "a", "namespace": "shop", "hostname": "a.shop.svc.cluster.local", "vips": ["/10.9.0.1"], "endpoints": {{"u": {{"workloadUid": "Kubernetes//Pod/shop/a-1"}}}}}},
            {{"name": "way", "namespace": "shop", "hostname": "way.shop.svc.cluster.local", "vips": ["/10.9.0.2"], "endpoints": {{"w": {{"workloadUid": "Kubernetes//Pod/shop/way-1"}}}}}},
            {{"name": "b", "namespace": "shop", "hostname": "b.shop.svc.cluster.local", "vips": ["/10.9.0.3"], "endpoints": {{"u": {{"workloadUid": "Kubernetes//Pod/shop/b-1"}}}}, "waypoint": {{"destination": "/10.9.0.2"}}}}],
        "policies": [], "certificates": [{{"identity": "spiffe://td/ns/shop/sa/a", "state": "Available", "certChain": []}}]}}"#,
        pod("a-1", "10.0.0.1"),
        pod("b-1", "10.0.0.2"),
        pod("way-1", "10.0.0.3"),
    );
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    found(&[("ztunnel/config_dump", &text)])
}

/// The workload of that name is not reached by HBONE.
fn plain(name: &str, mode: &str) -> Vec<Finding> {
    let head = format!(r#""name": "{name}", "namespace": "shop", "workloadIps": ["#);
    let whole = |protocol: &str, mode: &str, ip: &str| {
        format!(r#"{head}"{ip}"], "protocol": "{protocol}", "status": "Healthy", "networkMode": "{mode}""#)
    };
    let ip = match name {
        "a-1" => "10.0.0.1",
        _ => "10.0.0.3",
    };
    ztunnel(&[(&whole("HBONE", "Standard", ip), &whole("TCP", mode, ip))])
}

/// See [`Pair`].
pub const PAIRS: &[Pair] = &[
    (
        "waypoint-missing",
        || ztunnel(&[("{\"destination\": \"/10.9.0.2\"}", "{\"destination\": \"/10.9.0.4\"}")]),
        || ztunnel(&[]),
    ),
    ("workload-unhealthy", || ztunnel(&[("Healthy", "Unhealthy")]), || ztunnel(&[])),
    (
        "ztunnel-certificate",
        || ztunnel(&[("Available", "Unavailable: no answer")]),
        || ztunnel(&[("Available", "Unavailable: the identity is no longer needed")]),
    ),
    ("workload-not-captured", || plain("a-1", "Standard"), || plain("way-1", "Standard")),
    (
        "service-without-workloads",
        || ztunnel(&[("{\"u\": {\"workloadUid\": \"Kubernetes//Pod/shop/a-1\"}}", "{}")]),
        || {
            ztunnel(&[(
                "\"endpoints\": {\"u\": {\"workloadUid\": \"Kubernetes//Pod/shop/a-1\"}}",
                "\"ports\": {}",
            )])
        },
    ),
];

#[test]
fn a_mesh_of_ztunnels_without_a_fault() {
    let found = ztunnel(&[]);
    assert!(found.is_empty(), "{found:#?}");
}

/// Pods of the node's own network are never captured; in a namespace that is hardly in the mesh nothing is odd.
#[test]
fn who_is_not_meant_to_be_captured() {
    let check = "workload-not-captured";
    is(&plain("a-1", "Standard"), check, &["warning shop"]);
    is(&plain("a-1", "HostNetwork"), check, &[]);
    let two = ztunnel(&[("HBONE", "TCP"), ("HBONE", "TCP")]);
    is(&two, check, &[]);
    // A waypoint without anybody behind it.
    let empty = ztunnel(&[("{\"w\": {\"workloadUid\": \"Kubernetes//Pod/shop/way-1\"}}", "{}")]);
    is(&empty, "waypoint-missing", &["error shop/b no_endpoints"]);
    is(&empty, "service-without-workloads", &["note shop/way"]);
    // It has an endpoint by an address of the service `kubernetes`, which no pod is behind.
    is(
        &ztunnel(&[
            (
                "\"name\": \"a\", \"namespace\": \"shop\"",
                "\"name\": \"kubernetes\", \"namespace\": \"default\"",
            ),
            ("{\"u\": {\"workloadUid\": \"Kubernetes//Pod/shop/a-1\"}}", "{}"),
        ]),
        "service-without-workloads",
        &[],
    );
}
