//! In which resource of the dump a byte is.

use crate::capture::{DocumentId, ResourceRef};
use crate::envoy::{ConfigDump, ResourceId};
use crate::json::Span;
use crate::order::InOrder;

/// The resources of a dump by where they are.
#[derive(Debug)]
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
