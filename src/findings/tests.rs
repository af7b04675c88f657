//! Each check on the least that it finds, and on what is nearly the same and no fault.

use super::*;
use crate::capture::Document;

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

#[test]
fn nothing_is_wrong_with_one_route_to_one_cluster() {
    let routes = to("outbound|80||a.shop.svc.cluster.local");
    let found =
        of(Dump { listeners: HTTP, routes: &routes, clusters: ONE, endpoints: ONE_ENDPOINTS, ..EMPTY });
    let bad: Vec<&Finding> = found.iter().filter(|it| it.severity > Severity::Note).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn a_route_to_a_missing_cluster_by_what_is_missing_of_it() {
    let with = |cluster: &str, clusters: &str| {
        of(Dump { listeners: HTTP, routes: &to(cluster), clusters, endpoints: ONE_ENDPOINTS, ..EMPTY })
    };
    let check = "route-to-missing-cluster";
    is(&with("outbound|80|v9|a.shop.svc.cluster.local", ONE), check, &["error 80 subset"]);
    is(&with("outbound|8080||a.shop.svc.cluster.local", ONE), check, &["error 80 port"]);
    is(&with("outbound|80||b.shop.svc.cluster.local", ONE), check, &["error 80 host"]);
    is(&with("other", ONE), check, &["error 80"]);
    is(&with("outbound|80||a.shop.svc.cluster.local", ONE), check, &[]);
    is(&with("PassthroughCluster", ONE), check, &[]);
    let first = with("outbound|80|v9|a.shop.svc.cluster.local", ONE);
    assert_eq!(first[0].owner.as_deref(), Some("VirtualService shop/a"));
    assert_eq!(
        (first[0].listeners.as_slice(), first[0].hosts.as_slice()),
        (["l".to_owned()].as_slice(), ["a.shop.svc.cluster.local".to_owned()].as_slice())
    );
    // A virtual host that Istio makes on a port that the service does not have.
    let other = ONE.replace("|80|", "|9080|");
    is(&with("outbound|80||a.shop.svc.cluster.local", &other), check, &["note 80 unserved_port"]);
    // Nobody gets there.
    let alone = of(Dump { routes: &to("other"), clusters: ONE, ..EMPTY });
    is(&alone, check, &["note 80"]);
    // The section that would have it is absent: not judged, never missing.
    let without = with("other", "!");
    is(&without, check, &[]);
    assert!(not_judged(&without, check));
}

#[test]
fn weighted_mirrored_and_tcp_ways() {
    let with = |action: &str| {
        of(Dump { listeners: HTTP, routes: &route(action), clusters: ONE, endpoints: ONE_ENDPOINTS, ..EMPTY })
    };
    let weighted = with(
        "'route': {'weighted_clusters': {'clusters': [{'name': 'outbound|80||a.shop.svc.cluster.local', 'weight': 80}, {'name': 'gone', 'weight': 20}]}}",
    );
    is(&weighted, "route-to-missing-cluster", &["error 80"]);
    assert_eq!(weighted[0].word("share"), Some("20 %"));
    is(&weighted, "weights", &[]);
    let zero = with("'route': {'weighted_clusters': {'clusters': [{'name': 'gone', 'weight': 0}]}}");
    is(&zero, "route-to-missing-cluster", &[]);
    is(&zero, "weights", &["error 80 zero"]);
    is(
        &with(
            "'route': {'weighted_clusters': {'clusters': [{'name': 'outbound|80||a.shop.svc.cluster.local', 'weight': 3}]}}",
        ),
        "weights",
        &["note 80 sum"],
    );
    let mirror = "'route': {'cluster': 'outbound|80||a.shop.svc.cluster.local', 'request_mirror_policies': [{'cluster': 'gone'}]}";
    is(&with(mirror), "route-to-missing-cluster", &["warning 80"]);
    is(&with("'route': {'cluster_header': 'x-to'}"), "route-to-missing-cluster", &[]);
    let tcp = "{'name': 't', 'address': {'socket_address': {'address': '10.0.0.9', 'port_value': 5432}}, 'filter_chains': [{'filters': [
        {'name': 'envoy.filters.network.tcp_proxy', 'typed_config': {'@type': 't/envoy.TcpProxy', 'cluster': 'gone'}}]}]}";
    is(&of(Dump { listeners: tcp, clusters: ONE, ..EMPTY }), "route-to-missing-cluster", &["error t"]);
}

