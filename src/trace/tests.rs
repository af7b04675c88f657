//! One rule a test: a small configuration, requests, and what is decided.

use super::*;
use crate::envoy::ConfigDump;
use crate::json::Outline;

/// A dump of these listeners and clusters; `'` stands for `"`.
fn dump(listeners: &str, clusters: &str) -> String {
    let wrap = |key: &str, list: &str| -> String {
        let tree: Vec<serde_json::Value> =
            serde_json::from_str(&format!("[{}]", list.replace('\'', "\""))).unwrap();
        let items: Vec<String> = tree.iter().map(|it| format!(r#"{{"{key}": {it}}}"#)).collect();
        items.join(", ")
    };
    format!(
        r#"{{"configs": [{{"@type": "t/ClustersConfigDump", "static_clusters": [{}]}},
        {{"@type": "t/ListenersConfigDump", "static_listeners": [{}]}},
        {{"@type": "type.googleapis.com/envoy.admin.v3.EndpointsConfigDump"}}]}}"#,
        wrap("cluster", clusters),
        wrap("listener", listeners)
    )
}

/// A listener at 10.0.0.1:80 with one HTTP chain: its routes, and other fields of the connection manager.
fn http(virtual_hosts: &str, more: &str) -> String {
    format!(
        "{{'name': 'l', 'address': {{'socket_address': {{'address': '10.0.0.1', 'port_value': 80}}}}, 'filter_chains': [
        {{'filters': [{{'name': 'envoy.filters.network.http_connection_manager', 'typed_config': {{
        '@type': 't/envoy.HttpConnectionManager', {more} 'route_config': {{'virtual_hosts': [{virtual_hosts}]}}}}}}]}}]}}"
    )
}

fn run(dump: &str, request: &str) -> Trace {
    let index = ConfigDump::read(dump.as_bytes(), &Outline::of(dump.as_bytes(), 0));
    let source = Source::new(dump.as_bytes(), &index);
    let tracer = Tracer::new(&source, None);
    let request = request.replace('\'', "\"");
    let request =
        format!(r#"{{"direction": "gateway", "from": "10.9.9.9:5000", "to": "10.0.0.1:80"{request}}}"#);
    trace(&tracer, &serde_json::from_str(&request).unwrap(), true)
}

/// The verdict in a line.
fn verdict(traced: &Trace) -> String {
    let it = &traced.verdict;
    let mut out = format!("{:?}", it.outcome);
    let parts = [
        it.route.clone(),
        Some(it.clusters.join(",")),
        it.status.map(|it| it.to_string()),
        it.location.clone(),
        it.details.clone().filter(|_| !matches!(it.outcome, Outcome::Redirect | Outcome::DirectResponse)),
    ];
    for part in parts.into_iter().flatten().filter(|it| !it.is_empty()) {
        out.push(' ');
        out.push_str(&part);
    }
    out
}

fn check(dump: &str, cases: &[(&str, &str)]) {
    for (request, want) in cases {
        assert_eq!(verdict(&run(dump, request)), *want, "{request}");
    }
}

const ONE: &str = "{'name': 'one', 'type': 'STATIC', 'load_assignment': {'cluster_name': 'one', 'endpoints': [
    {'lb_endpoints': [{'endpoint': {'address': {'socket_address': {'address': '10.1.1.1', 'port_value': 1}}}}]}]}},
    {'name': 'none', 'type': 'STATIC'}";

#[test]
fn virtual_hosts_by_exact_name_suffix_prefix_and_star() {
    let host = |name: &str, domain: &str| {
        format!(
            "{{'name': '{name}', 'domains': ['{domain}'], 'routes': [{{'name': '{name}', 'match': {{'prefix': '/'}}, 'route': {{'cluster': 'one'}}}}]}}"
        )
    };
    let hosts = [
        host("exact", "A.com"),
        host("long", "*.b.com"),
        host("short", "*.com"),
        host("pre", "x.*"),
        host("any", "*"),
    ];
    let dump = dump(&http(&hosts.join(","), ""), ONE);
    check(
        &dump,
        &[
            (", 'authority': 'a.COM'", "Routed exact one"),
            (", 'authority': 'a.b.com'", "Routed long one"),
            (", 'authority': '.b.com'", "Routed short one"),
            (", 'authority': 'x.net'", "Routed pre one"),
            (", 'authority': 'x.'", "Routed any one"),
            (", 'authority': 'a.com:80'", "Routed any one"),
        ],
    );
}

