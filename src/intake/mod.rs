#![doc = include_str!("README.md")]

mod evidence;
mod kind;
mod kinds;
mod log;
mod pieces;
mod recognise;
mod segments;
mod start;
mod table;
mod unpack;
mod yaml;

pub use kind::{Kind, NotRead, Partial, Stop};
pub use log::{Log, LogClass, LogLine};
pub use pieces::{Piece, Turned, pieces};
pub use recognise::{Recognised, recognise, recognise_with};
pub use start::{HEAD, json_start};
pub use table::{TextTable, tables};
pub use unpack::{Damage, Format, Limit, Limits, Member, Step, Unpack, Unread, for_later};
pub use yaml::{Yaml, YamlFault};
