//! The second pass: documents are written again with the map of the first.

use std::collections::{BTreeMap, HashMap};

use super::address::{self, Found};
use super::collect::{Collected, Options};
use super::map::{Map, write_address};
use super::page;
use super::paths;
use super::patterns::NOTHING;
use super::pieces::{Mode, Names, is_public};
use super::report::{Count, Done, PathId, Report};
use super::rule::{Rule, World};
use super::treat::{Hand, Treat, by_word, is_extension};
use super::walk::{Seen, Spot, walk};
use crate::intake::{Kind, json_start};
use crate::json::Fault;
use crate::order::InOrder;

/// Why a document is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    /// Its kind has no rules: a table, a log, a sentence, or something unknown.
    #[error("there are no rules for what it is")]
    Kind,
    /// It was not read.
    #[error("it was not read")]
    NotRead,
    /// It is no JSON to its end.
    #[error("it is no JSON from byte {0} on")]
    Json(u32),
    /// It has a name that was not there when the names were collected.
    #[error("it is not what it was")]
    Changed,
}

impl From<Fault> for Dropped {
    fn from(fault: Fault) -> Dropped {
        Dropped::Json(fault.at)
    }
}

/// How documents of a kind are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json(World),
    Clusters,
    Listeners,
    /// Nothing is in it.
    Bare,
}

/// How a kind of document is redacted; `None` where it is left out.
pub(super) fn form(kind: Kind) -> Option<Form> {
    Some(match kind {
        Kind::EnvoyConfigDump
        | Kind::EnvoyClusters
        | Kind::EnvoyListeners
        | Kind::EnvoyServerInfo
        | Kind::EnvoyCerts
        | Kind::EnvoyRuntime
        | Kind::EnvoyInitDump
        | Kind::EnvoyMemory
        | Kind::EnvoyBootstrap
        | Kind::IstiodConfigDump
        | Kind::IstiodEdsz
        | Kind::IstiodEcdsz
        | Kind::IstioctlClusters
        | Kind::IstioctlListeners
        | Kind::IstioctlRoutes
        | Kind::IstioctlEndpoints
        | Kind::IstioctlSecrets
        | Kind::IstioctlEcds => Form::Json(World::Typed),
        Kind::IstiodSyncz
        | Kind::IstiodAdsz
        | Kind::IstiodNdsz
        | Kind::IstiodSidecarz
        | Kind::IstiodRegistryz
        | Kind::IstiodEndpointShardz
        | Kind::IstiodEndpointz
        | Kind::IstiodConfigz
        | Kind::IstiodPushStatus
        | Kind::IstiodMesh
        | Kind::IstiodInstancesz
        | Kind::IstiodConnections
        | Kind::IstiodAuthorizationz
        | Kind::IstiodTelemetryz
        | Kind::IstiodResourcesz
        | Kind::IstiodNetworkz
        | Kind::IstiodClusterz
        | Kind::IstiodAmbientz
        | Kind::IstioctlProxyStatus
        | Kind::ZtunnelConfigDump => Form::Json(World::Free),
        Kind::EnvoyClustersText => Form::Clusters,
        Kind::EnvoyListenersText => Form::Listeners,
        Kind::EmptyAnswer => Form::Bare,
        _ => return None,
    })
}

/// Whether documents of that kind are redacted; others are left out.
pub fn is_redactable(kind: Kind) -> bool {
    form(kind).is_some()
}

/// Collects the names of a capture: all its documents and their paths, in any order.
pub struct Collector {
    all: Collected,
    seen: Seen,
}

impl Collector {
    /// Nothing yet.
    pub fn new(options: &Options) -> Collector {
        Collector { all: Collected::new(options), seen: Seen::default() }
    }

    /// Collects from a document.
    ///
    /// # Errors
    /// Where it cannot be redacted, and is to be left out.
    pub fn document(&mut self, kind: Kind, bytes: &[u8]) -> Result<(), Dropped> {
        write(kind, bytes, &mut self.all, &mut self.seen).map(|_| ())
    }

    /// Collects from a document's path.
    pub fn path(&mut self, path: &str) {
        paths::write(path, &mut self.all);
    }

