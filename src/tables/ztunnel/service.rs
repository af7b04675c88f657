//! `istioctl ztunnel-config service` (services.go).

use std::collections::BTreeMap;

use super::{address, waypoint_name};
use crate::tables::equal_fold;
use crate::tables::sort::sort_slice;
use crate::tables::text::TextTable;
use crate::ztunnel::{Service, ZtunnelDump};

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its addresses, their networks left out.
    pub vips: Vec<String>,
    /// The service of its waypoint; `None` without one, `NA` where it is not there.
    pub waypoint: String,
    /// How many of its workloads are healthy.
    pub healthy: usize,
    /// How many it has.
    pub endpoints: usize,
}

/// The services of a namespace, of all where that is empty, sorted by namespace, name and host name.
pub fn rows(of: ZtunnelDump<'_>, namespace: &str) -> Vec<ServiceRow> {
    let all: Vec<Service<'_>> = of.services().collect();
    let health: BTreeMap<_, _> = of.workloads().map(|it| (it.uid(), it.status() == "Healthy")).collect();
    sorted(of, namespace).into_iter().map(|it| row(it, &all, &health)).collect()
}

pub(super) fn sorted<'t>(of: ZtunnelDump<'t>, namespace: &str) -> Vec<Service<'t>> {
    let of = of.services().filter(|it| namespace.is_empty() || equal_fold(&it.namespace(), namespace));
    let mut found: Vec<_> = of.collect();
    let key = |it: &Service<'t>| (it.namespace(), it.name(), it.hostname());
    sort_slice(&mut found, |one, other| key(one) < key(other));
    found
}

fn row(
    of: Service<'_>,
    all: &[Service<'_>],
    health: &BTreeMap<std::borrow::Cow<'_, str>, bool>,
) -> ServiceRow {
    ServiceRow {
        namespace: of.namespace().into_owned(),
        name: of.name().into_owned(),
        vips: of.vips().map(|it| address(&it).to_owned()).collect(),
        waypoint: waypoint_name(of.waypoint().as_deref(), all),
        healthy: of.endpoints().filter(|it| health.get(it).copied().unwrap_or(false)).count(),
        endpoints: of.endpoints().count(),
    }
}

/// The table as istioctl prints it.
pub fn text(rows: &[ServiceRow]) -> String {
    let mut table = TextTable::new(1, &["NAMESPACE", "SERVICE NAME", "SERVICE VIP", "WAYPOINT", "ENDPOINTS"]);
    for row in rows {
        table.row([
            row.namespace.clone(),
            row.name.clone(),
            row.vips.join(","),
            row.waypoint.clone(),
            format!("{}/{}", row.healthy, row.endpoints),
        ]);
    }
    table.to_string()
}
