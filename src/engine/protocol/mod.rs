//! What a front end can ask, and what it gets. Plain data: it crosses from the worker to the page as JSON.
//!
//! Positions, never names, identify things: they go into the page's links, and a link must not carry a customer's
//! names. Nothing here is a sentence: the page makes sentences, in the user's language, from these words.

mod compare;
mod findings;
mod graph;
mod intake;
mod mesh;
mod real;
mod share;
mod trace;

use serde::{Deserialize, Serialize};

pub use intake::{LogClass, LogLines, TextTable, TimeLine};
pub use trace::*;

pub use crate::capture::{DateOf, DocumentId, ProxyId, ResourceRef};
use crate::envoy;
use crate::instant::Instant;
use crate::json::Place;
pub use crate::tables::cell::{Cell, Column, Part, Row, Subject, TableKind, Target, Word};
pub use compare::*;
pub use findings::*;
pub use graph::*;
pub use mesh::*;
pub use real::*;
pub use share::*;

/// A question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// What is open: [`Answer::Capture`].
    Capture,
    /// A proxy at a glance: [`Answer::Overview`].
    Overview(ProxyId),
    /// A window of a table: [`Answer::Table`].
    Table {
        /// Whose.
        proxy: ProxyId,
        /// Which.
        table: TableKind,
        /// Which rows of it.
        window: Window,
    },
    /// Look at a proxy at another of its times from now on: [`Answer::Capture`].
    Choose {
        /// Whose.
        proxy: ProxyId,
        /// The dump of that time, one of [`Overview::times`].
        dump: DocumentId,
    },
    /// A resource and what it is linked to: [`Answer::Detail`].
    Detail(ResourceRef),
    /// A window of a text: [`Answer::Lines`].
    Lines {
        /// Of which text.
        of: TextRef,
        /// Lines (counted from 0 in the unfolded text) whose blocks are folded away.
        folded: Vec<u32>,
        /// The first visible line to return.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// The lines of a text that contain a string, any case: [`Answer::Found`].
    Find {
        /// Of which text.
        of: TextRef,
        /// What to look for.
        text: String,
    },
    /// The line of a resource's text that holds a byte of its document, as [`Row::at`] names one: [`Answer::Found`].
    LineAt {
        /// Of which text.
        of: TextRef,
        /// The byte.
        at: u32,
    },
    /// A window of a table that came as text: [`Answer::TextTable`].
    TextTable {
        /// Its document.
        document: DocumentId,
        /// Which of the document's tables, from 0.
        table: u32,
        /// Words that must all occur somewhere in the row, any case.
        text: String,
        /// The first matching row to return.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// A window of a log's lines of one class: [`Answer::LogLines`].
    LogLines {
        /// The log.
        document: DocumentId,
        /// Which lines.
        class: LogClass,
        /// Words that must all occur in the line, any case.
        text: String,
        /// The first matching line to return.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// Resources and proxies of the capture by part of their name: [`Answer::Hits`].
    Search {
        /// Words; all must occur, any case.
        text: String,
        /// How many at most.
        limit: u32,
    },
    /// What is wrong: [`Answer::Findings`].
    Findings(FindingsWindow),
    /// Findings whole, by their places, the first two dozen: [`Answer::FindingDetails`].
    FindingDetails(Vec<u32>),
    /// Who has findings, and which resources of a proxy: [`Answer::Marks`].
    Marks(Option<ProxyId>),
    /// What is not to be shown from now on; it stays when more is opened: [`Answer::Marks`].
    Suppress(Vec<Suppression>),
    /// The mesh at a glance: [`Answer::Mesh`].
    Mesh(MeshWindow),
    /// A row of the mesh's table with all that its Envoy said: [`Answer::MeshRow`].
    MeshRow(u32),
    /// What differs between two sides: [`Answer::Compared`].
    Compare(CompareWindow),
    /// A resource that differs: [`Answer::Difference`].
    Difference {
        /// Of what.
        pair: Pair,
        /// Its place in the comparison.
        at: u32,
        /// Runs of the text that are not to be folded, by their first line.
        open: Vec<u32>,
        /// The first line of the text to return.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// Which hosts two Envoys send elsewhere: [`Answer::Elsewhere`].
    Elsewhere(Pair),
    /// The proxies of both captures: [`Answer::Captures`].
    Captures {
        /// The first to return.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// The same of the second capture.
    Second(Box<Query>),
    /// The graph of a proxy around a focus: [`Answer::Graph`].
    Graph(GraphAsk),
    /// The graph of all proxies: [`Answer::MeshGraph`].
    MeshGraph {
        /// Groups that are opened, by id.
        opened: Vec<String>,
    },
    /// Where a proxy's graph may begin: [`Answer::GraphStart`].
    GraphStart(ProxyId),
    /// What a proxy's graph can be about, by part of its name: [`Answer::GraphHits`].
    GraphFind {
        /// Whose.
        proxy: ProxyId,
        /// Words; all must occur, any case.
        text: String,
        /// How many at most.
        limit: u32,
    },
    /// The whole of a text, to copy or save: [`Answer::Text`] (in chunks below the size of an answer).
    Text {
        /// Of which text.
        of: TextRef,
        /// The first byte to return.
        offset: u32,
    },
    /// About a request's way through a proxy: [`Answer::Trace`].
    Trace(TraceQuery),
    /// About a copy that can be sent: [`Answer::Share`].
    Share(ShareQuery),
    /// About the map that leads back to real names: [`Answer::Real`].
    Real(RealQuery),
}

/// A text that is shown line by line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextRef {
    /// A resource's JSON, laid out anew.
    Resource(ResourceRef),
    /// A document as it was sent.
    Document(DocumentId),
    /// A proxy's bootstrap, laid out anew.
    Bootstrap(ProxyId),
    /// A table as istioctl prints it.
    Istioctl {
        /// Whose.
        proxy: ProxyId,
        /// Which.
        table: TableKind,
        /// The part of it that is about one resource.
        only: Option<ResourceRef>,
        /// As Istio 1.1 printed it.
        legacy: bool,
    },
}

/// Which rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Window {
    /// Words that must all occur somewhere in the row, any case.
    pub text: String,
    /// For columns: what must occur in that cell, any case.
    pub columns: Vec<(Column, String)>,
    /// The rows of one resource only.
    pub only: Option<ResourceRef>,
    /// Rows that are of little use to most readers, too.
    pub hidden: bool,
    /// The reader's own time, for which certificates are judged beside that of the capture.
    pub now: Option<Instant>,
    /// By which column, and whether from the greatest down; the document's order without one.
    pub sort: Option<(Column, bool)>,
    /// The first matching row to return.
    pub offset: u32,
    /// How many at most.
    pub limit: u32,
}

impl Window {
    /// Whether it asks for all rows in the dump's order.
    pub fn is_plain(&self) -> bool {
        self.text.trim().is_empty() && self.columns.is_empty() && self.only.is_none() && self.sort.is_none()
    }
}

/// An answer. Kept below 256 KB.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What is open.
    Capture(Capture),
    /// A proxy at a glance.
    Overview(Overview),
    /// A window of a table.
    Table(Table),
    /// A resource and what it is linked to.
    Detail(Detail),
    /// A window of a text.
    Lines(Lines),
    /// A window of a table that came as text.
    TextTable(TextTable),
    /// A window of a log's lines.
    LogLines(LogLines),
    /// Lines of a text (counted from 0, unfolded), at most 10,000 of them.
    Found(Vec<u32>),
    /// What a search found, best first.
    Hits(Vec<Hit>),
    /// A proxy's graph.
    Graph(GraphDrawing),
    /// The graph of all proxies.
    MeshGraph(MeshDrawing),
    /// Where it may begin.
    GraphStart(GraphStart),
    /// What it can be about, best first.
    GraphHits(Vec<GraphHit>),
    /// A piece of a text; `next` is where the next piece begins.
    Text {
        /// The piece.
        text: String,
        /// Offset of the next piece; none at the end.
        next: Option<u32>,
    },
    /// The mesh at a glance.
    Mesh(Mesh),
    /// A row of its table.
    MeshRow(MeshRow),
    /// About a request's way through a proxy.
    Trace(TraceAnswer),
    /// What differs between two sides.
    Compared(Compared),
    /// A resource that differs.
    Difference(Difference),
    /// Which hosts two Envoys send elsewhere.
    Elsewhere(Elsewhere),
    /// The proxies of both captures.
    Captures(Captures),
    /// What is wrong.
    Findings(Findings),
    /// Findings whole.
    FindingDetails(Vec<FindingDetail>),
    /// Who has findings.
    Marks(Marks),
    /// About a copy that can be sent.
    Share(ShareAnswer),
    /// About a map that was given.
    Real(RealAnswer),
    /// What was asked about is not open (any more).
    Gone,
}

/// Everything that is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// Proxies by namespace and name.
    pub proxies: Vec<ProxyLine>,
    /// Control planes by name.
    pub control_planes: Vec<ControlPlaneLine>,
    /// Documents in the order in which they came.
    pub documents: Vec<DocumentLine>,
    /// The latest instant found inside a document.
    pub captured: Option<Instant>,
    /// Sum of the documents' bytes.
    pub bytes: u64,
}

