//! When documents were captured: as they say themselves, then as their archive does, then as their file does.

use super::Document;
use crate::instant::Instant;

/// What says when a document was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOf {
    /// It does: the latest instant found inside it.
    Document,
    /// The archive that it came in.
    Archive,
    /// The file that it came in, which may have been copied since.
    File,
}

/// An archive's date later than what stands inside it by more than this is of when it was packed anew.
const DAY: i64 = 24 * 3600 * 1_000_000_000;

/// When these documents, captured together, were captured: the latest instant found inside one. An archive's date counts
/// where it is later, for a page is written after the last of what is in it happened, and within a day. `None` where
/// no document has an instant: a date alone is not trusted.
pub fn captured<'d>(documents: impl Iterator<Item = &'d Document> + Clone) -> Option<Instant> {
    let inside = documents.clone().filter_map(|it| it.captured).max()?;
    let dates = documents.filter_map(|it| it.modified).filter(|it| follows(*it, inside));
    dates.max().or(Some(inside))
}

/// When a document was captured, and what says so.
pub fn taken(document: &Document) -> Option<(Instant, DateOf)> {
    let archive = document.modified.map(|it| (it, DateOf::Archive));
    match document.captured {
        Some(inside) => archive.filter(|it| follows(it.0, inside)).or(Some((inside, DateOf::Document))),
        None => archive.or(document.file_date.map(|it| (it, DateOf::File))),
    }
}

/// Whether an archive's date is later than an instant, and of the same capture.
fn follows(date: Instant, inside: Instant) -> bool {
    (1..=DAY).contains(&date.0.saturating_sub(inside.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(inside: Option<i64>, archive: Option<i64>, file: Option<i64>) -> Document {
        let text = b"{}".to_vec();
        let found = crate::intake::recognise(&text);
        let instant = |it: i64| Instant(it * 1_000_000_000);
        Document {
            captured: inside.map(instant),
            modified: archive.map(instant),
            file_date: file.map(instant),
            ..Document::new("x".to_owned(), text, found)
        }
    }

    #[test]
    fn a_document_says_it_then_its_archive_then_its_file() {
        let of = |inside, archive, file| {
            taken(&document(inside, archive, file)).map(|(at, by)| (at.seconds(), by))
        };
        assert_eq!(of(Some(100), None, Some(900)), Some((100, DateOf::Document)));
        assert_eq!(of(Some(100), Some(104), Some(900)), Some((104, DateOf::Archive)));
        assert_eq!(of(Some(100), Some(99), None), Some((100, DateOf::Document)));
        assert_eq!(of(Some(100), Some(100 + 86_401), None), Some((100, DateOf::Document)));
        assert_eq!(of(None, Some(104), Some(900)), Some((104, DateOf::Archive)));
        assert_eq!(of(None, None, Some(900)), Some((900, DateOf::File)));
        assert_eq!(of(None, None, None), None);
    }

    #[test]
    fn a_capture_ends_with_its_archive_and_never_with_a_file() {
        let of = |list: &[Document]| captured(list.iter()).map(Instant::seconds);
        let (dump, page) = (document(Some(100), Some(90), Some(500)), document(None, Some(104), Some(500)));
        assert_eq!(of(&[dump, page]), Some(104));
        assert_eq!(
            of(&[document(Some(100), None, Some(500)), document(None, Some(100 + 86_401), None)]),
            Some(100)
        );
        assert_eq!(of(&[document(None, Some(104), Some(500))]), None);
    }
}
