//! `istioctl proxy-config endpoint`, from the page `/clusters?format=json`
//! (istioctl/pkg/writer/envoy/clusters/clusters.go).

use super::output::{self, Format};
use super::sort::sort_slice;
use super::text::TextTable;
use super::{Dump, Listing, SHOWN, equal_fold};
use crate::envoy::{Address, AddressKind, ClusterLoadAssignment, ClusterStatus, HostStatus, Kind};
use crate::json::Node;

/// Which endpoints. What is empty or 0 matches all; texts match in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointFilter {
    /// Its address, without the port (in `eds` with it).
    pub address: String,
    /// Its port.
    pub port: u32,
    /// Its cluster.
    pub cluster: String,
    /// Its health.
    pub status: String,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndpointRow {
    /// An IP address, `unix://…`, `envoy://…` or `unknown`.
    pub address: String,
    /// 0 for what has none.
    pub port: u32,
    /// The cluster.
    pub cluster: String,
    /// The health that the control plane says it has.
    pub status: String,
    /// Whether Envoy ejected it.
    pub failed_outlier_check: bool,
}

impl EndpointFilter {
    fn admits(&self, row: &EndpointRow) -> bool {
        (self.address.is_empty() || equal_fold(&row.address, &self.address))
            && (self.port == 0 || row.port == self.port)
            && (self.cluster.is_empty() || equal_fold(&row.cluster, &self.cluster))
            && (self.status.is_empty() || equal_fold(&row.status, &self.status))
    }
}

/// The endpoints of a `/clusters` page, sorted by address, port and cluster.
pub fn rows(page: Node<'_>, filter: &EndpointFilter) -> Vec<EndpointRow> {
    let all = ClusterStatus::all(page).flat_map(|cluster| cluster.hosts().map(move |it| host(cluster, it)));
    order(all.filter(|it| filter.admits(it)).collect())
}

fn order(mut rows: Vec<EndpointRow>) -> Vec<EndpointRow> {
    sort_slice(&mut rows, |one, other| {
        (&one.address, one.port, &one.cluster) < (&other.address, other.port, &other.cluster)
    });
    rows
}

fn host(cluster: ClusterStatus<'_>, host: HostStatus<'_>) -> EndpointRow {
    let (address, port) = address(host.address());
    EndpointRow {
        address,
        port,
        cluster: cluster.name().into_owned(),
        status: host.eds_health_status().into_owned(),
        failed_outlier_check: host.health_flag("failed_outlier_check"),
    }
}

fn address(of: Option<Address<'_>>) -> (String, u32) {
    match of.and_then(Address::kind) {
        Some(AddressKind::Socket { address, port }) => (address.into_owned(), port),
        Some(AddressKind::Pipe(path)) => (format!("unix://{path}"), 0),
        Some(internal @ AddressKind::Internal { .. }) => (internal.to_string(), 0),
        None => ("unknown".to_owned(), 0),
    }
}

/// The same rows from a config dump with endpoints, which istioctl does not read here: health as the control plane
/// has it, nothing ejected.
pub fn rows_of_dump(dump: Dump<'_>, filter: &EndpointFilter) -> Listing<EndpointRow> {
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for (id, resource) in dump.in_states(Kind::Endpoint, &SHOWN) {
        let tree = match resource.body(dump.bytes) {
            Ok(tree) => tree,
            Err(fault) => {
                listing.unread.push(dump.unread((id, resource), fault));
                continue;
            }
        };
        let assignment = ClusterLoadAssignment(tree.root());
        for endpoint in assignment.localities().flat_map(|it| it.endpoints()) {
            let (address, port) = address(endpoint.address());
            let row = EndpointRow {
                address,
                port,
                cluster: assignment.cluster_name().into_owned(),
                status: endpoint.health_status().into_owned(),
                failed_outlier_check: false,
            };
            if filter.admits(&row) {
                listing.rows.push(row);
            }
        }
    }
    listing.rows = order(listing.rows);
    listing
}

