//! Policy: what filters deny, and whom they ask.

use super::finding::{Finding, Need, Severity, Subject};
use super::listeners::with_reach;
use super::site::Cx;
use super::traffic::Reach;
use super::{tokens, xds};
use crate::envoy::extension::{HTTP_RBAC, NETWORK_RBAC};
use crate::envoy::{Config, Extension, FilterChain, Kind, Rbac, ResourceId};
use crate::json::Node;

/// Judges the filters of a chain in use.
pub fn filters(cx: &mut Cx<'_, '_>, at: ResourceId, listener: &str, chain: FilterChain<'_>, reach: &Reach) {
    let port = chain.filter_chain_match().and_then(|it| it.destination_port());
    for filter in chain.filters() {
        unknown(cx, at, listener, filter);
        xds::extension(cx, at, listener, filter);
        if filter.is(&NETWORK_RBAC, "RBAC") {
            rbac(cx, at, (listener, port), (filter, false), reach);
        }
    }
    let Some(manager) = chain.http_connection_manager() else { return };
    for filter in manager.http_filters().filter(|it| !it.disabled()) {
        unknown(cx, at, listener, filter);
        xds::extension(cx, at, listener, filter);
        let Some(config) = filter.config() else { continue };
        if filter.is(&HTTP_RBAC, "RBAC") {
            rbac(cx, at, (listener, port), (filter, true), reach);
            tokens::wanted(cx, at, listener, filter, manager, reach);
        } else if filter.is(&["envoy.filters.http.ext_authz", "envoy.ext_authz"], "ExtAuthz") {
            ext_authz(cx, at, listener, &config, reach);
        } else if filter.is(&["envoy.filters.http.jwt_authn"], "JwtAuthentication") {
            tokens::filter(cx, at, listener, &config, reach);
        } else if filter.is(&["envoy.filters.http.lua", "envoy.lua"], "Lua") {
            let source = ["default_source_code", "inline_code"].iter().find_map(|key| config.node.get(key));
            let code = source.unwrap_or(filter.0);
            let finding = Finding::new("inline-code", Severity::Note, Subject::Extension, filter.name())
                .cause(String::from_utf8_lossy(code.raw()))
                .arg("listener", listener)
                .arg("filter", filter.name())
                .evidence(cx.site.evidence(at, code));
            cx.report(at, with_reach(finding, reach));
        }
    }
}

/// Filters that are none of Envoy's or Istio's: what they do is not known here.
pub fn unknown(cx: &mut Cx<'_, '_>, at: ResourceId, listener: &str, filter: Extension<'_>) {
    let Some(config) = filter.config().filter(|it| !it.type_url.is_empty()) else { return };
    let name = config.type_url.rsplit('/').next().unwrap_or("");
    const KNOWN: [&str; 7] =
        ["envoy.", "udpa.", "xds.", "istio.", "io.istio.", "stats.PluginConfig", "google.protobuf."];
    if name.is_empty() || KNOWN.iter().any(|it| name.starts_with(it)) {
        return;
    }
    let finding = Finding::new("unknown-extension", Severity::Note, Subject::Extension, filter.name())
        .cause(listener)
        .arg("listener", listener)
        .arg("extension", filter.name())
        .arg("type", name)
        .evidence(cx.site.evidence(at, filter.0));
    cx.report(at, finding);
}

/// Whether a permission or principal is `any`, or not even that.
fn is_any(it: Node<'_>) -> bool {
    it.flag("any")
}

fn is_none(it: Node<'_>) -> bool {
    ["not_rule", "not_id"].iter().any(|key| it.get(key).is_some_and(is_any))
}

fn takes(policy: Node<'_>, what: fn(Node<'_>) -> bool, both: bool) -> bool {
    let all = |key: &str| {
        let mut list = policy.list(key).peekable();
        list.peek().is_some() && list.all(what)
    };
    let conditional = policy.get("condition").is_some() || policy.get("checked_condition").is_some();
    if both {
        all("permissions") && all("principals") && !conditional
    } else {
        all("permissions") || all("principals")
    }
}

