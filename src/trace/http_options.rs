//! What the HTTP connection manager makes of a request before it looks for a route
//! (source/common/http/conn_manager_impl.cc, conn_manager_utility.cc, http1/codec_impl.cc).

use std::net::IpAddr;

use super::path;
use super::request::{Headers, Protocol, ip};
use super::route_match::has_grpc_content_type;
use super::run::{Flow, Run};
use super::step::{Outcome, StepKind, What, Why};
use super::virtual_host::port_start;
use crate::envoy::{Extension, HttpConnectionManager};
use crate::json::Node;

/// What becomes of the path.
pub(super) enum PathAction {
    /// It goes on.
    Continue,
    /// The client is sent to the path as it is now.
    Redirect,
}

/// The request's headers as the codec hands them over; ends where the codec refuses.
pub(super) fn decode(run: &mut Run<'_, '_>, manager: HttpConnectionManager<'_>) -> Flow<Headers> {
    let h2 = codec(run, manager)?;
    let request = run.request;
    if !request.protocol().http() && !h2 {
        return raw(run, manager, request.data.as_deref().unwrap_or(""));
    }
    let method = request.method.as_deref().unwrap_or("GET");
    let authority =
        request.authority.as_deref().unwrap_or_else(|| super::request::host_and_port(&request.to).0);
    let mut headers = Headers::default();
    headers.add(":method", method);
    headers.add(":authority", authority);
    let path = request.path.as_deref().unwrap_or("/");
    if h2 {
        headers.add(":scheme", if run.connection.tls { "https" } else { "http" });
        if method != "CONNECT" {
            headers.add(":path", path);
        }
    } else {
        http1(run, manager, method, path, &mut headers)?;
    }
    for (name, value) in request.headers.0.iter().filter(|(name, _)| name != "host") {
        // HTTP/1 knows no blanks around a value; HTTP/2 hands them on.
        let value = if h2 { value } else { value.trim_matches([' ', '\t']) };
        headers.add(name, value);
    }
    Ok(headers)
}

/// Raw bytes that are HTTP/1 after all.
fn raw(run: &mut Run<'_, '_>, manager: HttpConnectionManager<'_>, data: &str) -> Flow<Headers> {
    let mut lines = data.lines();
    let mut words = lines.next().unwrap_or("").split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let fields = lines.take_while(|it| !it.is_empty()).filter_map(|it| it.split_once(':'));
    let fields: Vec<(&str, &str)> = fields.map(|(name, value)| (name, value.trim())).collect();
    let host = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, value)| *value);
    let old = words.next() == Some("HTTP/1.0");
    let options = manager.0.get("http_protocol_options");
    if old && !options.is_some_and(|it| it.flag("accept_http_10")) {
        return refuse(run, manager, What::Protocol, 426, "low_version");
    }
    let default =
        options.and_then(|it| it.text("default_host_for_http_10")).filter(|it| old && !it.is_empty());
    let Some(host) = host.or(default.as_deref()) else {
        return refuse(run, manager, What::Authority, 400, "missing_host_header");
    };
    let mut headers = Headers::default();
    headers.add(":method", method);
    headers.add(":authority", host);
    http1(run, manager, method, path, &mut headers)?;
    for (name, value) in fields.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
        headers.add(name, value);
    }
    Ok(headers)
}

