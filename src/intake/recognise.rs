//! What a document is, from its content.

use super::evidence::Evidence;
use super::kinds;
use super::{Kind, NotRead, Partial, json_start};
use crate::json::Outline;

/// What was found out of a document.
#[derive(Debug)]
pub struct Recognised {
    /// What it is.
    pub kind: Kind,
    /// Why it is not read, where it is not.
    pub why: Option<NotRead>,
    /// Where its JSON begins; 0 when it has none.
    pub start: usize,
    /// Its shallow values, when it is JSON.
    pub outline: Option<Outline>,
    /// How far it can be read, when that is not to its end.
    pub partial: Option<Partial>,
}

impl Recognised {
    fn text((kind, why): (Kind, Option<NotRead>)) -> Recognised {
        Recognised { kind, why, start: 0, outline: None, partial: None }
    }
}

/// Recognises a whole document. One pass over its JSON, a few kilobytes of anything else.
pub fn recognise(bytes: &[u8]) -> Recognised {
    recognise_with(bytes, json_start(bytes).map(|start| Outline::of(bytes, start)))
}

/// Recognises a document whose outline was made while it arrived: by a scanner that began at [`json_start`] of its
/// head, or none where that found no start.
pub fn recognise_with(bytes: &[u8], outline: Option<Outline>) -> Recognised {
    let Some(outline) = outline else { return Recognised::text(kinds::text::recognise(bytes)) };
    let Some(root) = outline.root() else { return Recognised::text(kinds::text::recognise(bytes)) };
    let evidence = Evidence { bytes, outline: &outline, root };
    let start = evidence.span(root).start as usize;
    let first = bytes.iter().position(|byte| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte));
    let before = (first < Some(start)).then(|| kinds::text::recognise(bytes));
    // Lines before the JSON that are themselves data: the JSON is part of them (a manifest with JSON inside).
    if let Some((kind, None)) = before {
        return Recognised::text((kind, None));
    }
    let partial = Partial::of(bytes, &outline);
    let kind = kinds::JSON.iter().find_map(|recogniser| recogniser(evidence));
    let (kind, why) = match (kind, before) {
        (Some(Kind::EmptyAnswer), _) => (Kind::EmptyAnswer, Some(NotRead::EmptyAnswer)),
        (Some(kind), _) => (kind, None),
        (None, Some((kind, why))) if kind != Kind::Unknown => return Recognised::text((kind, why)),
        (None, _) => (Kind::Unknown, Some(partial.map_or(NotRead::UnknownJson, NotRead::BadJson))),
    };
    Recognised { kind, why, start, outline: Some(outline), partial }
}