#[test]
fn clusters_without_anybody() {
    let check = "cluster-without-endpoints";
    let routes = to("outbound|80||a.shop.svc.cluster.local");
    let with = |clusters: &str, endpoints: &str| {
        of(Dump { listeners: HTTP, routes: &routes, clusters, endpoints, ..EMPTY })
    };
    is(&with(ONE, ""), check, &["error outbound|80||a.shop.svc.cluster.local"]);
    is(
        &with(ONE, "{'cluster_name': 'outbound|80||a.shop.svc.cluster.local'}"),
        check,
        &["error outbound|80||a.shop.svc.cluster.local"],
    );
    is(&with(ONE, ONE_ENDPOINTS), check, &[]);
    let unknown = with(ONE, "!");
    is(&unknown, check, &[]);
    assert!(not_judged(&unknown, check));
    // A subset of a service that has endpoints; nothing leads to it.
    let subset = format!("{ONE};;{}", ONE.replace("80||", "80|v2|"));
    is(&with(&subset, ONE_ENDPOINTS), check, &["note outbound|80|v2|a.shop.svc.cluster.local subset"]);
    is(&with("{'name': 'outbound|80||a.shop.svc.cluster.local', 'type': 'ORIGINAL_DST'}", ""), check, &[]);
    let check = "cluster-without-hosts";
    is(
        &with("{'name': 'outbound|80||a.shop.svc.cluster.local', 'type': 'STATIC'}", ""),
        check,
        &["error outbound|80||a.shop.svc.cluster.local none"],
    );
    let dns = ONE.replace("'EDS'", "'STRICT_DNS', 'load_assignment': {'endpoints': [{'lb_endpoints': [{'endpoint': {'address': {'socket_address': {'address': 'a.com', 'port_value': 80}}}}]}]}");
    is(&with(&dns, ONE_ENDPOINTS), check, &[]);
    is(
        &with(&dns, "{'cluster_name': 'outbound|80||a.shop.svc.cluster.local'}"),
        check,
        &["warning outbound|80||a.shop.svc.cluster.local"],
    );
    // Nobody says what the name was resolved to.
    is(&with(&dns, "!"), check, &[]);
    is(&with("{'name': 'agent', 'type': 'STATIC'}", ""), check, &[]);
}

#[test]
fn unhealthy_endpoints_with_and_without_panic() {
    let routes = to("outbound|80||a.shop.svc.cluster.local");
    let sick = ONE_ENDPOINTS.replace("[{'endpoint'", "[{'health_status': 'UNHEALTHY', 'endpoint'");
    let calm = ONE.replace("'EDS'", "'EDS', 'common_lb_config': {'healthy_panic_threshold': {}}");
    let with = |clusters: &str, endpoints: &str| {
        of(Dump { listeners: HTTP, routes: &routes, clusters, endpoints, ..EMPTY })
    };
    is(&with(&calm, &sick), "endpoints-unhealthy", &["error outbound|80||a.shop.svc.cluster.local"]);
    is(&with(ONE, &sick), "endpoints-unhealthy", &["warning outbound|80||a.shop.svc.cluster.local panic"]);
    let half = sick.replace("[{'health", "[{'endpoint': {}}, {'health");
    is(&with(&calm, &half), "endpoints-unhealthy", &[]);
    is(&with(&calm, ONE_ENDPOINTS), "endpoints-unhealthy", &[]);
    // The page of the running Envoy knows of ejections.
    let dump =
        Dump { listeners: HTTP, routes: &routes, clusters: &calm, endpoints: ONE_ENDPOINTS, ..EMPTY }.text();
    let page = "outbound|80||a.shop.svc.cluster.local::default_priority::max_connections::9\n\
        outbound|80||a.shop.svc.cluster.local::10.0.0.2:80::health_flags::/failed_outlier_check\n\
        outbound|80||a.shop.svc.cluster.local::10.0.0.2:80::weight::1\n";
    let both = found(&[("envoy/web-1/config_dump", &dump), ("envoy/web-1/clusters", page)]);
    is(&both, "endpoints-unhealthy", &["error outbound|80||a.shop.svc.cluster.local ejected"]);
}

