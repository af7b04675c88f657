//! What istioctl would be asked, and what it would print: for who compares, or pastes it into a ticket.

use super::protocol::{ResourceRef, TableKind};
use crate::capture::{Capture, Document, Proxy};
use crate::envoy::{Address, AddressKind, Kind, Listener, ServiceKey};
use crate::instant::Instant;
use crate::tables::cluster::{self, ClusterFilter};
use crate::tables::endpoint::{self, EndpointFilter};
use crate::tables::listener::{self, ListenerFilter};
use crate::tables::ztunnel::{certificate, connections, policy, service, workload};
use crate::tables::{Dump, Format, authz, bootstrap, ecds, legacy, page, route, secret};
use crate::ztunnel::ZtunnelDump;

/// The command that prints a proxy's table, or that part of it which is about one resource; where istioctl has no such
/// table, what comes next to it.
pub fn command(capture: &Capture, of: &Proxy, kind: TableKind, only: Option<ResourceRef>) -> String {
    let (name, namespace) = (of.identity.name(), of.identity.namespace.as_str());
    let proxy = if namespace.is_empty() { name.to_owned() } else { format!("{name}.{namespace}") };
    let (words, end) = match kind {
        TableKind::Listeners => ("proxy-config listener", ""),
        TableKind::Routes => ("proxy-config route", ""),
        TableKind::Clusters => ("proxy-config cluster", ""),
        TableKind::Endpoints => ("proxy-config endpoint", ""),
        TableKind::Secrets => ("proxy-config secret", ""),
        TableKind::Rbac => ("experimental authz check", ""),
        TableKind::Jwt | TableKind::Filters | TableKind::Telemetry => ("proxy-config listener", " -o json"),
        TableKind::Ecds => ("proxy-config ecds", ""),
        TableKind::Bootstrap => ("proxy-config bootstrap", ""),
        TableKind::Workloads => ("ztunnel-config workload", ""),
        TableKind::Services => ("ztunnel-config service", ""),
        TableKind::ZtunnelPolicies => ("ztunnel-config policy", ""),
        TableKind::ZtunnelCertificates => ("ztunnel-config certificate", ""),
        TableKind::Connections => ("ztunnel-config connections", ""),
    };
    let flags = only.and_then(|only| flags(capture, only)).map(|it| it.text()).unwrap_or_default();
    format!("istioctl {words} {proxy}{flags}{end}")
}

/// Whether istioctl prints the table, and whether Istio 1.1's did it otherwise.
pub fn prints(capture: &Capture, of: &Proxy, kind: TableKind) -> (bool, bool) {
    let there = page::document(capture, of, kind).is_some();
    let prints = !matches!(kind, TableKind::Jwt | TableKind::Filters | TableKind::Telemetry);
    let older = matches!(kind, TableKind::Listeners | TableKind::Clusters);
    (there && prints, there && older)
}

/// What istioctl prints for it. `None` where it prints nothing, or only an error.
pub fn text(
    capture: &Capture,
    of: &Proxy,
    kind: TableKind,
    only: Option<ResourceRef>,
    older: bool,
) -> Option<String> {
    let document = capture.document(page::document(capture, of, kind)?)?;
    let flags = only.and_then(|only| flags(capture, only)).unwrap_or_default();
    let now = capture.captured().unwrap_or(Instant(0));
    if kind.is_of_ztunnel() {
        let tree = document.tree()?;
        return of_ztunnel(ZtunnelDump(tree.root()), kind, now);
    }
    if kind == TableKind::Endpoints {
        return endpoints(capture, of, &flags.endpoint);
    }
    let dump = dump(document)?;
    match kind {
        TableKind::Clusters => {
            let rows = cluster::rows(dump, &flags.cluster).ok()?.rows;
            Some(if older { legacy::clusters(&rows) } else { cluster::text(&rows, false) })
        }
        TableKind::Listeners if older => {
            Some(legacy::listeners(&legacy::listener_rows(dump, &flags.listener).ok()?.rows))
        }
        TableKind::Listeners => {
            Some(listener::text(&listener::rows(dump, &flags.listener).ok()?.rows, true, false))
        }
        TableKind::Routes => Some(route::text(&route::rows(dump, &flags.route).ok()?.rows, true, false)),
        TableKind::Secrets => Some(secret::text(&secret::rows(dump, now).ok()?.rows, false)),
        TableKind::Rbac => Some(authz::text(&authz::rows(dump).ok()?.rows)),
        TableKind::Ecds => Some(ecds::text(&ecds::rows(dump).ok()?.rows)),
        TableKind::Bootstrap => bootstrap::print(dump, Format::Json).ok(),
        _ => None,
    }
}

