//! The mesh at a glance: every proxy, and how far it is with every type of resources.

use std::collections::{BTreeMap, BTreeSet};

use super::rejected::{Rejection, connection, rejections};
use crate::capture::{Capture, Content, Document, DocumentId, Proxy, ProxyId};
use crate::envoy::{Kind, ProxyNode};
use crate::instant::Instant;
use crate::intake::Kind as Page;
use crate::istiod::{AdsClient, ProxySync, Status, adsz, types};
use crate::order::InOrder;

/// The mesh's proxies, as all control planes of a capture see them together.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mesh {
    /// By the proxy's id, then by control plane; those that no control plane knows last.
    pub rows: Vec<Row>,
    /// The types that a page speaks of, by URL.
    pub types: Vec<String>,
    /// When the capture was taken: what ages are counted to.
    pub captured: Option<Instant>,
    /// Whether any page was found that lists proxies. Without one, nothing is known of who is connected.
    pub known: bool,
}

/// A proxy, as one control plane sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// Its place in the capture.
    pub proxy: Option<ProxyId>,
    /// The id that control planes know it by: `pod.namespace`.
    pub id: String,
    /// The pod; the node id of an Envoy that Istio does not run.
    pub name: String,
    /// The pod's namespace.
    pub namespace: String,
    /// The Kubernetes cluster.
    pub cluster: String,
    /// Whether a control plane knows it.
    pub connected: bool,
    /// That control plane.
    pub istiod: String,
    /// Other control planes that know it as well: two replicas cannot both be right.
    pub also: Vec<String>,
    /// The proxy's Istio version.
    pub istio_version: String,
    /// Its Envoy's version, where a document of it says.
    pub envoy_version: String,
    /// Since when it is connected, where `adsz` or `connections` say.
    pub since: Option<Instant>,
    /// How far it is, by type; a type that is missing is [`Status::Ignored`].
    pub types: Vec<TypeState>,
    /// What its Envoy refused, as its own documents say.
    pub rejected: Vec<Rejection>,
    /// Whether it has a connection to a control plane, where its own stats say so.
    pub says_connected: Option<bool>,
}

/// How far a proxy is with a type.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TypeState {
    /// The type's URL.
    pub type_url: String,
    /// How far.
    pub status: Status,
    /// When it was sent.
    pub sent: Option<Instant>,
    /// Why Envoy refused it, in its words.
    pub error: String,
    /// The push that was sent last; empty where no page says.
    pub push: String,
}

/// How a proxy stands, all its types together; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Its Envoy refuses what the control plane sends.
    Rejecting,
    /// No control plane knows it, though there is one.
    NotConnected,
    /// An update was sent and is not acknowledged.
    Stale,
    /// It has what was sent.
    Synced,
    /// No page in the capture lists proxies.
    Unknown,
}

impl Standing {
    /// All, the worst first.
    pub const ALL: [Standing; 5] =
        [Standing::Rejecting, Standing::NotConnected, Standing::Stale, Standing::Synced, Standing::Unknown];
}

impl Row {
    /// How it stands. `known`: a page lists proxies, so that one that is not listed is not connected.
    pub fn standing(&self, known: bool) -> Standing {
        let refused = self.rejected.iter().any(|it| matches!(it, Rejection::Dump { .. }));
        match self.worst() {
            Status::Error => Standing::Rejecting,
            _ if refused => Standing::Rejecting,
            _ if !known => Standing::Unknown,
            _ if !self.connected => Standing::NotConnected,
            Status::Stale => Standing::Stale,
            Status::Ignored | Status::Synced | Status::NotSent => Standing::Synced,
        }
    }

    /// How far it is with a type.
    pub fn of_type(&self, type_url: &str) -> Option<&TypeState> {
        self.types.iter().find(|it| it.type_url == type_url)
    }

    /// The worst state of all its types.
    pub fn worst(&self) -> Status {
        self.types.iter().map(|it| it.status).max().unwrap_or(Status::Ignored)
    }
}

