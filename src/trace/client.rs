//! Who sends a request: the client's address, what counts as internal, and headers that no client may set
//! (source/common/http/conn_manager_utility.cc, mutateRequestHeaders).

use core::net::IpAddr;

use super::request::{Headers, ip};
use super::run::{Flow, Run};
use super::step::{Outcome, StepKind, What, Why};
use crate::envoy::{Extension, HttpConnectionManager};
use crate::json::Node;

/// The client's address, the scheme, what is internal, and headers that no client may set (mutateRequestHeaders).
pub(super) fn complete(
    run: &mut Run<'_, '_>,
    manager: HttpConnectionManager<'_>,
    headers: &mut Headers,
) -> Flow<()> {
    early(run, manager, headers);
    hop_by_hop(headers);
    let secure = if run.connection.tls { "https" } else { "http" };
    let use_remote = manager.0.flag("use_remote_address");
    let hops = manager.0.number("xff_num_trusted_hops").unwrap_or(0);
    let mut told = None;
    let mut trusted = false;
    if use_remote {
        trusted = headers.first("x-forwarded-for").is_none();
        if hops > 0 {
            told = last_address(headers, hops - 1).map(|(address, _)| address);
        }
        told = told.or(run.connection.remote);
        if !manager.0.flag("skip_xff_append")
            && let Some(remote) = run.connection.remote
        {
            let before = headers.get("x-forwarded-for").map(|it| format!("{it},")).unwrap_or_default();
            headers.set("x-forwarded-for", format!("{before}{remote}"));
        }
        if hops == 0 || headers.first("x-forwarded-proto").is_none() {
            headers.set("x-forwarded-proto", secure);
        }
    } else {
        let detectors: Vec<_> = manager.0.list("original_ip_detection_extensions").map(Extension).collect();
        if let Some((address, alone)) = last_address(headers, hops).filter(|_| detectors.is_empty()) {
            (told, trusted) = (Some(address), alone);
        }
        for detector in detectors {
            if let Some((address, trust)) = detect(run, detector, headers)? {
                (told, trusted) = (Some(address), trust);
                break;
            }
        }
    }
    if headers.first("x-forwarded-proto").is_none() {
        headers.set("x-forwarded-proto", secure);
    }
    if let Some(scheme) =
        manager.0.path(&["scheme_header_transformation", "scheme_to_overwrite"]).and_then(Node::str)
    {
        headers.set(":scheme", scheme.as_ref());
        headers.set("x-forwarded-proto", scheme.as_ref());
    }
    if headers.first(":scheme").is_none() {
        let proto = headers.first("x-forwarded-proto").unwrap_or("");
        let scheme = if matches!(proto, "http" | "https") { proto } else { secure }.to_owned();
        headers.set(":scheme", scheme);
    }
    let internal = trusted && told.is_some_and(|it| internal(manager, it));
    run.told_remote = told.or(run.connection.remote);
    if internal {
        headers.set("x-envoy-internal", "true");
    } else {
        external(headers, use_remote);
    }
    if let Some(address) = run.told_remote.filter(|_| use_remote && !internal) {
        headers.set("x-envoy-external-address", address.to_string());
    }
    client_certificate(run, manager, headers);
    if manager.0.get("generate_request_id").and_then(Node::bool) != Some(false)
        && headers.first("x-request-id").is_none()
    {
        // Any will do: nobody can have a matcher for it.
        headers.set("x-request-id", "00000000-0000-4000-8000-000000000000");
    }
    let address = run.remote().map_or_else(String::new, |it| it.to_string());
    run.note(
        StepKind::HttpOptions,
        "remote address",
        Why::Meets(What::RemoteAddress, address),
        Some(manager.0.span()),
    );
    Ok(())
}

/// Headers are changed before anything else looks at them (`early_header_mutation_extensions`).
fn early(run: &mut Run<'_, '_>, manager: HttpConnectionManager<'_>, headers: &mut Headers) {
    for extension in manager.0.list("early_header_mutation_extensions").map(Extension) {
        let Some(config) = extension.config() else { continue };
        let name = extension.name().into_owned();
        let why = if config.message() == "HeaderMutation" {
            super::http_filters::mutate(run, config.node.list("mutations"), headers);
            Why::Passes
        } else {
            Why::Beyond(What::Filter(name.clone()), String::new())
        };
        run.note(StepKind::HttpOptions, &name, why, Some(extension.0.span()));
    }
}

fn hop_by_hop(headers: &mut Headers) {
    if !is_upgrade(headers) {
        headers.remove("connection");
        headers.remove("upgrade");
    }
    for name in ["x-envoy-internal", "keep-alive", "proxy-connection", "transfer-encoding"] {
        headers.remove(name);
    }
}

/// `Connection: upgrade` with an `Upgrade` header (source/common/http/utility.cc, isUpgrade).
pub(super) fn is_upgrade(headers: &Headers) -> bool {
    let token = |it: &str| it.split(',').any(|part| part.trim().eq_ignore_ascii_case("upgrade"));
    headers.first("upgrade").is_some() && headers.get("connection").is_some_and(|it| token(&it))
}

/// Headers that only Envoy itself may set; `edge` for a request from outside (cleanInternalHeaders).
fn external(headers: &mut Headers, edge: bool) {
    const EDGE: [&str; 3] = [
        "x-envoy-decorator-operation",
        "x-envoy-downstream-service-cluster",
        "x-envoy-downstream-service-node",
    ];
    const ALWAYS: [&str; 14] = [
        "x-envoy-retriable-status-codes",
        "x-envoy-retriable-header-names",
        "x-envoy-retry-on",
        "x-envoy-retry-grpc-on",
        "x-envoy-max-retries",
        "x-envoy-upstream-alt-stat-name",
        "x-envoy-upstream-rq-timeout-ms",
        "x-envoy-upstream-rq-per-try-timeout-ms",
        "x-envoy-upstream-rq-timeout-alt-response",
        "x-envoy-expected-rq-timeout-ms",
        "x-envoy-force-trace",
        "x-envoy-ip-tags",
        "x-envoy-original-url",
        "x-envoy-hedge-on-per-try-timeout",
    ];
    for name in EDGE.iter().filter(|_| edge).chain(&ALWAYS) {
        headers.remove(name);
    }
}

