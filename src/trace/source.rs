//! The dump behind a trace: each resource parsed once, found by name or address.

use core::net::IpAddr;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::regex::{Pattern, compile};
use super::virtual_host::Domains;
use crate::envoy::{
    Address, AddressKind, Cluster, ClusterLoadAssignment, ConfigDump, Kind, Listener, ResourceId,
    RouteConfiguration, State,
};
use crate::instant::Instant;
use crate::json::{Node, Tree};

/// A dump whose resources are parsed when first asked for, and kept.
pub struct Source<'b> {
    bytes: &'b [u8],
    dump: &'b ConfigDump,
    trees: Vec<OnceCell<Option<Tree<'b>>>>,
}

impl<'b> Source<'b> {
    /// Over the bytes of a dump and their index.
    pub fn new(bytes: &'b [u8], dump: &'b ConfigDump) -> Source<'b> {
        Source { bytes, dump, trees: dump.all().map(|_| OnceCell::new()).collect() }
    }

    /// A resource's message; `None` where it is no JSON, or cut off.
    pub fn node(&self, id: ResourceId) -> Option<Node<'_>> {
        let tree = self.trees.get(id.0 as usize)?;
        let tree = tree.get_or_init(|| self.dump.get(id)?.body(self.bytes).ok());
        tree.as_ref().map(Tree::root)
    }
}

/// Where a listener listens.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// `None` for a pipe or an internal listener.
    pub address: Option<(IpAddr, u16)>,
    pub id: ResourceId,
    pub state: State,
}

/// Traces requests through one proxy. Listeners, routes and clusters are read once, however many requests come.
pub struct Tracer<'t> {
    source: &'t Source<'t>,
    /// The time that tokens and certificates are judged at.
    pub(super) now: Option<Instant>,
    listeners: Vec<Bound>,
    names: HashMap<(Kind, &'t [u8]), ResourceId>,
    patterns: RefCell<HashMap<String, Option<Rc<Pattern>>>>,
    domains: RefCell<HashMap<u32, Rc<Domains<'t>>>>,
}

