//! Where things lead.

use std::collections::BTreeMap;

use super::Label;
use super::hosts::internal;
use super::key::{Config, Key, Named};
use super::source::{Links, Source};
use crate::envoy::{
    Action, Cluster, ClusterSpecifier, HttpConnectionManager, Kind as ResourceKind, ResourceId, Route,
    VirtualHost,
};
use crate::json::{Node, same_key};

impl<'b> Source<'b> {
    /// What a thing leads to, in the dump's order, each once.
    pub(super) fn children(&self, key: &Key) -> Links {
        let mut out = match key {
            Key::Listener(Named::There(id)) => self.of_listener(*id),
            Key::FilterChain(listener, at) => self.of_chain(*listener, *at),
            Key::RouteConfig(config) => {
                let hosts = self.config(config).map_or(0, |it| it.virtual_hosts().count());
                (0..count(hosts)).map(|at| (Key::VirtualHost(config.clone(), at), None)).collect()
            }
            Key::VirtualHost(config, at) => {
                let routes = self.host(config, *at).map_or(0, |host| routes(host).len());
                (0..count(routes)).map(|route| (Key::Route(config.clone(), *at, route), None)).collect()
            }
            Key::Route(config, host, at) => {
                let host = self.host(config, *host);
                let route = host.and_then(|host| routes(host).into_iter().nth(*at as usize));
                route.map(|it| self.of_route(it)).unwrap_or_default()
            }
            Key::Cluster(Named::There(id)) => self.of_cluster(*id),
            Key::Endpoint(address) => internal(address).map_or_else(Vec::new, |listener| {
                let found = self.find(ResourceKind::Listener, listener);
                let named = found.map_or_else(|| Named::Missing(listener.to_owned()), Named::There);
                vec![(Key::Listener(named), None)]
            }),
            Key::Listener(Named::Missing(_)) | Key::Cluster(Named::Missing(_)) => Vec::new(),
        };
        let mut seen = std::collections::BTreeSet::new();
        out.retain(|(key, _)| seen.insert(key.clone()));
        out
    }

    fn of_listener(&self, id: ResourceId) -> Links {
        let Some(listener) = self.listener(id) else { return Vec::new() };
        let chains = count(listener.all_filter_chains().count());
        let mut out: Links = (0..chains).map(|at| (Key::FilterChain(id, at), None)).collect();
        if listener.use_original_dst() {
            let others = self.listeners().filter(|other| *other != id && self.waits(*other));
            out.extend(others.map(|it| (Key::Listener(Named::There(it)), Some(Label::OriginalDestination))));
        }
        out
    }

    fn of_chain(&self, listener: ResourceId, at: u32) -> Links {
        let Some(chain) = self.chain(listener, at) else { return Vec::new() };
        let mut out = Links::new();
        if let Some(http) = chain.http_connection_manager() {
            let rds = http.rds_route_config_name();
            if !rds.is_empty() {
                out.push((Key::RouteConfig(self.config_named(&rds)), None));
            }
            if http.route_config().is_some() {
                out.push((Key::RouteConfig(self.inline(listener, at, http)), None));
            }
            if let Some(scoped) = http.scoped_routes() {
                let names = self.scoped(scoped);
                out.extend(names.iter().map(|name| (Key::RouteConfig(self.config_named(name)), None)));
            }
        }
        if let Some(tcp) = chain.tcp_proxy() {
            let cluster = tcp.cluster();
            if !cluster.is_empty() {
                out.push((Key::Cluster(self.cluster_named(&cluster)), None));
            }
            let weighted: Vec<_> = tcp.weighted_clusters().collect();
            let sum = weighted.iter().map(|(_, weight)| weight).sum();
            out.extend(weighted.iter().map(|(name, weight)| {
                (Key::Cluster(self.cluster_named(name)), Some(Label::Share(mille(*weight, sum))))
            }));
        }
        out
    }

    /// The routes that a chain brings along; those of the first chain that brings the same.
    fn inline(&self, listener: ResourceId, at: u32, http: HttpConnectionManager<'b>) -> Config {
        let own = http.route_config();
        let same = |earlier: &u32| {
            let other = self.chain(listener, *earlier).and_then(|it| it.http_connection_manager());
            let (one, other) = (own.map(|it| it.0.raw()), other.and_then(|it| it.route_config()));
            one == other.map(|it| it.0.raw())
        };
        Config::Inline(listener, (0..at).find(same).unwrap_or(at))
    }

    /// The names of route configurations among which a scope chooses.
    fn scoped(&self, scoped: Node<'_>) -> Vec<String> {
        let name = |it: Node<'_>| it.text("route_configuration_name").map(|it| it.into_owned());
        let inline = scoped.get("scoped_route_configurations_list");
        let inline = inline.into_iter().flat_map(|it| it.list("scoped_route_configurations"));
        let mut out: Vec<String> = inline.filter_map(name).collect();
        // A dump wraps those of a stream in lists, one for each name of scoped routes.
        let wanted = scoped.text("name").unwrap_or_default();
        for (id, _) in self.dump.of(ResourceKind::ScopedRoute) {
            let Some(list) = self.node(id).filter(|_| scoped.get("scoped_rds").is_some()) else { continue };
            let listed: Vec<_> = list.list("scoped_route_configs").collect();
            if listed.is_empty() {
                out.extend(name(list));
            } else if list.text("name").is_none_or(|it| it == wanted) {
                out.extend(listed.into_iter().filter_map(name));
            }
        }
        out
    }

