//! What is learnt of a connection before a filter chain is chosen: its TLS, its HTTP, its original destination
//! (source/extensions/filters/listener).

use super::arrival::ORIGINAL_DST;
use super::request::Protocol;
use super::run::Run;
use super::step::{StepKind, What, Why};
use crate::envoy::{Extension, Listener};
use crate::json::Node;

const TLS_INSPECTOR: [&str; 2] = ["envoy.filters.listener.tls_inspector", "envoy.listener.tls_inspector"];
const HTTP_INSPECTOR: [&str; 2] = ["envoy.filters.listener.http_inspector", "envoy.listener.http_inspector"];
const PROXY_PROTOCOL: [&str; 2] = ["envoy.filters.listener.proxy_protocol", "envoy.listener.proxy_protocol"];

/// Runs a listener's filters, in their order.
pub(super) fn run_all<'t>(run: &mut Run<'t, '_>, listener: Listener<'t>) {
    if listener.use_original_dst() {
        run.connection.restored = true;
    }
    for filter in listener.listener_filters() {
        one(run, filter);
    }
    if run.connection.transport.is_empty() {
        run.connection.transport = "raw_buffer";
    }
}

fn one<'t>(run: &mut Run<'t, '_>, filter: Extension<'t>) {
    let name = filter.name().into_owned();
    let place = Some(filter.0.span());
    if filter
        .0
        .get("filter_disabled")
        .is_some_and(|it| disabled(it, run.connection.local.map(|(_, port)| port), 0))
    {
        run.note(StepKind::ListenerFilter, &name, Why::Disabled, place);
        return;
    }
    if filter.is(&ORIGINAL_DST, "OriginalDst") {
        run.connection.restored = true;
        let to = run.request.to.clone();
        run.note(StepKind::ListenerFilter, &name, Why::Meets(What::Destination, to), place);
    } else if filter.is(&TLS_INSPECTOR, "TlsInspector") {
        tls_inspector(run, &name, filter);
    } else if filter.is(&HTTP_INSPECTOR, "HttpInspector") {
        http_inspector(run, &name, filter);
    } else if filter.is(&PROXY_PROTOCOL, "ProxyProtocol") {
        // Whoever asks names the addresses that the PROXY header would carry.
        run.connection.restored = true;
        run.connection.direct_remote = who_connects(run);
        let from = run.request.from.clone().unwrap_or_default();
        run.note(StepKind::ListenerFilter, &name, Why::Meets(What::RemoteAddress, from), place);
    } else {
        let why = Why::Beyond(What::Filter(name.clone()), String::new());
        let known = ["envoy.filters.listener.local_ratelimit", "envoy.filters.listener.original_src"];
        let why = if filter.named(&known) { Why::Passes } else { why };
        run.note(StepKind::ListenerFilter, &name, why, place);
    }
}

/// Who connects behind a PROXY header is not in the request, but to a loopback address only this machine can.
fn who_connects(run: &Run<'_, '_>) -> Option<core::net::IpAddr> {
    let (host, _) = super::request::host_and_port(run.request.listener.as_deref()?);
    super::request::ip(host).filter(|it| super::address::loopback(*it))
}

/// Whether a `ListenerFilterChainMatchPredicate` holds for the destination's port.
fn disabled(predicate: Node<'_>, port: Option<u16>, depth: usize) -> bool {
    // A tree of JSON is not deeper than json::Tree::DEEPEST; this keeps the stack small.
    if depth > 64 {
        return false;
    }
    let nested = |it: Node<'_>| disabled(it, port, depth + 1);
    if let Some(or) = predicate.get("or_match") {
        return or.list("rules").any(nested);
    }
    if let Some(and) = predicate.get("and_match") {
        return and.list("rules").all(nested);
    }
    if let Some(not) = predicate.get("not_match") {
        return !nested(not);
    }
    if predicate.flag("any_match") {
        return true;
    }
    let Some(range) = predicate.get("destination_port_range") else { return false };
    let bound = |key| range.number(key).unwrap_or(0);
    port.is_some_and(|port| (bound("start")..bound("end")).contains(&u64::from(port)))
}