#[test]
fn warming_clusters_alone_and_beside_active_ones() {
    let with = |clusters: &str| of(Dump { listeners: HTTP, clusters, endpoints: ONE_ENDPOINTS, ..EMPTY });
    is(
        &with("'dynamic_warming_clusters': [{'cluster': {'name': 'w', 'type': 'EDS'}}]"),
        "cluster-warming",
        &["error w"],
    );
    is(
        &with(
            "'dynamic_active_clusters': [{'cluster': {'name': 'w', 'type': 'EDS'}}], 'dynamic_warming_clusters': [{'cluster': {'name': 'w', 'type': 'EDS'}}]",
        ),
        "cluster-warming",
        &["warning w update"],
    );
    is(
        &with("'dynamic_active_clusters': [{'cluster': {'name': 'w', 'type': 'EDS'}}]"),
        "cluster-warming",
        &[],
    );
    // Envoy asks for listeners when its clusters are ready.
    let none = of(Dump { clusters: "'dynamic_warming_clusters': [{'cluster': {'name': 'w'}}]", ..EMPTY });
    is(&none, "no-listeners", &["error web-1.shop warming"]);
    is(&of(EMPTY), "no-listeners", &["error web-1.shop"]);
    is(&of(Dump { listeners: HTTP, ..EMPTY }), "no-listeners", &[]);
    is(&of(Dump { listeners: "!", ..EMPTY }), "no-listeners", &[]);
    is(&of(Dump { node: "'id': 'router~1.1.1.1~gw.shop~d'", ..EMPTY }), "no-listeners", &[]);
}

#[test]
fn routes_that_are_missing_or_empty() {
    is(&of(Dump { listeners: HTTP, ..EMPTY }), "route-config-missing", &["error l"]);
    is(&of(Dump { listeners: HTTP, routes: &to("x"), ..EMPTY }), "route-config-missing", &[]);
    let without = of(Dump { listeners: HTTP, routes: "!", ..EMPTY });
    is(&without, "route-config-missing", &[]);
    assert!(not_judged(&without, "route-config-missing"));
    let host = |more: &str| {
        format!("{{'name': '80', 'virtual_hosts': [{{'name': 'blackhole:80', 'domains': ['*'] {more}}}]}}")
    };
    let with = |more: &str| of(Dump { listeners: HTTP, routes: &host(more), ..EMPTY });
    is(&with(""), "virtual-host-empty", &["error 80 gateway"]);
    is(&with(", 'require_tls': 'ALL'"), "virtual-host-empty", &[]);
    is(
        &with(", 'routes': [{'match': {'prefix': '/'}, 'direct_response': {'status': 200}}]"),
        "virtual-host-empty",
        &[],
    );
}

#[test]
fn the_same_domain_or_match_twice() {
    let hosts = |one: &str, other: &str| {
        format!(
            "{{'name': '80', 'virtual_hosts': [{{'name': '1', 'domains': ['{one}'], 'routes': [{{}}]}}, {{'name': '2', 'domains': ['{other}'], 'routes': [{{}}]}}]}}"
        )
    };
    is(&of(Dump { routes: &hosts("A.com", "a.com"), ..EMPTY }), "duplicate-domain", &["error 80"]);
    is(&of(Dump { routes: &hosts("a.com", "a.com:80"), ..EMPTY }), "duplicate-domain", &[]);
    let chains = |one: &str, other: &str| {
        format!(
            "{{'name': 'l', 'filter_chains': [{{'name': '1', 'filter_chain_match': {one}}}, {{'name': '2', 'filter_chain_match': {other}}}]}}"
        )
    };
    let with = |one: &str, other: &str| of(Dump { listeners: &chains(one, other), ..EMPTY });
    is(
        &with("{'server_names': ['a', 'b']}", "{'server_names': ['b', 'a']}"),
        "duplicate-filter-chain",
        &["error l"],
    );
    is(&with("{'server_names': ['a', 'b']}", "{'server_names': ['a']}"), "duplicate-filter-chain", &[]);
}

