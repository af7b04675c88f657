//! What a node says: its name, what people call it, and notes.

use super::down::{aggregated, routes};
use super::key::{Config, Key, Named};
use super::source::Source;
use super::summary;
use super::{Kind, Node, Note, Place, shadow};
use crate::envoy::names::{ServiceKey, short_host};
use crate::envoy::{Action, Cluster, ClusterSpecifier, FilterChain, Redirect, ResourceId, Route, State};

impl Source<'_> {
    /// A thing as a node.
    pub(super) fn describe(&self, key: &Key) -> Node {
        let mut node = Node {
            id: key.to_string(),
            kind: key.kind(),
            name: String::new(),
            title: String::new(),
            notes: Vec::new(),
            broken: self.broken(key),
            count: 1,
            broken_inside: 0,
            folded: false,
            place: None,
        };
        match key {
            Key::Listener(Named::Missing(name))
            | Key::RouteConfig(Config::Missing(name))
            | Key::Cluster(Named::Missing(name)) => {
                node.name.clone_from(name);
                if node.broken.is_none() {
                    node.notes.push(Note::NotJudged(key.kind()));
                }
                if key.kind() == Kind::Cluster {
                    node.title = cluster_title(name);
                }
            }
            Key::Listener(Named::There(id)) => self.listener_node(*id, &mut node),
            Key::FilterChain(listener, at) => self.chain_node(*listener, *at, &mut node),
            Key::RouteConfig(config) => self.config_node(config, &mut node),
            Key::VirtualHost(config, at) => {
                let Some(host) = self.host(config, *at) else { return node };
                node.name = host.name().into_owned();
                node.title = node.name.replace(".svc.cluster.local", "");
                node.place = self.place_in(config, host.0.span().start);
                let domains = host.domains().count();
                match host.domains().next() {
                    Some(only) if domains == 1 && *only != *node.name => {
                        node.notes.push(Note::Text(only.into_owned()));
                    }
                    _ => node.notes.push(Note::Domains(count(domains))),
                }
            }
            Key::Route(config, host, at) => self.route_node(config, *host, *at, &mut node),
            Key::Cluster(Named::There(id)) => self.cluster_node(*id, &mut node),
            Key::Endpoint(address) => node.name.clone_from(address),
        }
        if node.title.is_empty() {
            node.title.clone_from(&node.name);
        }
        node
    }

    fn listener_node(&self, id: ResourceId, node: &mut Node) {
        node.name = self.name(id).into_owned();
        let at = self.resource(id).map(|it| it.body_span().unwrap_or(it.wrapper).start);
        node.place = at.map(|at| Place { resource: id, at });
        if self.resource(id).is_some_and(|it| it.state == State::Draining) {
            node.notes.push(Note::Draining);
        }
        let Some(listener) = self.listener(id) else { return };
        let mut addresses = listener.address().into_iter().chain(listener.additional_addresses().flatten());
        let address = addresses.next().and_then(super::hosts::address);
        if let Some(address) = address {
            // Istio names most listeners after their address; the other names say more.
            let repeated = node.name.replace(['_', '[', ']'], ":") == address.replace(['[', ']'], ":");
            node.title = address;
            if !node.name.is_empty() && !repeated {
                node.notes.push(Note::Name);
            }
        }
        let more = addresses.count();
        if more > 0 {
            node.notes.push(Note::Text(format!("+{more}")));
        }
        let direction = listener.traffic_direction();
        if direction != "UNSPECIFIED" {
            node.notes.push(Note::Text(direction.to_lowercase()));
        }
    }

    fn chain_node(&self, listener: ResourceId, at: u32, node: &mut Node) {
        let Some(of) = self.listener(listener) else { return };
        let Some(chain) = of.all_filter_chains().nth(at as usize) else { return };
        node.name = chain.name().into_owned();
        node.place = Some(Place { resource: listener, at: chain.0.span().start });
        let is_default = of.filter_chains().count() == at as usize;
        let matched = chain.filter_chain_match().map(summary::chain_match).unwrap_or_default();
        let does = chain_does(chain);
        if is_default {
            node.notes.push(Note::Default);
        } else if !matched.is_empty() {
            if node.name.is_empty() {
                node.title.clone_from(&matched);
            } else {
                node.notes.push(Note::Text(matched));
            }
        }
        if node.name.is_empty() && node.title.is_empty() {
            node.title = does.to_owned();
        } else {
            node.notes.push(Note::Text(does.to_owned()));
        }
        if let Some(tls) = chain.tls_context() {
            let mutual = tls.flag("require_client_certificate");
            node.notes.push(if mutual { Note::MutualTls } else { Note::Tls });
        }
    }

    fn config_node(&self, config: &Config, node: &mut Node) {
        let Some(routes) = self.config(config) else {
            if let Config::Own(id) = config {
                node.name = self.name(*id).into_owned();
            }
            return;
        };
        node.name = routes.name().into_owned();
        node.place = self.place_in(config, routes.0.span().start);
        node.notes.push(Note::VirtualHosts(count(routes.virtual_hosts().count())));
        if routes.vhds().is_some() {
            node.notes.push(Note::Text("VHDS".to_owned()));
        }
        if matches!(config, Config::Inline(..)) {
            node.notes.push(Note::Text("inline".to_owned()));
        }
    }

    fn route_node(&self, config: &Config, host: u32, at: u32, node: &mut Node) {
        let Some(host) = self.host(config, host) else { return };
        let all = routes(host);
        let Some(route) = all.get(at as usize) else { return };
        node.name = route.name().into_owned();
        node.place = self.place_in(config, route.0.span().start);
        let matched = route.route_match().map(summary::route_match).unwrap_or_default();
        if let Some(earlier) = shadow::shadowed_by(&all, at as usize) {
            let name = all[earlier].name().into_owned();
            let shown = || all[earlier].route_match().map(summary::route_match).unwrap_or_default();
            node.notes.push(Note::Shadowed(if name.is_empty() { shown() } else { name }));
        }
        if node.name.is_empty() {
            node.title = matched;
        } else if !matched.is_empty() {
            node.notes.push(Note::Text(matched));
        }
        node.notes.extend(action(*route));
    }

    fn cluster_node(&self, id: ResourceId, node: &mut Node) {
        node.name = self.name(id).into_owned();
        node.title = cluster_title(&node.name);
        let at = self.resource(id).map(|it| it.body_span().unwrap_or(it.wrapper).start);
        node.place = at.map(|at| Place { resource: id, at });
        let Some(cluster) = self.cluster(id) else { return };
        let kind = cluster.discovery_type().into_owned();
        match cluster.cluster_type() {
            Some(custom) => {
                let name = custom.name();
                node.notes.push(Note::Text(name.rsplit('.').next().unwrap_or(&name).to_owned()));
            }
            None if kind == "ORIGINAL_DST" => node.notes.push(Note::OriginalDestination),
            None => node.notes.push(Note::Text(kind.clone())),
        }
        node.notes.extend(secured(cluster));
        if kind == "EDS" && !self.knows_endpoints() && aggregated(cluster).is_empty() {
            node.notes.push(Note::NotJudged(Kind::Endpoint));
        }
    }

    fn place_in(&self, config: &Config, at: u32) -> Option<Place> {
        match config {
            Config::Own(resource) | Config::Inline(resource, _) => Some(Place { resource: *resource, at }),
            Config::Missing(_) => None,
        }
    }
}

