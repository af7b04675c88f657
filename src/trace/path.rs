//! Paths: query and fragment, normalising, slashes (source/common/http/path_utility.cc; the canonical form is
//! googleurl's, url/url_canon_path.cc).

/// The path without query and fragment.
pub(super) fn without_query(path: &str) -> &str {
    path.find(['?', '#']).map_or(path, |at| &path[..at])
}

/// A path and its query, the question mark with the query.
fn split_query(path: &str) -> (&str, &str) {
    path.find('?').map_or((path, ""), |at| path.split_at(at))
}

/// Escaped slashes and backslashes unescaped, in the path alone; `None` where there are none.
pub(super) fn unescape_slashes(path: &str) -> Option<String> {
    let (path, query) = split_query(path);
    let mut out = String::with_capacity(path.len() + query.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        let (before, escaped) = rest.split_at(at);
        out.push_str(before);
        let plain = match escaped.get(..3) {
            Some("%2F" | "%2f") => Some('/'),
            Some("%5C" | "%5c") => Some('\\'),
            _ => None,
        };
        out.push(plain.unwrap_or('%'));
        rest = &escaped[if plain.is_some() { 3 } else { 1 }..];
    }
    out.push_str(rest);
    let found = out.len() != path.len();
    out.push_str(query);
    found.then_some(out)
}

/// Many slashes in a row are one, in the path alone.
pub(super) fn merge_slashes(path: &str) -> String {
    let (plain, query) = split_query(path);
    if !plain.contains("//") {
        return path.to_owned();
    }
    let start = if plain.starts_with('/') { "/" } else { "" };
    let end = if plain.ends_with('/') { "/" } else { "" };
    let parts: Vec<&str> = plain.split('/').filter(|it| !it.is_empty()).collect();
    format!("{start}{}{end}{query}", parts.join("/"))
}

/// The canonical path: dot segments resolved, unreserved signs unescaped, others escaped. `None` for a path that has
/// none (an escaped NUL).
pub(super) fn canonical(path: &str) -> Option<String> {
    let stripped = strip_dot_parameters(path);
    let (plain, query) = split_query(&stripped);
    let mut out = Canon::default().write(plain.as_bytes())?;
    out.push_str(query);
    Some(out)
}

/// `/..;x/` is `/../` to canonicalisation (`strip_dotdot_segments_with_parameters`).
fn strip_dot_parameters(path: &str) -> String {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let (plain, rest) = path.split_at(end);
    if !plain.contains(".;") {
        return path.to_owned();
    }
    let parts: Vec<&str> = plain
        .split('/')
        .map(|part| match part {
            _ if part.starts_with("..;") => "..",
            _ if part.starts_with(".;") => ".",
            _ => part,
        })
        .collect();
    parts.join("/") + rest
}

/// A canonical path in the making. Always begins with a slash.
#[derive(Default)]
struct Canon {
    out: Vec<u8>,
    /// Where the last percent sign stands that escapes nothing.
    bare_percent: Option<usize>,
}

impl Canon {
    fn write(mut self, path: &[u8]) -> Option<String> {
        let mut at = 0;
        if !path.first().is_some_and(|it| slash(*it)) {
            self.out.push(b'/');
        }
        while let Some(&byte) = path.get(at) {
            let dot = dot(&path[at..]);
            if dot > 0 {
                at += self.dots(&path[at..], dot);
                continue;
            }
            at += 1;
            match byte {
                b'\\' => self.out.push(b'/'),
                b'%' => at += self.percent(&path[at..])?,
                0 => return None,
                _ if escaped(byte) => self.escape(byte),
                _ => self.out.push(byte),
            }
        }
        String::from_utf8(self.out).ok()
    }

    fn escape(&mut self, byte: u8) {
        self.out.extend(format!("%{byte:02X}").bytes());
    }

    /// A dot after a slash may be a directory; how many bytes of the input are done.
    fn dots(&mut self, path: &[u8], length: usize) -> usize {
        let after = &path[length..];
        if self.out.last() != Some(&b'/') {
            self.out.push(b'.');
            return length;
        }
        match after.first() {
            None => return length,
            Some(byte) if slash(*byte) => return length + 1,
            _ => {}
        }
        let second = dot(after);
        let next = after.get(second);
        if second > 0 && next.is_none_or(|byte| slash(*byte)) {
            self.up();
            return length + second + usize::from(next.is_some());
        }
        self.out.push(b'.');
        length
    }

