//! What is many becomes one box with a count.
//!
//! The neighbours of a thing that are of one kind are a group. A group that is too large is folded; what is missing is
//! shown all the same, for that is what one looks for. Behind what is folded, all is folded by kind, unless something
//! shown leads there too: so each thing is in one box, and the counts of a kind add up to all there is.

use std::collections::BTreeMap;

use super::Label;
use super::key::Key;
use super::source::Links;
use crate::order::InOrder;

/// In which direction a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// With the requests.
    Down,
    /// Against them.
    Up,
}

/// A box: one thing, or many.
#[derive(Clone, Debug)]
pub struct Group {
    /// The id of a group; `None` for one thing.
    pub id: Option<String>,
    /// What is in it, at least one.
    pub members: Vec<Key>,
}

/// All boxes, and what leads from which to which.
#[derive(Clone, Debug)]
pub struct Boxes {
    /// The boxes.
    pub list: Vec<Group>,
    /// By thing: its box.
    pub index: BTreeMap<Key, usize>,
    /// Between boxes; labelled where both are one thing.
    pub edges: BTreeMap<(usize, usize), Option<Label>>,
    /// What was asked about.
    pub focus: Vec<Key>,
    limit: usize,
    opened: BTreeMap<String, u32>,
    groups: BTreeMap<String, usize>,
}

/// What a placement brought: things that were not there before.
#[derive(Debug, Default)]
pub struct Placed {
    /// In a box of their own.
    pub shown: Vec<Key>,
    /// In a box with others.
    pub hidden: Vec<Key>,
}

/// How many members of an opened group are shown at a time.
pub const PAGE: usize = 24;

/// How many missing ones of a group are shown though the rest is folded.
const MISSING: usize = 6;

impl Boxes {
    /// No boxes; groups larger than `limit` are folded, unless they are opened.
    pub fn new(limit: usize, opened: BTreeMap<String, u32>) -> Boxes {
        Boxes {
            list: Vec::new(),
            index: BTreeMap::new(),
            edges: BTreeMap::new(),
            focus: Vec::new(),
            limit,
            opened,
            groups: BTreeMap::new(),
        }
    }

    /// How many boxes there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Puts the neighbours of a thing (the first ones have none) into boxes.
    pub fn place(&mut self, of: Option<&Key>, links: &Links, way: Way) -> Placed {
        let mut placed = Placed::default();
        let owner = of.and_then(|key| self.index.get(key).copied());
        let (name, inside) = match owner.map(|at| &self.list[at]) {
            Some(Group { id: Some(id), .. }) => (id.clone(), true),
            _ => (of.map(Key::to_string).unwrap_or_default(), false),
        };
        let mut kinds: BTreeMap<super::Kind, Vec<&Key>> = BTreeMap::new();
        for (key, _) in links {
            if !self.index.contains_key(key) {
                kinds.entry(key.kind()).or_default().push(key);
            }
        }
        for (kind, keys) in kinds {
            let sign = if way == Way::Down { '>' } else { '<' };
            let id = format!("{name}{sign}{}", kind.name());
            let (shown, rest) = self.split(&id, &keys, inside);
            for key in shown {
                self.index.insert(key.clone(), self.list.len());
                self.list.push(Group { id: None, members: vec![key.clone()] });
                placed.shown.push(key.clone());
            }
            if rest.is_empty() {
                continue;
            }
            let at = *self.groups.entry(id.clone()).or_insert_with(|| {
                self.list.push(Group { id: Some(id), members: Vec::new() });
                self.list.len() - 1
            });
            for key in rest {
                self.index.insert(key.clone(), at);
                self.list[at].members.push(key.clone());
                placed.hidden.push(key.clone());
            }
        }
        if let Some(owner) = owner {
            self.join(owner, links, way);
        }
        placed
    }

    /// Which of a group's members are shown, and which are folded.
    fn split<'k>(&self, id: &str, keys: &[&'k Key], inside: bool) -> (Vec<&'k Key>, Vec<&'k Key>) {
        if let Some(times) = self.opened.get(id) {
            let most = PAGE.saturating_mul(*times as usize);
            // One alone is no group.
            let most = if keys.len() == most + 1 { keys.len() } else { most.min(keys.len()) };
            return (keys[..most].to_vec(), keys[most..].to_vec());
        }
        if inside {
            // A second thing joins the box that the first has opened.
            return (Vec::new(), keys.to_vec());
        }
        if keys.len() <= self.limit {
            return (keys.to_vec(), Vec::new());
        }
        let mut missing =
            keys.iter().filter(|key| key.is_missing()).take(MISSING).copied().collect::<Vec<_>>();
        let mut rest: Vec<&Key> = keys.iter().filter(|key| !missing.contains(key)).copied().collect();
        if rest.len() == 1 {
            missing.append(&mut rest);
            missing.order();
        }
        (missing, rest)
    }

    fn join(&mut self, owner: usize, links: &Links, way: Way) {
        for (key, label) in links {
            let Some(&other) = self.index.get(key) else { continue };
            if other == owner {
                continue;
            }
            let edge = if way == Way::Down { (owner, other) } else { (other, owner) };
            let single = self.list[owner].id.is_none() && self.list[other].id.is_none();
            let label = label.filter(|_| single);
            self.edges.entry(edge).or_insert(label);
        }
    }
}