#[test]
fn routes_in_the_shadow_of_others() {
    let with = |first: &str, second: &str, other: &str| {
        let routes = format!("{{'name': '80', 'virtual_hosts': [{{'name': 'h', 'domains': ['*'], 'routes': [
            {{'match': {{{first}}}, 'route': {{'cluster': 'PassthroughCluster'}}}}, {{'match': {{{second}}}, 'route': {{'cluster': '{other}'}}}}]}}]}}");
        of(Dump { listeners: HTTP, routes: &routes, ..EMPTY })
    };
    let shadowed = |first: &str, second: &str| {
        !lines(&with(first, second, "BlackHoleCluster"), "route-shadowed").is_empty()
    };
    assert!(shadowed("'prefix': '/'", "'path': '/a'"));
    assert!(shadowed("'prefix': '/a'", "'prefix': '/ab'"));
    assert!(shadowed("'prefix': '/A', 'case_sensitive': false", "'path': '/ab'"));
    assert!(shadowed("'path_separated_prefix': '/a'", "'path': '/a/b'"));
    assert!(shadowed("'safe_regex': {'regex': '/x.*'}", "'safe_regex': {'regex': '/x.*'}"));
    assert!(shadowed("'prefix': '/', 'headers': []", "'prefix': '/b'"));
    assert!(!shadowed("'prefix': '/', 'headers': [{'name': 'x'}]", "'prefix': '/b'"));
    assert!(!shadowed("'prefix': '/', 'query_parameters': [{'name': 'x'}]", "'prefix': '/b'"));
    assert!(!shadowed(
        "'prefix': '/', 'runtime_fraction': {'default_value': {'numerator': 10}}",
        "'prefix': '/b'"
    ));
    assert!(!shadowed("'prefix': '/a'", "'prefix': '/'"));
    assert!(!shadowed("'prefix': '/a'", "'path': '/A', 'case_sensitive': false"));
    assert!(!shadowed("'path_separated_prefix': '/a'", "'path': '/ab'"));
    assert!(!shadowed("'prefix': '/'", "'connect_matcher': {}"));
    // The same route again is no loss.
    is(&with("'prefix': '/'", "'prefix': '/'", "PassthroughCluster"), "route-shadowed", &[]);
}

fn tls_chain(name: &str, routes: &str, secret: &str) -> String {
    format!("{{'filter_chain_match': {{'server_names': ['{name}']}}, 'filters': [{{'name': 'h', 'typed_config': {{'@type': 't/envoy.HttpConnectionManager',
        'rds': {{'route_config_name': '{routes}'}}}}}}], 'transport_socket': {{'name': 'tls', 'typed_config': {{'@type': 't/envoy.DownstreamTlsContext',
        'common_tls_context': {{'alpn_protocols': ['h2', 'http/1.1'], 'tls_certificate_sds_secret_configs': [{{'name': '{secret}'}}]}}}}}}}}")
}

