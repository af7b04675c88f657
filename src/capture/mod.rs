#![doc = include_str!("README.md")]

mod document;
mod ids;
mod link;
mod manifests;
mod names;
mod place;
mod references;
mod taken;
mod times;
mod together;

use std::cell::{OnceCell, RefCell};

pub use document::{Content, Document};
pub use ids::{DocumentId, ProxyId, ResourceRef};
pub use link::{ControlPlane, Links, Proxy};
pub use manifests::{Manifest, Manifests};
pub use names::Names;
pub use references::{Reference, References};
pub use taken::{DateOf, captured, taken};
pub use times::Time;

use crate::envoy::Owner;
use crate::instant::Instant;
use crate::intake::{Kind, Log, Step};

/// What is made of a config dump when first asked for.
#[derive(Debug, Default)]
struct Index {
    log: OnceCell<Log>,
    names: OnceCell<Names>,
    references: OnceCell<References>,
    /// As far as they are read.
    reading: RefCell<References>,
}

/// Everything loaded together, linked.
#[derive(Debug, Default)]
pub struct Capture {
    documents: Vec<Document>,
    links: Links,
    /// The date of the file that documents are added of.
    file_date: Option<Instant>,
    /// By document; made when first asked for.
    indexes: Vec<Index>,
    manifests: OnceCell<Manifests>,
}

impl Capture {
    /// What is added from now on comes out of a file that was last changed then.
    pub fn begin_file(&mut self, date: Option<Instant>) {
        self.file_date = date;
    }

    /// Adds a document. [`Capture::link`] is due when the last one is in.
    pub fn add(&mut self, document: Document) -> DocumentId {
        self.documents.push(Document { file_date: self.file_date, ..document });
        self.indexes.push(Index::default());
        DocumentId(u32::try_from(self.documents.len() - 1).unwrap_or(u32::MAX))
    }

    /// Adds what unpacking a file came upon.
    pub fn take(&mut self, step: Step) {
        let documents = match step {
            Step::Member(member) => Document::of_member(member),
            Step::Unread(unread) => vec![Document::unread(unread)],
            Step::Busy => return,
        };
        for document in documents {
            self.add(document);
        }
    }

    /// Finds out whose the documents are.
    pub fn link(&mut self) {
        self.links = Links::of(&self.documents);
        if together::put_together(&mut self.documents, &self.links) {
            self.indexes = self.documents.iter().map(|_| Index::default()).collect();
            self.links = Links::of(&self.documents);
        }
        self.manifests = OnceCell::new();
    }

    /// Looks at a proxy at the time of that dump of it. False, and nothing changes, where it is none of its times.
    pub fn choose(&mut self, proxy: ProxyId, dump: DocumentId) -> bool {
        let Some(proxy) = self.links.proxies.get_mut(proxy.0 as usize) else { return false };
        let Some(time) = proxy.times.iter().find(|it| it.dump == dump) else { return false };
        proxy.dump = Some(time.dump);
        proxy.documents.clone_from(&time.documents);
        true
    }

    /// The documents, in the order in which they came; those that were put together of others are among them.
    pub fn documents(&self) -> impl Iterator<Item = (DocumentId, &Document)> {
        let ids = (0..).map(DocumentId);
        ids.zip(&self.documents)
    }

    /// A document.
    pub fn document(&self, id: DocumentId) -> Option<&Document> {
        self.documents.get(id.0 as usize)
    }

    /// The proxies, in the order of their first document.
    pub fn proxies(&self) -> impl Iterator<Item = (ProxyId, &Proxy)> {
        let ids = (0..).map(ProxyId);
        ids.zip(&self.links.proxies)
    }

    /// A proxy.
    pub fn proxy(&self, id: ProxyId) -> Option<&Proxy> {
        self.links.proxies.get(id.0 as usize)
    }

    /// The control planes, in the order of their first document.
    pub fn control_planes(&self) -> &[ControlPlane] {
        &self.links.control_planes
    }

    /// The control plane that a document comes from; the first, where one printed page has the words of several.
    pub fn control_plane_of(&self, document: DocumentId) -> Option<&ControlPlane> {
        self.links.control_planes.iter().find(|it| it.documents.contains(&document))
    }

    /// When all this was captured ([`captured`]): what ages are counted to, and certificates judged at.
    pub fn captured(&self) -> Option<Instant> {
        captured(self.documents.iter())
    }

    /// The proxy that a document is of.
    pub fn owner(&self, document: DocumentId) -> Option<ProxyId> {
        self.links.owner(document)
    }

    /// The Kubernetes and Istio resources of all documents. The first call reads their YAML.
    pub fn manifests(&self) -> &Manifests {
        self.manifests.get_or_init(|| Manifests::of(&self.documents))
    }

    /// The resource that generated configuration was made of, when the capture holds it.
    pub fn owner_resource(&self, owner: &Owner<'_>) -> Option<&Manifest> {
        self.manifests().owner(owner)
    }

    /// What was found in a log. `None` for another document, and for one that was not unpacked. The first call reads it.
    pub fn log(&self, id: DocumentId) -> Option<&Log> {
        let document = self.document(id)?;
        let at_hand = document.kind == Kind::Log && !document.bytes.is_empty();
        let made = &self.indexes.get(id.0 as usize)?.log;
        at_hand.then(|| made.get_or_init(|| Log::read(&document.bytes)))
    }

    /// Puts what was unpacked later in the place of a document that had only been listed.
    pub fn replace(&mut self, id: DocumentId, document: Document) {
        if let Some(place) = self.documents.get_mut(id.0 as usize) {
            let (modified, file_date) = (place.modified, place.file_date);
            *place = Document { modified, file_date, ..document };
            self.indexes[id.0 as usize] = Index::default();
        }
    }

    /// The names of a config dump. `None` for another document.
    pub fn names(&self, id: DocumentId) -> Option<&Names> {
        let document = self.document(id)?;
        let dump = document.dump()?;
        Some(self.indexes.get(id.0 as usize)?.names.get_or_init(|| Names::of(&document.bytes, dump)))
    }

    /// What refers to what in a config dump. The first call reads every message of it that [`Capture::refer`] did not.
    /// `None` for another document.
    pub fn references(&self, id: DocumentId) -> Option<&References> {
        while self.refer(id, usize::MAX) {}
        self.indexes.get(id.0 as usize)?.references.get()
    }

    /// Reads on what refers to what, for when there is time: messages of about so many bytes. Whether there are more.
    pub fn refer(&self, id: DocumentId, most: usize) -> bool {
        let of = || {
            let document = self.document(id)?;
            Some((document, document.dump()?, self.names(id)?, self.indexes.get(id.0 as usize)?))
        };
        let Some((document, dump, names, index)) = of() else { return false };
        if index.references.get().is_some() {
            return false;
        }
        let mut read = index.reading.borrow_mut();
        let more = read.read(&document.bytes, dump, names, most);
        if !more {
            // Nobody else has set it: that was looked at above.
            let _ = index.references.set(std::mem::take(&mut read));
        }
        more
    }
}
