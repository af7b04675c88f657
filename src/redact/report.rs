//! What a redaction did, by rule and by place, without any name.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::rule::Removed;

/// A place in documents, elements and data keys as `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PathId(u32);

impl PathId {
    pub const ROOT: PathId = PathId(0);
}

/// The places that were met.
#[derive(Debug)]
pub(super) struct Paths {
    texts: Vec<String>,
    next: HashMap<(PathId, Step), PathId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Field(usize),
    Any,
}

impl Default for Paths {
    fn default() -> Paths {
        Paths { texts: vec![String::new()], next: HashMap::new() }
    }
}

impl Paths {
    /// The place of a field; `at` is the field's number.
    pub fn field(&mut self, of: PathId, at: usize, key: &[u8]) -> PathId {
        self.step(of, Step::Field(at), &String::from_utf8_lossy(key))
    }

    /// The place of an array's elements.
    pub fn element(&mut self, of: PathId) -> PathId {
        self.step(of, Step::Any, "*")
    }

    /// The place under a key that is data.
    pub fn data(&mut self, of: PathId) -> PathId {
        self.step(of, Step::Any, "*")
    }

    /// As JSON pointers are written.
    pub fn text(&self, id: PathId) -> &str {
        self.texts.get(id.0 as usize).map_or("", |it| it)
    }

    fn step(&mut self, of: PathId, step: Step, name: &str) -> PathId {
        if let Some(id) = self.next.get(&(of, step)) {
            return *id;
        }
        // Nesting can make a path of every field with every other; what is beyond is counted above.
        const MOST: usize = 50_000;
        if self.texts.len() >= MOST {
            return of;
        }
        let id = PathId(u32::try_from(self.texts.len()).unwrap_or(0));
        self.texts.push(format!("{}/{name}", self.text(of)));
        self.next.insert((of, step), id);
        id
    }
}

/// What was done with a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// It was removed.
    Removed(Removed),
    /// Names in it were replaced.
    Replaced,
    /// A regular expression that cannot be carried over: it matches nothing now.
    Lost,
    /// Nothing in it is private.
    Kept,
}

/// How often something was done at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// What.
    pub done: Done,
    /// Where: a JSON pointer, `*` for elements and for keys that are data.
    pub path: String,
    /// How often.
    pub count: u64,
}

/// What a redaction did with a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The version of what made it.
    pub tool: String,
    /// How many documents are in the redacted capture.
    pub documents: u64,
    /// How many were left out, by kind.
    pub dropped: BTreeMap<String, u64>,
    /// How many names were replaced by codes.
    pub names: u64,
    /// How many addresses were mapped.
    pub addresses: u64,
    /// What was done where, most often first.
    pub counts: Vec<Count>,
}

impl Report {
    /// How many strings were so treated.
    pub fn total(&self, is: fn(Done) -> bool) -> u64 {
        self.counts.iter().filter(|it| is(it.done)).map(|it| it.count).sum()
    }
}
