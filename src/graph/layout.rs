//! Places in columns: a column for each kind, from left to right; lines only between columns.
//!
//! The usual layered layout (Sugiyama) with two of its four steps given: a node's kind is its layer, and the order of
//! a dump is the order in a column, for the order of routes is behaviour and a picture must not shuffle when a group is
//! opened. What is left is the path of long lines (they pass a column in a lane of their own, so that they cross no
//! box) and the heights, which bring neighbours as near to each other as their order lets them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::heights::{Item, settle};
use super::{Graph, Kind, Label, words};
use crate::order::InOrder;

/// A drawing, in pixels; `0, 0` is its upper left corner.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Its width.
    pub width: f32,
    /// Its height.
    pub height: f32,
    /// Its columns, from left to right.
    pub columns: Vec<Column>,
    /// By node of the graph: its box.
    pub boxes: Vec<Rect>,
    /// By edge of the graph: its line. Empty for one that leads back.
    pub lines: Vec<Line>,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// What stands in it.
    pub kind: Kind,
    /// Its left edge.
    pub x: f32,
    /// Its width.
    pub width: f32,
    /// Whether it is the first of several for one kind, and has the heading.
    pub heading: bool,
}

/// A box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    /// Its left edge.
    pub x: f32,
    /// Its upper edge.
    pub y: f32,
    /// Its width.
    pub width: f32,
    /// Its height.
    pub height: f32,
}

/// A line from box to box.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its points, two and two: from the first of a pair to the second it is level or bends once each way, from a pair
    /// to the next it is straight.
    pub bends: Vec<[f32; 4]>,
    /// Where its label stands: the middle.
    pub label: Option<(f32, f32)>,
}

/// Height of the headings.
pub const HEAD: f32 = 34.0;
/// Height of a box, and of an endpoint's.
pub const BOX: f32 = 42.0;
const ENDPOINT: f32 = 26.0;
/// Between two boxes of a column.
const GAP: f32 = 12.0;
/// Between a line and what is next to it.
const LANE: f32 = 9.0;
/// Between two columns.
const GUTTER: f32 = 40.0;
/// Height of a label on a line.
const LABEL: f32 = 18.0;
/// Around everything.
pub const MARGIN: f32 = 12.0;
/// Width of a letter of the names (12 px, all the same width) and of other text (11 px, at most).
pub const NAME_LETTER: f32 = 7.3;
pub const TEXT_LETTER: f32 = 6.2;
/// What a box has left and right of its text.
pub const INSET: f32 = 9.0;
/// Where an endpoint's address begins, behind its dot.
pub const DOT: f32 = 16.0;

/// How wide a column may be, by kind.
fn bounds(kind: Kind) -> (f32, f32) {
    match kind {
        Kind::Listener => (118.0, 176.0),
        Kind::FilterChain => (112.0, 176.0),
        Kind::RouteConfig => (126.0, 176.0),
        Kind::VirtualHost => (126.0, 196.0),
        Kind::Route => (126.0, 196.0),
        Kind::Cluster => (126.0, 210.0),
        Kind::Endpoint => (126.0, 190.0),
        Kind::Service | Kind::Proxy => (126.0, 230.0),
    }
}

/// A column's place among columns: how often a request has begun anew (at an internal listener), the kind, and how
/// many of the same kind stand before it on its way.
type Layer = (u32, Kind, u32);

/// Lays a graph out. The same graph always gets the same places.
pub fn layout(graph: &Graph) -> Layout {
    let order = Order::of(graph);
    let layers = order.layers(graph);
    let mut tracks = Tracks::of(graph, &order, &layers);
    tracks.settle();
    tracks.draw(graph)
}

/// Edges without those that lead back, and the order in which a walk from the left meets the nodes.
struct Order {
    next: Vec<Vec<usize>>,
    forward: Vec<bool>,
    visited: Vec<usize>,
}