#[test]
fn gateways() {
    let with = |one: &str, other: &str| {
        let listener = format!("{{'name': 'g', 'filter_chains': [{one}, {other}]}}");
        of(Dump {
            listeners: &listener,
            routes: &to("x"),
            secrets: "{'name': 'kubernetes://c'};;{'name': 'kubernetes://d'}",
            ..EMPTY
        })
    };
    let check = "gateway-connection-reuse";
    is(
        &with(&tls_chain("a", "80", "kubernetes://c"), &tls_chain("b", "81", "kubernetes://c")),
        check,
        &["warning g"],
    );
    is(&with(&tls_chain("a", "80", "kubernetes://c"), &tls_chain("b", "81", "kubernetes://d")), check, &[]);
    is(&with(&tls_chain("a", "80", "kubernetes://c"), &tls_chain("b", "80", "kubernetes://c")), check, &[]);
    let one = with(&tls_chain("a", "80", "kubernetes://c"), &tls_chain("b", "80", "kubernetes://c"));
    is(&one, "no-default-chain", &["note g"]);
    is(&with(&tls_chain("a", "80", "kubernetes://c"), "{'filters': []}"), "no-default-chain", &[]);
    // A redirect to https, where the client comes by TLS already.
    let listener = format!("{{'name': 'g', 'filter_chains': [{}]}}", tls_chain("a", "80", "kubernetes://c"));
    let redirect = |more: &str| {
        of(Dump {
            listeners: &listener,
            routes: &route(&format!("'redirect': {{'https_redirect': true {more}}}")),
            ..EMPTY
        })
    };
    is(&redirect(""), "redirect-loop", &["warning 80"]);
    is(&redirect(", 'host_redirect': 'b'"), "redirect-loop", &[]);
    is(
        &of(Dump { listeners: HTTP, routes: &route("'redirect': {'https_redirect': true}"), ..EMPTY }),
        "redirect-loop",
        &[],
    );
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

#[test]
fn sniffing_and_ports_that_are_taken_whole() {
    let with = |port: u32, more: &str| {
        let listener = format!("{{'name': 'm', 'address': {{'socket_address': {{'address': '0.0.0.0', 'port_value': {port}}}}}, 'traffic_direction': 'OUTBOUND',
            'bind_to_port': false, 'listener_filters_timeout': '5s', {more}}}");
        of(Dump {
            listeners: &listener,
            clusters: "{'name': 'outbound|1||a', 'type': 'STRICT_DNS'};;{'name': 'outbound|2||b', 'type': 'ORIGINAL_DST'}",
            ..EMPTY
        })
    };
    let inspector = "'listener_filters': [{'name': 'envoy.filters.listener.http_inspector'}]";
    is(&with(3306, inspector), "sniffing-server-first", &["warning m"]);
    is(&with(8080, inspector), "sniffing-server-first", &[]);
    is(
        &with(3306, "'listener_filters': [{'name': 'envoy.filters.listener.tls_inspector'}]"),
        "sniffing-server-first",
        &[],
    );
    let disabled = "'listener_filters': [{'name': 'envoy.filters.listener.http_inspector', 'filter_disabled': {'or_match': {'rules': [{'destination_port_range': {'start': 3306, 'end': 3307}}]}}}]";
    is(&with(3306, disabled), "sniffing-server-first", &[]);
    let tcp = |cluster: &str| {
        format!(
            "'filter_chains': [{{'filters': [{{'name': 't', 'typed_config': {{'@type': 't/envoy.TcpProxy', 'cluster': '{cluster}'}}}}]}}]"
        )
    };
    is(&with(9000, &tcp("outbound|1||a")), "port-hijacked", &["warning m"]);
    is(&with(9000, &tcp("outbound|2||b")), "port-hijacked", &[]);
    is(&with(9000, &tcp("PassthroughCluster")), "port-hijacked", &[]);
    let matched = "'filter_chains': [{'filter_chain_match': {'transport_protocol': 'raw_buffer', 'application_protocols': ['http/1.1', 'h2c']}}]";
    is(&with(80, matched), "chain-never-matches", &["warning m"]);
    is(&with(80, &format!("{inspector}, {matched}")), "chain-never-matches", &[]);
}

/// A server's inbound listener: the chains of one port.
fn inbound(chains: &str) -> String {
    format!(
        "{{'name': 'virtualInbound', 'address': {{'socket_address': {{'address': '0.0.0.0', 'port_value': 15006}}}}, 'filter_chains': [{chains}]}}"
    )
}

