//! What filters deny, and limits that contradict each other.

use super::pairs::Pair;
use super::*;

/// An inbound listener of port 80 with that RBAC filter.
fn rbac(rules: &str) -> Vec<Finding> {
    let listener = format!(
        "{{'name': 'virtualInbound', 'filter_chains': [{{'filter_chain_match': {{'destination_port': 80}}, 'filters': [{{'name': 'h', 'typed_config': {{'@type': 't/envoy.HttpConnectionManager',
        'http_filters': [{{'name': 'envoy.filters.http.rbac', 'typed_config': {{'@type': 't/envoy.RBAC', {rules}}}}}]}}}}]}}]}}"
    );
    of(Dump { listeners: &listener, ..EMPTY })
}

/// A listener with that HTTP filter.
fn filtered(filter: &str) -> Vec<Finding> {
    let listener = format!(
        "{{'name': 'l', 'filter_chains': [{{'filters': [{{'name': 'h', 'typed_config': {{'@type': 't/envoy.HttpConnectionManager', 'http_filters': [{filter}]}}}}]}}]}}"
    );
    of(Dump { listeners: &listener, clusters: ONE, endpoints: ONE_ENDPOINTS, ..EMPTY })
}

fn typed(name: &str, message: &str, fields: &str) -> Vec<Finding> {
    filtered(&format!(
        "{{'name': '{name}', 'typed_config': {{'@type': 'type.googleapis.com/{message}' {fields}}}}}"
    ))
}

fn asking(cluster: &str) -> Vec<Finding> {
    typed(
        "a",
        "envoy.ExtAuthz",
        &format!(", 'grpc_service': {{'envoy_grpc': {{'cluster_name': '{cluster}'}}}}"),
    )
}

/// A JWT filter: providers and rules.
fn jwt(fields: &str) -> Vec<Finding> {
    typed("j", "envoy.JwtAuthentication", &format!(", {fields}"))
}

/// An ALLOW policy for those principals behind that JWT filter; none without providers.
fn principals(providers: &str, action: &str, list: &str) -> Vec<Finding> {
    let jwt = format!(
        "{{'name': 'envoy.filters.http.jwt_authn', 'typed_config': {{'@type': 't/envoy.JwtAuthentication', 'providers': {{{providers}}}}}}}, "
    );
    filtered(&format!(
        "{}{{'name': 'envoy.filters.http.rbac', 'typed_config': {{'@type': 't/envoy.RBAC', 'rules': {{'action': '{action}', 'policies': {{
        'p': {{'permissions': [{{'any': true}}], 'principals': [{list}]}}}}}}}}}}",
        if providers.is_empty() { "" } else { &jwt }
    ))
}

/// What Istio makes of `requestPrincipals: [ISSUER/*]`.
fn issued_by(issuer: &str) -> String {
    let claim = |name: &str, matcher: &str| {
        format!(
            "{{'metadata': {{'filter': 'envoy.filters.http.jwt_authn', 'path': [{{'key': 'payload'}}, {{'key': '{name}'}}], 'value': {{'string_match': {matcher}}}}}}}"
        )
    };
    let issuer = if issuer == "*" {
        "{'safe_regex': {'regex': '.+'}}".to_owned()
    } else {
        format!("{{'exact': '{issuer}'}}")
    };
    format!(
        "{{'and_ids': {{'ids': [{{'or_ids': {{'ids': [{{'and_ids': {{'ids': [{}, {}]}}}}]}}}}]}}}}",
        claim("iss", &issuer),
        claim("sub", "{'safe_regex': {'regex': '.+'}}")
    )
}

const ISSUED: &str = "'p': {'issuer': 'https://one.example', 'local_jwks': {'inline_string': '[redacted]'}}";

fn keys(text: &str) -> Vec<Finding> {
    jwt(&format!("'providers': {{'p': {{'local_jwks': {{'inline_string': '{text}'}}}}}}"))
}

/// A cluster that a route leads to, and its endpoints.
fn limited(more: &str, endpoints: &str) -> Vec<Finding> {
    of(Dump {
        listeners: HTTP,
        routes: &to("outbound|80||a.shop.svc.cluster.local"),
        clusters: &ONE.replace("'EDS'", &format!("'EDS' {more}")),
        endpoints,
        ..EMPTY
    })
}

fn timed(more: &str) -> Vec<Finding> {
    let routes = route(&format!("'route': {{'cluster': 'PassthroughCluster', {more}}}"));
    of(Dump { listeners: HTTP, routes: &routes, ..EMPTY })
}

fn aborting(numerator: u32) -> Vec<Finding> {
    let routes = route(&format!(
        "'route': {{'cluster': 'PassthroughCluster'}}, 'typed_per_filter_config': {{'envoy.filters.http.fault': {{'@type': 't/envoy.HTTPFault',
        'abort': {{'http_status': 500, 'percentage': {{'numerator': {numerator}}}}}}}}}"
    ));
    of(Dump { listeners: HTTP, routes: &routes, ..EMPTY })
}

fn in_two_priorities() -> String {
    ONE_ENDPOINTS.replace("'endpoints': [", "'endpoints': [{'priority': 1, 'lb_endpoints': [{'endpoint': {'address': {'socket_address': {'address': '10.0.0.8', 'port_value': 80}}}}]}, ")
}

