//! `/debug/push_status`: what istiod stumbled over while it made the last push.

use std::borrow::Cow;

use crate::json::Node;

/// One thing that it stumbled over.
#[derive(Clone, Debug)]
pub struct Problem<'t> {
    /// The metric: `pilot_conflict_inbound_listener`.
    pub metric: Cow<'t, str>,
    /// What it is about: a cluster, a host, an address and port.
    pub key: Cow<'t, str>,
    /// The proxy that it is about; empty for all.
    pub proxy: Cow<'t, str>,
    /// In istiod's words; often empty.
    pub message: Cow<'t, str>,
    /// The entry.
    pub node: Node<'t>,
}

/// Reads the page: metric, then key, then `proxy` and `message` (Istio, pilot/pkg/model/push_context.go,
/// `ProxyPushStatus`).
pub fn push_status(page: Node<'_>) -> impl Iterator<Item = Problem<'_>> {
    // Older ones print the whole of the push.
    page.get("ProxyStatus").unwrap_or(page).entries().flat_map(|(metric, keys)| {
        keys.entries().map(move |(key, node)| {
            let text = |name| node.text(name).unwrap_or_default();
            Problem { metric: metric.clone(), key, proxy: text("proxy"), message: text("message"), node }
        })
    })
}
