//! What control planes say of proxies.

use super::pairs::Pair;
use super::*;

/// A dump of web-1, and what a control plane says beside it.
fn told(page: &str) -> Vec<Finding> {
    let dump = Dump { listeners: HTTP, routes: &to("PassthroughCluster"), ..EMPTY }.text();
    found(&[("envoy/web-1/dump", &dump), ("istiod/istiod-1/syncz", page)])
}

/// One listener, in that state.
fn in_state(state: &str) -> Vec<Finding> {
    of(Dump { listeners: &format!("'dynamic_listeners': [{{'name': 'in', {state}}}]"), ..EMPTY })
}

/// istiod would send a cluster of that name.
fn planned(cluster: &str) -> Vec<Finding> {
    let dump = Dump { listeners: HTTP, clusters: ONE, endpoints: ONE_ENDPOINTS, ..EMPTY }.text();
    let plan = format!(
        r#"{{"configs": [{{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "versionInfo": "1",
        "dynamicActiveClusters": [{{"cluster": {{"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "{cluster}"}}}}]}}]}}"#
    );
    found(&[("envoy/web-1/config_dump", &dump), ("istiod/istiod-1/proxies/web-1.shop/config_dump", &plan)])
}

/// A filter by ECDS, and the section that has its configuration.
fn by_ecds(list: &str) -> Vec<Finding> {
    let listener = HTTP.replace(
        "'rds':",
        "'http_filters': [{'name': 'w', 'config_discovery': {'config_source': {}}}], 'rds':",
    );
    let more = format!(", {{'@type': 'type.googleapis.com/envoy.admin.v3.EcdsConfigDump' {list}}}");
    of(Dump { listeners: &listener, routes: &to("PassthroughCluster"), more: &more, ..EMPTY })
}

/// Two proxies, one of that version.
fn beside_version(version: &str) -> Vec<Finding> {
    let old = NODE.replace("web-1", "web-2").replace("10.0.0.1", "10.0.0.7").replace("1.27.1", version);
    let (new, old) =
        (Dump { listeners: HTTP, ..EMPTY }.text(), Dump { node: &old, listeners: HTTP, ..EMPTY }.text());
    found(&[("web-1/dump", &new), ("web-2/dump", &old)])
}

/// An endpoint that is said to have a sidecar, and an address that is connected.
fn with_client(address: &str) -> Vec<Finding> {
    let endpoints = ONE_ENDPOINTS.replace(
        "[{'endpoint'",
        "[{'metadata': {'filter_metadata': {'envoy.transport_socket_match': {'tlsMode': 'istio'}}}, 'endpoint'",
    );
    let dump = Dump { listeners: HTTP, clusters: ONE, endpoints: &endpoints, ..EMPTY }.text();
    let page = format!(
        r#"{{"totalClients": 1, "clients": [{{"connectionId": "a-1.shop-1", "address": "{address}:5", "metadata": {{"INSTANCE_IPS": "{address}"}}, "watches": {{}}}}]}}"#
    );
    found(&[("envoy/web-1/dump", &dump), ("istiod/istiod-1/adsz", &page)])
}

const REFUSED: &str = "'error_state': {'failed_configuration': {'name': 'in'}, 'details': 'no acme.filter'}";
const ACTIVE: &str = "'active_state': {'listener': {'name': 'in'}}";
const BEHIND: &str = "2026-11-23T11:40:00Z/1";
const CURRENT: &str = "2026-11-23T11:50:00Z/1";

/// See [`Pair`].
pub const PAIRS: &[Pair] = &[
    ("nack", || in_state(REFUSED), || in_state(ACTIVE)),
    ("stale", || told(&SYNCZ.replace("ACKED", BEHIND)), || told(&SYNCZ.replace("ACKED", CURRENT))),
    ("not-connected", || told(&SYNCZ.replace("web-1", "other-1")), || told(SYNCZ)),
    (
        "not-sent",
        || told(&SYNCZ.replace("\"sent\": \"2/1\", \"acked\": \"2/1\"", "")),
        || told(&SYNCZ.replace("\"acked\": \"2/1\"", "\"acked\": \"1/1\"")),
    ),
    ("no-listeners", || of(EMPTY), || of(Dump { listeners: HTTP, ..EMPTY })),
    ("listener-warming", || in_state("'warming_state': {'listener': {'name': 'in'}}"), || in_state(ACTIVE)),
    // Ten minutes are Envoy's own; the dump is of 12:00.
    (
        "listener-draining",
        || in_state("'draining_state': {'listener': {'name': 'in'}, 'last_updated': '2026-11-23T11:49:59Z'}"),
        || in_state("'draining_state': {'listener': {'name': 'in'}, 'last_updated': '2026-11-23T11:50:00Z'}"),
    ),
    (
        "planned-not-active",
        || planned("outbound|80||b.shop.svc.cluster.local"),
        || planned("outbound|80||a.shop.svc.cluster.local"),
    ),
    (
        "extension-missing",
        || by_ecds(""),
        || {
            by_ecds(
                ", 'ecds_filters': [{'ecds_filter': {'@type': 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig', 'name': 'w'}}]",
            )
        },
    ),
    ("version-skew", || beside_version("1.24.6"), || beside_version("1.25.0")),
    ("workload-without-proxy", || with_client("10.0.0.9"), || with_client("10.0.0.2")),
];

/// What istiod says of web-1.
pub const SYNCZ: &str = r#"[{"proxy": "web-1.shop", "proxy_type": "sidecar", "istio_version": "1.27.1", "resources": {
    "type.googleapis.com/envoy.config.cluster.v3.Cluster": {"sent": "2026-11-23T11:50:00Z/1", "acked": "ACKED", "sentTime": "2026-11-23T11:50:00Z"},
    "type.googleapis.com/envoy.config.listener.v3.Listener": {"sent": "2/1", "acked": "2/1"}}}]"#;

#[test]
fn what_control_planes_say() {
    let dump = Dump { listeners: HTTP, routes: &to("PassthroughCluster"), ..EMPTY }.text();
    let with = |page: &str| found(&[("envoy/web-1/dump", &dump), ("istiod/istiod-1/syncz", page)]);
    let old = SYNCZ.replace("ACKED", "2026-11-23T11:40:00Z/1");
    is(&with(&old), "stale", &["error web-1.shop"]);
    is(&with(&old.replace("11:50:00Z\"", "11:59:00Z\"")), "stale", &["warning web-1.shop"]);
    is(&with(&SYNCZ.replace("ACKED", "2026-11-23T11:50:00Z/1")), "stale", &[]);
    is(
        &with(&SYNCZ.replace("\"acked\": \"2/1\"", "\"acked\": \"1/1\", \"lastError\": \"no such filter\"")),
        "nack",
        &["error web-1.shop"],
    );
    is(&with(SYNCZ), "nack", &[]);
    is(&with(&SYNCZ.replace("web-1", "other-1")), "not-connected", &["warning web-1.shop"]);
    is(&with(SYNCZ), "not-connected", &[]);
    is(
        &with(&SYNCZ.replace("\"sent\": \"2/1\", \"acked\": \"2/1\"", "")),
        "not-sent",
        &["warning web-1.shop"],
    );
    let alone = found(&[("envoy/web-1/dump", &dump)]);
    is(&alone, "not-connected", &[]);
    assert!(not_judged(&alone, "not-connected"));
    let status = |text: &str| found(&[("istiod/istiod-1/push_status", text)]);
    is(
        &status(
            r#"{"pilot_conflict_inbound_listener": {"0.0.0.0:80": {"proxy": "web-1.shop", "message": "a b"}}}"#,
        ),
        "listener-conflict",
        &["warning 0.0.0.0:80 inbound"],
    );
    is(
        &status(r#"{"pilot_duplicate_envoy_clusters": {"outbound|80||a": {}}}"#),
        "duplicate-host",
        &["warning outbound|80||a"],
    );
    is(&status(r#"{"pilot_eds_no_instances": {"outbound|80||a": {}}}"#), "listener-conflict", &[]);
}

#[test]
fn a_refused_listener_and_who_made_it() {
    let refused = |more: &str| {
        format!(
            "'dynamic_listeners': [{{'name': 'in', 'error_state': {{'failed_configuration': {{'name': 'in'}}, 'details': 'no acme.filter'}} {more}}}]"
        )
    };
    let with = |listeners: &str| {
        let dump = Dump { listeners, ..EMPTY }.text();
        let configz = r#"[{"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter", "metadata": {"namespace": "shop", "name": "mine"}, "spec": {"workloadSelector": {"labels": {"app": "web"}},
            "configPatches": [{"patch": {"value": {"name": "acme.filter"}}}]}}, {"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter", "metadata": {"namespace": "shop", "name": "another"},
            "spec": {"workloadSelector": {"labels": {"app": "other"}}, "configPatches": [{"patch": {"value": {"name": "acme.filter"}}}]}}]"#;
        found(&[("envoy/web-1/dump", &dump), ("istiod/istiod-1/configz", configz)])
    };
    let alone = with(&refused(""));
    is(&alone, "nack", &["error in listener"]);
    assert_eq!(alone[0].owner.as_deref(), Some("EnvoyFilter shop/mine"));
    is(
        &with(&refused(", 'active_state': {'listener': {'name': 'in'}}")),
        "nack",
        &["error in listener_kept"],
    );
    let warming = |more: &str| {
        of(Dump {
            listeners: &format!(
                "'dynamic_listeners': [{{'name': 'in', 'warming_state': {{'listener': {{'name': 'in'}}}} {more}}}]"
            ),
            ..EMPTY
        })
    };
    is(&warming(""), "listener-warming", &["error in"]);
    is(
        &warming(", 'active_state': {'listener': {'name': 'in'}}"),
        "listener-warming",
        &["warning in update"],
    );
}

#[test]
fn refused_updates_that_only_a_counter_tells() {
    let counted = |page: &str| {
        found(&[("proxies/shop/web-1/config_dump", &EMPTY.text()), ("proxies/shop/web-1/stats", page)])
    };
    let one = ["warning web-1.shop counter"];
    is(
        &counted("cluster_manager.cds.update_rejected: 2\ncluster_manager.cds.update_success: 4\n"),
        "nack",
        &one,
    );
    is(
        &counted("cluster_manager.cds.update_rejected: 0\ncluster_manager.cds.update_success: 4\n"),
        "nack",
        &[],
    );
    let json = r#"{"stats": [{"name": "cluster_manager.cds.update_rejected", "value": 2}, {"name": "cluster_manager.cds.update_success", "value": 4}]}"#;
    is(&counted(json), "nack", &one);
    let prometheus = "# TYPE envoy_cluster_manager_cds_update_rejected counter\nenvoy_cluster_manager_cds_update_rejected{} 2\n";
    is(&counted(prometheus), "nack", &one);
}
