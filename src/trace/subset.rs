//! Which labels endpoints must have (source/extensions/load_balancing_policies/subset/subset_lb.cc).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::envoy::Cluster;
use crate::json::Node;

/// Labels and their values.
type Labels = BTreeMap<String, Value>;

/// Asks `narrow` for the labels in force; it says whether any endpoint has them. Without subsets nothing is asked.
pub(super) fn apply(
    cluster: Cluster<'_>,
    criteria: &[Node<'_>],
    narrow: &mut dyn FnMut(Option<&Labels>) -> bool,
) {
    let Some(config) = config(cluster).filter(|it| it.list("subset_selectors").next().is_some()) else {
        return;
    };
    let mut wanted = Labels::new();
    for node in criteria {
        if let Ok(more) = serde_json::from_slice::<Labels>(node.raw()) {
            wanted.extend(more);
        }
    }
    let keys = |labels: &Labels| labels.keys().cloned().collect::<BTreeSet<String>>();
    let selector = config.list("subset_selectors").find(|it| {
        let own: BTreeSet<String> =
            it.list("keys").filter_map(|it| it.str().map(|it| it.into_owned())).collect();
        own == keys(&wanted)
    });
    if !wanted.is_empty() && selector.is_some() && narrow(Some(&wanted)) {
        return;
    }
    let own = selector.and_then(|it| it.text("fallback_policy")).filter(|it| it != "NOT_DEFINED");
    if own.as_deref() == Some("KEYS_SUBSET") {
        let kept: BTreeSet<String> = selector
            .into_iter()
            .flat_map(|it| it.list("fallback_keys_subset"))
            .filter_map(|it| it.str().map(|it| it.into_owned()))
            .collect();
        wanted.retain(|key, _| kept.contains(key));
        if narrow(Some(&wanted)) {
            return;
        }
    }
    let policy = own.or_else(|| config.text("fallback_policy")).unwrap_or_default();
    let found = match policy.as_ref() {
        "ANY_ENDPOINT" => narrow(None),
        "DEFAULT_SUBSET" => {
            let labels = config.get("default_subset").and_then(|it| serde_json::from_slice(it.raw()).ok());
            narrow(Some(&labels.unwrap_or_default()))
        }
        // No endpoint at all: a label that nobody has.
        _ => narrow(Some(&Labels::from([("\0".to_owned(), Value::Null)]))),
    };
    // Without a fallback there is no panic either.
    let falls_back = matches!(policy.as_ref(), "ANY_ENDPOINT" | "DEFAULT_SUBSET");
    if !found && falls_back && config.flag("panic_mode_any") {
        narrow(None);
    }
}

/// The subsets' configuration, of the cluster or of its newer load balancing policy.
fn config(cluster: Cluster<'_>) -> Option<Node<'_>> {
    if let Some(config) = cluster.0.get("lb_subset_config") {
        return Some(config);
    }
    let policies = cluster.0.get("load_balancing_policy")?;
    let typed =
        policies.list("policies").filter_map(|it| it.path(&["typed_extension_config", "typed_config"]));
    let mut typed = typed.filter(|it| it.text("@type").is_some_and(|it| it.ends_with(".Subset")));
    typed.next()
}
