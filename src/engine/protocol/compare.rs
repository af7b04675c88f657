//! Two sides beside each other: what a control plane holds and what an Envoy has, two Envoys, two captures.

use serde::{Deserialize, Serialize};

use super::{DocumentId, Missing, ProxyId, Target};
use crate::instant::Instant;
pub use crate::istiod::Status;
pub use crate::sync::{Beside, Change, Marked, Presence, Section};

/// What is compared with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pair {
    /// What a control plane holds for a proxy, and what its Envoy has.
    Sync {
        /// The proxy.
        proxy: ProxyId,
        /// Which of the control planes that have a dump of it.
        replica: u32,
    },
    /// Two Envoys.
    Envoys {
        /// One of the capture.
        left: ProxyId,
        /// Another one.
        right: ProxyId,
        /// Whether the right one is of the second capture.
        second: bool,
    },
}

/// Which lines of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompareWindow {
    /// Of what.
    pub pair: Pair,
    /// Words that must all occur in a resource's name, any case.
    pub text: String,
    /// Whether resources are listed that differ in order or defaults only.
    pub respelled: bool,
    /// The first line to return.
    pub offset: u32,
    /// How many at most.
    pub limit: u32,
}

/// A comparison, and a window of its resources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// What is on the left.
    pub left: SideLine,
    /// What is on the right.
    pub right: SideLine,
    /// Documents that are not there; nothing is compared without both sides.
    pub missing: Vec<Missing>,
    /// What other pages of a control plane tell, where it has no dump of the proxy.
    pub known: Option<Known>,
    /// The control planes that have a dump of the proxy, and whether each says the same as the one that is compared.
    pub replicas: Vec<(String, bool)>,
    /// Whether a page lists proxies and this one is not among them.
    pub not_connected: bool,
    /// What the differences may mean; of a control plane and an Envoy.
    pub meaning: Option<Meaning>,
    /// How many resources differ.
    pub differences: u32,
    /// How many others differ in order or defaults only.
    pub respelled: u32,
    /// How many lines match.
    pub lines: u32,
    /// Which of those the first one of the window is.
    pub offset: u32,
    /// The window.
    pub window: Vec<CompareLine>,
}

/// What differences of a control plane and an Envoy may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// There are none.
    Same,
    /// They are real: Envoy refuses what was sent.
    Refused(Option<Instant>),
    /// They are real: Envoy has not acknowledged what was sent then.
    Stale(Option<Instant>),
    /// All types that differ are in sync: perhaps a race, for istiod makes its dump when it is asked.
    Race,
    /// Nothing says how far the proxy is.
    Unknown,
}

/// One side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SideLine {
    /// The control plane, or the proxy.
    pub name: String,
    /// Its dump.
    pub document: Option<DocumentId>,
    /// When it was taken, as far as it says itself.
    pub captured: Option<Instant>,
}

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompareLine {
    /// A section; what differs of it follows.
    Section(SectionLine),
    /// A resource that differs.
    Resource(ResourceLine),
}

/// A section of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SectionLine {
    /// Which.
    pub section: Section,
    /// Which sides have it.
    pub presence: Presence,
    /// istioctl's verdict.
    pub matches: bool,
    /// They do not match by the letter, and mean the same.
    pub order_only: bool,
    /// How many resources differ.
    pub differ: u32,
    /// How many mean the same.
    pub same: u32,
    /// When the latest of the routes came.
    pub loaded: Option<Instant>,
    /// How far the proxy is with the type, and when that was sent.
    pub status: Option<(Status, Option<Instant>)>,
}

/// What differs of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Differs {
    /// Only the left side has it.
    OnlyLeft,
    /// Only the right side has it.
    OnlyRight,
    /// So many fields are others, so many elements moved.
    Changed(u32, u32),
    /// Order or defaults only.
    Respelled,
    /// One side's could not be parsed.
    Unread,
}

/// A resource that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceLine {
    /// Its place in the comparison, to be asked for.
    pub at: u32,
    /// Its section.
    pub section: Section,
    /// Its name.
    pub name: String,
    /// What differs.
    pub differs: Differs,
}

