//! One dump as a graph: a resource is parsed when first asked for.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::hosts::{self, Host};
use super::key::{Config, Key, Named};
use super::{Kind, Label};
use crate::capture::{Capture, Document, DocumentId, Names};
use crate::envoy::{
    Cluster, ConfigDump, FilterChain, Kind as ResourceKind, Listener, Resource, ResourceId,
    RouteConfiguration, State, VirtualHost,
};
use crate::json::{Node, Tree, pluck};
use crate::order::InOrder;

/// Who leads to a thing, and what is said of the edge.
pub type Links = Vec<(Key, Option<Label>)>;

/// What is worth keeping of a dump between two questions. Made when first needed; small beside the dump.
#[derive(Debug, Default)]
pub struct Index {
    /// By listener or route configuration: who in it leads where.
    uses: BTreeMap<ResourceId, BTreeMap<Key, Links>>,
    /// Route configurations of RDS by name.
    configs: OnceCell<Vec<(Vec<u8>, ResourceId)>>,
    /// Listeners that hand connections on by their original destination.
    hand_on: OnceCell<Vec<ResourceId>>,
    /// Clusters made of clusters.
    aggregates: OnceCell<Vec<ResourceId>>,
    /// By the name under which EDS knows them: clusters with another name.
    aliases: OnceCell<BTreeMap<Vec<u8>, Vec<ResourceId>>>,
    /// What the proxy's `/clusters` says, by cluster.
    hosts: OnceCell<BTreeMap<String, Vec<Host>>>,
}

/// A dump that is asked about.
pub struct Source<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) dump: &'b ConfigDump,
    pub(super) names: &'b Names,
    pub(super) index: &'b mut Index,
    trees: &'b Trees<'b>,
    clusters_page: Option<&'b Document>,
}

/// The parsed messages of a dump.
pub struct Trees<'b> {
    bytes: &'b [u8],
    dump: &'b ConfigDump,
    trees: Vec<OnceCell<Option<Tree<'b>>>>,
}

impl<'b> Trees<'b> {
    /// Nothing is parsed yet. `None` for a document that is no config dump.
    pub fn new(document: &'b Document) -> Option<Trees<'b>> {
        let dump = document.dump()?;
        let trees = dump.all().map(|_| OnceCell::new()).collect();
        Some(Trees { bytes: &document.bytes, dump, trees })
    }

    fn root(&self, id: ResourceId) -> Option<Node<'_>> {
        let tree = self.trees.get(id.0 as usize)?;
        let tree = tree.get_or_init(|| self.dump.get(id)?.body(self.bytes).ok());
        tree.as_ref().map(Tree::root)
    }
}

