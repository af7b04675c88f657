//! Secrets, and what a client and a server make of each other.

use super::pairs::Pair;
use super::*;

const ROOT_1: &str = include_str!("certificates/root-1.b64");
const ROOT_2: &str = include_str!("certificates/root-2.b64");
const WORKLOAD_A: &str = include_str!("certificates/workload-a.b64");
const WORKLOAD_B: &str = include_str!("certificates/workload-b.b64");

fn trusted(root: &str) -> String {
    format!("{{'name': 'ROOTCA', 'validation_context': {{'trusted_ca': {{'inline_bytes': '{root}'}}}}}}")
}

fn own(certificate: &str) -> String {
    format!(
        "{{'name': 'default', 'tls_certificate': {{'certificate_chain': {{'inline_bytes': '{certificate}'}}}}}}"
    )
}

/// An authority, valid in November 2026, at that day.
fn on_day(day: &str) -> Vec<Finding> {
    let dump = Dump { listeners: HTTP, secrets: &trusted(ROOT_1), ..EMPTY };
    found(&[("d", &dump.text().replace("2026-11-23", day))])
}

/// What `/certs` lists beside a dump with that authority.
fn held(serial: &str, until: &str) -> Vec<Finding> {
    let page = format!(
        r#"{{"certificates": [{{"ca_cert": [{{"path": "<inline>", "serial_number": "{serial}", "subject_alt_names": [],
        "days_until_expiration": "0", "valid_from": "2026-11-01T00:00:00Z", "expiration_time": "{until}"}}], "cert_chain": []}}]}}"#
    );
    let dump = Dump { listeners: HTTP, secrets: &trusted(ROOT_1), ..EMPTY };
    found(&[("proxies/shop/web-1/config_dump", &dump.text()), ("proxies/shop/web-1/certs", &page)])
}

fn asking(listener: &str, secrets: &str) -> Vec<Finding> {
    of(Dump { listeners: listener, secrets, ..EMPTY })
}

/// Two proxies, and what they trust.
fn trusting(one: &str, other: &str) -> Vec<Finding> {
    let node = NODE.replace("web-1", "a-1").replace("10.0.0.1", "10.0.0.2");
    let one = Dump { listeners: HTTP, secrets: &trusted(one), ..EMPTY }.text();
    let other = Dump { node: &node, listeners: HTTP, secrets: &trusted(other), ..EMPTY }.text();
    found(&[("web", &one), ("a", &other)])
}

/// A client that wants `…/sa/a`, and a server with that certificate.
fn shown(certificate: &str) -> Vec<Finding> {
    let routes = to("outbound|80||a.shop.svc.cluster.local");
    let clusters = ONE.replace("'EDS'", &format!("'EDS', {MUTUAL}"));
    let client = Dump {
        listeners: HTTP,
        routes: &routes,
        clusters: &clusters,
        endpoints: ONE_ENDPOINTS,
        secrets: "{'name': 'default'}",
        ..EMPTY
    };
    let node = NODE.replace("web-1", "a-1").replace("10.0.0.1", "10.0.0.2");
    let listener = inbound(TLS_CHAIN);
    let server = Dump { node: &node, listeners: &listener, secrets: &own(certificate), ..EMPTY };
    found(&[("web", &client.text()), ("a", &server.text())])
}

fn automatic() -> String {
    format!(
        "'transport_socket_matches': [{{'name': 'tlsMode-istio', 'match': {{'tlsMode': 'istio'}}, {MUTUAL}}}, {{'name': 'tlsMode-disabled', 'match': {{}},
        'transport_socket': {{'name': 'raw', 'typed_config': {{'@type': 't/envoy.RawBuffer'}}}}}}]"
    )
}

/// A client that goes by what endpoints say of themselves; a second one that says so.
fn beside_labelled(more: &str) -> Vec<Finding> {
    let second = format!(
        "{{'metadata': {{'filter_metadata': {{'envoy.transport_socket_match': {{{more}}}}}}}, 'endpoint': {{'address': {{'socket_address': {{'address': '10.0.0.3', 'port_value': 80}}}}}}}}"
    );
    let endpoints = ONE_ENDPOINTS.replace("'lb_endpoints': [", &format!("'lb_endpoints': [{second}, "));
    let clusters = ONE.replace("'EDS'", &format!("'EDS', {}", automatic()));
    of(Dump {
        listeners: HTTP,
        routes: &to("outbound|80||a.shop.svc.cluster.local"),
        clusters: &clusters,
        endpoints: &endpoints,
        ..EMPTY
    })
}

fn simple(validation: &str) -> Vec<Finding> {
    let socket = format!(
        "'transport_socket': {{'name': 'tls', 'typed_config': {{'@type': 't/envoy.UpstreamTlsContext', 'common_tls_context': {{{validation}}}}}}}"
    );
    between(&socket, "", PLAIN_CHAIN)
}

const LABEL: &str = "'tlsMode': 'istio'";

