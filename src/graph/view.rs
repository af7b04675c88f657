//! The part of a dump around a focus: all that leads to it, and all it leads to.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::fold::{Boxes, Way};
use super::key::{Key, Named};
use super::source::{Links, Source};
use super::{Edge, Graph, Kind, Node, Note};
use crate::order::InOrder;

/// What is to be shown.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What is asked about.
    pub focus: Vec<Key>,
    /// How many steps up and down; all without it.
    pub depth: Option<u32>,
    /// How many boxes at most, before groups are opened: what is many is folded until they suffice.
    pub most: usize,
    /// Whether to go on behind what is folded, so that every thing is counted in some box; else that is not read.
    pub whole: bool,
    /// Groups that are opened, by id, and how many times; the latest last.
    pub opened: Vec<(String, u32)>,
}

impl Default for Ask {
    fn default() -> Ask {
        Ask { focus: Vec::new(), depth: None, most: Ask::BOXES, whole: false, opened: Vec::new() }
    }
}

impl Ask {
    /// As many boxes as one can look at.
    pub const BOXES: usize = 60;
}

/// How large a group may be that is not folded; the largest that keeps the boxes few enough is taken.
const LIMITS: [usize; 12] = [usize::MAX, 40, 24, 16, 12, 8, 6, 5, 4, 3, 2, 1];

/// With opened groups a graph has no more boxes than this: an answer stays small, and nobody reads more. Those that
/// were opened first are closed again.
const EVER: usize = 250;

/// The graph around a focus.
pub fn around(source: &mut Source<'_>, ask: &Ask) -> Graph {
    let mut walk = Walk { source, down: BTreeMap::new(), up: BTreeMap::new() };
    let mut limit = 1;
    for tried in LIMITS {
        limit = tried;
        if walk.go(ask, tried, &[], ask.most).is_some() {
            break;
        }
    }
    let mut fewer = (0..ask.opened.len()).map(|from| &ask.opened[from..]);
    let boxes = fewer.find_map(|opened| walk.go(ask, limit, opened, EVER));
    let boxes = boxes.or_else(|| walk.go(ask, limit, &[], usize::MAX));
    boxes.map(|it| graph(source, it, ask.whole)).unwrap_or_default()
}

/// Neighbours are read once, however often the walk begins anew.
struct Walk<'s, 'b> {
    source: &'s mut Source<'b>,
    down: BTreeMap<Key, Rc<Links>>,
    up: BTreeMap<Key, Rc<Links>>,
}

impl Walk<'_, '_> {
    fn links(&mut self, key: &Key, way: Way) -> Rc<Links> {
        let known = match way {
            Way::Down => &mut self.down,
            Way::Up => &mut self.up,
        };
        if let Some(known) = known.get(key) {
            return Rc::clone(known);
        }
        let made = Rc::new(match way {
            Way::Down => self.source.children(key),
            Way::Up => self.source.parents(key),
        });
        match way {
            Way::Down => self.down.insert(key.clone(), Rc::clone(&made)),
            Way::Up => self.up.insert(key.clone(), Rc::clone(&made)),
        };
        made
    }

    /// The boxes; `None` when they are more than `most`.
    fn go(&mut self, ask: &Ask, limit: usize, opened: &[(String, u32)], most: usize) -> Option<Boxes> {
        let mut boxes = Boxes::new(limit, opened.iter().cloned().collect());
        let focus: Links = ask.focus.iter().map(|key| (key.clone(), None)).collect();
        let first = boxes.place(None, &focus, Way::Down);
        boxes.focus = first.shown.iter().chain(&first.hidden).cloned().collect();
        for way in [Way::Down, Way::Up] {
            let mut shown: VecDeque<(Key, u32)> = first.shown.iter().map(|key| (key.clone(), 0)).collect();
            let mut hidden: VecDeque<(Key, u32)> = VecDeque::new();
            if ask.whole {
                hidden.extend(first.hidden.iter().map(|key| (key.clone(), 0)));
            }
            // What is shown claims its neighbours before what is folded does.
            while let Some((key, depth)) = shown.pop_front().or_else(|| hidden.pop_front()) {
                if ask.depth.is_some_and(|most| depth >= most) {
                    continue;
                }
                let links = self.links(&key, way);
                let placed = boxes.place(Some(&key), &links, way);
                shown.extend(placed.shown.into_iter().map(|key| (key, depth + 1)));
                if ask.whole {
                    hidden.extend(placed.hidden.into_iter().map(|key| (key, depth + 1)));
                }
                if boxes.len() > most {
                    return None;
                }
            }
        }
        Some(boxes)
    }
}

