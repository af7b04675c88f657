//! What is done with one string, once its rule is known: the same for who collects and who replaces.

use super::cuts::Edge;
use super::is_off;
use super::pieces::{Mode, Names, is_clock, is_number, public_type, scan};
use super::report::Done;
use super::rule::{Marker, Removed, Rule, World};
use super::secret;
use super::walk::{Seen, Spot, Visit, walk};
use super::words::WORDS;

/// Who collects, or replaces.
pub(super) trait Hand: Names {
    /// How texts are read.
    fn mode(&self) -> Mode;
    /// A matcher's text, and which of its ends may be inside a token.
    fn literal(&mut self, _text: &str, _edge: Edge) {}
    /// A text that patterns may be asked about.
    fn known(&mut self, _text: &str) {}
    /// Writes what stands for a regular expression; says whether it still means the same.
    fn pattern(&mut self, text: &str, out: &mut String) -> bool;
    /// What was done.
    fn done(&mut self, done: Done, spot: Spot<'_>);
    /// What was written for the same before.
    fn recall(&mut self, _rule: Rule, _world: World, _text: &str) -> Option<(Done, Option<String>)> {
        None
    }
    /// Keeps what was written.
    fn remember(&mut self, _rule: Rule, _world: World, _text: &str, _made: (Done, Option<&str>)) {}
    /// The name of an extension: words that names of Envoy's own have are kept, unless they are names as well.
    fn extension(&mut self, text: &str, out: &mut String) {
        by_word(
            text,
            out,
            |word, out| if is_extension(word) { out.push_str(word) } else { self.token(word, out) },
        );
    }
    /// A number that has too many digits to be a port.
    fn number(&mut self, text: &str) -> Option<String>;
}

/// Visits a document by the rules.
pub(super) struct Treat<'h> {
    pub hand: &'h mut dyn Hand,
    /// How many strings this is inside of.
    pub depth: u8,
}

impl Visit for Treat<'_> {
    fn string(&mut self, rule: Rule, text: &str, spot: Spot<'_>) -> Option<String> {
        if let Some((done, made)) = self.hand.recall(rule, spot.world, text) {
            self.hand.done(done, spot);
            return made;
        }
        let mut out = String::new();
        let done = treat(rule, text, &spot, self.hand, self.depth, &mut out);
        let changed = out != text;
        let done = if changed { done } else { Done::Kept };
        self.hand.done(done, spot);
        self.hand.remember(rule, spot.world, text, (done, changed.then_some(&*out)));
        changed.then_some(out)
    }

    fn key(&mut self, rule: Rule, text: &str, spot: Spot<'_>) -> Option<String> {
        self.string(rule, text, spot)
    }

    fn number(&mut self, text: &str, secret: bool) -> Option<String> {
        if secret {
            return Some("0".to_owned());
        }
        let digits = text.trim_start_matches('-');
        if digits.len() <= 5 || !is_number(digits) {
            return None;
        }
        let new = self.hand.number(digits)?;
        Some(format!("{}{new}", &text[..text.len() - digits.len()]))
    }
}

fn treat(rule: Rule, text: &str, spot: &Spot<'_>, hand: &mut dyn Hand, depth: u8, out: &mut String) -> Done {
    if text.is_empty() || Marker::ALL.iter().any(|it| it.text() == text) {
        out.push_str(text);
        return Done::Kept;
    }
    if let Rule::Remove(marker, why) = rule {
        out.push_str(marker.text());
        return Done::Removed(why);
    }
    if is_kept(rule, text) {
        out.push_str(text);
        return Done::Kept;
    }
    let mode = hand.mode();
    match rule {
        Rule::Regex => {
            return if hand.pattern(text, out) { Done::Replaced } else { Done::Lost };
        }
        Rule::Matcher(edge) => {
            hand.literal(text, edge);
            hand.known(text);
        }
        Rule::Domain => {
            if let Some(rest) = text.strip_prefix('*') {
                hand.literal(rest, Edge::Suffix);
            } else if let Some(rest) = text.strip_suffix('*') {
                hand.literal(rest, Edge::Prefix);
            }
            hand.known(text);
        }
        Rule::Extension => {
            hand.extension(text, out);
            return Done::Replaced;
        }
        Rule::Network(length) => {
            let mut both = String::new();
            scan(&format!("{text}/{length}"), mode, hand, &mut both);
            out.push_str(both.rsplit_once('/').map_or(&*both, |(address, _)| address));
            return Done::Replaced;
        }
        Rule::Header => {
            scan(text, Mode { header: true, ..mode }, hand, out);
            return Done::Replaced;
        }
        Rule::Version => {
            scan(text, Mode { version: true, ..mode }, hand, out);
            return Done::Replaced;
        }
        _ => {
            if let Some(why) = is_private(rule, text, spot) {
                out.push_str(Marker::Text.text());
                return Done::Removed(why);
            }
            if matches!(spot.field, "exact" | "path" | "authority" | "exact_match") {
                hand.known(text);
            }
            if let Some(json) = nested(text, hand, depth) {
                out.push_str(&json);
                return Done::Replaced;
            }
        }
    }
    scan(text, mode, hand, out);
    Done::Replaced
}