impl Mesh {
    /// Reads all pages of a capture that list proxies.
    pub fn of(capture: &Capture) -> Mesh {
        let mut mesh = Mesh { captured: capture.captured(), ..Mesh::default() };
        let clients = clients(capture);
        let mut sources: BTreeMap<(String, String, String), (Option<Instant>, Row)> = BTreeMap::new();
        let mut types = BTreeSet::new();
        let mut known = BTreeSet::new();
        for (proxy_id, proxy) in capture.proxies() {
            for &(document, index) in &proxy.sync {
                let Some(sync) = entry(capture, document, index) else { continue };
                types.extend(sync.types.iter().map(|it| it.type_url.clone()));
                known.insert(proxy_id);
                let row = row(capture, (proxy_id, proxy), sync, istiod(capture, document, sync), &clients);
                let newest = sync.types.iter().filter_map(|it| it.sent).max();
                // The same replica's answer may have come twice, by syncz and by istioctl: the newer one counts.
                let key = (row.id.clone(), row.cluster.clone(), row.istiod.clone());
                if sources.get(&key).is_none_or(|it| it.0 < newest) {
                    sources.insert(key, (newest, row));
                }
            }
        }
        mesh.known = capture.documents().any(|(_, it)| matches!(it.content, Content::Syncz(_)));
        mesh.rows = sources.into_values().map(|it| it.1).collect();
        mark_claims(&mut mesh.rows);
        mesh.rows.order_by(|one, other| (&one.id, &one.istiod).cmp(&(&other.id, &other.istiod)));
        let mut strangers: Vec<Row> = capture
            .proxies()
            .filter(|(id, it)| !known.contains(id) && runs(capture, it))
            .map(|it| stranger(capture, it))
            .collect();
        strangers.order_by(|one, other| one.id.cmp(&other.id));
        mesh.rows.extend(strangers);
        mesh.types = types.into_iter().collect();
        mesh
    }

    /// Proxies with a row, but no control plane.
    pub fn not_connected(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|it| !it.connected)
    }
}

/// The entry of a page that lists proxies.
fn entry(capture: &Capture, document: DocumentId, index: usize) -> Option<&ProxySync> {
    match &capture.document(document)?.content {
        Content::Syncz(list) => list.get(index),
        _ => None,
    }
}

fn istiod(capture: &Capture, document: DocumentId, sync: &ProxySync) -> String {
    if !sync.control_plane.is_empty() {
        return sync.control_plane.clone();
    }
    capture.control_plane_of(document).map_or_else(|| "istiod".to_owned(), |it| it.name.clone())
}

fn row(
    capture: &Capture,
    (id, proxy): (ProxyId, &Proxy),
    sync: &ProxySync,
    istiod: String,
    clients: &[(String, AdsClient)],
) -> Row {
    let is = |it: &&(String, AdsClient)| {
        let (replica, client) = it;
        *replica == istiod && client.proxy == sync.proxy && agree(&client.cluster, &sync.cluster)
    };
    let state = |it: &crate::istiod::TypeSync| TypeState {
        type_url: it.type_url.clone(),
        status: it.status,
        sent: it.sent,
        error: it.error.clone(),
        push: it.push.clone(),
    };
    Row {
        proxy: Some(id),
        id: sync.proxy.clone(),
        name: sync.pod().to_owned(),
        namespace: sync.namespace().to_owned(),
        cluster: sync.cluster.clone(),
        connected: true,
        also: Vec::new(),
        istio_version: sync.istio_version.clone(),
        envoy_version: envoy_version(capture, proxy),
        since: clients.iter().filter(is).filter_map(|it| it.1.connected).max(),
        types: sync.types.iter().map(state).collect(),
        rejected: rejections(capture, proxy),
        says_connected: connection(capture, proxy),
        istiod,
    }
}

fn agree(one: &str, other: &str) -> bool {
    one.is_empty() || other.is_empty() || one == other
}

