#![doc = include_str!("README.md")]

mod evidence;
mod kind;
mod kinds;
mod recognise;
mod start;
mod unpack;

pub use kind::{Kind, NotRead, Partial, Stop};
pub use recognise::{Recognised, recognise, recognise_with};
pub use start::{HEAD, json_start};
pub use unpack::{Damage, Format, Limit, Limits, Member, Step, Unpack, Unread};
