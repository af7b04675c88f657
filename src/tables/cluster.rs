//! `istioctl proxy-config cluster` (istioctl/pkg/writer/envoy/configdump/cluster.go).

use super::output::{self, Format};
use super::route_text::management;
use super::sort::sort_slice;
use super::subset_key::SubsetKey;
use super::text::TextTable;
use super::{Dump, Lack, Listing, SHOWN};
use crate::envoy::{Kind, Owner, Resource, ResourceId};
use crate::json::{pluck, pluck_text, unescape};

/// Which clusters. What is empty or 0 matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterFilter {
    /// Occurs in the name.
    pub fqdn: String,
    /// Occurs in the name.
    pub direction: String,
    /// Occurs in the name.
    pub subset: String,
    /// Stands in the name between bars.
    pub port: u32,
}

impl ClusterFilter {
    fn admits(&self, name: &str) -> bool {
        name.contains(&self.fqdn)
            && name.contains(&self.direction)
            && name.contains(&self.subset)
            && (self.port == 0 || name.contains(&format!("|{}|", self.port)))
    }
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterRow {
    /// The resource.
    pub resource: ResourceId,
    /// The whole name.
    pub name: String,
    /// The host of a name that Istio composed; else the whole name.
    pub fqdn: String,
    /// The parts of such a name.
    pub service: Option<ServiceParts>,
    /// The discovery type.
    pub discovery_type: String,
    /// `name.namespace` of the DestinationRule; empty without one.
    pub destination_rule: String,
}

/// Parts of a cluster's name beside the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceParts {
    /// The service's port.
    pub port: i64,
    /// The subset; may be empty.
    pub subset: String,
    /// `outbound`, `inbound`
    pub direction: String,
}

/// The clusters of a dump, sorted by host, subset, port and direction.
///
/// # Errors
/// Where the dump has none.
pub fn rows(dump: Dump<'_>, filter: &ClusterFilter) -> Result<Listing<ClusterRow>, Lack> {
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for it in sorted(dump, filter)? {
        // The last one of a dump that is cut off may not be whole; the others are only looked at where needed.
        match if it.resource.whole { None } else { it.resource.body(dump.bytes).err() } {
            None => listing.rows.push(row(dump, &it)),
            Some(fault) => listing.unread.push(dump.unread((it.id, it.resource), fault)),
        }
    }
    Ok(listing)
}

/// A cluster of the dump, with its name.
struct Named<'a> {
    id: ResourceId,
    resource: &'a Resource,
    name: std::borrow::Cow<'a, str>,
}

fn sorted<'a>(dump: Dump<'a>, filter: &ClusterFilter) -> Result<Vec<Named<'a>>, Lack> {
    let all = dump.required(Kind::Cluster, &SHOWN, "ClustersConfigDump", "clusters")?;
    let named = all.into_iter().map(|(id, resource)| Named { id, resource, name: resource.name(dump.bytes) });
    let mut named: Vec<Named<'a>> = named.collect();
    // Before the filter: where equal ones end up depends on how many there are.
    sort_slice(&mut named, |one, other| SubsetKey::sorting(&one.name) < SubsetKey::sorting(&other.name));
    named.retain(|it| filter.admits(&it.name));
    Ok(named)
}

/// Reads what a row needs, and nothing else: a mesh has thousands of clusters.
fn row(dump: Dump<'_>, cluster: &Named<'_>) -> ClusterRow {
    let body = cluster.resource.body_span().unwrap_or_default();
    let discovery_type = pluck_text(dump.bytes, body, &["type"]);
    let owner = pluck(dump.bytes, body, &["metadata", "filter_metadata", "istio", "config"]);
    let owner = owner.map(|it| Owner(quoted(it.of(dump.bytes))));
    let key = SubsetKey::parse(&cluster.name);
    ClusterRow {
        resource: cluster.id,
        fqdn: key.as_ref().map_or(cluster.name.as_ref(), |it| it.host).to_owned(),
        service: key.map(|it| ServiceParts {
            port: it.port,
            subset: it.subset.to_owned(),
            direction: it.direction.to_owned(),
        }),
        discovery_type: discovery_type.map_or("STATIC".into(), |it| unescape(it.of(dump.bytes))).into_owned(),
        destination_rule: management(owner.as_ref()),
        name: cluster.name.clone().into_owned(),
    }
}

/// The text of a string's bytes; empty for anything else.
fn quoted(raw: &[u8]) -> std::borrow::Cow<'_, str> {
    let text = raw.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\""));
    text.map(unescape).unwrap_or_default()
}

/// The table as istioctl prints it. `named`: as a part of `proxy-config all`, where each row begins with its name,
/// and names stand for hosts with the same prefix.
pub fn text(rows: &[ClusterRow], named: bool) -> String {
    let titles = ["NAME", "SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE"];
    let mut table = TextTable::new(5, if named { &titles } else { &titles[1..] });
    for row in rows {
        let name = format!("cluster/{}", row.name);
        let mut cells = Vec::with_capacity(7);
        if let Some(service) = &row.service {
            let subset = if service.subset.is_empty() { "-" } else { &service.subset };
            let port = service.port.to_string();
            cells.extend([row.fqdn.clone(), port, subset.to_owned(), service.direction.clone()]);
        } else {
            let fqdn = if named { name.clone() } else { row.fqdn.clone() };
            cells.extend([fqdn, "-".into(), "-".into(), "-".into()]);
        }
        cells.extend([row.discovery_type.clone(), row.destination_rule.clone()]);
        if named {
            cells.insert(0, name);
        }
        table.push(cells);
    }
    table.to_string()
}

/// The clusters themselves.
///
/// # Errors
/// Where the dump has none.
pub fn print(dump: Dump<'_>, filter: &ClusterFilter, format: Format) -> Result<Listing<String>, Lack> {
    let found = sorted(dump, filter)?;
    Ok(output::resources(dump, found.iter().map(|it| (it.id, it.resource)), format))
}
