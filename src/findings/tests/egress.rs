//! Which hosts a proxy knows.

use super::pairs::Pair;
use super::*;

/// Five proxies, some of which lack a host.
fn knowing(lacks: &[usize], configz: &str) -> Vec<Finding> {
    let dumps: Vec<(String, String)> = (0..5)
        .map(|at| {
            let node =
                NODE.replace("web-1", &format!("web-{at}")).replace("10.0.0.1", &format!("10.0.1.{at}"));
            let other = ONE.replace("||a.", "||b.");
            let clusters = if lacks.contains(&at) { other } else { format!("{ONE};;{other}") };
            (
                format!("envoy/web-{at}/dump"),
                Dump { node: &node, listeners: HTTP, clusters: &clusters, ..EMPTY }.text(),
            )
        })
        .collect();
    let mut list: Vec<(&str, &str)> =
        dumps.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    list.extend((!configz.is_empty()).then_some(("istiod/i/configz", configz)));
    found(&list)
}

/// HTTP rules for a host, and a service of that protocol.
pub fn ruled(protocol: &str, host: &str) -> Vec<Finding> {
    let registry = format!(
        r#"[{{"hostname": "a.shop.svc.cluster.local", "ports": [{{"name": "x", "port": 80, "protocol": "{protocol}"}}], "Attributes": {{}}, "defaultAddress": "1.1.1.1"}}]"#
    );
    let configz = format!(
        r#"[{{"kind": "VirtualService", "apiVersion": "v1", "metadata": {{"namespace": "shop", "name": "a"}}, "spec": {{"hosts": ["{host}"], "http": [{{}}]}}}}]"#
    );
    found(&[("istiod/i/registryz", &registry), ("istiod/i/configz", &configz)])
}

fn others(action: &str, name: &str) -> Vec<Finding> {
    let routes = format!(
        "{{'name': '80', 'virtual_hosts': [{{'name': '{name}', 'domains': ['*'], 'routes': [{{'match': {{'prefix': '/'}}, {action}}}]}}]}}"
    );
    of(Dump { listeners: HTTP, routes: &routes, ..EMPTY })
}

fn many(count: usize) -> Vec<Finding> {
    let clusters: Vec<String> = (0..count).map(|it| format!("{{'name': 'c{it}'}}")).collect();
    of(Dump { listeners: HTTP, clusters: &clusters.join(";;"), ..EMPTY })
}

/// See [`Pair`].
pub const PAIRS: &[Pair] = &[
    ("host-hidden", || knowing(&[1], ""), || knowing(&[], "")),
    (
        "duplicate-host",
        || {
            found(&[(
                "istiod/istiod-1/push_status",
                r#"{"pilot_duplicate_envoy_clusters": {"outbound|80||a": {}}}"#,
            )])
        },
        || {
            found(&[(
                "istiod/istiod-1/push_status",
                r#"{"pilot_duplicate_envoy_clusters": {}, "pilot_no_ip": {"a": {}}}"#,
            )])
        },
    ),
    (
        "unknown-hosts-blocked",
        || others("'direct_response': {'status': 502}", "block_all"),
        || others("'route': {'cluster': 'PassthroughCluster'}", "allow_any"),
    ),
    ("many-clusters", || many(5001), || many(5000)),
];

#[test]
fn hosts_that_one_proxy_alone_does_not_know() {
    let of = knowing;
    is(&of(&[1], ""), "host-hidden", &["warning web-1.shop"]);
    is(&of(&[], ""), "host-hidden", &[]);
    is(&of(&[1, 2, 3], ""), "host-hidden", &[]);
    let sidecar = r#"[{"apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": {"namespace": "shop", "name": "narrow"}, "spec": {"egress": []}}]"#;
    let hidden = of(&[1], sidecar);
    is(&hidden, "host-hidden", &["warning web-1.shop sidecar"]);
    assert_eq!(
        hidden.iter().find(|it| it.check == "host-hidden").unwrap().owner.as_deref(),
        Some("Sidecar shop/narrow")
    );
}

#[test]
fn http_rules_for_a_service_that_is_tcp() {
    let with = ruled;
    is(&with("TCP", "a"), "http-rules-on-tcp", &["warning a.shop.svc.cluster.local"]);
    is(&with("HTTP", "a"), "http-rules-on-tcp", &[]);
    is(&with("UnsupportedProtocol", "a"), "http-rules-on-tcp", &[]);
    is(&with("TCP", "b"), "http-rules-on-tcp", &[]);
}
