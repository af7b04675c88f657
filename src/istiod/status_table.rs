//! The table that `istioctl proxy-status` prints, of every version.

use super::types;
use super::{ProxySync, Status, TypeSync};
use crate::intake::TextTable;

/// Columns that are types.
const TYPES: [(&str, &str); 8] = [
    ("CDS", types::CLUSTER),
    ("LDS", types::LISTENER),
    ("EDS", types::ENDPOINT),
    ("RDS", types::ROUTE),
    ("ECDS", types::EXTENSION),
    ("SDS", "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"),
    ("NDS", "type.googleapis.com/istio.networking.nds.v1.NameTable"),
    ("PCDS", "type.googleapis.com/istio.mesh.v1alpha1.ProxyConfig"),
];

/// The proxies of such a table; none where it is another table. The short form of 1.27 names the types that a proxy
/// subscribes to and no status: its proxies have no types here.
pub fn status_table(table: &TextTable) -> Vec<ProxySync> {
    let name = if table.has("PROXY") { "PROXY" } else { "NAME" };
    if !table.has("VERSION") || !(table.has("ISTIOD") || table.has("PILOT")) || !table.has(name) {
        return Vec::new();
    }
    let row = |row: &Vec<String>| {
        let cell = |column: &str| table.cell(row, column).to_owned();
        let types = TYPES.iter().filter(|(column, _)| table.has(column)).map(|(column, type_url)| TypeSync {
            type_url: (*type_url).to_owned(),
            status: status(table.cell(row, column)),
            sent: None,
            error: String::new(),
            push: String::new(),
        });
        ProxySync {
            proxy: cell(name),
            cluster: cell("CLUSTER"),
            istio_version: cell("VERSION"),
            control_plane: if table.has("ISTIOD") { cell("ISTIOD") } else { cell("PILOT") },
            types: types.collect(),
        }
    };
    table.rows.iter().map(row).filter(|it| it.proxy.contains('.') || !it.istio_version.is_empty()).collect()
}

/// `SYNCED`, `SYNCED (23s)`, `SYNCED (50%)`, `STALE (Never Acknowledged)`, `NOT SENT`.
fn status(cell: &str) -> Status {
    let word = cell.split('(').next().unwrap_or("").trim();
    match word {
        "SYNCED" => Status::Synced,
        "STALE" => Status::Stale,
        "ERROR" => Status::Error,
        "NOT SENT" | "NOT_SENT" => Status::NotSent,
        _ => Status::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::tables;

    #[test]
    fn tables_old_and_new_are_read() {
        let old = "PROXY             CDS        LDS        EDS               RDS          PILOT       VERSION\nweb-1.default     SYNCED     SYNCED     SYNCED (50%)     NOT SENT     pilot-1     1.1.2\n";
        let list = status_table(&tables(old)[0]);
        assert_eq!(
            (list[0].pod(), list[0].control_plane.as_str(), list[0].worst()),
            ("web-1", "pilot-1", Status::NotSent)
        );
        let new = "NAME       CLUSTER      CDS                            ISTIOD      VERSION\na.b        K            STALE (Never Acknowledged)     istiod1     1.20\n";
        let list = status_table(&tables(new)[0]);
        assert_eq!((list[0].cluster.as_str(), list[0].of_type(types::CLUSTER)), ("K", Status::Stale));
        let other = "NAME     DOMAINS     MATCH     VIRTUAL SERVICE\na        b           c         d\n";
        assert!(status_table(&tables(other)[0]).is_empty());
    }
}
