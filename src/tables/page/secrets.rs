//! A row for each certificate of each secret, and for each secret without one.

use super::{Dump, It, aside, state, text};
use crate::envoy::Secret;
use crate::envoy::certificate::{Certificate, pem_blocks};
use crate::json::Node;
use crate::tables::cell::{Cell, Column, Part, Row, Word};

pub const COLUMNS: [Column; 7] = [
    Column::Name,
    Column::Type,
    Column::CertificateChain,
    Column::SerialNumber,
    Column::NotAfter,
    Column::ValidCert,
    Column::State,
];

/// What a secret can be (envoy/extensions/transport_sockets/tls/v3/secret.proto), in istioctl's words where it has
/// them.
const TYPES: [(&str, &str); 4] = [
    ("tls_certificate", "Cert Chain"),
    ("validation_context", "CA"),
    ("session_ticket_keys", "Session Ticket Keys"),
    ("generic_secret", "Generic"),
];

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let secret = Secret(it.root);
    let name = it.resource.name(dump.bytes).into_owned();
    let row = |kind: Cell, [chain, serial, not_after, valid]: [Cell; 4]| {
        let cells = vec![vec![text(name.clone())], kind, chain, serial, not_after, valid, state(it.resource)];
        Row { resource: it.reference, at: it.root.span().start, cells }
    };
    let before = out.len();
    let mut add = |inline_bytes: &str, domain: &str| {
        for block in pem_blocks(inline_bytes) {
            let Some(certificate) = Certificate::parse(&block.der) else { continue };
            let kind = if certificate.is_ca { "CA" } else { "Cert Chain" };
            out.push(row(vec![text(kind)], certificate_cells(dump, &certificate, domain)));
        }
    };
    add(&secret.certificate_chain(), "");
    add(&secret.trusted_ca(), "");
    for (domain, bundle) in secret.trust_bundles().into_iter().flatten() {
        add(&bundle, &domain);
    }
    if out.len() == before {
        let kind = TYPES.iter().find(|(key, _)| it.root.get(key).is_some());
        let kind = kind.map(|(_, name)| vec![text(*name)]).unwrap_or_default();
        out.push(row(kind, [file(it.root), Cell::new(), Cell::new(), Cell::new()]));
    }
}

fn certificate_cells(dump: &Dump<'_>, certificate: &Certificate, domain: &str) -> [Cell; 4] {
    let names = certificate.uris.iter().chain(&certificate.dns_names).map(|it| text(it.clone()));
    let mut chain: Cell = names.collect();
    if chain.is_empty() {
        chain.push(text(certificate.subject.clone()));
    }
    if !domain.is_empty() {
        chain.extend([Part::Break, aside(domain)]);
    }
    chain.extend([Part::Break, aside(format!("{} · {}", certificate.issuer, certificate.key))]);
    let valid = dump.captured.map(|now| {
        let word = if certificate.not_before.cmp_instant(now).is_gt() {
            Word::NotYetValid
        } else if certificate.not_after.cmp_instant(now).is_lt() {
            Word::Expired
        } else {
            Word::Valid
        };
        vec![Part::Word(word)]
    });
    [
        chain,
        vec![text(certificate.serial.clone())],
        vec![text(certificate.not_after.to_string())],
        valid.unwrap_or_default(),
    ]
}

/// The file that Envoy read it from.
fn file(secret: Node<'_>) -> Cell {
    let places = [
        &["tls_certificate", "certificate_chain", "filename"],
        &["validation_context", "trusted_ca", "filename"],
    ];
    let found = places.iter().find_map(|path| secret.path(&path[..])?.str());
    found.map(|it| vec![aside(it)]).unwrap_or_default()
}
