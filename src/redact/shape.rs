//! The shape of a JSON document: all but the contents of its strings and numbers.

use std::hash::Hasher as _;

/// A fingerprint of a document's shape, from `start` to the end of its first value: brackets, how many fields and
/// elements, and of what type each value is. Words (`true`, `null`) count with their letters. Constant memory.
pub(super) fn skeleton(bytes: &[u8], start: usize) -> u64 {
    let mut hash = std::hash::DefaultHasher::new();
    let mut at = start;
    let mut depth = 0usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                hash.write_u8(b'"');
                at += 1;
                while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
                    at += found;
                    if bytes[at] == b'"' {
                        break;
                    }
                    at += 2;
                }
            }
            b'0'..=b'9' | b'-' => {
                hash.write_u8(b'0');
                while bytes
                    .get(at + 1)
                    .is_some_and(|it| matches!(it, b'-' | b'+' | b'.' | b'0'..=b'9' | b'e' | b'E'))
                {
                    at += 1;
                }
            }
            b' ' | b'\n' | b'\r' | b'\t' => {}
            other => {
                hash.write_u8(*other);
                match other {
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if depth == 0 && matches!(other, b'}' | b']') {
                    break;
                }
            }
        }
        at += 1;
    }
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::skeleton;

    #[test]
    fn contents_do_not_count_and_all_else_does() {
        let of = |text: &str| skeleton(text.as_bytes(), 0);
        assert_eq!(of(r#"{"a": ["x\"]", 12, true]} rest"#), of(r#"{"b":["",3.5,true]}"#));
        assert_ne!(of(r#"{"a":["x",12]}"#), of(r#"{"a":["x",12,1]}"#));
        assert_ne!(of(r#"{"a":true}"#), of(r#"{"a":false}"#));
        assert_ne!(of(r#"{"a":"1"}"#), of(r#"{"a":1}"#));
    }
}
