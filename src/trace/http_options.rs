//! What the HTTP connection manager makes of path and host before it looks for a route
//! (source/common/http/conn_manager_impl.cc, conn_manager_utility.cc).

use super::codec::refuse;
use super::path;
use super::request::Headers;
use super::route_match::has_grpc_content_type;
use super::run::{Flow, Run};
use super::step::{StepKind, What, Why};
use super::virtual_host::port_start;
use crate::envoy::HttpConnectionManager;

/// What becomes of the path.
pub(super) enum PathAction {
    /// It goes on.
    Continue,
    /// The client is sent to the path as it is now.
    Redirect,
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