#[test]
fn routes_by_path_headers_and_query() {
    let routes = "{'name': 'v', 'domains': ['*'], 'routes': [
        {'name': 'sep', 'match': {'path_separated_prefix': '/api'}, 'route': {'cluster': 'one'}},
        {'name': 'ci', 'match': {'path': '/Case', 'case_sensitive': false}, 'route': {'cluster': 'one'}},
        {'name': 'inverted', 'match': {'prefix': '/h', 'headers': [{'name': 'a', 'string_match': {'exact': 'x'},
            'invert_match': true}]}, 'route': {'cluster': 'one'}},
        {'name': 'missing', 'match': {'prefix': '/h', 'headers': [{'name': 'a', 'present_match': false}]},
            'route': {'cluster': 'none'}},
        {'name': 'query', 'match': {'prefix': '/q', 'query_parameters': [{'name': 'k', 'string_match': {'exact': '1'}}]},
            'route': {'cluster': 'gone', 'cluster_not_found_response_code': 'NOT_FOUND'}},
        {'name': 'header', 'match': {'prefix': '/c'}, 'route': {'cluster_header': 'to'}}]}";
    let dump = dump(&http(routes, ""), ONE);
    check(
        &dump,
        &[
            (", 'path': '/api/x?y'", "Routed sep one"),
            (", 'path': '/apix'", "NotFound 404 route_not_found"),
            (", 'path': '/cASE#'", "ProtocolError 400 path_normalization_failed"),
            (", 'path': '/cASE?x'", "Routed ci one"),
            (", 'path': '/h', 'headers': {'a': 'y'}", "Routed inverted one"),
            (", 'path': '/h'", "NoHealthyUpstream missing none 503 no_healthy_upstream"),
            (", 'path': '/q?k=2&k=1'", "NotFound 404 route_not_found"),
            (", 'path': '/q?k=1'", "NoCluster query gone 404 cluster_not_found"),
            (", 'path': '/c', 'headers': {'to': 'one'}", "Routed header one"),
            (", 'path': '/c'", "NoCluster header 503 cluster_not_found"),
            (
                ", 'path': '/c', 'headers': {'content-type': 'application/grpc'}",
                "NoCluster header 200 cluster_not_found",
            ),
        ],
    );
}

#[test]
fn the_steps_say_why_the_others_lost() {
    let routes = "{'name': 'v', 'domains': ['*'], 'routes': [
        {'name': 'jason', 'match': {'prefix': '/', 'headers': [{'name': 'end-user', 'string_match': {'exact': 'jason'}}]},
            'route': {'cluster': 'one'}},
        {'name': 'old', 'match': {'path': '/old'}, 'route': {'cluster': 'one'}},
        {'name': 'rest', 'match': {'prefix': '/'}, 'route': {'cluster': 'one'}},
        {'name': 'never', 'match': {'prefix': '/'}, 'route': {'cluster': 'one'}}]}";
    let traced = run(&dump(&http(routes, ""), ONE), ", 'path': '/x'");
    let step = traced.steps.iter().find(|it| it.kind == StepKind::Route).unwrap();
    let told: Vec<String> =
        step.considered.iter().map(|it| format!("{} {} {:?}", it.name, it.won, it.why)).collect();
    assert_eq!(
        told,
        [
            r#"jason false Missing(Header("end-user"))"#,
            r#"old false Differs(Path, "/old", "/x")"#,
            "rest true Taken",
            "never false Earlier",
        ]
    );
    let placed = |it: &Step| it.considered.iter().all(|it| it.place.is_some());
    assert!(traced.steps.iter().all(placed), "each has its place in the dump");
}

#[test]
fn redirects_keep_or_replace_each_part() {
    let route = |redirect: &str| {
        let route = format!("{{'match': {{'prefix': '/a'}}, 'redirect': {{{redirect}}}}}");
        dump(&http(&format!("{{'name': 'v', 'domains': ['*'], 'routes': [{route}]}}"), ""), ONE)
    };
    for (redirect, want) in [
        ("'https_redirect': true", "Redirect 301 https://h:8080/a/b?c=1"),
        ("'host_redirect': 'n', 'response_code': 'FOUND'", "Redirect 302 http://n/a/b?c=1"),
        ("'port_redirect': 9", "Redirect 301 http://h:9/a/b?c=1"),
        ("'path_redirect': '/p'", "Redirect 301 http://h:8080/p?c=1"),
        ("'path_redirect': '/p?z', 'strip_query': true", "Redirect 301 http://h:8080/p?z"),
        ("'prefix_rewrite': '/x', 'strip_query': true", "Redirect 301 http://h:8080/x/b"),
        (
            "'regex_rewrite': {'pattern': {'regex': '/(.)'}, 'substitution': '/\\\\1\\\\1'}",
            "Redirect 301 http://h:8080/aa/bb?c=1",
        ),
    ] {
        check(&route(redirect), &[(", 'path': '/a/b?c=1', 'authority': 'h:8080'", want)]);
    }
}

