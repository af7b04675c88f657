//! Whether two messages say the same, word by word: both are read side by side once, no tree is made and nothing is
//! hashed. Of two dumps of one Envoy, even where all keys are spelled the other way, that is true of almost everything.

use super::normalise::field_name;
use super::side::Item;
use crate::json::{Kind, Node};

/// Whether both are the same JSON but for blanks and the spelling of keys. Where it is false they may still mean the
/// same (another order, a default spelled out); where it is true their fingerprints are the same by every rule.
pub fn alike_items(left: &Item<'_>, right: &Item<'_>) -> bool {
    if let (Some(one), Some(other)) = (left.raw_at_once(), right.raw_at_once()) {
        return one == other || alike(one, other);
    }
    alike(left.span.of(left.bytes), right.span.of(right.bytes))
}

/// The same of the values that two texts begin with.
fn alike(mut left: &[u8], mut right: &[u8]) -> bool {
    let mut depth = 0usize;
    loop {
        (left, right) = (after_blanks(left), after_blanks(right));
        let Some(&first) = left.first() else { return false };
        let length = match first {
            b'"' => match string(left) {
                Some(length) => length,
                None => return false,
            },
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => word(left),
        };
        let (said, rest) = left.split_at(length);
        if let Some(after) = right.strip_prefix(said) {
            // `1` is how `15` begins.
            if first != b'"' && length > 0 && is_word(first) && after.first().is_some_and(|it| is_word(*it)) {
                return false;
            }
            (left, right) = (rest, after);
            match first {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return true;
            }
            continue;
        }
        let Some(other) = (first == b'"').then(|| string(right)).flatten() else { return false };
        let (answer, after) = right.split_at(other);
        (left, right) = (after_blanks(rest), after_blanks(after));
        // Only keys have two spellings.
        if left.first() != Some(&b':') || right.first() != Some(&b':') || !same_field(said, answer) {
            return false;
        }
    }
}

/// Objects with more fields are left to the fingerprints: looking for a field takes as long as there are fields.
const MANY: usize = 64;

/// Whether two values are the same but for the order of fields and the spelling of keys; as [`alike_items`], where it is
/// true the fingerprints are the same.
pub fn alike_trees(left: Node<'_>, right: Node<'_>) -> bool {
    if left.kind() != right.kind() {
        return false;
    }
    match left.kind() {
        Kind::Object => {
            // Two dumps may spell keys in two ways; a writer keeps to one order.
            let mut others: Vec<_> = right.fields().take(MANY + 1).collect();
            if others.len() > MANY {
                return false;
            }
            for (key, value) in left.fields() {
                let same = |it: &(&[u8], Node<'_>)| it.0 == key || same_key(key, it.0);
                let Some(at) = others.iter().position(same) else { return false };
                let (_, other) = others.remove(at);
                if !alike_trees(value, other) {
                    return false;
                }
            }
            others.is_empty()
        }
        Kind::Array => {
            let (mut ones, mut others) = (left.items(), right.items());
            loop {
                match (ones.next(), others.next()) {
                    (Some(one), Some(other)) if alike_trees(one, other) => {}
                    (one, other) => return one.is_none() && other.is_none(),
                }
            }
        }
        _ => left.raw() == right.raw(),
    }
}

/// Whether two keys, in their quotes, are one field.
fn same_field(one: &[u8], other: &[u8]) -> bool {
    let inside = |it: &'_ [u8]| -> std::ops::Range<usize> { 1..it.len().saturating_sub(1) };
    same_key(&one[inside(one)], &other[inside(other)])
}

fn same_key(one: &[u8], other: &[u8]) -> bool {
    // Both spellings begin alike.
    one == other || one.first() == other.first() && same_spelled(one, other)
}

fn same_spelled(one: &[u8], other: &[u8]) -> bool {
    same_plain(one, other).unwrap_or_else(|| field_name(one) == field_name(other))
}

/// The same of keys that have nothing but letters and `_` in them, without a copy. None for others.
fn same_plain<'b>(mut one: &'b [u8], mut other: &'b [u8]) -> Option<bool> {
    let plain = |it: u8| it.is_ascii_alphabetic() || it == b'_';
    if !one.first()?.is_ascii_lowercase() || !other.first()?.is_ascii_lowercase() {
        return None;
    }
    loop {
        match (one, other) {
            ([], []) => return Some(true),
            ([a, front @ ..], [b, back @ ..]) if plain(*a) && a == b => (one, other) = (front, back),
            ([b'_', a, front @ ..], [b, back @ ..]) if a.is_ascii_lowercase() && b.is_ascii_uppercase() => {
                if b.to_ascii_lowercase() != *a {
                    return Some(false);
                }
                (one, other) = (front, back);
            }
            // The other way round, once.
            ([_, ..], [b'_', ..]) => (one, other) = (other, one),
            _ => return None,
        }
    }
}

