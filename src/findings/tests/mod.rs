//! Each check on the least that it finds, and on what is nearly the same and no fault.

use super::*;
use crate::capture::Document;

mod ambient;
mod captured;
mod egress;
mod listeners;
mod pairs;
mod policy;
mod properties;
mod routing;
mod tls;
mod xds;

/// A config dump in parts; `'` stands for `"`. A part that begins with `!` is left out, section and all.
#[derive(Clone, Copy)]
struct Dump<'a> {
    node: &'a str,
    listeners: &'a str,
    routes: &'a str,
    clusters: &'a str,
    endpoints: &'a str,
    secrets: &'a str,
    more: &'a str,
}

const EMPTY: Dump<'_> =
    Dump { node: NODE, listeners: "", routes: "", clusters: "", endpoints: "", secrets: "", more: "" };
const NODE: &str = "'id': 'sidecar~10.0.0.1~web-1.shop~shop.svc.cluster.local', 'metadata': {'NAME': 'web-1', 'NAMESPACE': 'shop',
    'INSTANCE_IPS': '10.0.0.1', 'ISTIO_VERSION': '1.27.1', 'LABELS': {'app': 'web'}}";
const TIME: &str = "2026-11-23T12:00:00Z";

impl Dump<'_> {
    fn text(&self) -> String {
        let section = |kind: &str, list: &str| {
            if list == "!" {
                return String::new();
            }
            format!(", {{'@type': 'type.googleapis.com/envoy.admin.v3.{kind}ConfigDump', {list}}}")
                .replace(", }", "}")
        };
        let text = format!(
            "{{'configs': [{{'@type': 'type.googleapis.com/envoy.admin.v3.BootstrapConfigDump', 'bootstrap': {{'node': {{{}}}, 'admin': {{}}}},
            'last_updated': '{TIME}'}}{}{}{}{}{}{}]}}",
            self.node,
            section("Clusters", &wrapped("dynamic_active_clusters", "cluster", self.clusters)),
            section("Endpoints", &wrapped("dynamic_endpoint_configs", "endpoint_config", self.endpoints)),
            section("Listeners", &listeners(self.listeners)),
            section("Routes", &wrapped("dynamic_route_configs", "route_config", self.routes)),
            section("Secrets", &wrapped("dynamic_active_secrets", "secret", self.secrets)),
            self.more,
        );
        text.replace('\'', "\"")
    }
}

/// `'key': […]` of the messages, one a line that begins without a blank; a line that has a key already stands as it is.
fn wrapped(key: &str, field: &str, list: &str) -> String {
    match list {
        "!" => "!".to_owned(),
        list if list.starts_with("'static") || list.starts_with("'dynamic") => list.to_owned(),
        list => {
            let items: Vec<String> = list
                .split(";;")
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(|it| format!("{{'{field}': {it}}}"))
                .collect();
            format!("'{key}': [{}]", items.join(", "))
        }
    }
}

fn listeners(list: &str) -> String {
    if list == "!" || list.starts_with("'dynamic") || list.starts_with("'static") {
        return list.to_owned();
    }
    let items: Vec<String> = list
        .split(";;")
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .map(|it| format!("{{'active_state': {{'listener': {it}}}}}"))
        .collect();
    format!("'dynamic_listeners': [{}]", items.join(", "))
}

fn capture(documents: &[(&str, &str)]) -> Capture {
    let mut capture = Capture::default();
    for (path, text) in documents {
        for document in Document::all(path, text.as_bytes().to_vec(), None, None) {
            capture.add(document);
        }
    }
    capture.link();
    capture
}

fn found(documents: &[(&str, &str)]) -> Vec<Finding> {
    Run::whole(&capture(documents), None).findings
}

fn of(dump: Dump<'_>) -> Vec<Finding> {
    found(&[("dump.json", &dump.text())])
}

/// `severity id case`
fn lines(found: &[Finding], check: &str) -> Vec<String> {
    let wanted = found.iter().filter(|it| it.check == check && it.case != "not_judged");
    wanted.map(|it| format!("{} {} {}", it.severity.name(), it.resource, it.case).trim().to_owned()).collect()
}

#[track_caller]
fn is(found: &[Finding], check: &str, want: &[&str]) {
    let all: Vec<String> =
        found.iter().map(|it| format!("{} {} {}", it.severity.name(), it.check, it.resource)).collect();
    assert_eq!(lines(found, check), want, "{check}, of {all:#?}");
    for it in found.iter().filter(|it| it.check == check) {
        for language in [texts::Language::En, texts::Language::Zh] {
            let said = texts::sentence(language, it);
            assert!(!said.is_empty() && !said.contains('{'), "{said}");
        }
    }
}

fn not_judged(found: &[Finding], check: &str) -> bool {
    found.iter().any(|it| it.check == check && it.case == "not_judged")
}

/// A listener at 0.0.0.0:80 with routes by RDS, a route of host `a` to a cluster, and clusters.
const HTTP: &str = "{'name': 'l', 'address': {'socket_address': {'address': '0.0.0.0', 'port_value': 80}}, 'filter_chains': [{'filters': [
    {'name': 'envoy.filters.network.http_connection_manager', 'typed_config': {'@type': 't/envoy.HttpConnectionManager', 'rds': {'route_config_name': '80'}}}]}]}";
const ONE: &str = "{'name': 'outbound|80||a.shop.svc.cluster.local', 'type': 'EDS'}";
const ONE_ENDPOINTS: &str = "{'cluster_name': 'outbound|80||a.shop.svc.cluster.local', 'endpoints': [{'lb_endpoints': [{'endpoint': {'address':
    {'socket_address': {'address': '10.0.0.2', 'port_value': 80}}}}]}]}";

fn route(action: &str) -> String {
    format!("{{'name': '80', 'virtual_hosts': [{{'name': 'a:80', 'domains': ['a.shop.svc.cluster.local', 'a'], 'routes': [
        {{'name': 'r', 'match': {{'prefix': '/'}}, {action}, 'metadata': {{'filter_metadata': {{'istio': {{'config':
        '/apis/networking.istio.io/v1/namespaces/shop/virtual-service/a'}}}}}}}}]}}]}}")
}

fn to(cluster: &str) -> String {
    route(&format!("'route': {{'cluster': '{cluster}'}}"))
}

/// A gateway's chain for one server name, with a certificate by SDS.
fn tls_chain(name: &str, routes: &str, secret: &str) -> String {
    format!("{{'filter_chain_match': {{'server_names': ['{name}']}}, 'filters': [{{'name': 'h', 'typed_config': {{'@type': 't/envoy.HttpConnectionManager',
        'rds': {{'route_config_name': '{routes}'}}}}}}], 'transport_socket': {{'name': 'tls', 'typed_config': {{'@type': 't/envoy.DownstreamTlsContext',
        'common_tls_context': {{'alpn_protocols': ['h2', 'http/1.1'], 'tls_certificate_sds_secret_configs': [{{'name': '{secret}'}}]}}}}}}}}")
}
