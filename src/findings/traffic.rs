//! Which listeners and hosts lead where, as far as a proxy was read: resources are judged in the order in which a
//! request meets them.

use std::collections::{BTreeMap, BTreeSet};

/// The most names of listeners or hosts that are kept for one resource.
pub const MOST_NAMES: usize = 8;

/// Who gets to a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Listeners.
    pub listeners: Vec<String>,
    /// Hosts.
    pub hosts: Vec<String>,
}

impl Reach {
    /// Through one listener.
    pub fn of(listener: &str) -> Reach {
        Reach { listeners: vec![listener.to_owned()], hosts: Vec::new() }
    }

    /// The same, for one host.
    pub fn host(&self, host: &str) -> Reach {
        Reach { listeners: self.listeners.clone(), hosts: vec![host.to_owned()] }
    }

    /// Whether nobody does.
    pub fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    /// Both.
    pub fn add(&mut self, other: &Reach) {
        for (into, from) in [(&mut self.listeners, &other.listeners), (&mut self.hosts, &other.hosts)] {
            for name in from {
                if into.len() < MOST_NAMES && !into.contains(name) {
                    into.push(name.clone());
                }
            }
        }
    }
}

/// What was seen of a proxy so far.
#[derive(Debug, Default)]
pub struct Traffic {
    /// By route configuration.
    pub routes: BTreeMap<String, Routes>,
    /// By cluster.
    pub clusters: BTreeMap<String, Reach>,
    /// By secret: who asks for it, and through which listeners it is met.
    pub secrets: BTreeMap<String, Wanted>,
    /// By host: the ports and subsets of its clusters; made when first asked for.
    pub services: Option<BTreeMap<String, Vec<(u32, String)>>>,
    /// By port: who takes connections.
    pub ports: BTreeMap<u32, Port>,
}

/// Who takes the connections to a port.
#[derive(Clone, Debug, Default)]
pub struct Port {
    /// The listener of all addresses.
    pub all: Option<String>,
    /// Addresses with a listener, or a chain, of their own.
    pub addresses: BTreeSet<String>,
}

/// A route configuration that a listener asks for.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// Who gets there.
    pub reach: Reach,
    /// Whether one of them ends TLS.
    pub tls: bool,
}

/// A secret that something asks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Listeners with it.
    pub listeners: Vec<String>,
    /// How many resources ask for it.
    pub by: u32,
    /// The first of them.
    pub first: Option<(crate::capture::ResourceRef, crate::json::Span)>,
}

impl Traffic {
    /// Notes that a cluster is reached.
    pub fn lead_to(&mut self, name: &str, reach: &Reach) {
        if let Some(known) = self.clusters.get_mut(name) {
            known.add(reach);
        } else {
            self.clusters.insert(name.to_owned(), reach.clone());
        }
    }
}