/// Check 40: rules that let nothing through.
///
/// An ALLOW policy with conditions on HTTP becomes one that lets nothing through on ports that are TCP (Istio,
/// pilot/pkg/security/authz/model). The chains of an inbound listener for all other ports are scaffolding.
fn rbac(
    cx: &mut Cx<'_, '_>,
    at: ResourceId,
    (listener, port): (&str, Option<u64>),
    (filter, http): (Extension<'_>, bool),
    reach: &Reach,
) {
    let it = Rbac::of(filter);
    let Some(rules) = it.rules() else {
        if let Some(shadow) = it.shadow_rules().filter(|_| it.shadow_policies().next().is_some()) {
            let names: Vec<String> = it.shadow_policies().map(|it| it.0.into_owned()).take(4).collect();
            let finding = Finding::new("rbac-dry-run", Severity::Note, Subject::Listener, listener)
                .cause(names.join(","))
                .arg("listener", listener)
                .arg("policies", names.join(", "))
                .evidence(cx.site.evidence(at, shadow));
            cx.report(at, with_reach(finding, reach));
        }
        return;
    };
    let action = it.action();
    let (case, names): (_, Vec<String>) = match action.as_ref() {
        "ALLOW" if it.policies().all(|it| takes(it.1, is_none, false)) => {
            ("", it.policies().map(|it| it.0.into_owned()).collect())
        }
        "DENY" => {
            let all = it.policies().filter(|it| takes(it.1, is_any, true)).map(|it| it.0.into_owned());
            ("deny", all.collect())
        }
        _ => return,
    };
    if case == "deny" && names.is_empty() || listener == "virtualInbound" && port.is_none() {
        return;
    }
    let severity = if http || case == "deny" { Severity::Error } else { Severity::Warning };
    let port = port.map(|it| it.to_string()).unwrap_or_default();
    let mut finding = Finding::new("rbac-denies-all", severity, Subject::Listener, listener)
        .case(match (case, http) {
            ("", false) => "tcp",
            _ => case,
        })
        .cause(format!("{action} {port} {}", names.join(",")))
        .arg("port", &port)
        .arg("listener", listener)
        .evidence(cx.site.evidence(at, rules));
    if let Some(first) = names.first() {
        finding = finding.arg("policy", first);
        finding.owner = policy_owner(first);
    }
    finding = if http {
        finding.response(403, "", "rbac_access_denied_matched_policy")
    } else {
        finding.response(0, "", "rbac_access_denied_matched_policy")
    };
    cx.report(at, with_reach(finding, reach));
}

/// `ns[shop]-policy[deny]-rule[0]` is AuthorizationPolicy shop/deny (Istio, pilot/pkg/security/authz/builder).
pub fn policy_owner(name: &str) -> Option<String> {
    let rest = name.strip_prefix("istio-ext-authz-").unwrap_or(name).strip_prefix("ns[")?;
    let (namespace, rest) = rest.split_once("]-policy[")?;
    let (policy, _) = rest.split_once("]-rule[")?;
    Some(format!("AuthorizationPolicy {namespace}/{policy}"))
}

/// Check 40: nobody to ask.
fn ext_authz(cx: &mut Cx<'_, '_>, at: ResourceId, listener: &str, config: &Config<'_>, reach: &Reach) {
    let paths: [&[&str]; 2] =
        [&["grpc_service", "envoy_grpc", "cluster_name"], &["http_service", "server_uri", "cluster"]];
    let Some(name) = paths.iter().find_map(|it| config.node.path(it)) else { return };
    let allows = config.node.flag("failure_mode_allow");
    let severity = if allows { Severity::Warning } else { Severity::Error };
    named_cluster(
        cx,
        at,
        (listener, "ext-authz-cluster-missing"),
        name,
        severity,
        if allows { "open" } else { "" },
        reach,
    );
}

/// A filter's own cluster must be there.
pub fn named_cluster(
    cx: &mut Cx<'_, '_>,
    at: ResourceId,
    (listener, check): (&str, &'static str),
    name: Node<'_>,
    severity: Severity,
    case: &'static str,
    reach: &Reach,
) {
    let site = *cx.site;
    let Some(text) = name.str().filter(|it| !it.is_empty()) else { return };
    cx.traffic.lead_to(&text, reach);
    if site.named(Kind::Cluster, name).is_some() {
        return;
    }
    if !site.complete(Kind::Cluster) {
        cx.not_judged(check, if site.whole { Need::Clusters } else { Need::WholeDump });
        return;
    }
    let finding = Finding::new(check, severity, Subject::Listener, listener)
        .case(case)
        .cause(text.clone())
        .arg("listener", listener)
        .arg("cluster", &text)
        .evidence(site.evidence(at, name));
    let finding = match check {
        "ext-authz-cluster-missing" if case.is_empty() => finding.response(403, "UAEX", "ext_authz_error"),
        "jwt-unverifiable" => finding.response(401, "", "jwt_authn_access_denied"),
        _ => finding,
    };
    cx.report(at, with_reach(finding, reach));
}
