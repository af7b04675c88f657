//! A text that a regular expression takes, to begin with: short, of plain signs where it may be.

use regex_syntax::hir::{Class, Hir, HirKind};

/// How deep an expression is followed, and how long an example grows.
const DEEPEST: usize = 40;
const LONGEST: usize = 200;

/// A text that an expression matches as a whole; `None` where it cannot be read.
pub fn example(regex: &str) -> Option<String> {
    let hir = regex_syntax::Parser::new().parse(regex).ok()?;
    let mut out = String::new();
    push(&hir, 0, &mut out)?;
    Some(out)
}

fn push(hir: &Hir, depth: usize, out: &mut String) -> Option<()> {
    if depth > DEEPEST || out.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => out.push(sign(class)?),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                push(&repetition.sub, depth + 1, out)?;
            }
        }
        HirKind::Capture(capture) => push(&capture.sub, depth + 1, out)?,
        HirKind::Concat(parts) => {
            for part in parts {
                push(part, depth + 1, out)?;
            }
        }
        HirKind::Alternation(parts) => push(parts.first()?, depth + 1, out)?,
    }
    Some(())
}

/// A sign of a class: a digit or a letter where it has one.
fn sign(class: &Class) -> Option<char> {
    let has = |it: char| match class {
        Class::Unicode(class) => class.ranges().iter().any(|range| range.start() <= it && it <= range.end()),
        Class::Bytes(class) => u8::try_from(it)
            .is_ok_and(|it| class.ranges().iter().any(|range| range.start() <= it && it <= range.end())),
    };
    let plain = ('1'..='9').chain(['0']).chain('a'..='z').chain('A'..='Z').chain(['-', '/', '.', '_']);
    let first = || match class {
        Class::Unicode(class) => class.ranges().first().map(|it| it.start()),
        Class::Bytes(class) => class.ranges().first().map(|it| char::from(it.start())),
    };
    plain.into_iter().find(|it| has(*it)).or_else(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_match() {
        for (regex, want) in [
            ("/reviews/[0-9]+", "/reviews/1"),
            (r"/v[12]/\w{3}(/.*)?", "/v1/111"),
            ("(?:GET|POST)", "GET"),
            ("^a|b$", "a"),
            (".*", ""),
        ] {
            let made = example(regex).unwrap();
            assert_eq!(made, want, "{regex}");
            assert!(regex::Regex::new(&format!("^(?:{regex})$")).unwrap().is_match(&made), "{regex}");
        }
        assert_eq!(example("("), None);
        assert_eq!(example("((a{99}){99}){99}"), None);
    }
}
