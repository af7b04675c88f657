#![doc = include_str!("README.md")]

mod syncz;

pub use syncz::{ProxySync, Status, TypeSync, syncz};
