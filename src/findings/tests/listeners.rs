//! Listeners, filter chains, virtual hosts and the order of routes.

use super::pairs::Pair;
use super::*;

/// A listener, and routes that it leads to.
fn with(listener: &str, routes: &str) -> Vec<Finding> {
    of(Dump {
        listeners: listener,
        routes,
        secrets: "{'name': 'kubernetes://c'};;{'name': 'kubernetes://d'}",
        clusters: "{'name': 'outbound|1||a', 'type': 'STRICT_DNS'};;{'name': 'outbound|2||b', 'type': 'ORIGINAL_DST'}",
        ..EMPTY
    })
}

/// A gateway's chains.
fn gateway(chains: &[String]) -> Vec<Finding> {
    let listener = format!("{{'name': 'g', 'filter_chains': [{}]}}", chains.join(", "));
    with(&listener, &route("'redirect': {'https_redirect': true}"))
}

/// A sidecar's listener on all addresses of a port.
fn on_port(port: u32, more: &str) -> Vec<Finding> {
    let listener = format!(
        "{{'name': 'm', 'address': {{'socket_address': {{'address': '0.0.0.0', 'port_value': {port}}}}}, 'traffic_direction': 'OUTBOUND',
        'bind_to_port': false, 'listener_filters_timeout': '5s', {more}}}"
    );
    with(&listener, "")
}

fn tcp_to(cluster: &str) -> String {
    format!(
        "'filter_chains': [{{'filters': [{{'name': 't', 'typed_config': {{'@type': 't/envoy.TcpProxy', 'cluster': '{cluster}'}}}}]}}]"
    )
}

fn hosts(list: &str) -> Vec<Finding> {
    with(HTTP, &format!("{{'name': '80', 'virtual_hosts': [{list}]}}"))
}

fn two_routes(first: &str, second: &str) -> Vec<Finding> {
    hosts(&format!(
        "{{'name': 'h', 'domains': ['*'], 'routes': [{{'match': {{{first}}}, 'direct_response': {{'status': 200}}}}, {{'match': {{{second}}}, 'direct_response': {{'status': 201}}}}]}}"
    ))
}

fn chains(one: &str, other: &str) -> Vec<Finding> {
    let listener = format!(
        "{{'name': 'l', 'filter_chains': [{{'name': '1', 'filter_chain_match': {one}}}, {{'name': '2', 'filter_chain_match': {other}}}]}}"
    );
    with(&listener, "")
}

fn status(text: &str) -> Vec<Finding> {
    found(&[("istiod/istiod-1/push_status", text)])
}

const INSPECTOR: &str = "'listener_filters': [{'name': 'envoy.filters.listener.http_inspector'}]";
const SNIFFED: &str = "'filter_chains': [{'filter_chain_match': {'transport_protocol': 'raw_buffer', 'application_protocols': ['http/1.1', 'h2c']}}]";

