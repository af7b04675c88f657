//! The text of a JSON string.

use std::borrow::Cow;

/// The text of a string's raw bytes (between its quotes): escapes resolved, what is not UTF-8 or a lone surrogate
/// replaced by U+FFFD. Borrows where nothing had to change.
pub fn unescape(raw: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw).is_none() {
        return String::from_utf8_lossy(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.push_str(&String::from_utf8_lossy(&rest[..at]));
        let (letter, used) = escape(&rest[at..]);
        out.push(letter);
        rest = &rest[at + used..];
    }
    out.push_str(&String::from_utf8_lossy(rest));
    Cow::Owned(out)
}

/// The character that an escape at the start of `raw` stands for, and how many bytes it takes.
fn escape(raw: &[u8]) -> (char, usize) {
    let letter = match raw.get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return unicode(raw),
        Some(&byte) if byte.is_ascii() => byte as char,
        // Not an escape: the backslash is replaced and the byte after it read by itself.
        _ => return (char::REPLACEMENT_CHARACTER, 1),
    };
    (letter, 2)
}

fn unicode(raw: &[u8]) -> (char, usize) {
    let Some(high) = hex(raw.get(2..6)) else { return (char::REPLACEMENT_CHARACTER, 2) };
    if let Some(letter) = char::from_u32(high) {
        return (letter, 6);
    }
    // A surrogate means something only as the first of a pair.
    let low = if raw.get(6..8) == Some(b"\\u") { hex(raw.get(8..12)) } else { None };
    match (high, low) {
        (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
            let letter = char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            (letter.unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    digits?.iter().try_fold(0, |value, &digit| Some(value * 16 + (digit as char).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_escapes_as_serde_json_does() {
        for raw in [r"a\nb", r"\u00e9\ud83d\ude00", r#"\"\\\/"#, "plain é"] {
            let want: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
            assert_eq!(unescape(raw.as_bytes()), want);
        }
    }

    #[test]
    fn survives_what_is_no_text() {
        assert_eq!(unescape(b"\\ud800x"), "\u{fffd}x");
        assert_eq!(unescape(b"\\u12"), "\u{fffd}12");
        assert_eq!(unescape(b"a\\"), "a\u{fffd}");
        assert_eq!(unescape(b"\\\xff"), "\u{fffd}\u{fffd}");
        assert_eq!(unescape(b"\xff"), "\u{fffd}");
    }
}
