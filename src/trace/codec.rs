//! What a codec makes of the bytes: headers, or a refusal (source/common/http/conn_manager_utility.cc,
//! http1/codec_impl.cc).

use super::request::{Headers, Protocol};
use super::run::{Flow, Run};
use super::step::{Outcome, StepKind, What, Why};
use super::virtual_host::port_start;
use crate::envoy::HttpConnectionManager;
use crate::json::Node;

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
        if authority.is_empty() {
            return bad_field(run, manager, true, What::Authority, 400, "invalid.header.field");
        }
        fields(run, manager, true, &mut headers)?;
        let target = path.starts_with('/') || path == "*" && method == "OPTIONS";
        if method != "CONNECT" && !target {
            return bad_field(run, manager, true, What::Path, 400, "violation.of.messaging.rule");
        }
    } else {
        known_method(run, manager, method)?;
        if method == "CONNECT" && authority.is_empty() {
            // The first line is read before anything else.
            return refuse(run, manager, What::Authority, 400, "http1.invalid_url");
        }
        fields(run, manager, false, &mut headers)?;
        if method == "CONNECT" && headers.first("content-length").is_some_and(|it| it != "0") {
            return refuse(
                run,
                manager,
                What::Header("content-length".to_owned()),
                400,
                "http1.body_disallowed",
            );
        }
        http1(run, manager, method, path, &mut headers)?;
    }
    Ok(headers)
}

/// The header fields, in order; the codec refuses too many of them, and underscores where it is told so
/// (checkHeaderNameForUnderscores in http1/codec_impl.cc and http2/codec_impl.cc).
fn fields(
    run: &mut Run<'_, '_>,
    manager: HttpConnectionManager<'_>,
    h2: bool,
    headers: &mut Headers,
) -> Flow<()> {
    let options = manager.0.get("common_http_protocol_options");
    let underscores = options.and_then(|it| it.text("headers_with_underscores_action")).unwrap_or_default();
    let most = options.and_then(|it| it.number("max_headers_count")).unwrap_or(100);
    // Of HTTP/1's first line nothing counts yet but the host, which is a field there.
    let connect = headers.first(":method") == Some("CONNECT");
    let mut count = match (h2, connect) {
        (false, _) => 1,
        (true, true) => 2,
        (true, false) => 4,
    };
    let mut dropped = false;
    for (name, value) in run.request.headers.0.iter().filter(|(name, _)| name != "host") {
        if name.contains('_') && underscores == "DROP_HEADER" {
            dropped = true;
            continue;
        }
        if name.contains('_') && underscores == "REJECT_REQUEST" {
            return bad_field(run, manager, h2, What::Header(name.clone()), 400, "unexpected_underscore");
        }
        count += 1;
        if count > most {
            // A stream of HTTP/2 keeps the first details that its codec notes.
            let details = if h2 && dropped { "unexpected_underscore" } else { "too_many_headers" };
            return bad_field(run, manager, h2, What::Header(name.clone()), 431, details);
        }
        // HTTP/1 knows no blanks around a value; HTTP/2 hands them on.
        let value = if h2 { value } else { value.trim_matches([' ', '\t']) };
        headers.add(name, value);
    }
    Ok(())
}

/// Where Envoy answers by itself while a request's body is still to come, it resets the stream of HTTP/2, and what the
/// codec noted of the headers takes the place of the answer's details (onResetStream in conn_manager_impl.cc): that one
/// of them was dropped for its underscore.
pub(super) fn details_of_reset(run: &mut Run<'_, '_>, manager: HttpConnectionManager<'_>) {
    let options = manager.0.get("common_http_protocol_options");
    let drops = options
        .and_then(|it| it.text("headers_with_underscores_action"))
        .is_some_and(|it| it == "DROP_HEADER");
    let h2 = matches!(run.request.protocol(), Protocol::H2c | Protocol::TlsH2);
    let headers = &run.request.headers;
    let body = headers.first("content-length").is_some();
    // A body that is too large is found when it is there.
    let early = run.verdict.status.is_some_and(|it| it != 413);
    let h2 = h2 && run.verdict.details.as_ref().is_some_and(|it| !it.starts_with("http1."));
    if drops && h2 && body && early && headers.0.iter().any(|(name, _)| name.contains('_')) {
        run.verdict.details = Some("http2.unexpected_underscore".to_owned());
    }
}

/// HTTP/1 has an answer for it; a stream of HTTP/2 is reset.
fn bad_field<T>(
    run: &mut Run<'_, '_>,
    manager: HttpConnectionManager<'_>,
    h2: bool,
    what: What,
    status: u16,
    details: &str,
) -> Flow<T> {
    if !h2 {
        return refuse(run, manager, what, status, &format!("http1.{details}"));
    }
    run.note(StepKind::HttpOptions, details, Why::Unwanted(what), Some(manager.0.span()));
    run.end_with(Outcome::ProtocolError, &format!("http2.{details}"))
}

fn known_method(run: &mut Run<'_, '_>, manager: HttpConnectionManager<'_>, method: &str) -> Flow<()> {
    let options = manager.0.get("http_protocol_options");
    let custom = options.is_some_and(|it| it.flag("allow_custom_methods"));
    if custom || super::listener_filters::known_method(method) {
        return Ok(());
    }
    refuse(run, manager, What::Method, 400, "http1.codec_error")
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
    known_method(run, manager, method)?;
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
            // HTTP/2 begins with a line that is one of HTTP/1, but for its method and its target.
            let custom =
                manager.0.path(&["http_protocol_options"]).is_some_and(|it| it.flag("allow_custom_methods"));
            let line = if raw == Some("h2c") && custom { "http1.invalid_url" } else { "http1.codec_error" };
            run.end_with(Outcome::ProtocolError, line)
        }
    }
}

pub(super) fn refuse<T>(
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
