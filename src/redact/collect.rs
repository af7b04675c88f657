//! The first pass: which names, addresses and patterns a capture has. Order does not matter: the map is made when all
//! documents have been seen.

use std::collections::{BTreeSet, HashSet};

use regex::Regex;

use super::address::{self, Found};
use super::codes::{Bounds, Codes};
use super::cuts::{Cuts, Edge, known_as, words};
use super::map::Map;
use super::patterns;
use super::pieces::{Mode, Names, scan};
use super::report::Done;
use super::rule::{Rule, World};
use super::treat::Hand;
use super::walk::Spot;
use super::words::WORDS;

/// What the user wants otherwise.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Names that may be read: they are kept.
    pub keep: Vec<String>,
    /// Whole labels get one code, and short numbers in names as well: less can be seen, and less is linked.
    pub strict: bool,
}

/// What was found so far.
#[derive(Debug)]
pub(super) struct Collected {
    pub mode: Mode,
    keep: HashSet<String>,
    tokens: BTreeSet<String>,
    digits: BTreeSet<String>,
    addresses: BTreeSet<(String, Option<u32>)>,
    /// Public words that were met: a matcher's text may end inside one.
    public: BTreeSet<String>,
    cuts: Cuts,
    patterns: BTreeSet<String>,
    known: BTreeSet<String>,
    seen: HashSet<(Rule, World, Box<str>)>,
}

/// How many texts patterns are asked about.
const KNOWN: usize = 2000;
/// How many texts are remembered as seen; then it begins anew.
const SEEN: usize = 100_000;

impl Collected {
    pub fn new(options: &Options) -> Collected {
        let mut all = Collected::bare(Mode { strict: options.strict, ..Mode::default() });
        for name in &options.keep {
            // A name to keep may consist of several tokens.
            let mut parts = Collected::bare(all.mode);
            scan(name, all.mode, &mut parts, &mut String::new());
            all.keep.extend(parts.tokens);
            all.keep.extend(parts.addresses.into_iter().map(|(it, _)| it));
            all.keep.extend(parts.digits);
        }
        all
    }

    fn bare(mode: Mode) -> Collected {
        Collected {
            mode,
            keep: HashSet::new(),
            tokens: BTreeSet::new(),
            digits: BTreeSet::new(),
            addresses: BTreeSet::new(),
            public: BTreeSet::new(),
            cuts: Cuts::default(),
            patterns: BTreeSet::new(),
            known: BTreeSet::new(),
            seen: HashSet::new(),
        }
    }

    pub fn is_kept(&self, token: &str) -> bool {
        !self.keep.is_empty() && self.keep.contains(&known_as(token))
    }

    pub fn keep(&self) -> &HashSet<String> {
        &self.keep
    }

    /// The map of all that was found, beginning with one of an earlier redaction.
    pub fn map(&mut self, key: &[u8; 32], before: Option<Map>) -> Map {
        let mut map = before.unwrap_or_else(|| Map::empty(self.mode.strict));
        map.strict = self.mode.strict;
        self.keep_ends_of_public_words();
        let fragments: BTreeSet<&str> = self.tokens.iter().flat_map(|it| self.cuts.fragments(it)).collect();
        let mut taken: HashSet<String> = map.tokens.values().cloned().collect();
        taken.extend(self.tokens.iter().cloned());
        taken.extend(fragments.iter().map(|it| (*it).to_owned()));
        taken.extend(map.tokens.keys().cloned());
        taken.extend(self.keep.iter().cloned());
        let kept = |it: &str| self.keep.contains(it) || super::pieces::is_public(it);
        let bounds = |it: &BTreeSet<String>| it.iter().filter(|it| kept(it)).cloned().collect();
        let bounds = Bounds {
            starts: bounds(&self.cuts.prefix),
            ends: bounds(&self.cuts.suffix),
            inside: bounds(&self.cuts.inside),
        };
        let mut codes = Codes::new(key, taken, bounds, map.tokens.len() + fragments.len());
        for fragment in fragments {
            if !kept(fragment) && !map.tokens.contains_key(fragment) {
                map.tokens.insert(fragment.to_owned(), codes.give(fragment));
            }
        }
        for token in &self.tokens {
            let parts = self.cuts.fragments(token);
            if parts.len() > 1 && !map.tokens.contains_key(token) {
                let code = parts.iter().map(|it| map.tokens.get(*it).map_or(*it, |it| it)).collect();
                map.tokens.insert(token.clone(), code);
            }
        }
        for text in &self.digits {
            if !map.tokens.contains_key(text) {
                map.tokens.insert(text.clone(), codes.give_digits(text));
            }
        }
        for (text, length) in &self.addresses {
            let Ok(ip) = text.parse() else { continue };
            let to = address::map(key, ip);
            let (from, to) = match length {
                Some(length) => (
                    format!("{text}/{length}"),
                    format!("{}/{length}", address::map_network(to, ip, *length)),
                ),
                None => (text.clone(), to.to_string()),
            };
            map.addresses.entry(from).or_insert(to);
        }
        let edges = std::mem::take(&mut self.cuts);
        map.cuts.prefix.extend(edges.prefix);
        map.cuts.suffix.extend(edges.suffix);
        map.cuts.inside.extend(edges.inside);
        map
    }

