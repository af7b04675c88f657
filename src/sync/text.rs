//! Two sides as text: a unified diff, as istioctl prints it.
//!
//! Both sides are written resource by resource, sorted by name, in protobuf's JSON with four blanks a level; virtual
//! hosts are sorted, the order of all other lists is the dump's (istioctl/pkg/writer/compare and
//! istioctl/pkg/util/configdump). Only resources that differ are written; of the others the lines are counted.

use std::collections::BTreeMap;

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

use super::alike::alike_items;
use super::compare::{Between, aligned, merge};
use super::normalise::{Rule, fingerprint};
use super::render::{Order, lines, lines_of_raw};
use super::side::{Item, Section, Side};

/// How many lines of context a hunk has (istioctl/pkg/writer/compare/comparator.go).
pub const CONTEXT: usize = 7;

/// What a line of a hunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tag {
    /// On both sides.
    Both,
    /// Only on the left.
    Left,
    /// Only on the right.
    Right,
}

/// Lines that differ, and those around them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hunk {
    /// The resource of its first line that differs.
    pub name: String,
    /// Its first line on the left, counted from 0, and how many.
    pub left: (usize, usize),
    /// Its first line on the right, counted from 0, and how many.
    pub right: (usize, usize),
    /// Its lines.
    pub lines: Vec<(Tag, String)>,
}

/// Resources that stand side by side.
struct Piece<'c> {
    left: Option<Item<'c>>,
    right: Option<Item<'c>>,
    /// Their first lines in the two texts, and how many lines they have.
    starts: (usize, usize),
    lengths: (usize, usize),
    /// Their lines; none while they are the same and not shown.
    lines: Option<(Vec<String>, Vec<String>)>,
    /// Whether it is its side's last: no comma follows.
    last: (bool, bool),
}

/// The hunks of a section's diff. None where istioctl says that it matches, or where a side has nothing to show.
pub fn hunks(section: Section, left: &Side<'_>, right: &Side<'_>, between: Between) -> Vec<Hunk> {
    let (one, other) = aligned(section, left, right, between);
    let (ends, mut at) = ((one.len(), other.len()), (0, 0));
    let mut pieces = Vec::new();
    let mut order = Order::default();
    for (left, right) in merge(one, other) {
        at = (at.0 + usize::from(left.is_some()), at.1 + usize::from(right.is_some()));
        let last = (left.is_some() && at.0 == ends.0, right.is_some() && at.1 == ends.1);
        let same = same(left.as_ref(), right.as_ref()) && last.0 == last.1;
        if !same {
            left.iter().chain(&right).filter_map(|it| it.tree().ok()).for_each(|it| order.learn(it.root()));
        }
        let lines = (!same).then(Default::default);
        pieces.push(Piece { left, right, starts: (0, 0), lengths: (0, 0), lines, last });
    }
    let mut ops = Vec::new();
    // The first lines: `{`, and the list's key.
    let mut text = Text { section, order, pieces, head: (ends.0 > 0, ends.1 > 0) };
    text.measure(&mut ops);
    let joined = join(ops);
    group_diff_ops(joined, CONTEXT).iter().map(|ops| text.hunk(ops)).collect()
}

fn same(left: Option<&Item<'_>>, right: Option<&Item<'_>>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return false };
    if alike_items(left, right) {
        return true;
    }
    let print = |it: &Item<'_>| it.tree().ok().map(|it| fingerprint(it.root(), Rule::Istioctl));
    matches!((print(left), print(right)), (Some(one), Some(other)) if one == other)
}

/// Neighbouring lines that are the same, as one.
fn join(ops: Vec<DiffOp>) -> Vec<DiffOp> {
    let mut out: Vec<DiffOp> = Vec::new();
    for op in ops {
        if let (Some(DiffOp::Equal { len, .. }), DiffOp::Equal { len: more, .. }) = (out.last_mut(), op) {
            *len += more;
        } else {
            out.push(op);
        }
    }
    out
}

struct Text<'c> {
    section: Section,
    order: Order,
    pieces: Vec<Piece<'c>>,
    /// Whether a side has any resource.
    head: (bool, bool),
}

const EMPTY: [&str; 3] = ["{", "", "}"];

