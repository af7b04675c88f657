#![doc = include_str!("README.md")]

mod dump;
pub mod names;

pub use dump::{ConfigDump, Kind, Resource, ResourceId, State};
