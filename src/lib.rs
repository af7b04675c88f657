//! Reads what Envoy and Istio say of themselves, and answers questions about it.

pub mod envoy;
pub mod instant;
pub mod json;
