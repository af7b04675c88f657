//! What a finding is.

use serde::{Deserialize, Serialize};

use crate::capture::{DocumentId, ProxyId, ResourceRef};
use crate::envoy::Owner;
use crate::json::{Node, Span, pointer};

/// How bad it is. Only what traffic reaches is worse than a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Something will go wrong under some circumstances, or is not as it was meant.
    Warning,
    /// Traffic fails.
    Error,
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The dump says so.
    Certain,
    /// The dump says so, and there may be a reason that it does not show.
    Likely,
    /// Not judged: that document is wanted.
    Needs(Need),
}

/// What a check wants and the capture has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A dump that is not cut off.
    WholeDump,
    /// The section of clusters.
    Clusters,
    /// The section of listeners.
    Listeners,
    /// The section of route configurations.
    Routes,
    /// The section of endpoints (`?include_eds`).
    Endpoints,
    /// The section of secrets.
    Secrets,
    /// The section of extensions (ECDS).
    Extensions,
    /// istiod's `syncz`, of all replicas.
    Syncz,
    /// istiod's `push_status`.
    PushStatus,
    /// istiod's `registryz`.
    Registryz,
    /// istiod's `configz`.
    Configz,
    /// The dumps of other proxies.
    OtherProxies,
    /// An instant, in a document or told.
    Time,
    /// A resource that can be read: this one is odd.
    Readable,
}

impl Need {
    /// Its name in JSON and in `texts/needs`.
    pub fn name(self) -> &'static str {
        match self {
            Need::WholeDump => "whole_dump",
            Need::Clusters => "clusters",
            Need::Listeners => "listeners",
            Need::Routes => "routes",
            Need::Endpoints => "endpoints",
            Need::Secrets => "secrets",
            Need::Extensions => "extensions",
            Need::Syncz => "syncz",
            Need::PushStatus => "push_status",
            Need::Registryz => "registryz",
            Need::Configz => "configz",
            Need::OtherProxies => "other_proxies",
            Need::Time => "time",
            Need::Readable => "readable",
        }
    }
}

impl Severity {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl Certainty {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Certainty::Certain => "certain",
            Certainty::Likely => "likely",
            Certainty::Needs(_) => "needs_document",
        }
    }
}

/// What the finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A listener.
    Listener,
    /// A route configuration.
    Route,
    /// A cluster, or its endpoints.
    Cluster,
    /// A secret.
    Secret,
    /// An extension.
    Extension,
    /// A proxy.
    Proxy,
    /// A host of the mesh.
    Host,
    /// A document.
    Document,
    /// The capture.
    Capture,
    /// A ztunnel's workload.
    Workload,
    /// A ztunnel's service.
    Service,
}

impl Subject {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Listener => "listener",
            Subject::Route => "route",
            Subject::Cluster => "cluster",
            Subject::Secret => "secret",
            Subject::Extension => "extension",
            Subject::Proxy => "proxy",
            Subject::Host => "host",
            Subject::Document => "document",
            Subject::Capture => "capture",
            Subject::Workload => "workload",
            Subject::Service => "service",
        }
    }
}

/// A fact that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The document.
    pub document: DocumentId,
    /// Where in it; none for the document as a whole.
    pub span: Option<Span>,
    /// The resource that holds the place.
    pub resource: Option<ResourceRef>,
    /// What stands there; shortened.
    pub value: String,
}

impl Evidence {
    /// The longest value that is kept, in characters.
    const MOST: usize = 240;

    /// A value of a document.
    pub fn of(document: DocumentId, node: Node<'_>) -> Evidence {
        let text =
            node.str().map_or_else(|| squeezed(node.raw()), |it| it.chars().take(Self::MOST).collect());
        Evidence { document, span: Some(node.span()), resource: None, value: text }
    }

    /// A place of a document, and what it says there.
    pub fn at(document: DocumentId, span: Option<Span>, value: impl Into<String>) -> Evidence {
        let value: String = value.into();
        Evidence { document, span, resource: None, value: value.chars().take(Self::MOST).collect() }
    }

    /// The JSON pointer of the place; empty for the whole document.
    pub fn pointer(&self, capture: &crate::capture::Capture) -> String {
        let Some((span, document)) = self.span.zip(capture.document(self.document)) else {
            return String::new();
        };
        document.outline.as_ref().map(|it| pointer(&document.bytes, it, span.start)).unwrap_or_default()
    }
}

/// JSON in one line, shortened.
fn squeezed(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(&raw[..raw.len().min(4 * Evidence::MOST)]);
    let mut out = String::new();
    for word in text.split_ascii_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out.chars().take(Evidence::MOST).collect()
}

