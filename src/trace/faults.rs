//! Filters that answer instead of the upstream: injected faults, CORS preflights, CSRF
//! (source/extensions/filters/http/{fault,cors,csrf}).

use super::http::Way;
use super::http_filters::{Filter, any_text, fraction};
use super::request::Headers;
use super::route_action::answer;
use super::run::{Flow, Run};
use super::step::{Outcome, StepKind, Truth, What, Why};
use super::text_match::header;
use crate::envoy::{HeaderMatcher, percent};
use crate::json::Node;

/// Delays pass; an abort ends the request with its status.
pub(super) fn fault<'t>(
    run: &mut Run<'t, '_>,
    filter: &Filter<'t>,
    way: &Way<'t>,
    headers: &Headers,
) -> Flow<()> {
    let place = Some(filter.extension.0.span());
    let Some(config) = filter.effective() else { return Ok(()) };
    let applies = applies(run, config, way, headers);
    let abort = config.get("abort").filter(|_| applies != Truth::No);
    let Some(abort) = abort else {
        run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
        return Ok(());
    };
    let status = if abort.get("header_abort").is_some() {
        headers.first("x-envoy-fault-abort-request").and_then(|it| it.parse().ok())
    } else if abort.get("grpc_status").is_some() {
        Some(200)
    } else {
        abort.number("http_status").and_then(|it| u16::try_from(it).ok())
    };
    let Some(status) = status else {
        run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
        return Ok(());
    };
    match Truth::all([applies, fraction(abort.get("percentage"), 0.0)]) {
        Truth::Yes => {
            run.note(StepKind::HttpFilter, &filter.name, Why::Meets(What::Status, status.to_string()), place);
            answer(run, status, headers);
            run.end_with(Outcome::Denied, "fault_filter_abort")
        }
        Truth::No => {
            run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
            Ok(())
        }
        Truth::Unknown => {
            let share = abort.get("percentage").map_or(100.0, percent);
            let why = Why::Beyond(What::Fraction, format!("{share} % get {status}"));
            run.note(StepKind::HttpFilter, &filter.name, why, place);
            Ok(())
        }
    }
}

/// Whether a fault is meant for this request: its cluster, its headers, the node it comes from.
fn applies<'t>(run: &Run<'t, '_>, config: Node<'t>, way: &Way<'t>, headers: &Headers) -> Truth {
    let cluster = config.text("upstream_cluster").filter(|it| !it.is_empty());
    let own = way.route.and_then(|it| it.0.path(&["route", "cluster"])).and_then(Node::str);
    if cluster.is_some() && cluster != own {
        return Truth::No;
    }
    let wants = config.list("headers").map(HeaderMatcher);
    let fits = Truth::all(wants.map(|it| header(run.tracer, it, headers)));
    let mut nodes = config.list("downstream_nodes").filter_map(Node::str).peekable();
    let node = headers.first("x-envoy-downstream-service-node");
    let from = nodes.peek().is_none() || nodes.any(|it| Some(it.as_ref()) == node);
    Truth::all([fits, from.into()])
}

/// A preflight whose origin is allowed is answered by the filter.
pub(super) fn cors<'t>(run: &mut Run<'t, '_>, filter: &Filter<'t>, headers: &Headers) -> Flow<()> {
    let place = Some(filter.extension.0.span());
    let policy = filter.here.config.as_ref().map(|it| it.node);
    let origin = headers.first("origin").filter(|it| !it.is_empty());
    let (Some(policy), Some(origin)) = (policy, origin) else {
        run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
        return Ok(());
    };
    let enabled = fraction(policy.get("filter_enabled"), 100.0);
    let preflight = headers.first(":method") == Some("OPTIONS")
        && headers.first("access-control-request-method").is_some_and(|it| !it.is_empty());
    let allowed = any_text(run, policy.list("allow_origin_string_match"), origin);
    // A preflight from elsewhere goes on to the upstream, unless the policy keeps it.
    let keeps = policy.get("forward_not_matching_preflights").and_then(Node::bool) == Some(false);
    let answers = Truth::all([enabled, preflight.into(), Truth::any([allowed, keeps.into()])]);
    match answers {
        Truth::Yes => {
            run.note(
                StepKind::HttpFilter,
                &filter.name,
                Why::Meets(What::Header("origin".to_owned()), origin.to_owned()),
                place,
            );
            run.verdict.status = Some(200);
            run.end_with(Outcome::DirectResponse, "cors_response")
        }
        Truth::No => {
            run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
            Ok(())
        }
        Truth::Unknown => {
            run.note(StepKind::HttpFilter, &filter.name, Why::Beyond(What::Fraction, String::new()), place);
            Ok(())
        }
    }
}

/// A request that changes something must come from its own host, or from one that is listed.
pub(super) fn csrf<'t>(run: &mut Run<'t, '_>, filter: &Filter<'t>, headers: &Headers) -> Flow<()> {
    let place = Some(filter.extension.0.span());
    let Some(policy) = filter.effective() else { return Ok(()) };
    let changes = matches!(headers.first(":method"), Some("POST" | "PUT" | "DELETE" | "PATCH"));
    let of = |name| headers.first(name).map(host_of).filter(|it| !it.is_empty());
    let source = of("origin").or_else(|| of("referer")).unwrap_or("");
    let target = host_of(headers.first(":authority").unwrap_or(""));
    let listed = any_text(run, policy.list("additional_origins"), source);
    // A request without an origin is never valid, whatever is listed.
    let valid = Truth::all([(!source.is_empty()).into(), Truth::any([(source == target).into(), listed])]);
    match Truth::all([changes.into(), fraction(policy.get("filter_enabled"), 100.0), valid.negated()]) {
        Truth::Yes => {
            let why = Why::Differs(What::Header("origin".to_owned()), target.to_owned(), source.to_owned());
            run.note(StepKind::HttpFilter, &filter.name, why, place);
            answer(run, 403, headers);
            run.end_with(Outcome::Denied, "csrf_origin_mismatch")
        }
        Truth::No => {
            run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
            Ok(())
        }
        Truth::Unknown => {
            run.note(StepKind::HttpFilter, &filter.name, Why::Beyond(What::Fraction, String::new()), place);
            Ok(())
        }
    }
}

/// The host and port of a URL, or of an authority.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
