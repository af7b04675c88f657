//! A text taken apart: addresses, identifiers of a fixed form, public phrases, and tokens with what stands between.
//!
//! The same walk collects and replaces, so nothing is replaced that was not collected. It maps token by token
//! (letters and digits; whatever separates them stays), therefore `reviews`, `reviews.default.svc` and
//! `outbound_.9080_._.reviews.default.svc.cluster.local` stay linked without anybody knowing their grammar.

use super::address::{self, Found};
use super::words::{WORDS, goes_on, is_version};

/// How a text is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Mode {
    /// A version: four numbers with dots are no address.
    pub version: bool,
    /// The name of a header field: the short standard ones are kept.
    pub header: bool,
    /// Tokens are whole labels, their hyphens within.
    pub strict: bool,
}

/// Who is told what a text consists of, and writes what stands for it.
pub(super) trait Names {
    /// A token that is no public word.
    fn token(&mut self, token: &str, out: &mut String);
    /// A token that is one, and is written as it is.
    fn public(&mut self, _token: &str) {}
    /// What begins at `at` and is written as it is, whatever its tokens are: its size, or 0.
    fn phrase(&mut self, _text: &str, _at: usize) -> usize {
        0
    }
    /// An address.
    fn address(&mut self, found: Found, out: &mut String);
    /// Hexadecimal digits in a fixed form: a UUID, a MAC address.
    fn digits(&mut self, text: &str, out: &mut String);
}

/// Takes `text` apart and writes what stands for it.
pub(super) fn scan(text: &str, mode: Mode, names: &mut (impl Names + ?Sized), out: &mut String) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let before = at.checked_sub(1).map(|it| bytes[it]);
        let begins = before.is_none_or(|it| !it.is_ascii_alphanumeric() && it.is_ascii());
        let rest = &text[at..];
        let size = if begins { whole(text, at, mode, names, out) } else { 0 };
        if size > 0 {
            at += size;
            continue;
        }
        if bytes[at] == b'%' {
            at += percent(rest, mode, names, out);
            continue;
        }
        if in_token(bytes[at]) {
            at += token(rest, mode, before, names, out);
            continue;
        }
        out.push(char::from(bytes[at]));
        at += 1;
    }
}

/// A letter or digit; all that is not ASCII counts as one.
fn in_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// What is more than a token and begins at `at`: its size, or 0.
fn whole(text: &str, at: usize, mode: Mode, names: &mut (impl Names + ?Sized), out: &mut String) -> usize {
    let rest = &text[at..];
    let bytes = rest.as_bytes();
    let copy = |size: usize, out: &mut String| {
        out.push_str(&rest[..size]);
        size
    };
    if let Some(size) = timestamp(bytes) {
        return copy(size, out);
    }
    if let Some(size) = fixed(bytes) {
        names.digits(&rest[..size], out);
        return size;
    }
    if !mode.version
        && (bytes[0].is_ascii_hexdigit() || bytes[0] == b':')
        && at
            .checked_sub(2)
            .is_none_or(|it| !(text.as_bytes()[it].is_ascii_digit() && text.as_bytes()[it + 1] == b'.'))
        && let Some(found) = address::find(rest)
    {
        names.address(found, out);
        return found.size;
    }
    let size = names.phrase(text, at);
    if size > 0 {
        return copy(size, out);
    }
    let alone = at.checked_sub(1).is_none_or(|it| !goes_on(text.as_bytes()[it]));
    if alone {
        if let Some(size) = WORDS.phrase(rest) {
            return copy(size, out);
        }
        if let Some(size) = public_type(rest) {
            return copy(size, out);
        }
        if rest.starts_with("envoy.") {
            return extension(rest, names, out);
        }
    }
    0
}