/// What Envoy would answer to traffic that meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status; 0 where no HTTP answer is given.
    pub status: u16,
    /// The response flag of the access log; empty for none.
    pub flag: &'static str,
    /// The response code details; empty for none.
    pub details: &'static str,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check that found it; it stays. `texts` explains it.
    pub check: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub certainty: Certainty,
    /// The proxies that have it, in the capture's order; none where it is the capture's.
    pub proxies: Vec<ProxyId>,
    /// What it is about.
    pub subject: Subject,
    /// The name of that.
    pub resource: String,
    /// The namespace it belongs to, as far as the name or owner tell; else empty.
    pub namespace: String,
    /// Which of the check's sentences says it; empty for the first.
    pub case: &'static str,
    /// The sentence's words.
    pub args: Vec<(&'static str, String)>,
    /// The resources that it concerns.
    pub places: Vec<ResourceRef>,
    /// Where in them it shows: the byte of a document.
    pub spots: Vec<(ResourceRef, u32)>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// The Istio resource to change: `VirtualService default/reviews`.
    pub owner: Option<String>,
    /// The listeners that lead there.
    pub listeners: Vec<String>,
    /// The hosts whose requests get there.
    pub hosts: Vec<String>,
    /// What Envoy would answer.
    pub response: Option<Response>,
    /// What makes two findings of a resource two: a missing cluster's name for instance.
    pub cause: String,
}

impl Finding {
    /// The most places, and the most pieces of evidence, that are kept.
    pub const MOST_PLACES: usize = 400;
    /// The most pieces of evidence that are kept.
    pub const MOST_EVIDENCE: usize = 12;

    /// A certain finding.
    pub fn new(
        check: &'static str,
        severity: Severity,
        subject: Subject,
        resource: impl Into<String>,
    ) -> Finding {
        Finding {
            check,
            severity,
            certainty: Certainty::Certain,
            proxies: Vec::new(),
            subject,
            resource: resource.into(),
            namespace: String::new(),
            case: "",
            args: Vec::new(),
            places: Vec::new(),
            spots: Vec::new(),
            evidence: Vec::new(),
            owner: None,
            listeners: Vec::new(),
            hosts: Vec::new(),
            response: None,
            cause: String::new(),
        }
    }

    /// It may be meant so.
    pub fn likely(mut self) -> Finding {
        self.certainty = Certainty::Likely;
        self
    }

    /// Which sentence.
    pub fn case(mut self, case: &'static str) -> Finding {
        self.case = case;
        self
    }

    /// A word of the sentence.
    pub fn arg(mut self, name: &'static str, value: impl ToString) -> Finding {
        self.args.push((name, value.to_string()));
        self
    }

    /// What tells it from others of the resource.
    pub fn cause(mut self, cause: impl Into<String>) -> Finding {
        self.cause = cause.into();
        self
    }

    /// A fact.
    pub fn evidence(mut self, evidence: Evidence) -> Finding {
        self.evidence.push(evidence);
        self
    }

    /// What Envoy answers.
    pub fn response(mut self, status: u16, flag: &'static str, details: &'static str) -> Finding {
        self.response = Some(Response { status, flag, details });
        self
    }

    /// The Istio resource.
    pub fn owner(mut self, owner: Option<Owner<'_>>) -> Finding {
        if let Some(owner) = owner {
            self.owner = Some(owner_name(&owner));
            if let Some(parts) = owner.parts() {
                self.namespace = parts.namespace.to_owned();
            }
        }
        self
    }

    /// Takes in what another proxy, or another place of the same, adds to the same finding.
    pub(super) fn merge(&mut self, other: Finding) {
        for proxy in other.proxies {
            if !self.proxies.contains(&proxy) {
                self.proxies.push(proxy);
            }
        }
        extend(&mut self.places, other.places, Self::MOST_PLACES);
        extend(&mut self.spots, other.spots, Self::MOST_PLACES);
        extend(&mut self.evidence, other.evidence, Self::MOST_EVIDENCE);
        extend(&mut self.listeners, other.listeners, super::traffic::MOST_NAMES);
        extend(&mut self.hosts, other.hosts, super::traffic::MOST_NAMES);
        if self.owner.is_none() {
            self.owner = other.owner;
        }
        if self.namespace.is_empty() {
            self.namespace = other.namespace;
        }
        self.certainty = self.certainty.max(other.certainty);
    }

    /// A word of the sentence.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }
}

fn extend<T: PartialEq>(into: &mut Vec<T>, from: Vec<T>, most: usize) {
    for it in from {
        if into.len() < most && !into.contains(&it) {
            into.push(it);
        }
    }
}

/// `VirtualService default/reviews`; the path itself where it is none of Istio's.
pub fn owner_name(owner: &Owner<'_>) -> String {
    match owner.parts() {
        Some(parts) => format!("{} {}/{}", parts.kubernetes_kind(), parts.namespace, parts.name),
        None => owner.0.clone().into_owned(),
    }
}
