#![doc = include_str!("README.md")]

mod curl;
mod explain;
mod field;
mod host;
mod log;
mod meaning;
mod shell;

pub use curl::{CurlFault, Remark, curl};
pub use explain::{Difference, Judgement, judge, with_dump};
pub use field::{Fault, Field, Wrong, check};
pub use host::{ANY, Candidate, Evidence, Resolved, Service, Unresolved, resolve, services};
pub use log::{Format, Line, LogFault, Logged, lines};
pub use meaning::{Decider, Meaning, detail, flag, flags};