/// `type.googleapis.com/envoy…`, `…/google.protobuf…`: how messages that everybody knows are called.
pub(super) fn public_type(rest: &str) -> Option<usize> {
    let name = rest.strip_prefix("type.googleapis.com/")?;
    let known = ["envoy.", "google.protobuf.", "google.rpc.", "google.api.", "udpa.", "xds.", "istio.envoy."];
    let size = name.bytes().take_while(|it| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_')).count();
    known.iter().any(|it| name.starts_with(it)).then_some(rest.len() - name.len() + size)
}

/// `envoy.filters.http.router`: its known words stay.
fn extension(rest: &str, names: &mut (impl Names + ?Sized), out: &mut String) -> usize {
    let size = rest.bytes().take_while(|it| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_')).count();
    let name = &rest[..size];
    let second = name.split('.').nth(1).unwrap_or_default();
    if !second.split('_').all(|it| WORDS.extensions.contains(it)) || second.is_empty() {
        return 0;
    }
    for part in name.split_inclusive(['.', '_']) {
        let word = part.trim_end_matches(['.', '_']);
        if word.is_empty() || WORDS.extensions.contains(word) || word == "envoy" {
            out.push_str(word);
        } else {
            plain(word, Mode::default(), names, out);
        }
        out.push_str(&part[word.len()..]);
    }
    size
}

/// RFC 3339, the date first.
fn timestamp(bytes: &[u8]) -> Option<usize> {
    const FORM: &[u8; 19] = b"0000-00-00T00:00:00";
    let fits = bytes.len() > 19
        && FORM
            .iter()
            .zip(bytes)
            .all(|(form, it)| if *form == b'0' { it.is_ascii_digit() } else { it == form });
    if !fits {
        return None;
    }
    let mut at = 19;
    if bytes.get(at) == Some(&b'.') {
        at += 1 + bytes[at + 1..].iter().take(9).take_while(|it| it.is_ascii_digit()).count();
    }
    match bytes.get(at)? {
        b'Z' => Some(at + 1),
        b'+' | b'-' if bytes.get(at + 3) == Some(&b':') => Some((at + 6).min(bytes.len())),
        _ => None,
    }
}

/// A UUID or a MAC address.
fn fixed(bytes: &[u8]) -> Option<usize> {
    let fits = |groups: &[usize], joint: u8| {
        let mut at = 0;
        for (index, size) in groups.iter().enumerate() {
            if index > 0 {
                if bytes.get(at) != Some(&joint) {
                    return None;
                }
                at += 1;
            }
            if !bytes.get(at..at + size)?.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            at += size;
        }
        bytes.get(at).is_none_or(|it| !in_token(*it) && *it != joint).then_some(at)
    };
    fits(&[8, 4, 4, 4, 12], b'-').or_else(|| fits(&[2; 6], b':')).or_else(|| fits(&[2; 6], b'-'))
}

/// A percent sign: an operator of an access log, a byte in hexadecimal, or just one.
fn percent(rest: &str, mode: Mode, names: &mut (impl Names + ?Sized), out: &mut String) -> usize {
    let after = &rest[1..];
    let word =
        after.bytes().take_while(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || *it == b'_').count();
    let ends = after.as_bytes().get(word).is_some_and(|it| matches!(it, b'%' | b'(' | b':'));
    if ends && WORDS.operators.contains(&after[..word]) {
        out.push('%');
        out.push_str(&after[..word]);
        let Some(inside) = after[word..].strip_prefix('(') else {
            let closed = after[word..].starts_with('%');
            out.push_str(if closed { "%" } else { "" });
            return 1 + word + usize::from(closed);
        };
        let Some(end) = inside.find(')') else { return 1 + word };
        out.push('(');
        if is_clock(&inside[..end]) {
            out.push_str(&inside[..end]);
        } else {
            scan(&inside[..end], Mode { header: true, ..mode }, names, out);
        }
        out.push(')');
        return word + end + 3;
    }
    if let Some(byte) = escaped(rest) {
        if in_token(byte) {
            return token(rest, mode, None, names, out);
        }
        out.push_str(&rest[..3]);
        return 3;
    }
    out.push('%');
    1
}

/// The byte of `%2F`.
fn escaped(rest: &str) -> Option<u8> {
    let digits = rest.strip_prefix('%')?.get(..2)?;
    digits.bytes().all(|it| it.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
}

/// Whether a text is nothing but a clock's format: `%Y-%m-%dT%H:%M:%S.%3f`, `[%T.%e][%t][%l]`.
pub(super) fn is_clock(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                at += 1 + bytes[at + 1..].iter().take(1).take_while(|it| it.is_ascii_digit()).count();
                at += usize::from(bytes.get(at).is_some_and(|it| it.is_ascii_alphabetic()));
            }
            b'T' | b'Z' => at += 1,
            it if in_token(it) => return false,
            _ => at += 1,
        }
    }
    text.contains('%')
}

/// One token: its size.
fn token(
    rest: &str,
    mode: Mode,
    before: Option<u8>,
    names: &mut (impl Names + ?Sized),
    out: &mut String,
) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    let mut decoded: Option<String> = None;
    while let Some(byte) = bytes.get(at) {
        if in_token(*byte) {
            let size = rest[at..].chars().next().map_or(1, char::len_utf8);
            if let Some(text) = &mut decoded {
                text.push_str(&rest[at..at + size]);
            }
            at += size;
        } else if let Some(byte) = escaped(&rest[at..]).filter(|it| in_token(*it)) {
            // What a letter written so belongs to is a token like any other.
            decoded.get_or_insert_with(|| rest[..at].to_owned()).push(char::from(byte));
            at += 3;
        } else if mode.strict && *byte == b'-' && at > 0 && bytes.get(at + 1).is_some_and(|it| in_token(*it))
        {
            if let Some(text) = &mut decoded {
                text.push('-');
            }
            at += 1;
        } else {
            break;
        }
    }
    let raw = &rest[..at];
    let text = decoded.as_deref().unwrap_or(raw);
    let header = mode.header
        && before.is_none_or(|it| !goes_on(it))
        && bytes.get(at).is_none_or(|it| !goes_on(*it))
        && WORDS.header.contains(text.to_ascii_lowercase().as_str());
    if header {
        out.push_str(raw);
    } else if decoded.is_some() {
        // Encoded again, for to Envoy the two may be different.
        let mut new = String::new();
        plain(text, mode, names, &mut new);
        match new.bytes().next().filter(|_| new != text) {
            Some(first) if first.is_ascii() => {
                out.push_str(&format!("%{first:02X}"));
                out.push_str(&new[1..]);
            }
            Some(_) => out.push_str(&new),
            None => out.push_str(raw),
        }
    } else {
        plain(text, mode, names, out);
    }
    at
}

