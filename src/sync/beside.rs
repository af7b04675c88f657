//! One resource of both sides, line beside line: what changed within a line is marked, long runs that are the same are
//! folded.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::render::{Order, body};
use super::side::Item;
use super::text::CONTEXT;

/// A line of the two texts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    /// Lines that are the same are left out.
    Fold {
        /// The first of them on the left, counted from 0.
        first: u32,
        /// How many.
        lines: u32,
    },
    /// On both sides the same: their numbers, counted from 0, and the text.
    Same(u32, u32, String),
    /// Another on each side, or on one side only.
    Other {
        /// The left one.
        left: Option<Marked>,
        /// The right one.
        right: Option<Marked>,
    },
}

/// A line, cut where it begins and ends to be another than the one beside it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Marked {
    /// Its number, counted from 0.
    pub number: u32,
    /// Its pieces, and whether each differs.
    pub pieces: Vec<(bool, String)>,
}

/// The lines of both. `open`: folds that are not wanted, by their first line.
pub fn beside(left: Option<&Item<'_>>, right: Option<&Item<'_>>, open: &[u32]) -> Vec<Beside> {
    let trees = [left, right].map(|it| it.and_then(|it| it.tree().ok()));
    let mut order = Order::default();
    trees.iter().flatten().for_each(|it| order.learn(it.root()));
    let [one, other] = trees.map(|it| it.map_or_else(Vec::new, |it| body(it.root(), &order)));
    let ops = capture_diff_slices(Algorithm::Myers, &one, &other);
    let count = ops.len();
    let mut out = Vec::new();
    for (at, op) in ops.into_iter().enumerate() {
        let (old, new) = (op.old_range(), op.new_range());
        if matches!(op, DiffOp::Equal { .. }) {
            let before = if at == 0 { 0 } else { CONTEXT };
            let after = if at + 1 == count { 0 } else { CONTEXT };
            let hidden = fold(old.len(), before, after);
            for (index, (line, beside)) in old.zip(new).enumerate() {
                if hidden.contains(&index) && !open.contains(&narrow(line - (index - hidden.start))) {
                    if index == hidden.start {
                        out.push(Beside::Fold { first: narrow(line), lines: narrow(hidden.len()) });
                    }
                    continue;
                }
                out.push(Beside::Same(narrow(line), narrow(beside), one[line].clone()));
            }
            continue;
        }
        for index in 0..old.len().max(new.len()) {
            let line = old.clone().nth(index);
            let beside = new.clone().nth(index);
            let (left, right) = marked(line.map(|it| one[it].as_str()), beside.map(|it| other[it].as_str()));
            let with = |number: Option<usize>, pieces: Vec<(bool, String)>| {
                number.map(|it| Marked { number: narrow(it), pieces })
            };
            out.push(Beside::Other { left: with(line, left), right: with(beside, right) });
        }
    }
    out
}

/// Which lines of a run that is the same are left out: not the ones around what differs, and never one alone.
fn fold(lines: usize, before: usize, after: usize) -> std::ops::Range<usize> {
    if lines > before + after + 1 { before..lines - after } else { 0..0 }
}

fn narrow(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

/// The pieces of two lines that stand beside each other.
type Pieces = Vec<(bool, String)>;

/// Marks the words in which two lines differ; of a line that stands alone, nothing.
fn marked(left: Option<&str>, right: Option<&str>) -> (Pieces, Pieces) {
    let (Some(one), Some(other)) = (left, right) else {
        let whole = |it: Option<&str>| it.map(|it| vec![(false, it.to_owned())]).unwrap_or_default();
        return (whole(left), whole(right));
    };
    let (one, other) = (words(one), words(other));
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, &one, &other) {
        let differs = !matches!(op, DiffOp::Equal { .. });
        push(&mut left, differs, &one[op.old_range()]);
        push(&mut right, differs, &other[op.new_range()]);
    }
    (left, right)
}

fn push(pieces: &mut Pieces, differs: bool, words: &[&str]) {
    if words.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some((known, text)) if *known == differs => text.extend(words.iter().copied()),
        _ => pieces.push((differs, words.concat())),
    }
}

/// A line's words (numbers, names and addresses whole), and what stands between them.
fn words(line: &str) -> Vec<&str> {
    let inside = |it: char| it.is_alphanumeric() || matches!(it, '_' | '.' | '-');
    let mut out = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end =
            if inside(first) { rest.find(|it| !inside(it)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (word, after) = rest.split_at(end);
        out.push(word);
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_marked_and_long_runs_folded() {
        let (left, right) = marked(Some(r#""timeout": "3s","#), Some(r#""timeout": "10s","#));
        let text = |it: &Pieces| it.iter().filter(|it| it.0).map(|it| it.1.clone()).collect::<String>();
        assert_eq!((text(&left).as_str(), text(&right).as_str()), ("3s", "10s"));
        assert_eq!(left.iter().map(|it| it.1.as_str()).collect::<String>(), r#""timeout": "3s","#);
        assert_eq!(fold(20, 7, 7), 7..13);
        assert_eq!(fold(15, 7, 7), 0..0);
        assert_eq!(fold(9, 0, 7), 0..2);
        assert_eq!(words("10.1.1.1:80 é"), ["10.1.1.1", ":", "80", " ", "é"]);
    }
}