/// Says what is in the boxes.
fn graph(source: &Source<'_>, boxes: Boxes, whole: bool) -> Graph {
    let Boxes { list, edges, index, focus, .. } = boxes;
    let mut nodes: Vec<(Key, usize, Node)> = Vec::with_capacity(list.len());
    for (at, group) in list.iter().enumerate() {
        let Some(first) = group.members.first() else { continue };
        let node = match &group.id {
            None => source.describe(first),
            Some(id) => {
                let broken = |key: &&Key| {
                    if whole { source.broken(key).is_some() } else { key.is_missing() }
                };
                let inside = group.members.iter().filter(broken).count();
                Node {
                    id: id.clone(),
                    kind: first.kind(),
                    name: String::new(),
                    title: String::new(),
                    notes: Vec::new(),
                    broken: None,
                    count: u32::try_from(group.members.len()).unwrap_or(u32::MAX),
                    broken_inside: u32::try_from(inside).unwrap_or(u32::MAX),
                    folded: true,
                    place: None,
                }
            }
        };
        nodes.push((first.clone(), at, node));
    }
    nodes.order_by(|one, other| (one.0.kind(), &one.0, one.1).cmp(&(other.0.kind(), &other.0, other.1)));
    let mut moved = vec![0; list.len()];
    for (new, (_, old, _)) in nodes.iter().enumerate() {
        moved[*old] = u32::try_from(new).unwrap_or(u32::MAX);
    }
    let mut out = Graph {
        focus: focus.iter().filter_map(|key| Some(moved[*index.get(key)?])).collect(),
        absent: Kind::ALL.into_iter().filter(|kind| !source.has(*kind)).collect(),
        edges: Vec::new(),
        nodes: Vec::new(),
    };
    out.focus.order();
    out.focus.dedup();
    out.absent.retain(|kind| *kind != Kind::Endpoint || !source.knows_endpoints());
    out.absent
        .retain(|kind| matches!(kind, Kind::Listener | Kind::RouteConfig | Kind::Cluster | Kind::Endpoint));
    for ((from, to), label) in edges {
        out.edges.push(Edge { from: moved[from], to: moved[to], label });
    }
    out.edges.order_by_key(|it| (it.from, it.to));
    health(source, &list, &mut nodes, &moved, &out.edges);
    out.nodes = nodes.into_iter().map(|(_, _, node)| node).collect();
    out
}

/// Endpoints get their health from the clusters that are shown with them; bad news first.
fn health(
    source: &Source<'_>,
    list: &[super::fold::Group],
    nodes: &mut [(Key, usize, Node)],
    moved: &[u32],
    edges: &[Edge],
) {
    for (at, group) in list.iter().enumerate() {
        let (None, Some(Key::Cluster(Named::There(id)))) = (&group.id, group.members.first()) else {
            continue;
        };
        let next: Vec<u32> = edges.iter().filter(|it| it.from == moved[at]).map(|it| it.to).collect();
        let hosts = source.hosts(*id).unwrap_or_default();
        for to in next {
            let Some((Key::Endpoint(address), _, node)) = nodes.get_mut(to as usize) else { continue };
            let Some(host) = hosts.iter().find(|it| it.address == *address && !node.folded) else { continue };
            let worse = !node.notes.iter().any(|note| matches!(note, Note::Health(_))) || !host.healthy;
            if worse {
                node.notes = vec![Note::Health(host.health.clone())];
                if host.priority > 0 {
                    node.notes.push(Note::Text(format!("priority {}", host.priority)));
                }
            }
            node.place = node.place.or(host.place);
        }
    }
}
