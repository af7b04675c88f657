//! Reads what was written, and believes nothing: every word must be public, a code that was given out or a mapped address;
//! what must be removed must be gone, in layers as well; and the document must have the shape that it had.

use core::net::IpAddr;
use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::address::{self, Found};
use super::cuts::known_as;
use super::map::Map;
use super::pieces::{Mode, Names, scan};
use super::rule::{Marker, Rule, World};
use super::session::{Form, Redactor, form};
use super::shape::skeleton;
use super::treat::{is_kept, is_private};
use super::walk::{Seen, Spot, Visit, walk};
use super::{page, paths, secret};
use crate::intake::Kind;
use crate::json::{Outline, pointer};

/// What is wrong with something that was written: it must not be saved.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failed {
    /// Where: the redacted document's path.
    pub document: String,
    /// The field: a JSON pointer, or a pattern of one.
    pub field: String,
    /// What.
    pub why: Wrong,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// A word that is neither public nor a code.
    Word,
    /// A name of the original.
    Name,
    /// An address that no address was mapped to.
    Address,
    /// Something that must be removed is there.
    Secret,
    /// The document has another shape than its original.
    Shape,
    /// It cannot be read again.
    Unreadable,
    /// A request goes another way than through the original.
    Trace,
}

/// Checks documents against the map that they were written by.
pub struct Checker<'r> {
    redactor: &'r Redactor,
    codes: HashSet<&'r str>,
    addresses: HashSet<&'r str>,
    patterns: HashSet<&'r str>,
    seen: Seen,
}

impl<'r> Checker<'r> {
    /// For the documents of a redactor.
    pub fn new(redactor: &'r Redactor) -> Checker<'r> {
        let map: &Map = redactor.map();
        Checker {
            redactor,
            codes: map.tokens.values().map(String::as_str).collect(),
            addresses: map.addresses.values().map(String::as_str).collect(),
            patterns: redactor.hand.made_patterns().collect(),
            seen: Seen::default(),
        }
    }

    /// Checks one document: `out` was made of `original`.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn document(&mut self, path: &str, kind: Kind, original: &[u8], out: &[u8]) -> Result<(), Failed> {
        let failed = |field: String, why: Wrong| Failed { document: path.to_owned(), field, why };
        let mut seen = std::mem::take(&mut self.seen);
        let mut confirm = Confirm { check: self, wrong: None, depth: 0 };
        match form(kind) {
            Some(Form::Json(world)) => {
                let end = walk(out, 0, world, &mut seen, &mut confirm);
                let wrong = confirm.wrong;
                if let Some((at, why)) = wrong {
                    let field = pointer(out, &Outline::of(out, 0), at);
                    self.seen = seen;
                    return Err(failed(field, why));
                }
                let whole = end.is_ok_and(|(_, end)| out[end..].iter().all(u8::is_ascii_whitespace));
                if !whole {
                    return Err(failed(String::new(), Wrong::Unreadable));
                }
                let start = crate::intake::json_start(original).unwrap_or(0);
                if skeleton(original, start) != skeleton(out, 0) {
                    return Err(failed(String::new(), Wrong::Shape));
                }
            }
            Some(Form::Clusters | Form::Listeners) => {
                let mut hand = Lines(confirm);
                let read = if kind == Kind::EnvoyClustersText {
                    page::clusters(out, &mut hand)
                } else {
                    page::listeners(out, &mut hand)
                };
                let wrong = hand.0.wrong;
                // Every line must be one of the page's own.
                if read.is_ok_and(|it| it != out) {
                    return Err(failed(String::new(), Wrong::Shape));
                }
                if let Some((_, why)) = wrong {
                    return Err(failed(String::new(), why));
                }
            }
            Some(Form::Bare) if out.len() <= 64 => {}
            Some(Form::Bare) | None => return Err(failed(String::new(), Wrong::Unreadable)),
        }
        self.seen = seen;
        Ok(())
    }

    /// Checks a path.
    ///
    /// # Errors
    /// Where it has a name.
    pub fn path(&self, path: &str) -> Result<(), Failed> {
        let mut lines = Lines(Confirm { check: self, wrong: None, depth: 0 });
        paths::write(path, &mut lines);
        match lines.0.wrong {
            Some((_, why)) => Err(Failed { document: path.to_owned(), field: String::new(), why }),
            None => Ok(()),
        }
    }

    fn word(&self, token: &str) -> Option<Wrong> {
        let known = token.to_lowercase();
        if self.codes.contains(known.as_str()) || self.redactor.hand.is_kept(&known) || self.consists(&known)
        {
            return None;
        }
        let tokens = &self.redactor.map().tokens;
        Some(if tokens.contains_key(&known) || tokens.contains_key(&known_as(token)) {
            Wrong::Name
        } else {
            Wrong::Word
        })
    }

    /// Whether a token is several codes, or codes and kept words, without anything between.
    fn consists(&self, known: &str) -> bool {
        // From each offset that can be reached: a code, a public word or a kept one.
        let mut reached = vec![false; known.len() + 1];
        reached[0] = true;
        for from in 0..known.len() {
            if !reached[from] || !known.is_char_boundary(from) {
                continue;
            }
            let end = |(to, reached): (usize, &mut bool)| {
                if let Some(part) = known.get(from..from + 1 + to) {
                    *reached |= self.codes.contains(part)
                        || super::pieces::is_public(part)
                        || self.redactor.hand.is_kept(part);
                }
            };
            reached[from + 1..].iter_mut().enumerate().for_each(end);
        }
        reached[known.len()]
    }

    fn ip(&self, found: Found) -> bool {
        let text = found.ip.to_string();
        let network = found.length.map(|it| format!("{text}/{it}"));
        address::is_public(found.ip)
            || self.addresses.contains(text.as_str())
            || network.is_some_and(|it| self.addresses.contains(it.as_str()))
            || self.redactor.hand.is_kept(&text)
            || self.is_network(found.ip)
    }

