//! A log's lines by class.

use super::protocol::{DocumentId, LogClass, LogLines};
use super::{holds, words};
use crate::capture::Capture;

/// How many lines an answer has at most, and how wide they are, in bytes.
const MOST: usize = 100;
const WIDEST: usize = 2_000;

/// A window of the lines of a class that contain all words.
pub fn window(
    capture: &Capture,
    document: DocumentId,
    class: LogClass,
    text: &str,
    offset: u32,
    limit: u32,
) -> Option<LogLines> {
    let log = capture.log(document)?;
    let bytes = &capture.document(document)?.bytes;
    let words = words(text);
    let shown = |it: &crate::intake::LogLine| {
        let line = it.span.of(bytes);
        String::from_utf8_lossy(&line[..line.len().min(WIDEST)]).into_owned()
    };
    let (mut matched, mut rows) = (0, Vec::new());
    for line in log.of(class) {
        let text = if words.is_empty() { None } else { Some(shown(line)) };
        if text.as_ref().is_some_and(|it| !holds(it, &words)) {
            continue;
        }
        if matched >= offset && rows.len() < (limit as usize).min(MOST) {
            rows.push((line.number, text.unwrap_or_else(|| shown(line))));
        }
        matched += 1;
    }
    let count = |class| (class, u32::try_from(log.count(class)).unwrap_or(u32::MAX));
    let counts = [LogClass::Access, LogClass::Nack, LogClass::Connection].map(count).to_vec();
    Some(LogLines { lines: log.lines, counts, matched, offset, rows })
}