fn dump(document: &Document) -> Option<Dump<'_>> {
    Some(Dump { bytes: &document.bytes, index: document.dump()? })
}

fn of_ztunnel(of: ZtunnelDump<'_>, kind: TableKind, now: Instant) -> Option<String> {
    match kind {
        TableKind::Workloads => {
            Some(workload::text(&workload::rows(of, &workload::WorkloadFilter::default())))
        }
        TableKind::Services => Some(service::text(&service::rows(of, ""))),
        TableKind::ZtunnelPolicies => Some(policy::text(&policy::rows(of, ""))),
        TableKind::ZtunnelCertificates => Some(certificate::text(&certificate::rows(of, now))),
        TableKind::Connections => {
            Some(connections::text(&connections::rows(of, &connections::ConnectionsFilter::default())))
        }
        _ => None,
    }
}

/// From the proxy's `/clusters`, as istioctl; from its dump where there is no such page.
fn endpoints(capture: &Capture, of: &Proxy, filter: &EndpointFilter) -> Option<String> {
    let documents = of.documents.iter().rev().filter_map(|id| capture.document(*id));
    for document in documents {
        match document.kind {
            kind if kind.has_cluster_statuses() => {
                let tree = document.tree()?;
                return Some(endpoint::text(&endpoint::rows(tree.root(), filter)));
            }
            crate::intake::Kind::EnvoyClustersText => {
                let page = String::from_utf8_lossy(&document.bytes);
                return Some(endpoint::text(&endpoint::rows_of_text(&page, filter)));
            }
            _ => {}
        }
    }
    let dump = dump(capture.document(of.dump?)?)?;
    Some(endpoint::text(&endpoint::rows_of_dump(dump, filter).rows))
}

/// The filters that stand for one resource.
#[derive(Default)]
struct Flags {
    route: String,
    cluster: ClusterFilter,
    listener: ListenerFilter,
    endpoint: EndpointFilter,
}

impl Flags {
    /// As they are typed into a shell.
    fn text(&self) -> String {
        let port = self.cluster.port.max(self.listener.port);
        let port = if port == 0 { String::new() } else { port.to_string() };
        let flags = [
            ("name", self.route.as_str()),
            ("fqdn", &self.cluster.fqdn),
            ("subset", &self.cluster.subset),
            ("direction", &self.cluster.direction),
            ("address", &self.listener.address),
            ("port", &port),
            ("cluster", &self.endpoint.cluster),
        ];
        let said = flags.iter().filter(|(_, value)| !value.is_empty());
        said.map(|(name, value)| {
            let plain = value.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._:".contains(&it));
            if plain {
                format!(" --{name} {value}")
            } else {
                format!(" --{name} '{}'", value.replace('\'', "'\\''"))
            }
        })
        .collect()
    }
}

fn flags(capture: &Capture, only: ResourceRef) -> Option<Flags> {
    let (document, resource) = super::resource(capture, only)?;
    let name = resource.name(&document.bytes).into_owned();
    let mut flags = Flags::default();
    match resource.kind {
        Kind::Route => flags.route = name,
        Kind::Endpoint => flags.endpoint.cluster = name,
        Kind::Cluster => match ServiceKey::parse(&name) {
            Some(key) => {
                flags.cluster = ClusterFilter {
                    fqdn: key.host.to_owned(),
                    direction: key.direction.to_owned(),
                    subset: key.subset.to_owned(),
                    port: key.port,
                }
            }
            None => flags.cluster.fqdn = name,
        },
        Kind::Listener => {
            let tree = resource.body(&document.bytes).ok()?;
            let address = Listener(tree.root()).address().and_then(Address::kind);
            if let Some(AddressKind::Socket { address, port }) = address {
                flags.listener.address = address.into_owned();
                flags.listener.port = port;
            }
        }
        _ => {}
    }
    Some(flags)
}
