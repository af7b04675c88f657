//! One value of a document, parsed when somebody asks for it.

use std::borrow::Cow;

use super::{Expected, Fault, Span, same_key, unescape};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number, as it is spelled.
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
    /// An object or array nested too deep to be read; shown raw.
    Opaque,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    span: Span,
    /// The item after this one's last descendant.
    next: u32,
    kind: Kind,
}

/// A value and all within it, on one flat tape. Offsets are those of the whole document, so every node knows its
/// place. An object's keys and values alternate on the tape.
pub struct Tree<'b> {
    bytes: &'b [u8],
    tape: Tape,
}

/// A [`Tree`] without its document, to be kept beside that.
#[derive(Debug)]
pub struct Tape(Vec<Item>);

impl Tape {
    /// Parses the value at `span` of a document.
    ///
    /// # Errors
    /// As [`Tree::parse`].
    pub fn parse(bytes: &[u8], span: Span) -> Result<Tape, Fault> {
        let end = (span.end as usize).min(bytes.len());
        // So many bytes a value has in most dumps; growing step by step costs more than a little too much.
        let guess = (end.saturating_sub(span.start as usize) / 32).min(4096);
        let mut parser = Parser {
            text: &bytes[..end],
            at: span.start as usize,
            tape: Vec::with_capacity(guess),
            open: Vec::new(),
        };
        parser.run()?;
        Ok(Tape(parser.tape))
    }

    /// The value itself; `bytes` are the document that it was parsed of.
    pub fn root<'t>(&'t self, bytes: &'t [u8]) -> Node<'t> {
        Node { bytes, tape: &self.0, at: 0 }
    }
}

impl<'b> Tree<'b> {
    /// Containers nested deeper than this become [`Kind::Opaque`]: what reads a tree may recurse.
    pub const DEEPEST: usize = 256;

    /// Parses the value at `span` of a document.
    ///
    /// # Errors
    /// The first byte that is no JSON. Numbers and strings are taken leniently (any run of number characters; raw
    /// control characters and bytes that are not UTF-8), for a dump that is odd is still a dump.
    pub fn parse(bytes: &'b [u8], span: Span) -> Result<Tree<'b>, Fault> {
        Ok(Tree { bytes, tape: Tape::parse(bytes, span)? })
    }

    /// Parses a document that is one value.
    ///
    /// # Errors
    /// As [`Tree::parse`].
    pub fn whole(bytes: &'b [u8]) -> Result<Tree<'b>, Fault> {
        Tree::parse(bytes, Span { start: 0, end: u32::try_from(bytes.len()).unwrap_or(u32::MAX) })
    }

    /// The value itself.
    pub fn root(&self) -> Node<'_> {
        self.tape.root(self.bytes)
    }
}

struct Parser<'b> {
    text: &'b [u8],
    at: usize,
    tape: Vec<Item>,
    open: Vec<u32>,
}

