//! Where tokens are cut. A route's prefix `/ord` begins `/orders` and must afterwards as well; so `orders` is mapped as
//! `ord` and `ers`. A matcher's text ends inside a token here and there; each such end is a cut, in every token.

use std::collections::{BTreeMap, BTreeSet};

/// Ends of matchers' texts, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Cuts {
    /// A token that begins so is cut after it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub prefix: BTreeSet<String>,
    /// A token that ends so is cut before it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub suffix: BTreeSet<String>,
    /// A token that contains it is cut around it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub inside: BTreeSet<String>,
    /// Tokens that were seen in mixed case, and where a new word begins in them.
    #[serde(skip)]
    pub words: BTreeMap<String, BTreeSet<usize>>,
}

/// How a text has to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Edge {
    /// Its end may be inside a token.
    Prefix,
    /// Its beginning may be.
    Suffix,
    /// Both.
    Inside,
}

impl Cuts {
    /// Whether nothing is cut.
    pub fn is_empty(&self) -> bool {
        self.prefix.is_empty() && self.suffix.is_empty() && self.inside.is_empty()
    }

    /// Learns where a matcher's text ends.
    pub fn learn(&mut self, text: &str, edge: Edge) {
        let part = |it: &char| it.is_alphanumeric() || !it.is_ascii();
        let tail: String = text.chars().rev().take_while(part).collect::<String>().chars().rev().collect();
        let head: String = text.chars().take_while(part).collect();
        let (tail, head) = (tail.to_lowercase(), head.to_lowercase());
        let whole = tail.len() == text.len();
        if whole && edge == Edge::Inside && !tail.is_empty() {
            self.inside.insert(tail);
            return;
        }
        if edge != Edge::Suffix && !tail.is_empty() {
            self.prefix.insert(tail);
        }
        if edge != Edge::Prefix && !head.is_empty() {
            self.suffix.insert(head);
        }
    }

    /// The fragments of a token in lower case, each of which no further cut divides.
    pub fn fragments<'t>(&self, token: &'t str) -> Vec<&'t str> {
        let mut out = Vec::new();
        self.divide(token, &mut out, 0);
        out
    }

    fn divide<'t>(&self, token: &'t str, out: &mut Vec<&'t str>, depth: usize) {
        let ends = if depth < 16 { self.ends(token) } else { BTreeSet::new() };
        if ends.is_empty() {
            out.push(token);
            return;
        }
        let mut from = 0;
        for end in ends.into_iter().chain([token.len()]) {
            // A fragment is shorter than its token, so this ends.
            self.divide(&token[from..end], out, depth + 1);
            from = end;
        }
    }

    fn ends(&self, token: &str) -> BTreeSet<usize> {
        let mut ends: BTreeSet<usize> = self.words.get(token).into_iter().flatten().copied().collect();
        if !self.is_empty() {
            for (at, _) in token.char_indices().skip(1) {
                if self.prefix.contains(&token[..at]) || self.suffix.contains(&token[at..]) {
                    ends.insert(at);
                }
            }
            for text in &self.inside {
                for (at, _) in token.match_indices(text.as_str()) {
                    ends.extend([at, at + text.len()]);
                }
            }
        }
        ends.retain(|it| (1..token.len()).contains(it) && token.is_char_boundary(*it));
        ends
    }
}

/// How a token is known: in lower case, except where it is long and mixed, as what is no word at all is.
pub(super) fn known_as(token: &str) -> String {
    if token.len() > 24 && is_mixed(token) { token.to_owned() } else { token.to_lowercase() }
}

fn is_mixed(token: &str) -> bool {
    let rest = token.get(1..).unwrap_or_default();
    rest.bytes().any(|it| it.is_ascii_uppercase()) && token.bytes().any(|it| it.is_ascii_lowercase())
}

/// Where words begin in a token of mixed case: `CaseLess`, `HTTPRoute`. None for one that has no such form.
pub(super) fn words(token: &str) -> BTreeSet<usize> {
    let bytes = token.as_bytes();
    if !token.is_ascii() || token.len() > 24 || !is_mixed(token) {
        return BTreeSet::new();
    }
    let begins = |at: &usize| {
        let upper = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
        let lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
        upper(*at) && (!upper(*at - 1) || lower(*at + 1))
    };
    (1..bytes.len()).filter(begins).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_cut_where_matchers_end() {
        let mut cuts = Cuts::default();
        cuts.learn("/ord", Edge::Prefix);
        cuts.learn("/or", Edge::Prefix);
        cuts.learn("bar.com", Edge::Suffix);
        cuts.learn("mid", Edge::Inside);
        assert_eq!(cuts.fragments("orders"), ["or", "d", "ers"]);
        assert_eq!(cuts.fragments("ord"), ["or", "d"]);
        assert_eq!(cuts.fragments("foobar"), ["foo", "bar"]);
        assert_eq!(cuts.fragments("amidst"), ["a", "mid", "st"]);
        assert_eq!(cuts.fragments("border"), ["border"]);
    }

    #[test]
    fn words_of_mixed_case_are_found() {
        let at = |token: &str| words(token).into_iter().collect::<Vec<_>>();
        assert_eq!(at("CaseLess"), [4]);
        assert_eq!(at("HTTPRoute"), [4]);
        assert_eq!(at("caseLESS"), [4]);
        assert!(at("lower").is_empty());
        assert!(at("Capital").is_empty());
    }
}