impl Text<'_> {
    fn head(&self, full: bool) -> Vec<String> {
        if !full {
            return EMPTY.map(str::to_owned).into();
        }
        let list = match self.section {
            Section::Clusters => "dynamicActiveClusters",
            Section::Listeners => "dynamicListeners",
            Section::Routes => "dynamicRouteConfigs",
            Section::Endpoints => "dynamicEndpointConfigs",
            Section::Secrets => "dynamicActiveSecrets",
            Section::Ecds => "ecdsFilters",
        };
        vec!["{".to_owned(), format!("    \"{list}\": [")]
    }

    fn foot(full: bool) -> Vec<String> {
        if full { vec!["    ]".to_owned(), "}".to_owned()] } else { Vec::new() }
    }

    fn write(&self, item: Option<&Item<'_>>, last: bool) -> Vec<String> {
        item.map_or_else(Vec::new, |it| lines(self.section, it, &self.order, last))
    }

    /// Counts all lines and finds the differences.
    fn measure(&mut self, ops: &mut Vec<DiffOp>) {
        let mut at = (0, 0);
        diff(&self.head(self.head.0), &self.head(self.head.1), &mut at, ops);
        for index in 0..self.pieces.len() {
            self.pieces[index].starts = at;
            if self.pieces[index].lines.is_none() {
                let item = self.pieces[index].left.as_ref();
                let len = item.map_or(0, |it| lines_of_raw(self.section, it));
                ops.push(DiffOp::Equal { old_index: at.0, new_index: at.1, len });
                at = (at.0 + len, at.1 + len);
                self.pieces[index].lengths = (len, len);
                continue;
            }
            let piece = &self.pieces[index];
            let one = self.write(piece.left.as_ref(), piece.last.0);
            let other = self.write(piece.right.as_ref(), piece.last.1);
            diff(&one, &other, &mut at, ops);
            self.pieces[index].lengths = (one.len(), other.len());
            self.pieces[index].lines = Some((one, other));
        }
        diff(&Text::foot(self.head.0), &Text::foot(self.head.1), &mut at, ops);
    }

    fn hunk(&mut self, ops: &[DiffOp]) -> Hunk {
        let mut lines = Vec::new();
        let mut name = String::new();
        for op in ops {
            let (old, new) = (op.old_range(), op.new_range());
            if matches!(op, DiffOp::Equal { .. }) {
                lines.extend(old.map(|at| (Tag::Both, self.line(at, true).0)));
                continue;
            }
            for (tag, at) in old.map(|at| (Tag::Left, at)).chain(new.map(|at| (Tag::Right, at))) {
                let (line, of) = self.line(at, tag == Tag::Left);
                if name.is_empty() {
                    name = of;
                }
                lines.push((tag, line));
            }
        }
        let (first, last) = (ops.first(), ops.last());
        let range = |of: fn(&DiffOp) -> std::ops::Range<usize>| {
            let start = first.map_or(0, |it| of(it).start);
            (start, last.map_or(start, |it| of(it).end) - start)
        };
        Hunk { name, left: range(DiffOp::old_range), right: range(DiffOp::new_range), lines }
    }

    /// A line of the left or right text, and the resource that it belongs to.
    fn line(&mut self, at: usize, left: bool) -> (String, String) {
        let start = |it: &Piece<'_>| if left { it.starts.0 } else { it.starts.1 };
        let length = |it: &Piece<'_>| if left { it.lengths.0 } else { it.lengths.1 };
        let full = if left { self.head.0 } else { self.head.1 };
        let first = self.pieces.first().map_or(0, start);
        if at < first || self.pieces.is_empty() {
            return (self.head(full).get(at).cloned().unwrap_or_default(), String::new());
        }
        let index = self.pieces.partition_point(|it| start(it) + length(it) <= at);
        let Some(piece) = self.pieces.get(index) else {
            let end = self.pieces.last().map_or(0, |it| start(it) + length(it));
            return (Text::foot(full).get(at - end).cloned().unwrap_or_default(), String::new());
        };
        let offset = at - start(piece);
        if piece.lines.is_none() {
            let one = self.write(piece.left.as_ref(), piece.last.0);
            self.pieces[index].lines = Some((one.clone(), one));
        }
        let piece = &self.pieces[index];
        let item = if left { piece.left.as_ref() } else { piece.right.as_ref() };
        let of = piece.lines.as_ref().map(|it| if left { &it.0 } else { &it.1 });
        (
            of.and_then(|it| it.get(offset)).cloned().unwrap_or_default(),
            item.map(|it| it.name.clone().into_owned()).unwrap_or_default(),
        )
    }
}

/// Adds the differences of two runs of lines.
fn diff(one: &[String], other: &[String], at: &mut (usize, usize), ops: &mut Vec<DiffOp>) {
    // Numbers compare faster than lines.
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut number = |line| {
        let next = numbers.len();
        *numbers.entry(line).or_insert(next)
    };
    let left: Vec<usize> = one.iter().map(|it| number(it.as_str())).collect();
    let right: Vec<usize> = other.iter().map(|it| number(it.as_str())).collect();
    let (old, new) = *at;
    ops.extend(capture_diff_slices(Algorithm::Myers, &left, &right).into_iter().map(|op| match op {
        DiffOp::Equal { old_index, new_index, len } => {
            DiffOp::Equal { old_index: old_index + old, new_index: new_index + new, len }
        }
        DiffOp::Delete { old_index, old_len, new_index } => {
            DiffOp::Delete { old_index: old_index + old, old_len, new_index: new_index + new }
        }
        DiffOp::Insert { old_index, new_index, new_len } => {
            DiffOp::Insert { old_index: old_index + old, new_index: new_index + new, new_len }
        }
        DiffOp::Replace { old_index, old_len, new_index, new_len } => {
            DiffOp::Replace { old_index: old_index + old, old_len, new_index: new_index + new, new_len }
        }
    }));
    *at = (old + one.len(), new + other.len());
}

/// The hunks as a unified diff between two texts of these names.
pub fn unified(hunks: &[Hunk], left: &str, right: &str) -> String {
    use std::fmt::Write as _;
    let mut out = format!("--- {left}\n+++ {right}\n");
    for hunk in hunks {
        let _ = writeln!(out, "@@ -{} +{} @@", range(hunk.left), range(hunk.right));
        for (tag, line) in &hunk.lines {
            let mark = match tag {
                Tag::Both => ' ',
                Tag::Left => '-',
                Tag::Right => '+',
            };
            let _ = writeln!(out, "{mark}{line}");
        }
    }
    out
}

/// A range as diffs write it: counted from 1, the length left out where it is 1.
fn range((start, length): (usize, usize)) -> String {
    match length {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        _ => format!("{},{length}", start + 1),
    }
}