fn plain(token: &str, mode: Mode, names: &mut (impl Names + ?Sized), out: &mut String) {
    let public = if mode.strict { token.split('-').all(is_public) } else { is_public(token) };
    if public {
        names.public(token);
        out.push_str(token);
    } else {
        names.token(token, out);
    }
}

/// Whether a token is a public word, a short number or a version.
pub(super) fn is_public(token: &str) -> bool {
    if is_number(token) && token.len() <= 5 || is_version(token) || WORDS.exact.contains(token) {
        return true;
    }
    let mut lower = [0u8; 32];
    let Some(lower) = lower.get_mut(..token.len()) else { return false };
    lower.copy_from_slice(token.as_bytes());
    lower.make_ascii_lowercase();
    std::str::from_utf8(lower).is_ok_and(|it| WORDS.tokens.contains(it))
}

/// Whether it is all digits.
pub(super) fn is_number(token: &str) -> bool {
    token.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes what it is told in brackets.
    struct Marks;

    impl Names for Marks {
        fn token(&mut self, token: &str, out: &mut String) {
            out.push_str(&format!("<{token}>"));
        }
        fn address(&mut self, found: Found, out: &mut String) {
            out.push_str(&format!(
                "<{}{}>",
                found.ip,
                found.length.map_or(String::new(), |it| format!("/{it}"))
            ));
        }
        fn digits(&mut self, text: &str, out: &mut String) {
            out.push_str(&format!("<#{text}>"));
        }
    }

    fn marked(text: &str) -> String {
        let mut out = String::new();
        scan(text, Mode::default(), &mut Marks, &mut out);
        out
    }

    #[test]
    fn texts_are_taken_apart() {
        for (text, want) in [
            (
                "outbound|9080|v1|reviews.default.svc.cluster.local",
                "outbound|9080|v1|<reviews>.default.svc.cluster.local",
            ),
            (
                "outbound_.9080_._.reviews.default.svc.cluster.local",
                "outbound_.9080_._.<reviews>.default.svc.cluster.local",
            ),
            ("10.96.1.1_31400", "<10.96.1.1>_31400"),
            ("ip-10-0-1-2.ec2.internal", "<ip>-<10.0.1.2>.<ec2>.<internal>"),
            ("[2001:db8::1]:80", "[<2001:db8::1>]:80"),
            ("10.0.0.0/8", "<10.0.0.0/8>"),
            ("spiffe://td.acme/ns/shop/sa/web", "spiffe://<td>.<acme>/ns/<shop>/sa/<web>"),
            ("2026-11-23T14:51:02Z/1", "2026-11-23T14:51:02Z/1"),
            ("d9479e49-fb19-4d1b-809b-aae31d7d0c2c", "<#d9479e49-fb19-4d1b-809b-aae31d7d0c2c>"),
            (
                "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %REQ(X-ACME)% hi",
                "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %REQ(X-<ACME>)% <hi>",
            ),
            ("%START_TIME(%Y-%m-%d)%", "%START_TIME(%Y-%m-%d)%"),
            ("%68unter%2Fx", "%3Chunter>%2Fx"),
            ("a%31", "<a1>".replace('<', "%3C").as_str()),
            ("%31", "%31"),
            ("user-agent", "user-agent"),
            ("user-agent-x", "<user>-<agent>-x"),
            ("envoy.filters.http.router", "envoy.filters.http.router"),
            ("envoy.filters.http.acme_auth", "envoy.filters.http.<acme>_auth"),
            ("envoy.acme.com", "envoy.<acme>.<com>"),
            (
                "type.googleapis.com/envoy.config.cluster.v3.Cluster",
                "type.googleapis.com/envoy.config.cluster.v3.Cluster",
            ),
            ("ns[shop]-policy[allow-x]-rule[0]", "ns[<shop>]-policy[<allow>-x]-rule[0]"),
            ("jürgen@example.com", "<jürgen>@<example>.<com>"),
            ("123456789012", "<123456789012>"),
        ] {
            assert_eq!(marked(text), want, "{text}");
        }
    }
}
