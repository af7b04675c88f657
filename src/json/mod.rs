#![doc = include_str!("README.md")]

mod key;
mod masks;
mod place;
mod print;
mod scan;
mod text;
mod tree;

pub use key::{camel, same_key, snake};
pub use place::{Lines, Place, line_column, pointer};
pub use print::pretty;
pub use scan::{End, Entry, EntryId, Outline, Scanner};
pub use text::unescape;
pub use tree::{Kind, Node, Tape, Tree, pluck, pluck_text, seek};

/// A range of bytes of a document: `start` is the first byte, `end` the first after it.
///
/// Offsets are 32 bits wide: a document is smaller than 4 GiB (wasm32 has no more anyway).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset of the first byte after it.
    pub end: u32,
}

impl Span {
    /// The bytes of this span; empty where the span lies outside of `bytes`.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// How many bytes it covers.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether it covers no byte.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// Where bytes stopped being JSON, and what would have been JSON there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{expected} expected at byte {at}")]
pub struct Fault {
    /// Offset of the byte that does not belong.
    pub at: u32,
    /// What was expected there.
    pub expected: Expected,
}

/// What a reader of JSON can miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Any value.
    Value,
    /// An object's key, in quotes.
    Key,
    /// The colon after a key.
    Colon,
    /// A comma, or the end of the array or object.
    CommaOrEnd,
    /// The end of a string, before the end of the input.
    Quote,
    /// More input: the document ends inside a value.
    More,
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Expected::Value => "a value",
            Expected::Key => "a key in quotes",
            Expected::Colon => "a colon",
            Expected::CommaOrEnd => "a comma or a closing bracket",
            Expected::Quote => "a closing quote",
            Expected::More => "more input",
        })
    }
}
