//! Conditions within conditions, as an authorization policy has them, in words: `GET or HEAD, and not path /admin`.

use super::{aside, text};
use crate::tables::cell::{Cell, Part, Word};

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// Always so.
    Always,
    /// One thing: what is looked at, and what it has to be.
    Leaf(String, String),
    /// All of these.
    All(Vec<Expression>),
    /// One of these.
    Either(Vec<Expression>),
    /// Not this.
    Not(Box<Expression>),
}

impl Expression {
    /// All of these; without what is always so, and without a list around one.
    pub fn all(of: impl IntoIterator<Item = Expression>) -> Expression {
        let mut kept = Vec::new();
        for it in of {
            match it {
                Expression::Always => {}
                Expression::All(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Expression::Always,
            1 => kept.remove(0),
            _ => Expression::All(kept),
        }
    }

    /// One of these. An empty list is never so, which only Envoy's empty policies have.
    pub fn either(of: impl IntoIterator<Item = Expression>) -> Expression {
        let mut kept = Vec::new();
        for it in of {
            match it {
                Expression::Always => return Expression::Always,
                Expression::Either(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        match kept.len() {
            1 => kept.remove(0),
            _ => Expression::Either(kept),
        }
    }

    /// Its words. The depth of what it was read from is bounded, so this recursion is.
    pub fn words(&self, out: &mut Cell) {
        self.write(false, &mut String::new(), out);
    }

    /// `label` is that of the leaf before, which is not said twice.
    fn write(&self, inner: bool, label: &mut String, out: &mut Cell) {
        let (of, word) = match self {
            Expression::Always => return out.push(Part::Word(Word::Anything)),
            Expression::Leaf(name, value) => {
                if !name.is_empty() && *name != *label {
                    out.push(aside(name.clone()));
                }
                label.clone_from(name);
                if !value.is_empty() {
                    out.push(text(value.clone()));
                }
                return;
            }
            Expression::Not(it) => {
                label.clear();
                out.push(Part::Word(Word::Not));
                it.write(true, label, out);
                label.clear();
                return;
            }
            Expression::All(of) => (of, Word::And),
            Expression::Either(of) if of.is_empty() => return out.push(Part::Word(Word::MatchesNothing)),
            Expression::Either(of) => (of, Word::Or),
        };
        let start = out.len();
        for (at, it) in of.iter().enumerate() {
            if at > 0 {
                out.push(Part::Word(word));
            }
            // After "and" something else is looked at: it is said again what.
            if word == Word::And {
                label.clear();
            }
            it.write(true, label, out);
        }
        if inner {
            enclose(out, start);
            label.clear();
        }
    }
}

/// Puts brackets around the parts from `start` on, at the words that they begin and end with.
fn enclose(out: &mut Cell, start: usize) {
    match out.get_mut(start) {
        Some(Part::Text(first) | Part::Aside(first)) => first.insert(0, '('),
        _ => out.insert(start, text("(")),
    }
    match out.last_mut() {
        Some(Part::Text(last) | Part::Aside(last)) => last.push(')'),
        _ => out.push(text(")")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(name: &str, value: &str) -> Expression {
        Expression::Leaf(name.into(), value.into())
    }

    fn said(it: &Expression) -> String {
        let mut cell = Cell::new();
        it.words(&mut cell);
        let parts = cell.iter().map(|part| match part {
            Part::Text(text) | Part::Aside(text) => text.clone(),
            Part::Word(word) => format!("<{word:?}>"),
            other => format!("{other:?}"),
        });
        parts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lists_of_one_and_what_is_always_so_are_not_said() {
        let one = Expression::all([Expression::either([leaf("port", "80")]), Expression::Always]);
        assert_eq!(one, leaf("port", "80"));
        assert_eq!(Expression::either([leaf("a", "b"), Expression::Always]), Expression::Always);
        assert_eq!(said(&Expression::either([])), "<MatchesNothing>");
    }

    #[test]
    fn alternatives_name_what_they_look_at_once() {
        let methods = Expression::either([leaf("method", "GET"), leaf("method", "HEAD")]);
        let both = Expression::all([methods, leaf("path", "/a*")]);
        assert_eq!(said(&both), "(method GET <Or> HEAD) <And> path /a*");
        let not = Expression::Not(Box::new(leaf("port", "80")));
        assert_eq!(said(&not), "<Not> port 80");
    }
}
