//! Routes to clusters, and whether anybody is behind those.

use super::pairs::Pair;
use super::*;

const A: &str = "outbound|80||a.shop.svc.cluster.local";

/// A route to `a`, its clusters and endpoints.
fn leading(clusters: &str, endpoints: &str) -> Vec<Finding> {
    of(Dump { listeners: HTTP, routes: &to(A), clusters, endpoints, ..EMPTY })
}

fn one_with(more: &str) -> String {
    ONE.replace("'EDS'", &format!("'EDS', {more}"))
}

/// A route with that action.
fn acting(action: &str) -> Vec<Finding> {
    of(Dump { listeners: HTTP, routes: &route(action), clusters: ONE, endpoints: ONE_ENDPOINTS, ..EMPTY })
}

/// A cluster of a headless service that a DestinationRule owns.
fn headless(subset: &str) -> Vec<Finding> {
    let name = A.replace("||", &format!("|{subset}|"));
    let cluster = format!(
        "{{'name': '{name}', 'type': 'ORIGINAL_DST', 'metadata': {{'filter_metadata': {{'istio': {{'config':
        '/apis/networking.istio.io/v1/namespaces/shop/destination-rule/a'}}}}}}}}"
    );
    of(Dump { listeners: HTTP, routes: &to(&name), clusters: &cluster, ..EMPTY })
}

const CALM: &str = "'common_lb_config': {'healthy_panic_threshold': {}}";
const HOST: &str = "{'endpoint': {'address': {'socket_address': {'address': '10.0.0.2', 'port_value': 80}}}}";

/// See [`Pair`].
pub const PAIRS: &[Pair] = &[
    (
        "route-to-missing-cluster",
        || acting("'route': {'cluster': 'outbound|80|v2|a.shop.svc.cluster.local'}"),
        || acting(&format!("'route': {{'cluster': '{A}'}}")),
    ),
    (
        "cluster-warming",
        || leading("'dynamic_warming_clusters': [{'cluster': {'name': 'w', 'type': 'EDS'}}]", ""),
        || leading("'dynamic_active_clusters': [{'cluster': {'name': 'w', 'type': 'EDS'}}]", ""),
    ),
    ("cluster-without-endpoints", || leading(ONE, ""), || leading(ONE, ONE_ENDPOINTS)),
    (
        "endpoints-unhealthy",
        || {
            leading(
                &one_with(CALM),
                &ONE_ENDPOINTS.replace("[{'endpoint'", "[{'health_status': 'UNHEALTHY', 'endpoint'"),
            )
        },
        || {
            leading(
                &one_with(CALM),
                &ONE_ENDPOINTS.replace("[{'endpoint'", "[{'health_status': 'DEGRADED', 'endpoint'"),
            )
        },
    ),
    (
        "cluster-without-hosts",
        || leading(&ONE.replace("'EDS'", "'STATIC'"), ""),
        || {
            leading(
                &ONE.replace(
                    "'EDS'",
                    &format!("'STATIC', 'load_assignment': {{'endpoints': [{{'lb_endpoints': [{HOST}]}}]}}"),
                ),
                "",
            )
        },
    ),
    (
        "weights",
        || {
            acting(
                "'route': {'weighted_clusters': {'clusters': [{'name': 'x', 'weight': 0}, {'name': 'y'}]}}",
            )
        },
        || {
            acting(
                "'route': {'weighted_clusters': {'clusters': [{'name': 'x', 'weight': 1}, {'name': 'y', 'weight': 99}]}}",
            )
        },
    ),
    // With panic on, as it is unless somebody says otherwise, the ejected ones get the requests all the same.
    (
        "outlier-ejects-all",
        || {
            leading(
                &one_with(&format!("{CALM}, 'outlier_detection': {{'max_ejection_percent': 100}}")),
                ONE_ENDPOINTS,
            )
        },
        || leading(&one_with("'outlier_detection': {'max_ejection_percent': 100}"), ONE_ENDPOINTS),
    ),
    ("original-dst-subset", || headless("v1"), || headless("")),
];

#[test]
fn outlier_detection_that_leaves_some() {
    let check = "outlier-ejects-all";
    let half = format!("{CALM}, 'outlier_detection': {{'max_ejection_percent': 50}}");
    is(&leading(&one_with(&half), ONE_ENDPOINTS), check, &[]);
    // Above some the last ones are rarely all at fault at once.
    let all = format!("{CALM}, 'outlier_detection': {{'max_ejection_percent': 100}}");
    let three = ONE_ENDPOINTS.replace("'lb_endpoints': [", &format!("'lb_endpoints': [{HOST}, {HOST}, "));
    is(&leading(&one_with(&all), &three), check, &[]);
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
