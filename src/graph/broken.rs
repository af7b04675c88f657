//! What is wrong with a thing. What a dump cannot tell is not wrong: where the section that would hold something is
//! missing, nothing is judged.

use super::key::{Config, Key, Named};
use super::source::Source;
use super::{Kind, Why};
use crate::envoy::{Kind as ResourceKind, ResourceId, State};
use crate::json::{Node, same_key};

impl Source<'_> {
    /// What is wrong with a thing.
    pub(super) fn broken(&self, key: &Key) -> Option<Why> {
        match key {
            Key::Listener(Named::Missing(_)) => self.has(Kind::Listener).then_some(Why::NoSuchListener),
            Key::RouteConfig(Config::Missing(_)) => {
                self.has(Kind::RouteConfig).then_some(Why::NoSuchRouteConfig)
            }
            Key::Cluster(Named::Missing(_)) => self.has(Kind::Cluster).then_some(Why::NoSuchCluster),
            Key::Listener(Named::There(id)) => self.broken_listener(*id),
            Key::FilterChain(listener, at) => {
                let chain = self.chain(*listener, *at)?;
                let socket = chain.transport_socket().map(|it| it.0).or_else(|| chain.0.get("tls_context"));
                socket.and_then(|it| self.lacking_secret(it))
            }
            Key::RouteConfig(Config::Own(id)) => self.node(*id).is_none().then_some(Why::NotRead),
            Key::Cluster(Named::There(id)) => self.broken_cluster(*id),
            Key::RouteConfig(Config::Inline(..))
            | Key::VirtualHost(..)
            | Key::Route(..)
            | Key::Endpoint(_) => None,
        }
    }

    fn broken_listener(&self, id: ResourceId) -> Option<Why> {
        let counting = self.resource(id)?;
        let in_use = matches!(counting.state, State::Static | State::Active);
        let name = counting.name_span().of(self.bytes);
        let all = self.dump.of(ResourceKind::Listener).filter(|(other, it)| {
            *other == id || (!name.is_empty() && it.name_span().of(self.bytes) == name)
        });
        let all: Vec<_> = all.collect();
        // Why Envoy refused it stands in what the dump wraps it in.
        if let Some((_, refused)) = all.iter().find(|(_, it)| it.state == State::Error) {
            let wrapper = crate::json::Tree::parse(self.bytes, refused.wrapper).ok();
            let details = wrapper.and_then(|it| it.root().text("details").map(|it| it.into_owned()));
            return Some(Why::Rejected(details.unwrap_or_default(), in_use));
        }
        if all.iter().any(|(_, it)| it.state == State::Warming) {
            return Some(Why::Warming(in_use));
        }
        self.node(id).is_none().then_some(Why::NotRead)
    }

    fn broken_cluster(&self, id: ResourceId) -> Option<Why> {
        let resource = self.resource(id)?;
        let Some(cluster) = self.cluster(id) else { return Some(Why::NotRead) };
        if resource.state == State::Warming {
            return Some(Why::Warming(false));
        }
        let sockets = cluster.transport_socket().map(|it| it.0).into_iter();
        let matched = cluster.transport_socket_matches().filter_map(|it| it.get("transport_socket"));
        let lacking =
            sockets.chain(matched).chain(cluster.tls_context()).find_map(|it| self.lacking_secret(it));
        if lacking.is_some() {
            return lacking;
        }
        // Others take endpoints from elsewhere: from the client, from other clusters, from DNS.
        let listed = cluster.cluster_type().is_none()
            && matches!(cluster.discovery_type().as_ref(), "EDS" | "STATIC" | "STRICT_DNS" | "LOGICAL_DNS");
        if !listed || cluster.discovery_type() == "EDS" && !self.knows_endpoints() {
            return None;
        }
        let hosts = self.hosts(id)?;
        if hosts.is_empty() {
            return (cluster.discovery_type() == "EDS" || cluster.load_assignment().is_some())
                .then_some(Why::NoEndpoints);
        }
        hosts.iter().all(|it| !it.healthy).then_some(Why::NoHealthyEndpoint)
    }

    /// The first secret below a message that is named there and that the dump does not have, or not yet.
    fn lacking_secret(&self, node: Node<'_>) -> Option<Why> {
        if !self.dump.has_section(self.bytes, "SecretsConfigDump")
            && self.dump.of(ResourceKind::Secret).next().is_none()
        {
            return None;
        }
        let mut names = Vec::new();
        secrets(node, &mut names);
        names.into_iter().find_map(|name| match self.find(ResourceKind::Secret, &name) {
            None => Some(Why::SecretMissing(name)),
            Some(id) => (self.resource(id)?.state == State::Warming).then_some(Why::SecretWarming(name)),
        })
    }
}

/// Names of secrets by SDS. Trees are at most `json::Tree::DEEPEST` levels deep, so the stack is bounded.
fn secrets(node: Node<'_>, out: &mut Vec<String>) {
    const KEYS: [&str; 5] = [
        "tls_certificate_sds_secret_configs",
        "tls_certificate_sds_secret_config",
        "validation_context_sds_secret_config",
        "session_ticket_keys_sds_secret_config",
        "combined_validation_context_sds_secret_config",
    ];
    for item in node.items() {
        secrets(item, out);
    }
    for (key, value) in node.fields() {
        if KEYS.iter().any(|name| same_key(key, name)) {
            let named = value.items().chain([value]).filter(|it| it.get("sds_config").is_some());
            out.extend(named.filter_map(|it| it.text("name")).map(|it| it.into_owned()));
        } else {
            secrets(value, out);
        }
    }
}