impl Order {
    fn of(graph: &Graph) -> Order {
        let nodes = graph.nodes.len();
        let mut out = Order {
            next: vec![Vec::new(); nodes],
            forward: vec![true; graph.edges.len()],
            visited: Vec::new(),
        };
        let mut entered = vec![false; nodes];
        for (at, edge) in graph.edges.iter().enumerate() {
            out.next[edge.from as usize].push(at);
            entered[edge.to as usize] |= edge.from != edge.to;
        }
        let mut state = vec![0_u8; nodes];
        let roots = (0..nodes).filter(|at| !entered[*at]).chain(0..nodes);
        for root in roots.collect::<Vec<_>>() {
            out.walk(graph, root, &mut state);
        }
        out.visited.reverse();
        out
    }

    /// Depth first, without recursion; `visited` gets the nodes as they are left.
    fn walk(&mut self, graph: &Graph, root: usize, state: &mut [u8]) {
        const OPEN: u8 = 1;
        const LEFT: u8 = 2;
        if state[root] != 0 {
            return;
        }
        state[root] = OPEN;
        let mut stack = vec![(root, 0)];
        while let Some((node, from)) = stack.pop() {
            let Some(&edge) = self.next[node].get(from) else {
                state[node] = LEFT;
                self.visited.push(node);
                continue;
            };
            stack.push((node, from + 1));
            let to = graph.edges[edge].to as usize;
            match state[to] {
                0 => {
                    state[to] = OPEN;
                    stack.push((to, 0));
                }
                OPEN => self.forward[edge] = false,
                _ => {}
            }
        }
    }

    /// By node: its layer, so that every forward edge goes to the right.
    fn layers(&self, graph: &Graph) -> Vec<Layer> {
        let mut layers: Vec<Layer> = graph.nodes.iter().map(|it| (0, it.kind, 0)).collect();
        // Each node comes after all that lead to it.
        for &node in &self.visited {
            let (lap, kind, step) = layers[node];
            for &edge in self.next[node].iter().filter(|edge| self.forward[**edge]) {
                let to = graph.edges[edge].to as usize;
                let least = match graph.nodes[to].kind.cmp(&kind) {
                    std::cmp::Ordering::Greater => (lap, graph.nodes[to].kind, 0),
                    std::cmp::Ordering::Equal => (lap, kind, step + 1),
                    std::cmp::Ordering::Less => (lap + 1, graph.nodes[to].kind, 0),
                };
                layers[to] = layers[to].max(least);
            }
        }
        layers
    }
}

/// What stands in a column at some height.
#[derive(Clone, Copy)]
enum Slot {
    Node,
    /// An edge on its way; the flag says that its label is here.
    Edge(bool),
}

/// Columns with their slots. A column of labels is one that has no nodes.
struct Tracks {
    /// By column: its layer, `None` for one of labels, and its width.
    columns: Vec<(Option<Layer>, f32)>,
    slots: Vec<Vec<Slot>>,
    items: Vec<Vec<Item>>,
    /// By node: column and place in it.
    nodes: Vec<(usize, usize)>,
    /// By edge: the places in the columns between its ends.
    edges: Vec<Vec<(usize, usize)>>,
    /// By edge: the nodes at its ends; `None` for one that leads back.
    ends: Vec<Option<(usize, usize)>>,
}

