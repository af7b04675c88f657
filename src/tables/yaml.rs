//! A node as YAML, in the style of Kubernetes' tools (sigs.k8s.io/yaml): keys sorted, lists not indented, no quotes
//! where none are needed.

use super::output::Shown;
use super::sort::sort_slice;
use crate::json::{Kind, unescape};

/// A message by itself.
pub(super) fn message(it: Shown<'_, '_>, out: &mut String) {
    value(it, 0, Place::Line, out);
}

/// An element of a list.
pub(super) fn element(it: Shown<'_, '_>, out: &mut String) {
    out.push('-');
    value(it, 1, Place::Dash, out);
}

/// What stands before a value.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Nothing.
    Line,
    /// A key and its colon.
    Key,
    /// A list's dash.
    Dash,
}

/// The depth of a tree is bounded (Tree::DEEPEST), so this recursion is.
fn value(it: Shown<'_, '_>, level: usize, place: Place, out: &mut String) {
    match it.node.kind() {
        Kind::Object => {
            let mut fields: Vec<_> =
                it.fields().map(|(key, it)| (unescape(key.as_bytes()).into_owned(), it)).collect();
            if fields.is_empty() {
                return word("{}", place, out);
            }
            sort_slice(&mut fields, |one, other| is_before(&one.0, &other.0));
            for (at, (key, inner)) in fields.into_iter().enumerate() {
                begin(level, if at == 0 { place } else { Place::Line }, out);
                self::key(&key, out);
                out.push(':');
                let deeper = if inner.node.kind() == Kind::Array { level } else { level + 1 };
                value(inner, deeper, Place::Key, out);
            }
        }
        Kind::Array => {
            let items: Vec<_> = it.items().collect();
            if items.is_empty() {
                return word("[]", place, out);
            }
            for (at, item) in items.into_iter().enumerate() {
                begin(level, if at == 0 { place } else { Place::Line }, out);
                out.push('-');
                value(item, level + 1, Place::Dash, out);
            }
        }
        Kind::String => {
            out.push_str(if place == Place::Line { "" } else { " " });
            scalar(&it.node.str().unwrap_or_default(), level, out);
            out.push('\n');
        }
        Kind::Number | Kind::Bool | Kind::Null | Kind::Opaque => {
            word(&String::from_utf8_lossy(it.node.raw()), place, out);
        }
    }
}

/// The order of keys: by value where both have a number, other characters before letters (go-yaml v2, sorter.go).
fn is_before(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let Some(at) = one.iter().zip(&other).position(|(one, other)| one != other) else {
        return one.len() < other.len();
    };
    let (a, b) = (one[at], other[at]);
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => return a < b,
        // `a1b` comes before `a1-`, but `a-` before `ab`.
        (true, false) => return false,
        (false, true) => return true,
        (false, false) => {}
    }
    let run = |of: &[char]| of[at..].iter().take_while(|it| it.is_ascii_digit()).count();
    let (digits, others) = (run(&one), run(&other));
    // Zeros inside of a number count, those in front of it do not.
    let inside = one[..at].iter().rev().take_while(|it| it.is_ascii_digit()).any(|it| *it != '0');
    let start = u128::from(inside && (a == '0' || b == '0'));
    let number = |of: &[char], length: usize| {
        of[at..at + length].iter().fold(start, |sum, it| {
            sum.wrapping_mul(10).wrapping_add(u128::from(it.to_digit(10).unwrap_or(0)))
        })
    };
    let (left, right) = (number(&one, digits), number(&other, others));
    (left, digits, a) < (right, others, b)
}

/// Begins a field or an element: the first one stands beside a dash, but below a key.
fn begin(level: usize, after: Place, out: &mut String) {
    match after {
        Place::Dash => out.push(' '),
        Place::Key => {
            out.push('\n');
            indent(level, out);
        }
        Place::Line => indent(level, out),
    }
}

fn word(text: &str, place: Place, out: &mut String) {
    out.push_str(if place == Place::Line { "" } else { " " });
    out.push_str(text);
    out.push('\n');
}

fn indent(level: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", level));
}

/// A value that is text.
fn scalar(text: &str, level: usize, out: &mut String) {
    match style(text) {
        Style::Literal => literal(text, level, out),
        style => write(text, style, Some(level), out),
    }
}

