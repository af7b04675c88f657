//! Signatures of tokens, where the key stands in the dump.

use serde_json::Value;

use super::step::Truth;

/// Whether any of the keys made the signature; unknown for algorithms that are not judged here.
pub(super) fn verify(_header: &Value, _keys: &Value, _signed: &[u8], _signature: &[u8]) -> Truth {
    Truth::Unknown
}
