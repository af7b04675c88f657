//! Envoy's own answers, as the listener's mappers change them (source/common/local_reply/local_reply.cc).

use super::request::Headers;
use super::route_match::is_grpc;
use super::run::Run;
use super::step::{StepKind, Truth, What, Why};
use super::text_match::header;
use crate::envoy::{HeaderMatcher, HttpConnectionManager};
use crate::json::Node;

/// How deep filters may nest here.
const DEEPEST: usize = 16;

/// The first mapper whose filter matches gives the status; the details stay. The answer to a preflight is none of
/// Envoy's local replies.
pub(super) fn rewrite<'t>(run: &mut Run<'t, '_>, manager: HttpConnectionManager<'t>, headers: &Headers) {
    let Some(status) = run.answered.or(run.verdict.status) else { return };
    if run.verdict.details.as_deref() == Some("cors_response") {
        return;
    }
    let mappers = manager.0.get("local_reply_config").into_iter().flat_map(|it| it.list("mappers"));
    for mapper in mappers {
        let filter = mapper.get("filter");
        let place = Some(mapper.span());
        match filter.map_or(Truth::Yes, |it| fits(run, it, status, headers, 0)) {
            Truth::No => {}
            Truth::Yes => {
                let own = mapper.number("status_code").and_then(|it| u16::try_from(it).ok());
                if let Some(own) = own.filter(|_| !is_grpc(headers)) {
                    run.verdict.status = Some(own);
                    let why = Why::Meets(What::Status, own.to_string());
                    run.note(StepKind::HttpOptions, "local_reply_config", why, place);
                }
                return;
            }
            Truth::Unknown => {
                let why = Why::Beyond(What::Status, status.to_string());
                run.note(StepKind::HttpOptions, "local_reply_config", why, place);
                return;
            }
        }
    }
}

/// Whether a filter of access logs matches (source/common/access_log/access_log_impl.cc).
fn fits<'t>(run: &Run<'t, '_>, filter: Node<'t>, status: u16, headers: &Headers, depth: usize) -> Truth {
    if depth > DEEPEST {
        return Truth::Unknown;
    }
    let nested = |it| fits(run, it, status, headers, depth + 1);
    if let Some(comparison) = filter.path(&["status_code_filter", "comparison"]) {
        let value = comparison.path(&["value", "default_value"]).and_then(Node::u64).unwrap_or(0);
        let status = u64::from(status);
        return match comparison.text("op").as_deref() {
            None | Some("EQ") => (status == value).into(),
            Some("GE") => (status >= value).into(),
            Some("LE") => (status <= value).into(),
            Some("NE") => (status != value).into(),
            Some(_) => Truth::Unknown,
        };
    }
    if let Some(all) = filter.get("and_filter") {
        return Truth::all(all.list("filters").map(nested));
    }
    if let Some(any) = filter.get("or_filter") {
        return Truth::any(any.list("filters").map(nested));
    }
    if let Some(matcher) = filter.path(&["header_filter", "header"]) {
        return header(run.tracer, HeaderMatcher(matcher), headers);
    }
    if let Some(flags) = filter.get("response_flag_filter") {
        let own = run.verdict.flags;
        let mut wanted = flags.list("flags").filter_map(Node::str).peekable();
        // Without any it wants just any flag; only those that the configuration decides are known.
        return match wanted.peek() {
            None => (!own.is_empty()).into(),
            Some(_) => wanted.any(|it| it == own).into(),
        };
    }
    if filter.get("not_health_check_filter").is_some() {
        return Truth::Yes;
    }
    Truth::Unknown
}