    /// The map, and who replaces by it. The secret `key` is drawn by lot for each capture; with the same key and the map
    /// of an earlier redaction, the same names become the same codes.
    pub fn finish(mut self, key: &[u8; 32], before: Option<Map>) -> Redactor {
        let map = self.all.map(key, before);
        let patterns = self.all.rewritten(&map);
        let keep = self.all.keep().iter().cloned().collect();
        let mode = self.all.mode;
        let hand = Replacing {
            map,
            keep,
            mode,
            patterns,
            memory: Memory::default(),
            missed: false,
            counts: HashMap::new(),
        };
        Redactor { hand, seen: Seen::default(), documents: 0, dropped: Default::default() }
    }
}

/// Writes documents again.
pub struct Redactor {
    pub(super) hand: Replacing,
    seen: Seen,
    documents: u64,
    dropped: BTreeMap<String, u64>,
}

impl Redactor {
    /// The map from real names to codes.
    pub fn map(&self) -> &Map {
        &self.hand.map
    }

    /// The map alone.
    pub fn into_map(self) -> Map {
        self.hand.map
    }

    /// A document, redacted.
    ///
    /// # Errors
    /// Where it is to be left out.
    pub fn document(&mut self, kind: Kind, bytes: &[u8]) -> Result<Vec<u8>, Dropped> {
        let out = write(kind, bytes, &mut self.hand, &mut self.seen);
        let missed = std::mem::take(&mut self.hand.missed);
        let out = out.and_then(|out| if missed { Err(Dropped::Changed) } else { Ok(out) });
        match &out {
            Ok(_) => self.documents += 1,
            Err(_) => self.drop_one(kind),
        }
        out
    }

    /// Counts a document that is left out.
    pub fn drop_one(&mut self, kind: Kind) {
        *self.dropped.entry(kind.name().to_owned()).or_default() += 1;
    }

    /// The path that stands for a document's, endings kept.
    pub fn path(&mut self, path: &str) -> String {
        paths::write(path, &mut self.hand)
    }

    /// What was done so far.
    pub fn report(&self) -> Report {
        let mut by_text: BTreeMap<(Done, &str), u64> = BTreeMap::new();
        let counted = self.hand.counts.iter();
        counted.for_each(|((done, path), count)| {
            *by_text.entry((*done, self.seen.paths.text(*path))).or_default() += count;
        });
        let count = |((done, path), count): ((Done, &str), u64)| Count { done, path: path.to_owned(), count };
        let mut counts: Vec<Count> = by_text.into_iter().map(count).collect();
        counts.order_by(|one, other| {
            (other.count, one.done, &one.path).cmp(&(one.count, other.done, &other.path))
        });
        Report {
            tool: format!("xdscope {}", env!("CARGO_PKG_VERSION")),
            documents: self.documents,
            dropped: self.dropped.clone(),
            names: self.hand.map.tokens.len() as u64,
            addresses: self.hand.map.addresses.len() as u64,
            counts,
        }
    }
}

fn write(kind: Kind, bytes: &[u8], hand: &mut dyn Hand, seen: &mut Seen) -> Result<Vec<u8>, Dropped> {
    match form(kind).ok_or(Dropped::Kind)? {
        Form::Json(world) => {
            let start = json_start(bytes).ok_or(Dropped::Json(0))?;
            let (mut out, _) = walk(bytes, start, world, seen, Treat { hand, depth: 0 })?;
            out.push(b'\n');
            Ok(out)
        }
        Form::Clusters => page::clusters(bytes, hand),
        Form::Listeners => page::listeners(bytes, hand),
        Form::Bare => {
            let text = std::str::from_utf8(bytes).unwrap_or_default().trim();
            let bare = text == "null"
                || text.bytes().all(|it| b"{}[] \n\t\r".contains(&it))
                || text == "{\"configs\":[]}";
            Ok(if bare { bytes.to_vec() } else { b"{}\n".to_vec() })
        }
    }
}

/// What was done with a text, and what was written for it, if anything else.
type Made = (Done, Option<Box<str>>);