/// A proxy in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProxyLine {
    /// Its place.
    pub id: ProxyId,
    /// Its pod, or its node id where it has none.
    pub name: String,
    /// Its namespace; empty where it has none.
    pub namespace: String,
    /// `sidecar`, `router`, `waypoint`, `ztunnel`; empty where unknown.
    pub proxy_type: String,
    /// Its Istio version; empty where unknown.
    pub istio_version: String,
    /// Its Envoy version; empty where unknown.
    pub envoy_version: String,
    /// The worst thing known about it.
    pub mark: Option<Mark>,
}

/// What is wrong with a proxy, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Not all of its dump could be read.
    Partial,
    /// Some of its resources are warming.
    Warming,
    /// The control plane waits for its acknowledgement.
    Stale,
    /// No control plane in the capture knows it, though there is one.
    NotConnected,
    /// It refused what the control plane sent.
    Rejected,
}

/// A control plane in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ControlPlaneLine {
    /// Its name: istiod's pod, or `istiod`.
    pub name: String,
    /// Its version; empty where unknown.
    pub version: String,
    /// Its documents.
    pub documents: Vec<DocumentId>,
    /// How many proxies it knows; none without its syncz.
    pub proxies: Option<u32>,
}

/// A document in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentLine {
    /// Its place.
    pub id: DocumentId,
    /// Its name, the archives' and folders' around it first.
    pub path: String,
    /// What it is: a stable name such as `envoy_config_dump`; `unknown` where it was read by nothing.
    pub kind: String,
    /// Its size.
    pub bytes: u64,
    /// Whose it is.
    pub proxy: Option<ProxyId>,
    /// When it was captured, as it says itself, else as its archive or file does.
    pub captured: Option<Instant>,
    /// What says so.
    pub dated_by: Option<DateOf>,
    /// Why it, or the rest of it, was not read.
    pub trouble: Option<Trouble>,
}