impl Parser<'_> {
    fn run(&mut self) -> Result<(), Fault> {
        loop {
            self.blanks();
            self.value()?;
            // After a value: out of every container that ends here, then on to the next value.
            loop {
                let Some(&parent) = self.open.last() else { return Ok(()) };
                let object = self.tape[parent as usize].kind == Kind::Object;
                let fresh = self.tape.len() == parent as usize + 1;
                self.blanks();
                match self.text.get(self.at) {
                    Some(b'}') if object => self.close(parent),
                    Some(b']') if !object => self.close(parent),
                    Some(b',') if !fresh => {
                        self.at += 1;
                        self.key_if(object)?;
                        break;
                    }
                    Some(_) if fresh => {
                        self.key_if(object)?;
                        break;
                    }
                    Some(_) => return Err(self.fault(Expected::CommaOrEnd)),
                    None => return Err(self.fault(Expected::More)),
                }
            }
        }
    }

    fn close(&mut self, parent: u32) {
        self.at += 1;
        self.open.pop();
        let next = self.length();
        let item = &mut self.tape[parent as usize];
        item.span.end = offset(self.at);
        item.next = next;
    }

    fn key_if(&mut self, object: bool) -> Result<(), Fault> {
        if !object {
            return Ok(());
        }
        self.blanks();
        if self.text.get(self.at) != Some(&b'"') {
            return Err(self.fault(Expected::Key));
        }
        self.string()?;
        self.blanks();
        if self.text.get(self.at) != Some(&b':') {
            return Err(self.fault(Expected::Colon));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self) -> Result<(), Fault> {
        let start = self.at;
        match self.text.get(start) {
            Some(b'"') => self.string(),
            Some(&open @ (b'{' | b'[')) => {
                if self.open.len() == Tree::DEEPEST {
                    let end = skip(self.text, start).map_err(|expected| self.fault(expected))?;
                    self.at = end;
                    self.push(start, Kind::Opaque);
                    return Ok(());
                }
                self.at += 1;
                self.open.push(self.length());
                self.push(start, if open == b'{' { Kind::Object } else { Kind::Array });
                Ok(())
            }
            Some(b'-' | b'0'..=b'9') => {
                while matches!(self.text.get(self.at), Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'e' | b'E')) {
                    self.at += 1;
                }
                self.push(start, Kind::Number);
                Ok(())
            }
            Some(_) => {
                let (word, kind) = [("true", Kind::Bool), ("false", Kind::Bool), ("null", Kind::Null)]
                    .into_iter()
                    .find(|(word, _)| self.text[start..].starts_with(word.as_bytes()))
                    .ok_or(self.fault(Expected::Value))?;
                self.at += word.len();
                self.push(start, kind);
                Ok(())
            }
            None => Err(self.fault(Expected::More)),
        }
    }

    fn string(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.at = string_end(self.text, start).ok_or(self.fault(Expected::Quote))?;
        self.push(start, Kind::String);
        Ok(())
    }

    fn blanks(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn push(&mut self, start: usize, kind: Kind) {
        let next = self.length() + 1;
        self.tape.push(Item { span: Span { start: offset(start), end: offset(self.at) }, next, kind });
    }

    fn length(&self) -> u32 {
        offset(self.tape.len())
    }

    fn fault(&self, expected: Expected) -> Fault {
        Fault { at: offset(self.at), expected }
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The byte after the string that opens at `start`.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The byte after the value at `start`, its inside unread. Constant stack.
fn skip(text: &[u8], start: usize) -> Result<usize, Expected> {
    let mut at = start;
    let mut depth = 0usize;
    loop {
        match text.get(at).ok_or(Expected::More)? {
            b'"' => {
                at = string_end(text, at).ok_or(Expected::Quote)?;
            }
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1).ok_or(Expected::Value)?;
                at += 1;
            }
            b' ' | b'\n' | b'\r' | b'\t' | b',' | b':' if depth > 0 => {
                at += 1;
                continue;
            }
            _ => {
                let rest = &text[at..];
                at += rest.iter().position(|byte| b",:]} \n\r\t".contains(byte)).unwrap_or(rest.len()).max(1);
            }
        }
        if depth == 0 {
            return Ok(at);
        }
    }
}

/// Where the value at a path of keys (either spelling) below the object at `span` begins, found without parsing
/// anything else. None where it is missing, or where the way there is no JSON.
pub fn seek(bytes: &[u8], span: Span, path: &[&str]) -> Option<u32> {
    let text = bytes.get(..span.end as usize)?;
    let mut at = span.start as usize;
    let blanks = |mut at: usize| {
        while matches!(text.get(at), Some(b' ' | b'\n' | b'\r' | b'\t' | b',')) {
            at += 1;
        }
        at
    };
    'path: for &want in path {
        if text.get(at) != Some(&b'{') {
            return None;
        }
        at += 1;
        loop {
            at = blanks(at);
            if text.get(at) != Some(&b'"') {
                return None;
            }
            let end = string_end(text, at)?;
            let key = &text[at + 1..end - 1];
            at = blanks(end);
            if text.get(at) != Some(&b':') {
                return None;
            }
            at = blanks(at + 1);
            if same_key(key, want) {
                continue 'path;
            }
            at = skip(text, at).ok()?;
        }
    }
    text.get(at).map(|_| offset(at))
}

