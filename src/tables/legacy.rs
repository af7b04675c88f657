//! The tables of Istio 1.1, as they stand in its documentation ("Debugging Envoy and Pilot").

use super::cluster::ClusterRow;
use super::listener::{self, ListenerFilter};
use super::text::TextTable;
use super::{Dump, Lack, Listing, SHOWN};
use crate::envoy::extension::{HTTP_CONNECTION_MANAGER, TCP_PROXY};
use crate::envoy::{Extension, FilterChain, Kind, Listener, ResourceId};

/// `SERVICE FQDN PORT SUBSET DIRECTION TYPE`, sorted as today.
pub fn clusters(rows: &[ClusterRow]) -> String {
    let mut table = TextTable::new(5, &["SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE"]);
    for row in rows {
        let or_dash = |it: &str| if it.is_empty() { "-".to_owned() } else { it.to_owned() };
        let service = row.service.as_ref();
        table.row([
            row.fqdn.clone(),
            service.map_or_else(|| "-".to_owned(), |it| it.port.to_string()),
            or_dash(service.map_or("", |it| &it.subset)),
            service.map_or_else(|| "-".to_owned(), |it| it.direction.clone()),
            row.discovery_type.clone(),
        ]);
    }
    table.to_string()
}

/// A listener as 1.1 showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyListener {
    /// The resource.
    pub resource: ResourceId,
    /// Its first address.
    pub address: String,
    /// Its port.
    pub port: u32,
    /// `HTTP` or `TCP`, after the first filter that is either; else `UNKNOWN`.
    pub listener_type: &'static str,
}

/// The listeners of a dump, in its order.
///
/// # Errors
/// Where the dump has none.
pub fn listener_rows(dump: Dump<'_>, filter: &ListenerFilter) -> Result<Listing<LegacyListener>, Lack> {
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for (id, resource) in dump.required(Kind::Listener, &SHOWN, "ListenersConfigDump", "listeners")? {
        let tree = match resource.body(dump.bytes) {
            Ok(tree) => tree,
            Err(fault) => {
                listing.unread.push(dump.unread((id, resource), fault));
                continue;
            }
        };
        let mut row = listener::row(id, Listener(tree.root()));
        row.listener_type = first_type(Listener(tree.root()));
        if filter.admits(&row) {
            listing.rows.push(LegacyListener {
                resource: id,
                address: row.addresses.first().cloned().unwrap_or_default(),
                port: row.port,
                listener_type: row.listener_type,
            });
        }
    }
    Ok(listing)
}

fn first_type(of: Listener<'_>) -> &'static str {
    let of_filter = |it: Extension<'_>| match () {
        () if it.named(&HTTP_CONNECTION_MANAGER) => Some("HTTP"),
        () if it.named(&TCP_PROXY) => Some("TCP"),
        () => None,
    };
    of.filter_chains().flat_map(FilterChain::filters).find_map(of_filter).unwrap_or("UNKNOWN")
}

/// `ADDRESS PORT TYPE`
pub fn listeners(rows: &[LegacyListener]) -> String {
    let mut table = TextTable::new(5, &["ADDRESS", "PORT", "TYPE"]);
    for row in rows {
        table.row([row.address.clone(), row.port.to_string(), row.listener_type.to_owned()]);
    }
    table.to_string()
}
