//! Where in the dump a byte is: in which resource, on which line.

use crate::capture::{DocumentId, ResourceRef};
use crate::envoy::{ConfigDump, ResourceId};
use crate::json::{Place, Span};
use crate::order::InOrder;

/// The resources of a dump by where they are.
pub struct Places {
    document: DocumentId,
    /// Messages, by their first byte.
    messages: Vec<(Span, ResourceId)>,
}

impl Places {
    /// Of all resources.
    pub fn of(document: DocumentId, dump: &ConfigDump) -> Places {
        let mut messages: Vec<_> = dump.all().filter_map(|(id, it)| Some((it.body_span()?, id))).collect();
        messages.order();
        Places { document, messages }
    }

    /// The resource whose message holds a byte.
    pub fn resource(&self, at: u32) -> Option<ResourceRef> {
        let after = self.messages.partition_point(|(span, _)| span.start <= at);
        let (span, resource) = *self.messages.get(after.checked_sub(1)?)?;
        (at < span.end).then_some(ResourceRef { document: self.document, resource })
    }
}

/// Lines and columns of many bytes in one pass over the document; as [`crate::json::line_column`] has them for one.
pub fn lines(bytes: &[u8], mut places: Vec<u32>) -> Vec<Place> {
    places.order();
    places.dedup();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let (mut from, mut line, mut start) = (0, 1, 0);
    let mut out = Vec::with_capacity(places.len());
    for byte in places {
        let to = (byte as usize).clamp(from, bytes.len());
        let passed = &bytes[from..to];
        if let Some(newline) = memchr::memrchr(b'\n', passed) {
            line += memchr::memchr_iter(b'\n', passed).count();
            start = from + newline + 1;
        }
        from = to;
        out.push(Place { byte, line: count(line), column: count(to - start + 1) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::line_column;

    #[test]
    fn many_places_are_those_of_each() {
        let text = b"{\n  \"a\": 1,\n\n  \"b\": [2]\n}";
        let all: Vec<u32> = (0..40).rev().chain([3, 3]).collect();
        let found = lines(text, all);
        assert_eq!(found.len(), 40);
        for place in found {
            assert_eq!(place, line_column(text, place.byte));
        }
    }
}
