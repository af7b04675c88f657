//! What the proxy's page `/clusters` says of its endpoints, beside what the control plane sent.

use std::collections::BTreeMap;

use super::{Dump, It, address, aside, text};
use crate::envoy::{ClusterStatus, HostStatus, Kind};
use crate::intake::Kind as DocumentKind;
use crate::json::Tree;
use crate::tables::cell::{Cell, Row};

/// Flags of `envoy.admin.v3.HostHealthStatus`: why Envoy itself does not take an endpoint for healthy.
const FLAGS: [&str; 7] = [
    "failed_active_health_check",
    "failed_outlier_check",
    "failed_active_degraded_check",
    "pending_dynamic_removal",
    "pending_active_hc",
    "excluded_via_immediate_hc_fail",
    "active_hc_timeout",
];

/// An endpoint of the page.
pub struct Host {
    /// Its health, as Envoy has it from the control plane.
    pub eds_health_status: String,
    /// Why Envoy does not take it for healthy.
    pub flags: Vec<&'static str>,
    cells: Vec<Cell>,
}

/// Endpoints by cluster, then by address.
pub type Hosts = BTreeMap<String, BTreeMap<String, Host>>;

/// The endpoints of the newest such page of the dump's proxy; empty without one.
pub fn read(dump: &Dump<'_>) -> Hosts {
    let mut hosts = Hosts::new();
    let proxy = dump.capture.owner(dump.id).and_then(|id| dump.capture.proxy(id));
    let mut pages =
        proxy.into_iter().flat_map(|it| &it.documents).filter_map(|id| dump.capture.document(*id));
    let Some(page) = pages.rfind(|it| it.kind == DocumentKind::EnvoyClusters) else {
        return hosts;
    };
    let Some(tree) = page.root().and_then(|root| Tree::parse(&page.bytes, root).ok()) else { return hosts };
    for cluster in ClusterStatus::all(tree.root()) {
        let of: &mut BTreeMap<String, Host> = hosts.entry(cluster.name().into_owned()).or_default();
        for host in cluster.hosts() {
            let place = host.address().and_then(|it| address(it.0)).unwrap_or_default();
            of.insert(place.clone(), read_host(place, host));
        }
    }
    hosts
}

fn read_host(address: String, host: HostStatus<'_>) -> Host {
    let health = host.eds_health_status().into_owned();
    let flags: Vec<_> = FLAGS.into_iter().filter(|flag| host.health_flag(flag)).collect();
    let locality = host.locality().to_string();
    let cells = vec![
        vec![text(address)],
        health_cell(&health, &flags),
        Cell::new(),
        host.weight().map(|it| vec![text(it.to_string())]).unwrap_or_default(),
        vec![text(host.priority().to_string())],
        if locality.is_empty() { Cell::new() } else { vec![text(locality)] },
        Cell::new(),
    ];
    Host { eds_health_status: health, flags, cells }
}

/// Health in Envoy's words.
pub fn health_cell(status: &str, flags: &[&'static str]) -> Cell {
    std::iter::once(text(status)).chain(flags.iter().map(|it| aside(*it))).collect()
}

/// The page's endpoints alone, each as a row of its cluster: for a dump that was taken without them.
pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let name = it.resource.name(dump.bytes).into_owned();
    let Some(hosts) = dump.hosts().get(&name) else { return };
    for host in hosts.values() {
        let mut cells = host.cells.clone();
        cells[2] = vec![dump.link_to(Kind::Cluster, it.reference.resource, &name)];
        out.push(Row { resource: it.reference, at: it.root.span().start, cells });
    }
}
