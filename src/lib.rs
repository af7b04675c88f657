//! Reads what Envoy and Istio say of themselves, and answers questions about it.

pub mod intake;
pub mod json;
