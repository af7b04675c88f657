//! Endpoints of clusters.

use std::collections::BTreeMap;

use super::Place;
use super::source::Source;
use crate::capture::{Capture, Document, DocumentId};
use crate::envoy::{
    Address, AddressKind, ClusterLoadAssignment, ClusterStatus, Kind as ResourceKind, ResourceId,
};

/// An endpoint of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// `10.244.1.12:9080`, or as [`AddressKind`] writes what is no socket.
    pub address: String,
    /// Its health in Envoy's words: `HEALTHY`, `UNHEALTHY`, `failed_outlier_check`.
    pub health: String,
    /// Whether traffic goes to it.
    pub healthy: bool,
    /// Its weight in its locality.
    pub weight: Option<u64>,
    /// 0 is used first.
    pub priority: u64,
    /// Where the dump has it.
    pub place: Option<Place>,
}

/// Signs of bad health that the page has (`envoy.admin.v3.HostHealthStatus`).
const FLAGS: [&str; 3] = ["failed_active_health_check", "failed_outlier_check", "failed_active_hc_timeout"];

/// The newest `/clusters` of the proxy that a dump is of.
pub fn page(capture: &Capture, dump: DocumentId) -> Option<&Document> {
    let proxy = capture.proxy(capture.owner(dump)?)?;
    let mut documents = proxy.documents.iter().filter_map(|id| capture.document(*id));
    documents.rfind(|it| it.kind.has_cluster_statuses())
}

/// All endpoints of such a page, by cluster.
pub fn read(page: &Document) -> BTreeMap<String, Vec<Host>> {
    let mut out = BTreeMap::new();
    let Some(tree) = page.tree() else { return out };
    for cluster in ClusterStatus::all(tree.root()) {
        let hosts = cluster.hosts().filter_map(|host| {
            let status = host.eds_health_status();
            let flag = FLAGS.into_iter().find(|flag| host.health_flag(flag));
            Some(Host {
                address: address(host.address()?)?,
                healthy: flag.is_none() && is_healthy(&status),
                health: flag.map_or_else(|| status.into_owned(), str::to_owned),
                weight: host.weight(),
                priority: host.priority(),
                place: None,
            })
        });
        let hosts = hosts.collect();
        out.insert(cluster.name().into_owned(), hosts);
    }
    out
}

/// An address as text.
pub fn address(it: Address<'_>) -> Option<String> {
    it.kind().map(|kind| kind.to_string())
}

/// The part of an address's text that the dump has as a string of its own.
pub fn needle(address: &str) -> &str {
    if let Some(rest) = address.strip_prefix("envoy://") {
        return rest.split('/').next().unwrap_or(rest);
    }
    match address.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|it| it.is_ascii_digit()) => {
            host.trim_start_matches('[').trim_end_matches(']')
        }
        _ => address,
    }
}

/// The listener of the same Envoy that an address leads to.
pub fn internal(address: &str) -> Option<&str> {
    address.strip_prefix("envoy://").map(|rest| rest.split('/').next().unwrap_or(rest))
}

/// Whether traffic goes to an endpoint of that health (envoy/config/core/v3/health_check.proto: UNKNOWN counts as
/// healthy, DEGRADED is used).
pub fn is_healthy(status: &str) -> bool {
    matches!(status, "UNKNOWN" | "HEALTHY" | "DEGRADED")
}

impl Source<'_> {
    /// The endpoints of a cluster, and where they are listed. `None` where that is not known.
    pub(super) fn hosts(&self, id: ResourceId) -> Option<Vec<Host>> {
        let cluster = self.cluster(id)?;
        let own = self.resource(id)?.name_span();
        let listed = self.names.endpoints(self.bytes, cluster.0, own);
        let mut hosts = match listed {
            Some((_, Some(found))) => assigned(ClusterLoadAssignment(self.node(found)?), found),
            _ => match cluster.load_assignment() {
                Some(it) => assigned(it, id),
                // EDS knows it, and nobody asked EDS for the dump.
                None if cluster.discovery_type() == "EDS" && !self.has(super::Kind::Endpoint) => {
                    return self.page_hosts(&cluster.name()).map(<[Host]>::to_vec);
                }
                None => Vec::new(),
            },
        };
        if let Some(page) = self.page_hosts(&cluster.name()) {
            for host in &mut hosts {
                if let Some(seen) = page.iter().find(|it| it.address == host.address && !it.healthy) {
                    (host.healthy, host.health) = (false, seen.health.clone());
                }
            }
        }
        Some(hosts)
    }

    /// Resources that list an endpoint of that address: assignments of EDS, or clusters where those are not listed.
    pub(super) fn listing(&self, address: &str) -> Vec<ResourceId> {
        let needle = needle(address);
        let finder = memchr::memmem::Finder::new(needle);
        let of = if self.has(super::Kind::Endpoint) { ResourceKind::Endpoint } else { ResourceKind::Cluster };
        let holds = |id: &ResourceId| {
            let Some(body) = self.resource(*id).and_then(|it| it.body_span()) else { return false };
            if finder.find(body.of(self.bytes)).is_none() {
                return false;
            }
            let Some(node) = self.node(*id) else { return false };
            let of = if of == ResourceKind::Endpoint { Some(node) } else { node.get("load_assignment") };
            of.is_some_and(|of| {
                assigned(ClusterLoadAssignment(of), *id).iter().any(|it| it.address == address)
            })
        };
        self.dump.of(of).map(|(id, _)| id).filter(holds).collect()
    }
}

fn assigned(it: ClusterLoadAssignment<'_>, resource: ResourceId) -> Vec<Host> {
    let mut out = Vec::new();
    for locality in it.localities() {
        for endpoint in locality.endpoints() {
            let Some(address) = endpoint.address().and_then(Address::kind) else { continue };
            let status = endpoint.health_status();
            // v2 lists a cluster's hosts without a wrapper around them; that is another message.
            out.push(Host {
                address: AddressKind::to_string(&address),
                healthy: is_healthy(&status),
                health: status.into_owned(),
                weight: endpoint.weight(),
                priority: locality.priority(),
                place: Some(Place { resource, at: endpoint.0.span().start }),
            });
        }
    }
    out
}
