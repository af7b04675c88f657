#![doc = include_str!("README.md")]

pub mod all;
pub mod authz;
pub mod bootstrap;
pub mod cell;
pub mod cluster;
pub mod ecds;
pub mod eds;
pub mod endpoint;
pub mod legacy;
pub mod listener;
pub mod output;
pub mod page;
pub mod root_ca;
pub mod route;
mod route_text;
pub mod secret;
mod sort;
mod subset_key;
mod text;
pub mod waypoint;
mod yaml;
pub mod ztunnel;

pub use output::Format;
pub use text::TextTable;

use crate::envoy::{ConfigDump, Kind, Resource, ResourceId, Section, State};
use crate::json::{Fault, Span};

/// A config dump at hand: its bytes, and their index.
#[derive(Clone, Copy, Debug)]
pub struct Dump<'a> {
    /// The document.
    pub bytes: &'a [u8],
    /// What it holds.
    pub index: &'a ConfigDump,
}

/// The rows of a table.
#[derive(Clone, Debug)]
pub struct Listing<R> {
    /// In istioctl's order.
    pub rows: Vec<R>,
    /// Resources that could not be parsed and so have no row.
    pub unread: Vec<Unread>,
}

/// A resource that could not be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The resource.
    pub resource: ResourceId,
    /// Its name, as far as the index found one.
    pub name: String,
    /// Where it stopped being JSON.
    pub fault: Fault,
}

/// Why there is no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// The dump has no such section (`ClustersConfigDump`): another part of it was collected.
    #[error("no {0} in this dump")]
    Section(&'static str),
    /// The section is there, and empty of what the table shows.
    #[error("no active or static {what} in this dump{}", others(*.warming, *.rejected))]
    Empty {
        /// `clusters`, `listeners`, `routes`
        what: &'static str,
        /// How many wait for what they need.
        warming: usize,
        /// How many Envoy refused.
        rejected: usize,
    },
}

/// What there is instead.
fn others(warming: usize, rejected: usize) -> String {
    match (warming, rejected) {
        (0, 0) => String::new(),
        (warming, 0) => format!(" ({warming} warming)"),
        (0, rejected) => format!(" ({rejected} rejected)"),
        (warming, rejected) => format!(" ({warming} warming, {rejected} rejected)"),
    }
}

/// Why a part of a dump was not printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It is not there.
    #[error(transparent)]
    Lack(#[from] Lack),
    /// It is not JSON.
    #[error("it cannot be read: {0}")]
    Fault(#[from] Fault),
}

impl<'a> Dump<'a> {
    /// Resources of a kind in these states, state by state, then in the dump's order. istioctl puts those of the
    /// control plane before those of the bootstrap (istioctl/pkg/writer/envoy/configdump).
    fn in_states(self, kind: Kind, states: &[State]) -> Vec<(ResourceId, &'a Resource)> {
        let of = |state: State| {
            self.index.of(kind).filter(move |(_, it)| it.state == state && it.body_span().is_some())
        };
        states.iter().flat_map(|state| of(*state)).collect()
    }

    /// The same for tables that need at least one.
    fn required(
        self,
        kind: Kind,
        states: &[State],
        section: &'static str,
        what: &'static str,
    ) -> Result<Vec<(ResourceId, &'a Resource)>, Lack> {
        let found = self.in_states(kind, states);
        if !found.is_empty() {
            return Ok(found);
        }
        if !self.index.has_section(self.bytes, section) {
            return Err(Lack::Section(section));
        }
        let count = |state| self.index.of(kind).filter(|(_, it)| it.state == state).count();
        Err(Lack::Empty { what, warming: count(State::Warming), rejected: count(State::Error) })
    }

    /// The section of that type; the last, where there are several.
    fn section(self, name: &str) -> Option<Span> {
        let of = |it: &&Section| it.type_url(self.bytes).rsplit('.').next() == Some(name);
        self.index.sections.iter().rev().find(of).map(|it| it.span)
    }

    fn unread(self, (resource, of): (ResourceId, &Resource), fault: Fault) -> Unread {
        Unread { resource, name: of.name(self.bytes).into_owned(), fault }
    }
}

/// The states that istioctl shows, in its order.
const SHOWN: [State; 2] = [State::Active, State::Static];

/// Whether two texts are the same in any case (Go, strings.EqualFold).
fn equal_fold(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}
