//! Texts for a ticket: a table, a trace, a finding, in the names of the copy that can be sent.
//!
//! The world is closed here as well. What the map has is replaced; what the copy says may be said, and so may what xdscope
//! itself says; any other word is replaced by Envoy's marker.

use std::collections::HashSet;

use super::address::Found;
use super::cuts::{known_as, words};
use super::map::{Map, write_address};
use super::pieces::{Names, is_public, scan};
use super::rule::Marker;
use super::treat::is_duration;

/// What texts for a ticket go through.
pub struct Ticket {
    map: Map,
    /// Words that may be said, in lower case.
    said: HashSet<Box<str>>,
    /// Words of the copy with underscores, or in capitals: fields and values, which stay although their parts may be names
    /// elsewhere.
    joined: HashSet<Box<str>>,
    /// Fields of the copy.
    fields: HashSet<Box<str>>,
}

/// Two characters that nobody can guess: what stands between them is xdscope's own, and stays.
pub type Marks = (char, char);

/// Letters of no alphabet that many may be in a row.
const LONGEST: usize = 200;

impl Ticket {
    /// By a map; nothing may be said yet but public words.
    pub fn new(map: Map) -> Ticket {
        Ticket { map, said: HashSet::new(), joined: HashSet::new(), fields: HashSet::new() }
    }

    /// What the copy says may be said.
    pub fn copy_says(&mut self, text: &str) {
        self.may_say(text);
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let size = run(bytes, at);
            let word = &text[at..at + size];
            // `RANDOM`: a value out of a closed set, for a name that the map has would be its code.
            let value = size > 2 && word.bytes().all(|it| it.is_ascii_uppercase());
            if (value || word.contains('_')) && !self.joined.contains(word) {
                self.joined.insert(word.into());
            }
            let field = size > 0 && at > 0 && bytes[at - 1] == b'"' && text[at + size..].starts_with("\":");
            if field && !self.fields.contains(word) {
                self.fields.insert(word.into());
            }
            at += size.max(1);
            while !text.is_char_boundary(at) {
                at += 1;
            }
        }
    }

    /// The words of a text may be said: they are xdscope's own.
    pub fn may_say(&mut self, text: &str) {
        let mode = self.map.mode();
        let mut gather = Gather { said: &mut self.said };
        for line in text.split_inclusive('\n') {
            scan(line, mode, &mut gather, &mut String::new());
        }
    }

    /// A text as it may be sent.
    pub fn text(&self, text: &str, marks: Option<Marks>) -> String {
        let mut out = String::with_capacity(text.len());
        let map = |text: &str, out: &mut String| scan(text, self.map.mode(), &mut Writer(self), out);
        let Some((open, close)) = marks else {
            map(text, &mut out);
            return out;
        };
        let mut own = false;
        for part in text.split_inclusive([open, close]) {
            let words = part.trim_end_matches([open, close]);
            if own {
                out.push_str(words);
            } else {
                map(words, &mut out);
            }
            own = part.ends_with(open);
        }
        out
    }

    fn has(&self, token: &str) -> bool {
        self.map.tokens.contains_key(&known_as(token))
    }

    fn is_said(&self, token: &str) -> bool {
        is_public(token)
            || is_measure(token)
            || self.said.contains(token.to_lowercase().as_str())
            || !token.is_ascii() && self.is_composed(&token.to_lowercase())
    }

    fn token(&self, token: &str, out: &mut String) {
        if self.has(token) && self.map.token(token, out) {
            return;
        }
        if self.is_said(token) {
            out.push_str(token);
            return;
        }
        // `CaseLess`: word by word, and so what stands beside words of another script.
        let parts = parts(token);
        if parts.len() > 1 && parts.iter().all(|it| self.has(it) || self.is_said(it)) {
            parts.iter().for_each(|it| self.token(it, out));
            return;
        }
        // A token that a matcher cuts.
        let known = known_as(token);
        let cut = self.map.cuts.fragments(&known);
        if cut.len() > 1
            && cut.iter().all(|it| self.map.tokens.contains_key(*it))
            && self.map.token(token, out)
        {
            return;
        }
        out.push_str(Marker::Text.text());
    }

    /// Whether it consists of runs that may be said: languages without blanks put them side by side.
    fn is_composed(&self, run: &str) -> bool {
        if run.chars().count() > LONGEST || run.bytes().any(|it| it.is_ascii_alphanumeric()) {
            return false;
        }
        let mut reached = vec![false; run.len() + 1];
        reached[0] = true;
        for (at, c) in run.char_indices() {
            if !reached[at] {
                continue;
            }
            if !c.is_alphanumeric() {
                reached[at + c.len_utf8()] = true;
            }
            for (end, c) in run[at..].char_indices() {
                let end = at + end + c.len_utf8();
                reached[end] = reached[end] || self.said.contains(&run[at..end]);
            }
        }
        reached[run.len()]
    }
}

/// Where the script changes, and where a new word begins.
fn parts(token: &str) -> Vec<&str> {
    let mut ends: Vec<usize> = words(token).into_iter().collect();
    if !token.is_ascii() {
        let chars: Vec<(usize, char)> = token.char_indices().collect();
        ends.extend(chars.windows(2).filter(|it| it[0].1.is_ascii() != it[1].1.is_ascii()).map(|it| it[1].0));
    }
    ends.push(token.len());
    let mut from = 0;
    let cut = |end: usize| {
        let part = &token[from..end];
        from = end;
        part
    };
    ends.into_iter().map(cut).collect()
}

/// A short number with its unit: `02Z`, `15s`, `3KB`.
fn is_measure(token: &str) -> bool {
    let digits = token.bytes().take_while(u8::is_ascii_digit).count();
    let unit = &token[digits..];
    (1..=5).contains(&digits)
        && (unit.len() <= 2 && unit.bytes().all(|it| it.is_ascii_alphabetic()) || is_duration(token))
}

