#![doc = include_str!("README.md")]

mod address;
mod age;
mod apply;
mod check;
mod codes;
mod collect;
mod cuts;
mod job;
mod map;
mod pack;
mod page;
mod paths;
mod patterns;
mod pieces;
mod report;
mod rule;
mod secret;
mod session;
mod shape;
mod traces;
mod treat;
mod walk;
mod whole;
mod words;

pub use age::{Locked, Lot, is_locked, lock, unlock};
pub use apply::apply;
pub use check::{Checker, Failed, Wrong};
pub use collect::Options;
pub use job::{Job, LeftOut, Member, Outcome, Phase, Step};
pub use map::{Map, NoMap};
pub use pack::{Pack, Packing, REPORT, unpacked};
pub use report::{Count, Done, Report};
pub use rule::Removed;
pub use session::{Collector, Dropped, Redactor, is_redactable};
pub use traces::Sampled;
