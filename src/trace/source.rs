//! The dump behind a trace: each resource parsed once, found by name or address.

use core::net::IpAddr;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::regex::{Pattern, compile};
use super::virtual_host::Domains;
use crate::capture::Names;
use crate::envoy::{
    Address, AddressKind, Cluster, ClusterLoadAssignment, ConfigDump, Kind, Listener, ResourceId,
    RouteConfiguration, ServiceKey, State,
};
use crate::instant::Instant;
use crate::json::{Node, Tape};
use crate::order::InOrder;

/// What traces through a dump share, made when it is first needed. It holds nothing of the dump, so it can be kept beside
/// it, from question to question.
#[derive(Default)]
pub struct Kept {
    trees: Vec<OnceCell<Option<Tape>>>,
    listeners: OnceCell<Vec<Bound>>,
    patterns: RefCell<HashMap<String, Option<Rc<Pattern>>>>,
    /// By the first byte of the route configuration.
    domains: RefCell<HashMap<u32, Rc<Domains>>>,
    services: OnceCell<Services>,
}

impl Kept {
    /// For a dump.
    pub fn of(dump: &ConfigDump) -> Kept {
        Kept { trees: dump.all().map(|_| OnceCell::new()).collect(), ..Kept::default() }
    }
}

/// One's own, or somebody else's.
enum Held<'b, T> {
    Own(T),
    Lent(&'b T),
}

impl<T> std::ops::Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Held::Own(it) => it,
            Held::Lent(it) => it,
        }
    }
}

/// A dump whose resources are parsed when first asked for, and kept.
pub struct Source<'b> {
    bytes: &'b [u8],
    dump: &'b ConfigDump,
    names: Held<'b, Names>,
    kept: Held<'b, Kept>,
}

impl<'b> Source<'b> {
    /// Over the bytes of a dump and their index.
    pub fn new(bytes: &'b [u8], dump: &'b ConfigDump) -> Source<'b> {
        Source { bytes, dump, names: Held::Own(Names::of(bytes, dump)), kept: Held::Own(Kept::of(dump)) }
    }

    /// The same with what others made of that dump.
    pub fn with(bytes: &'b [u8], dump: &'b ConfigDump, names: &'b Names, kept: &'b Kept) -> Source<'b> {
        Source { bytes, dump, names: Held::Lent(names), kept: Held::Lent(kept) }
    }

    /// A resource's message; `None` where it is no JSON, or cut off.
    pub fn node(&self, id: ResourceId) -> Option<Node<'_>> {
        let parsed = || Tape::parse(self.bytes, self.dump.get(id)?.message()).ok();
        let tape = self.kept.trees.get(id.0 as usize)?.get_or_init(parsed);
        tape.as_ref().map(|it| it.root(self.bytes))
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

/// Istio's services by the names of their clusters (`outbound|80||host`, without those of subsets).
#[derive(Default)]
pub(super) struct Services {
    /// By host, in lower case.
    by_host: HashMap<String, Vec<ResourceId>>,
    /// Hosts that begin with `*`.
    wild: Vec<(String, ResourceId)>,
}

impl Services {
    fn of(bytes: &[u8], dump: &ConfigDump) -> Services {
        let mut out = Services::default();
        for (id, resource) in dump.of(Kind::Cluster) {
            let name = resource.name(bytes);
            let key =
                ServiceKey::parse(&name).filter(|it| it.direction == "outbound" && it.subset.is_empty());
            let Some(key) = key else { continue };
            let host = key.host.trim_end_matches('.').to_ascii_lowercase();
            if host.starts_with('*') {
                out.wild.push((host, id));
            } else {
                out.by_host.entry(host).or_default().push(id);
            }
        }
        out
    }

    /// The clusters of hosts with one of these names, and of wildcards that `fits`; in the dump's order.
    pub fn find(&self, names: &[String], fits: impl Fn(&str) -> bool) -> Vec<ResourceId> {
        let named = names.iter().filter_map(|it| self.by_host.get(&it.to_ascii_lowercase())).flatten();
        let wild = self.wild.iter().filter(|(host, _)| fits(host)).map(|(_, id)| id);
        let mut out: Vec<ResourceId> = named.chain(wild).copied().collect();
        out.order();
        out.dedup();
        out
    }
}

/// Traces requests through one proxy. Listeners, routes and clusters are read once, however many requests come.
pub struct Tracer<'t> {
    source: &'t Source<'t>,
    /// The time that tokens and certificates are judged at.
    pub(super) now: Option<Instant>,
}

impl<'t> Tracer<'t> {
    /// Over a dump; `now` is the capture's time, where it is known.
    pub fn new(source: &'t Source<'t>, now: Option<Instant>) -> Tracer<'t> {
        Tracer { source, now }
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

    /// Makes a little of what most traces need, for when there is time: the domains of the next route configuration in
    /// use. Whether there is more; `next` counts.
    pub fn prepare(&self, next: &mut usize) -> bool {
        match self.source.dump.of(Kind::Route).nth(*next) {
            Some((id, resource)) => {
                if matches!(resource.state, State::Static | State::Active)
                    && let Some(node) = self.node(id)
                {
                    self.domains(RouteConfiguration(node));
                }
                *next += 1;
                true
            }
            None => {
                self.services();
                self.listeners();
                false
            }
        }
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
    pub(super) fn listeners(&self) -> &'t [Bound] {
        self.source.kept.listeners.get_or_init(|| self.bound())
    }

    /// Istio's services.
    pub(super) fn services(&self) -> &'t Services {
        self.source.kept.services.get_or_init(|| Services::of(self.source.bytes, self.source.dump))
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
        self.source.names.find(self.source.bytes, kind, name.as_bytes())
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
        if let Some(known) = self.source.kept.patterns.borrow().get(regex) {
            return known.clone();
        }
        let made = compile(regex).map(Rc::new);
        self.source.kept.patterns.borrow_mut().insert(regex.to_owned(), made.clone());
        made
    }

    /// Whether the domains of a route configuration are read already.
    pub(super) fn has_domains(&self, id: ResourceId) -> bool {
        let start = self.source.dump.get(id).map(|it| it.message().start);
        start.is_some_and(|it| self.source.kept.domains.borrow().contains_key(&it))
    }

    /// The domains of a route configuration.
    pub(super) fn domains(&self, of: RouteConfiguration<'t>) -> Rc<Domains> {
        let key = of.0.span().start;
        if let Some(known) = self.source.kept.domains.borrow().get(&key) {
            return known.clone();
        }
        let made = Rc::new(Domains::of(of));
        self.source.kept.domains.borrow_mut().insert(key, made.clone());
        made
    }
}

/// An address's IP and port; `None` for a pipe, an internal listener, a host name.
pub(super) fn socket(address: Address<'_>) -> Option<(IpAddr, u16)> {
    match address.kind()? {
        AddressKind::Socket { address, port } => Some((address.parse().ok()?, u16::try_from(port).ok()?)),
        _ => None,
    }
}
