//! What a proxy's listeners are for.

use super::hosts::address;
use super::key::{Key, Named};
use super::source::Source;
use super::{Place, Why};
use crate::envoy::{Kind as ResourceKind, Listener, ResourceId, State};

/// What a listener is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Takes what comes to the workload.
    Inbound,
    /// Takes what the workload sends, as HTTP.
    OutboundHttp,
    /// Takes what the workload sends, as TCP.
    OutboundTcp,
    /// Takes connections from outside, for others.
    Gateway,
    /// Health, metrics, Envoy's own.
    Admin,
}

/// A listener at a glance.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Which.
    pub resource: ResourceId,
    /// What it is for.
    pub what: Use,
    /// Its address, else its name.
    pub title: String,
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub broken: Option<Why>,
}

impl Source<'_> {
    /// All listeners and what they are for, in the dump's order.
    pub fn uses_of_listeners(&self) -> Vec<Listed> {
        let all: Vec<ResourceId> = self.listeners().collect();
        let listed = all.into_iter().map(|id| {
            let name = self.name(id).into_owned();
            let listener = self.listener(id);
            let title =
                listener.and_then(|it| it.address()).and_then(address).unwrap_or_else(|| name.clone());
            let what = listener.map_or(Use::Admin, |it| self.what_for(id, it));
            Listed { resource: id, what, title, name, broken: self.broken(&Key::Listener(Named::There(id))) }
        });
        listed.collect()
    }

    fn what_for(&self, id: ResourceId, it: Listener<'_>) -> Use {
        let of_bootstrap = self.resource(id).is_some_and(|it| it.state == State::Static);
        let port = it.address().map_or(0, |it| it.port());
        // Istio keeps 15000 to 15100 for itself; of those 15001 and 15006 take the workload's connections.
        let own_port = (15_000..15_100).contains(&port) && !matches!(port, 15_001 | 15_006);
        let direction = it.traffic_direction();
        if of_bootstrap && own_port {
            return Use::Admin;
        }
        let http = || it.all_filter_chains().any(|chain| chain.http_connection_manager().is_some());
        match direction.as_ref() {
            "INBOUND" => Use::Inbound,
            // A gateway's listeners are outbound to Istio, and bind their ports themselves.
            "OUTBOUND" if it.bind_to_port() && !it.use_original_dst() => Use::Gateway,
            "OUTBOUND" if http() => Use::OutboundHttp,
            "OUTBOUND" => Use::OutboundTcp,
            _ if it.use_original_dst() => Use::OutboundTcp,
            _ if !it.bind_to_port() && http() => Use::OutboundHttp,
            _ if !it.bind_to_port() => Use::OutboundTcp,
            _ => Use::Gateway,
        }
    }

    /// Endpoints whose address contains a text, with the place where one is listed.
    pub fn endpoints_like(&self, text: &str, most: usize) -> Vec<(String, Place)> {
        let mut out = std::collections::BTreeMap::new();
        let finder = memchr::memmem::Finder::new(text.split(':').next().unwrap_or(text));
        for (id, it) in self.dump.of(ResourceKind::Cluster) {
            let listed = self.names.find(self.bytes, ResourceKind::Endpoint, it.name_span().of(self.bytes));
            let body = self.resource(listed.unwrap_or(id)).and_then(|it| it.body_span());
            if body.is_none_or(|body| finder.find(body.of(self.bytes)).is_none()) {
                continue;
            }
            for host in self.hosts(id).unwrap_or_default() {
                if let (true, Some(place)) = (host.address.contains(text), host.place) {
                    out.entry(host.address).or_insert(place);
                }
            }
            if out.len() >= most {
                break;
            }
        }
        out.into_iter().take(most).collect()
    }
}