/// The value that [`seek`] finds, to its end.
pub fn pluck(bytes: &[u8], span: Span, path: &[&str]) -> Option<Span> {
    let start = seek(bytes, span, path)?;
    let end = skip(bytes.get(..span.end as usize)?, start as usize).ok()?;
    Some(Span { start, end: offset(end) })
}

/// The text between the quotes of the string that [`pluck`] finds; its escapes are not resolved.
pub fn pluck_text(bytes: &[u8], span: Span, path: &[&str]) -> Option<Span> {
    let found = pluck(bytes, span, path)?;
    found.of(bytes).starts_with(b"\"").then(|| Span { start: found.start + 1, end: found.end - 1 })
}

/// A value of a [`Tree`], cheap to copy. Every accessor is lenient: a missing field and one of another type are both
/// `None`, or nothing.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    bytes: &'t [u8],
    tape: &'t [Item],
    at: u32,
}

impl<'t> Node<'t> {
    fn item(self) -> Item {
        self.tape[self.at as usize]
    }

    fn with(self, at: u32) -> Node<'t> {
        Node { at, ..self }
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        self.item().kind
    }

    /// Its place in the document.
    pub fn span(self) -> Span {
        self.item().span
    }

    /// The place of a string's text, between its quotes.
    pub fn inside(self) -> Span {
        let span = self.span();
        Span { start: span.start + 1, end: (span.end - 1).max(span.start + 1) }
    }

    /// Its bytes, as they stand in the document.
    pub fn raw(self) -> &'t [u8] {
        self.span().of(self.bytes)
    }

    /// The field `key` (snake_case; camelCase is found as well) of an object. The first one where it stands twice;
    /// a `null` is as good as missing, as in protobuf's JSON.
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        self.fields()
            .find(|(name, node)| same_key(name, key) && node.kind() != Kind::Null)
            .map(|(_, node)| node)
    }

    /// The field that a path of keys leads to.
    pub fn path(self, keys: &[&str]) -> Option<Node<'t>> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The elements of an array, or of the array in field `key`.
    pub fn list(self, key: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.get(key).into_iter().flat_map(Node::items)
    }

    /// The elements of an array; nothing for anything else.
    pub fn items(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let end = if self.kind() == Kind::Array { self.item().next } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            let node = self.with(at);
            (at < end).then(|| {
                at = node.item().next;
                node
            })
        })
    }

    /// The fields of an object, keys as they are spelled (between the quotes, escapes and all).
    pub fn fields(self) -> impl Iterator<Item = (&'t [u8], Node<'t>)> + use<'t> {
        self.key_nodes().map(|(key, node)| (key.quoted(), node))
    }

    fn key_nodes(self) -> impl Iterator<Item = (Node<'t>, Node<'t>)> + use<'t> {
        let end = if self.kind() == Kind::Object { self.item().next } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let key = self.with(at);
                let node = self.with(at + 1);
                at = node.item().next;
                (key, node)
            })
        })
    }

    /// The fields of an object, keys as places: the bytes between the quotes.
    pub fn spanned_fields(self) -> impl Iterator<Item = (Span, Node<'t>)> + use<'t> {
        self.key_nodes().map(|(key, node)| (key.inside(), node))
    }

    /// The fields of an object that is a map: keys are data.
    pub fn entries(self) -> impl Iterator<Item = (Cow<'t, str>, Node<'t>)> + use<'t> {
        self.fields().map(|(key, node)| (unescape(key), node))
    }

    /// How many elements or fields it has.
    pub fn len(self) -> usize {
        match self.kind() {
            Kind::Array => self.items().count(),
            Kind::Object => self.fields().count(),
            _ => 0,
        }
    }

    /// Whether it has neither elements nor fields.
    pub fn is_empty(self) -> bool {
        self.item().next == self.at + 1
    }

    fn quoted(self) -> &'t [u8] {
        self.inside().of(self.bytes)
    }

    /// The text of a string.
    pub fn str(self) -> Option<Cow<'t, str>> {
        (self.kind() == Kind::String).then(|| unescape(self.quoted()))
    }

    /// A number, or one in quotes, as protobuf prints 64-bit ones.
    fn digits(self) -> Option<&'t str> {
        let raw = match self.kind() {
            Kind::Number => self.raw(),
            Kind::String => self.quoted(),
            _ => return None,
        };
        std::str::from_utf8(raw).ok()
    }

    /// A whole number that is not negative; `3.0` and `"3"` count.
    pub fn u64(self) -> Option<u64> {
        let digits = self.digits()?;
        digits.parse().ok().or_else(|| {
            let value: f64 = digits.parse().ok()?;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the range is checked"
            )]
            (value.fract() == 0.0 && (0.0..9.0e15).contains(&value)).then_some(value as u64)
        })
    }

    /// Any number.
    pub fn f64(self) -> Option<f64> {
        self.digits()?.parse().ok()
    }

    /// `true` or `false`.
    pub fn bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.raw() == b"true")
    }

    /// The text of field `key`.
    pub fn text(self, key: &str) -> Option<Cow<'t, str>> {
        self.get(key)?.str()
    }

    /// The number in field `key`.
    pub fn number(self, key: &str) -> Option<u64> {
        self.get(key)?.u64()
    }

    /// Whether field `key` is there and true (protobuf's default is false).
    pub fn flag(self, key: &str) -> bool {
        self.get(key).and_then(Node::bool).unwrap_or(false)
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.raw()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        r#" {"name": "a\tb", "filterChains": [ {"n": 1}, {"n": "2", "ok":true} ], "none": null, "f": 2.5} "#;

    #[test]
    fn reads_fields_in_both_spellings() {
        let tree = Tree::whole(TEXT.as_bytes()).unwrap();
        let root = tree.root();
        assert_eq!(root.text("name").unwrap(), "a\tb");
        assert_eq!(
            root.list("filter_chains").map(|it| it.number("n")).collect::<Vec<_>>(),
            [Some(1), Some(2)]
        );
        assert!(root.list("filter_chains").nth(1).unwrap().flag("ok"));
        assert!(root.get("none").is_none());
        assert_eq!(root.get("f").unwrap().f64(), Some(2.5));
        assert_eq!(root.len(), 4);
        assert_eq!(root.text("f"), None);
    }

    #[test]
    fn plucks_what_the_tree_finds() {
        let bytes =
            br#"{"v": [{"cluster": 1}, "]}"], "cluster": {"x": -1.5e3, "name": "it", "z": {}}, "last": "l"}"#;
        let all = Span { start: 0, end: bytes.len() as u32 };
        assert_eq!(pluck(bytes, all, &["cluster", "name"]).unwrap().of(bytes), b"\"it\"");
        assert_eq!(pluck(bytes, all, &["last"]).unwrap().of(bytes), b"\"l\"");
        assert_eq!(pluck(bytes, all, &["cluster", "gone"]), None);
        assert_eq!(pluck(bytes, all, &["v", "name"]), None);
    }

    #[test]
    fn every_prefix_is_an_error_and_none_a_panic() {
        let text = TEXT.trim();
        for end in 0..text.len() {
            assert!(Tree::whole(&text.as_bytes()[..end]).is_err(), "{}", &text[..end]);
            pluck(&text.as_bytes()[..end], Span { start: 0, end: end as u32 }, &["filter_chains", "f"]);
        }
    }

    #[test]
    fn deep_nesting_is_kept_raw() {
        let text = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let tree = Tree::whole(text.as_bytes()).unwrap();
        let mut node = tree.root();
        let mut depth = 0;
        while let Some(inner) = node.items().next() {
            node = inner;
            depth += 1;
        }
        assert_eq!((depth, node.kind()), (Tree::DEEPEST, Kind::Opaque));
        assert_eq!(node.span().len(), 2 * (100_000 - Tree::DEEPEST) + 1);
    }

    #[test]
    fn faults_have_a_place() {
        for (text, at, expected) in [
            ("{\"a\":}", 5, Expected::Value),
            ("{\"a\" 1}", 5, Expected::Colon),
            ("{a:1}", 1, Expected::Key),
            ("[1 2]", 3, Expected::CommaOrEnd),
            ("[1,", 3, Expected::More),
            ("[,1]", 1, Expected::Value),
            ("[1,]", 3, Expected::Value),
        ] {
            assert_eq!(Tree::whole(text.as_bytes()).err(), Some(Fault { at, expected }), "{text}");
        }
    }
}
