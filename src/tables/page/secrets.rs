//! A row for each secret.

use super::{Dump, It, state, text};
use crate::tables::cell::{Cell, Column, Row};

pub const COLUMNS: [Column; 3] = [Column::Name, Column::Type, Column::State];

/// What a secret can be (envoy/extensions/transport_sockets/tls/v3/secret.proto).
const TYPES: [(&str, &str); 4] = [
    ("tls_certificate", "Cert Chain"),
    ("validation_context", "CA"),
    ("session_ticket_keys", "Session Ticket Keys"),
    ("generic_secret", "Generic"),
];

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let kind = TYPES.iter().find(|(key, _)| it.root.get(key).is_some()).map(|(_, name)| vec![text(*name)]);
    let cells: Vec<Cell> =
        vec![vec![text(it.resource.name(dump.bytes))], kind.unwrap_or_default(), state(it.resource)];
    out.push(Row { resource: it.reference, at: it.root.span().start, cells });
}
