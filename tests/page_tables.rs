//! The page's tables on real captures: what they say beyond istioctl's.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use xdscope::engine::Engine;
use xdscope::engine::protocol::{Column, Part, Row, TableKind};
use xdscope::intake::{Limits, Unpack};
use xdscope::tables::page;

fn opened(fixture: &str) -> Engine {
    let path = format!("{}/tests/fixtures/istio/1.27/{fixture}", env!("CARGO_MANIFEST_DIR"));
    let mut engine = Engine::default();
    for step in Unpack::new(fixture, std::fs::read(path).unwrap(), Limits::default()) {
        engine.take(step);
    }
    engine.link();
    engine
}

fn rows_of(engine: &Engine, pod: &str, kind: TableKind) -> Vec<Row> {
    let capture = engine.capture();
    let (_, proxy) = capture.proxies().find(|(_, it)| it.identity.pod.starts_with(pod)).unwrap();
    let id = page::document(capture, proxy, kind).unwrap();
    page::rows(capture, id, kind, None, 0..usize::MAX, &page::Shared::default())
}

/// A row's cell in words.
fn said(row: &Row, kind: TableKind, column: Column) -> String {
    let at = page::columns(kind).iter().position(|it| *it == column).unwrap();
    let parts = row.cells[at].iter().map(|part| match part {
        Part::Text(text)
        | Part::Aside(text)
        | Part::Says(text)
        | Part::Link { text, .. }
        | Part::Broken { text, .. } => text.clone(),
        Part::Name { whole, .. } => whole.clone(),
        Part::Word(word) => format!("<{word:?}>"),
        Part::Break => "/".to_owned(),
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn table(engine: &Engine, pod: &str, kind: TableKind, columns: &[Column]) -> Vec<String> {
    let row = |row: Row| columns.iter().map(|it| said(&row, kind, *it)).collect::<Vec<_>>().join(" | ");
    rows_of(engine, pod, kind).into_iter().map(row).collect()
}

#[test]
fn every_certificate_of_a_chain_is_a_row_and_a_warming_secret_too() {
    let engine = opened("bookinfo-stale.tar.gz");
    let columns = [Column::Name, Column::Type, Column::ValidCert, Column::State];
    let want = [
        "default | Cert Chain <Leaf> | <Valid> | <Active>",
        "default | Cert Chain <Root> | <Valid> | <Active>",
        "ROOTCA | CA <Root> | <Valid> | <Active>",
        "kubernetes://shop-cert |  |  | <Warming>",
    ];
    assert_eq!(table(&engine, "istio-ingressgateway", TableKind::Secrets, &columns), want);
    let columns = [Column::Names, Column::Issuer, Column::Key, Column::UsedBy];
    let leaf = &table(&engine, "payments", TableKind::Secrets, &columns)[0];
    assert!(leaf.starts_with(
        "spiffe://cluster.local/ns/payments/sa/bookinfo-payments | O=cluster.local | RSA 2048 | virtualInbound <More("
    ), "{leaf}");
}

#[test]
fn inbound_ports_have_a_mode() {
    let engine = opened("bookinfo-stale.tar.gz");
    let inbound = |pod: &str, port: &str| {
        let rows = table(&engine, pod, TableKind::Listeners, &[Column::Match, Column::Tls, Column::Mode]);
        rows.into_iter().filter(|it| it.starts_with(port)).collect::<Vec<_>>()
    };
    assert_eq!(inbound("payments", "port 9000"), ["port 9000 transport tls | <MutualTls> | <Strict>"]);
    let modes: Vec<_> =
        inbound("reviews", "port 9080").iter().map(|it| it.ends_with("<Permissive>")).collect();
    assert_eq!(modes, [true, true]);
    // Istio's own chain that goes nowhere.
    assert_eq!(inbound("reviews", "port 15006"), ["port 15006 |  | "]);
}

#[test]
fn policies_are_sentences_and_stand_once_for_all_their_chains() {
    let engine = opened("bookinfo-stale.tar.gz");
    let columns = [Column::Chain, Column::Order, Column::Action, Column::Policy, Column::Rule];
    let rows = table(&engine, "payments", TableKind::Rbac, &columns);
    let http = "virtualInbound-catchall-http, port 8080, port 9000";
    assert_eq!(rows[1], "virtualInbound, port 8443 | 2 <NetworkFilter> | ALLOW |  | <DeniesAll>");
    let prefix = format!("{http} | 2 <HttpFilter> | ALLOW | ns[payments]-policy[ledger]-rule[0] rule 0 | ");
    assert_eq!(
        rows[3].strip_prefix(&prefix),
        Some(
            "<Allows> <From> identity spiffe://cluster.local/ns/default/sa/bookinfo-productpage <And> namespace \
             default <To> (method GET <Or> POST) <And> (path starts /v1/ <Or> = /healthz)"
        )
    );
    assert_eq!(rows.len(), 5);
    let columns = [Column::Kind, Column::Name, Column::Issuer, Column::Keys, Column::Requires];
    let want = [
        "<Provider> | origins-0 | testing@secure.istio.io | <Inline> RSA DHFbpoIUqrY8… | ",
        "<Requirement> | /* |  |  | token of origins-0 <Or> none",
    ];
    assert_eq!(table(&engine, "payments", TableKind::Jwt, &columns), want);
}

#[test]
fn filters_stand_in_their_order() {
    let engine = opened("bookinfo-stale.tar.gz");
    let columns = [Column::Listener, Column::Kind, Column::Order, Column::Name, Column::Type];
    let rows = table(&engine, "payments", TableKind::Filters, &columns);
    let want = [
        "0.0.0.0_9080 | <ListenerFilter> | 1 | envoy.filters.listener.http_inspector | HttpInspector",
        "0.0.0.0_9080 | <NetworkFilter> | 1 | envoy.filters.network.http_connection_manager | HttpConnectionManager",
        "0.0.0.0_9080 | <HttpFilter> | 1 | envoy.filters.http.grpc_stats | FilterConfig",
    ];
    assert_eq!(rows[..3], want);
    let columns = [Column::Kind, Column::Name, Column::Target, Column::Condition];
    let rows = table(&engine, "payments", TableKind::Telemetry, &columns);
    assert!(
        rows.contains(
            &"<AccessLogger> | envoy.access_loggers.file | /dev/stdout | response flag NR".to_owned()
        ),
        "{rows:#?}"
    );
}

#[test]
fn what_a_route_does_besides_is_said_where_it_is_not_istios_default() {
    let engine = opened("bookinfo-stale.tar.gz");
    let columns = [Column::Name, Column::Match, Column::Destination, Column::Also, Column::Owner];
    let rows = table(&engine, "productpage", TableKind::Routes, &columns);
    let reviews = |start: &str| rows.iter().find(|it| it.starts_with(start)).unwrap().clone();
    let owner = "VirtualService default/reviews";
    assert_eq!(
        reviews("canary | /api"),
        format!(
            "canary | /api/v2* query beta = 1 | reviews.default v1 <Share(500)> / reviews.default v3 <Share(500)> | \
             timeout 10s / retries 3 5xx, 2s each | {owner}"
        )
    );
    assert_eq!(reviews("old"), format!("old | = /old <AnyCase> | 302 → /new |  | {owner}"));
    assert_eq!(
        reviews("jason"),
        format!("jason | /* header end-user = jason | reviews.default v2 | delay 2s 100 % | {owner}")
    );
    let hidden = rows_of(&engine, "productpage", TableKind::Routes);
    assert_eq!(hidden.iter().filter(|it| it.hidden).count(), 7, "routes to PassthroughCluster");
}

#[test]
fn the_bootstrap_says_versions_who_it_is_and_the_running_server() {
    let engine = opened("bookinfo-stale.tar.gz");
    let rows =
        table(&engine, "payments", TableKind::Bootstrap, &[Column::Group, Column::Name, Column::Value]);
    assert_eq!(rows[0], "<Versions> | Istio | 1.27.1");
    for want in [
        "<Server> | state | LIVE",
        "<DynamicResources> | lds_config | ",
        "<Metadata> | CLUSTER_ID | Kubernetes",
        "<StaticResources> | clusters | xds-grpc",
        "<CommandLine> | log_level | warning",
        "<Other> | admin | 127.0.0.1:",
    ] {
        assert!(rows.iter().any(|it| it.starts_with(want)), "{want}");
    }
}

#[test]
fn clusters_say_what_limits_them() {
    let engine = opened("bookinfo-stale.tar.gz");
    let columns = [Column::Host, Column::Subset, Column::LoadBalancing, Column::Pool, Column::Outlier];
    let rows = table(&engine, "productpage", TableKind::Clusters, &columns);
    let v2 = rows.iter().find(|it| it.starts_with("reviews.default.svc.cluster.local | v2")).unwrap();
    assert!(v2.contains(
        "| RANDOM | max_connections 100 / max_requests 1000 | consecutive_5xx 5 / interval 10s / base_ejection_time 30s"
    ));
}

/// A capture of a dump without endpoints, beside the page that has them, one of them ejected.
#[test]
fn endpoints_come_from_the_clusters_page_where_the_dump_has_none() {
    let folder = "envoy/reviews-v1";
    let cluster = "outbound|80||a.b.svc.cluster.local";
    let dump = serde_json::json!({"configs": [
        {"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump",
         "bootstrap": {"node": {"id": "sidecar~10.0.0.1~reviews-v1.default~default.svc.cluster.local"}}},
        {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "dynamic_active_clusters": [
            {"cluster": {"name": cluster, "type": "EDS"}}]}]});
    let page = serde_json::json!({"cluster_statuses": [{"name": cluster, "host_statuses": [
        {"address": {"socket_address": {"address": "10.0.0.7", "port_value": 80}}, "weight": 3,
         "health_status": {"eds_health_status": "HEALTHY", "failed_outlier_check": true}}]}]});
    let mut engine = Engine::default();
    for (name, document) in [("config_dump.json", dump), ("clusters.json", page)] {
        let bytes = document.to_string().into_bytes();
        for step in Unpack::new(&format!("{folder}/{name}"), bytes, Limits::default()) {
            engine.take(step);
        }
    }
    engine.link();
    let columns = [Column::Address, Column::Health, Column::Cluster, Column::Weight];
    let want = ["10.0.0.7:80 | HEALTHY <Ejected> failed_outlier_check | a.b | 3"];
    assert_eq!(table(&engine, "reviews", TableKind::Endpoints, &columns), want);
}

/// Both lists of a cluster's endpoints, and what differs.
#[test]
fn endpoints_of_two_lists_are_merged() {
    let address = |ip: &str| serde_json::json!({"socket_address": {"address": ip, "port_value": 80}});
    let endpoint = |ip: &str, weight: u32| serde_json::json!({"endpoint": {"address": address(ip)}, "health_status": "HEALTHY", "load_balancing_weight": weight});
    let dump = serde_json::json!({"configs": [
        {"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump",
         "bootstrap": {"node": {"id": "sidecar~10.0.0.1~reviews-v1.default~default.svc.cluster.local"}}},
        {"@type": "type.googleapis.com/envoy.admin.v3.EndpointsConfigDump", "dynamic_endpoint_configs": [
            {"endpoint_config": {"cluster_name": "a", "endpoints": [
                {"lb_endpoints": [endpoint("10.0.0.1", 1), endpoint("10.0.0.2", 1)]}]}}]}]});
    let page = serde_json::json!({"cluster_statuses": [
        {"name": "a", "host_statuses": [
            {"address": address("10.0.0.1"), "weight": 2, "health_status": {"eds_health_status": "DRAINING"}},
            {"address": address("10.0.0.3"), "weight": 1, "health_status": {"eds_health_status": "HEALTHY"}}]},
        {"name": "b", "host_statuses": [
            {"address": address("10.0.0.4"), "weight": 1, "health_status": {"eds_health_status": "HEALTHY"}}]}]});
    let mut engine = Engine::default();
    for (name, document) in [("config_dump.json", dump), ("clusters.json", page)] {
        let bytes = document.to_string().into_bytes();
        for step in Unpack::new(&format!("envoy/reviews-v1/{name}"), bytes, Limits::default()) {
            engine.take(step);
        }
    }
    engine.link();
    let columns = [Column::Address, Column::Health, Column::Cluster, Column::Weight, Column::Source];
    let want = [
        "10.0.0.1:80 | HEALTHY /clusters: DRAINING | a | 1 /clusters: 2 | <InBoth>",
        "10.0.0.2:80 | HEALTHY | a | 1 | <NotInClusters>",
        "10.0.0.3:80 | HEALTHY | a | 1 | <OnlyInClusters>",
        "10.0.0.4:80 | HEALTHY | b | 1 | <OnlyInClusters>",
    ];
    assert_eq!(table(&engine, "reviews", TableKind::Endpoints, &columns), want);
}
