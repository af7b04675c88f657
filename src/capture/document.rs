//! One recognised piece of input.

use crate::envoy::{ConfigDump, Identity, Kind as ResourceKind, ProxyNode};
use crate::instant::Instant;
use crate::intake::{Damage, Kind, Member, NotRead, Partial, Recognised, Unread, recognise};
use crate::istiod::{ProxySync, csds, syncz};
use crate::json::{Node, Outline, Span, Tree};

/// A document: its bytes, kept once, and what was made out of them.
#[derive(Debug)]
pub struct Document {
    /// Its name, the archives' and folders' around it first.
    pub path: String,
    /// Its bytes, as they came (unpacked); none where it was not unpacked.
    pub bytes: Vec<u8>,
    /// Its size: also where it was not unpacked, if its archive tells.
    pub size: Option<u64>,
    /// What it is.
    pub kind: Kind,
    /// Why it is not read, where it is not.
    pub why: Option<NotRead>,
    /// How far it can be read, when that is not to its end.
    pub partial: Option<Partial>,
    /// What is wrong with the archive that it came in.
    pub damage: Option<Damage>,
    /// The spans of its shallow values, when it is JSON.
    pub outline: Option<Outline>,
    /// What it says.
    pub content: Content,
    /// Of which proxy it says itself to be.
    pub identity: Option<Identity>,
    /// The latest instant found inside it.
    pub captured: Option<Instant>,
}

/// What a document says, as far as it is read at once.
#[derive(Debug)]
pub enum Content {
    /// A config dump, of an Envoy or of a control plane.
    ConfigDump(ConfigDump),
    /// What a control plane sent to its proxies.
    Syncz(Vec<ProxySync>),
    /// Anything else: parsed when somebody asks.
    Raw,
}

impl Document {
    /// Makes a document of bytes that were recognised.
    pub fn new(path: String, bytes: Vec<u8>, found: Recognised) -> Document {
        let Recognised { kind, why, outline, partial, .. } = found;
        let mut document = Document {
            path,
            size: Some(bytes.len() as u64),
            bytes,
            kind,
            why,
            partial,
            damage: None,
            outline,
            content: Content::Raw,
            identity: None,
            captured: None,
        };
        document.read();
        document
    }

    /// Makes a document of a member of an archive.
    pub fn of_member(member: Member) -> Document {
        let found = recognise(&member.bytes);
        Document { damage: member.damage, ..Document::new(member.path, member.bytes, found) }
    }

    /// Makes a document of something that was not unpacked: it is listed, with the reason.
    pub fn unread(of: Unread) -> Document {
        Document {
            path: of.path,
            bytes: Vec::new(),
            size: of.bytes,
            kind: of.kind,
            why: Some(of.why),
            partial: None,
            damage: None,
            outline: None,
            content: Content::Raw,
            identity: None,
            captured: None,
        }
    }

    fn read(&mut self) {
        match self.kind {
            Kind::EnvoyConfigDump | Kind::IstiodConfigDump => {
                let Some(outline) = &self.outline else { return };
                let dump = ConfigDump::read(&self.bytes, outline);
                self.captured = dump.updated(&self.bytes);
                let bootstrap =
                    dump.of(ResourceKind::Bootstrap).next().and_then(|(_, it)| it.body(&self.bytes).ok());
                self.identity = bootstrap.and_then(|tree| identity(tree.root()));
                self.content = Content::ConfigDump(dump);
            }
            Kind::EnvoyServerInfo => self.identity = self.tree().and_then(|tree| identity(tree.root())),
            Kind::EnvoyBootstrap => {
                // A bootstrap itself, or as istioctl prints it: in a field of that name.
                let of = |root: Node<'_>| identity(root.get("bootstrap").unwrap_or(root));
                self.identity = self.tree().and_then(|tree| of(tree.root()));
            }
            Kind::IstiodSyncz => {
                let list = self.tree().map(|tree| syncz(tree.root())).unwrap_or_default();
                self.captured = list.iter().flat_map(|it| &it.types).filter_map(|it| it.sent).max();
                self.content = Content::Syncz(list);
            }
            Kind::IstioctlProxyStatus => {
                let list = self.root().map(|root| csds(&self.bytes, root.start)).unwrap_or_default();
                self.captured = list.iter().flat_map(|it| &it.types).filter_map(|it| it.sent).max();
                self.content = Content::Syncz(list);
            }
            _ => {}
        }
    }

    /// The whole document, parsed; for small ones. None where it is no JSON, or cut off.
    pub fn tree(&self) -> Option<Tree<'_>> {
        Tree::parse(&self.bytes, self.root()?).ok()
    }

    /// The bytes of its JSON, without what stands before and after it.
    pub fn root(&self) -> Option<Span> {
        let outline = self.outline.as_ref()?;
        Some(outline.entry(outline.root()?).value)
    }

    /// Its config dump, when it is one.
    pub fn dump(&self) -> Option<&ConfigDump> {
        match &self.content {
            Content::ConfigDump(dump) => Some(dump),
            _ => None,
        }
    }

    /// The folder that it lies in; empty where it lies in none.
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

fn identity(of: Node<'_>) -> Option<Identity> {
    Some(ProxyNode(of.get("node")?).identity()).filter(|it| !it.name().is_empty())
}
