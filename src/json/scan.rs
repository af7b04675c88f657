//! One pass over a document that records where its shallow values are.

use super::masks::{self, STEP};
use super::{Expected, Fault, Span, same_key};

/// Index of an entry in its [`Outline`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(u32);

/// A value of the document, not deeper than the scan's depth.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its key's bytes between the quotes; empty for an element of an array and for the root.
    pub key: Span,
    /// Its bytes. Where the document ends inside it: up to that end.
    pub value: Span,
    /// The entry after its last descendant.
    next: u32,
}

/// How a document ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The root value is whole; the offset of the byte after it.
    Complete(u32),
    /// The input ended inside the root value.
    Truncated,
    /// Something that is no JSON, among the shallow values.
    Invalid(Fault),
    /// More shallow values than [`Scanner::MOST_ENTRIES`]; those after the given offset are not recorded.
    TooMany(u32),
}

/// The shallow values of a document, in its order.
#[derive(Debug)]
pub struct Outline {
    entries: Vec<Entry>,
    /// How the document ended.
    pub end: End,
    /// The containers that were still open there, outermost first.
    pub open: Vec<EntryId>,
}

impl Outline {
    /// Scans a whole document whose root opens at `start`.
    pub fn of(bytes: &[u8], start: usize) -> Outline {
        let mut scanner = Scanner::new(start);
        scanner.feed(bytes);
        scanner.finish(bytes)
    }

    /// The root, unless there was none.
    pub fn root(&self) -> Option<EntryId> {
        (!self.entries.is_empty()).then_some(EntryId(0))
    }

    /// The entry itself.
    pub fn entry(&self, id: EntryId) -> Entry {
        self.entries[id.0 as usize]
    }

    /// The children that were recorded, in order.
    pub fn children(&self, id: EntryId) -> impl Iterator<Item = EntryId> + '_ {
        let end = self.entry(id).next;
        let mut at = id.0 + 1;
        std::iter::from_fn(move || {
            let child = EntryId(at);
            (at < end).then(|| {
                at = self.entry(child).next;
                child
            })
        })
    }

    /// The child with that key, in either spelling; the first one where it stands twice.
    pub fn get(&self, bytes: &[u8], id: EntryId, key: &str) -> Option<EntryId> {
        self.children(id).find(|&child| same_key(self.entry(child).key.of(bytes), key))
    }

    /// How many values were recorded.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Memory that the entries take, in bytes.
    pub fn memory(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }
}

/// The pass itself. It can be fed while the document arrives: what was read is not read again.
///
/// Values at most [`Scanner::DEPTH`] levels below the root are recorded; of what lies deeper only the brackets are
/// counted, so that a fault there is found when that value is parsed. Uses constant stack and, for the deep part,
/// constant memory.
pub struct Scanner {
    /// The first byte that was not looked at.
    at: usize,
    /// All ones while inside a string.
    in_string: u64,
    /// One when the last byte was a backslash that escapes the next.
    escape: u64,
    /// Brackets open below the recorded levels.
    deep: u64,
    /// Containers open among the recorded levels.
    open: Vec<EntryId>,
    entries: Vec<Entry>,
    /// The byte after the last bracket or separator.
    from: usize,
    /// What may come between `from` and the next one.
    due: Due,
    key: Span,
    end: Option<End>,
}

#[derive(Clone, Copy, PartialEq)]
enum Due {
    /// The first value or key of a container, or its end.
    FirstOrEnd,
    /// A key.
    Key,
    /// A value.
    Value,
    /// A comma or the end: a container has just closed.
    CommaOrEnd,
}

impl Scanner {
    /// Values are recorded down to this level below the root: in a config dump the root is level 0, `configs` 1, a
    /// section 2, its lists 3, their resources 4.
    pub const DEPTH: usize = 4;
    /// No document is indexed beyond so many shallow values (96 MB of entries).
    pub const MOST_ENTRIES: usize = 4 << 20;

