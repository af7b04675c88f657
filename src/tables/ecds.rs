//! `istioctl proxy-config ecds` (istioctl/pkg/writer/envoy/configdump/ecds.go).

use super::output::{self, Format};
use super::sort::sort_slice;
use super::text::TextTable;
use super::{Dump, Lack, Listing};
use crate::envoy::{Extension, Kind, Resource, ResourceId, State};
use crate::json::Tree;

/// An extension that came by ECDS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcdsRow {
    /// The resource.
    pub resource: ResourceId,
    /// Its name.
    pub name: String,
    /// Its type, `type.googleapis.com/` in front left out; empty without a configuration.
    pub type_name: String,
}

/// The extensions of a dump, sorted by type and name.
///
/// # Errors
/// Where the dump has no section of them.
pub fn rows(dump: Dump<'_>) -> Result<Listing<EcdsRow>, Lack> {
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for (id, resource) in extensions(dump)? {
        match resource.body(dump.bytes) {
            Ok(tree) => listing.rows.push(row(id, Extension(tree.root()))),
            Err(fault) => listing.unread.push(dump.unread((id, resource), fault)),
        }
    }
    sort_slice(&mut listing.rows, |one, other| (&one.type_name, &one.name) < (&other.type_name, &other.name));
    Ok(listing)
}

fn extensions(dump: Dump<'_>) -> Result<Vec<(ResourceId, &Resource)>, Lack> {
    let found = dump.in_states(Kind::Extension, &[State::Active]);
    if found.is_empty() && !dump.index.has_section(dump.bytes, "EcdsConfigDump") {
        return Err(Lack::Section("EcdsConfigDump"));
    }
    Ok(found)
}

fn row(resource: ResourceId, of: Extension<'_>) -> EcdsRow {
    // The type as it stands: istioctl does not look into a TypedStruct.
    let any = of.0.get("typed_config").and_then(|it| it.text("@type")).unwrap_or_default();
    let type_name = any.strip_prefix("type.googleapis.com/").unwrap_or(&any).to_owned();
    EcdsRow { resource, name: of.name().into_owned(), type_name }
}

/// The table as istioctl prints it.
pub fn text(rows: &[EcdsRow]) -> String {
    let mut table = TextTable::new(5, &["ECDS NAME", "TYPE"]);
    for row in rows {
        table.row([row.name.clone(), row.type_name.clone()]);
    }
    table.to_string()
}

/// The extensions themselves, with version and time.
///
/// # Errors
/// As [`rows`].
pub fn print(dump: Dump<'_>, format: Format) -> Result<Listing<String>, Lack> {
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for (id, resource) in extensions(dump)? {
        match Tree::parse(dump.bytes, resource.wrapper) {
            Ok(tree) => listing.rows.push(output::element_below(tree.root(), format)),
            Err(fault) => listing.unread.push(dump.unread((id, resource), fault)),
        }
    }
    Ok(listing)
}

/// The elements of [`print`] as one message.
pub fn join(elements: &[String], format: Format) -> String {
    output::field("ecdsFilters", elements, format)
}
