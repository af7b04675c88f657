//! Tokens (JWT): whether they can be verified, and whether a policy wants one that nothing verifies.

use std::collections::BTreeSet;

use super::finding::{Finding, Severity, Subject};
use super::listeners::with_reach;
use super::policy::{named_cluster, policy_owner};
use super::site::Cx;
use super::traffic::Reach;
use crate::envoy::{Config, Extension, HttpConnectionManager, Rbac, ResourceId};
use crate::json::Node;

/// The filter that verifies tokens.
const FILTER: &str = "envoy.filters.http.jwt_authn";

/// Check 41: providers whose keys cannot be had, and rules that name none that there is.
pub fn filter(cx: &mut Cx<'_, '_>, at: ResourceId, listener: &str, config: &Config<'_>, reach: &Reach) {
    for (name, provider) in config.node.get("providers").into_iter().flat_map(Node::entries) {
        if let Some(cluster) = provider.path(&["remote_jwks", "http_uri", "cluster"]) {
            named_cluster(cx, at, (listener, "jwt-unverifiable"), cluster, Severity::Warning, "", reach);
        }
        let inline = provider.path(&["local_jwks", "inline_string"]);
        let empty = inline.filter(|it| it.str().is_some_and(|it| has_no_key(&it)));
        if let Some(inline) = empty {
            let finding = Finding::new("jwt-unverifiable", Severity::Warning, Subject::Listener, listener)
                .case("empty")
                .cause(name.clone())
                .arg("listener", listener)
                .arg("provider", &name)
                .evidence(cx.site.evidence(at, inline))
                .response(401, "", "jwt_authn_access_denied");
            cx.report(at, with_reach(finding, reach));
        }
    }
    for name in required(config.node) {
        let known = name.str().is_none_or(|it| config.node.path(&["providers", &it]).is_some());
        if known {
            continue;
        }
        let text = name.str().unwrap_or_default();
        let finding = Finding::new("jwt-unverifiable", Severity::Warning, Subject::Listener, listener)
            .case("unknown")
            .cause(text.clone())
            .arg("listener", listener)
            .arg("provider", &text)
            .evidence(cx.site.evidence(at, name));
        cx.report(at, with_reach(finding, reach));
    }
}