    fn of_route(&self, route: Route<'_>) -> Links {
        let Some(Action::Route(action)) = route.action() else { return Vec::new() };
        let cluster = |name: &str| Key::Cluster(self.cluster_named(name));
        let mut out = match action.cluster_specifier() {
            Some(ClusterSpecifier::Cluster(name)) => vec![(cluster(&name), None)],
            Some(ClusterSpecifier::Weighted(all)) => {
                let sum = all.iter().map(|it| it.weight).sum();
                let named = all.iter().filter(|it| !it.name.is_empty());
                named.map(|it| (cluster(&it.name), Some(Label::Share(mille(it.weight, sum))))).collect()
            }
            Some(ClusterSpecifier::ClusterHeader(_) | ClusterSpecifier::Plugin(_)) | None => Vec::new(),
        };
        for (name, percent) in action.request_mirror_policies().filter(|(name, _)| !name.is_empty()) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            let share = (percent * 10.0).round().clamp(0.0, 1000.0) as u32;
            out.push((cluster(&name), Some(Label::Mirror(share))));
        }
        out
    }

    fn of_cluster(&self, id: ResourceId) -> Links {
        let Some(cluster) = self.cluster(id) else { return Vec::new() };
        let mut out: Links = aggregated(cluster)
            .into_iter()
            .map(|name| (Key::Cluster(self.cluster_named(&name)), None))
            .collect();
        let hosts = self.hosts(id).unwrap_or_default();
        out.extend(hosts.into_iter().map(|it| (Key::Endpoint(it.address), None)));
        out
    }
}

/// The clusters that an aggregate cluster is made of (`envoy.extensions.clusters.aggregate.v3.ClusterConfig`).
pub fn aggregated(cluster: Cluster<'_>) -> Vec<String> {
    let config = cluster.cluster_type().and_then(|it| Some((it, it.config()?)));
    let config = config.filter(|(it, config)| {
        it.named(&["envoy.clusters.aggregate"]) || config.type_url.contains("clusters.aggregate")
    });
    let names = config.into_iter().flat_map(|(_, config)| config.node.list("clusters"));
    names.filter_map(|it| it.str().map(|it| it.into_owned())).collect()
}

/// A virtual host's routes: its list, then those in its `matcher`.
pub fn routes(host: VirtualHost<'_>) -> Vec<Route<'_>> {
    let mut out: Vec<Route<'_>> = host.routes().collect();
    if let Some(matcher) = host.matcher() {
        in_matcher(matcher, &mut out);
    }
    out
}

/// Trees are at most `json::Tree::DEEPEST` levels deep, so the stack is bounded.
fn in_matcher<'t>(node: Node<'t>, out: &mut Vec<Route<'t>>) {
    match node.text("@type").as_deref().and_then(|it| it.rsplit('.').next()) {
        Some("Route") => return out.push(Route(node)),
        Some("RouteList") => return out.extend(node.list("routes").map(Route)),
        _ => {}
    }
    for item in node.items() {
        in_matcher(item, out);
    }
    for (key, value) in node.fields() {
        if !same_key(key, "metadata") {
            in_matcher(value, out);
        }
    }
}

/// Who in a listener or route configuration leads where.
pub fn uses(source: &Source<'_>, id: ResourceId) -> BTreeMap<Key, Links> {
    let mut out: BTreeMap<Key, Links> = BTreeMap::new();
    let Some(resource) = source.resource(id) else { return out };
    let mut configs = Vec::new();
    if resource.kind == ResourceKind::Listener {
        let chains = source.listener(id).map_or(0, |it| it.all_filter_chains().count());
        for at in 0..count(chains) {
            for (child, label) in source.of_chain(id, at) {
                if let Key::RouteConfig(config @ Config::Inline(..)) = &child
                    && !configs.contains(config)
                {
                    configs.push(config.clone());
                }
                out.entry(child).or_default().push((Key::FilterChain(id, at), label));
            }
        }
    } else {
        configs.push(Config::Own(id));
    }
    for config in configs {
        let hosts = source.config(&config).into_iter().flat_map(|it| it.virtual_hosts());
        for (host_at, host) in (0..).zip(hosts) {
            for (route_at, route) in (0..).zip(routes(host)) {
                for (child, label) in source.of_route(route) {
                    let key = Key::Route(config.clone(), host_at, route_at);
                    out.entry(child).or_default().push((key, label));
                }
            }
        }
    }
    out
}

/// A part of a whole, in per mille.
fn mille(part: u64, whole: u64) -> u32 {
    let whole = whole.max(1);
    u32::try_from(part.saturating_mul(1000).saturating_add(whole / 2) / whole).unwrap_or(1000)
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