fn tls_inspector(run: &mut Run<'_, '_>, name: &str, filter: Extension<'_>) {
    let place = Some(filter.0.span());
    if !run.request.protocol().tls() {
        run.note(StepKind::ListenerFilter, name, Why::Missing(What::Tls), place);
        return;
    }
    run.connection.transport = "tls";
    run.connection.server_name = run.request.sni.as_deref().unwrap_or("").to_ascii_lowercase();
    run.connection.protocols.clone_from(&run.request.alpn);
    let found = format!("SNI {}, ALPN {}", run.connection.server_name, run.connection.protocols.join(","));
    run.note(StepKind::ListenerFilter, name, Why::Meets(What::Tls, found), place);
}

fn http_inspector(run: &mut Run<'_, '_>, name: &str, filter: Extension<'_>) {
    let place = Some(filter.0.span());
    if run.connection.transport == "tls" {
        run.note(StepKind::ListenerFilter, name, Why::Unwanted(What::Tls), place);
        return;
    }
    match on_the_wire(run) {
        Some(found) => {
            run.connection.protocols = vec![found.to_owned()];
            run.note(StepKind::ListenerFilter, name, Why::Meets(What::Protocol, found.to_owned()), place);
        }
        None => run.note(StepKind::ListenerFilter, name, Why::Missing(What::Protocol), place),
    }
}

/// Which HTTP the first bytes are, if they are HTTP.
fn on_the_wire(run: &Run<'_, '_>) -> Option<&'static str> {
    match run.request.protocol() {
        Protocol::Http => {
            let method = run.request.method.as_deref().unwrap_or("GET");
            is_token(method).then_some("http/1.1")
        }
        Protocol::H2c => Some("h2c"),
        Protocol::Tcp => http_of_bytes(run.request.data.as_deref().unwrap_or("")),
        Protocol::Tls | Protocol::TlsHttp | Protocol::TlsH2 => None,
    }
}

/// Which HTTP raw bytes are: HTTP/2's preface, or a request line of HTTP/1.
pub(super) fn http_of_bytes(data: &str) -> Option<&'static str> {
    if data.starts_with("PRI * HTTP/2.0\r\n") {
        return Some("h2c");
    }
    let (line, _) = data.split_once('\n')?;
    let mut words = line.trim_end_matches('\r').split(' ');
    let (method, _path, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !is_token(method) {
        return None;
    }
    match version {
        "HTTP/1.1" => Some("http/1.1"),
        "HTTP/1.0" => Some("http/1.0"),
        _ => None,
    }
}

/// Whether a word can be a method: the HTTP inspector takes any.
fn is_token(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|it| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it))
}

/// The methods that Envoy's HTTP/1 codec takes (source/common/http/http1/balsa_parser.cc).
pub(super) fn known_method(method: &str) -> bool {
    const METHODS: [&str; 34] = [
        "ACL",
        "BIND",
        "CHECKOUT",
        "CONNECT",
        "COPY",
        "DELETE",
        "GET",
        "HEAD",
        "LINK",
        "LOCK",
        "MERGE",
        "MKACTIVITY",
        "MKCALENDAR",
        "MKCOL",
        "MOVE",
        "M-SEARCH",
        "NOTIFY",
        "OPTIONS",
        "PATCH",
        "POST",
        "PROPFIND",
        "PROPPATCH",
        "PURGE",
        "PUT",
        "REBIND",
        "REPORT",
        "SEARCH",
        "SOURCE",
        "SUBSCRIBE",
        "TRACE",
        "UNBIND",
        "UNLINK",
        "UNLOCK",
        "UNSUBSCRIBE",
    ];
    METHODS.contains(&method)
}