/// Which codec reads the bytes, and whether it can. HTTP/2 is told by ALPN, else by its preface.
fn codec(run: &mut Run<'_, '_>, manager: HttpConnectionManager<'_>) -> Flow<bool> {
    let codec = manager.0.text("codec_type").unwrap_or_default();
    let request = run.request;
    let ends_tls = run.connection.tls;
    let protocol = request.protocol();
    // TLS that the chain does not end is no HTTP, nor are raw bytes that do not begin as HTTP does.
    let raw = match protocol {
        Protocol::Tcp | Protocol::Tls if protocol.tls() == ends_tls => {
            super::listener_filters::http_of_bytes(request.data.as_deref().unwrap_or(""))
        }
        Protocol::Http | Protocol::TlsHttp if protocol.tls() == ends_tls => Some("http/1.1"),
        Protocol::H2c | Protocol::TlsH2 if protocol.tls() == ends_tls => Some("h2c"),
        _ => None,
    };
    let wants_h2 = match codec.as_ref() {
        "HTTP1" => false,
        "HTTP2" => true,
        _ => run.connection.alpn == "h2" || run.connection.alpn.is_empty() && raw == Some("h2c"),
    };
    let place = Some(manager.0.span());
    match (wants_h2, raw) {
        (true, Some("h2c")) => Ok(true),
        (false, Some("http/1.1" | "http/1.0")) => Ok(false),
        (true, _) => {
            run.note(StepKind::HttpOptions, "codec", Why::Missing(What::Protocol), place);
            run.end(Outcome::ProtocolError)
        }
        (false, _) => {
            run.note(StepKind::HttpOptions, "codec", Why::Missing(What::Protocol), place);
            run.verdict.status = Some(400);
            run.end_with(Outcome::ProtocolError, "http1.codec_error")
        }
    }
}

fn refuse<T>(
    run: &mut Run<'_, '_>,
    manager: HttpConnectionManager<'_>,
    what: What,
    status: u16,
    details: &str,
) -> Flow<T> {
    run.note(StepKind::HttpOptions, details, Why::Unwanted(what), Some(manager.0.span()));
    run.verdict.status = Some(status);
    run.end_with(Outcome::ProtocolError, details)
}

/// The request target of HTTP/1: a path, a whole URL, or for CONNECT a host and a port (handlePath).
fn http1(
    run: &mut Run<'_, '_>,
    manager: HttpConnectionManager<'_>,
    method: &str,
    path: &str,
    headers: &mut Headers,
) -> Flow<()> {
    let options = manager.0.get("http_protocol_options");
    let custom = options.is_some_and(|it| it.flag("allow_custom_methods"));
    if !custom && !super::listener_filters::known_method(method) {
        return refuse(run, manager, What::Method, 400, "http1.codec_error");
    }
    if method == "CONNECT" {
        // The target is the authority; it must have a port.
        let authority = headers.first(":authority").unwrap_or("");
        let port = port_start(authority).map(|at| &authority[at + 1..]);
        let good = port.is_some_and(|it| it.parse::<u16>().is_ok()) && port_start(authority) != Some(0);
        if !good {
            return refuse(run, manager, What::Authority, 400, "http1.invalid_url");
        }
        return Ok(());
    }
    if path.starts_with('/') || method == "OPTIONS" && path.starts_with('*') {
        headers.add(":path", path);
        return Ok(());
    }
    if options.and_then(|it| it.get("allow_absolute_url")).and_then(Node::bool) == Some(false) {
        headers.add(":path", path);
        return Ok(());
    }
    let Some((scheme, rest)) = path.split_once("://") else {
        return refuse(run, manager, What::Path, 400, "http1.invalid_url");
    };
    let scheme = scheme.to_ascii_lowercase();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, target) = rest.split_at(end);
    if host.is_empty() {
        return refuse(run, manager, What::Path, 400, "http1.invalid_url");
    }
    if scheme != "http" && scheme != "https" {
        return refuse(run, manager, What::Path, 400, "http1.invalid_scheme");
    }
    headers.set(":authority", host);
    headers.add(":scheme", scheme);
    let slash = if target.starts_with('/') { "" } else { "/" };
    headers.add(":path", format!("{slash}{target}"));
    Ok(())
}