impl Tracks {
    fn of(graph: &Graph, order: &Order, layers: &[Layer]) -> Tracks {
        let mut wanted: Vec<Layer> = layers.to_vec();
        wanted.order();
        wanted.dedup();
        let mut columns: Vec<(Option<Layer>, f32)> = Vec::new();
        let mut column_of = BTreeMap::new();
        let mut labels_after = BTreeMap::new();
        for layer in wanted {
            column_of.insert(layer, columns.len());
            let widest =
                (0..graph.nodes.len()).filter(|at| layers[*at] == layer).map(|at| width(&graph.nodes[at]));
            let (least, most) = bounds(layer.1);
            columns.push((Some(layer), widest.fold(least, f32::max).min(most)));
            let labelled = graph.edges.iter().zip(&order.forward);
            let labelled =
                labelled.filter(|(edge, forward)| **forward && layers[edge.from as usize] == layer);
            let longest = labelled
                .filter_map(|(edge, _)| edge.label.filter(|it| drawn(*it)))
                .map(|it| letters(&it.to_string()))
                .max();
            if let Some(longest) = longest {
                labels_after.insert(layer, columns.len());
                columns.push((None, longest as f32 * TEXT_LETTER + 10.0));
            }
        }
        let mut out = Tracks {
            slots: vec![Vec::new(); columns.len()],
            items: vec![Vec::new(); columns.len()],
            columns,
            nodes: vec![(0, 0); graph.nodes.len()],
            edges: vec![Vec::new(); graph.edges.len()],
            ends: graph
                .edges
                .iter()
                .zip(&order.forward)
                .map(|(edge, forward)| forward.then_some((edge.from as usize, edge.to as usize)))
                .collect(),
        };
        let mut placed = vec![false; graph.nodes.len()];
        let mut entered = vec![false; graph.nodes.len()];
        for edge in
            graph.edges.iter().zip(&order.forward).filter(|(_, forward)| **forward).map(|(edge, _)| edge)
        {
            entered[edge.to as usize] = true;
        }
        // From the left, from the top: a node's lines leave it in the dump's order, and what they lead to first, stands
        // where they lead.
        let roots: Vec<usize> = (0..graph.nodes.len()).filter(|at| !entered[*at]).collect();
        for root in roots {
            let mut stack: Vec<(usize, Option<usize>)> = vec![(root, None)];
            while let Some((node, by)) = stack.pop() {
                let to = column_of[&layers[node]];
                if let Some(edge) = by {
                    let from = graph.edges[edge].from as usize;
                    let start = out.nodes[from].0;
                    for column in start + 1..to {
                        let here = labels_after.get(&layers[from]) == Some(&column)
                            && graph.edges[edge].label.is_some_and(drawn);
                        out.edges[edge].push((column, out.slots[column].len()));
                        out.slots[column].push(Slot::Edge(here));
                    }
                }
                if placed[node] {
                    continue;
                }
                placed[node] = true;
                out.nodes[node] = (to, out.slots[to].len());
                out.slots[to].push(Slot::Node);
                let next = order.next[node].iter().rev().filter(|edge| order.forward[**edge]);
                stack.extend(next.map(|edge| (graph.edges[*edge].to as usize, Some(*edge))));
            }
        }
        out
    }

    /// Finds the heights.
    fn settle(&mut self) {
        for (column, slots) in self.slots.iter().enumerate() {
            self.items[column] = slots
                .iter()
                .map(|slot| match slot {
                    Slot::Node => {
                        let endpoint = matches!(self.columns[column].0, Some((_, Kind::Endpoint, _)));
                        Item::new(if endpoint { ENDPOINT } else { BOX }, GAP)
                    }
                    Slot::Edge(true) => Item::new(LABEL, LANE / 2.0),
                    Slot::Edge(false) => Item::new(0.0, LANE),
                })
                .collect();
        }
        let mut joins: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.columns.len()];
        for (_, way) in self.ways() {
            for pair in way.windows(2) {
                let ((_, before), (column, place)) = (pair[0], pair[1]);
                joins[column].push((before, place));
            }
        }
        settle(&mut self.items, &joins);
    }

    /// By edge: all places it touches, from its first node to its last.
    fn ways(&self) -> Vec<(usize, Vec<(usize, usize)>)> {
        let ends = self.ends.iter().enumerate().filter_map(|(at, ends)| Some((at, (*ends)?)));
        let way = |(at, (from, to)): (usize, (usize, usize))| {
            let between: &[(usize, usize)] = &self.edges[at];
            (at, [&[self.nodes[from]], between, &[self.nodes[to]]].concat())
        };
        ends.map(way).collect()
    }

    fn draw(&self, graph: &Graph) -> Layout {
        let mut out = Layout { boxes: vec![Rect::default(); graph.nodes.len()], ..Layout::default() };
        let mut lefts = Vec::new();
        let mut x = MARGIN;
        let mut headed = Vec::new();
        for (at, (layer, width)) in self.columns.iter().enumerate() {
            // Labels stand in the gutter, which grows by them.
            let labels = layer.is_none() || at > 0 && self.columns[at - 1].0.is_none();
            x += match (at, labels) {
                (0, _) => 0.0,
                (_, true) => GUTTER * 0.6,
                (_, false) => GUTTER,
            };
            lefts.push(x);
            if let Some((lap, kind, _)) = layer {
                let heading = !headed.contains(&(*lap, *kind));
                headed.push((*lap, *kind));
                out.columns.push(Column { kind: *kind, x, width: *width, heading });
            }
            x += width;
        }
        out.width = x + MARGIN;
        let top = MARGIN + HEAD;
        let mut low = top;
        for (node, rect) in out.boxes.iter_mut().enumerate() {
            let (column, place) = self.nodes[node];
            let item = self.items[column][place];
            *rect = Rect {
                x: lefts[column],
                y: round(top + item.middle - item.height / 2.0),
                width: self.columns[column].1,
                height: item.height,
            };
            low = low.max(rect.y + rect.height);
        }
        let middle = |(column, place): (usize, usize)| round(top + self.items[column][place].middle);
        out.lines = vec![Line::default(); graph.edges.len()];
        for (edge, way) in self.ways() {
            let line = &mut out.lines[edge];
            let first = out.boxes[graph.edges[edge].from as usize];
            let mut from = (first.x + first.width, first.y + first.height / 2.0);
            for &(column, place) in &way[1..] {
                let y = middle((column, place));
                line.bends.push([from.0, from.1, lefts[column], y]);
                from = (lefts[column] + self.columns[column].1, y);
                low = low.max(y + LABEL / 2.0);
                if matches!(self.slots[column][place], Slot::Edge(true)) {
                    line.label = Some((lefts[column] + self.columns[column].1 / 2.0, y));
                }
            }
        }
        out.height = low + MARGIN;
        out
    }
}

