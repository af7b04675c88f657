//! The filter that keeps a request until it is whole (source/extensions/filters/http/buffer/buffer_filter.cc).

use super::client::is_upgrade;
use super::http::Way;
use super::http_filters::Filter;
use super::request::Headers;
use super::route_action::answer;
use super::run::{Flow, Run};
use super::step::{Outcome, StepKind, What, Why};
use crate::envoy::HttpConnectionManager;
use crate::json::Node;

/// A body that is longer than the filter may keep is refused. An upgrade and CONNECT have no end before they are
/// accepted, so one waits here until nothing was heard on the stream for too long (onIdleTimeout in
/// source/common/http/conn_manager_impl.cc).
pub(super) fn keep<'t>(
    run: &mut Run<'t, '_>,
    filter: &Filter<'t>,
    way: &Way<'t>,
    manager: HttpConnectionManager<'t>,
    headers: &Headers,
) -> Flow<()> {
    let place = Some(filter.extension.0.span());
    let config = filter.effective();
    if config.is_some_and(|it| it.flag("disabled")) {
        run.note(StepKind::HttpFilter, &filter.name, Why::Disabled, place);
        return Ok(());
    }
    let config = config.map(|it| it.get("buffer").unwrap_or(it));
    let most = config.and_then(|it| it.number("max_request_bytes"));
    let length: Option<u64> = headers.first("content-length").and_then(|it| it.parse().ok());
    let h2 = run.request.protocol().h2();
    if let (Some(most), Some(length)) = (most, length)
        && length > most
    {
        let what = What::Header("content-length".to_owned());
        if h2 {
            // A body that comes in one frame, which ends the stream, is never kept: the client's framing decides.
            run.note(StepKind::HttpFilter, &filter.name, Why::Beyond(what, length.to_string()), place);
            return Ok(());
        }
        let why = Why::Differs(what, most.to_string(), length.to_string());
        run.note(StepKind::HttpFilter, &filter.name, why, place);
        answer(run, 413, headers);
        return run.end_with(Outcome::Denied, "request_payload_too_large");
    }
    let connect = headers.first(":method") == Some("CONNECT");
    if !connect && !is_upgrade(headers) {
        run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
        return Ok(());
    }
    let kind = headers.first("upgrade").filter(|_| !connect).unwrap_or("CONNECT").to_owned();
    if h2 {
        // One whose first frame ends the stream is whole.
        run.note(StepKind::HttpFilter, &filter.name, Why::Beyond(What::Upgrade, kind), place);
        return Ok(());
    }
    run.note(StepKind::HttpFilter, &filter.name, Why::Unwanted(What::Upgrade), place);
    if waits_forever(way, manager) {
        return run.end(Outcome::Denied);
    }
    answer(run, 408, headers);
    run.end_with(Outcome::Denied, "stream_idle_timeout")
}

/// Whether neither the route nor the listener limits how long a stream may be idle: `0s` switches that off.
fn waits_forever(way: &Way<'_>, manager: HttpConnectionManager<'_>) -> bool {
    let of_route = way.route.and_then(|it| it.0.path(&["route", "idle_timeout"]));
    let timeout = of_route.or(manager.0.get("stream_idle_timeout"));
    let none = |it: Node<'_>| {
        it.str().is_some_and(|text| text.trim_end_matches('s').parse().is_ok_and(|it: f64| it == 0.0))
    };
    timeout.is_some_and(none)
}
