//! Whether two messages say the same, word by word: both are read side by side once, no tree is made and nothing is
//! hashed. Of two dumps of one Envoy, even where all keys are spelled the other way, that is true of almost everything.

use super::normalise::field_name;

/// Whether both are the same JSON but for blanks and the spelling of keys. Where it is false they may still mean the
/// same (another order, a default spelled out); where it is true their fingerprints are the same by every rule.
pub fn alike(left: &[u8], right: &[u8]) -> bool {
    let (mut left, mut right) = (left.trim_ascii_end(), right.trim_ascii_end());
    loop {
        (left, right) = (after_blanks(left), after_blanks(right));
        let Some(&first) = left.first() else { return right.is_empty() };
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

/// Whether two keys, in their quotes, are one field.
fn same_field(one: &[u8], other: &[u8]) -> bool {
    let inside = |it: &'_ [u8]| -> std::ops::Range<usize> { 1..it.len().saturating_sub(1) };
    let (one, other) = (&one[inside(one)], &other[inside(other)]);
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
    use super::*;

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
            r#"{"connectTimeout":"3s","x":[1,true,null,{}]}}"#,
            r#"{"connectTimeouts":"3s","x":[1,true,null,{}]}"#,
            r#"{"x":[1,true,null,{}],"connectTimeout":"3s"}"#,
        ] {
            assert!(!check(one, other) && !check(other, one), "{other}");
        }
        assert!(!check(r#"["max_age"]"#, r#"["maxAge"]"#), "a value has one spelling");
        assert!(check(r#"{"consecutive_5xx": 1}"#, r#"{"consecutive5xx": 1}"#));
        assert!(!check(r#"{"a": "x"#, r#"{"a": "x"}"#) && check("", " "));
    }
}
