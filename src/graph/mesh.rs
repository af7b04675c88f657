//! The graph of a capture's proxies: who has clusters for which services, and whose inbound listeners those services'
//! endpoints are.
//!
//! A sidecar has a cluster for every service that its Sidecar resources and exportTo let it see, whether it is called
//! or not: an edge says "may call". An endpoint is followed to a proxy of the capture by its address, and to the
//! inbound filter chain there by its port.

use std::collections::{BTreeMap, BTreeSet};

use super::{Edge, Graph, Kind, Node, Note, Why};
use crate::capture::{Capture, DocumentId, ProxyId, ResourceRef};
use crate::envoy::names::{NodeId, ServiceKey, short_host};
use crate::envoy::{Address, AddressKind, ClusterLoadAssignment, Kind as ResourceKind, Listener, State};
use crate::json::pluck_text;
use crate::order::InOrder;

/// The graph, and where each node leads.
#[derive(Clone, Debug, Default)]
pub struct Mesh {
    /// Proxies that call, services, proxies that serve; from left to right.
    pub graph: Graph,
    /// By node: the proxy whose graph it stands for, and the inbound filter chain there.
    pub doors: Vec<Option<(ProxyId, Option<Door>)>>,
}

/// An inbound filter chain of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door {
    /// The listener.
    pub resource: ResourceRef,
    /// Where the chain begins.
    pub at: u32,
}

/// What a proxy's dump says of the mesh.
#[derive(Default)]
struct Seen {
    id: Option<ProxyId>,
    name: String,
    namespace: String,
    /// By service: its ports.
    services: BTreeMap<String, BTreeSet<u32>>,
    address: String,
    /// By port: the inbound chain that takes it.
    inbound: BTreeMap<u64, Door>,
}

/// A service: where its endpoints are, by address and port.
#[derive(Default)]
struct Service {
    ports: BTreeSet<u32>,
    endpoints: BTreeSet<(String, u32)>,
    known: bool,
    /// Requests go where the client wanted to go.
    passes: bool,
}

/// A group larger than this is folded by namespace, unless that is opened.
const MANY: usize = 20;

/// The graph of the mesh; groups are opened by id.
pub fn mesh(capture: &Capture, opened: &BTreeSet<String>) -> Mesh {
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    let mut proxies: Vec<Seen> = Vec::new();
    for (id, proxy) in capture.proxies() {
        let Some(seen) = proxy.dump.and_then(|dump| look(capture, dump, &mut services)) else { continue };
        let identity = &proxy.identity;
        let address = NodeId::parse(&identity.node_id).map(|it| it.ip.to_owned()).unwrap_or_default();
        let (name, namespace) = (identity.name().to_owned(), identity.namespace.clone());
        proxies.push(Seen { id: Some(id), name, namespace, address, ..seen });
    }
    proxies.order_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
    draw(&proxies, &services, opened)
}

/// Reads one dump: clusters by name alone, a service's endpoints once in the whole capture.
fn look(capture: &Capture, id: DocumentId, services: &mut BTreeMap<String, Service>) -> Option<Seen> {
    let document = capture.document(id)?;
    let (dump, names) = (document.dump()?, capture.names(id)?);
    let bytes = &document.bytes;
    let mut out = Seen::default();
    for (_, cluster) in dump.of(ResourceKind::Cluster) {
        let name = cluster.name(bytes);
        let Some(key) =
            ServiceKey::parse(&name).filter(|it| it.direction == "outbound" && !it.host.is_empty())
        else {
            continue;
        };
        out.services.entry(key.host.to_owned()).or_default().insert(key.port);
        let service = services.entry(key.host.to_owned()).or_default();
        service.ports.insert(key.port);
        let kind = cluster.body_span().and_then(|body| pluck_text(bytes, body, &["type"]));
        if kind.is_some_and(|it| it.of(bytes) == b"ORIGINAL_DST") {
            service.passes = true;
            continue;
        }
        // Subsets are parts of the whole.
        if !key.subset.is_empty() {
            continue;
        }
        let found = names.find(bytes, ResourceKind::Endpoint, cluster.name_span().of(bytes));
        let Some(tree) = found.and_then(|it| dump.get(it)?.body(bytes).ok()) else { continue };
        service.known = true;
        let localities = ClusterLoadAssignment(tree.root()).localities();
        for endpoint in localities.flat_map(|it| it.endpoints()) {
            if let Some(AddressKind::Socket { address, port }) = endpoint.address().and_then(Address::kind) {
                service.endpoints.insert((address.into_owned(), port));
            }
        }
    }
    for (listener, it) in dump.of(ResourceKind::Listener) {
        if !matches!(it.state, State::Static | State::Active) {
            continue;
        }
        let Ok(tree) = it.body(bytes) else { continue };
        let listener_view = Listener(tree.root());
        if listener_view.traffic_direction() != "INBOUND" {
            continue;
        }
        for chain in listener_view.all_filter_chains() {
            let port = chain.filter_chain_match().and_then(|it| it.destination_port());
            // Old sidecars have an inbound listener for each port.
            let port = port.or_else(|| listener_view.address().map(|it| it.port().into()));
            let door =
                Door { resource: ResourceRef { document: id, resource: listener }, at: chain.0.span().start };
            if let Some(port) = port {
                out.inbound.entry(port).or_insert(door);
            }
        }
    }
    Some(out)
}

/// Nodes by what they stand for, and edges between those.
struct Draw<'o> {
    mesh: Mesh,
    at: BTreeMap<String, u32>,
    edges: BTreeSet<(u32, u32)>,
    opened: &'o BTreeSet<String>,
}