    /// `/in` begins `inbound`, which is kept; so it is kept as well.
    fn keep_ends_of_public_words(&mut self) {
        let words = || self.public.iter().chain(&self.keep);
        let begins = self.cuts.prefix.iter().filter(|it| words().any(|word| word.starts_with(it.as_str())));
        let ends = self.cuts.suffix.iter().filter(|it| words().any(|word| word.ends_with(it.as_str())));
        let inside = self.cuts.inside.iter().filter(|it| words().any(|word| word.contains(it.as_str())));
        let kept: Vec<String> = begins.chain(ends).chain(inside).cloned().collect();
        self.keep.extend(kept);
    }

    /// What stands for each pattern; one that would answer otherwise than before matches nothing.
    pub fn rewritten(&self, map: &Map) -> std::collections::HashMap<String, Option<String>> {
        let known: Vec<(&str, String)> =
            self.known.iter().map(|it| (it.as_str(), map.text(it).into_owned())).collect();
        let rewrite = |pattern: &String| {
            let runs = patterns::runs(pattern)?;
            let new = patterns::rewrite(pattern, &runs, |it| map.text(it).into_owned());
            if new == *pattern {
                return Some(new);
            }
            // Envoy asks whether a pattern matches all of a text, or (in rewrites) a part; both must agree.
            let compile = |it: &str| {
                let sized = |it: String| regex::RegexBuilder::new(&it).size_limit(1 << 20).build().ok();
                Some((sized(format!("^(?:{it})$"))?, sized(it.to_owned())?))
            };
            let (old, other): ((Regex, Regex), (Regex, Regex)) = (compile(pattern)?, compile(&new)?);
            let same = |(from, to): &(&str, String)| {
                old.0.is_match(from) == other.0.is_match(to)
                    && (old.1.is_match(from) || !other.1.is_match(to))
            };
            known.iter().all(same).then_some(new)
        };
        self.patterns.iter().map(|it| (it.clone(), rewrite(it))).collect()
    }
}

impl Names for Collected {
    fn token(&mut self, token: &str, _: &mut String) {
        if self.is_kept(token) {
            return;
        }
        let known = known_as(token);
        let ends = words(token);
        let mut from = 0;
        for end in ends.iter().copied().chain([token.len()]) {
            let word = token[from..end].to_lowercase();
            if !ends.is_empty() && !super::pieces::is_public(&word) {
                self.tokens.insert(word);
            }
            from = end;
        }
        if !ends.is_empty() {
            self.cuts.words.entry(known.clone()).or_default().extend(ends);
        }
        self.tokens.insert(known);
    }

    fn public(&mut self, token: &str) {
        if WORDS.tokens.contains(token) {
            self.public.insert(token.to_owned());
        }
    }

    fn address(&mut self, found: Found, _: &mut String) {
        if !address::is_public(found.ip) && !self.keep.contains(&found.ip.to_string()) {
            self.addresses.insert((found.ip.to_string(), found.length));
        }
    }

    fn digits(&mut self, text: &str, _: &mut String) {
        if !self.keep.contains(text) {
            self.digits.insert(text.to_owned());
        }
    }
}

impl Hand for Collected {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn literal(&mut self, text: &str, edge: Edge) {
        self.cuts.learn(text, edge);
    }

    fn known(&mut self, text: &str) {
        if self.known.len() < KNOWN {
            self.known.insert(text.to_owned());
        }
    }

    fn pattern(&mut self, text: &str, out: &mut String) -> bool {
        if self.patterns.contains(text) {
            return true;
        }
        let Some(runs) = patterns::runs(text) else { return false };
        for (text, edge) in patterns::edges(&runs) {
            self.cuts.learn(text, edge);
        }
        for run in &runs {
            scan(&run.text, self.mode, self, out);
        }
        self.patterns.insert(text.to_owned());
        true
    }

    fn done(&mut self, _: Done, _: Spot<'_>) {}

    fn recall(&mut self, rule: Rule, world: World, text: &str) -> Option<(Done, Option<String>)> {
        // Some fields are told apart by their names.
        if self.seen.len() > SEEN {
            self.seen.clear();
        }
        let key = (rule, world, Box::from(text));
        (matches!(rule, Rule::Domain | Rule::Header | Rule::Matcher(_)) && !self.seen.insert(key))
            .then_some((Done::Kept, None))
    }

    fn number(&mut self, text: &str) -> Option<String> {
        self.token(text, &mut String::new());
        None
    }
}