/// The size of the word, letters, digits and underscores, that begins there.
fn run(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().take_while(|it| it.is_ascii_alphanumeric() || **it == b'_').count()
}

struct Gather<'t> {
    said: &'t mut HashSet<Box<str>>,
}

impl Names for Gather<'_> {
    fn token(&mut self, token: &str, _: &mut String) {
        // Most are known, and in lower case.
        if self.said.contains(token) {
            return;
        }
        let token = token.to_lowercase();
        if !self.said.contains(token.as_str()) {
            if !token.is_ascii() {
                let runs = token.split(|it: char| it.is_ascii() || !it.is_alphanumeric());
                self.said.extend(runs.filter(|it| !it.is_empty()).map(Box::from));
                let runs = token.split(|it: char| !it.is_ascii());
                self.said.extend(runs.filter(|it| !it.is_empty()).map(Box::from));
            }
            self.said.insert(token.into());
        }
    }

    fn address(&mut self, _: Found, _: &mut String) {}

    fn digits(&mut self, _: &str, _: &mut String) {}
}

struct Writer<'t>(&'t Ticket);

impl Names for Writer<'_> {
    fn token(&mut self, token: &str, out: &mut String) {
        self.0.token(token, out);
    }

    fn phrase(&mut self, text: &str, at: usize) -> usize {
        let bytes = text.as_bytes();
        let before = at.checked_sub(1).map(|it| bytes[it]);
        if before == Some(b'_') {
            return 0;
        }
        let size = run(bytes, at);
        let word = &text[at..at + size];
        let field = before == Some(b'"') && text[at + size..].starts_with("\":");
        let stays = self.0.joined.contains(word) || field && self.0.fields.contains(word);
        if stays { size } else { 0 }
    }

    fn address(&mut self, found: Found, out: &mut String) {
        write_address(found, self.0.map.address(found).ip, out);
    }

    fn digits(&mut self, text: &str, out: &mut String) {
        out.push_str(self.0.map.tokens.get(text).map_or(Marker::Text.text(), |it| it));
    }
}

#[cfg(test)]
mod tests {
    use super::super::collect::{Collected, Options};
    use super::super::cuts::Edge;
    use super::super::pieces::Mode;
    use super::super::treat::Hand as _;
    use super::*;

    fn ticket(names: &str, cut: &str) -> Ticket {
        let mut all = Collected::new(&Options::default());
        scan(names, Mode::default(), &mut all, &mut String::new());
        all.literal(cut, Edge::Prefix);
        let map = all.map(&[7; 32], None);
        Ticket::new(map)
    }

    #[test]
    fn names_are_replaced_what_is_said_stays_and_all_else_is_marked() {
        let mut ticket =
            ticket("reviews.shop 10.0.0.1 CaseLess orders d9479e49-fb19-4d1b-809b-aae31d7d0c2c", "/ord");
        ticket.may_say("Copied %{n} rows of a table at once. %{n} 个监听器，已复制");
        let code = |name: &str| ticket.map.text(name).into_owned();
        let (reviews, shop, ip) = (code("reviews"), code("shop"), code("10.0.0.1"));
        for (text, want) in [
            ("rows of reviews.shop at 10.0.0.1:80", format!("rows of {reviews}.{shop} at {ip}:80")),
            ("EnvoyFilter shop/hunter2", format!("EnvoyFilter {shop}/[redacted]")),
            ("3个监听器reviews已复制", format!("3个监听器{reviews}已复制")),
            ("hunter2 blue", "[redacted] [redacted]".to_owned()),
            ("公司", "[redacted]".to_owned()),
            ("15s 02Z 4.2KB 1h30m v1 99999", "15s 02Z 4.2KB 1h30m v1 99999".to_owned()),
            ("123456 a1b2c3d4", "[redacted] [redacted]".to_owned()),
            ("d9479e49-fb19-4d1b-809b-aae31d7d0c2d", "[redacted]".to_owned()),
            // Its beginning is known, its end is not.
            ("ordxyz", "[redacted]".to_owned()),
        ] {
            assert_eq!(ticket.text(text, None), want, "{text}");
        }
        assert_eq!(ticket.text("CaseLess orders", None), code("CaseLess orders"));
        assert!(!ticket.text("CaseLess orders", None).contains("redacted"));
    }

    #[test]
    fn what_xdscope_says_is_replaced_where_it_is_a_name_as_well() {
        let mut ticket = ticket("details", "");
        ticket.may_say("Details of the row");
        assert!(!ticket.text("Details of the row", None).to_lowercase().contains("details"));
        assert!(ticket.text("Details of the row", None).ends_with(" of the row"));
    }

    #[test]
    fn what_is_marked_as_xdscopes_own_stays_and_so_do_fields_of_the_copy() {
        let mut ticket = ticket("details timeout reviews", "");
        ticket.copy_says(r#"{"idle_timeout": "5s", "lb": "TIMEOUT"}"#);
        let marks = Some(('\u{F0001}', '\u{F0002}'));
        let code = |name: &str| ticket.map.text(name).into_owned();
        let text = "\u{F0001}Details of \u{F0002}details\u{F0001}: timeout\u{F0002} idle_timeout timeout TIMEOUT reviews_x";
        let want = format!(
            "Details of {}: timeout idle_timeout {} TIMEOUT {}_x",
            code("details"),
            code("timeout"),
            code("reviews")
        );
        assert_eq!(ticket.text(text, marks), want);
        // Another's marks are nothing.
        assert!(!ticket.text("\u{F0003}details\u{F0004}", marks).contains("details"));
    }
}