fn round(it: f32) -> f32 {
    (it * 2.0).round() / 2.0
}

/// How many letters of a Latin text's width a text takes; one of Chinese takes about two.
pub fn letters(text: &str) -> usize {
    text.chars().map(|letter| if (letter as u32) < 0x1100 { 1 } else { 2 }).sum()
}

/// As wide as its title, and as the first of its notes that needs no words.
fn width(node: &super::Node) -> f32 {
    let title = letters(&words::title(node)) as f32 * NAME_LETTER;
    let note = node.notes.iter().find_map(|note| match note {
        super::Note::Text(text) => Some(text.as_str()),
        super::Note::Name => Some(node.name.as_str()),
        _ => None,
    });
    let note = note.map_or(0.0, |it| letters(it) as f32 * TEXT_LETTER);
    match node.kind {
        Kind::Endpoint if !node.folded => title + DOT + INSET,
        _ => title.max(note) + 2.0 * INSET,
    }
}

/// Whether an edge's label is drawn. That connections are handed on is plain where a listener leads to a listener.
fn drawn(label: Label) -> bool {
    label != Label::OriginalDestination
}

/// How many letters of a width fit into some room.
pub fn fitting(room: f32, letter: f32) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    let fits = (room / letter).max(3.0) as usize;
    fits
}

/// As many of the notes as fit, whole; the first is cut where even it does not fit.
pub fn fit(notes: &[String], most: usize) -> String {
    let mut out = String::new();
    for note in notes.iter().filter(|it| !it.is_empty()) {
        if out.is_empty() {
            out = cut(note, most);
        } else if letters(&out) + letters(note) + 3 <= most {
            out = format!("{out} · {note}");
        }
    }
    out
}

/// A text that fits, cut in the middle where it is too long.
pub fn cut(text: &str, most: usize) -> String {
    if letters(text) <= most {
        return text.to_owned();
    }
    let (mut left, mut right) = (most.saturating_sub(1).div_ceil(2), most.saturating_sub(1) / 2);
    let head: String = text
        .chars()
        .take_while(|it| {
            let width = letters(it.encode_utf8(&mut [0; 4]));
            let fits = left >= width;
            left = left.saturating_sub(width);
            fits
        })
        .collect();
    let mut tail: Vec<char> = text
        .chars()
        .rev()
        .take_while(|it| {
            let width = letters(it.encode_utf8(&mut [0; 4]));
            let fits = right >= width;
            right = right.saturating_sub(width);
            fits
        })
        .collect();
    tail.reverse();
    format!("{head}…{}", tail.into_iter().collect::<String>())
}
