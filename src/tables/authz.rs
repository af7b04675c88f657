//! `istioctl experimental authz check` (istioctl/pkg/authz/listener.go).

use std::collections::{BTreeMap, BTreeSet};

use super::text::TextTable;
use super::{Dump, Lack, Listing};
use crate::envoy::extension::{HTTP_CONNECTION_MANAGER, HTTP_RBAC, NETWORK_RBAC};
use crate::envoy::{Extension, FilterChain, HttpConnectionManager, Kind, Listener, Rbac, State};

/// What an AuthorizationPolicy does, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyAction {
    /// Denies what matches.
    Deny,
    /// Denies what does not match.
    Allow,
    /// Logs what matches.
    Log,
    /// Asks somebody else.
    Custom,
}

/// An AuthorizationPolicy that is in force.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyRow {
    /// What it does.
    pub action: PolicyAction,
    /// `name.namespace`
    pub policy: String,
    /// How many rules it has.
    pub rules: usize,
}

/// What istioctl calls a filter that has no policy, and so matches nothing.
const ANONYMOUS: &str = "_anonymous_match_nothing_";
/// What a rule's name begins with when an external server is to be asked.
const CUSTOM: &str = "istio-ext-authz-";

/// The policies in the active listeners of the control plane, by action and name. Default filter chains are not
/// looked at, as in istioctl.
///
/// # Errors
/// Where the dump has no such listeners.
pub fn rows(dump: Dump<'_>) -> Result<Listing<PolicyRow>, Lack> {
    let listeners = dump.required(Kind::Listener, &[State::Active], "ListenersConfigDump", "listeners")?;
    let mut unread = Vec::new();
    let mut policies = BTreeSet::new();
    // A policy's rules count wherever they are, whatever they do.
    let mut rules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (id, resource) in listeners {
        let tree = match resource.body(dump.bytes) {
            Ok(tree) => tree,
            Err(fault) => {
                unread.push(dump.unread((id, resource), fault));
                continue;
            }
        };
        for filter in
            Listener(tree.root()).filter_chains().flat_map(FilterChain::filters).flat_map(rbac_filters)
        {
            for (action, policy, rule) in policies_of(filter) {
                rules.entry(policy.clone()).or_default().insert(rule);
                policies.insert((action, policy));
            }
        }
    }
    let row = |(action, policy): (PolicyAction, String)| PolicyRow {
        rules: rules.get(&policy).map_or(0, BTreeSet::len),
        action,
        policy,
    };
    Ok(Listing { rows: policies.into_iter().map(row).collect(), unread })
}

/// The filters that authorize in a network filter: itself, or those of its HTTP connection manager.
fn rbac_filters(filter: Extension<'_>) -> Vec<Rbac<'_>> {
    let rbac =
        |it: Extension<'_>| it.config().is_none_or(|it| it.message() == "RBAC" || it.type_url.is_empty());
    if filter.named(&HTTP_CONNECTION_MANAGER) {
        let manager = filter.config().map(HttpConnectionManager::of);
        let filters = manager.into_iter().flat_map(HttpConnectionManager::http_filters);
        return filters.filter(|it| it.named(&HTTP_RBAC) && rbac(*it)).map(Rbac::of).collect();
    }
    if filter.named(&NETWORK_RBAC) && rbac(filter) { vec![Rbac::of(filter)] } else { Vec::new() }
}

fn policies_of(filter: Rbac<'_>) -> Vec<(PolicyAction, String, String)> {
    let action = match filter.action().as_ref() {
        "DENY" => PolicyAction::Deny,
        "LOG" => PolicyAction::Log,
        _ => PolicyAction::Allow,
    };
    let mut found: Vec<_> = filter
        .policies()
        .map(|(name, _)| {
            let (policy, rule) = take_apart(&name);
            (action, policy, rule)
        })
        .collect();
    if found.is_empty() {
        found.push((action, ANONYMOUS.to_owned(), "0".to_owned()));
    }
    let shadow = filter.shadow_policies().filter(|(name, _)| name.starts_with(CUSTOM));
    found.extend(shadow.map(|(name, _)| {
        let (policy, rule) = take_apart(&name);
        (PolicyAction::Custom, policy, rule)
    }));
    found
}

/// `name.namespace` and rule of `ns[default]-policy[name]-rule[1]`; both empty for a name of another form.
fn take_apart(name: &str) -> (String, String) {
    let parts = name.split_once("ns[").and_then(|(_, rest)| {
        let (namespace, rest) = rest.rsplit_once("]-policy[")?;
        let (policy, rest) = rest.rsplit_once("]-rule[")?;
        let (rule, _) = rest.rsplit_once(']')?;
        let all = [namespace, policy, rule];
        all.iter().all(|it| !it.is_empty()).then(|| (format!("{policy}.{namespace}"), rule.to_owned()))
    });
    parts.unwrap_or_default()
}

/// The table as istioctl prints it.
pub fn text(rows: &[PolicyRow]) -> String {
    let mut table = TextTable::new(3, &["ACTION", "AuthorizationPolicy", "RULES"]);
    for row in rows {
        let action = match row.action {
            PolicyAction::Deny => "DENY",
            PolicyAction::Allow => "ALLOW",
            PolicyAction::Log => "LOG",
            PolicyAction::Custom => "CUSTOM",
        };
        table.row([action.to_owned(), row.policy.clone(), row.rules.to_string()]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_of_rules_apart() {
        let both = |policy: &str, rule: &str| (policy.to_owned(), rule.to_owned());
        assert_eq!(take_apart("ns[default]-policy[some-policy]-rule[1]"), both("some-policy.default", "1"));
        assert_eq!(take_apart("istio-ext-authz-ns[a]-policy[b]-rule[0]"), both("b.a", "0"));
        assert_eq!(take_apart("other"), both("", ""));
    }
}
