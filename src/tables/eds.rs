//! `istioctl proxy-config eds` (istioctl/pkg/writer/envoy/configdump/endpoint.go).

use super::endpoint::EndpointFilter;
use super::output::{self, Format};
use super::sort::sort_slice;
use super::subset_key::SubsetKey;
use super::text::TextTable;
use super::{Dump, Listing, SHOWN, equal_fold};
use crate::envoy::{Address, AddressKind, ClusterLoadAssignment, Kind, LbEndpoint, Resource, ResourceId};
use crate::json::Tree;

/// A cluster's endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdsRow {
    /// The resource.
    pub resource: ResourceId,
    /// The cluster.
    pub cluster: String,
    /// Its endpoints, locality by locality.
    pub endpoints: Vec<EdsEndpoint>,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdsEndpoint {
    /// All its addresses, with commas between.
    pub addresses: String,
    /// The health that the control plane says it has.
    pub status: String,
    /// `region/zone/sub_zone`
    pub locality: String,
}

/// The endpoints of a dump, sorted by cluster; without a section of them there are none. Clusters that have no
/// endpoint (left) are not there.
pub fn rows(dump: Dump<'_>, filter: &EndpointFilter) -> Listing<EdsRow> {
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for (id, resource, tree) in sorted(dump, filter, &mut listing.unread) {
        let assignment = ClusterLoadAssignment(tree.root());
        let mut endpoints = Vec::new();
        for locality in assignment.localities() {
            let place = locality.locality().to_string();
            let admitted = locality.endpoints().filter(|it| admits(filter, *it, assignment));
            endpoints.extend(admitted.map(|it| EdsEndpoint {
                addresses: addresses(it).join(","),
                status: it.health_status().into_owned(),
                locality: place.clone(),
            }));
        }
        let cluster = resource.name(dump.bytes).into_owned();
        listing.rows.push(EdsRow { resource: id, cluster, endpoints });
    }
    listing
}

fn sorted<'a>(
    dump: Dump<'a>,
    filter: &EndpointFilter,
    unread: &mut Vec<super::Unread>,
) -> Vec<(ResourceId, &'a Resource, Tree<'a>)> {
    let mut found = Vec::new();
    for (id, resource) in dump.in_states(Kind::Endpoint, &SHOWN) {
        match resource.body(dump.bytes) {
            Ok(tree) => {
                let admitted = {
                    let assignment = ClusterLoadAssignment(tree.root());
                    let mut all = assignment.localities().flat_map(|it| it.endpoints());
                    all.any(|it| admits(filter, it, assignment))
                };
                if admitted {
                    found.push((id, resource, tree));
                }
            }
            Err(fault) => unread.push(dump.unread((id, resource), fault)),
        }
    }
    sort_slice(&mut found, |one, other| {
        let (one, other) = (one.1.name(dump.bytes), other.1.name(dump.bytes));
        SubsetKey::sorting(&one) < SubsetKey::sorting(&other)
    });
    found
}

fn admits(filter: &EndpointFilter, endpoint: LbEndpoint<'_>, of: ClusterLoadAssignment<'_>) -> bool {
    let port = || endpoint.address().map_or(0, Address::port);
    (filter.address.is_empty() || addresses(endpoint).iter().any(|it| equal_fold(it, &filter.address)))
        && (filter.port == 0 || port() == filter.port)
        && (filter.cluster.is_empty() || equal_fold(&of.cluster_name(), &filter.cluster))
        && (filter.status.is_empty() || equal_fold(&endpoint.health_status(), &filter.status))
}

fn addresses(endpoint: LbEndpoint<'_>) -> Vec<String> {
    let all = std::iter::once(endpoint.address()).chain(endpoint.additional_addresses());
    all.map(|it| match it.and_then(Address::kind) {
        // IPv6 has no brackets here.
        Some(AddressKind::Socket { address, port }) => format!("{address}:{port}"),
        Some(other) => other.to_string(),
        None => "unknown".to_owned(),
    })
    .collect()
}

/// The table as istioctl prints it. `named`: as a part of `proxy-config all`.
pub fn text(rows: &[EdsRow], named: bool) -> String {
    let mut table = TextTable::new(5, &["NAME", "STATUS", "LOCALITY", "CLUSTER"]);
    for row in rows {
        for endpoint in &row.endpoints {
            let address =
                if named { format!("endpoint/{}", endpoint.addresses) } else { endpoint.addresses.clone() };
            table.row([address, endpoint.status.clone(), endpoint.locality.clone(), row.cluster.clone()]);
        }
    }
    table.to_string()
}

/// The endpoints themselves, those left out that the filter does not admit.
pub fn print(dump: Dump<'_>, filter: &EndpointFilter, format: Format) -> Listing<String> {
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for (_, _, tree) in sorted(dump, filter, &mut listing.unread) {
        let assignment = ClusterLoadAssignment(tree.root());
        let all = assignment.localities().flat_map(|it| it.endpoints());
        let others = all.filter(|it| !admits(filter, *it, assignment));
        let others: Vec<u32> = others.map(|it| it.0.span().start).collect();
        listing.rows.push(output::element(tree.root(), &others, format));
    }
    listing
}
