//! How things of a capture are referred to: by position, for a link must not carry a customer's names.

use serde::{Deserialize, Serialize};

use crate::envoy;

/// A proxy, by its place in the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProxyId(pub u32);

/// A document, by its place in the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DocumentId(pub u32);

/// A resource of a config dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceRef {
    /// The dump.
    pub document: DocumentId,
    /// The resource in it.
    pub resource: envoy::ResourceId,
}