impl Draw<'_> {
    fn node(
        &mut self,
        id: String,
        make: impl FnOnce(&str) -> (Node, Option<(ProxyId, Option<Door>)>),
    ) -> u32 {
        if let Some(at) = self.at.get(&id) {
            return *at;
        }
        let at = u32::try_from(self.mesh.graph.nodes.len()).unwrap_or(u32::MAX);
        let (node, door) = make(&id);
        self.mesh.graph.nodes.push(node);
        self.mesh.doors.push(door);
        self.at.insert(id, at);
        at
    }

    /// The box of many, when they are many and not opened: its id.
    fn folded(&self, column: &str, namespace: &str, many: usize) -> Option<String> {
        let id = format!("{column}>{namespace}");
        (many > MANY && !self.opened.contains(&id)).then_some(id)
    }

    fn group(&mut self, id: String, kind: Kind, namespace: &str) -> u32 {
        self.node(id, |id| {
            let notes = vec![Note::Text(namespace.to_owned())];
            (Node { notes, folded: true, ..blank(id, kind, String::new(), String::new()) }, None)
        })
    }
}

fn draw(proxies: &[Seen], services: &BTreeMap<String, Service>, opened: &BTreeSet<String>) -> Mesh {
    let mut draw = Draw { mesh: Mesh::default(), at: BTreeMap::new(), edges: BTreeSet::new(), opened };
    let by_address: BTreeMap<&str, usize> = proxies
        .iter()
        .enumerate()
        .filter(|(_, it)| !it.address.is_empty())
        .map(|(at, it)| (it.address.as_str(), at))
        .collect();
    let mut members: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    // Callers first: they stand on the left.
    let mut callers = Vec::new();
    for proxy in proxies {
        let at = match draw.folded("calls", &proxy.namespace, proxies.len()) {
            Some(id) => draw.group(id, Kind::Proxy, &proxy.namespace),
            None => draw.node(format!("calls.{}", number(proxy)), |id| {
                let mut node = blank(id, Kind::Proxy, proxy.name.clone(), short_pod(&proxy.name));
                node.notes.push(Note::Text(proxy.namespace.clone()));
                (node, proxy.id.map(|it| (it, None)))
            }),
        };
        members.entry(at).or_default().insert(proxy.name.clone());
        callers.push(at);
    }
    let mut seen_services = BTreeMap::new();
    for (host, service) in services {
        let namespace = host.split('.').nth(1).unwrap_or_default();
        let at = match draw.folded("service", namespace, services.len()) {
            Some(id) => draw.group(id, Kind::Service, namespace),
            None => draw.node(format!("service.{host}"), |id| {
                let mut node = blank(id, Kind::Service, host.clone(), short_host(host).to_owned());
                let ports: Vec<String> = service.ports.iter().map(|it| format!(":{it}")).collect();
                node.notes.push(Note::Text(ports.join(" ")));
                if service.passes && service.endpoints.is_empty() {
                    node.notes.push(Note::OriginalDestination);
                } else if service.known && service.endpoints.is_empty() {
                    node.broken = Some(Why::NoEndpoints);
                } else if !service.known {
                    node.notes.push(Note::NotJudged(Kind::Endpoint));
                }
                (node, None)
            }),
        };
        members.entry(at).or_default().insert(host.clone());
        seen_services.insert(host.as_str(), at);
    }
    for (proxy, caller) in proxies.iter().zip(&callers) {
        for host in proxy.services.keys() {
            draw.edges.insert((*caller, seen_services[host.as_str()]));
        }
    }
    for (host, service) in services {
        for (address, port) in &service.endpoints {
            let Some(proxy) = by_address.get(address.as_str()).and_then(|at| proxies.get(*at)) else {
                continue;
            };
            let door = proxy.inbound.get(&u64::from(*port)).copied();
            let at = match draw.folded("serves", &proxy.namespace, proxies.len()) {
                Some(id) => draw.group(id, Kind::Proxy, &proxy.namespace),
                None => draw.node(format!("serves.{}.{port}", number(proxy)), |id| {
                    let title = format!("{} :{port}", short_pod(&proxy.name));
                    let mut node = blank(id, Kind::Proxy, proxy.name.clone(), title);
                    node.notes.push(Note::Text(format!("{address}:{port}")));
                    (node, proxy.id.map(|it| (it, door)))
                }),
            };
            members.entry(at).or_default().insert(format!("{} {port}", proxy.name));
            draw.edges.insert((seen_services[host.as_str()], at));
        }
    }
    for (at, members) in members {
        let node = &mut draw.mesh.graph.nodes[at as usize];
        node.count = u32::try_from(members.len()).unwrap_or(u32::MAX);
    }
    let edges = draw.edges.into_iter().map(|(from, to)| Edge { from, to, label: None });
    draw.mesh.graph.edges = edges.collect();
    draw.mesh
}

fn blank(id: &str, kind: Kind, name: String, title: String) -> Node {
    Node {
        id: id.to_owned(),
        kind,
        name,
        title,
        notes: Vec::new(),
        broken: None,
        count: 1,
        broken_inside: 0,
        folded: false,
        place: None,
    }
}

fn number(proxy: &Seen) -> u32 {
    proxy.id.map_or(u32::MAX, |it| it.0)
}

/// A pod without what its ReplicaSet added: `reviews-v1`.
fn short_pod(pod: &str) -> String {
    let mut parts: Vec<&str> = pod.split('-').collect();
    let random =
        |it: &&str| it.len() == 5 && it.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let hash = |it: &&str| (8..=10).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_hexdigit());
    if parts.len() > 2 && parts.last().is_some_and(random) && hash(&parts[parts.len() - 2]) {
        parts.truncate(parts.len() - 2);
    }
    parts.join("-")
}
