//! A row for each certificate of each secret, for each secret without one, and for each that is used and not there.

use std::collections::BTreeMap;

use super::{Dump, It, aside, more, state, text};
use crate::capture::ResourceRef;
use crate::envoy::certificate::{Certificate, pem, pem_blocks};
use crate::envoy::{Kind, ResourceId, Secret};
use crate::instant::Instant;
use crate::json::{Node, unescape};
use crate::tables::cell::{Cell, Column, Part, Row, Subject, Word};

pub const COLUMNS: [Column; 13] = [
    Column::Name,
    Column::Type,
    Column::Names,
    Column::Subject,
    Column::Issuer,
    Column::Key,
    Column::SerialNumber,
    Column::NotBefore,
    Column::NotAfter,
    Column::ValidCert,
    Column::ValidNow,
    Column::UsedBy,
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
    let used_by = dump.users(it.reference.resource);
    let row = |kind: Cell, certificate: [Cell; 9]| {
        let mut cells = vec![vec![text(name.clone())], kind];
        cells.extend(certificate);
        cells.extend([used_by.clone(), state(dump, it.resource)]);
        it.row(it.root.span().start, cells)
    };
    let before = out.len();
    let mut add = |blocks: Vec<crate::envoy::certificate::PemBlock>, kind: &str, domain: &str| {
        let certificates = blocks.iter().filter_map(|block| Certificate::parse(&block.der));
        for (at, certificate) in certificates.enumerate() {
            let place = match kind {
                "CA" => Word::Root,
                // Istio's chains end with what signed itself.
                _ if at > 0 && certificate.subject == certificate.issuer => Word::Root,
                _ if at == 0 => Word::Leaf,
                _ => Word::Intermediate,
            };
            let mut kind = vec![text(kind), Part::Word(place)];
            kind.extend((!domain.is_empty()).then(|| aside(domain)));
            out.push(row(kind, certificate_cells(dump, &certificate)));
        }
    };
    let plain =
        |path: [&str; 3]| it.root.path(&path).and_then(Node::str).map(|it| pem(&it)).unwrap_or_default();
    add(pem_blocks(&secret.certificate_chain()), "Cert Chain", "");
    add(plain(["tls_certificate", "certificate_chain", "inline_string"]), "Cert Chain", "");
    add(pem_blocks(&secret.trusted_ca()), "CA", "");
    add(plain(["validation_context", "trusted_ca", "inline_string"]), "CA", "");
    for (domain, bundle) in secret.trust_bundles().into_iter().flatten() {
        add(pem_blocks(&bundle), "CA", &domain);
    }
    if out.len() == before {
        let kind = TYPES.iter().find(|(key, _)| it.root.get(key).is_some());
        let kind = kind.map(|(_, name)| vec![text(*name)]).unwrap_or_default();
        let mut cells = [const { Cell::new() }; 9];
        cells[0] = file(it.root);
        out.push(row(kind, cells));
    }
}

fn certificate_cells(dump: &Dump<'_>, certificate: &Certificate) -> [Cell; 9] {
    let mut names = Cell::new();
    for (kind, list) in
        [("", &certificate.uris), ("", &certificate.dns_names), ("IP", &certificate.ip_addresses)]
    {
        for name in list {
            if !names.is_empty() {
                names.push(Part::Break);
            }
            names.extend((!kind.is_empty()).then(|| aside(kind)));
            names.push(text(name.clone()));
        }
    }
    let plain = |it: &str| if it.is_empty() { Cell::new() } else { vec![text(it)] };
    [
        names,
        plain(&certificate.subject),
        plain(&certificate.issuer),
        plain(&certificate.key),
        plain(&certificate.serial),
        vec![text(certificate.not_before.to_string())],
        vec![text(certificate.not_after.to_string())],
        validity(certificate, dump.captured),
        validity(certificate, dump.now),
    ]
}

fn validity(certificate: &Certificate, when: Option<Instant>) -> Cell {
    let Some(when) = when else { return Cell::new() };
    let word = if certificate.not_before.cmp_instant(when).is_gt() {
        Word::NotYetValid
    } else if certificate.not_after.cmp_instant(when).is_lt() {
        Word::Expired
    } else {
        Word::Valid
    };
    vec![Part::Word(word)]
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

/// Secrets that something names and that are not there: Envoy waits for them, or was never sent them.
pub fn missing(dump: &Dump<'_>, out: &mut Vec<Row>) {
    let Some(references) = dump.capture.references(dump.id) else { return };
    // A dump without the section does not say which secrets there are.
    if !dump.dump.has_section(dump.bytes, "SecretsConfigDump") {
        return;
    }
    let mut wanted: BTreeMap<String, Vec<(ResourceId, u32)>> = BTreeMap::new();
    for (id, _) in dump.dump.all() {
        for it in references.from(id).iter().filter(|it| it.kind == Kind::Secret && it.to.is_none()) {
            let name = unescape(it.name.of(dump.bytes)).into_owned();
            let users = wanted.entry(name).or_default();
            if users.last().is_none_or(|(last, _)| *last != id) {
                users.push((id, it.name.start));
            }
        }
    }
    for (name, users) in wanted {
        let Some((first, at)) = users.first() else { continue };
        let mut cells = vec![Cell::new(); COLUMNS.len()];
        cells[0] = vec![Part::Broken { text: name, whole: String::new() }];
        let mut used_by = dump.first_of(&[*first]);
        used_by.extend(more(users.len() - 1));
        cells[COLUMNS.len() - 2] = used_by;
        cells[COLUMNS.len() - 1] = vec![Part::Word(Word::Missing)];
        let of = Subject::Resource(ResourceRef { document: dump.id, resource: *first });
        out.push(Row { of, at: *at, cells, hidden: false });
    }
}