/// A key: never on more than one line.
fn key(text: &str, out: &mut String) {
    let style = match style(text) {
        Style::Literal => Style::Double,
        style => style,
    };
    write(text, style, None, out);
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

fn style(text: &str) -> Style {
    let odd =
        |letter: char| letter.is_control() && letter != '\n' || ('\u{fffe}'..='\u{ffff}').contains(&letter);
    let lines = text.contains('\n');
    // A block keeps its text only where its lines end in something.
    let block = lines && text.lines().all(|line| !line.ends_with(' ')) && !text.starts_with([' ', '\n']);
    if text.contains(odd) || lines && !block || text.contains('\u{feff}') || is_other_than_text(text) {
        Style::Double
    } else if block {
        Style::Literal
    } else if plain(text) {
        Style::Plain
    } else {
        Style::Single
    }
}

/// Behind so many characters a line is broken at the next blank.
const WIDTH: usize = 80;

/// Text in one of the styles that may be broken, at a blank, into lines of that level.
fn write(text: &str, style: Style, level: Option<usize>, out: &mut String) {
    let quote = match style {
        Style::Single => "'",
        Style::Double => "\"",
        Style::Plain | Style::Literal => "",
    };
    out.push_str(quote);
    let mut column = out.chars().rev().take_while(|it| *it != '\n').count();
    let mut after_blank = false;
    let mut letters = text.chars().enumerate().peekable();
    let last = text.chars().count().saturating_sub(1);
    while let Some((at, letter)) = letters.next() {
        let next_is_blank = letters.peek().is_some_and(|(_, it)| *it == ' ');
        let inside = style == Style::Plain || at > 0 && at < last;
        if let (' ', Some(level)) = (letter, level)
            && !after_blank
            && column > WIDTH
            && inside
            && (style == Style::Double || !next_is_blank)
        {
            out.push('\n');
            indent(level, out);
            column = level * 2;
            if next_is_blank {
                // In double quotes; the blanks at a line's beginning would be lost.
                out.push('\\');
                column += 1;
            }
        } else {
            let before = out.len();
            write_letter(letter, style, out);
            column += out[before..].chars().count();
        }
        after_blank = letter == ' ';
    }
    out.push_str(quote);
}

fn write_letter(letter: char, style: Style, out: &mut String) {
    match (style, letter) {
        (Style::Single, '\'') => out.push_str("''"),
        (Style::Double, '"') => out.push_str("\\\""),
        (Style::Double, '\\') => out.push_str("\\\\"),
        (Style::Double, '\n') => out.push_str("\\n"),
        (Style::Double, '\t') => out.push_str("\\t"),
        (Style::Double, '\r') => out.push_str("\\r"),
        (Style::Double, _) if letter.is_control() || letter == '\u{feff}' => {
            out.push_str(&format!("\\u{:04X}", u32::from(letter)));
        }
        _ => out.push(letter),
    }
}

fn literal(text: &str, level: usize, out: &mut String) {
    let body = text.trim_end_matches('\n');
    out.push_str(match text.len() - body.len() {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    let more = text.get(body.len() + 1..).unwrap_or("");
    for line in body.split('\n').chain(more.split_terminator('\n')) {
        out.push('\n');
        if !line.is_empty() {
            indent(level, out);
            out.push_str(line);
        }
    }
}

/// Whether it can stand without quotes (YAML 1.1, plain scalars in a block).
fn plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let second = text.chars().nth(1);
    let indicator = matches!(
        first,
        '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
    );
    let before_blank = matches!(first, '-' | '?' | ':') && second.is_none_or(|it| it == ' ');
    !(indicator
        || before_blank
        || text.starts_with([' ', '\t'])
        || text.ends_with([' ', '\t', ':'])
        || text.contains(": ")
        || text.contains(" #")
        || text.contains('\t')
        || text.starts_with("---")
        || text.starts_with("..."))
}

/// Whether a reader would take it for something else than text: a number, a truth, a time, nothing.
fn is_other_than_text(text: &str) -> bool {
    const WORDS: [&str; 15] = [
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", ".nan", ".inf", "+.inf", "-.inf",
        "<<",
    ];
    if text.is_empty() || WORDS.contains(&text.to_ascii_lowercase().as_str()) {
        return true;
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let starts = digits.starts_with(|it: char| it.is_ascii_digit() || it == '.');
    // Generous: `1e3`, `0x1f`, `1_000`, `12:30:45` and `2022-12-08T11:03:53Z` are all read as something.
    let letters = |it: char| it.is_ascii_hexdigit() || "xobXOB_.:+-eETtZz ".contains(it);
    starts && digits.contains(|it: char| it.is_ascii_digit()) && digits.chars().all(letters) && {
        let number = digits.replace('_', "");
        let radix = ["0x", "0X", "0b", "0o"].iter().any(|prefix| {
            number.strip_prefix(prefix).is_some_and(|rest| rest.chars().all(|it| it.is_ascii_hexdigit()))
        });
        number.parse::<f64>().is_ok()
            || radix
            || sexagesimal(&number)
            || crate::instant::Instant::parse(text).is_some()
            || date(text)
    }
}

/// `2022-12-08`
fn date(text: &str) -> bool {
    let mut parts = text.split('-');
    let digits = |part: Option<&str>, count: usize| {
        part.is_some_and(|it| {
            it.len() <= count && !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    digits(parts.next(), 4) && digits(parts.next(), 2) && digits(parts.next(), 2) && parts.next().is_none()
}

/// `190:20:30`, a number to base 60 in YAML 1.1.
fn sexagesimal(text: &str) -> bool {
    text.contains(':')
        && text.split(':').all(|part| {
            !part.is_empty()
                && part.len() <= 10
                && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
}

#[cfg(test)]
mod tests {
    use crate::json::Tree;
    use crate::tables::output::{self, Format};

    #[test]
    fn keys_with_numbers_are_in_the_order_of_the_numbers() {
        let mut keys = vec!["b", "15021", "a10", "80", "a9", "a-", "ab", "a1-", "@type", "a01", "a1"];
        super::sort_slice(&mut keys, |one, other| super::is_before(one, other));
        // As sigs.k8s.io/yaml printed them.
        let want = ["@type", "80", "15021", "a-", "a1", "a1-", "a01", "a9", "a10", "ab", "b"];
        assert_eq!(keys, want);
    }

    #[test]
    fn long_lines_are_broken_at_blanks() {
        let long = "word another ".repeat(12);
        let json = serde_json::json!({"plain": format!("{long}x"), "single": format!("{long}: x"),
            "dbl": format!("{long}\tx \"q\""), "l": [{"k": format!("{}z", "aaaa  bb ".repeat(14))}]});
        let json = json.to_string();
        let tree = Tree::whole(json.as_bytes()).unwrap();
        // As sigs.k8s.io/yaml printed it.
        let want = "\
dbl: \"word another word another word another word another word another word another
  word another word another word another word another word another word another \\tx
  \\\"q\\\"\"
l:
- k: aaaa  bb aaaa  bb aaaa  bb aaaa  bb aaaa  bb aaaa  bb aaaa  bb aaaa  bb aaaa  bb
    aaaa  bb aaaa  bb aaaa  bb aaaa  bb aaaa  bb z
plain: word another word another word another word another word another word another
  word another word another word another word another word another word another x
single: 'word another word another word another word another word another word another
  word another word another word another word another word another word another :
  x'
";
        assert_eq!(output::message(tree.root(), Format::Yaml), format!("{want}\n"));
    }

    #[test]
    fn prints_what_kubernetes_tools_print() {
        let json = r#"{"@type": "T", "b": [{"z": 1, "a": [], "l": [["x"], {}]}], "a": {"@type": "t/x", "when": "2022-12-08T11:03:53.361Z"},
            "n": "1605", "q": "{\"h\":1}", "s": "it's: so", "t": "true", "e": "", "star": "*", "bar": "a|b", "v": "2022-12-08T09:07:09Z/10",
            "lines": "a\n  b\nc\n", "no": null, "f": 1.5}"#;
        let tree = Tree::whole(json.as_bytes()).unwrap();
        let out = output::message(tree.root(), Format::Yaml);
        let want = "\
a:
  '@type': t/x
  when: \"2022-12-08T11:03:53.361Z\"
b:
- a: []
  l:
  - - x
  - {}
  z: 1
bar: a|b
e: \"\"
f: 1.5
lines: |
  a
    b
  c
\"n\": \"1605\"
\"no\": null
q: '{\"h\":1}'
s: 'it''s: so'
star: '*'
t: \"true\"
v: 2022-12-08T09:07:09Z/10
";
        assert_eq!(out, format!("{want}\n"));
        let inner = output::element(tree.root().get("a").unwrap(), &[], Format::Yaml);
        assert_eq!(inner, "- when: \"2022-12-08T11:03:53.361Z\"\n");
    }
}