/// See [`Pair`].
pub const PAIRS: &[Pair] = &[
    ("certificate-expired", || on_day("2026-12-01"), || on_day("2026-11-30")),
    ("certificate-held", || held("0a", "2026-11-23T11:59:59Z"), || held("0a", "2026-11-23T12:00:01Z")),
    ("certificate-expiring", || on_day("2026-11-25"), || on_day("2026-11-23")),
    (
        "secret-missing",
        || asking(&listening_with("kubernetes://c"), "{'name': 'kubernetes://d'}"),
        || asking(&listening_with("kubernetes://c"), "{'name': 'kubernetes://c'}"),
    ),
    ("roots-differ", || trusting(ROOT_1, ROOT_2), || trusting(ROOT_1, ROOT_1)),
    (
        "tls-to-plaintext",
        || between(&automatic(), LABEL, PLAIN_CHAIN),
        || between(&automatic(), "", PLAIN_CHAIN),
    ),
    (
        "plaintext-to-strict",
        || between("", "", TLS_CHAIN),
        || between("", "", &format!("{TLS_CHAIN}, {PLAIN_CHAIN}")),
    ),
    ("san-mismatch", || shown(WORKLOAD_B), || shown(WORKLOAD_A)),
    ("upstream-unverified", || simple(""), || simple("'validation_context': {}")),
    ("partial-injection", || beside_labelled(LABEL), || beside_labelled("")),
];

fn listening_with(secret: &str) -> String {
    format!("{{'name': 'g', 'filter_chains': [{}]}}", tls_chain("a", "80", secret))
}

#[test]
fn certificates_by_the_day() {
    is(&on_day("2026-12-01"), "certificate-expired", &["error ROOTCA"]);
    is(&on_day("2026-10-31"), "certificate-expired", &["error ROOTCA early"]);
    is(&on_day("2026-11-25"), "certificate-expiring", &["warning ROOTCA"]);
    // One valid authority is enough to trust by: the other is being rotated out.
    is(&on_day("2026-11-23"), "certificate-expiring", &[]);
}

#[test]
fn what_the_secrets_have_is_not_said_twice() {
    let blocks = crate::envoy::certificate::pem_blocks(ROOT_1);
    let serial = crate::envoy::certificate::Certificate::parse(&blocks[0].der).unwrap().serial;
    is(&held("0a", "2026-11-23T11:00:00Z"), "certificate-held", &["warning web-1.shop"]);
    is(&held(&serial, "2026-11-23T11:00:00Z"), "certificate-held", &[]);
    is(&held(serial.trim_start_matches('0'), "2026-11-23T11:00:00Z"), "certificate-held", &[]);
}

#[test]
fn secrets_that_did_not_come() {
    let listener = format!("{{'name': 'g', 'filter_chains': [{}]}}", tls_chain("a", "80", "kubernetes://c"));
    let with = |secrets: &str| of(Dump { listeners: &listener, secrets, ..EMPTY });
    is(
        &with(
            "'dynamic_warming_secrets': [{'name': 'kubernetes://c', 'version_info': 'uninitialized', 'secret': {'name': 'kubernetes://c'}}]",
        ),
        "secret-missing",
        &["error kubernetes://c"],
    );
    is(
        &with(
            "'dynamic_active_secrets': [{'name': 'kubernetes://c', 'version_info': 'uninitialized', 'secret': {'name': 'kubernetes://c'}}]",
        ),
        "secret-missing",
        &["error kubernetes://c"],
    );
    is(&with(""), "secret-missing", &["error kubernetes://c unknown"]);
    is(&with("{'name': 'kubernetes://c'}"), "secret-missing", &[]);
    let without = with("!");
    is(&without, "secret-missing", &[]);
    assert!(not_judged(&without, "secret-missing"));
}

/// A server's inbound listener: the chains of one port.
pub fn inbound(chains: &str) -> String {
    format!(
        "{{'name': 'virtualInbound', 'address': {{'socket_address': {{'address': '0.0.0.0', 'port_value': 15006}}}}, 'filter_chains': [{chains}]}}"
    )
}

const TLS_CHAIN: &str = "{'filter_chain_match': {'destination_port': 80, 'transport_protocol': 'tls'}, 'transport_socket': {'typed_config': {'@type': 't/envoy.DownstreamTlsContext'}}}";
pub const PLAIN_CHAIN: &str =
    "{'filter_chain_match': {'destination_port': 80, 'transport_protocol': 'raw_buffer'}}";
const MUTUAL: &str = "'transport_socket': {'name': 'tls', 'typed_config': {'@type': 't/envoy.UpstreamTlsContext', 'common_tls_context': {'alpn_protocols': ['istio'],
    'combined_validation_context': {'default_validation_context': {'match_subject_alt_names': [{'exact': 'spiffe://td/ns/shop/sa/a'}]}}}}}";