/// Texts and what was written for them: dumps say the same thing again and again.
#[derive(Default)]
struct Memory {
    made: HashMap<(Rule, World, Box<str>), Made>,
    bytes: usize,
}

/// How much is remembered.
const MEMORY: usize = 8 << 20;

/// Replaces by a map.
pub(super) struct Replacing {
    pub map: Map,
    keep: std::collections::HashSet<String>,
    mode: Mode,
    patterns: HashMap<String, Option<String>>,
    memory: Memory,
    /// A name came that the map does not have.
    missed: bool,
    counts: HashMap<(Done, PathId), u64>,
}

impl Replacing {
    /// Whether a token was to be kept.
    pub fn is_kept(&self, known: &str) -> bool {
        self.keep.contains(known)
    }

    /// What stands for patterns.
    pub fn made_patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.values().flatten().map(String::as_str).chain([NOTHING])
    }
}

impl Names for Replacing {
    fn token(&mut self, token: &str, out: &mut String) {
        let known = super::cuts::known_as(token);
        // A public word in a place where none is looked for, such as a letter of an extension's name, has no code.
        if self.is_kept(&known) || (is_public(&known) && !self.map.tokens.contains_key(&known)) {
            out.push_str(token);
        } else if !self.map.token(token, out) {
            self.missed = true;
        }
    }

    fn address(&mut self, found: Found, out: &mut String) {
        if self.keep.contains(&found.ip.to_string()) {
            return write_address(found, found.ip, out);
        }
        let mapped = self.map.address(found);
        self.missed |= !mapped.known && !address::is_public(found.ip);
        write_address(found, mapped.ip, out);
    }

    fn digits(&mut self, text: &str, out: &mut String) {
        match self.map.tokens.get(text) {
            Some(code) => out.push_str(code),
            None if self.keep.contains(text) => out.push_str(text),
            None => self.missed = true,
        }
    }
}

impl Hand for Replacing {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn pattern(&mut self, text: &str, out: &mut String) -> bool {
        match self.patterns.get(text) {
            Some(Some(new)) => {
                out.push_str(new);
                true
            }
            _ => {
                out.push_str(NOTHING);
                false
            }
        }
    }

    fn done(&mut self, done: Done, spot: Spot<'_>) {
        *self.counts.entry((done, spot.path)).or_default() += 1;
    }

    fn recall(&mut self, rule: Rule, world: World, text: &str) -> Option<(Done, Option<String>)> {
        let key = &(rule, world, text) as &dyn Key;
        self.memory.made.get(key).map(|(done, made)| (*done, made.as_deref().map(str::to_owned)))
    }

    fn remember(&mut self, rule: Rule, world: World, text: &str, made: (Done, Option<&str>)) {
        if text.len() > 4096 {
            return;
        }
        let bytes = 64 + text.len() + made.1.map_or(0, str::len);
        if self.memory.bytes + bytes > MEMORY {
            self.memory = Memory::default();
        }
        self.memory.bytes += bytes;
        self.memory.made.insert((rule, world, text.into()), (made.0, made.1.map(Into::into)));
    }

    fn extension(&mut self, text: &str, out: &mut String) {
        by_word(text, out, |word, out| {
            if is_extension(word) && !self.map.tokens.contains_key(word) {
                out.push_str(word);
            } else {
                self.token(word, out);
            }
        });
    }

    fn number(&mut self, text: &str) -> Option<String> {
        let mut out = String::new();
        self.token(text, &mut out);
        Some(out)
    }
}

/// Lets a text be looked up without being made.
trait Key {
    fn parts(&self) -> (Rule, World, &str);
}

impl Key for (Rule, World, Box<str>) {
    fn parts(&self) -> (Rule, World, &str) {
        (self.0, self.1, &self.2)
    }
}

impl Key for (Rule, World, &str) {
    fn parts(&self) -> (Rule, World, &str) {
        *self
    }
}

impl std::hash::Hash for dyn Key + '_ {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl PartialEq for dyn Key + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn Key + '_ {}

impl<'k> std::borrow::Borrow<dyn Key + 'k> for (Rule, World, Box<str>) {
    fn borrow(&self) -> &(dyn Key + 'k) {
        self
    }
}
