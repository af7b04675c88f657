//! What else a route does: rewrites, limits of time, retries, mirrors, hash policies. They change nothing of where a
//! request goes; they are told.

use super::run::{Run, considered};
use super::step::{Considered, StepKind, What, Why};
use crate::envoy::{Route, RouteAction};
use crate::json::Node;

/// Notes what a route does beside choosing a cluster.
pub(super) fn note<'t>(run: &mut Run<'t, '_>, route: Route<'t>, action: RouteAction<'t>) {
    if !run.telling() {
        return;
    }
    let mut out: Vec<Considered> = Vec::new();
    let mut push = |name: &str, value: String, node: Option<Node<'t>>| {
        out.push(considered(name, true, Why::Meets(What::Path, value), node));
    };
    if let Some(it) = action.prefix_rewrite() {
        push("prefix_rewrite", it.into_owned(), action.0.get("prefix_rewrite"));
    }
    if let Some((pattern, substitution)) = action.regex_rewrite() {
        push("regex_rewrite", format!("{pattern} → {substitution}"), action.0.get("regex_rewrite"));
    }
    if let Some(it) = action.host_rewrite_literal() {
        push("host_rewrite_literal", it.into_owned(), action.0.get("host_rewrite_literal"));
    }
    for key in ["host_rewrite_header", "timeout", "idle_timeout"] {
        if let Some(it) = action.0.text(key).filter(|it| !it.is_empty()) {
            push(key, it.into_owned(), action.0.get(key));
        }
    }
    if let Some(it) = action.retry_policy() {
        push("retry_policy", format!("{} × {}", it.num_retries(), it.retry_on()), Some(it.0));
    }
    for (name, percent) in action.request_mirror_policies() {
        push(
            "request_mirror_policies",
            format!("{name} {percent} %"),
            action.0.get("request_mirror_policies"),
        );
    }
    for policy in action.0.list("hash_policy") {
        let kind = policy.fields().map(|(key, _)| String::from_utf8_lossy(key).into_owned()).next();
        push("hash_policy", kind.unwrap_or_default(), Some(policy));
    }
    if !out.is_empty() {
        run.step(StepKind::Action, Some(route.0.span()), true, |_| out);
    }
}
