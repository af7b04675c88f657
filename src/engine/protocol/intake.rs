//! What was sent: times of a proxy.

use serde::{Deserialize, Serialize};

use super::DocumentId;
use crate::instant::Instant;

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