const TLS_CHAIN: &str = "{'filter_chain_match': {'destination_port': 80, 'transport_protocol': 'tls'}, 'transport_socket': {'typed_config': {'@type': 't/envoy.DownstreamTlsContext'}}}";
const PLAIN_CHAIN: &str =
    "{'filter_chain_match': {'destination_port': 80, 'transport_protocol': 'raw_buffer'}}";
const MUTUAL: &str = "'transport_socket': {'name': 'tls', 'typed_config': {'@type': 't/envoy.UpstreamTlsContext', 'common_tls_context': {'alpn_protocols': ['istio'],
    'combined_validation_context': {'default_validation_context': {'match_subject_alt_names': [{'exact': 'spiffe://td/ns/shop/sa/a'}]}}}}}";

/// What is found when web-1 calls a-1 (10.0.0.2) so.
fn between(cluster: &str, labels: &str, server: &str) -> Vec<Finding> {
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

#[test]
fn policies_and_limits() {
    let filter = |rules: &str| {
        let listener = format!("{{'name': 'virtualInbound', 'filter_chains': [{{'filter_chain_match': {{'destination_port': 80}}, 'filters': [{{'name': 'h', 'typed_config': {{'@type': 't/envoy.HttpConnectionManager',
            'http_filters': [{{'name': 'envoy.filters.http.rbac', 'typed_config': {{'@type': 't/envoy.RBAC', {rules}}}}}]}}}}]}}]}}");
        of(Dump { listeners: &listener, ..EMPTY })
    };
    let check = "rbac-denies-all";
    is(&filter("'rules': {}"), check, &["error virtualInbound"]);
    is(
        &filter(
            "'rules': {'policies': {'ns[shop]-policy[none]-rule[0]': {'permissions': [{'not_rule': {'any': true}}], 'principals': [{'any': true}]}}}",
        ),
        check,
        &["error virtualInbound"],
    );
    is(
        &filter(
            "'rules': {'policies': {'ns[shop]-policy[get]-rule[0]': {'permissions': [{'any': true}], 'principals': [{'any': true}]}}}",
        ),
        check,
        &[],
    );
    is(
        &filter(
            "'rules': {'action': 'DENY', 'policies': {'ns[shop]-policy[all]-rule[0]': {'permissions': [{'any': true}], 'principals': [{'any': true}]}}}",
        ),
        check,
        &["error virtualInbound deny"],
    );
    is(
        &filter(
            "'rules': {'action': 'DENY', 'policies': {'ns[shop]-policy[some]-rule[0]': {'permissions': [{'any': true}], 'principals': [{'any': true}], 'condition': {}}}}",
        ),
        check,
        &[],
    );
    is(&filter("'rules': {'action': 'DENY'}"), check, &[]);
    is(&filter(""), check, &[]);
    is(&filter("'shadow_rules': {'policies': {'a': {}}}"), "rbac-dry-run", &["note virtualInbound"]);
    let denied = filter(
        "'rules': {'action': 'DENY', 'policies': {'ns[shop]-policy[all]-rule[0]': {'permissions': [{'any': true}], 'principals': [{'any': true}]}}}",
    );
    assert_eq!(
        denied.iter().find(|it| it.check == check).unwrap().owner.as_deref(),
        Some("AuthorizationPolicy shop/all")
    );

    let routes = to("outbound|80||a.shop.svc.cluster.local");
    let limit = |more: &str| {
        of(Dump {
            listeners: HTTP,
            routes: &routes,
            clusters: &ONE.replace("'EDS'", &format!("'EDS', {more}")),
            endpoints: ONE_ENDPOINTS,
            ..EMPTY
        })
    };
    is(
        &limit("'circuit_breakers': {'thresholds': [{'max_connections': 1}]}"),
        "circuit-breaker-tight",
        &["warning outbound|80||a.shop.svc.cluster.local"],
    );
    is(
        &limit("'circuit_breakers': {'thresholds': [{'max_connections': 11, 'max_retries': 3}]}"),
        "circuit-breaker-tight",
        &[],
    );
    let timed = |more: &str| {
        of(Dump {
            listeners: HTTP,
            routes: &route(&format!("'route': {{'cluster': 'PassthroughCluster', {more}}}")),
            ..EMPTY
        })
    };
    is(
        &timed("'timeout': '1s', 'retry_policy': {'per_try_timeout': '2s'}"),
        "timeouts-contradict",
        &["warning 80"],
    );
    is(&timed("'timeout': '0s', 'retry_policy': {'per_try_timeout': '2s'}"), "timeouts-contradict", &[]);
    is(&timed("'timeout': '3s', 'retry_policy': {'per_try_timeout': '2s'}"), "timeouts-contradict", &[]);
}

