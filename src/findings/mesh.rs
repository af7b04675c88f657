//! What one proxy's checks must know of the other proxies and of the control planes' pages. Collected first.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::clusters::no_instances;
use super::finding::Evidence;
use super::hosts::{self, Hosts};
use super::scaffolding;
use super::site::Site;
use crate::capture::{Capture, Document, DocumentId, ProxyId, ResourceRef};
use crate::envoy::certificate::{Certificate, pem_blocks};
use crate::envoy::{Address, Kind, Listener, ProxyNode, Secret, ServiceKey, State};
use crate::intake::Kind as Page;
use crate::istiod::{Service, configz, push_status, registryz};
use crate::json::{Node, Span};

/// What a server makes of connections to one of its ports (Istio, pilot/pkg/networking/core/filterchain_options.go).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Mutual TLS only.
    Strict,
    /// Both.
    Permissive,
    /// Plain connections only: TLS is passed on to the application as it is.
    Disabled,
}

/// A proxy as the others meet it.
#[derive(Clone, Debug, Default)]
pub struct Server {
    /// Its Kubernetes cluster.
    pub cluster: String,
    /// Its name: `POD.NAMESPACE`.
    pub name: String,
    /// Its addresses.
    pub ips: Vec<String>,
    /// By port; ports without a chain of their own are not in it. None where it has no inbound listener in use.
    pub ports: Option<BTreeMap<u32, Mode>>,
    /// The inbound listener.
    pub inbound: Option<ResourceRef>,
    /// What its inbound listener's chains for other ports do.
    pub others: Option<Mode>,
    /// Whether an annotation keeps ports from its proxy.
    pub excludes: bool,
    /// The SPIFFE ids of its certificate.
    pub ids: Vec<String>,
    /// Its certificate.
    pub certificate: Option<ResourceRef>,
    /// The certificates it trusts, and where they stand.
    pub roots: Option<(BTreeSet<[u8; 32]>, ResourceRef)>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its Istio version.
    pub version: String,
    /// Where it says so.
    pub version_at: Option<(DocumentId, Span)>,
    /// `sidecar`, `router`, …
    pub proxy_type: String,
    /// The hosts that its clusters are for. None where its clusters are not known.
    pub hosts: Option<BTreeSet<String>>,
}

/// An Istio resource of `configz`.
#[derive(Clone, Debug)]
pub struct Resource {
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub document: DocumentId,
    pub span: Span,
}