/// A server of port 80, and who listens in its pod.
fn listening_on(address: &str) -> Vec<Finding> {
    let listener = tls::inbound(tls::PLAIN_CHAIN);
    let dump = Dump { listeners: &listener, ..EMPTY }.text();
    let netstat = format!(
        "Proto Recv-Q Send-Q Local Address Foreign Address State\ntcp 0 0 {address}:80 0.0.0.0:* LISTEN\n"
    );
    found(&[("proxies/shop/web-1/config_dump", &dump), ("proxies/shop/web-1/netstat", &netstat)])
}

const ANY: &str = "'permissions': [{'any': true}], 'principals': [{'any': true}]";

/// See [`Pair`].
pub const PAIRS: &[Pair] = &[
    (
        "rbac-denies-all",
        || rbac("'rules': {}"),
        || rbac(&format!("'rules': {{'policies': {{'ns[shop]-policy[get]-rule[0]': {{{ANY}}}}}}}")),
    ),
    ("rbac-dry-run", || rbac("'shadow_rules': {'policies': {'a': {}}}"), || rbac("'shadow_rules': {}")),
    ("ext-authz-cluster-missing", || asking("gone"), || asking("outbound|80||a.shop.svc.cluster.local")),
    ("jwt-unverifiable", || keys(""), || keys(r#"{\"keys\": [{\"kty\": \"RSA\"}]}"#)),
    (
        "token-never-verified",
        || principals(ISSUED, "ALLOW", &issued_by("https://two.example")),
        || principals(ISSUED, "ALLOW", &issued_by("https://one.example")),
    ),
    (
        "circuit-breaker-tight",
        || limited(", 'circuit_breakers': {'thresholds': [{'max_connections': 10}]}", ONE_ENDPOINTS),
        || {
            limited(
                ", 'circuit_breakers': {'thresholds': [{'max_connections': 11, 'max_retries': 3}]}",
                ONE_ENDPOINTS,
            )
        },
    ),
    (
        "timeouts-contradict",
        || timed("'timeout': '1s', 'retry_policy': {'per_try_timeout': '2s'}"),
        || timed("'timeout': '2s', 'retry_policy': {'per_try_timeout': '2s'}"),
    ),
    ("fault-injected", || aborting(1), || aborting(0)),
    (
        "failover-without-outlier",
        || limited("", &in_two_priorities()),
        || limited(", 'outlier_detection': {'consecutive_5xx': 5}", &in_two_priorities()),
    ),
    ("localhost-only", || listening_on("127.0.0.1"), || listening_on("0.0.0.0")),
    (
        "inline-code",
        || typed("envoy.filters.http.lua", "envoy.Lua", ", 'inline_code': 'x = 1'"),
        || typed("envoy.filters.http.wasm", "envoy.Wasm", ""),
    ),
    ("unknown-extension", || typed("x", "acme.X", ""), || typed("x", "envoy.extensions.X", "")),
];

#[test]
fn keys_that_were_taken_out_of_the_dump_are_not_missed() {
    is(&keys(r#"{\"keys\": []}"#), "jwt-unverifiable", &["warning l empty"]);
    is(&keys("[redacted]"), "jwt-unverifiable", &[]);
}

#[test]
fn rules_that_name_no_provider() {
    let with = |requires: &str| {
        jwt(&format!("{ISSUED_LIST}, 'rules': [{{'match': {{'prefix': '/'}}, 'requires': {requires}}}]"))
    };
    is(&with("{'provider_name': 'p'}"), "jwt-unverifiable", &[]);
    is(&with("{'allow_missing': {}}"), "jwt-unverifiable", &[]);
    is(&with("{'provider_name': 'q'}"), "jwt-unverifiable", &["warning l unknown"]);
    let nested = "{'requires_any': {'requirements': [{'provider_name': 'p'}, {'requires_all': {'requirements': [{'provider_and_audiences': {'provider_name': 'r'}}]}}]}}";
    is(&with(nested), "jwt-unverifiable", &["warning l unknown"]);
    let deep = "{'requires_any': {'requirements': [".repeat(4000) + "{}" + &"]}}".repeat(4000);
    is(&with(&deep), "jwt-unverifiable", &[]);
}

const ISSUED_LIST: &str = "'providers': {'p': {'issuer': 'https://one.example'}}";

#[test]
fn tokens_that_policies_want_and_nothing_verifies() {
    let check = "token-never-verified";
    let two = issued_by("https://two.example");
    is(&principals(ISSUED, "ALLOW", &two), check, &["error l"]);
    is(&principals("", "ALLOW", &issued_by("*")), check, &["error l any"]);
    is(&principals(ISSUED, "ALLOW", &issued_by("*")), check, &[]);
    // One of several ways in, or a way to keep out.
    is(&principals(ISSUED, "ALLOW", &format!("{two}, {{'any': true}}")), check, &[]);
    is(&principals(ISSUED, "ALLOW", &format!("{{'not_id': {two}}}")), check, &[]);
    is(&principals(ISSUED, "DENY", &two), check, &[]);
    // A provider without an issuer takes tokens of any.
    is(&principals("'p': {'local_jwks': {}}", "ALLOW", &two), check, &[]);
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