/// A resource of a comparison, field by field and line by line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// As in the list.
    pub line: ResourceLine,
    /// Where the left one is.
    pub left: Option<Target>,
    /// Where the right one is; in the second capture where the pair says so.
    pub right: Option<Target>,
    /// The fields that differ, the first of them.
    pub fields: Vec<FieldLine>,
    /// How many there are.
    pub all_fields: u32,
    /// How many lines there are, folds as one; none where they would show keys.
    pub lines: u32,
    /// Which of those the first one of the window is.
    pub offset: u32,
    /// The window.
    pub window: Vec<Beside>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldLine {
    /// The way to it.
    pub path: String,
    /// What became of it.
    pub change: Change,
    /// Its value on the left, cut.
    pub left: Option<String>,
    /// Its value on the right, cut.
    pub right: Option<String>,
}

/// What a control plane's services, endpoints and versions say, beside a proxy's dump. Left is the control plane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Clusters that ought to be there, and are not; or the other way round. None without a page of services.
    pub clusters: Option<Sets>,
    /// Endpoints of clusters that differ, the first of them. None without a page of endpoints.
    pub endpoints: Option<Vec<(String, Sets)>>,
    /// How many clusters' endpoints differ.
    pub endpoints_differ: u32,
    /// How many clusters' endpoints are the same.
    pub endpoints_same: u32,
    /// The Istio version that the control plane was told, and the one of the dump, where they differ.
    pub versions: Option<(String, String)>,
    /// By type: the push that was sent last, and the one that the dump has.
    pub pushes: Vec<(String, String, String)>,
}

/// Two sets of names, the first of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sets {
    /// Only on the left.
    pub only_left: Vec<String>,
    /// How many those are.
    pub left: u32,
    /// Only on the right.
    pub only_right: Vec<String>,
    /// How many those are.
    pub right: u32,
    /// How many are on both sides.
    pub same: u32,
}

/// Hosts that two proxies send elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// For how many hosts both were asked.
    pub asked: u32,
    /// How many hosts were not asked for.
    pub skipped: u32,
    /// How many end elsewhere.
    pub changed: u32,
    /// The first of those.
    pub hosts: Vec<HostChange>,
}

/// A host that ends elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostChange {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Where it ends on the left.
    pub left: End,
    /// Where it ends on the right.
    pub right: End,
}

/// Where a request ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// At one of these clusters.
    pub clusters: Vec<String>,
    /// Envoy's own answer.
    pub status: Option<u16>,
    /// Its response flags.
    pub flags: String,
    /// How it ends, where it is not routed.
    pub outcome: String,
    /// Where a redirect leads.
    pub location: Option<String>,
}

/// Two captures, proxy by proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Captures {
    /// When each was taken.
    pub captured: (Option<Instant>, Option<Instant>),
    /// How many proxies are still to be compared: ask again.
    pub pending: u32,
    /// How many differ, are the same, are only on the left, only on the right.
    pub counts: [u32; 4],
    /// How many lines there are.
    pub lines: u32,
    /// Which of those the first one of the window is.
    pub offset: u32,
    /// The window; what differs first.
    pub window: Vec<ProxyPair>,
}

/// A proxy of both captures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProxyPair {
    /// Its name in the first capture, else in the second.
    pub name: String,
    /// Its name in the second, where it is another: the pod was replaced.
    pub renamed: Option<String>,
    /// Its namespace.
    pub namespace: String,
    /// In the first capture.
    pub left: Option<ProxyId>,
    /// In the second.
    pub right: Option<ProxyId>,
    /// What is known of it.
    pub state: PairState,
}

/// What is known of a proxy of two captures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairState {
    /// It is not compared yet.
    Pending,
    /// It differs: how many resources of which section.
    Differs(Vec<(Section, u32)>),
    /// It is the same.
    Same,
    /// Only the first capture has a dump of it.
    OnlyLeft,
    /// Only the second one has.
    OnlyRight,
}
