//! Regular expressions: their literal runs are mapped, all else stays. One whose answer to a known text would change is
//! replaced by one that matches nothing, and reported.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, GroupKind};

use super::cuts::Edge;

/// Matches nothing.
pub(super) const NOTHING: &str = r"[^\s\S]";

/// A run of literal characters in a pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Its bytes in the pattern.
    pub start: usize,
    pub end: usize,
    /// What it matches.
    pub text: String,
    /// It is one character that is repeated.
    pub repeated: bool,
    /// It is the name of a group.
    pub name: bool,
    /// What may stand before and after it is not only a token's end.
    pub open: (bool, bool),
}

/// The literal runs of a pattern, in order; `None` where it is none.
pub(super) fn runs(pattern: &str) -> Option<Vec<Run>> {
    // An ast's depth is bounded by the parser (nest_limit), so the recursion below is.
    let ast = Parser::new().parse(pattern).ok()?;
    let mut out = Vec::new();
    collect(&ast, (false, false), &mut out);
    Some(out)
}

fn collect(ast: &Ast, open: (bool, bool), out: &mut Vec<Run>) {
    match ast {
        Ast::Literal(it) => push(out, it.span.start.offset, it.span.end.offset, it.c, open),
        // A group keeps its own bounds; a bare character does not.
        Ast::Repetition(it) => match &*it.ast {
            Ast::Literal(one) => out.push(Run {
                start: one.span.start.offset,
                end: one.span.end.offset,
                text: one.c.into(),
                repeated: true,
                name: false,
                open: (true, true),
            }),
            inner => collect(inner, (true, true), out),
        },
        Ast::Group(it) => {
            if let GroupKind::CaptureName { name, .. } = &it.kind {
                out.push(Run {
                    start: name.span.start.offset,
                    end: name.span.end.offset,
                    text: name.name.clone(),
                    repeated: false,
                    name: true,
                    open: (false, false),
                });
            }
            collect(&it.ast, open, out);
        }
        Ast::Alternation(it) => it.asts.iter().for_each(|one| collect(one, open, out)),
        Ast::Concat(it) => {
            let anchor = |at: Option<&Ast>| matches!(at, Some(Ast::Assertion(_)));
            for (index, one) in it.asts.iter().enumerate() {
                let first = index == 0 || index == 1 && anchor(it.asts.first());
                let last = index + 1 == it.asts.len() || index + 2 == it.asts.len() && anchor(it.asts.last());
                collect(one, (if first { open.0 } else { true }, if last { open.1 } else { true }), out);
            }
        }
        _ => {}
    }
}

/// A character; one that follows the run before it directly goes on with it.
fn push(out: &mut Vec<Run>, start: usize, end: usize, letter: char, open: (bool, bool)) {
    match out.last_mut() {
        Some(run) if run.end == start && !run.repeated && !run.name => {
            run.end = end;
            run.text.push(letter);
            run.open.1 = open.1;
        }
        _ => out.push(Run { start, end, text: letter.into(), repeated: false, name: false, open }),
    }
}

/// The texts in a pattern that end inside tokens.
pub(super) fn edges(runs: &[Run]) -> impl Iterator<Item = (&str, Edge)> {
    runs.iter().filter(|it| !it.name && !it.repeated).filter_map(|it| match it.open {
        (true, true) => Some((it.text.as_str(), Edge::Inside)),
        (false, true) => Some((it.text.as_str(), Edge::Prefix)),
        (true, false) => Some((it.text.as_str(), Edge::Suffix)),
        (false, false) => None,
    })
}

/// The pattern with each run replaced.
pub(super) fn rewrite(pattern: &str, runs: &[Run], mut mapped: impl FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut at = 0;
    for run in runs {
        out.push_str(&pattern[at..run.start]);
        at = run.end;
        let new = mapped(&run.text);
        if new == run.text {
            out.push_str(&pattern[run.start..run.end]);
        } else if run.name {
            out.push_str(&new);
        } else if run.repeated {
            out.push_str(&format!("(?:{})", regex_syntax::escape(&new)));
        } else {
            out.push_str(&regex_syntax::escape(&new));
        }
    }
    out.push_str(&pattern[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upper(pattern: &str) -> String {
        rewrite(pattern, &runs(pattern).unwrap(), |it| it.to_uppercase())
    }

    #[test]
    fn literal_runs_are_replaced() {
        assert_eq!(upper(r"/reviews/[0-9]+"), r"/REVIEWS/[0-9]+");
        assert_eq!(upper(r"^/r4/(\w+)$"), r"^/R4/(\w+)$");
        assert_eq!(upper(r"x+"), r"(?:X)+");
        assert_eq!(upper(r"ab+c"), r"A(?:B)+C");
        assert_eq!(upper(r".*/ns/shop/.*|a\.b"), r".*/NS/SHOP/.*|A\.B");
        assert_eq!(upper(r"(?P<user>[a-z]+)-team"), r"(?P<USER>[a-z]+)\-TEAM");
        assert!(runs("(").is_none());
    }

    #[test]
    fn open_ends_are_told() {
        let of = |pattern: &str| {
            edges(&runs(pattern).unwrap()).map(|(text, edge)| (text.to_owned(), edge)).collect::<Vec<_>>()
        };
        assert_eq!(of("shop.*"), [("shop".to_owned(), Edge::Prefix)]);
        assert_eq!(of(".*shop"), [("shop".to_owned(), Edge::Suffix)]);
        assert!(of("^shop$").is_empty());
    }
}