/// The address in x-forwarded-for with so many after it, and whether it is the only one (getLastAddressFromXFF).
fn last_address(headers: &Headers, skip: u64) -> Option<(IpAddr, bool)> {
    let all = headers.get("x-forwarded-for")?;
    let mut text: &str = &all;
    for _ in 0..skip {
        text = text.rsplit_once(',')?.0;
    }
    let (alone, last) = match text.rsplit_once(',') {
        Some((before, "")) => (false, before),
        Some((_, last)) => (false, last),
        None => (true, text),
    };
    Some((ip(last.trim())?, alone && skip == 0))
}

/// An original_ip_detection extension: x-forwarded-for, or a header of its own.
fn detect(run: &mut Run<'_, '_>, detector: Extension<'_>, headers: &Headers) -> Flow<Option<(IpAddr, bool)>> {
    let Some(config) = detector.config() else { return Ok(None) };
    match config.message() {
        "XffConfig" => Ok(last_address(headers, config.node.number("xff_num_trusted_hops").unwrap_or(0))),
        "CustomHeaderConfig" => {
            let name = config.node.text("header_name").unwrap_or_default();
            let found = headers.first(&name).and_then(|it| ip(it.trim()));
            if let Some(address) = found {
                return Ok(Some((address, config.node.flag("allow_extension_to_set_address_as_trusted"))));
            }
            let Some(reject) = config.node.get("reject_with_status") else { return Ok(None) };
            let status = reject.get("code").and_then(status_code).filter(|it| (400..=511).contains(it));
            run.note(
                StepKind::HttpOptions,
                "custom_header",
                Why::Missing(What::Header(name.into_owned())),
                Some(config.node.span()),
            );
            super::route_action::answer(run, status.unwrap_or(403), headers);
            run.end_with(Outcome::Denied, "rejecting_because_detection_failed")
        }
        _ => {
            let name = detector.name().into_owned();
            run.note(
                StepKind::HttpOptions,
                &name,
                Why::Beyond(What::RemoteAddress, String::new()),
                Some(detector.0.span()),
            );
            Ok(None)
        }
    }
}

/// Whether an address counts as internal: those that the configuration lists, else none
/// (`explicit_internal_address_config`).
fn internal(manager: HttpConnectionManager<'_>, address: IpAddr) -> bool {
    let Some(config) = manager.0.get("internal_address_config") else { return false };
    super::address::any(config.list("cidr_ranges"), address)
}

/// x-forwarded-client-cert, as far as its presence goes (mutateXfccRequestHeader).
fn client_certificate(run: &Run<'_, '_>, manager: HttpConnectionManager<'_>, headers: &mut Headers) {
    let forward = manager.0.text("forward_client_cert_details").unwrap_or_default();
    let uri = run.connection.peer.as_deref().map(|it| format!("URI={it}"));
    match (forward.as_ref(), uri) {
        ("ALWAYS_FORWARD_ONLY", _) | ("FORWARD_ONLY", Some(_)) => {}
        ("APPEND_FORWARD", Some(uri)) => headers.add("x-forwarded-client-cert", uri),
        ("SANITIZE_SET", Some(uri)) => headers.set("x-forwarded-client-cert", uri),
        _ => headers.remove("x-forwarded-client-cert"),
    }
}

/// A status by number, or by its word in `envoy.type.v3.StatusCode`, as dumps have it.
fn status_code(of: Node<'_>) -> Option<u16> {
    const WORDS: [(&str, u16); 40] = [
        ("BadRequest", 400),
        ("Unauthorized", 401),
        ("PaymentRequired", 402),
        ("Forbidden", 403),
        ("NotFound", 404),
        ("MethodNotAllowed", 405),
        ("NotAcceptable", 406),
        ("ProxyAuthenticationRequired", 407),
        ("RequestTimeout", 408),
        ("Conflict", 409),
        ("Gone", 410),
        ("LengthRequired", 411),
        ("PreconditionFailed", 412),
        ("PayloadTooLarge", 413),
        ("URITooLong", 414),
        ("UnsupportedMediaType", 415),
        ("RangeNotSatisfiable", 416),
        ("ExpectationFailed", 417),
        ("MisdirectedRequest", 421),
        ("UnprocessableEntity", 422),
        ("Locked", 423),
        ("FailedDependency", 424),
        ("UpgradeRequired", 426),
        ("PreconditionRequired", 428),
        ("TooManyRequests", 429),
        ("RequestHeaderFieldsTooLarge", 431),
        ("InternalServerError", 500),
        ("NotImplemented", 501),
        ("BadGateway", 502),
        ("ServiceUnavailable", 503),
        ("GatewayTimeout", 504),
        ("HTTPVersionNotSupported", 505),
        ("VariantAlsoNegotiates", 506),
        ("InsufficientStorage", 507),
        ("LoopDetected", 508),
        ("NotExtended", 510),
        ("NetworkAuthenticationRequired", 511),
        ("OK", 200),
        ("Created", 201),
        ("NoContent", 204),
    ];
    if let Some(word) = of.str() {
        return WORDS.iter().find(|(own, _)| *own == word).map(|(_, status)| *status);
    }
    of.u64().and_then(|it| u16::try_from(it).ok())
}
