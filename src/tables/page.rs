//! The page's tables.
use super::cell::{Column, Row, TableKind};
use crate::capture::{Capture, Document, DocumentId};

/// The columns of a table, in order.
pub fn columns(_kind: TableKind) -> Vec<Column> {
    Vec::new()
}

/// All rows of a table.
pub fn rows(_capture: &Capture, _id: DocumentId, _document: &Document, _kind: TableKind) -> Vec<Row> {
    Vec::new()
}