/// Why something was not read: data, of which the page makes a sentence with what to do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trouble {
    /// What kind: a stable name such as `truncated`, `bad_json`, `empty`, `not_found_404`, `too_large`.
    pub kind: String,
    /// Where reading ended.
    pub place: Option<Place>,
    /// That place for a program: a JSON pointer (RFC 6901); empty where there is none.
    pub pointer: String,
    /// What was expected there, or found, in the words of the input: `a comma or a closing bracket`.
    pub detail: String,
    /// The command to run instead; empty where there is none.
    pub command: String,
}

/// A proxy at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// As in the list.
    pub proxy: ProxyLine,
    /// What it says of itself, in the order to be shown.
    pub facts: Vec<(Fact, String)>,
    /// How many resources of each kind and state it has.
    pub counts: Vec<Count>,
    /// What Envoy refused, the first five.
    pub rejected: Vec<Rejected>,
    /// Its documents.
    pub documents: Vec<DocumentLine>,
    /// The times at which it was dumped, oldest first; one where there is nothing to choose.
    pub times: Vec<TimeLine>,
    /// What its documents lack, and how to collect it.
    pub missing: Vec<Missing>,
}

/// A resource that Envoy refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejected {
    /// The resource.
    pub resource: ResourceRef,
    /// What it is.
    pub kind: envoy::Kind,
    /// Its name.
    pub name: String,
    /// Why, in Envoy's words.
    pub error: String,
    /// When Envoy was last asked to take it.
    pub at: Option<Instant>,
}

/// A fact about a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// `node.id`
    NodeId,
    /// The workload that owns the pod.
    Workload,
    /// The pod's addresses.
    Address,
    /// `ISTIO_VERSION`
    IstioVersion,
    /// Of `server_info`, else of the node's build version.
    EnvoyVersion,
    /// `server_info.state`
    ServerState,
    /// `server_info.uptime_current_epoch`
    Uptime,
    /// `CLUSTER_ID`
    Cluster,
    /// `MESH_ID`
    Mesh,
    /// `NETWORK`
    Network,
    /// region/zone/sub_zone
    Locality,
    /// The service account.
    ServiceAccount,
    /// When the dump was taken, as far as it says itself.
    Captured,
}