/// Whether the request has a host and a path, and what the options make of the path. An answer that Envoy gives here
/// comes before any route is known.
pub(super) fn paths(
    run: &mut Run<'_, '_>,
    manager: HttpConnectionManager<'_>,
    headers: &mut Headers,
) -> Flow<PathAction> {
    let Some(own) = headers.first(":path").map(str::to_owned) else { return Ok(PathAction::Continue) };
    let status = |status: u16| if has_grpc_content_type(headers) { 200 } else { status };
    if own.is_empty() {
        return refuse(run, manager, What::Path, status(404), "missing_path_rejected");
    }
    if !own.starts_with('/') {
        return refuse(run, manager, What::Path, status(404), "absolute_path_rejected");
    }
    let bad = status(400);
    let failed = |run: &mut Run<'_, '_>| refuse(run, manager, What::Path, bad, "path_normalization_failed");
    // `http_reject_path_with_fragment`
    if own.contains('#') {
        return failed(run);
    }
    let mut path = own.clone();
    let mut action = PathAction::Continue;
    let escaped = manager.0.text("path_with_escaped_slashes_action").unwrap_or_default();
    if !matches!(escaped.as_ref(), "" | "KEEP_UNCHANGED" | "IMPLEMENTATION_SPECIFIC_DEFAULT")
        && let Some(unescaped) = path::unescape_slashes(&path)
    {
        match escaped.as_ref() {
            "REJECT_REQUEST" => return failed(run),
            "UNESCAPE_AND_REDIRECT" => action = PathAction::Redirect,
            _ => {}
        }
        path = unescaped;
    }
    if manager.0.flag("normalize_path") {
        match path::canonical(&path) {
            Some(canonical) => path = canonical,
            None => return failed(run),
        }
    }
    if manager.0.flag("merge_slashes") {
        path = path::merge_slashes(&path);
    }
    if matches!(action, PathAction::Redirect) && has_grpc_content_type(headers) {
        return failed(run);
    }
    if path != own {
        run.note(StepKind::HttpOptions, "path", Why::Meets(What::Path, path.clone()), Some(manager.0.span()));
        headers.set(":path", path);
    }
    Ok(action)
}

/// The host without trailing dot and port, as far as the options say so (maybeNormalizeHost).
pub(super) fn host(run: &mut Run<'_, '_>, manager: HttpConnectionManager<'_>, headers: &mut Headers) {
    let own = headers.first(":authority").unwrap_or("").to_owned();
    let mut host = own.clone();
    if manager.0.flag("strip_trailing_host_dot") {
        host = without_dot(&host);
    }
    let any = manager.0.flag("strip_any_host_port");
    let matching = manager.0.flag("strip_matching_host_port");
    if (any || matching)
        && let Some(at) = port_start(&host)
        && let Ok(port) = host[at + 1..].parse::<u32>()
    {
        let local = run.connection.local.map(|(_, port)| u32::from(port));
        if any || Some(port) == local {
            host.truncate(at);
        }
    }
    if host != own {
        run.note(
            StepKind::HttpOptions,
            "host",
            Why::Meets(What::Authority, host.clone()),
            Some(manager.0.span()),
        );
        headers.set(":authority", host);
    }
}

/// A dot at the end, or just before the port, taken away.
fn without_dot(host: &str) -> String {
    match host.rfind('.') {
        Some(at) if at + 1 == host.len() => host[..at].to_owned(),
        Some(at) if host[at + 1..].starts_with(':') => format!("{}{}", &host[..at], &host[at + 1..]),
        _ => host.to_owned(),
    }
}

/// The client's address, the scheme, what is internal, and headers that no client may set (mutateRequestHeaders).
pub(super) fn complete(
    run: &mut Run<'_, '_>,
    manager: HttpConnectionManager<'_>,
    headers: &mut Headers,
) -> Flow<()> {
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
        if detectors.is_empty() {
            if let Some((address, alone)) = last_address(headers, hops) {
                (told, trusted) = (Some(address), alone);
            }
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
    let address = run.remote().map_or_else(String::new, |it| it.to_string());
    run.note(
        StepKind::HttpOptions,
        "remote address",
        Why::Meets(What::RemoteAddress, address),
        Some(manager.0.span()),
    );
    Ok(())
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
            let status = reject
                .number("code")
                .and_then(|it| u16::try_from(it).ok())
                .filter(|it| (400..=511).contains(it));
            run.note(
                StepKind::HttpOptions,
                "custom_header",
                Why::Missing(What::Header(name.into_owned())),
                Some(config.node.span()),
            );
            run.verdict.status = status.or(Some(403));
            run.end_with(Outcome::Denied, "rejecting because detection failed")
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