#[test]
fn filters_that_ask_somebody() {
    let with = |filter: &str| {
        let listener = format!(
            "{{'name': 'l', 'filter_chains': [{{'filters': [{{'name': 'h', 'typed_config': {{'@type': 't/envoy.HttpConnectionManager', 'http_filters': [{filter}]}}}}]}}]}}"
        );
        of(Dump { listeners: &listener, clusters: ONE, ..EMPTY })
    };
    let authz = |more: &str| {
        with(&format!(
            "{{'name': 'a', 'typed_config': {{'@type': 't/envoy.ExtAuthz', 'grpc_service': {{'envoy_grpc': {{'cluster_name': {more}}}}}"
        ))
    };
    is(&authz("'gone'}}"), "ext-authz-cluster-missing", &["error l"]);
    is(&authz("'gone'}}, 'failure_mode_allow': true"), "ext-authz-cluster-missing", &["warning l open"]);
    is(&authz("'outbound|80||a.shop.svc.cluster.local'}}"), "ext-authz-cluster-missing", &[]);
    let jwt = |provider: &str| {
        with(&format!(
            "{{'name': 'j', 'typed_config': {{'@type': 't/envoy.JwtAuthentication', 'providers': {{'p': {provider}}}}}}}"
        ))
    };
    is(&jwt("{'remote_jwks': {'http_uri': {'cluster': 'gone'}}}"), "jwt-unverifiable", &["warning l"]);
    is(&jwt("{'local_jwks': {'inline_string': ''}}"), "jwt-unverifiable", &["warning l empty"]);
    is(
        &jwt("{'remote_jwks': {'http_uri': {'cluster': 'outbound|80||a.shop.svc.cluster.local'}}}"),
        "jwt-unverifiable",
        &[],
    );
    let ecds = "{'name': 'w', 'config_discovery': {'config_source': {}}}";
    assert!(not_judged(&with(ecds), "extension-missing"));
    is(
        &with("{'name': 'x', 'typed_config': {'@type': 'type.googleapis.com/acme.X'}}"),
        "unknown-extension",
        &["note x"],
    );
    is(
        &with("{'name': 'x', 'typed_config': {'@type': 'type.googleapis.com/envoy.extensions.X'}}"),
        "unknown-extension",
        &[],
    );
}

const SYNCZ: &str = r#"[{"proxy": "web-1.shop", "proxy_type": "sidecar", "istio_version": "1.27.1", "resources": {
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
fn hosts_that_one_proxy_alone_does_not_know() {
    let of = |lacks: &[usize], configz: &str| {
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
    };
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
    let with = |protocol: &str, host: &str| {
        let registry = format!(
            r#"[{{"hostname": "a.shop.svc.cluster.local", "ports": [{{"name": "x", "port": 80, "protocol": "{protocol}"}}], "Attributes": {{}}, "defaultAddress": "1.1.1.1"}}]"#
        );
        let configz = format!(
            r#"[{{"kind": "VirtualService", "apiVersion": "v1", "metadata": {{"namespace": "shop", "name": "a"}}, "spec": {{"hosts": ["{host}"], "http": [{{}}]}}}}]"#
        );
        found(&[("istiod/i/registryz", &registry), ("istiod/i/configz", &configz)])
    };
    is(&with("TCP", "a"), "http-rules-on-tcp", &["warning a.shop.svc.cluster.local"]);
    is(&with("HTTP", "a"), "http-rules-on-tcp", &[]);
    is(&with("UnsupportedProtocol", "a"), "http-rules-on-tcp", &[]);
    is(&with("TCP", "b"), "http-rules-on-tcp", &[]);
}

