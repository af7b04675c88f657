//! Any file through a map: JSON and lines of JSON by their strings, all else as text.

use std::borrow::Cow;

use super::map::Map;
use super::words::WORDS;
use crate::json::{Expected, Fault, unescape};

/// Maps a file. In JSON, keys that are fields stay, and so do words of a trace's verdict.
pub fn apply(map: &Map, bytes: &[u8]) -> Vec<u8> {
    if let Some(out) = json(map, bytes) {
        return out;
    }
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match json(map, line.as_bytes()) {
            Some(json) if line.trim_start().starts_with(['{', '[']) => {
                out.push_str(&String::from_utf8_lossy(&json))
            }
            _ if is_heading(line) => out.push_str(line),
            _ => out.push_str(&map.text(line)),
        }
    }
    out.into_bytes()
}

/// Leads a redacted document back, by a map that was [`Map::reversed`]. What stands for a name stands for it wherever it
/// is: keys, verdicts and long numbers as well.
pub fn restore(back: &Map, bytes: &[u8]) -> Vec<u8> {
    if let Some(out) = pass(back, bytes, true) {
        return out;
    }
    let text = String::from_utf8_lossy(bytes);
    let mut out = Vec::with_capacity(bytes.len());
    for line in text.split_inclusive('\n') {
        match pass(back, line.as_bytes(), true) {
            Some(json) => out.extend(json),
            None => out.extend_from_slice(back.text(line).as_bytes()),
        }
    }
    out
}

/// The titles of a table: words in capitals alone.
fn is_heading(line: &str) -> bool {
    let words = line.split_whitespace().count();
    words > 1 && line.bytes().all(|it| it.is_ascii_uppercase() || b" \t\r\n-/".contains(&it))
}

/// One JSON value, or several; `None` where it is none.
fn json(map: &Map, bytes: &[u8]) -> Option<Vec<u8>> {
    pass(map, bytes, false)
}

fn pass(map: &Map, bytes: &[u8], back: bool) -> Option<Vec<u8>> {
    let first = bytes.iter().find(|it| !it.is_ascii_whitespace())?;
    if !matches!(first, b'{' | b'[') {
        return None;
    }
    let mut pass =
        Pass { map, back, bytes, at: 0, written: 0, out: Vec::with_capacity(bytes.len()), open: Vec::new() };
    pass.run().ok()?;
    pass.out.extend_from_slice(&bytes[pass.written..]);
    Some(pass.out)
}

struct Pass<'p> {
    map: &'p Map,
    /// The map leads back.
    back: bool,
    bytes: &'p [u8],
    at: usize,
    written: usize,
    out: Vec<u8>,
    /// The containers that are open: the key of each, and the key within it that was read last.
    open: Vec<(bool, Box<str>, Box<str>)>,
}

impl Pass<'_> {
    fn run(&mut self) -> Result<(), Fault> {
        let fault =
            |at: usize| Fault { at: u32::try_from(at).unwrap_or(u32::MAX), expected: Expected::Value };
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'{' | b'[' => {
                    let key = self.open.last().map_or_else(Box::default, |(_, own, key)| {
                        if key.is_empty() { own.clone() } else { key.clone() }
                    });
                    self.open.push((*byte == b'{', key, Box::default()));
                }
                b'}' | b']' => {
                    let open = self.open.pop().ok_or(fault(self.at))?;
                    if open.0 != (*byte == b'}') {
                        return Err(fault(self.at));
                    }
                }
                b'"' => {
                    self.string().ok_or(fault(self.at))?;
                    continue;
                }
                b' ' | b'\n' | b'\r' | b'\t' | b',' | b':'
                    if self.open.is_empty() && matches!(byte, b',' | b':') =>
                {
                    return Err(fault(self.at));
                }
                b' ' | b'\n' | b'\r' | b'\t' | b',' | b':' => {}
                b'0'..=b'9' if self.back && !self.open.is_empty() => {
                    self.number();
                    continue;
                }
                b'0'..=b'9' | b'-' | b'+' | b'.' | b'a'..=b'z' | b'E' if !self.open.is_empty() => {}
                _ => return Err(fault(self.at)),
            }
            self.at += 1;
        }
        if self.open.is_empty() { Ok(()) } else { Err(fault(self.at)) }
    }

    /// A number of many digits stands for another.
    fn number(&mut self) {
        let start = self.at;
        let digits = self.bytes[start..].iter().take_while(|it| it.is_ascii_digit()).count();
        self.at += digits;
        let text = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or_default();
        let part =
            |at: Option<usize>| at.and_then(|it| self.bytes.get(it)).is_some_and(|it| b".eE+".contains(it));
        let whole = !part(start.checked_sub(1)) && !part(Some(self.at));
        if let Some(new) = self.map.code(text).filter(|_| whole && digits > 5) {
            self.out.extend_from_slice(&self.bytes[self.written..start]);
            self.out.extend_from_slice(new.as_bytes());
            self.written = self.at;
        }
    }

    fn string(&mut self) -> Option<()> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            at += memchr::memchr2(b'"', b'\\', self.bytes.get(at..)?)?;
            if self.bytes[at] == b'"' {
                break;
            }
            at += 2;
        }
        let end = at + 1;
        let text = unescape(&self.bytes[start + 1..at]);
        let next = self.bytes[end..].iter().find(|it| !it.is_ascii_whitespace());
        let (object, own, key) = self.open.last_mut()?;
        let new = if self.back {
            self.map.text(&text)
        } else if *object && next == Some(&b':') {
            *key = text.as_ref().into();
            self.map.key(own, &text)
        } else {
            let name: &str = if *object { key } else { own };
            self.map.value(name, &text)
        };
        if new != text {
            let new = serde_json::to_vec(&new).ok()?;
            self.out.extend_from_slice(&self.bytes[self.written..start]);
            self.out.extend_from_slice(&new);
            self.written = end;
        }
        self.at = end;
        Some(())
    }
}

impl Map {
    /// A key of JSON: mapped where it is data.
    fn key<'t>(&self, parent: &str, key: &'t str) -> Cow<'t, str> {
        let field = crate::json::snake(parent);
        if matches!(&*field, "headers" | "request_headers" | "response_headers") {
            return self.header(key);
        }
        let data = WORDS.maps.contains(field.as_str())
            || key.bytes().any(|it| !it.is_ascii_alphanumeric() && !b"_@".contains(&it));
        if data && !WORDS.public_key(key) { self.text(key) } else { Cow::Borrowed(key) }
    }

    /// A value of JSON, with what a request's and a verdict's words say in mind.
    fn value<'t>(&self, key: &str, text: &'t str) -> Cow<'t, str> {
        match key {
            "outcome" | "kind" | "direction" | "method" | "flags" | "proto" | "@type" | "type_url"
            | "typeUrl" => Cow::Borrowed(text),
            "alpn" if WORDS.values.contains(text) => Cow::Borrowed(text),
            // Before the bracket stands Envoy's own reason.
            "details" | "conn" => match text.find(['[', '{']) {
                Some(at) => Cow::Owned(text[..at].to_owned() + &self.text(&text[at..])),
                None => Cow::Borrowed(text),
            },
            _ => self.text(text),
        }
    }
}
