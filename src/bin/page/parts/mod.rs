//! Small parts that views are made of, in PatternFly's classes.

mod button;
mod copy;
mod dialog;
mod icon;
mod label;
mod menu;

pub use button::{Button, Variant};
pub use copy::{Command, Copy};
pub use dialog::{Closing, Dialog};
pub use icon::{Icon, icon, lines};
pub use label::toned;
pub use menu::Menu;
