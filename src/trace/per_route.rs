//! A filter's most specific configuration: of the weighted cluster, the route, the virtual host, the route
//! configuration (source/common/router/per_filter_config.cc).

use std::borrow::Cow;

use super::http::Way;
use crate::envoy::{Config, Extension};
use crate::json::Node;

/// What routes say of a filter.
pub(super) struct PerRoute<'t> {
    /// Whether it is switched off, or on; `None` where no route speaks of it.
    pub disabled: Option<bool>,
    /// Its configuration here.
    pub config: Option<Config<'t>>,
}

/// The most specific configuration of a filter.
pub(super) fn of<'t>(way: &Way<'t>, name: &str) -> PerRoute<'t> {
    let mut out = PerRoute { disabled: None, config: None };
    // Without a route nobody asks virtual host and route configuration; the redirect of require_tls has no configuration.
    if way.route.is_none() {
        return out;
    }
    for level in levels(way) {
        let map = level.get("typed_per_filter_config").or_else(|| level.get("per_filter_config"));
        let Some((_, any)) =
            map.into_iter().flat_map(Node::entries).find(|(key, _): &(Cow<'_, str>, _)| key == name)
        else {
            continue;
        };
        let config = Config::of_any(any);
        if config.message() != "FilterConfig" {
            out.disabled.get_or_insert(false);
            out.config.get_or_insert(config);
            continue;
        }
        out.disabled.get_or_insert(config.node.flag("disabled"));
        if let Some(inner) = config.node.get("config").filter(|it| !it.is_empty()) {
            out.config.get_or_insert(Config::of_any(inner));
        }
    }
    out
}

/// The messages that may speak of it, the most specific first.
fn levels<'t>(way: &Way<'t>) -> Vec<Node<'t>> {
    let route = way.route.map(|it| it.0);
    let weighted = route.and_then(|it| it.path(&["route", "weighted_clusters"]));
    let mut clusters = weighted.into_iter().flat_map(|it| it.list("clusters"));
    let mut used = clusters.by_ref().filter(|it| it.number("weight").unwrap_or(0) > 0);
    // Where chance decides among several, the first one's configuration stands for all.
    let first = used.next();
    first.into_iter().chain(route).chain(way.host.map(|it| it.0)).chain(way.routes.map(|it| it.0)).collect()
}

/// A filter's own configuration; that of ECDS, where it comes from there.
pub(super) fn own<'t>(tracer: &super::source::Tracer<'t>, filter: Extension<'t>) -> Option<Config<'t>> {
    if let Some(config) = filter.config() {
        return Some(config);
    }
    let discovery = filter.config_discovery()?;
    let found = tracer.active(crate::envoy::Kind::Extension, &filter.name());
    match found {
        Some((_, node)) => Extension(node).config(),
        None => discovery.get("default_config").map(Config::of_any),
    }
}