/// Whether a text is of a kind that says nothing of anybody.
pub(super) fn is_kept(rule: Rule, text: &str) -> bool {
    match rule {
        Rule::Type => {
            public_type(text) == Some(text.len())
                || public_type(&format!("type.googleapis.com/{text}")).is_some_and(|it| it == text.len() + 20)
        }
        Rule::Value => text.split(',').all(|it| WORDS.values.contains(it.trim())),
        Rule::Version => is_build(text),
        Rule::Format => is_clock(text),
        Rule::Counter => text.len() <= 20 && is_number(text.strip_prefix('-').unwrap_or(text)),
        Rule::Text => is_duration(text),
        _ => false,
    }
}

/// Each word of a name, and what stands between as it is.
pub(super) fn by_word(text: &str, out: &mut String, mut each: impl FnMut(&str, &mut String)) {
    for part in text.split_inclusive(|it: char| !it.is_alphanumeric()) {
        let word = part.trim_end_matches(|it: char| !it.is_alphanumeric());
        if !word.is_empty() {
            each(word, out);
        }
        out.push_str(&part[word.len()..]);
    }
}

/// Whether a name consists of words that names of Envoy's extensions have.
pub(super) fn is_extension(text: &str) -> bool {
    text.split(|it: char| !it.is_ascii_alphanumeric())
        .all(|it| it.is_empty() || it == "envoy" || WORDS.extensions.contains(it) || is_number(it))
}

/// `10s`, `0.100s`, `1h30m`
pub(super) fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    let mut parts = 0;
    while !rest.is_empty() {
        let number = rest.len() - rest.trim_start_matches(|it: char| it.is_ascii_digit() || it == '.').len();
        let unit = rest[number..].len()
            - rest[number..].trim_start_matches(|it: char| it.is_ascii_lowercase()).len();
        if number == 0
            || number > 20
            || !matches!(&rest[number..number + unit], "ns" | "us" | "ms" | "s" | "m" | "h" | "d")
        {
            return false;
        }
        rest = &rest[number + unit..];
        parts += 1;
    }
    parts > 0 && parts < 6
}

/// An Envoy's build: `<commit>/1.40.0/Clean/RELEASE/BoringSSL`.
fn is_build(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let [commit, version, status, kind, library] = parts[..] else { return false };
    commit.len() == 40
        && commit.bytes().all(|it| it.is_ascii_hexdigit())
        && version.split('.').all(|it| is_number(it.split('-').next().unwrap_or("x")))
        && version.split_once('-').is_none_or(|(_, it)| it == "dev")
        && [status, kind, library].iter().all(|it| WORDS.values.contains(it))
}

/// Why a text is removed whatever field it stands in.
pub(super) fn is_private(rule: Rule, text: &str, spot: &Spot<'_>) -> Option<Removed> {
    if secret::is_value(text) || spot.world == World::Free && secret::is_random(text) {
        return Some(Removed::Form);
    }
    // A format has blanks of its own.
    let sentence = rule != Rule::Format && text.bytes().filter(|it| *it == b' ').count() >= 3;
    let sentence = sentence && !is_off("sentence");
    let lines = !is_off("lines") && text.contains('\n') && !text.trim_start().starts_with(['{', '[']);
    (sentence && !text.contains('{') || lines).then_some(Removed::Sentence)
}

/// JSON in a string, mapped as such.
fn nested(text: &str, hand: &mut dyn Hand, depth: u8) -> Option<String> {
    const DEEPEST: u8 = 3;
    let inner = text.trim();
    let whole =
        inner.starts_with('{') && inner.ends_with('}') || inner.starts_with('[') && inner.ends_with(']');
    if !whole || inner.len() < 3 || depth == DEEPEST {
        return None;
    }
    let treat = Treat { hand, depth: depth + 1 };
    let (out, end) = walk(inner.as_bytes(), 0, World::Free, &mut Seen::default(), treat).ok()?;
    if end != inner.len() {
        return None;
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_no_names() {
        for text in ["10s", "0.100s", "1h30m", "-5ms", "9223372035s"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["10", "s", "10x", "shop", "", "1s-2s"] {
            assert!(!is_duration(text), "{text}");
        }
    }
}