impl<'b> Source<'b> {
    /// Over a config dump of a capture. `None` for another document.
    pub fn new(
        capture: &'b Capture,
        id: DocumentId,
        trees: &'b Trees<'b>,
        index: &'b mut Index,
    ) -> Option<Source<'b>> {
        let document = capture.document(id)?;
        Some(Source {
            bytes: &document.bytes,
            dump: document.dump()?,
            names: capture.names(id)?,
            index,
            trees,
            clusters_page: hosts::page(capture, id),
        })
    }

    /// A resource's message; `None` where it is no JSON, or cut off.
    pub(super) fn node(&self, id: ResourceId) -> Option<Node<'b>> {
        self.trees.root(id)
    }

    pub(super) fn resource(&self, id: ResourceId) -> Option<&'b Resource> {
        self.dump.get(id)
    }

    /// A resource's name.
    pub(super) fn name(&self, id: ResourceId) -> Cow<'b, str> {
        self.resource(id).map(|it| it.name(self.bytes)).unwrap_or_default()
    }

    /// Whether the dump has the section that holds resources of a kind, or any of them.
    pub(super) fn has(&self, kind: Kind) -> bool {
        let (of, section) = match kind {
            Kind::Listener | Kind::FilterChain => (ResourceKind::Listener, "ListenersConfigDump"),
            Kind::RouteConfig | Kind::VirtualHost | Kind::Route => (ResourceKind::Route, "RoutesConfigDump"),
            Kind::Cluster => (ResourceKind::Cluster, "ClustersConfigDump"),
            Kind::Endpoint => (ResourceKind::Endpoint, "EndpointsConfigDump"),
            // Of the mesh, not of a dump.
            Kind::Service | Kind::Proxy => return false,
        };
        self.dump.of(of).next().is_some() || self.dump.has_section(self.bytes, section)
    }

    /// A resource by the name that another one says; what is in use comes first.
    pub(super) fn find(&self, kind: ResourceKind, name: &str) -> Option<ResourceId> {
        self.names.find(self.bytes, kind, &quoted(name))
    }

    pub(super) fn cluster_named(&self, name: &str) -> Named {
        let found = self.find(ResourceKind::Cluster, name);
        found.map_or_else(|| Named::Missing(name.to_owned()), Named::There)
    }

    /// A route configuration by the name that a connection manager asks for. Those of RDS come first: the dump also
    /// lists what chains bring along, and such a name may be anything.
    pub(super) fn config_named(&self, name: &str) -> Config {
        let configs = self.index.configs.get_or_init(|| {
            let of = self.dump.of(ResourceKind::Route);
            let mut all: Vec<_> =
                of.map(|(id, it)| (it.name_span().of(self.bytes).to_vec(), it.state, id)).collect();
            all.order_by_key(|(name, state, id)| (name.clone(), *state == State::Static, *id));
            all.dedup_by(|later, first| later.0 == first.0);
            all.into_iter().map(|(name, _, id)| (name, id)).collect()
        });
        let wanted = quoted(name);
        match configs.binary_search_by(|(name, _)| name.as_slice().cmp(&wanted)) {
            Ok(at) => Config::Own(configs[at].1),
            Err(_) => Config::Missing(name.to_owned()),
        }
    }

    /// The one of all resources with that listener's name that counts: what is in use before what is not.
    pub(super) fn in_use(&self, id: ResourceId) -> ResourceId {
        let name = self.resource(id).map(|it| it.name_span().of(self.bytes)).unwrap_or_default();
        if name.is_empty() {
            return id;
        }
        self.names.find(self.bytes, ResourceKind::Listener, name).unwrap_or(id)
    }

    /// All listeners, each name once, in the dump's order.
    pub(super) fn listeners(&self) -> impl Iterator<Item = ResourceId> {
        self.dump.of(ResourceKind::Listener).map(|(id, _)| id).filter(|id| self.in_use(*id) == *id)
    }

    pub(super) fn listener(&self, id: ResourceId) -> Option<Listener<'b>> {
        self.node(id).map(Listener)
    }

    pub(super) fn chain(&self, listener: ResourceId, at: u32) -> Option<FilterChain<'b>> {
        self.listener(listener)?.all_filter_chains().nth(at as usize)
    }

    pub(super) fn cluster(&self, id: ResourceId) -> Option<Cluster<'b>> {
        self.node(id).map(Cluster)
    }

    pub(super) fn config(&self, it: &Config) -> Option<RouteConfiguration<'b>> {
        match it {
            Config::Own(id) => self.node(*id).map(RouteConfiguration),
            Config::Inline(listener, at) => {
                self.chain(*listener, *at)?.http_connection_manager()?.route_config()
            }
            Config::Missing(_) => None,
        }
    }

    pub(super) fn host(&self, config: &Config, at: u32) -> Option<VirtualHost<'b>> {
        self.config(config)?.virtual_hosts().nth(at as usize)
    }

    /// Whether a listener waits for connections that others hand on, rather than for its own.
    pub(super) fn waits(&self, id: ResourceId) -> bool {
        let Some(resource) = self.resource(id) else { return false };
        if !matches!(resource.state, State::Static | State::Active) {
            return false;
        }
        let Some(body) = resource.body_span() else { return false };
        let says = |path: &[&str]| {
            pluck(self.bytes, body, path).is_some_and(|found| found.of(self.bytes) == b"false")
        };
        says(&["bind_to_port"]) || says(&["deprecated_v1", "bind_to_port"])
    }

    /// Listeners that hand connections on by their original destination.
    pub(super) fn hand_on(&self) -> &[ResourceId] {
        self.index.hand_on.get_or_init(|| {
            let finder = memchr::memmem::Finder::new("riginal");
            let mentions = |id: &ResourceId| {
                let body = self.resource(*id).and_then(Resource::body_span);
                body.is_some_and(|body| finder.find(body.of(self.bytes)).is_some())
            };
            let all: Vec<ResourceId> = self.listeners().filter(mentions).collect();
            all.into_iter().filter(|id| self.listener(*id).is_some_and(Listener::use_original_dst)).collect()
        })
    }

    /// Clusters made of clusters (`envoy.clusters.aggregate`).
    pub(super) fn aggregates(&self) -> &[ResourceId] {
        self.index.aggregates.get_or_init(|| {
            let finder = memchr::memmem::Finder::new("aggregate");
            let of = self.dump.of(ResourceKind::Cluster);
            let found = of.filter(|(_, it)| {
                it.body_span().is_some_and(|body| finder.find(body.of(self.bytes)).is_some())
            });
            found.map(|(id, _)| id).collect()
        })
    }

    /// Clusters that ask EDS for another name than their own.
    pub(super) fn aliases(&self) -> &BTreeMap<Vec<u8>, Vec<ResourceId>> {
        self.index.aliases.get_or_init(|| {
            let mut out: BTreeMap<Vec<u8>, Vec<ResourceId>> = BTreeMap::new();
            for (id, it) in self.dump.of(ResourceKind::Cluster) {
                let Some(body) = it.body_span() else { continue };
                let path = ["eds_cluster_config", "service_name"];
                let Some(name) = crate::json::pluck_text(self.bytes, body, &path) else { continue };
                if name.of(self.bytes) != it.name_span().of(self.bytes) {
                    out.entry(name.of(self.bytes).to_vec()).or_default().push(id);
                }
            }
            out
        })
    }

    /// What the proxy's `/clusters` says of a cluster; `None` without that page.
    pub(super) fn page_hosts(&self, cluster: &str) -> Option<&[Host]> {
        let page = self.clusters_page?;
        self.index.hosts.get_or_init(|| hosts::read(page)).get(cluster).map(Vec::as_slice)
    }

    /// Whether endpoints are known at all.
    pub(super) fn knows_endpoints(&self) -> bool {
        self.has(Kind::Endpoint) || self.clusters_page.is_some()
    }

    /// Who in a listener or route configuration leads where: read once.
    pub(super) fn uses(&mut self, id: ResourceId) -> &BTreeMap<Key, Links> {
        if !self.index.uses.contains_key(&id) {
            let made = super::down::uses(self, id);
            self.index.uses.insert(id, made);
        }
        self.index.uses.entry(id).or_default()
    }

    /// Whether [`Source::uses`] has read it already.
    pub(super) fn has_uses(&self, id: ResourceId) -> bool {
        self.index.uses.contains_key(&id)
    }
}

/// A name as it stands between the quotes of a dump.
pub(super) fn quoted(name: &str) -> Cow<'_, [u8]> {
    if name.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        return Cow::Borrowed(name.as_bytes());
    }
    let text = serde_json::to_string(name).unwrap_or_default();
    Cow::Owned(text.trim_start_matches('"').strip_suffix('"').unwrap_or_default().as_bytes().to_vec())
}
