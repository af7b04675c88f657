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

fn rows(engine: &Engine, pod: &str, kind: TableKind) -> Vec<Row> {
    let capture = engine.capture();
    let (_, proxy) = capture.proxies().find(|(_, it)| it.identity.pod.starts_with(pod)).unwrap();
    let id = proxy.dump.unwrap();
    page::rows(capture, id, capture.document(id).unwrap(), kind, 0..usize::MAX)
}

/// A row's cell in words.
fn said(row: &Row, kind: TableKind, column: Column) -> String {
    let at = page::columns(kind).iter().position(|it| *it == column).unwrap();
    let parts = row.cells[at].iter().map(|part| match part {
        Part::Text(text) | Part::Aside(text) | Part::Link { text, .. } | Part::Broken { text, .. } => {
            text.clone()
        }
        Part::Name { whole, .. } => whole.clone(),
        Part::Word(word) => format!("<{word:?}>"),
        Part::Break => "/".to_owned(),
    });
    parts.collect::<Vec<_>>().join(" ")
}

fn table(engine: &Engine, pod: &str, kind: TableKind, columns: &[Column]) -> Vec<String> {
    let row = |row: Row| columns.iter().map(|it| said(&row, kind, *it)).collect::<Vec<_>>().join(" | ");
    rows(engine, pod, kind).into_iter().map(row).collect()
}

#[test]
fn every_certificate_of_a_chain_is_a_row_and_a_warming_secret_too() {
    let engine = opened("bookinfo-stale.tar.gz");
    let columns = [Column::Name, Column::Type, Column::ValidCert, Column::State];
    let want = [
        "default | Cert Chain | <Valid> | <Active>",
        "default | CA | <Valid> | <Active>",
        "ROOTCA | CA | <Valid> | <Active>",
        "kubernetes://shop-cert |  |  | <Warming>",
    ];
    assert_eq!(table(&engine, "istio-ingressgateway", TableKind::Secrets, &columns), want);
    let chain = &table(&engine, "payments", TableKind::Secrets, &[Column::CertificateChain])[0];
    assert_eq!(chain, "spiffe://cluster.local/ns/payments/sa/bookinfo-payments / O=cluster.local · RSA 2048");
}

#[test]
fn inbound_ports_have_a_mode() {
    let engine = opened("bookinfo-stale.tar.gz");
    let inbound = |pod: &str, port: &str| {
        let rows = table(&engine, pod, TableKind::Listeners, &[Column::Match, Column::Tls]);
        rows.into_iter().filter(|it| it.starts_with(port)).collect::<Vec<_>>()
    };
    assert_eq!(inbound("payments", "port 9000"), ["port 9000 transport tls | <MutualTls> <Strict>"]);
    let modes: Vec<_> =
        inbound("reviews", "port 9080").iter().map(|it| it.ends_with("<Permissive>")).collect();
    assert_eq!(modes, [true, true]);
    // Istio's own chain that goes nowhere.
    assert_eq!(inbound("reviews", "port 15006"), ["port 15006 | "]);
}

#[test]
fn clusters_say_what_limits_them() {
    let engine = opened("bookinfo-stale.tar.gz");
    let columns = [Column::Host, Column::Subset, Column::LoadBalancing, Column::Policy];
    let rows = table(&engine, "productpage", TableKind::Clusters, &columns);
    let v2 = rows.iter().find(|it| it.starts_with("reviews.default.svc.cluster.local | v2")).unwrap();
    assert!(v2.contains(
        "| RANDOM | max_connections 100 / max_requests 1000 / outlier_detection consecutive_5xx 5"
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
    let want = ["10.0.0.7:80 | HEALTHY failed_outlier_check | a.b | 3"];
    assert_eq!(table(&engine, "reviews", TableKind::Endpoints, &columns), want);
}
