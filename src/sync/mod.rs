#![doc = include_str!("README.md")]

pub mod age;
mod alike;
pub mod beside;
pub mod compare;
mod defaults;
pub mod diff;
pub mod groups;
pub mod known;
pub mod normalise;
mod rejected;
mod render;
pub mod side;
pub mod status;
pub mod text;

pub use beside::{Beside, Marked};
pub use compare::{Between, Changed, Comparison, Place, Presence, SectionDiff, compare};
pub use diff::{Change, Field};
pub use groups::{Filter, Group, GroupBy, Key};
pub use known::Known;
pub use rejected::Rejection;
pub use side::{Section, Side};
pub use status::{Mesh, Row, Standing, TypeState};
pub use text::{Hunk, Tag};