/// The providers that the rules name (`JwtRequirement`), wherever they stand.
fn required(config: Node<'_>) -> Vec<Node<'_>> {
    let rules = config.list("rules").filter_map(|it| it.get("requires"));
    let map = config.get("requirement_map").into_iter().flat_map(Node::entries).map(|it| it.1);
    let states = config.path(&["filter_state_rules", "requires"]).into_iter().flat_map(Node::entries);
    let mut open: Vec<(Node<'_>, u32)> =
        rules.chain(map).chain(states.map(|it| it.1)).map(|it| (it, 0)).collect();
    let mut found = Vec::new();
    while let Some((it, depth)) = open.pop() {
        found.extend(it.get("provider_name"));
        found.extend(it.path(&["provider_and_audiences", "provider_name"]));
        if depth < DEEPEST {
            let nested = ["requires_any", "requires_all"].into_iter().filter_map(|key| it.get(key));
            open.extend(nested.flat_map(|it| it.list("requirements")).map(|it| (it, depth + 1)));
        }
    }
    found
}

/// How deep rules and principals may be nested to be read.
const DEEPEST: u32 = 16;

/// The issuers whose tokens a connection manager verifies.
struct Issuers {
    /// By the text of `issuer`.
    exact: BTreeSet<String>,
    /// Whether a provider takes tokens of any, or there may be a provider that is not known here.
    any: bool,
    /// Whether tokens are verified at all.
    verifies: bool,
}

impl Issuers {
    /// Of all its filters, in whatever order they stand.
    fn of(manager: HttpConnectionManager<'_>) -> Issuers {
        let mut found = Issuers { exact: BTreeSet::new(), any: false, verifies: false };
        for filter in manager.http_filters() {
            // Comes from elsewhere (ECDS), or may say what it likes of a request.
            let Some(config) = filter.config() else {
                found.any |= filter.config_discovery().is_some();
                continue;
            };
            found.any |= matches!(
                config.message(),
                "Lua" | "Wasm" | "TypedStruct" | "ExternalProcessor" | "DynamicModuleFilter"
            );
            if !filter.is(&[FILTER], "JwtAuthentication") {
                continue;
            }
            found.verifies = true;
            for (_, provider) in config.node.get("providers").into_iter().flat_map(Node::entries) {
                match provider.text("issuer").filter(|it| !it.is_empty()) {
                    Some(issuer) => found.exact.extend([issuer.into_owned()]),
                    None => found.any = true,
                }
            }
        }
        found
    }

    /// Whether no request can have any of these principals; and one of those that are wanted in vain.
    fn never_any<'t>(&self, list: impl Iterator<Item = Node<'t>>, depth: u32) -> Option<Node<'t>> {
        let mut wanted = None;
        for it in list {
            wanted = Some(self.never(it, depth)?);
        }
        wanted
    }

    /// Whether no request can have that principal, for want of a verified token; and what is wanted in vain.
    fn never<'t>(&self, principal: Node<'t>, depth: u32) -> Option<Node<'t>> {
        if depth > DEEPEST {
            return None;
        }
        let ids = |key| principal.path(&[key, "ids"]).into_iter().flat_map(Node::items);
        if principal.get("and_ids").is_some() {
            return ids("and_ids").find_map(|it| self.never(it, depth + 1));
        }
        if principal.get("or_ids").is_some() {
            return self.never_any(ids("or_ids"), depth + 1);
        }
        let matcher = principal
            .get("metadata")
            .or_else(|| principal.path(&["sourced_metadata", "metadata_matcher"]))?;
        if matcher.text("filter").as_deref() != Some(FILTER) || matcher.flag("invert") {
            return None;
        }
        let path: Vec<_> = matcher.list("path").filter_map(|it| it.text("key")).collect();
        let exact = matcher.path(&["value", "string_match", "exact"]);
        let issuer = path.len() == 2 && path[1] == "iss";
        match exact.filter(|_| issuer) {
            Some(exact) if self.verifies => {
                exact.str().is_none_or(|it| !self.exact.contains(&*it)).then_some(exact)
            }
            _ => (!self.verifies).then_some(matcher),
        }
    }
}

/// Policies that let in who has a token which nothing on the way verifies. Istio makes metadata of verified tokens alone
/// (pilot/pkg/security/authz/model/generator.go, `requestPrincipalGenerator`).
pub fn wanted(
    cx: &mut Cx<'_, '_>,
    at: ResourceId,
    listener: &str,
    filter: Extension<'_>,
    manager: HttpConnectionManager<'_>,
    reach: &Reach,
) {
    let rbac = Rbac::of(filter);
    if rbac.action() != "ALLOW" {
        return;
    }
    let issuers = Issuers::of(manager);
    if issuers.any {
        return;
    }
    let policies = rbac.policies().filter(|it| it.0.as_ref() != "istio-ext-authz");
    let judged: Vec<_> =
        policies.map(|(name, it)| (name, issuers.never_any(it.list("principals"), 0))).collect();
    let all = judged.iter().all(|it| it.1.is_some());
    let severity = if all { Severity::Error } else { Severity::Warning };
    for (name, wanted) in judged {
        let Some(wanted) = wanted else { continue };
        let issuer = wanted.str().unwrap_or_default();
        let mut finding = Finding::new("token-never-verified", severity, Subject::Listener, listener)
            .case(if issuer.is_empty() { "any" } else { "" })
            .cause(name.clone())
            .arg("listener", listener)
            .arg("policy", &name)
            .arg("issuer", &issuer)
            .evidence(cx.site.evidence(at, wanted))
            .likely()
            .response(403, "", "rbac_access_denied_matched_policy");
        finding.owner = policy_owner(&name);
        cx.report(at, with_reach(finding, reach));
    }
}

/// Whether a key set is empty. What is not JSON was taken out of the dump: nothing is known of it.
fn has_no_key(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.starts_with('{') && !text.contains("\"kty\"")
}
