//! `istioctl ztunnel-config workload` (workload.go).

use super::waypoint_name;
use crate::tables::equal_fold;
use crate::tables::sort::sort_slice;
use crate::tables::text::TextTable;
use crate::ztunnel::{Service, Workload, ZtunnelDump};

/// Which workloads. What is empty matches all; texts match in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkloadFilter {
    /// One of its addresses.
    pub address: String,
    /// Its Kubernetes node.
    pub node: String,
    /// Its namespace.
    pub namespace: String,
}

impl WorkloadFilter {
    /// Whether a workload is one of them.
    pub(super) fn admits(&self, of: Workload<'_>) -> bool {
        (self.namespace.is_empty() || equal_fold(&of.namespace(), &self.namespace))
            && (self.address.is_empty() || of.ips().any(|it| equal_fold(&it, &self.address)))
            && (self.node.is_empty() || equal_fold(&of.node(), &self.node))
    }
}

/// A workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkloadRow {
    /// Its namespace.
    pub namespace: String,
    /// The pod's name.
    pub name: String,
    /// Its addresses with commas between, else its host name.
    pub address: String,
    /// Its Kubernetes node.
    pub node: String,
    /// The service of its waypoint; `None` without one, `NA` where it is not there.
    pub waypoint: String,
    /// `HBONE`, `TCP`
    pub protocol: String,
}

/// The workloads, sorted by namespace and name as one text, then by node.
pub fn rows(of: ZtunnelDump<'_>, filter: &WorkloadFilter) -> Vec<WorkloadRow> {
    let services: Vec<Service<'_>> = of.services().collect();
    let mut rows: Vec<WorkloadRow> =
        of.workloads().filter(|it| filter.admits(*it)).map(|it| row(it, &services)).collect();
    let key = |it: &WorkloadRow| (format!("{}.{}", it.namespace, it.name), it.node.clone());
    sort_slice(&mut rows, |one, other| key(one) < key(other));
    rows
}

fn row(of: Workload<'_>, services: &[Service<'_>]) -> WorkloadRow {
    let addresses: Vec<_> = of.ips().collect();
    let address = addresses.join(",");
    WorkloadRow {
        namespace: of.namespace().into_owned(),
        name: of.name().into_owned(),
        address: if address.is_empty() { of.hostname().into_owned() } else { address },
        node: of.node().into_owned(),
        waypoint: waypoint_name(of.waypoint().as_deref(), services),
        protocol: of.protocol().into_owned(),
    }
}

/// The table as istioctl prints it.
pub fn text(rows: &[WorkloadRow]) -> String {
    let mut table = TextTable::new(1, &["NAMESPACE", "POD NAME", "ADDRESS", "NODE", "WAYPOINT", "PROTOCOL"]);
    for row in rows {
        let cells = [&row.namespace, &row.name, &row.address, &row.node, &row.waypoint, &row.protocol];
        table.row(cells.map(String::clone));
    }
    table.to_string()
}
