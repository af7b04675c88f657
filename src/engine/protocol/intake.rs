//! What was sent: times of a proxy, tables that were pasted as text, logs.

use serde::{Deserialize, Serialize};

use super::{Cell, DocumentId};
use crate::instant::Instant;
pub use crate::intake::LogClass;

/// A time at which a proxy was dumped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeLine {
    /// Its dump.
    pub dump: DocumentId,
    /// The dump's name.
    pub path: String,
    /// The latest instant in the dump.
    pub captured: Option<Instant>,
    /// Whether it is the one that is looked at.
    pub chosen: bool,
}

/// A window of a table that came as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextTable {
    /// How many tables its document has.
    pub tables: u32,
    /// Its headings, as istioctl has them.
    pub columns: Vec<String>,
    /// How many rows it has.
    pub total: u32,
    /// How many match.
    pub matched: u32,
    /// Which of those the first is.
    pub offset: u32,
    /// The rows; names that the capture knows are links.
    pub rows: Vec<Vec<Cell>>,
}

/// A window of a log's lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLines {
    /// How many lines the log has.
    pub lines: u32,
    /// How many are of each class, in the order of [`LogClass`].
    pub counts: Vec<(LogClass, u32)>,
    /// How many match.
    pub matched: u32,
    /// Which of those the first is.
    pub offset: u32,
    /// The lines: number (from 0) and text, cut after 2,000 bytes.
    pub rows: Vec<(u32, String)>,
}
