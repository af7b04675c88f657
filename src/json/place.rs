//! Where in a document a byte is, in words that other tools understand.

use super::{Outline, Span, unescape};

/// A place for a person to find: an editor's line and column, and the byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// Offset of the byte.
    pub byte: u32,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in bytes, counted from 1.
    pub column: u32,
}

/// Line and column of a byte.
pub fn line_column(bytes: &[u8], at: u32) -> Place {
    let before = &bytes[..(at as usize).min(bytes.len())];
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    Place {
        byte: at,
        line: count(memchr::memchr_iter(b'\n', before).count() + 1),
        column: count(before.len() - start + 1),
    }
}

/// Where the lines of a document are, that many places in it may be told: counted once, however often one asks.
#[derive(Debug, Default)]
pub struct Lines {
    /// How many newlines stand before each block of [`Lines::BLOCK`] bytes.
    before: Vec<u32>,
}

impl Lines {
    const BLOCK: usize = 1 << 16;

    /// Counts on, in as many bytes as `most` (in whole blocks). Whether there are more.
    pub fn count(&mut self, bytes: &[u8], most: usize) -> bool {
        let count =
            |block: &[u8]| u32::try_from(memchr::memchr_iter(b'\n', block).count()).unwrap_or(u32::MAX);
        for _ in 0..most.div_ceil(Self::BLOCK) {
            let Some(last) = self.before.len().checked_sub(1) else {
                self.before.push(0);
                continue;
            };
            let Some(block) = bytes.get(last * Self::BLOCK..).and_then(|it| it.get(..Self::BLOCK)) else {
                return false;
            };
            self.before.push(self.before[last].saturating_add(count(block)));
        }
        true
    }

    /// Line and column of a byte, as [`line_column`] has them. What was not counted yet is.
    pub fn place(&mut self, bytes: &[u8], at: u32) -> Place {
        let end = (at as usize).min(bytes.len());
        let counted = self.before.len().saturating_sub(1) * Self::BLOCK;
        if end >= counted {
            self.count(bytes, end - counted + 2 * Self::BLOCK);
        }
        let block = (end / Self::BLOCK).min(self.before.len().saturating_sub(1));
        let inside = &bytes[block * Self::BLOCK..end];
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let start = memchr::memrchr(b'\n', &bytes[..end]).map_or(0, |newline| newline + 1);
        let before = self.before.get(block).copied().unwrap_or(0);
        let line = before.saturating_add(count(memchr::memchr_iter(b'\n', inside).count() + 1));
        Place { byte: at, line, column: count(end - start + 1) }
    }
}

/// The JSON pointer (RFC 6901) of the innermost value that the byte `at` belongs to; empty for the root.
pub fn pointer(bytes: &[u8], outline: &Outline, at: u32) -> String {
    let mut out = String::new();
    let Some(mut id) = outline.root() else { return out };
    while let Some((index, child)) = outline.children(id).enumerate().find(|(_, child)| {
        let entry = outline.entry(*child);
        let start = if entry.key.is_empty() { entry.value.start } else { entry.key.start };
        (start..entry.value.end).contains(&at)
    }) {
        let key = outline.entry(child).key;
        let object = bytes.get(outline.entry(id).value.start as usize) == Some(&b'{');
        push(&mut out, if object { Ok(key.of(bytes)) } else { Err(index) });
        id = child;
    }
    below(bytes, outline.entry(id).value, at, &mut out);
    out
}

/// Goes on from a value that the outline does not enter, skipping what does not hold the byte.
fn below(bytes: &[u8], span: Span, at: u32, out: &mut String) {
    let Ok(tree) = super::Tree::parse(bytes, span) else { return };
    let mut node = tree.root();
    loop {
        let holds = |span: Span| (span.start..span.end).contains(&at);
        if let Some((index, child)) = node.items().enumerate().find(|(_, child)| holds(child.span())) {
            push(out, Err(index));
            node = child;
        } else if let Some((key, child)) = node.fields().find(|(_, child)| holds(child.span())) {
            push(out, Ok(key));
            node = child;
        } else {
            return;
        }
    }
}

fn push(out: &mut String, step: Result<&[u8], usize>) {
    out.push('/');
    match step {
        Ok(key) => out.push_str(&unescape(key).replace('~', "~0").replace('/', "~1")),
        Err(index) => out.push_str(&index.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_the_pointer_that_serde_json_follows() {
        let text = r#"{"configs": [{"list": [{"a/b": {"deep~": [1, {"x": "y"}]}}]}], "n": 7}"#;
        let outline = Outline::of(text.as_bytes(), 0);
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        for (needle, want) in [("\"y\"", serde_json::json!("y")), ("7", 7.into()), ("1,", 1.into())] {
            let at = text.find(needle).unwrap() as u32;
            let found = pointer(text.as_bytes(), &outline, at);
            assert_eq!(value.pointer(&found), Some(&want), "{found}");
        }
        assert_eq!(pointer(text.as_bytes(), &outline, 0), "");
    }

    #[test]
    fn lines_and_columns_count_from_one() {
        let bytes = b"ab\ncd";
        assert_eq!(line_column(bytes, 0), Place { byte: 0, line: 1, column: 1 });
        assert_eq!(line_column(bytes, 4), Place { byte: 4, line: 2, column: 2 });
        assert_eq!(line_column(bytes, 99), Place { byte: 99, line: 2, column: 3 });
    }

    #[test]
    fn lines_that_are_counted_ahead_are_those_of_each_byte() {
        for newline_at_every in [7, 1000, 1 << 16, 100_000] {
            let bytes: Vec<u8> =
                (0..200_001).map(|at| if at % newline_at_every == 0 { b'\n' } else { b'x' }).collect();
            let (mut at_once, mut ahead) = (Lines::default(), Lines::default());
            while ahead.count(&bytes, 1) {}
            for at in [150_000, 0, 1, 6, 7, 8, 65_535, 65_536, 65_537, 131_072, 199_999, 200_001, 900_000] {
                assert_eq!(at_once.place(&bytes, at), line_column(&bytes, at), "{newline_at_every}, {at}");
                assert_eq!(ahead.place(&bytes, at), line_column(&bytes, at), "{newline_at_every}, {at}");
            }
        }
        let mut of_nothing = Lines::default();
        assert_eq!(of_nothing.place(b"", 3), line_column(b"", 3));
    }
}
