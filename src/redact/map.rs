//! The map from real names to those that stand for them: a file of its own, and what every text goes through.

use core::net::IpAddr;
use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::address::{self, Found};
use super::cuts::{Cuts, known_as, words};
use super::pieces::{Mode, Names, is_public, scan};

/// The map of one or more redactions. As JSON: `{"version":1,"tokens":{ORIGINAL:CODE},"addresses":{ORIGINAL:MAPPED}}`.
/// It has the real names, so it is as secret as what was redacted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Map {
    version: u32,
    /// By token in lower case.
    pub(super) tokens: BTreeMap<String, String>,
    /// By address, or network with its length.
    pub(super) addresses: BTreeMap<String, String>,
    /// Where tokens that it does not have are to be cut.
    #[serde(default, skip_serializing_if = "Cuts::is_empty")]
    pub(super) cuts: Cuts,
    /// Tokens are whole labels.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) strict: bool,
}

/// Why a map cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMap {
    /// It is no JSON of that form; what is wrong.
    #[error("not a map of xdscope's: {0}")]
    Form(String),
    /// It is of a version that is not known here.
    #[error("a map of version {0}, which only a newer xdscope reads")]
    Version(u32),
}

impl Map {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// Reads a map.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(bytes: &[u8]) -> Result<Map, NoMap> {
        let map: Map = serde_json::from_slice(bytes).map_err(|it| NoMap::Form(it.to_string()))?;
        if map.version != Map::VERSION {
            return Err(NoMap::Version(map.version));
        }
        let valid = |text: &String| {
            let host = text.split('/').next().unwrap_or_default();
            host.parse::<IpAddr>().is_ok()
        };
        match map.addresses.iter().find(|(from, to)| !valid(from) || !valid(to)) {
            Some((from, to)) => Err(NoMap::Form(format!("{from} to {to} is no pair of addresses"))),
            None => Ok(map),
        }
    }

    pub(super) fn empty(strict: bool) -> Map {
        Map { version: Map::VERSION, strict, ..Map::default() }
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// How many names it has.
    pub fn len(&self) -> usize {
        self.tokens.len() + self.addresses.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its names, and what stands for each, by name.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tokens.iter().map(|(from, to)| (from.as_str(), to.as_str()))
    }

    /// What stands for a name in lower case.
    pub fn code(&self, name: &str) -> Option<&String> {
        self.tokens.get(name)
    }

    /// The map back: what stands for a name leads to it.
    #[must_use]
    pub fn reversed(&self) -> Map {
        let turn =
            |it: &BTreeMap<String, String>| it.iter().map(|(from, to)| (to.clone(), from.clone())).collect();
        Map {
            tokens: turn(&self.tokens),
            addresses: turn(&self.addresses),
            cuts: Cuts::default(),
            ..self.clone()
        }
    }

    /// Whether a file is one by its form, also where somebody sorted its fields, or it is damaged further on.
    pub fn is_map(bytes: &[u8]) -> bool {
        let near = &bytes[..bytes.len().min(400)];
        let bare: Vec<u8> = near.iter().filter(|it| !it.is_ascii_whitespace()).copied().collect();
        let begins = |it: &[u8]| bare.starts_with(it);
        begins(b"{\"version\":") && memchr::memmem::find(&bare, b"\"tokens\":{").is_some()
            || (begins(b"{\"addresses\":{") || begins(b"{\"tokens\":{")) && Map::parse(bytes).is_ok()
    }

    /// How many of its own names a text has.
    pub fn hits(&self, text: &str) -> usize {
        let mut counter = Counter { map: self, hits: 0 };
        scan(text, self.mode(), &mut counter, &mut String::new());
        counter.hits
    }

    /// A text with each of its names replaced. What the map does not have stays, except addresses: one between known
    /// ones is mapped like its neighbours.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.in_mode(text, self.mode())
    }

    /// The name of a header field, or a text in which one stands.
    pub fn header<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.in_mode(text, Mode { header: true, ..self.mode() })
    }

    fn in_mode<'t>(&self, text: &'t str, mode: Mode) -> Cow<'t, str> {
        let mut out = String::with_capacity(text.len());
        scan(text, mode, &mut Applier(self), &mut out);
        if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
    }

    pub(super) fn mode(&self) -> Mode {
        Mode { strict: self.strict, ..Mode::default() }
    }

    /// The address that stands for another; mapped like its neighbours where the map does not have it.
    pub(super) fn address(&self, found: Found) -> Mapped {
        let canonical = found.ip.to_string();
        if let Some(length) = found.length {
            if let Some(Ok(ip)) =
                self.addresses.get(&format!("{canonical}/{length}")).map(|it| host(it).parse())
            {
                return Mapped { ip, known: true };
            }
        } else if let Some(Ok(ip)) = self.addresses.get(&canonical).map(|it| it.parse()) {
            return Mapped { ip, known: true };
        }
        if address::is_public(found.ip) {
            return Mapped { ip: found.ip, known: true };
        }
        // A network's own address, whose length stands beside it.
        if found.length.is_none() {
            let network = format!("{canonical}/");
            let networks =
                self.addresses.range(network.clone()..).take_while(|it| it.0.starts_with(&network));
            let mut hosts: Vec<&str> = networks.map(|it| host(it.1)).collect();
            hosts.dedup();
            if let [only] = hosts[..]
                && let Ok(ip) = only.parse()
            {
                return Mapped { ip, known: true };
            }
        }
        let pairs = self.addresses.iter().filter_map(|(from, to)| {
            let ip: IpAddr = host(from).parse().ok()?;
            let length = from.split_once('/').and_then(|(_, it)| it.parse().ok());
            Some((ip, host(to).parse().ok()?, length.unwrap_or(128)))
        });
        let ip = address::like(pairs, found.ip);
        let ip = found.length.map_or(ip, |length| address::map_network(ip, found.ip, length));
        Mapped { ip, known: false }
    }

    /// Writes what stands for a token; says whether the map has it.
    pub(super) fn token(&self, token: &str, out: &mut String) -> bool {
        // Codes are short words; several in mixed case are long, and led back by the map's reverse.
        let known = known_as(token);
        let whole = self.tokens.get(&known);
        if let (Some(code), Some(case)) = (whole, Case::of(token, &known)) {
            case.write(code, out);
            return true;
        }
        if let Some(text) = self.by_words(token) {
            out.push_str(&text);
            return true;
        }
        if let Some(code) = whole {
            out.push_str(code);
            return true;
        }
        // A token that only begins or ends like one that is known.
        let parts = self.cuts.fragments(&known);
        if parts.len() > 1 && known.len() == token.len() {
            let mut at = 0;
            for part in parts {
                let own = &token[at..at + part.len()];
                match (self.tokens.get(part), Case::of(own, part)) {
                    (Some(code), case) => case.unwrap_or(Case::Lower).write(code, out),
                    (None, _) => out.push_str(own),
                }
                at += part.len();
            }
            return true;
        }
        false
    }

    /// Whether a token, `known` as that, is replaced and nothing of it is left.
    pub(super) fn has(&self, token: &str, known: &str) -> bool {
        self.tokens.contains_key(known) || self.by_words(token).is_some() || {
            let parts = self.cuts.fragments(known);
            known.len() == token.len()
                && parts.len() > 1
                && parts.iter().all(|it| self.tokens.contains_key(*it))
        }
    }

    /// `CaseLess`: word by word, when each is known.
    fn by_words(&self, token: &str) -> Option<String> {
        let ends = words(token);
        if ends.is_empty() {
            return None;
        }
        let mut out = String::new();
        let mut from = 0;
        for end in ends.into_iter().chain([token.len()]) {
            let own = &token[from..end];
            let known = own.to_lowercase();
            match self.tokens.get(&known) {
                Some(code) => Case::of(own, &known).unwrap_or(Case::Lower).write(code, &mut out),
                None if is_public(own) => out.push_str(own),
                None => return None,
            }
            from = end;
        }
        Some(out)
    }
}