/// The same rows from the page `/clusters` as text: lines `cluster::address::key::value`.
pub fn rows_of_text(page: &str, filter: &EndpointFilter) -> Vec<EndpointRow> {
    let mut rows: Vec<EndpointRow> = Vec::new();
    for line in page.lines() {
        // An IPv6 address is in brackets, and has `::` in them.
        let Some((cluster, rest)) = line.split_once("::") else { continue };
        let close = if rest.starts_with('[') { rest.find(']').unwrap_or(0) } else { 0 };
        let Some(end) = rest[close..].find("::") else { continue };
        let (place, Some((key, value))) = (&rest[..close + end], rest[close + end + 2..].split_once("::"))
        else {
            continue;
        };
        if key == "health_flags" {
            rows.push(text_row(cluster, place, value));
        }
    }
    rows.retain(|it| filter.admits(it));
    order(rows)
}

fn text_row(cluster: &str, place: &str, flags: &str) -> EndpointRow {
    let socket = place.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (address, port) = match socket {
        Some((host, port)) => (host.trim_start_matches('[').trim_end_matches(']').to_owned(), port),
        None if place.starts_with('/') => (format!("unix://{place}"), 0),
        None => (place.to_owned(), 0),
    };
    let has = |flag: &str| flags.split('/').any(|it| it == flag);
    let status = match () {
        () if has("failed_eds_health") => "UNHEALTHY",
        () if has("degraded_eds_health") => "DEGRADED",
        () if has("eds_status_draining") => "DRAINING",
        () => "HEALTHY",
    };
    EndpointRow {
        address,
        port,
        cluster: cluster.to_owned(),
        status: status.to_owned(),
        failed_outlier_check: has("failed_outlier_check"),
    }
}

/// The table as istioctl prints it.
pub fn text(rows: &[EndpointRow]) -> String {
    let mut table = TextTable::new(5, &["ENDPOINT", "STATUS", "OUTLIER CHECK", "CLUSTER"]);
    for row in rows {
        let address =
            if row.port == 0 { row.address.clone() } else { format!("{}:{}", row.address, row.port) };
        let outlier = if row.failed_outlier_check { "FAILED" } else { "OK" };
        table.row([address, row.status.clone(), outlier.to_owned(), row.cluster.clone()]);
    }
    table.to_string()
}

/// The clusters of the page that have an endpoint which the filter admits, whole.
pub fn print(page: Node<'_>, filter: &EndpointFilter, format: Format) -> Vec<String> {
    let admitted = |cluster: &ClusterStatus<'_>| cluster.hosts().any(|it| filter.admits(&host(*cluster, it)));
    let found = ClusterStatus::all(page).filter(admitted);
    found.map(|it| output::element(it.0, &[], format)).collect()
}

/// Whether a document is such a page.
pub fn is_page(document: Node<'_>) -> bool {
    document.get("cluster_statuses").is_some()
}

/// Whether a text is such a page.
pub fn is_text_page(text: &str) -> bool {
    let parts = |line: &str| line.split("::").count() > 2;
    text.lines().find(|it| !it.trim().is_empty()).is_some_and(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_text_page() {
        let page = "a|b::default_priority::max_connections::1024\n\
            a|b::10.0.0.1:80::cx_active::0\na|b::10.0.0.1:80::health_flags::/failed_outlier_check/failed_eds_health\n\
            a|b::[fd00::1]:81::health_flags::healthy\nsds::/var/run/x::health_flags::healthy\n";
        assert!(is_text_page(page));
        let rows = rows_of_text(page, &EndpointFilter::default());
        let want = "\
ENDPOINT            STATUS        OUTLIER CHECK     CLUSTER
10.0.0.1:80         UNHEALTHY     FAILED            a|b
fd00::1:81          HEALTHY       OK                a|b
unix:///var/run/x   HEALTHY       OK                sds
";
        let squeeze = |it: &str| it.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeeze(&text(&rows)), squeeze(want));
    }
}