/// A proxy with documents that no control plane knows.
fn stranger(capture: &Capture, (id, proxy): (ProxyId, &Proxy)) -> Row {
    let of = &proxy.identity;
    let name = of.name().to_owned();
    let full = if of.namespace.is_empty() { name.clone() } else { format!("{name}.{}", of.namespace) };
    Row {
        proxy: Some(id),
        id: full,
        name,
        namespace: of.namespace.clone(),
        cluster: of.cluster.clone(),
        istio_version: of_node(capture, proxy, |node| node.metadata("ISTIO_VERSION")),
        envoy_version: envoy_version(capture, proxy),
        rejected: rejections(capture, proxy),
        says_connected: connection(capture, proxy),
        ..Row::default()
    }
}

/// Whether a document of it comes from itself: a control plane's pages about a proxy do not show that it runs.
fn runs(capture: &Capture, proxy: &Proxy) -> bool {
    let mut documents = proxy.documents.iter().filter_map(|id| capture.document(*id));
    documents.any(|it| it.kind.name().starts_with("envoy_") || it.kind == Page::ZtunnelConfigDump)
}

/// Marks proxies that several control planes claim.
fn mark_claims(rows: &mut [Row]) {
    let mut by_proxy: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let key = |it: &Row| (it.cluster.clone(), it.id.clone());
    for row in rows.iter() {
        by_proxy.entry(key(row)).or_default().push(row.istiod.clone());
    }
    for row in rows {
        let all = by_proxy.get(&key(row)).into_iter().flatten();
        row.also = all.filter(|it| **it != row.istiod).cloned().collect();
    }
}

/// All connections that control planes list, each with its replica.
fn clients(capture: &Capture) -> Vec<(String, AdsClient)> {
    let mut list = Vec::new();
    for plane in capture.control_planes() {
        let pages = plane.documents.iter().filter_map(|id| capture.document(*id));
        for page in pages.filter(|it| matches!(it.kind, Page::IstiodAdsz | Page::IstiodConnections)) {
            let Some(tree) = page.tree() else { continue };
            list.extend(adsz(tree.root()).into_iter().map(|it| (plane.name.clone(), it)));
        }
    }
    list
}

fn envoy_version(capture: &Capture, proxy: &Proxy) -> String {
    of_node(capture, proxy, |node| node.envoy_version())
}

/// What the proxy's node says of itself, in its config dump, else in its `/server_info`.
fn of_node(capture: &Capture, proxy: &Proxy, read: impl Fn(ProxyNode<'_>) -> String) -> String {
    let documents = proxy.dump.iter().chain(&proxy.documents).filter_map(|id| capture.document(*id));
    documents.filter_map(|it| said_by(it, &read)).find(|it| !it.is_empty()).unwrap_or_default()
}

fn said_by(document: &Document, read: impl Fn(ProxyNode<'_>) -> String) -> Option<String> {
    let tree = match document.kind {
        Page::EnvoyConfigDump => {
            let (_, bootstrap) = document.dump()?.of(Kind::Bootstrap).next()?;
            bootstrap.body(&document.bytes).ok()?
        }
        Page::EnvoyServerInfo => document.tree()?,
        _ => return None,
    };
    Some(read(ProxyNode(tree.root().get("node")?)))
}

/// Types in the order in which istioctl's short table names them: the four that every proxy has, then the others by
/// URL (istioctl/pkg/writer/pilot/status.go, `setupStatusPrint`).
pub fn in_core_order(urls: &[String]) -> Vec<&str> {
    let core = [types::CLUSTER, types::LISTENER, types::ENDPOINT, types::ROUTE];
    let seen = core.into_iter().filter(|core| urls.iter().any(|it| it == core));
    let mut others: Vec<&str> = urls.iter().map(String::as_str).filter(|it| !core.contains(it)).collect();
    others.order();
    seen.chain(others).collect()
}

/// Types in the order of istioctl's wide table: those seen and the five that it knows, by URL (the same file,
/// `printAllVerbose`).
pub fn with_known(urls: &[String]) -> Vec<&str> {
    let known = [types::CLUSTER, types::LISTENER, types::ENDPOINT, types::ROUTE, types::EXTENSION];
    let all: BTreeSet<&str> = urls.iter().map(String::as_str).chain(known).collect();
    all.into_iter().collect()
}