impl Resource {
    /// `VirtualService default/reviews`
    pub fn title(&self) -> String {
        format!("{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// Something that istiod stumbled over.
#[derive(Clone, Debug)]
pub struct Stumble {
    pub metric: String,
    pub key: String,
    pub proxy: String,
    pub message: String,
    pub evidence: Evidence,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Mesh {
    /// By proxy.
    pub servers: BTreeMap<ProxyId, Server>,
    /// By address, where only one proxy has it.
    by_ip: BTreeMap<String, Option<ProxyId>>,
    /// What `/clusters` pages say, by proxy.
    pub hosts: BTreeMap<ProxyId, Option<BTreeMap<String, Hosts>>>,
    /// The resources of `configz`; none without the page.
    pub configs: Option<Vec<Resource>>,
    /// The services of `registryz`; none without the page.
    pub services: Option<(Vec<Service>, DocumentId)>,
    /// By host: which of them.
    pub service_of: BTreeMap<String, usize>,
    /// What `push_status` says; none without the page.
    pub stumbles: Option<Vec<Stumble>>,
    /// Clusters without instances, as it says.
    pub no_instances: BTreeMap<String, Evidence>,
    /// Whether a page lists proxies.
    pub lists_proxies: bool,
    /// Where the pages that list proxies speak of each.
    pub sync_spans: BTreeMap<DocumentId, BTreeMap<String, Span>>,
    /// The addresses of the proxies that control planes list; none without `adsz`.
    pub connected_ips: Option<BTreeSet<String>>,
}

impl Mesh {
    /// Reads the pages of control planes.
    pub fn pages(&mut self, capture: &Capture) {
        let mut seen = BTreeSet::new();
        for (id, document) in capture.documents() {
            if matches!(document.content, crate::capture::Content::Syncz(_)) {
                self.lists_proxies = true;
                self.sync_spans.insert(id, sync_spans(document));
            }
            let tree = || document.tree();
            match document.kind {
                Page::IstiodConfigz => {
                    let Some(tree) = tree() else { continue };
                    let found = configz(tree.root()).map(|it| Resource {
                        kind: it.kind.into_owned(),
                        namespace: it.namespace.into_owned(),
                        name: it.name.into_owned(),
                        document: id,
                        span: it.node.span(),
                    });
                    // Replicas have the same resources.
                    let known = self.configs.get_or_insert_default();
                    for it in found {
                        if seen.insert((it.kind.clone(), it.namespace.clone(), it.name.clone())) {
                            known.push(it);
                        }
                    }
                }
                Page::IstiodRegistryz if self.services.is_none() => {
                    self.services = tree().map(|tree| (registryz(tree.root()), id));
                    let list = self.services.iter().flat_map(|it| &it.0).map(|it| it.host.clone());
                    self.service_of = list.zip(0..).collect();
                }
                Page::IstiodPushStatus => {
                    let Some(tree) = tree() else { continue };
                    let list = self.stumbles.get_or_insert_default();
                    for it in push_status(tree.root()) {
                        if it.metric == "pilot_eds_no_instances" {
                            self.no_instances.insert(it.key.to_string(), no_instances(id, it.node, &it.key));
                        }
                        let value = format!("{}: {}", it.metric, it.key);
                        list.push(Stumble {
                            metric: it.metric.into_owned(),
                            key: it.key.into_owned(),
                            proxy: it.proxy.into_owned(),
                            message: it.message.into_owned(),
                            evidence: Evidence::at(id, Some(it.node.span()), value),
                        });
                    }
                }
                // `{}`: nothing was stumbled over. Such an answer has only its name to be known by.
                Page::EmptyAnswer
                    if document.path.rsplit('/').next().is_some_and(|it| it.starts_with("push_status")) =>
                {
                    self.stumbles.get_or_insert_default();
                }
                Page::IstiodAdsz => {
                    let Some(tree) = tree() else { continue };
                    let known = self.connected_ips.get_or_insert_default();
                    let clients = tree.root().get("clients").unwrap_or(tree.root());
                    for it in clients.items() {
                        let ips = it.path(&["metadata", "INSTANCE_IPS"]).and_then(Node::str);
                        known.extend(ips.iter().flat_map(|it| it.split(',')).map(|it| it.trim().to_owned()));
                    }
                }
                _ => {}
            }
        }
    }

    /// Reads what others must know of a proxy.
    pub fn collect(&mut self, capture: &Capture, id: ProxyId) {
        let Some(proxy) = capture.proxy(id) else { return };
        self.hosts.insert(id, hosts::pages(capture, proxy));
        let Some(site) = proxy.dump.and_then(|it| Site::of(capture, id, it)) else { return };
        let mut server = Server {
            cluster: proxy.identity.cluster.clone(),
            name: super::proxy_name(proxy),
            proxy_type: proxy.identity.proxy_type.clone(),
            ..Server::default()
        };
        bootstrap(&site, &mut server);
        inbound(&site, &mut server);
        secrets(&site, &mut server);
        if site.complete(Kind::Cluster) {
            server.hosts = Some(hosts_of(&site));
        }
        for ip in &server.ips {
            self.by_ip.entry(ip.clone()).and_modify(|it| *it = None).or_insert(Some(id));
        }
        self.servers.insert(id, server);
    }

    /// A proxy's name.
    pub fn name(&self, id: ProxyId) -> String {
        self.servers.get(&id).map(|it| it.name.clone()).unwrap_or_default()
    }

    /// The proxy that has an address, unless several have it (the host network).
    pub fn server(&self, address: &str, cluster: &str) -> Option<(ProxyId, &Server)> {
        let id = (*self.by_ip.get(address)?)?;
        let it = self.servers.get(&id)?;
        (cluster.is_empty() || it.cluster.is_empty() || cluster == it.cluster).then_some((id, it))
    }
}

/// The entries of a page that lists proxies, by the proxy's id.
fn sync_spans(page: &Document) -> BTreeMap<String, Span> {
    let Some(tree) = page.tree() else { return BTreeMap::new() };
    let root = tree.root();
    let list = root.get("resources").unwrap_or(root).items();
    let named = list.filter_map(|it| {
        let id = it.text("proxy").or_else(|| it.get("node").and_then(|it| it.text("id")))?;
        Some((id.into_owned(), it.span()))
    });
    named.collect()
}

fn bootstrap(site: &Site<'_>, server: &mut Server) {
    let Some((_, it)) = site.dump.of(Kind::Bootstrap).next() else { return };
    let Ok(tree) = it.body(site.bytes) else { return };
    let Some(node) = tree.root().get("node").map(ProxyNode) else { return };
    let ips = node.metadata("INSTANCE_IPS");
    server.ips = ips.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect();
    if server.ips.is_empty() {
        let id = node.id();
        server.ips.extend(crate::envoy::names::NodeId::parse(&id).map(|it| it.ip.to_owned()));
    }
    server.version = node.metadata("ISTIO_VERSION");
    let said = node.0.path(&["metadata", "ISTIO_VERSION"]);
    server.version_at = said.map(|it| (site.document, it.span()));
    let labels = node.0.path(&["metadata", "LABELS"]);
    let labels = labels.into_iter().flat_map(Node::entries);
    server.labels = labels.filter_map(|(key, it)| Some((key.into_owned(), it.str()?.into_owned()))).collect();
    let annotations = node.0.path(&["metadata", "ANNOTATIONS"]);
    server.excludes = annotations
        .into_iter()
        .flat_map(Node::entries)
        .any(|(key, _)| key.starts_with("traffic.sidecar.istio.io/") && key.contains("Inbound"));
}

fn inbound(site: &Site<'_>, server: &mut Server) {
    for (id, it) in site.dump.of(Kind::Listener) {
        if !matches!(it.state, State::Active | State::Static) || it.name(site.bytes) != "virtualInbound" {
            continue;
        }
        let Ok(tree) = it.body(site.bytes) else { continue };
        let listener = Listener(tree.root());
        if listener.filter_chain_matcher().is_some() || listener.address().map_or(0, Address::port) != 15006 {
            continue;
        }
        // By port (0 for the chains of all ports): whether TLS ends there, whether plain connections do.
        let mut seen: BTreeMap<u32, (bool, bool)> = BTreeMap::new();
        for chain in listener.all_filter_chains() {
            let matched = chain.filter_chain_match();
            let port = matched.and_then(|it| it.destination_port()).and_then(|it| u32::try_from(it).ok());
            if port == Some(15006) || scaffolding::chain(&chain.name()) && chain.name().contains("blackhole")
            {
                continue;
            }
            let entry = seen.entry(port.unwrap_or(0)).or_default();
            let transport = matched.map(|it| it.transport_protocol()).unwrap_or_default();
            if chain.tls_context().is_some() {
                entry.0 = true;
            } else if transport != "tls" {
                entry.1 = true;
            }
        }
        let mode = |it: (bool, bool)| match it {
            (true, false) => Some(Mode::Strict),
            (true, true) => Some(Mode::Permissive),
            (false, true) => Some(Mode::Disabled),
            (false, false) => None,
        };
        server.others = seen.remove(&0).and_then(mode);
        server.ports = Some(seen.into_iter().filter_map(|(port, it)| Some((port, mode(it)?))).collect());
        server.inbound = Some(site.place(id));
    }
}

fn secrets(site: &Site<'_>, server: &mut Server) {
    for (id, it) in site.dump.of(Kind::Secret) {
        let name = it.name(site.bytes);
        if it.state != State::Active || !matches!(name.as_ref(), "default" | "ROOTCA") {
            continue;
        }
        let Ok(tree) = it.body(site.bytes) else { continue };
        let secret = Secret(tree.root());
        if name == "default" {
            let first = pem_blocks(&secret.certificate_chain()).into_iter().next();
            let ids = first.and_then(|it| Certificate::parse(&it.der)).map(|it| it.uris).unwrap_or_default();
            server.ids = ids;
            server.certificate = Some(site.place(id));
            continue;
        }
        let roots: BTreeSet<[u8; 32]> = secret
            .trusted()
            .flat_map(|it| pem_blocks(&it))
            .filter(|it| Certificate::parse(&it.der).is_some())
            .map(|it| Sha256::digest(&it.der).into())
            .collect();
        if !roots.is_empty() {
            server.roots = Some((roots, site.place(id)));
        }
    }
}

fn hosts_of(site: &Site<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, it) in site.dump.of(Kind::Cluster) {
        let name = it.name(site.bytes);
        if scaffolding::cluster(&name) {
            continue;
        }
        if let Some(key) = ServiceKey::parse(&name).filter(|it| it.direction == "outbound")
            && !found.contains(key.host)
        {
            found.insert(key.host.to_owned());
        }
    }
    found
}