    /// A scan of the document whose root value opens at `start`.
    pub fn new(start: usize) -> Scanner {
        Scanner {
            at: start,
            in_string: 0,
            escape: 0,
            deep: 0,
            open: Vec::new(),
            entries: Vec::new(),
            from: start,
            due: Due::Value,
            key: Span::default(),
            end: None,
        }
    }

    /// Reads on: `bytes` is the document from its first byte to the last that has arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        while self.end.is_none() {
            let Some(block) = bytes.get(self.at..).and_then(<[u8]>::first_chunk::<STEP>) else { return };
            self.step(bytes, block);
        }
    }

    /// Reads the rest of the document.
    pub fn finish(mut self, bytes: &[u8]) -> Outline {
        self.feed(bytes);
        if self.end.is_none() {
            let mut last = [b' '; STEP];
            let rest = bytes.get(self.at..).unwrap_or_default();
            last[..rest.len()].copy_from_slice(rest);
            self.step(bytes, &last);
        }
        let end = self.end.unwrap_or(End::Truncated);
        let stop = match end {
            End::Complete(at) | End::TooMany(at) => at,
            End::Invalid(fault) => fault.at,
            End::Truncated => offset(bytes.len()),
        };
        let last = offset(self.entries.len());
        for id in &self.open {
            let entry = &mut self.entries[id.0 as usize];
            entry.value.end = stop;
            entry.next = last;
        }
        self.entries.shrink_to_fit();
        Outline { entries: self.entries, end, open: self.open }
    }

    /// One block. Bits of strings are masked away; when the block cannot lead back to the recorded levels, its
    /// brackets are only counted.
    #[inline]
    fn step(&mut self, bytes: &[u8], block: &[u8; STEP]) {
        let found = masks::brackets(block);
        let quotes = found.quote & !self.escaped(found.backslash);
        let strings = masks::parity(quotes) ^ self.in_string;
        self.in_string = (strings.cast_signed() >> 63).cast_unsigned();
        let open = found.open & !strings;
        let close = found.close & !strings;
        let base = self.at;
        self.at += STEP;
        if self.deep > u64::from(close.count_ones()) {
            self.deep = self.deep + u64::from(open.count_ones()) - u64::from(close.count_ones());
            return;
        }
        let both = open | close;
        let all = both | masks::separators(block) & !strings;
        let mut left = if self.deep > 0 { both } else { all };
        while left != 0 && self.end.is_none() {
            let bit = left.trailing_zeros();
            let here = base + bit as usize;
            let was_deep = self.deep > 0;
            if was_deep {
                self.deep = if open >> bit & 1 == 1 { self.deep + 1 } else { self.deep - 1 };
                if self.deep == 0 {
                    self.close(bytes, here);
                }
            } else {
                self.shallow(bytes, here, block[bit as usize]);
            }
            let after = !0u64 << bit << 1;
            left = after & if self.deep > 0 { both } else { all };
        }
    }

    /// Which bytes of the block a backslash before them escapes (simdjson, section 3.1.1).
    #[inline]
    fn escaped(&mut self, backslash: u64) -> u64 {
        if backslash == 0 {
            return std::mem::take(&mut self.escape);
        }
        const EVEN: u64 = 0x5555_5555_5555_5555;
        let backslash = backslash & !self.escape;
        let follows = backslash << 1 | self.escape;
        let odd_starts = backslash & !EVEN & !follows;
        let (even_runs, carry) = odd_starts.overflowing_add(backslash);
        self.escape = u64::from(carry);
        (EVEN ^ (even_runs << 1)) & follows
    }

    fn shallow(&mut self, bytes: &[u8], here: usize, byte: u8) {
        match byte {
            b'{' | b'[' => self.begin(bytes, here),
            b'}' | b']' => {
                if self.leaf(bytes, here, true) {
                    self.close(bytes, here);
                }
            }
            b',' => {
                if self.leaf(bytes, here, false) {
                    self.due = if self.in_object(bytes) { Due::Key } else { Due::Value };
                }
            }
            _ => self.colon(bytes, here),
        }
        self.from = here + 1;
    }

    fn begin(&mut self, bytes: &[u8], here: usize) {
        let value_due = match self.due {
            Due::Value => true,
            Due::FirstOrEnd => !self.in_object(bytes),
            Due::Key | Due::CommaOrEnd => false,
        };
        if !value_due || !trim(bytes, self.from, here).is_empty() {
            return self.fail(self.from, self.expected(bytes));
        }
        let level = self.open.len();
        if let Some(id) = self.push(Span { start: offset(here), end: 0 }) {
            self.open.push(id);
            self.due = Due::FirstOrEnd;
            self.deep = u64::from(level == Self::DEPTH);
        }
    }

    /// Ends the container that is open; `here` is its closing bracket.
    fn close(&mut self, bytes: &[u8], here: usize) {
        let Some(id) = self.open.pop() else { return self.fail(here, Expected::Value) };
        let last = offset(self.entries.len());
        let entry = &mut self.entries[id.0 as usize];
        // `{` and `}`, like `[` and `]`, are two apart in ASCII.
        if bytes.get(entry.value.start as usize).map(|open| open + 2) != bytes.get(here).copied() {
            self.open.push(id);
            return self.fail(here, Expected::CommaOrEnd);
        }
        entry.value.end = offset(here + 1);
        entry.next = last;
        self.due = Due::CommaOrEnd;
        self.from = here + 1;
        if self.open.is_empty() {
            self.end = Some(End::Complete(offset(here + 1)));
        }
    }

    /// Records the number, string or word before a comma or an end; says whether one could stand there.
    fn leaf(&mut self, bytes: &[u8], here: usize, closing: bool) -> bool {
        let text = trim(bytes, self.from, here);
        let fits = match self.due {
            Due::CommaOrEnd => text.is_empty(),
            Due::FirstOrEnd if text.is_empty() => closing,
            Due::FirstOrEnd => !self.in_object(bytes),
            Due::Value => !text.is_empty(),
            Due::Key => false,
        };
        if !fits || self.open.is_empty() {
            self.fail(self.from, self.expected(bytes));
            return false;
        }
        text.is_empty() || self.push(text).is_some()
    }

    fn colon(&mut self, bytes: &[u8], here: usize) {
        let text = trim(bytes, self.from, here);
        let quoted =
            text.of(bytes).len() >= 2 && text.of(bytes).starts_with(b"\"") && text.of(bytes).ends_with(b"\"");
        let key_due = self.due == Due::Key || self.due == Due::FirstOrEnd && self.in_object(bytes);
        if !key_due || !quoted {
            return self.fail(self.from, self.expected(bytes));
        }
        self.key = Span { start: text.start + 1, end: text.end - 1 };
        self.due = Due::Value;
    }

    fn push(&mut self, value: Span) -> Option<EntryId> {
        let next = offset(self.entries.len() + 1);
        if self.entries.len() == Self::MOST_ENTRIES {
            self.end = Some(End::TooMany(value.start));
            return None;
        }
        self.entries.push(Entry { key: std::mem::take(&mut self.key), value, next });
        Some(EntryId(next - 1))
    }

    fn in_object(&self, bytes: &[u8]) -> bool {
        self.open
            .last()
            .is_some_and(|id| bytes.get(self.entries[id.0 as usize].value.start as usize) == Some(&b'{'))
    }

    fn expected(&self, bytes: &[u8]) -> Expected {
        match self.due {
            Due::CommaOrEnd => Expected::CommaOrEnd,
            Due::Key => Expected::Key,
            Due::FirstOrEnd if self.in_object(bytes) => Expected::Key,
            Due::FirstOrEnd | Due::Value => Expected::Value,
        }
    }

    fn fail(&mut self, at: usize, expected: Expected) {
        self.end = Some(End::Invalid(Fault { at: offset(at), expected }));
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The range without the blanks around it.
fn trim(bytes: &[u8], start: usize, end: usize) -> Span {
    let text = bytes.get(start..end).unwrap_or_default();
    let text = text.trim_ascii_start();
    let start = end - text.len();
    Span { start: offset(start), end: offset(start + text.trim_ascii_end().len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(bytes: &[u8], outline: &Outline, id: EntryId, path: String, out: &mut Vec<(String, String)>) {
        let text = |span: Span| String::from_utf8_lossy(span.of(bytes)).into_owned();
        let children: Vec<_> = outline.children(id).collect();
        if children.is_empty() {
            out.push((path.clone(), text(outline.entry(id).value)));
        }
        for (index, &child) in children.iter().enumerate() {
            let key = text(outline.entry(child).key);
            let step = if key.is_empty() { index.to_string() } else { key };
            paths(bytes, outline, child, format!("{path}/{step}"), out);
        }
    }

    fn scan(text: &str) -> (Vec<(String, String)>, End) {
        let outline = Outline::of(text.as_bytes(), 0);
        let mut out = Vec::new();
        if let Some(root) = outline.root() {
            paths(text.as_bytes(), &outline, root, String::new(), &mut out);
        }
        (out, outline.end)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
    }

    #[test]
    fn records_values_down_to_its_depth_and_no_deeper() {
        let text = r#"{"a": [{"b": [ {"c": {"d": [1, 2]}} , 7 ]}, "x,y]\"{" ], "e": {}}"#;
        let (found, end) = scan(text);
        assert_eq!(end, End::Complete(text.len() as u32));
        let want = [
            ("/a/0/b/0", r#"{"c": {"d": [1, 2]}}"#),
            ("/a/0/b/1", "7"),
            ("/a/1", r#""x,y]\"{""#),
            ("/e", "{}"),
        ];
        assert_eq!(found, pairs(&want));
    }

    #[test]
    fn a_document_is_the_same_in_one_piece_and_in_many() {
        let item = r#"{"name": "a\\", "deep": {"x": [[["}\\\""]]]}, "s": "[\u005d"}"#;
        let text = format!("{{\"configs\": [{{\"list\": [{}]}}]}}", [item; 9].join(" ,\n"));
        let whole = Outline::of(text.as_bytes(), 0);
        assert_eq!(whole.end, End::Complete(text.len() as u32));
        for piece in [1, 63, 64, 65, 200] {
            let mut scanner = Scanner::new(0);
            for end in (0..text.len()).step_by(piece) {
                scanner.feed(&text.as_bytes()[..end]);
            }
            let outline = scanner.finish(text.as_bytes());
            assert_eq!(outline.end, whole.end);
            assert_eq!(outline.len(), whole.len());
            let spans = |it: &Outline| it.entries.iter().map(|entry| entry.value).collect::<Vec<_>>();
            assert_eq!(spans(&outline), spans(&whole));
        }
    }

    #[test]
    fn what_was_whole_before_a_cut_is_kept() {
        let text = r#"{"configs": [{"list": [{"name": "one"}, {"name": "tw"#;
        let outline = Outline::of(text.as_bytes(), 0);
        assert_eq!(outline.end, End::Truncated);
        assert_eq!(outline.open.len(), 5);
        let (found, _) = scan(text);
        assert_eq!(found[0], ("/configs/0/list/0".into(), r#"{"name": "one"}"#.into()));
        assert_eq!(found[1], ("/configs/0/list/1".into(), r#"{"name": "tw"#.into()));
    }

    #[test]
    fn a_fault_names_its_place() {
        for (text, at, expected) in [
            (r#"{"a" 1}"#, 1, Expected::Key),
            (r#"{"a": }"#, 5, Expected::Value),
            (r#"{"a": 1,}"#, 8, Expected::Key),
            ("[1,,2]", 3, Expected::Value),
            ("[{} {}]", 3, Expected::CommaOrEnd),
            ("[1}", 2, Expected::CommaOrEnd),
            (r#"[{"a":[{"b":[{]}]"#, 15, Expected::CommaOrEnd),
            ("[1:2]", 1, Expected::Value),
        ] {
            assert_eq!(scan(text).1, End::Invalid(Fault { at, expected }), "{text}");
        }
    }

    #[test]
    fn depth_costs_nothing() {
        let text = "[".repeat(1_000_000);
        assert_eq!(scan(&text).1, End::Truncated);
        let text = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(scan(&text).1, End::Complete(2_000_000));
    }
}
