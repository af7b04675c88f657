//! What is wrong in the capture.

use serde::{Deserialize, Serialize};

use super::{DocumentId, ProxyId, ResourceRef};
pub use crate::findings::{Certainty, Family, Severity, Subject, Suppression};

/// Which findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingsWindow {
    /// Of this severity alone.
    pub severity: Option<Severity>,
    /// Of this family alone.
    pub family: Option<Family>,
    /// That belong to this namespace, or to a proxy of it.
    pub namespace: Option<String>,
    /// Of this proxy.
    pub proxy: Option<ProxyId>,
    /// About this resource.
    pub resource: Option<ResourceRef>,
    /// Words that must all occur, any case.
    pub text: String,
    /// Those that are suppressed instead of the others.
    pub suppressed: bool,
    /// The first matching one to return.
    pub offset: u32,
    /// How many at most.
    pub limit: u32,
    /// A finding, by its place: where it matches, the window is the one of `limit` that holds it.
    pub holding: Option<u32>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Errors.
    pub errors: u32,
    /// Warnings.
    pub warnings: u32,
    /// Notes.
    pub notes: u32,
}

/// What is wrong in the capture, as far as it was judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// Whether all was judged; else the engine says when.
    pub done: bool,
    /// Of the whole capture, without what is suppressed.
    pub counts: Counts,
    /// How many are suppressed.
    pub suppressed: u32,
    /// The families that there are findings of.
    pub families: Vec<Family>,
    /// The namespaces that findings belong to.
    pub namespaces: Vec<String>,
    /// How many match.
    pub matched: u32,
    /// Which of those the first one of the window is.
    pub offset: u32,
    /// The window.
    pub window: Vec<FindingLine>,
    /// Checks that were not made: what they need, and which they are.
    pub not_judged: Vec<(String, Vec<String>)>,
    /// What is not to be shown.
    pub suppressions: Vec<Suppression>,
}

/// A finding in the list. Its sentence is `findings::texts`', of these words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingLine {
    /// Its place, to be asked for.
    pub at: u32,
    /// The check.
    pub id: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub certainty: Certainty,
    /// Which of the check's sentences.
    pub case: String,
    /// The sentence's words.
    pub args: Vec<(String, String)>,
    /// What it is about.
    pub subject: Subject,
    /// The name of that.
    pub resource: String,
    /// The first proxies that have it, and their names.
    pub proxies: Vec<(ProxyId, String)>,
    /// How many have it.
    pub count: u32,
    /// The Istio resource to change.
    pub owner: Option<String>,
    /// The first resource that it concerns.
    pub place: Option<ResourceRef>,
}

/// A finding with all that it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingDetail {
    /// It.
    pub line: FindingLine,
    /// Facts.
    pub evidence: Vec<Proof>,
    /// The listeners that lead there.
    pub listeners: Vec<String>,
    /// The hosts whose requests get there.
    pub hosts: Vec<String>,
    /// What Envoy would answer: the status (0 for none), the response flag, the response code details.
    pub response: Option<(u16, String, String)>,
}

/// A fact that a finding rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// The document.
    pub document: DocumentId,
    /// Its path.
    pub path: String,
    /// The resource that holds it.
    pub resource: Option<ResourceRef>,
    /// The line of the document, from 1.
    pub line: Option<u32>,
    /// The JSON pointer.
    pub pointer: String,
    /// What stands there.
    pub value: String,
}

/// A resource, or a part of one, that has findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceMark {
    /// The resource.
    pub resource: ResourceRef,
    /// Where its part begins, as [`super::Row::at`] says it; none for all of it.
    pub at: Option<u32>,
    /// The worst.
    pub worst: Severity,
    /// How many errors and warnings.
    pub count: u32,
    /// The first of the worst, by its place.
    pub finding: u32,
}

/// Who has findings: for marks beside names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    /// Whether all was judged.
    pub done: bool,
    /// Of the whole capture.
    pub counts: Counts,
    /// By proxy: the worst, and how many errors and warnings.
    pub proxies: Vec<(ProxyId, Severity, u32)>,
    /// Of the proxy that was asked about, the first 2,000.
    pub resources: Vec<ResourceMark>,
    /// Those findings that these name, the first 100.
    pub lines: Vec<FindingLine>,
}