impl<'t> Tracer<'t> {
    /// Over a dump; `now` is the capture's time, where it is known.
    pub fn new(source: &'t Source<'t>, now: Option<Instant>) -> Tracer<'t> {
        let mut tracer = Tracer {
            source,
            now,
            listeners: Vec::new(),
            names: HashMap::new(),
            patterns: RefCell::default(),
            domains: RefCell::default(),
        };
        for kind in
            [Kind::Route, Kind::Cluster, Kind::Endpoint, Kind::Secret, Kind::Extension, Kind::Listener]
        {
            for (id, resource) in source.dump.of(kind) {
                // What is in use comes before what is only warming (State's order).
                let name = resource.name_span().of(source.bytes);
                let better = |old: &ResourceId| {
                    source.dump.get(*old).is_none_or(|old| rank(resource.state) < rank(old.state))
                };
                let entry = tracer.names.entry((kind, name)).or_insert(id);
                if better(entry) {
                    *entry = id;
                }
            }
        }
        tracer.listeners = tracer.bound();
        tracer
    }

    fn bound(&self) -> Vec<Bound> {
        let mut out = Vec::new();
        for (id, resource) in self.source.dump.of(Kind::Listener) {
            let mut push = |address| out.push(Bound { address, id, state: resource.state });
            let Some(body) = resource.body_span() else { continue };
            let bytes = self.source.bytes;
            let port_path = ["address", "socket_address", "port_value"];
            let port = crate::json::pluck(bytes, body, &port_path);
            let host = crate::json::pluck_text(bytes, body, &["address", "socket_address", "address"]);
            // Only the address is read here; most listeners are never asked for more.
            let port = port.and_then(|it| std::str::from_utf8(it.of(bytes)).ok()?.parse().ok());
            let host = host.and_then(|it| std::str::from_utf8(it.of(bytes)).ok()?.parse().ok());
            push(host.zip(port));
            let more = memchr::memmem::find(body.of(bytes), b"additional").is_some();
            let node = if more { self.node(id) } else { None };
            for address in node.into_iter().flat_map(|it| Listener(it).additional_addresses()) {
                push(address.and_then(socket));
            }
        }
        out
    }

    /// The bytes of the dump.
    pub fn bytes(&self) -> &'t [u8] {
        self.source.bytes
    }

    /// The index of the dump.
    pub fn dump(&self) -> &'t ConfigDump {
        self.source.dump
    }

    /// Where listeners listen, in the dump's order.
    pub(super) fn listeners(&self) -> &[Bound] {
        &self.listeners
    }

    /// A resource's message.
    pub(super) fn node(&self, id: ResourceId) -> Option<Node<'t>> {
        self.source.node(id)
    }

    /// A resource by name: the one in use, else one that is not.
    pub(super) fn find(&self, kind: Kind, name: &str) -> Option<ResourceId> {
        if name.bytes().any(|byte| byte == b'"' || byte == b'\\' || byte < 0x20) {
            let mut all = self.source.dump.of(kind);
            return all.find(|(_, it)| it.name(self.source.bytes) == name).map(|(id, _)| id);
        }
        self.names.get(&(kind, name.as_bytes())).copied()
    }

    /// A resource in use, by name.
    pub(super) fn active(&self, kind: Kind, name: &str) -> Option<(ResourceId, Node<'t>)> {
        let id = self.find(kind, name)?;
        let state = self.source.dump.get(id)?.state;
        if !matches!(state, State::Static | State::Active) {
            return None;
        }
        Some((id, self.node(id)?))
    }

    /// A cluster in use.
    pub(super) fn cluster(&self, name: &str) -> Option<Cluster<'t>> {
        self.active(Kind::Cluster, name).map(|(_, node)| Cluster(node))
    }

    /// Whether the dump lists endpoints at all.
    pub(super) fn lists_endpoints(&self) -> bool {
        self.source.dump.of(Kind::Endpoint).next().is_some()
            || self.source.dump.has_section(self.source.bytes, "EndpointsConfigDump")
    }

    /// The endpoints of a cluster, as Envoy has them.
    pub(super) fn endpoints(&self, name: &str) -> Option<ClusterLoadAssignment<'t>> {
        let id = self.find(Kind::Endpoint, name)?;
        self.node(id).map(ClusterLoadAssignment)
    }

    /// A route configuration in use.
    pub(super) fn routes(&self, name: &str) -> Option<RouteConfiguration<'t>> {
        self.active(Kind::Route, name).map(|(_, node)| RouteConfiguration(node))
    }

    /// A compiled regular expression; `None` where it cannot be compiled.
    pub(super) fn pattern(&self, regex: &str) -> Option<Rc<Pattern>> {
        if let Some(known) = self.patterns.borrow().get(regex) {
            return known.clone();
        }
        let made = compile(regex).map(Rc::new);
        self.patterns.borrow_mut().insert(regex.to_owned(), made.clone());
        made
    }

    /// The domains of a route configuration.
    pub(super) fn domains(&self, of: RouteConfiguration<'t>) -> Rc<Domains<'t>> {
        let key = of.0.span().start;
        if let Some(known) = self.domains.borrow().get(&key) {
            return known.clone();
        }
        let made = Rc::new(Domains::of(of));
        self.domains.borrow_mut().insert(key, made.clone());
        made
    }
}

fn rank(state: State) -> u8 {
    match state {
        State::Static => 0,
        State::Active => 1,
        State::Warming => 2,
        State::Draining => 3,
        State::Error => 4,
    }
}

/// An address's IP and port; `None` for a pipe, an internal listener, a host name.
pub(super) fn socket(address: Address<'_>) -> Option<(IpAddr, u16)> {
    match address.kind()? {
        AddressKind::Socket { address, port } => Some((address.parse().ok()?, u16::try_from(port).ok()?)),
        _ => None,
    }
}
