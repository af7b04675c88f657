//! Resilience: limits that contradict each other, faults that are injected, what ejects and what sets off failover.

use super::clusters::{Subjected, panic_is_off};
use super::finding::{Finding, Severity};
use super::listeners::with_reach;
use super::routing::Met;
use super::site::Cx;
use crate::envoy::{Config, RetryPolicy, ServiceKey, percent};
use crate::json::Node;

/// Seconds of `2s`, `0.100s`.
fn seconds(text: &str) -> Option<f64> {
    text.strip_suffix('s')?.parse().ok().filter(|it: &f64| it.is_finite())
}

/// Check 42: a route's limits.
pub fn route(cx: &mut Cx<'_, '_>, met: &Met<'_, '_>) {
    let (it, action) = (met.route, met.action);
    let finding = |check: &'static str, severity: Severity, node: Node<'_>, cx: &Cx<'_, '_>| {
        let name = it.name();
        let route = if name.is_empty() {
            format!("→ {}", action.0.text("cluster").unwrap_or_default())
        } else {
            name.into_owned()
        };
        let severity = if met.reach.is_empty() { Severity::Note } else { severity };
        let finding = Finding::new(check, severity, met.resource.0, met.resource.1)
            .cause(format!("{} {route}", met.host))
            .arg("host", met.host)
            .arg("name", route)
            .evidence(cx.site.evidence(met.at, node))
            .owner(it.owner());
        with_reach(finding, met.reach)
    };
    let timeout =
        action.0.get("timeout").and_then(|it| it.str()).and_then(|it| seconds(&it)).filter(|it| *it > 0.0);
    if let Some((policy, limit)) = action.0.get("retry_policy").zip(timeout)
        && let Some(each) = RetryPolicy(policy).per_try_timeout().and_then(|it| seconds(&it))
        && each > limit
    {
        let found = finding("timeouts-contradict", Severity::Warning, policy, cx)
            .arg("each", each)
            .arg("timeout", limit)
            .arg("retries", RetryPolicy(policy).num_retries());
        cx.report(met.at, found);
    }
    for (name, any) in it.typed_per_filter_config() {
        if !matches!(name.as_ref(), "envoy.filters.http.fault" | "envoy.fault") {
            continue;
        }
        let config = Config::of_any(any).node;
        let delay = config.get("delay");
        let lasts = delay.and_then(|it| it.text("fixed_delay")).and_then(|it| seconds(&it));
        if let Some((delay, lasts, limit)) =
            delay.zip(lasts).zip(timeout).map(|((delay, lasts), limit)| (delay, lasts, limit))
            && lasts > limit
        {
            let found = finding("timeouts-contradict", Severity::Warning, delay, cx).case("delay");
            cx.report(met.at, found.arg("delay", lasts).arg("timeout", limit));
        }
        for (node, case) in [(delay, "delay"), (config.get("abort"), "abort")] {
            let Some(node) = node else { continue };
            let share = node.get("percentage").map_or(0.0, percent);
            if share > 0.0 {
                let found =
                    finding("fault-injected", Severity::Note, node, cx).case(case).arg("percent", share);
                cx.report(met.at, found.arg("delay", lasts.unwrap_or(0.0)));
            }
        }
    }
}

/// A limit so low that two or three clients at a time reach it.
const TIGHT: u64 = 10;

/// Checks 4, 43 and 44: a cluster's limits.
pub fn cluster(cx: &mut Cx<'_, '_>, it: &Subjected<'_>) {
    let outbound = ServiceKey::parse(&it.name).is_some_and(|it| it.direction == "outbound");
    for threshold in it.cluster.thresholds() {
        let limits = ["max_connections", "max_pending_requests", "max_requests"];
        let tight: Vec<(&str, u64)> = limits
            .iter()
            .filter_map(|key| Some((*key, threshold.number(key)?)))
            .filter(|it| it.1 <= TIGHT)
            .collect();
        if tight.is_empty() {
            continue;
        }
        let shown: Vec<String> = tight.iter().map(|(key, value)| format!("{key} {value}")).collect();
        let finding = it
            .finding("circuit-breaker-tight", Severity::Warning)
            .arg("limits", shown.join(", "))
            .evidence(cx.site.evidence(it.id, threshold))
            .response(503, "UO", "overflow");
        cx.report(it.id, finding);
    }
    let Some((endpoints, assignment)) = &it.endpoints else { return };
    let failover = assignment.localities().any(|it| it.priority() > 0 && it.endpoints().next().is_some());
    let checks = it.cluster.0.list("health_checks").next().is_some();
    match it.cluster.outlier_detection() {
        None if failover && !checks && outbound => {
            let finding = it.finding("failover-without-outlier", Severity::Note).likely();
            cx.report(it.id, finding.evidence(cx.site.evidence(*endpoints, assignment.0)));
        }
        Some(outlier) => {
            let most = outlier.number("max_ejection_percent").unwrap_or(10);
            let count = assignment.localities().flat_map(|it| it.endpoints()).count();
            // In panic the ejected ones get the requests all the same.
            if most >= 100 && (1..=2).contains(&count) && panic_is_off(&it.cluster) {
                let finding = it.finding("outlier-ejects-all", Severity::Note).arg("count", count);
                cx.report(it.id, finding.likely().evidence(cx.site.evidence(it.id, outlier)));
            }
        }
        None => {}
    }
}
