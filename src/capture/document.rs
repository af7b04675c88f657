//! One recognised piece of input.

use super::DocumentId;
use crate::envoy::{ConfigDump, Identity, Kind as ResourceKind, ProxyNode, Stat, stats};
use crate::instant::Instant;
use crate::intake::{
    Damage, Kind, Member, NotRead, Partial, Piece, Recognised, Turned, Unread, pieces, tables,
};
use crate::istiod::{ProxySync, csds, status_table, syncz};
use crate::json::{Node, Outline, Place, Span, Tree, line_column};

/// A document: its bytes, kept once, and what was made out of them.
#[derive(Debug)]
pub struct Document {
    /// Its name, the archives' and folders' around it first; `#2` behind it for the second document of a file.
    pub path: String,
    /// Its bytes, as they came (unpacked), or the JSON that was made of them; none where it was not unpacked.
    pub bytes: Vec<u8>,
    /// The text that its bytes were made of, where that is YAML.
    pub turned: Option<Turned>,
    /// Where in its file it begins: the byte, and the line counted from 0.
    pub start: (u32, u32),
    /// The command whose output it is, where its file shows that.
    pub command: Option<String>,
    /// Its size: also where it was not unpacked, if its archive tells.
    pub size: Option<u64>,
    /// The documents that it was put together of; none where it came as it is.
    pub made_of: Vec<DocumentId>,
    /// When it was last changed, as its archive says.
    pub modified: Option<Instant>,
    /// When the file that it came in was last changed, as the machine says that opened it. To be shown: a file is copied
    /// and downloaded long after what is in it was captured.
    pub file_date: Option<Instant>,
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
    /// Makes the documents of a file, or of a member of an archive. `found`: what its first JSON value was recognised as,
    /// where that is known already.
    pub fn all(
        path: &str,
        bytes: Vec<u8>,
        found: Option<Recognised>,
        damage: Option<Damage>,
    ) -> Vec<Document> {
        let list = pieces(bytes, found).into_iter().enumerate();
        list.map(|(index, piece)| {
            let path = if index == 0 { path.to_owned() } else { format!("{path}#{}", index + 1) };
            Document { damage, ..Document::of(path, piece) }
        })
        .collect()
    }

    /// Makes a document of bytes that were recognised and are one document.
    pub fn new(path: String, bytes: Vec<u8>, found: Recognised) -> Document {
        Document::of(path, Piece { bytes, found, turned: None, start: 0, line: 0, command: None })
    }

    /// Makes the documents of a member of an archive.
    pub fn of_member(member: Member) -> Vec<Document> {
        let mut list = Document::all(&member.path, member.bytes, None, member.damage);
        for document in &mut list {
            document.modified = member.modified.and_then(seconds);
        }
        list
    }

