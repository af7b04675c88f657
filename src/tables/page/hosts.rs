//! What a proxy's page `/clusters` says of its endpoints, beside what the control plane sent.

use std::collections::BTreeMap;

use super::{Dump, address, aside, text};
use crate::capture::{Document, DocumentId};
use crate::envoy::{ClusterStatus, HostStatus};
use crate::intake::Kind as DocumentKind;
use crate::tables::cell::{Cell, Part, Word};

/// The page, as JSON and as text, and what istioctl prints of it.
pub const PAGES: [DocumentKind; 3] =
    [DocumentKind::EnvoyClusters, DocumentKind::EnvoyClustersText, DocumentKind::IstioctlEndpoints];

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

/// Counters that say how an endpoint fares.
const STATS: [&str; 5] = ["rq_total", "rq_error", "rq_timeout", "cx_total", "cx_connect_fail"];

/// An endpoint of the page.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Its health, as Envoy has it from the control plane.
    pub eds_health_status: String,
    /// Why Envoy does not take it for healthy.
    pub flags: Vec<&'static str>,
    pub weight: Option<u64>,
    pub priority: u64,
    /// `region/zone/sub_zone`
    pub locality: String,
    /// `rq_total 7`
    pub stats: Vec<String>,
}

/// A page's endpoints by cluster, then by address.
#[derive(Debug, Default)]
pub struct Hosts {
    /// The page; none where the capture has none of this proxy.
    pub page: Option<DocumentId>,
    pub clusters: BTreeMap<String, BTreeMap<String, Host>>,
}

/// The endpoints of the newest such page of the dump's proxy.
pub fn of_proxy(dump: &Dump<'_>) -> Hosts {
    let proxy = dump.capture.owner(dump.id).and_then(|id| dump.capture.proxy(id));
    let pages = proxy.into_iter().flat_map(|it| &it.documents);
    let mut pages = pages.filter_map(|id| Some((*id, dump.capture.document(*id)?)));
    pages.rfind(|(_, it)| PAGES.contains(&it.kind)).map(|(id, it)| read(id, it)).unwrap_or_default()
}

/// The endpoints of a page.
pub fn read(id: DocumentId, page: &Document) -> Hosts {
    let mut hosts = Hosts { page: Some(id), ..Hosts::default() };
    if page.kind == DocumentKind::EnvoyClustersText {
        read_text(&String::from_utf8_lossy(&page.bytes), &mut hosts);
        return hosts;
    }
    let Some(tree) = page.tree() else { return hosts };
    for cluster in ClusterStatus::all(tree.root()) {
        let of = hosts.clusters.entry(cluster.name().into_owned()).or_default();
        for host in cluster.hosts() {
            let place = host.address().and_then(|it| address(it.0)).unwrap_or_default();
            of.insert(place, read_host(host));
        }
    }
    hosts
}

fn read_host(host: HostStatus<'_>) -> Host {
    Host {
        eds_health_status: host.eds_health_status().into_owned(),
        flags: FLAGS.into_iter().filter(|flag| host.health_flag(flag)).collect(),
        weight: host.weight(),
        priority: host.priority(),
        locality: host.locality().to_string(),
        stats: STATS
            .iter()
            .filter_map(|name| host.stat(name).filter(|it| *it > 0).map(|it| format!("{name} {it}")))
            .collect(),
    }
}

/// Lines `cluster::address::key::value`; an IPv6 address is in brackets, and has `::` in them.
fn read_text(page: &str, hosts: &mut Hosts) {
    for line in page.lines() {
        let Some((cluster, rest)) = line.split_once("::") else { continue };
        let close = if rest.starts_with('[') { rest.find(']').unwrap_or(0) } else { 0 };
        let Some(end) = rest[close..].find("::").map(|at| close + at) else { continue };
        let (place, Some((key, value))) = (&rest[..end], rest[end + 2..].split_once("::")) else { continue };
        // Limits and settings of the cluster itself.
        if !place.contains([':', '/']) {
            continue;
        }
        let host = hosts.clusters.entry(cluster.to_owned()).or_default().entry(place.to_owned()).or_default();
        match key {
            "health_flags" => {
                let has = |flag: &str| value.split('/').any(|it| it == flag);
                // Envoy's text says of the control plane's word only what is bad
                // (source/common/upstream/host_utility.cc).
                host.eds_health_status = match () {
                    () if has("failed_eds_health") => "UNHEALTHY",
                    () if has("degraded_eds_health") => "DEGRADED",
                    () if has("eds_status_draining") => "DRAINING",
                    () => "HEALTHY",
                }
                .to_owned();
                host.flags = TEXT_FLAGS.iter().filter(|(text, _)| has(text)).map(|(_, flag)| *flag).collect();
            }
            "weight" => host.weight = value.parse().ok(),
            "priority" => host.priority = value.parse().unwrap_or(0),
            "region" | "zone" | "sub_zone" if !value.is_empty() => {
                if !host.locality.is_empty() {
                    host.locality.push('/');
                }
                host.locality.push_str(value);
            }
            _ if STATS.contains(&key) && value != "0" => host.stats.push(format!("{key} {value}")),
            _ => {}
        }
    }
}

/// How the text spells the flags.
const TEXT_FLAGS: [(&str, &str); 7] = [
    ("failed_active_hc", "failed_active_health_check"),
    ("failed_outlier_check", "failed_outlier_check"),
    ("degraded_active_hc", "failed_active_degraded_check"),
    ("pending_dynamic_removal", "pending_dynamic_removal"),
    ("pending_active_hc", "pending_active_hc"),
    ("excluded_via_immediate_hc_fail", "excluded_via_immediate_hc_fail"),
    ("active_hc_timeout", "active_hc_timeout"),
];

/// Health in Envoy's words; what outlier detection took out of use is marked.
pub fn health_cell(status: &str, flags: &[&'static str]) -> Cell {
    let mut cell = vec![text(status)];
    if flags.contains(&"failed_outlier_check") {
        cell.push(Part::Word(Word::Ejected));
    }
    cell.extend(flags.iter().map(|it| aside(*it)));
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_page_says_the_same() {
        let page = "a|b::default_priority::max_connections::1024\na|b::10.0.0.1:80::rq_error::3\n\
            a|b::10.0.0.1:80::health_flags::/failed_outlier_check/failed_eds_health\n\
            a|b::10.0.0.1:80::weight::5\na|b::10.0.0.1:80::region::r\na|b::10.0.0.1:80::zone::z\n\
            a|b::[fd00::1]:81::health_flags::healthy\n";
        let mut hosts = Hosts::default();
        read_text(page, &mut hosts);
        let of = &hosts.clusters["a|b"];
        assert_eq!(of.keys().collect::<Vec<_>>(), ["10.0.0.1:80", "[fd00::1]:81"]);
        let one = &of["10.0.0.1:80"];
        assert_eq!(
            (one.eds_health_status.as_str(), one.weight, one.locality.as_str()),
            ("UNHEALTHY", Some(5), "r/z")
        );
        assert_eq!(
            (one.flags.as_slice(), one.stats.as_slice()),
            (&["failed_outlier_check"][..], &["rq_error 3".to_owned()][..])
        );
    }
}