/// See [`Pair`].
pub const PAIRS: &[Pair] = &[
    ("route-config-missing", || with(HTTP, ""), || with(HTTP, &to("x"))),
    (
        "virtual-host-empty",
        || hosts("{'name': 'blackhole:80', 'domains': ['*']}"),
        || hosts("{'name': 'blackhole:80', 'domains': ['*'], 'require_tls': 'ALL'}"),
    ),
    (
        "duplicate-domain",
        || {
            hosts(
                "{'name': '1', 'domains': ['A.com'], 'routes': [{}]}, {'name': '2', 'domains': ['a.com'], 'routes': [{}]}",
            )
        },
        || {
            hosts(
                "{'name': '1', 'domains': ['*.a.com'], 'routes': [{}]}, {'name': '2', 'domains': ['a.com'], 'routes': [{}]}",
            )
        },
    ),
    (
        "duplicate-filter-chain",
        || chains("{'server_names': ['a', 'b']}", "{'server_names': ['b', 'a']}"),
        || {
            chains(
                "{'server_names': ['a', 'b']}",
                "{'server_names': ['b', 'a'], 'transport_protocol': 'tls'}",
            )
        },
    ),
    ("chain-never-matches", || on_port(80, SNIFFED), || on_port(80, &format!("{INSPECTOR}, {SNIFFED}"))),
    (
        "no-default-chain",
        || gateway(&[tls_chain("a", "80", "kubernetes://c")]),
        || gateway(&[tls_chain("a", "80", "kubernetes://c"), "{'filters': []}".to_owned()]),
    ),
    (
        "route-shadowed",
        || two_routes("'prefix': '/a'", "'path': '/ab'"),
        || two_routes("'path_separated_prefix': '/a'", "'path': '/ab'"),
    ),
    (
        "redirect-loop",
        || gateway(&[tls_chain("a", "80", "kubernetes://c")]),
        || with(HTTP, &route("'redirect': {'https_redirect': true}")),
    ),
    (
        "gateway-connection-reuse",
        || gateway(&[tls_chain("a", "80", "kubernetes://c"), tls_chain("b", "81", "kubernetes://c")]),
        || gateway(&[tls_chain("a", "80", "kubernetes://c"), tls_chain("b", "81", "kubernetes://d")]),
    ),
    ("http-rules-on-tcp", || egress::ruled("TCP", "a"), || egress::ruled("HTTP", "a")),
    ("sniffing-server-first", || on_port(3306, INSPECTOR), || on_port(3307, INSPECTOR)),
    ("port-hijacked", || on_port(9000, &tcp_to("outbound|1||a")), || on_port(9000, &tcp_to("outbound|2||b"))),
    (
        "listener-conflict",
        || {
            status(
                r#"{"pilot_conflict_outbound_listener_tcp_over_current_tcp": {"0.0.0.0:80": {"proxy": "web-1.shop"}}}"#,
            )
        },
        || status(r#"{"pilot_no_ip": {"a.shop.svc.cluster.local": {"proxy": "web-1.shop"}}}"#),
    ),
    (
        "port-unknown-to-server",
        || tls::between("", "", &tls::PLAIN_CHAIN.replace("80", "81")),
        || tls::between("", "", tls::PLAIN_CHAIN),
    ),
];

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

/// A TCP service of port 80 that has the address 1.1.1.1, and listeners of that port; `more` is a listener besides.
fn taken(protocol: &str, more: &str) -> Vec<Finding> {
    let registry = format!(
        r#"[{{"hostname": "a.shop.svc.cluster.local", "ports": [{{"name": "x", "port": 80, "protocol": "{protocol}"}}], "Attributes": {{}}, "defaultAddress": "1.1.1.1"}}]"#
    );
    let listeners = [HTTP, more].join(";;");
    let dump = Dump { listeners: &listeners, clusters: ONE, endpoints: ONE_ENDPOINTS, ..EMPTY }.text();
    found(&[("envoy/web-1/config_dump", &dump), ("istiod/i/registryz", &registry)])
}

#[test]
fn a_tcp_service_whose_port_another_listener_takes() {
    let check = "listener-conflict";
    is(&taken("TCP", ""), check, &["warning outbound|80||a.shop.svc.cluster.local taken"]);
    is(&taken("HTTP", ""), check, &[]);
    // Its own address is listened on: a rule sends it elsewhere.
    let own = "{'name': '1.1.1.1_80', 'address': {'socket_address': {'address': '1.1.1.1', 'port_value': 80}}, 'filter_chains': [{'filters': []}]}";
    is(&taken("TCP", own), check, &[]);
    let chain = "{'name': 'm', 'address': {'socket_address': {'address': '0.0.0.0', 'port_value': 80}}, 'filter_chains': [{'filter_chain_match': {'prefix_ranges': [{'address_prefix': '1.1.1.1', 'prefix_len': 32}]}, 'filters': []}]}";
    is(&taken("TCP", chain), check, &[]);
}
