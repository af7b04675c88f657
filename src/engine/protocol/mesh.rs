//! The mesh at a glance: every proxy, and how far it is with every type of resources.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Missing, ProxyId, ResourceRef};
use crate::instant::Instant;
pub use crate::sync::{Filter, Group, GroupBy, Key, Row as MeshRow, Standing, TypeState};

/// Which lines of the mesh's table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeshWindow {
    /// Which rows.
    pub filter: Filter,
    /// In groups by what, each under a line of its own.
    pub by: Option<GroupBy>,
    /// The first line to return.
    pub offset: u32,
    /// How many at most.
    pub limit: u32,
}

/// The mesh at a glance, and a window of its table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mesh {
    /// Whether a page lists proxies; else nothing is known of who is connected.
    pub known: bool,
    /// When the capture was taken: what ages are counted to.
    pub captured: Option<Instant>,
    /// The types of resources, a column each: the URL, and what people call it.
    pub types: Vec<(String, String)>,
    /// How many rows of all there are of each standing.
    pub counts: BTreeMap<Standing, u32>,
    /// What Envoys refuse, first what most of them do.
    pub refusals: Vec<Refusal>,
    /// How many different ones there are.
    pub all_refusals: u32,
    /// Proxies whose stats say that something was refused since they run.
    pub counted: Vec<Named>,
    /// Proxies whose stats say that they have no connection to a control plane.
    pub cut_off: Vec<Named>,
    /// Those that rows have, to choose from.
    pub namespaces: Vec<String>,
    /// Those that rows have, to choose from.
    pub versions: Vec<String>,
    /// Those that rows have, to choose from.
    pub istiods: Vec<String>,
    /// How many Kubernetes clusters there are.
    pub clusters: u32,
    /// How many rows there are.
    pub total: u32,
    /// How many match.
    pub matched: u32,
    /// How many lines those make, with the groups'.
    pub lines: u32,
    /// Which of those the first one of the window is.
    pub offset: u32,
    /// The window.
    pub window: Vec<MeshLine>,
    /// What lists proxies, where nothing does.
    pub missing: Option<Missing>,
}

/// A line of the mesh's table.
#[allow(clippy::large_enum_variant, reason = "most are rows")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeshLine {
    /// The rows below have that in common.
    Group(Group),
    /// A proxy as one control plane sees it. What Envoy said is left out: [`super::Query::MeshRow`] has it.
    Row {
        /// Its place, to be asked for.
        at: u32,
        /// How it stands.
        standing: Standing,
        /// It.
        row: MeshRow,
    },
}

/// What Envoys refuse with the same words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// What people call the type: `LDS`.
    pub short: String,
    /// Envoy's own words.
    pub text: String,
    /// Since when at least: the earliest refusal of an update that is still the last one.
    pub since: Option<Instant>,
    /// Who refuses it, the first of them.
    pub proxies: Vec<Named>,
    /// How many there are.
    pub total: u32,
    /// What is refused, where a dump has it, the first of them.
    pub resources: Vec<(ResourceRef, String)>,
}

/// A row's proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The row's place.
    pub at: u32,
    /// The proxy.
    pub proxy: Option<ProxyId>,
    /// Its name.
    pub name: String,
}
