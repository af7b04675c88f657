#![doc = include_str!("README.md")]

mod address;
mod age;
mod apply;
mod check;
mod codes;
mod collect;
mod cuts;
mod fit;
mod job;
mod map;
#[cfg(test)]
mod mutation;
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
mod ticket;
mod traces;
mod treat;
mod walk;
mod whole;
mod words;

/// Whether a rule is switched off. Only a test does that (`mutation`), to see that it is minded.
#[cfg(not(test))]
const fn is_off(_: &str) -> bool {
    false
}
#[cfg(test)]
use mutation::is_off;

pub use age::{Locked, Lot, is_locked, lock, unlock};
pub use apply::{apply, restore};
pub use check::{Checker, Failed, Wrong};
pub use collect::Options;
pub use fit::Fit;
pub use job::{Job, LeftOut, Member, Outcome, Phase, Step};
pub use map::{Map, NoMap};
pub use pack::{Pack, Packing, REPORT, unpacked};
pub use report::{Count, Done, Report};
pub use rule::Removed;
pub use session::{Collector, Dropped, Redactor, is_redactable};
pub use ticket::{Marks, Ticket};
pub use traces::Sampled;