/// How many resources of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The kind.
    pub kind: envoy::Kind,
    /// Static and active ones.
    pub active: u32,
    /// Warming ones.
    pub warming: u32,
    /// Draining ones.
    pub draining: u32,
    /// Rejected ones.
    pub rejected: u32,
    /// Those that could not be parsed.
    pub unread: u32,
}

/// Something that a table or a view needs and that no document holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Missing {
    /// What: a stable name such as `endpoints`, `secrets`, `server_info`, `config_dump`, `syncz`.
    pub what: String,
    /// The command that collects it.
    pub command: String,
}

/// A window of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// How many rows there are without any filter.
    pub total: u32,
    /// How many more there are that are shown only when asked for.
    pub hidden: u32,
    /// How many match.
    pub matched: u32,
    /// Which of those the first row is.
    pub offset: u32,
    /// The rows.
    pub rows: Vec<Row>,
    /// What is not there: a section that this table needs.
    pub missing: Option<Missing>,
    /// The istioctl command that prints this table, or what comes next to it.
    pub command: String,
    /// Whether [`TextRef::Istioctl`] has it as a text, and whether also as Istio 1.1 printed it.
    pub printed: (bool, bool),
}

/// A resource and what it is linked to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// The resource.
    pub resource: ResourceRef,
    /// What it is.
    pub kind: envoy::Kind,
    /// Its state.
    pub state: envoy::State,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub proxy: Option<ProxyId>,
    /// In which table it stands; none for a bootstrap.
    pub table: Option<TableKind>,
    /// Its place in the document, for a person.
    pub place: Place,
    /// Its place in the document, for a program.
    pub pointer: String,
    /// When Envoy took it.
    pub updated: Option<Instant>,
    /// Its version, as the control plane named it.
    pub version: String,
    /// Why Envoy refused it, in Envoy's words.
    pub error: String,
    /// What it refers to, then what refers to it.
    pub links: Vec<LinkGroup>,
    /// Lines of its JSON, unfolded.
    pub lines: u32,
    /// Why it could not be parsed.
    pub trouble: Option<Trouble>,
}

/// Resources of one kind that relate to a resource in one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkGroup {
    /// How the linked resources relate to this one.
    pub relation: Relation,
    /// What they are.
    pub kind: envoy::Kind,
    /// The first of them.
    pub links: Vec<Part>,
    /// How many there are.
    pub total: u32,
}

/// How two resources relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It names them.
    Uses,
    /// They name it.
    UsedBy,
}

/// A window of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lines {
    /// How many lines are visible with the given folding.
    pub total: u32,
    /// Which of those the first is.
    pub offset: u32,
    /// The lines.
    pub lines: Vec<Line>,
}

/// A line of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its number in the unfolded text, from 0.
    pub number: u32,
    /// Its text, blanks in front included; cut after 2,000 bytes.
    pub text: String,
    /// The last line of the block that it opens.
    pub block: Option<u32>,
    /// Whether that block is folded.
    pub folded: bool,
    /// What the name in it leads to.
    pub target: Option<Target>,
}

/// Something that a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Where it leads.
    pub target: Target,
    /// Its name.
    pub name: String,
    /// What it is; none for a proxy or a document.
    pub kind: Option<envoy::Kind>,
    /// Whose it is; empty for a proxy itself.
    pub proxy: String,
}

/// What the worker says to the page.
#[allow(clippy::large_enum_variant, reason = "one at a time, and most are answers")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// It can be asked.
    Ready,
    /// It is alive; sent while it works.
    Alive,
    /// All checks are made: [`Query::Findings`] has what was found.
    Judged,
    /// A file that was given is a map, or may be one: [`Query::Real`] opens it.
    Map,
    /// A file is being read.
    Progress {
        /// The file.
        path: String,
        /// Bytes read so far, of all files that were given.
        bytes: u64,
        /// All bytes.
        total: u64,
    },
    /// All that was given has been read, or its reading was cancelled.
    Opened {
        /// Whether it was cancelled.
        cancelled: bool,
    },
    /// An answer to the question with that number.
    Answer {
        /// The question's number.
        id: u32,
        /// The answer.
        answer: Answer,
    },
}
