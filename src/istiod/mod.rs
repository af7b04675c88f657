#![doc = include_str!("README.md")]

mod adsz;
mod configz;
mod csds;
mod endpoint_shardz;
mod push_status;
mod registryz;
mod status_table;
mod syncz;
pub mod types;

pub use adsz::{AdsClient, adsz};
pub use configz::{Config, configz};
pub use csds::csds;
pub use endpoint_shardz::{ShardEndpoint, endpoint_shardz};
pub use push_status::{Problem, push_status};
pub use registryz::{Service, registryz};
pub use status_table::status_table;
pub use syncz::{ProxySync, Status, TypeSync, syncz};
