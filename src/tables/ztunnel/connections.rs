//! `istioctl ztunnel-config connections` (connections.go).

use std::collections::BTreeMap;

use super::address;
use crate::tables::sort::sort_slice;
use crate::tables::text::TextTable;
use crate::ztunnel::{WorkloadState, ZtunnelDump};

/// Which connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionsFilter {
    /// Of pods of this namespace; of all where empty.
    pub namespace: String,
    /// `inbound`, `outbound`; anything else is both.
    pub direction: String,
    /// Addresses instead of names.
    pub raw: bool,
}

/// A connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRow {
    /// `pod.namespace`
    pub workload: String,
    /// `Inbound`, `Outbound`
    pub direction: &'static str,
    /// The pod's side.
    pub local: String,
    /// The other side.
    pub remote: String,
    /// Where it was meant to go.
    pub remote_target: String,
    /// `HBONE`, `TCP`
    pub protocol: String,
}

/// The connections, by pod: inbound ones, then outbound ones.
pub fn rows(of: ZtunnelDump<'_>, filter: &ConnectionsFilter) -> Vec<ConnectionRow> {
    let names = Names::of(of, filter.raw);
    let mut rows = Vec::new();
    for state in sorted(of, &filter.namespace) {
        let workload = format!("{}.{}", state.name(), state.namespace());
        if filter.direction != "outbound" {
            rows.extend(state.inbound().map(|it| ConnectionRow {
                workload: workload.clone(),
                direction: "Inbound",
                local: names.of_address(&it.actual_dst()),
                remote: names.of_address(&it.src()),
                remote_target: it.original_dst().into_owned(),
                protocol: it.protocol().into_owned(),
            }));
        }
        if filter.direction != "inbound" {
            rows.extend(state.outbound().map(|it| ConnectionRow {
                workload: workload.clone(),
                direction: "Outbound",
                local: names.of_address(&it.src()),
                remote: names.of_address(&it.actual_dst()),
                remote_target: names.of_address(&it.original_dst()),
                protocol: it.protocol().into_owned(),
            }));
        }
    }
    rows
}

pub(super) fn sorted<'t>(of: ZtunnelDump<'t>, namespace: &str) -> Vec<WorkloadState<'t>> {
    let of = of.workload_states().filter(|it| namespace.is_empty() || it.namespace() == namespace);
    let mut found: Vec<_> = of.collect();
    sort_slice(&mut found, |one, other| (one.namespace(), one.name()) < (other.namespace(), other.name()));
    found
}

/// What addresses are called: services by their first address, then workloads by theirs.
struct Names {
    services: BTreeMap<String, String>,
    workloads: BTreeMap<String, String>,
}

impl Names {
    fn of(of: ZtunnelDump<'_>, raw: bool) -> Names {
        if raw {
            return Names { services: BTreeMap::new(), workloads: BTreeMap::new() };
        }
        let or_none = |ip: &str| if ip.is_empty() { "None".to_owned() } else { ip.to_owned() };
        let service = |vip: Option<std::borrow::Cow<'_, str>>| or_none(address(&vip.unwrap_or_default()));
        Names {
            services: of
                .services()
                .map(|it| (service(it.vips().next()), it.hostname().into_owned()))
                .collect(),
            workloads: of
                .workloads()
                .map(|it| {
                    (
                        or_none(&it.ips().next().unwrap_or_default()),
                        format!("{}.{}", it.name(), it.namespace()),
                    )
                })
                .collect(),
        }
    }

    /// A name and the port for an address that has one.
    fn of_address(&self, address: &str) -> String {
        let found = split(address).and_then(|(ip, port)| {
            let name = self.services.get(ip).or_else(|| self.workloads.get(ip))?;
            let bracket = name.contains([':', '%']);
            Some(if bracket { format!("[{name}]:{port}") } else { format!("{name}:{port}") })
        });
        found.unwrap_or_else(|| address.to_owned())
    }
}

/// Address and port (Go, net.SplitHostPort).
fn split(address: &str) -> Option<(&str, &str)> {
    let (host, port) = address.rsplit_once(':')?;
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').map(|host| (host, port)),
        None => (!host.contains(':')).then_some((host, port)),
    }
}

/// The table as istioctl prints it.
pub fn text(rows: &[ConnectionRow]) -> String {
    let mut table =
        TextTable::new(1, &["WORKLOAD", "DIRECTION", "LOCAL", "REMOTE", "REMOTE TARGET", "PROTOCOL"]);
    for row in rows {
        table.row([
            row.workload.clone(),
            row.direction.to_owned(),
            row.local.clone(),
            row.remote.clone(),
            row.remote_target.clone(),
            row.protocol.clone(),
        ]);
    }
    table.to_string()
}