    fn of(path: String, piece: Piece) -> Document {
        let Piece { bytes, found, turned, start, line, command } = piece;
        let Recognised { kind, why, outline, partial, .. } = found;
        // A log that is at hand can be looked into.
        let why = why.filter(|why| *why != NotRead::Log);
        let size = turned.as_ref().map_or(bytes.len(), |it| it.text.len());
        let mut document = Document {
            path,
            size: Some(size as u64),
            bytes,
            turned,
            start: (start, line),
            command,
            made_of: Vec::new(),
            modified: None,
            file_date: None,
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

    /// Makes a document of something that was not unpacked: it is listed, with the reason.
    pub fn unread(of: Unread) -> Document {
        Document {
            path: of.path,
            bytes: Vec::new(),
            turned: None,
            start: (0, 0),
            command: None,
            made_of: Vec::new(),
            modified: of.modified.and_then(seconds),
            file_date: None,
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
            Kind::EnvoyBootstrap | Kind::EnvoyYaml => {
                let Some(outline) = &self.outline else { return };
                let dump = ConfigDump::of_bootstrap(&self.bytes, outline);
                let bootstrap =
                    dump.of(ResourceKind::Bootstrap).next().and_then(|(_, it)| it.body(&self.bytes).ok());
                self.identity = bootstrap.and_then(|tree| identity(tree.root()));
                self.content = Content::ConfigDump(dump);
            }
            Kind::IstioctlClusters | Kind::IstioctlListeners | Kind::IstioctlRoutes => {
                let Some(outline) = &self.outline else { return };
                let kind = match self.kind {
                    Kind::IstioctlClusters => ResourceKind::Cluster,
                    Kind::IstioctlListeners => ResourceKind::Listener,
                    _ => ResourceKind::Route,
                };
                self.content = Content::ConfigDump(ConfigDump::of_list(&self.bytes, outline, kind));
            }
            Kind::IstiodEdsz => {
                let Some(outline) = &self.outline else { return };
                let dump = ConfigDump::of_list(&self.bytes, outline, ResourceKind::Endpoint);
                // Pilot's page of Istio 1.1 had services and hosts instead.
                if dump.all().any(|(_, it)| !it.name(&self.bytes).is_empty()) {
                    self.content = Content::ConfigDump(dump);
                }
            }
            Kind::IstioctlSecrets | Kind::IstioctlEcds => {
                let Some(outline) = &self.outline else { return };
                let dump = ConfigDump::of_section(&self.bytes, outline);
                self.captured = dump.updated(&self.bytes);
                self.content = Content::ConfigDump(dump);
            }
            Kind::IstiodSyncz => {
                let list = self.tree().map(|tree| syncz(tree.root())).unwrap_or_default();
                self.captured = list.iter().flat_map(|it| &it.types).filter_map(|it| it.sent).max();
                self.content = Content::Syncz(list);
            }
            Kind::IstioctlTable => {
                let text = String::from_utf8_lossy(&self.bytes);
                let list: Vec<ProxySync> = tables(&text).iter().flat_map(status_table).collect();
                if !list.is_empty() {
                    self.content = Content::Syncz(list);
                }
            }
            Kind::IstioctlProxyStatus => {
                let list = self.root().map(|root| csds(&self.bytes, root.start)).unwrap_or_default();
                self.captured = list.iter().flat_map(|it| &it.types).filter_map(|it| it.sent).max();
                self.content = Content::Syncz(list);
            }
            Kind::EnvoyStats | Kind::EnvoyStatsPrometheus => {
                // Milliseconds; 0 where there was no update.
                let updates = self
                    .stats(&["update_time"])
                    .into_iter()
                    .filter_map(|it| seconds(i64::try_from(it.value / 1000).ok()?));
                self.captured = updates.max();
            }
            _ => {}
        }
    }

    /// The whole document, parsed; for small ones. None where it is no JSON, or cut off.
    pub fn tree(&self) -> Option<Tree<'_>> {
        Tree::parse(&self.bytes, self.root()?).ok()
    }

    /// The numbers of an Envoy's stats whose name ends with one of `ends`; none of another document.
    pub fn stats(&self, ends: &[&str]) -> Vec<Stat> {
        match (self.kind, self.tree()) {
            (Kind::EnvoyStats, Some(tree)) => stats::of_json(tree.root(), ends),
            (Kind::EnvoyStats | Kind::EnvoyStatsPrometheus, _) => stats::of_text(&self.bytes, ends),
            _ => Vec::new(),
        }
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

    /// The file that it came in: several documents may have come in one.
    pub fn file(&self) -> &str {
        match self.path.rsplit_once('#') {
            Some((file, _)) if self.start.0 > 0 => file,
            _ => &self.path,
        }
    }

    /// Its text as it came.
    pub fn text(&self) -> &[u8] {
        self.turned.as_ref().map_or(&self.bytes, |it| &it.text)
    }

    /// Where in [`Document::text`] that stood which is at a byte of [`Document::bytes`].
    pub fn text_at(&self, at: u32) -> u32 {
        let fault = self.turned.as_ref().and_then(|it| it.yaml.fault.as_ref());
        match (&self.turned, fault) {
            (Some(_), Some(fault)) if at as usize >= self.bytes.len() => fault.at,
            (Some(turned), _) => turned.yaml.place(at),
            (None, _) => at,
        }
    }

    /// The place in its file, for a person, of a byte of [`Document::bytes`].
    pub fn place(&self, at: u32) -> Place {
        let place = line_column(self.text(), self.text_at(at));
        let (byte, line) = self.start;
        Place { byte: place.byte.saturating_add(byte), line: place.line.saturating_add(line), ..place }
    }
}

/// Seconds since 1970 as an instant. Archives that are made to be the same each time have the year 1970 or 1980.
fn seconds(at: i64) -> Option<Instant> {
    const ISTIO_BEGAN: i64 = 1_480_000_000;
    (at > ISTIO_BEGAN).then_some(())?;
    at.checked_mul(1_000_000_000).map(Instant)
}

fn identity(of: Node<'_>) -> Option<Identity> {
    Some(ProxyNode(of.get("node")?).identity()).filter(|it| !it.name().is_empty())
}
