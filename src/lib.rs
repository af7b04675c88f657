//! Reads what Envoy and Istio say of themselves, and answers questions about it.

pub mod capture;
pub mod engine;
pub mod envoy;
pub mod findings;
pub mod graph;
pub mod instant;
pub mod intake;
pub mod istiod;
pub mod order;
pub mod redact;
pub mod sync;
pub mod tables;
pub mod trace;
pub mod ztunnel;

pub use xdscope_json as json;
