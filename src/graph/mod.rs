#![doc = include_str!("README.md")]

mod broken;
mod describe;
pub mod dot;
mod down;
mod focus;
mod fold;
mod heights;
mod hosts;
pub mod json;
mod key;
pub mod layout;
pub mod mermaid;
pub mod mesh;
mod model;
mod shadow;
mod source;
mod start;
mod summary;
pub mod svg;
mod up;
mod view;
pub mod words;

pub use focus::Focus;
pub use key::Key;
pub use model::{Edge, Graph, Kind, Label, Node, Note, Place, Why};
pub use source::{Index, Source, Trees};
pub use start::{Listed, Use};
pub use view::{Ask, around};