#[test]
fn the_capture_itself() {
    let whole = Dump { listeners: HTTP, routes: &to("x"), clusters: ONE, ..EMPTY };
    is(&of(Dump { endpoints: "!", ..whole }), "no-endpoints-section", &["note"]);
    is(&of(whole), "no-endpoints-section", &[]);
    is(&of(Dump { secrets: "!", ..whole }), "no-secrets-section", &["note"]);
    is(&of(Dump { listeners: "!", ..whole }), "dump-filtered", &["note dump.json"]);
    is(&of(whole), "dump-filtered", &[]);
    let text = whole.text();
    is(&found(&[("d", &text[..text.len() - 40])]), "document-cut", &["warning d"]);
    is(&found(&[("d", &format!("200\n{text}"))]), "preamble", &["note d"]);
    is(&found(&[("d", &text)]), "preamble", &[]);
    is(&found(&[("x/d", "404 page not found\n"), ("d", &text)]), "document-not-read", &["note x not_found"]);
    is(
        &of(Dump { clusters: "{'@type': 'type.googleapis.com/envoy.api.v2.Cluster', 'name': 'a'}", ..whole }),
        "old-api",
        &["note"],
    );
    is(&of(whole), "old-api", &[]);
}

/// Truncated anywhere: no panic, and nothing is called missing that may stand behind the cut.
#[test]
fn a_dump_that_is_cut_off_lacks_nothing() {
    let routes = to("outbound|80||a.shop.svc.cluster.local");
    let text = Dump {
        listeners: HTTP,
        routes: &routes,
        clusters: ONE,
        endpoints: ONE_ENDPOINTS,
        secrets: "{'name': 'default'}",
        ..EMPTY
    }
    .text();
    for end in (0..text.len()).step_by(7) {
        let found = found(&[("d", &text[..end])]);
        let bad: Vec<&Finding> = found.iter().filter(|it| it.severity == Severity::Error).collect();
        assert!(bad.is_empty(), "cut at {end}: {bad:#?}");
    }
}

/// Names say nothing: another mesh with the same faults has the same findings.
#[test]
fn a_consistent_renaming_keeps_the_findings() {
    let routes = to("outbound|80|v9|a.shop.svc.cluster.local");
    let text = Dump { listeners: HTTP, routes: &routes, clusters: ONE, ..EMPTY }.text();
    let shape = |text: &str| -> Vec<(String, Severity, String)> {
        found(&[("d", text)])
            .iter()
            .map(|it| (it.check.to_owned(), it.severity, it.case.to_owned()))
            .collect()
    };
    assert_eq!(
        shape(&text),
        shape(&text.replace("a.shop", "payments.bank").replace("web-1", "till-7").replace("shop", "bank"))
    );
}

/// What has nothing to do with a fault changes nothing of it.
#[test]
fn an_unrelated_resource_changes_nothing() {
    let routes = to("outbound|80|v9|a.shop.svc.cluster.local");
    let more = format!("{ONE};;{}", ONE.replace("a.shop", "z.shop"));
    let endpoints = format!("{ONE_ENDPOINTS};;{}", ONE_ENDPOINTS.replace("a.shop", "z.shop"));
    let with = |clusters: &str, endpoints: &str| {
        let found = of(Dump { listeners: HTTP, routes: &routes, clusters, endpoints, ..EMPTY });
        found
            .iter()
            .map(|it| {
                format!(
                    "{} {} {} {}",
                    it.severity.name(),
                    it.check,
                    it.resource,
                    texts::sentence(texts::Language::En, it)
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(with(ONE, ONE_ENDPOINTS), with(&more, &endpoints));
}