    /// Back to the slash before the last one.
    fn up(&mut self) {
        let Some((_, before)) = self.out.split_last() else { return };
        if let Some(slash) = before.iter().rposition(|byte| *byte == b'/') {
            self.out.truncate(slash + 1);
        }
    }

    /// An escape, of which the percent sign is read; how many more bytes are done.
    fn percent(&mut self, rest: &[u8]) -> Option<usize> {
        let Some(value) = hex(rest) else {
            self.bare_percent = Some(self.out.len());
            self.out.push(b'%');
            return Some(0);
        };
        match value {
            0 => return None,
            value if unreserved(value) => {
                self.out.push(value);
                if self.bare_percent.is_some_and(|at| at + 3 >= self.out.len()) {
                    self.nested(rest.get(2).copied());
                }
            }
            // Kept as it is, its case too: servers may care.
            _ => {
                self.out.push(b'%');
                self.out.extend(&rest[..2]);
            }
        }
        Some(2)
    }

    /// What was just unescaped must not make an escape together with a bare percent sign: that becomes `%25`.
    fn nested(&mut self, next: Option<u8>) {
        let Some(begin) = self.bare_percent else { return };
        let length = self.out.len();
        let last = self.out[length - 1];
        let one = begin + 2 == length;
        if one {
            match next.filter(u8::is_ascii) {
                Some(byte) => self.out.push(byte),
                None => return,
            }
        }
        if hex(&self.out[begin + 1..]).is_some() {
            if !one {
                let first = self.out[begin + 1];
                self.out.push(first);
            }
            self.out[begin + 1] = b'2';
            self.out[begin + 2] = b'5';
            self.out.push(last);
        } else if one {
            self.out.truncate(length);
        }
    }
}

fn slash(byte: u8) -> bool {
    byte == b'/' || byte == b'\\'
}

/// How long the dot at the start is, written out or escaped; 0 for none.
fn dot(path: &[u8]) -> usize {
    match path {
        [b'.', ..] => 1,
        [b'%', b'2', b'e' | b'E', ..] => 3,
        _ => 0,
    }
}

/// With its escapes undone (source/common/http/utility.cc, PercentEncoding::decode).
pub(super) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match hex(&bytes[at + 1..]).filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(bytes: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    Some(digit(bytes.first()?)? * 16 + digit(bytes.get(1)?)?)
}

fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Whether a byte is written escaped.
fn escaped(byte: u8) -> bool {
    byte <= b' ' || byte >= 0x7f || b"\"#<>?`{}^|".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_paths() {
        for (path, want) in [
            ("/a/../b", Some("/b")),
            ("/a/./b/", Some("/a/b/")),
            ("/..", Some("/")),
            ("/a/..", Some("/")),
            ("/a/b/..", Some("/a/")),
            ("/%2e%2E/x", Some("/x")),
            ("/%72eviews", Some("/reviews")),
            ("/a%2fb%2Fc", Some("/a%2fb%2Fc")),
            ("/any\\x", Some("/any/x")),
            ("/a%00", None),
            ("/a b?c d", Some("/a%20b?c d")),
            ("/a..b/.c", Some("/a..b/.c")),
            ("//a", Some("//a")),
            ("/a/..;x/b", Some("/b")),
            ("/%%30%30", Some("/%2500")),
            ("/%zz", Some("/%zz")),
            ("/a?b/../c", Some("/a?b/../c")),
        ] {
            assert_eq!(canonical(path).as_deref(), want, "{path}");
        }
    }

    #[test]
    fn slashes() {
        assert_eq!(merge_slashes("//a///b//?c//d"), "/a/b/?c//d");
        assert_eq!(unescape_slashes("/a%2Fb%5cc?d%2f").as_deref(), Some("/a/b\\c?d%2f"));
        assert_eq!(unescape_slashes("/a%20b"), None);
        assert_eq!(without_query("/a#b?c"), "/a");
    }
}
