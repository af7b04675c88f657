#![doc = include_str!("README.md")]

mod adsz;
mod csds;
mod syncz;
pub mod types;

pub use adsz::{AdsClient, adsz};
pub use csds::csds;
pub use syncz::{ProxySync, Status, TypeSync, syncz};