/// What is found when web-1 calls a-1 (10.0.0.2) so.
pub fn between(cluster: &str, labels: &str, server: &str) -> Vec<Finding> {
    let routes = to("outbound|80||a.shop.svc.cluster.local");
    let clusters = ONE.replace("'EDS'", &format!("'EDS', {cluster}")).replace(", }", "}");
    let endpoints = ONE_ENDPOINTS.replace("[{'endpoint'", &format!("[{{'metadata': {{'filter_metadata': {{'envoy.transport_socket_match': {{{labels}}}}}}}, 'endpoint'"));
    let client = Dump {
        listeners: HTTP,
        routes: &routes,
        clusters: &clusters,
        endpoints: &endpoints,
        secrets: "{'name': 'default'}",
        ..EMPTY
    }
    .text();
    let node = NODE.replace("web-1", "a-1").replace("10.0.0.1", "10.0.0.2");
    let listener = inbound(server);
    let server = Dump { node: &node, listeners: &listener, ..EMPTY }.text();
    found(&[("web", &client), ("a", &server)])
}

#[test]
fn what_a_client_offers_and_a_server_takes() {
    let auto = format!("'transport_socket_matches': [{{'name': 'tlsMode-istio', 'match': {{'tlsMode': 'istio'}}, {MUTUAL}}}, {{'name': 'tlsMode-disabled', 'match': {{}},
        'transport_socket': {{'name': 'raw', 'typed_config': {{'@type': 't/envoy.RawBuffer'}}}}}}]");
    let both = format!("{TLS_CHAIN}, {PLAIN_CHAIN}");
    let a = "error outbound|80||a.shop.svc.cluster.local";
    let istio = "'tlsMode': 'istio'";
    is(&between(&auto, istio, PLAIN_CHAIN), "tls-to-plaintext", &[a]);
    is(&between(&auto, istio, &both), "tls-to-plaintext", &[]);
    is(&between(&auto, "", PLAIN_CHAIN), "tls-to-plaintext", &[]);
    is(&between(&auto, "", TLS_CHAIN), "plaintext-to-strict", &[a]);
    is(&between("", "", TLS_CHAIN), "plaintext-to-strict", &[a]);
    is(&between(&auto, istio, TLS_CHAIN), "plaintext-to-strict", &[]);
    is(&between("", "", &both), "plaintext-to-strict", &[]);
    // TLS of the application's own passes through.
    let own = "'transport_socket': {'name': 'tls', 'typed_config': {'@type': 't/envoy.UpstreamTlsContext', 'common_tls_context': {'validation_context': {}}}}";
    is(&between(own, "", PLAIN_CHAIN), "tls-to-plaintext", &[]);
    // A chain for another port alone.
    let other = TLS_CHAIN.replace("80", "81");
    is(
        &between(&auto, istio, &other),
        "port-unknown-to-server",
        &["warning outbound|80||a.shop.svc.cluster.local"],
    );
    is(&between(&auto, istio, TLS_CHAIN), "port-unknown-to-server", &[]);
    let unverified = own.replace("'validation_context': {}", "");
    is(
        &between(&unverified, "", PLAIN_CHAIN),
        "upstream-unverified",
        &["warning outbound|80||a.shop.svc.cluster.local"],
    );
    is(&between(own, "", PLAIN_CHAIN), "upstream-unverified", &[]);
    // Always mTLS, and nobody at the other end says that it has a sidecar.
    let routes = to("outbound|80||a.shop.svc.cluster.local");
    let clusters = ONE.replace("'EDS'", &format!("'EDS', {MUTUAL}"));
    let alone =
        of(Dump { listeners: HTTP, routes: &routes, clusters: &clusters, endpoints: ONE_ENDPOINTS, ..EMPTY });
    is(&alone, "tls-to-plaintext", &["error outbound|80||a.shop.svc.cluster.local no_sidecar"]);
}

#[test]
fn endpoints_with_and_without_sidecars() {
    let auto = format!("'transport_socket_matches': [{{'match': {{'tlsMode': 'istio'}}, {MUTUAL}}}]");
    let routes = to("outbound|80||a.shop.svc.cluster.local");
    let clusters = ONE.replace("'EDS'", &format!("'EDS', {auto}"));
    let labelled = "{'metadata': {'filter_metadata': {'envoy.transport_socket_match': {'tlsMode': 'istio'}}}, 'endpoint': {'address': {'socket_address': {'address': '10.0.0.3', 'port_value': 80}}}}";
    let mixed = ONE_ENDPOINTS.replace("'lb_endpoints': [", &format!("'lb_endpoints': [{labelled}, "));
    let with = |endpoints: &str| {
        of(Dump { listeners: HTTP, routes: &routes, clusters: &clusters, endpoints, ..EMPTY })
    };
    is(&with(&mixed), "partial-injection", &["warning outbound|80||a.shop.svc.cluster.local"]);
    is(&with(ONE_ENDPOINTS), "partial-injection", &[]);
}
