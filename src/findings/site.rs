//! What a check is given: a proxy's dump, what is known of the mesh, and where to put what it finds.

use super::finding::{Evidence, Finding, Need};
use super::found::Found;
use super::mesh::Mesh;
use super::traffic::Traffic;
use crate::capture::{Capture, Document, DocumentId, Names, Proxy, ProxyId, ResourceRef};
use crate::envoy::{ConfigDump, Kind, ResourceId, State};
use crate::instant::Instant;
use crate::json::Node;

/// A proxy's dump.
#[derive(Clone, Copy)]
pub struct Site<'c> {
    pub capture: &'c Capture,
    pub id: ProxyId,
    pub proxy: &'c Proxy,
    pub document: DocumentId,
    pub bytes: &'c [u8],
    pub dump: &'c ConfigDump,
    pub names: &'c Names,
    /// Whether it can be read to its end: else nothing can be called missing.
    pub whole: bool,
    /// Whether it is what a control plane would send, and not what an Envoy has.
    pub planned: bool,
}

impl<'c> Site<'c> {
    /// The site of a document that is a config dump.
    pub fn of(capture: &'c Capture, id: ProxyId, document: DocumentId) -> Option<Site<'c>> {
        let it: &Document = capture.document(document)?;
        Some(Site {
            capture,
            id,
            proxy: capture.proxy(id)?,
            document,
            bytes: &it.bytes,
            dump: it.dump()?,
            names: capture.names(document)?,
            whole: it.partial.is_none(),
            planned: it.kind == crate::intake::Kind::IstiodConfigDump,
        })
    }

    /// Whether what is not in the section of that kind is not there.
    pub fn complete(&self, kind: Kind) -> bool {
        let name = match kind {
            Kind::Bootstrap => "BootstrapConfigDump",
            Kind::Listener => "ListenersConfigDump",
            Kind::Route => "RoutesConfigDump",
            Kind::ScopedRoute => "ScopedRoutesConfigDump",
            Kind::Cluster => "ClustersConfigDump",
            Kind::Endpoint => "EndpointsConfigDump",
            Kind::Secret => "SecretsConfigDump",
            Kind::Extension => "EcdsConfigDump",
        };
        self.whole && self.dump.has_section(self.bytes, name)
    }

    /// The resource that a string names.
    pub fn named(&self, kind: Kind, name: Node<'_>) -> Option<ResourceId> {
        self.names.find(self.bytes, kind, name.inside().of(self.bytes))
    }

    /// The same by text.
    pub fn find(&self, kind: Kind, name: &str) -> Option<ResourceId> {
        self.names.find(self.bytes, kind, name.as_bytes())
    }

    /// A resource's state.
    pub fn state(&self, id: ResourceId) -> State {
        self.dump.get(id).map_or(State::Error, |it| it.state)
    }

    /// A resource's place.
    pub fn place(&self, resource: ResourceId) -> ResourceRef {
        ResourceRef { document: self.document, resource }
    }

    /// A fact of a resource.
    pub fn evidence(&self, resource: ResourceId, node: Node<'_>) -> Evidence {
        Evidence { resource: Some(self.place(resource)), ..Evidence::of(self.document, node) }
    }
}

/// What a check is given.
pub struct Cx<'a, 'c> {
    pub site: &'a Site<'c>,
    pub mesh: &'a Mesh,
    pub traffic: &'a mut Traffic,
    pub found: &'a mut Found,
    /// When certificates have to be valid.
    pub now: Option<Instant>,
}

impl Cx<'_, '_> {
    /// Reports a finding of this proxy about a resource of it.
    pub fn report(&mut self, at: ResourceId, mut finding: Finding) {
        let place = self.site.place(at);
        finding.places.push(place);
        let here = finding.evidence.iter().filter(|it| it.resource == Some(place));
        finding.spots.extend(here.filter_map(|it| Some((place, it.span?.start))));
        self.report_alone(finding);
    }

    /// Reports a finding of this proxy.
    pub fn report_alone(&mut self, mut finding: Finding) {
        finding.proxies.push(self.site.id);
        self.found.push(finding);
    }

    /// Notes that a check could not be made for this proxy.
    pub fn not_judged(&mut self, check: &'static str, need: Need) {
        self.found.not_judged(check, need, Some(self.site.id));
    }
}