#[test]
fn rbac_by_policy_in_the_order_of_names() {
    let routes = "{'name': 'v', 'domains': ['*'], 'routes': [{'match': {'prefix': '/'}, 'route': {'cluster': 'one'}}]}";
    let filter = |rules: &str| {
        let filters = format!(
            "'http_filters': [{{'name': 'envoy.filters.http.rbac', 'typed_config': {{'@type': 't/envoy.extensions.filters.http.rbac.v3.RBAC', {rules}}}}},
            {{'name': 'envoy.filters.http.router'}}],"
        );
        dump(&http(routes, &filters), ONE)
    };
    let allow = filter(
        "'rules': {'policies': {'b c': {'permissions': [{'any': true}], 'principals': [{'direct_remote_ip': {'address_prefix': '10.9.0.0', 'prefix_len': 16}}]}}}",
    );
    check(&allow, &[("", "Routed one")]);
    let deny = filter("'rules': {'action': 'DENY', 'policies': {'z': {'permissions': [{'any': true}], 'principals': [{'any': true}]},
        'b c': {'permissions': [{'not_rule': {'url_path': {'path': {'prefix': '/ok'}}}}], 'principals': [{'any': true}]}}}");
    check(
        &deny,
        &[
            (", 'path': '/x'", "Denied 403 rbac_access_denied_matched_policy[b_c]"),
            (", 'path': '/ok'", "Denied 403 rbac_access_denied_matched_policy[z]"),
        ],
    );
    check(&filter("'rules': {}"), &[("", "Denied 403 rbac_access_denied_matched_policy[none]")]);
    check(&filter("'shadow_rules': {}"), &[("", "Routed one")]);
}

#[test]
fn chains_narrow_and_never_go_back() {
    let chain = |name: &str, wants: &str| {
        format!("{{'name': '{name}', 'filter_chain_match': {{{wants}}}, 'filters': [{{'name': 'envoy.filters.network.tcp_proxy',
            'typed_config': {{'@type': 't/envoy.TcpProxy', 'cluster': 'one'}}}}]}}")
    };
    let chains = [
        chain("port", "'destination_port': 80, 'server_names': ['a.com']"),
        chain("suffix", "'server_names': ['*.com'], 'transport_protocol': 'tls'"),
        chain("any", ""),
    ];
    let listener = format!(
        "{{'name': 'l', 'address': {{'socket_address': {{'address': '10.0.0.1', 'port_value': 80}}}},
        'listener_filters': [{{'name': 'envoy.filters.listener.tls_inspector'}}], 'filter_chains': [{}]}}",
        chains.join(",")
    );
    let dump = dump(&listener, ONE);
    check(&dump, &[(", 'kind': 'tls', 'sni': 'A.com'", "Routed one")]);
    // Port 80 is wanted by one chain, so no other is looked at any more.
    check(&dump, &[(", 'kind': 'tls', 'sni': 'b.com'", "NoFilterChain filter_chain_not_found")]);
}

#[test]
fn unhealthy_endpoints_are_used_in_panic() {
    let cluster = |more: &str| {
        format!("{{'name': 'one', 'type': 'STATIC', {more} 'load_assignment': {{'endpoints': [{{'lb_endpoints': [{{'health_status': 'UNHEALTHY',
            'endpoint': {{'address': {{'socket_address': {{'address': '10.1.1.1', 'port_value': 1}}}}}}}}]}}]}}}}")
    };
    let routes = "{'name': 'v', 'domains': ['*'], 'routes': [{'match': {'prefix': '/'}, 'route': {'cluster': 'one'}}]}";
    check(&dump(&http(routes, ""), &cluster("")), &[("", "Routed one")]);
    let never = cluster("'common_lb_config': {'healthy_panic_threshold': {}},");
    check(&dump(&http(routes, ""), &never), &[("", "NoHealthyUpstream one 503 no_healthy_upstream")]);
}

/// Envoy 1.40: with one healthy endpoint, `fail_traffic_on_panic` fails requests beside two unhealthy ones, not beside
/// one that is unhealthy and one that drains.
#[test]
fn draining_endpoints_do_not_count() {
    let routes = "{'name': 'v', 'domains': ['*'], 'routes': [{'match': {'prefix': '/'}, 'route': {'cluster': 'one'}}]}";
    let endpoint = |ip: u8, status: &str| {
        format!(
            "{{'health_status': '{status}', 'endpoint': {{'address': {{'socket_address': {{'address': '10.1.1.{ip}', 'port_value': 1}}}}}}}}"
        )
    };
    for (others, want) in [
        (["UNHEALTHY", "UNHEALTHY"], "NoHealthyUpstream one 503 no_healthy_upstream"),
        (["UNHEALTHY", "TIMEOUT"], "NoHealthyUpstream one 503 no_healthy_upstream"),
        (["UNHEALTHY", "DRAINING"], "Routed one"),
        (["DRAINING", "DRAINING"], "Routed one"),
    ] {
        let cluster = format!(
            "{{'name': 'one', 'type': 'STATIC', 'common_lb_config': {{'zone_aware_lb_config': {{'fail_traffic_on_panic': true}}}},
                'load_assignment': {{'endpoints': [{{'lb_endpoints': [{}, {}, {}]}}]}}}}",
            endpoint(1, others[0]), endpoint(2, others[1]), endpoint(3, "HEALTHY"),
        );
        check(&dump(&http(routes, ""), &cluster), &[("", want)]);
    }
}

/// Nonsense in any field is answered, never a panic.
#[test]
fn nonsense_is_answered() {
    let dump = dump(&http("{'name': 'v', 'domains': ['*']}", ""), ONE);
    for request in [
        ", 'sni': '..'",
        ", 'headers': {'x-forwarded-for': ',,'}",
        ", 'path': '', 'method': ''",
        ", 'authority': ']['",
        ", 'kind': 'tcp'",
    ] {
        run(&dump, request);
    }
}
