#![doc = include_str!("README.md")]

mod dump;
pub mod names;
mod node;

pub use dump::{ConfigDump, Kind, Resource, ResourceId, Section, State};
pub use node::{Identity, ProxyNode, version_of_build};