/// An address that stands for another.
pub(super) struct Mapped {
    pub ip: IpAddr,
    /// Whether the map has it.
    pub known: bool,
}

fn host(text: &str) -> &str {
    text.split('/').next().unwrap_or(text)
}

/// How a token's letters are: the code's are to be the same.
#[derive(Clone, Copy, PartialEq)]
enum Case {
    Lower,
    Capital,
    Upper,
}

impl Case {
    /// `None` where it is mixed.
    fn of(token: &str, lower: &str) -> Option<Case> {
        if token == lower {
            return Some(Case::Lower);
        }
        let mut letters = token.chars();
        let first = letters.next()?;
        let rest = letters.as_str();
        let has = |text: &str, lower: bool| {
            text.chars().any(|it| if lower { it.is_lowercase() } else { it.is_uppercase() })
        };
        match (first.is_uppercase(), has(rest, false), has(rest, true)) {
            (true, false, _) => Some(Case::Capital),
            (_, true, false) if !first.is_lowercase() => Some(Case::Upper),
            _ => None,
        }
    }

    fn write(self, code: &str, out: &mut String) {
        match self {
            Case::Lower => out.push_str(code),
            Case::Upper => out.extend(code.chars().flat_map(char::to_uppercase)),
            Case::Capital => {
                let mut letters = code.chars();
                out.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                out.push_str(letters.as_str());
            }
        }
    }
}

/// Writes an address, and its length.
pub(super) fn write_address(found: Found, ip: IpAddr, out: &mut String) {
    address::write(ip, found.spelling, out);
    if let Some(length) = found.length {
        out.push('/');
        out.push_str(&length.to_string());
    }
}

struct Applier<'m>(&'m Map);

impl Names for Applier<'_> {
    fn token(&mut self, token: &str, out: &mut String) {
        if !self.0.token(token, out) {
            out.push_str(token);
        }
    }

    fn address(&mut self, found: Found, out: &mut String) {
        write_address(found, self.0.address(found).ip, out);
    }

    fn digits(&mut self, text: &str, out: &mut String) {
        out.push_str(self.0.tokens.get(text).map_or(text, |it| it));
    }
}

struct Counter<'m> {
    map: &'m Map,
    hits: usize,
}

impl Names for Counter<'_> {
    fn token(&mut self, token: &str, _: &mut String) {
        self.hits += usize::from(self.map.tokens.contains_key(&known_as(token)));
    }

    fn address(&mut self, found: Found, _: &mut String) {
        self.hits += usize::from(self.map.addresses.contains_key(&found.ip.to_string()));
    }

    fn digits(&mut self, text: &str, _: &mut String) {
        self.hits += usize::from(self.map.tokens.contains_key(text));
    }
}