    /// A network's address stands without its length, which is a field beside it.
    fn is_network(&self, ip: IpAddr) -> bool {
        let text = format!("{ip}/");
        self.addresses.iter().any(|it| it.starts_with(&text))
    }
}

struct Confirm<'c, 'r> {
    check: &'c Checker<'r>,
    wrong: Option<(u32, Wrong)>,
    depth: u8,
}

impl Confirm<'_, '_> {
    fn text(&mut self, rule: Rule, text: &str, spot: &Spot<'_>) -> Option<Wrong> {
        let marker = Marker::ALL.iter().any(|it| it.text() == text);
        if text.is_empty() || marker || is_kept(rule, text) {
            return None;
        }
        match rule {
            Rule::Remove(..) => return Some(Wrong::Secret),
            Rule::Extension => {
                let known = |it: &str| self.check.redactor.map().tokens.contains_key(it);
                let public = |it: &str| super::treat::is_extension(it) && !known(it);
                let words = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
                return words.filter(|it| !public(it)).find_map(|it| self.check.word(it));
            }
            Rule::Regex => return (!self.check.patterns.contains(text)).then_some(Wrong::Word),
            Rule::Matcher(_) | Rule::Domain | Rule::Header | Rule::Network(_) | Rule::Version => {}
            _ if is_private(rule, text, spot).is_some() && secret::is_value(text) => {
                return Some(Wrong::Secret);
            }
            _ => {
                let inner = text.trim();
                if inner.starts_with(['{', '[']) && self.depth < 3 {
                    let mut deeper = Confirm { check: self.check, wrong: None, depth: self.depth + 1 };
                    let end = walk(inner.as_bytes(), 0, World::Free, &mut Seen::default(), &mut deeper);
                    if end.is_ok_and(|(_, end)| end == inner.len()) {
                        return deeper.wrong.map(|(_, why)| why);
                    }
                }
            }
        }
        let header = rule == Rule::Header;
        let mode = Mode { header, version: rule == Rule::Version, ..self.check.redactor.map().mode() };
        let mut words = Words { check: self.check, wrong: None };
        scan(text, mode, &mut words, &mut String::new());
        words.wrong.or_else(|| self.layer(text))
    }

    /// Names of the original in base64.
    fn layer(&self, text: &str) -> Option<Wrong> {
        let bare = text.trim_end_matches('=');
        if bare.len() < 8 || !bare.bytes().all(|it| it.is_ascii_alphanumeric() || b"+/-_".contains(&it)) {
            return None;
        }
        let inner = STANDARD_NO_PAD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare)).ok()?;
        let inner = String::from_utf8(inner).ok()?;
        (self.check.redactor.map().hits(&inner) > 0).then_some(Wrong::Name)
    }
}

impl Visit for &mut Confirm<'_, '_> {
    const WRITES: bool = false;

    fn string(&mut self, rule: Rule, text: &str, spot: Spot<'_>) -> Option<String> {
        if self.wrong.is_none() {
            self.wrong = self.text(rule, text, &spot).map(|why| (spot.at, why));
        }
        None
    }

    fn key(&mut self, rule: Rule, text: &str, spot: Spot<'_>) -> Option<String> {
        self.string(rule, text, spot)
    }

    fn number(&mut self, text: &str, secret: bool) -> Option<String> {
        let digits = text.trim_start_matches('-');
        let free =
            digits.len() <= 5 || !super::pieces::is_number(digits) || self.check.word(digits).is_none();
        if self.wrong.is_none() && (secret && text != "0" || !free) {
            self.wrong = Some((0, Wrong::Secret));
        }
        None
    }
}

struct Words<'c, 'r> {
    check: &'c Checker<'r>,
    wrong: Option<Wrong>,
}

impl Names for Words<'_, '_> {
    fn token(&mut self, token: &str, _: &mut String) {
        self.wrong = self.wrong.or_else(|| self.check.word(token));
    }

    fn address(&mut self, found: Found, _: &mut String) {
        if !self.check.ip(found) {
            self.wrong = self.wrong.or(Some(Wrong::Address));
        }
    }

    fn digits(&mut self, text: &str, _: &mut String) {
        if !self.check.codes.contains(text) && !self.check.redactor.hand.is_kept(text) {
            self.wrong = self.wrong.or(Some(Wrong::Name));
        }
    }
}

/// The same for pages that are text.
struct Lines<'c, 'r>(Confirm<'c, 'r>);

impl Names for Lines<'_, '_> {
    fn token(&mut self, token: &str, out: &mut String) {
        out.push_str(token);
        let wrong = self.0.check.word(token);
        self.0.wrong = self.0.wrong.or(wrong.map(|it| (0, it)));
    }

    fn address(&mut self, found: Found, out: &mut String) {
        super::map::write_address(found, found.ip, out);
        if !self.0.check.ip(found) {
            self.0.wrong = self.0.wrong.or(Some((0, Wrong::Address)));
        }
    }

    fn digits(&mut self, text: &str, out: &mut String) {
        out.push_str(text);
        if !self.0.check.codes.contains(text) {
            self.0.wrong = self.0.wrong.or(Some((0, Wrong::Name)));
        }
    }
}

impl super::treat::Hand for Lines<'_, '_> {
    fn mode(&self) -> Mode {
        self.0.check.redactor.map().mode()
    }

    fn pattern(&mut self, _: &str, _: &mut String) -> bool {
        false
    }

    fn done(&mut self, _: super::Done, _: Spot<'_>) {}

    fn number(&mut self, _: &str) -> Option<String> {
        None
    }
}
