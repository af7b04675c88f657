//! Whether a map belongs to a redacted capture: its codes are words that nobody would write, so those of another capture's
//! map are met by chance alone.

use std::collections::BTreeSet;

use super::address::Found;
use super::codes::is_code;
use super::map::Map;
use super::pieces::{Names, scan};
use super::words::WORDS;

/// What was met so far.
#[derive(Default)]
pub struct Fit {
    known: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl Fit {
    /// Looks at a text of the capture; `back` is a map that was [`Map::reversed`].
    pub fn look(&mut self, back: &Map, text: &str) {
        let mode = back.mode();
        let mut met = Met { back, fit: self };
        for line in text.split_inclusive('\n') {
            scan(line, mode, &mut met, &mut String::new());
        }
    }

    /// Whether the map has most of the codes that were met.
    pub fn fits(&self) -> bool {
        !self.known.is_empty() && self.known.len() >= self.others.len()
    }
}

struct Met<'f> {
    back: &'f Map,
    fit: &'f mut Fit,
}

impl Names for Met<'_> {
    fn token(&mut self, token: &str, _: &mut String) {
        let token = token.to_lowercase();
        // Fields of Envoy's that look like codes, such as `limit`.
        let said = [&WORDS.values, &WORDS.keys, &WORDS.labels, &WORDS.extensions, &WORDS.paths];
        if self.back.code(&token).is_some() {
            self.fit.known.insert(token);
        } else if is_code(&token) && !said.iter().any(|it| it.contains(token.as_str())) {
            self.fit.others.insert(token);
        }
    }

    fn address(&mut self, _: Found, _: &mut String) {}

    fn digits(&mut self, text: &str, _: &mut String) {
        let met = if self.back.code(text).is_some() { &mut self.fit.known } else { &mut self.fit.others };
        met.insert(text.to_owned());
    }
}