/// How long the string is that `text` begins with, its quotes included.
fn string(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

/// How long the number or word is that `text` begins with; at least one byte.
fn word(text: &[u8]) -> usize {
    text.iter().position(|byte| !is_word(*byte)).unwrap_or(text.len()).max(1)
}

/// Dumps are laid out with many blanks: eight of them go at once.
fn after_blanks(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = text {
        text = rest;
        while let Some((b"        ", rest)) = text.split_first_chunk::<8>() {
            text = rest;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::normalise::{Rule, fingerprint};
    use super::*;
    use crate::json::Tree;

    #[test]
    fn blanks_and_spelling_do_not_count_and_all_else_does() {
        let check = |one: &str, other: &str| alike(one.as_bytes(), other.as_bytes());
        let one = "{\n          \"connect_timeout\": \"3s\", \"x\": [1, true, null, {}]}";
        assert!(check(one, r#"{"connectTimeout":"3s","x":[1,true,null,{}]} "#));
        for other in [
            r#"{"connectTimeout":"30s","x":[1,true,null,{}]}"#,
            r#"{"connectTimeout":"3s","x":[15,true,null,{}]}"#,
            r#"{"connectTimeout":"3s","x":[1,true,null]}"#,
            r#"{"connectTimeout":"3s","x":[1,true,null,{}]"#,
            r#"{"connectTimeouts":"3s","x":[1,true,null,{}]}"#,
            r#"{"x":[1,true,null,{}],"connectTimeout":"3s"}"#,
        ] {
            assert!(!check(one, other) && !check(other, one), "{other}");
        }
        assert!(!check(r#"["max_age"]"#, r#"["maxAge"]"#), "a value has one spelling");
        assert!(check(r#"{"consecutive_5xx": 1}"#, r#"{"consecutive5xx": 1}"#));
        assert!(!check(r#"{"a": "x"#, r#"{"a": "x"}"#) && !check("", " "));
        // What follows a value is not part of it.
        assert!(check(r#"{"a": [1]}, "last_updated": "x"}"#, r#"{"a": [1]}"#));
    }

    #[test]
    fn the_order_of_fields_does_not_count_in_trees() {
        let check = |one: &str, other: &str| {
            let (one, other) = (Tree::whole(one.as_bytes()).unwrap(), Tree::whole(other.as_bytes()).unwrap());
            let same = alike_trees(one.root(), other.root());
            let print = |it: &Tree<'_>| fingerprint(it.root(), Rule::Istioctl);
            assert!(!same || print(&one) == print(&other));
            same
        };
        let one = r#"{"a_b": {"c": [1, 2], "d": "x"}, "e": null}"#;
        assert!(check(one, r#"{"e": null, "aB": {"d": "x", "c": [1, 2]}}"#));
        for other in [
            r#"{"e": null, "aB": {"d": "x", "c": [2, 1]}}"#,
            r#"{"e": null, "aB": {"d": "x", "c": [1, 2, 3]}}"#,
            r#"{"e": null, "aB": {"d": "y", "c": [1, 2]}}"#,
            r#"{"aB": {"d": "x", "c": [1, 2]}}"#,
            r#"{"e": null, "f": 1, "aB": {"d": "x", "c": [1, 2]}}"#,
            r#"{"e": null, "e": null, "aB": {"d": "x", "c": [1, 2]}}"#,
        ] {
            assert!(!check(one, other) && !check(other, one), "{other}");
        }
    }
}