/// What a chain does with a connection.
fn chain_does(chain: FilterChain<'_>) -> &'static str {
    if chain.http_connection_manager().is_some() {
        "http"
    } else if chain.tcp_proxy().is_some() {
        "tcp"
    } else {
        ""
    }
}

/// What a route does, where it does not just lead to a cluster.
fn action(route: Route<'_>) -> Option<Note> {
    match route.action()? {
        Action::Redirect(it) => Some(Note::Text(redirect(it))),
        Action::DirectResponse(it) => {
            Some(Note::Text(it.number("status").map(|status| status.to_string()).unwrap_or_default()))
        }
        Action::FilterAction => Some(Note::Text("filter_action".to_owned())),
        Action::NonForwardingAction => Some(Note::Text("non_forwarding_action".to_owned())),
        Action::Route(it) => match it.cluster_specifier()? {
            ClusterSpecifier::ClusterHeader(header) => Some(Note::ClusterHeader(header.into_owned())),
            ClusterSpecifier::Plugin(plugin) => Some(Note::Text(plugin.name().into_owned())),
            ClusterSpecifier::Weighted(all) => all
                .iter()
                .find(|it| !it.cluster_header.is_empty())
                .map(|it| Note::ClusterHeader(it.cluster_header.clone().into_owned())),
            ClusterSpecifier::Cluster(_) => None,
        },
    }
}

fn redirect(it: Redirect<'_>) -> String {
    let scheme = it.scheme().map(|scheme| format!("{scheme}://")).unwrap_or_default();
    let port = it.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = it.path().or_else(|| it.prefix_rewrite()).unwrap_or_default();
    format!("{} → {scheme}{}{port}{path}", it.status(), it.host().unwrap_or_default())
}

/// How a cluster speaks to its endpoints.
fn secured(cluster: Cluster<'_>) -> Option<Note> {
    let mut matches = cluster.transport_socket_matches();
    if matches.any(|it| it.text("name").is_some_and(|name| name == "tlsMode-istio")) {
        return Some(Note::MutualTls);
    }
    let socket = cluster.transport_socket().and_then(|it| it.config());
    let tls = socket
        .filter(|it| it.message() == "UpstreamTlsContext")
        .map(|it| it.node)
        .or(cluster.tls_context())?;
    let common = tls.get("common_tls_context");
    let own = |key| common.and_then(|it| it.get(key)).is_some_and(|it| !it.is_empty());
    let mutual = own("tls_certificate_sds_secret_configs") || own("tls_certificates");
    Some(if mutual { Note::MutualTls } else { Note::Tls })
}

/// A cluster's name as people say it: `reviews.default v1 :9080`.
fn cluster_title(name: &str) -> String {
    match ServiceKey::parse(name) {
        Some(key) if key.host.is_empty() => format!("{} :{}", key.direction, key.port),
        Some(key) if key.direction == "outbound" => format!("{} :{}", key.short(), key.port),
        Some(key) => format!("{} {} :{}", key.direction, key.short(), key.port),
        None => short_host(name).to_owned(),
    }
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
