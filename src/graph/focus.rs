//! What is asked about: by name, or by a place in the dump.

use std::collections::BTreeSet;

use super::hosts::address;
use super::key::{Config, Key, Named};
use super::source::Source;
use super::{Kind, Place, down};
use crate::envoy::names::ServiceKey;
use crate::envoy::{ClusterLoadAssignment, Kind as ResourceKind, ResourceId};
use crate::json::Node;
use crate::order::InOrder;

/// A name and what it is the name of: `cluster:outbound|80||a`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Focus {
    /// What.
    pub kind: Kind,
    /// Its name; of an endpoint its address, of a virtual host also a domain.
    pub name: String,
}

impl Focus {
    /// Kinds as they may be written: with `-` or `_`; a virtual host is also a host.
    pub fn parse(text: &str) -> Option<Focus> {
        let (kind, name) = text.split_once(':')?;
        let kind = match kind.trim().to_ascii_lowercase().replace('-', "_").as_str() {
            "host" => Kind::VirtualHost,
            "routes" | "route_configuration" => Kind::RouteConfig,
            other => Kind::ALL.into_iter().find(|it| it.name() == other)?,
        };
        Some(Focus { kind, name: name.to_owned() })
    }
}

impl Source<'_> {
    /// Where to begin without a question: the listeners to which no other hands connections on. Without listeners, what
    /// comes next.
    pub fn first(&self) -> Vec<Key> {
        let handed = !self.hand_on().is_empty();
        let own = self.listeners().filter(|id| !handed || !self.waits(*id));
        let out: Vec<Key> = own.map(|id| Key::Listener(Named::There(id))).collect();
        if !out.is_empty() {
            return out;
        }
        let configs: Vec<Key> = self.configs().into_iter().map(Key::RouteConfig).collect();
        if !configs.is_empty() {
            return configs;
        }
        self.dump.of(ResourceKind::Cluster).map(|(id, _)| Key::Cluster(Named::There(id))).collect()
    }

    /// What has that name. Nothing where neither the dump has it nor anything in it asks for it.
    pub fn named(&mut self, focus: &Focus) -> Vec<Key> {
        let name = focus.name.as_str();
        match focus.kind {
            Kind::Listener => self.listeners_named(name),
            Kind::FilterChain => self.chains(|chain| chain.name() == name),
            Kind::RouteConfig => self.configs_named(name),
            Kind::VirtualHost => self.hosts_named(name),
            Kind::Route => self.routes_named(name),
            Kind::Cluster => {
                let named = self.cluster_named(name);
                self.if_there_or_asked_for(Key::Cluster(named))
            }
            Kind::Endpoint => self.endpoints_at(name),
            Kind::Service | Kind::Proxy => Vec::new(),
        }
    }

    fn if_there_or_asked_for(&mut self, key: Key) -> Vec<Key> {
        if key.is_missing() && self.parents(&key).is_empty() { Vec::new() } else { vec![key] }
    }

    fn listeners_named(&mut self, name: &str) -> Vec<Key> {
        if let Some(id) = self.find(ResourceKind::Listener, name) {
            return vec![Key::Listener(Named::There(id))];
        }
        let has = |id: &ResourceId, meets: &dyn Fn(&str) -> bool| {
            let Some(it) = self.listener(*id) else { return false };
            let mut all = it.address().into_iter().chain(it.additional_addresses().flatten());
            all.any(|it| address(it).is_some_and(|text| meets(&text)))
        };
        let all: Vec<ResourceId> = self.listeners().collect();
        let mut found: Vec<_> = all.iter().filter(|id| has(id, &|it| it == name)).collect();
        if found.is_empty() {
            // A port alone.
            let port = format!(":{}", name.trim_start_matches(':'));
            found = all.iter().filter(|id| has(id, &|it| it.ends_with(&port))).collect();
        }
        found.into_iter().map(|id| Key::Listener(Named::There(*id))).collect()
    }

    fn chains(&self, meets: impl Fn(crate::envoy::FilterChain<'_>) -> bool) -> Vec<Key> {
        let mut out = Vec::new();
        for id in self.listeners() {
            let chains = self.listener(id).into_iter().flat_map(|it| it.all_filter_chains());
            for (at, chain) in (0..).zip(chains) {
                if meets(chain) {
                    out.push(Key::FilterChain(id, at));
                }
            }
        }
        out
    }

    /// Route configurations that something may reach: those of RDS, and what chains bring along.
    pub(super) fn configs(&self) -> Vec<Config> {
        let mut out = BTreeSet::new();
        for (id, it) in self.dump.of(ResourceKind::Route) {
            if it.state != crate::envoy::State::Static || !self.has(Kind::Listener) {
                out.insert(Config::Own(id));
            }
        }
        let finder = memchr::memmem::Finder::new("\"virtual");
        for id in self.listeners() {
            let body = self.resource(id).and_then(|it| it.body_span());
            if body.is_none_or(|body| finder.find(body.of(self.bytes)).is_none()) {
                continue;
            }
            let chains = self.listener(id).map_or(0, |it| it.all_filter_chains().count());
            for at in 0..u32::try_from(chains).unwrap_or(u32::MAX) {
                for (key, _) in self.children(&Key::FilterChain(id, at)) {
                    if let Key::RouteConfig(config @ Config::Inline(..)) = key {
                        out.insert(config);
                    }
                }
            }
        }
        out.into_iter().collect()
    }

    fn configs_named(&mut self, name: &str) -> Vec<Key> {
        let by_name = |it: &Config| self.config(it).is_some_and(|it| it.name() == name);
        let found: Vec<Key> = self.configs().into_iter().filter(by_name).map(Key::RouteConfig).collect();
        if found.is_empty() {
            let named = self.config_named(name);
            return self.if_there_or_asked_for(Key::RouteConfig(named));
        }
        found
    }

    fn hosts_named(&mut self, name: &str) -> Vec<Key> {
        let mut found = self.hosts_that(&|host| {
            host.name() == name || host.domains().any(|it| it.eq_ignore_ascii_case(name))
        });
        if found.is_empty() {
            found = self.hosts_that(&|host| host.domains().any(|it| wild(&it, name)));
        }
        if found.is_empty() {
            // TCP and TLS have no virtual hosts.
            found = self.chains(|chain| {
                chain
                    .filter_chain_match()
                    .is_some_and(|it| it.server_names().any(|it| it.eq_ignore_ascii_case(name)))
            });
        }
        if found.is_empty() {
            for (id, it) in self.dump.of(ResourceKind::Cluster) {
                let cluster = it.name(self.bytes);
                if ServiceKey::parse(&cluster).is_some_and(|it| it.host.eq_ignore_ascii_case(name)) {
                    found.push(Key::Cluster(Named::There(id)));
                }
            }
        }
        found
    }

    fn hosts_that(&self, meets: &dyn Fn(crate::envoy::VirtualHost<'_>) -> bool) -> Vec<Key> {
        let mut out = Vec::new();
        for config in self.configs() {
            let hosts = self.config(&config).into_iter().flat_map(|it| it.virtual_hosts());
            let met: Vec<u32> = (0..).zip(hosts).filter(|(_, host)| meets(*host)).map(|(at, _)| at).collect();
            out.extend(met.into_iter().map(|at| Key::VirtualHost(config.clone(), at)));
        }
        out
    }

    fn routes_named(&self, name: &str) -> Vec<Key> {
        let mut out = Vec::new();
        for config in self.configs() {
            let hosts = self.config(&config).into_iter().flat_map(|it| it.virtual_hosts());
            for (host_at, host) in (0..).zip(hosts) {
                for (at, route) in (0..).zip(down::routes(host)) {
                    if route.name() == name {
                        out.push(Key::Route(config.clone(), host_at, at));
                    }
                }
            }
        }
        out
    }

    fn endpoints_at(&mut self, name: &str) -> Vec<Key> {
        let exact = Key::Endpoint(name.to_owned());
        if !self.parents(&exact).is_empty() {
            return vec![exact];
        }
        // An address without its port.
        let start = format!(
            "{}:",
            if name.contains(':') && !name.starts_with('[') { format!("[{name}]") } else { name.to_owned() }
        );
        let mut out = BTreeSet::new();
        let finder = memchr::memmem::Finder::new(name.trim_matches(['[', ']']));
        for (id, it) in self.dump.of(ResourceKind::Cluster) {
            let listed = self.names.find(self.bytes, ResourceKind::Endpoint, it.name_span().of(self.bytes));
            let bodies =
                [Some(id), listed].into_iter().flatten().filter_map(|id| self.resource(id)?.body_span());
            let mut bodies = bodies.map(|body| body.of(self.bytes));
            if self.has(Kind::Endpoint) && !bodies.any(|body| finder.find(body).is_some()) {
                continue;
            }
            let hosts = self.hosts(id).unwrap_or_default();
            out.extend(hosts.into_iter().map(|it| it.address).filter(|it| it.starts_with(&start)));
        }
        out.into_iter().map(Key::Endpoint).collect()
    }

    /// What stands at a place of the dump; the resource itself without one. `None` for what no request meets.
    pub fn at(&self, resource: ResourceId, at: Option<u32>) -> Option<Key> {
        let it = self.resource(resource)?;
        let inside = |node: Node<'_>| at.is_some_and(|at| node.span().start <= at && at < node.span().end);
        match it.kind {
            ResourceKind::Listener => {
                let id = self.in_use(resource);
                let chains = self.listener(id).into_iter().flat_map(|it| it.all_filter_chains());
                let Some((chain, _)) = (0..).zip(chains).find(|(_, chain)| inside(chain.0)) else {
                    return Some(Key::Listener(Named::There(id)));
                };
                let brought =
                    self.children(&Key::FilterChain(id, chain)).into_iter().find_map(|(key, _)| match key {
                        Key::RouteConfig(config @ Config::Inline(..)) => Some(config),
                        _ => None,
                    });
                let within = brought.filter(|it| self.config(it).is_some_and(|it| inside(it.0)));
                Some(within.map_or(Key::FilterChain(id, chain), |config| {
                    self.at_config(config.clone(), &config, &inside)
                }))
            }
            ResourceKind::Route => {
                let own = Config::Own(resource);
                let copied = it.state == crate::envoy::State::Static && self.has(Kind::Listener);
                let name = self.name(resource);
                let same = |config: &Config| {
                    matches!(config, Config::Inline(..))
                        && self.config(config).is_some_and(|it| it.name() == name)
                };
                let shown = if copied { self.configs().into_iter().find(same) } else { None };
                Some(self.at_config(shown.unwrap_or_else(|| own.clone()), &own, &inside))
            }
            ResourceKind::Cluster => {
                let best = self.names.find(self.bytes, ResourceKind::Cluster, it.name_span().of(self.bytes));
                Some(Key::Cluster(Named::There(best.unwrap_or(resource))))
            }
            ResourceKind::Endpoint => {
                let of = ClusterLoadAssignment(self.node(resource)?);
                let mut all = of.localities().flat_map(|it| it.endpoints());
                if let Some(address) = all.find(|it| inside(it.0)).and_then(|it| address(it.address()?)) {
                    return Some(Key::Endpoint(address));
                }
                let name = it.name_span().of(self.bytes);
                let alias = || self.aliases().get(name).and_then(|list| list.first().copied());
                let cluster = self.names.find(self.bytes, ResourceKind::Cluster, name).or_else(alias)?;
                Some(Key::Cluster(Named::There(cluster)))
            }
            ResourceKind::Bootstrap
            | ResourceKind::ScopedRoute
            | ResourceKind::Secret
            | ResourceKind::Extension => None,
        }
    }

    /// What of a route configuration stands there, as part of `shown`, which has the same hosts.
    fn at_config(&self, shown: Config, read: &Config, inside: &dyn Fn(Node<'_>) -> bool) -> Key {
        let hosts = self.config(read).into_iter().flat_map(|it| it.virtual_hosts());
        let Some((host_at, host)) = (0..).zip(hosts).find(|(_, host)| inside(host.0)) else {
            return Key::RouteConfig(shown);
        };
        let route = (0..).zip(down::routes(host)).find(|(_, route)| inside(route.0));
        match route {
            Some((at, _)) => Key::Route(shown, host_at, at),
            None => Key::VirtualHost(shown, host_at),
        }
    }

    /// All names of a kind with their places, in the dump's order; endpoints are not listed.
    pub fn all_names(&self, kind: Kind) -> Vec<(String, Place)> {
        let mut out = Vec::new();
        let mut push = |name: std::borrow::Cow<'_, str>, resource: ResourceId, at: u32| {
            if !name.is_empty() {
                out.push((name.into_owned(), Place { resource, at }));
            }
        };
        let start = |id: ResourceId| self.resource(id).and_then(|it| it.body_span()).map_or(0, |it| it.start);
        match kind {
            Kind::Listener => self.listeners().for_each(|id| {
                push(self.name(id), id, start(id));
                let of = self.listener(id).and_then(|it| it.address()).and_then(address);
                push(of.unwrap_or_default().into(), id, start(id));
            }),
            Kind::FilterChain | Kind::Route | Kind::Endpoint | Kind::Service | Kind::Proxy => {}
            Kind::Cluster => {
                for (id, it) in self.dump.of(ResourceKind::Cluster) {
                    push(it.name(self.bytes), id, start(id));
                }
            }
            Kind::RouteConfig | Kind::VirtualHost => {
                for config in self.configs() {
                    let (Config::Own(id) | Config::Inline(id, _)) = config else { continue };
                    let Some(of) = self.config(&config) else { continue };
                    if kind == Kind::RouteConfig {
                        push(of.name(), id, of.0.span().start);
                        continue;
                    }
                    for host in of.virtual_hosts() {
                        push(host.name(), id, host.0.span().start);
                        host.domains().for_each(|domain| push(domain, id, host.0.span().start));
                    }
                }
            }
        }
        out
    }

    /// Names of that kind that are spelled most like one that does not exist, most alike first.
    pub fn nearest(&self, focus: &Focus, most: usize) -> Vec<String> {
        let mut names: BTreeSet<String> =
            self.all_names(focus.kind).into_iter().map(|(name, _)| name).collect();
        if focus.kind == Kind::Endpoint {
            for (id, _) in self.dump.of(ResourceKind::Cluster) {
                names.extend(self.hosts(id).unwrap_or_default().into_iter().map(|it| it.address));
            }
        } else if focus.kind == Kind::FilterChain {
            let all = self.listeners().flat_map(|id| self.listener(id)).flat_map(|it| it.all_filter_chains());
            names.extend(all.map(|it| it.name().into_owned()).filter(|it| !it.is_empty()));
        }
        let wanted = focus.name.to_lowercase();
        let mut scored: Vec<(usize, String)> =
            names.into_iter().map(|name| (distance(&wanted, &name.to_lowercase()), name)).collect();
        scored.order();
        scored.into_iter().take(most).map(|(_, name)| name).collect()
    }
}

/// Whether a domain with a star takes a host (envoy/config/route/v3/route_components.proto, `domains`); the star alone
/// takes all and tells nothing.
fn wild(domain: &str, host: &str) -> bool {
    let (domain, host) = (domain.to_ascii_lowercase(), host.to_ascii_lowercase());
    let longer = host.len() >= domain.len() && domain.len() > 1;
    longer
        && (domain.strip_prefix('*').is_some_and(|end| host.ends_with(end))
            || domain.strip_suffix('*').is_some_and(|start| host.starts_with(start)))
}

/// How unlike two names are: pairs of neighbouring letters that only one of them has; what is contained is near.
fn distance(wanted: &str, name: &str) -> usize {
    let pairs = |text: &str| -> Vec<[u8; 2]> {
        let mut all: Vec<[u8; 2]> = text.as_bytes().windows(2).map(|it| [it[0], it[1]]).collect();
        all.order();
        all
    };
    let (one, other) = (pairs(wanted), pairs(name));
    let (mut at, mut from, mut shared) = (0, 0, 0);
    while at < one.len() && from < other.len() {
        match one[at].cmp(&other[from]) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => from += 1,
            std::cmp::Ordering::Equal => (at, from, shared) = (at + 1, from + 1, shared + 1),
        }
    }
    let apart = (one.len() + other.len()).saturating_sub(2 * shared);
    if !wanted.is_empty() && name.contains(wanted) { apart / 4 } else { apart }
}
