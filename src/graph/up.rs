//! What leads to things. Only resources whose bytes hold the name are read.

use super::hosts::internal;
use super::key::{Config, Key, Named};
use super::source::{Links, Source, quoted};
use crate::envoy::{Kind as ResourceKind, Resource, ResourceId};

impl Source<'_> {
    /// What leads to a thing, in the dump's order, each once.
    pub(super) fn parents(&mut self, key: &Key) -> Links {
        let mut out = match key {
            Key::Listener(listener) => self.lead_to_listener(listener),
            Key::FilterChain(listener, _) => vec![(Key::Listener(Named::There(*listener)), None)],
            Key::RouteConfig(Config::Inline(listener, _)) => self.in_resource(*listener, key),
            Key::RouteConfig(Config::Own(id)) => {
                let name = self.name(*id).into_owned();
                self.in_resources(&[ResourceKind::Listener], &name, key)
            }
            Key::RouteConfig(Config::Missing(name)) => {
                let name = name.clone();
                self.in_resources(&[ResourceKind::Listener], &name, key)
            }
            Key::VirtualHost(config, _) => vec![(Key::RouteConfig(config.clone()), None)],
            Key::Route(config, host, _) => vec![(Key::VirtualHost(config.clone(), *host), None)],
            Key::Cluster(cluster) => self.lead_to_cluster(cluster, key),
            Key::Endpoint(address) => self.lead_to_endpoint(address),
        };
        let mut seen = std::collections::BTreeSet::new();
        out.retain(|(key, _)| seen.insert(key.clone()));
        out
    }

    fn lead_to_listener(&self, listener: &Named) -> Links {
        let mut out = Links::new();
        if let Named::There(id) = listener
            && self.waits(*id)
        {
            let all = self.hand_on().iter().filter(|other| *other != id);
            out.extend(
                all.map(|it| (Key::Listener(Named::There(*it)), Some(super::Label::OriginalDestination))),
            );
        }
        let name = match listener {
            Named::There(id) if self.listener(*id).is_some_and(|it| it.internal()) => {
                self.name(*id).into_owned()
            }
            Named::There(_) => return out,
            Named::Missing(name) => name.clone(),
        };
        // Only internal listeners are endpoints.
        let mut addresses = std::collections::BTreeSet::new();
        for (id, _) in self.dump.of(ResourceKind::Cluster) {
            for host in self.mentioning(id, &name).unwrap_or_default() {
                if internal(&host.address) == Some(&name) {
                    addresses.insert(host.address);
                }
            }
        }
        out.extend(addresses.into_iter().map(|it| (Key::Endpoint(it), None)));
        out
    }

    /// A cluster's endpoints, where it or its assignment holds that text.
    fn mentioning(&self, cluster: ResourceId, text: &str) -> Option<Vec<super::hosts::Host>> {
        let resource = self.resource(cluster)?;
        let assigned =
            self.names.find(self.bytes, ResourceKind::Endpoint, resource.name_span().of(self.bytes));
        let holds = |it: &Resource| {
            let body = it.body_span().map(|body| body.of(self.bytes)).unwrap_or_default();
            memchr::memmem::find(body, text.as_bytes()).is_some()
        };
        let assigned = assigned.and_then(|id| self.resource(id));
        // EDS may know it by another name, which only its message says.
        let aliased = self.aliases().values().any(|list| list.contains(&cluster));
        (holds(resource) || assigned.is_some_and(holds) || aliased).then(|| self.hosts(cluster)).flatten()
    }

    /// Who in a resource leads to a thing.
    fn in_resource(&mut self, id: ResourceId, key: &Key) -> Links {
        self.uses(id).get(key).cloned().unwrap_or_default()
    }

    /// Who in the resources of those kinds leads to a thing of that name.
    fn in_resources(&mut self, kinds: &[ResourceKind], name: &str, key: &Key) -> Links {
        let mut wanted = vec![b'"'];
        wanted.extend_from_slice(&quoted(name));
        wanted.push(b'"');
        let finder = memchr::memmem::Finder::new(&wanted);
        let mut found = Vec::new();
        for kind in kinds {
            for (id, it) in self.dump.of(*kind) {
                // Of a listener with several states one counts; and what a chain brings along, the dump lists again.
                let counts = match kind {
                    ResourceKind::Listener => self.in_use(id) == id,
                    _ => self.config_named(&it.name(self.bytes)) == Config::Own(id),
                };
                let body = it.body_span().map(|body| body.of(self.bytes)).unwrap_or_default();
                if counts && (self.has_uses(id) || finder.find(body).is_some()) {
                    found.push(id);
                }
            }
        }
        found.into_iter().flat_map(|id| self.in_resource(id, key)).collect()
    }

    fn lead_to_cluster(&mut self, cluster: &Named, key: &Key) -> Links {
        let name = match cluster {
            Named::There(id) => self.name(*id).into_owned(),
            Named::Missing(name) => name.clone(),
        };
        let kinds = [ResourceKind::Listener, ResourceKind::Route];
        let mut out = self.in_resources(&kinds, &name, key);
        // A route configuration that only repeats what a chain brings along is no way of its own.
        out.retain(|(from, _)| match from {
            Key::Route(config @ Config::Own(id), ..) => self.is_asked_for(config, *id),
            _ => true,
        });
        for id in self.aggregates() {
            let parts = self.cluster(*id).map(super::down::aggregated).unwrap_or_default();
            if parts.contains(&name) {
                out.push((Key::Cluster(Named::There(*id)), None));
            }
        }
        out
    }

    /// Whether a route configuration may be reached: it came by RDS, or nothing is known of listeners. The static
    /// ones of a dump are copies of what its listeners bring along.
    fn is_asked_for(&self, _config: &Config, id: ResourceId) -> bool {
        let by_rds = self.resource(id).is_some_and(|it| it.state != crate::envoy::State::Static);
        by_rds || !self.has(super::Kind::Listener)
    }

    fn lead_to_endpoint(&self, address: &str) -> Links {
        let mut clusters = std::collections::BTreeSet::new();
        for listing in self.listing(address) {
            let Some(resource) = self.resource(listing) else { continue };
            if resource.kind == ResourceKind::Cluster {
                clusters.insert(listing);
                continue;
            }
            let name = resource.name_span().of(self.bytes);
            let own = self.names.find(self.bytes, ResourceKind::Cluster, name);
            let others = self.aliases().get(name).into_iter().flatten().copied();
            clusters.extend(own.into_iter().chain(others).filter(|id| {
                let hosts = self.hosts(*id).unwrap_or_default();
                hosts.iter().any(|host| host.address == address)
            }));
        }
        if !self.has(super::Kind::Endpoint) {
            // Known from `/clusters` alone.
            for (id, _) in self.dump.of(ResourceKind::Cluster) {
                let hosts = self.page_hosts(&self.name(id)).unwrap_or_default();
                if hosts.iter().any(|host| host.address == address) {
                    clusters.insert(id);
                }
            }
        }
        clusters.into_iter().map(|id| (Key::Cluster(Named::There(id)), None)).collect()
    }
}
