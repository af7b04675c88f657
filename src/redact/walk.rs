//! One pass over a JSON document that says of every string what is to be done with it, and writes the document again with
//! what it is told: numbers, blanks, the order and spelling of fields stay as they are. Nothing is kept but the places
//! that are open.

use std::collections::HashMap;

use super::pieces::public_type;
use super::report::{PathId, Paths};
use super::rule::{Around, Field, Header, Place, Rule, World, decide, removes};
use super::secret;
use super::words::WORDS;
use crate::json::{Expected, Fault, Span, pluck, pluck_text, unescape};

/// Is told what a document holds, and says what is to be written instead.
pub(super) trait Visit {
    /// Whether what it says is written; else nothing is.
    const WRITES: bool = true;
    /// A string; `None` leaves it as it is.
    fn string(&mut self, rule: Rule, text: &str, place: Spot<'_>) -> Option<String>;
    /// A key that is data.
    fn key(&mut self, rule: Rule, text: &str, place: Spot<'_>) -> Option<String>;
    /// A number where no schema is known, or a secret.
    fn number(&mut self, text: &str, secret: bool) -> Option<String>;
}

/// Where a string stands.
#[derive(Clone, Copy)]
pub(super) struct Spot<'w> {
    pub path: PathId,
    /// The offset of its quote.
    pub at: u32,
    pub world: World,
    /// The field's own name, or nothing.
    pub field: &'w str,
}

/// Fields and paths that were seen: shared by the documents of a capture.
#[derive(Default)]
pub(super) struct Seen {
    fields: Vec<Field>,
    by_key: HashMap<(Box<[u8]>, bool), usize>,
    pub paths: Paths,
}

impl Seen {
    fn field(&mut self, raw: &[u8], data: bool) -> usize {
        if let Some(at) = self.by_key.get(&(raw, data) as &dyn Key) {
            return *at;
        }
        let mut field = Field::of(&unescape(raw));
        if data {
            field = Field {
                name: "".into(),
                value: false,
                map: false,
                free: false,
                headers: false,
                header: false,
                ..field
            };
        }
        self.fields.push(field);
        self.by_key.insert((raw.into(), data), self.fields.len() - 1);
        self.fields.len() - 1
    }
}

/// Lets a pair be looked up without being made.
trait Key {
    fn pair(&self) -> (&[u8], bool);
}

impl Key for (Box<[u8]>, bool) {
    fn pair(&self) -> (&[u8], bool) {
        (&self.0, self.1)
    }
}

impl Key for (&[u8], bool) {
    fn pair(&self) -> (&[u8], bool) {
        *self
    }
}

impl std::hash::Hash for dyn Key + '_ {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.pair().hash(state);
    }
}

impl PartialEq for dyn Key + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.pair() == other.pair()
    }
}

impl Eq for dyn Key + '_ {}

impl<'k> std::borrow::Borrow<dyn Key + 'k> for (Box<[u8]>, bool) {
    fn borrow(&self) -> &(dyn Key + 'k) {
        self
    }
}

/// Deeper documents are refused whole.
const DEEPEST: usize = 200;
/// So far a message's type is looked for, where it does not stand first.
const NEAR: usize = 64 << 10;

struct Open {
    place: Place,
    path: PathId,
    start: usize,
    /// The field of the key that was read last.
    key: Option<usize>,
    /// Its path.
    key_path: PathId,
    /// It is a `TypedStruct`.
    typed_struct: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Due {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

pub(super) struct Walk<'b, 's, V> {
    bytes: &'b [u8],
    at: usize,
    seen: &'s mut Seen,
    visit: V,
    open: Vec<Open>,
    root: World,
    out: Vec<u8>,
    /// All before is written.
    written: usize,
}

/// Walks over the value that begins at `start`; returns what is written, and the byte after the value.
///
/// # Errors
/// The first byte that is no JSON, or where it is nested too deep.
pub(super) fn walk<V: Visit>(
    bytes: &[u8],
    start: usize,
    root: World,
    seen: &mut Seen,
    visit: V,
) -> Result<(Vec<u8>, usize), Fault> {
    // Codes are hardly longer than names: at once what will do, for memory that grows is there twice meanwhile.
    let size = bytes.len() - start.min(bytes.len());
    let out = if V::WRITES { Vec::with_capacity(size + size / 8) } else { Vec::new() };
    let mut walk = Walk { bytes, at: start, seen, visit, open: Vec::new(), root, out, written: start };
    walk.run()?;
    let end = walk.at;
    walk.flush(end);
    Ok((walk.out, end))
}

impl<V: Visit> Walk<'_, '_, V> {
    fn run(&mut self) -> Result<(), Fault> {
        let mut due = Due::Value;
        while due != Due::Nothing {
            while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
                self.at += 1;
            }
            let Some(byte) = self.bytes.get(self.at) else { return Err(self.fault(Expected::More)) };
            due = match (byte, due) {
                (b'"', Due::Key | Due::KeyOrEnd) => self.key()?,
                (b':', Due::Colon) => self.step(Due::Value),
                (b',', Due::CommaOrEnd) => {
                    let array = self.open.last().is_some_and(|it| it.place.array);
                    self.step(if array { Due::Value } else { Due::Key })
                }
                (b'}', Due::KeyOrEnd | Due::CommaOrEnd)
                    if self.open.last().is_some_and(|it| !it.place.array) =>
                {
                    self.close()
                }
                (b']', Due::ValueOrEnd | Due::CommaOrEnd)
                    if self.open.last().is_some_and(|it| it.place.array) =>
                {
                    self.close()
                }
                (b'{' | b'[', Due::Value | Due::ValueOrEnd) => self.begin(*byte == b'[')?,
                (b'"', Due::Value | Due::ValueOrEnd) => {
                    self.string()?;
                    self.after()
                }
                (_, Due::Value | Due::ValueOrEnd) => {
                    self.word()?;
                    self.after()
                }
                (_, Due::Key | Due::KeyOrEnd) => return Err(self.fault(Expected::Key)),
                (_, Due::Colon) => return Err(self.fault(Expected::Colon)),
                (_, Due::CommaOrEnd | Due::Nothing) => return Err(self.fault(Expected::CommaOrEnd)),
            };
        }
        Ok(())
    }

    fn step(&mut self, due: Due) -> Due {
        self.at += 1;
        due
    }

    fn after(&self) -> Due {
        if self.open.is_empty() { Due::Nothing } else { Due::CommaOrEnd }
    }

    fn fault(&self, expected: Expected) -> Fault {
        Fault { at: offset(self.at), expected }
    }

    fn flush(&mut self, to: usize) {
        if !V::WRITES {
            return;
        }
        self.out.extend_from_slice(&self.bytes[self.written..to]);
        self.written = to;
    }

    fn replace(&mut self, start: usize, end: usize, text: &str) {
        if !V::WRITES {
            return;
        }
        self.flush(start);
        // A string of JSON is what serde_json writes for one.
        serde_json::to_writer(&mut self.out, text).unwrap_or_default();
        self.written = end;
    }

    fn begin(&mut self, array: bool) -> Result<Due, Fault> {
        if self.open.len() == DEEPEST {
            return Err(self.fault(Expected::Value));
        }
        let start = self.at;
        let (place, path) = self.place(array);
        let mut open = Open { place, path, start, key: None, key_path: path, typed_struct: false };
        if !array {
            self.peek(&mut open);
        }
        self.open.push(open);
        Ok(self.step(if array { Due::ValueOrEnd } else { Due::KeyOrEnd }))
    }

    /// The place that opens here.
    fn place(&mut self, array: bool) -> (Place, PathId) {
        let Some(outer) = self.open.last() else {
            let place = Place {
                world: self.root,
                field: None,
                above: None,
                array,
                map: false,
                secret: None,
                header: Header::No,
                own: false,
            };
            return (place, PathId::ROOT);
        };
        let around = &outer.place;
        let element = around.array;
        let at = if element { around.field } else { outer.key };
        let above = if element { around.above } else { around.field };
        let path = if element { self.seen.paths.element(outer.path) } else { outer.key_path };
        let name = |at: Option<usize>| at.map_or("", |it| &*self.seen.fields[it].name);
        let mut place = Place {
            world: around.world,
            field: at,
            above,
            array,
            map: false,
            secret: around.secret,
            header: Header::No,
            own: false,
        };
        if let Some(field) = at.map(|it| &self.seen.fields[it]) {
            let parent = name(above);
            place.map = !element
                && !array
                && (field.map || &*field.name == "requires" && parent == "filter_state_rules");
            if field.headers && !place.map {
                place.header = Header::Unnamed;
            }
            place.secret = place.secret.or_else(|| removes(field, parent, around.world));
            if !element {
                place.world = match &*field.name {
                    _ if field.free => World::Free,
                    "metadata" if matches!(parent, "node" | "clients" | "user_agent_build_version") => {
                        World::Free
                    }
                    "match" if parent == "transport_socket_matches" => World::Free,
                    "value" if outer.typed_struct => {
                        if around.own {
                            World::Typed
                        } else {
                            World::Free
                        }
                    }
                    "config" if around.world == World::Typed && !around.own => World::Free,
                    "spec" => World::Typed,
                    _ => around.world,
                };
            }
        }
        (place, path)
    }

    /// Looks for the type of a message where it may have one: it decides how the rest is understood.
    fn peek(&self, open: &mut Open) {
        let near = (open.start + NEAR).min(self.bytes.len());
        let span = Span { start: offset(open.start), end: offset(near) };
        let typed = open.place.field.is_none_or(|it| {
            let name = &*self.seen.fields[it].name;
            name.ends_with("config")
                || name.ends_with("options")
                || name.is_empty()
                || matches!(name, "configs" | "typed_extension_config" | "value" | "resource" | "resources")
        });
        if !typed && open.place.world == World::Typed && open.place.header != Header::Unnamed {
            return;
        }
        let text = |key: &str| pluck_text(self.bytes, span, &[key]).map(|it| unescape(it.of(self.bytes)));
        if let Some(name) = text("@type") {
            let own = public_type(&name) == Some(name.len()) || name.starts_with("envoy.");
            let free = name.ends_with("google.protobuf.Struct") || name.ends_with("google.protobuf.Value");
            open.typed_struct = name.ends_with(".TypedStruct");
            open.place.own = own;
            open.place.world = if own && !free { World::Typed } else { World::Free };
        }
        if open.typed_struct {
            let inner = text("type_url");
            open.place.own = inner.is_some_and(|it| public_type(&it) == Some(it.len()));
        }
        if open.place.header == Header::Unnamed
            && let Some(name) = text("key").or_else(|| text("name")).or_else(|| text("header_name"))
        {
            open.place.header = if secret::is_header(&name) { Header::Secret } else { Header::Plain };
        }
    }

    fn close(&mut self) -> Due {
        self.open.pop();
        self.at += 1;
        self.after()
    }

    fn key(&mut self) -> Result<Due, Fault> {
        let (start, end) = self.quoted()?;
        let raw = &self.bytes[start + 1..end - 1];
        let Some(open) = self.open.last() else { return Err(self.fault(Expected::Value)) };
        let (place, path, outer) = (&open.place, open.path, open.place.field);
        let at = self.seen.field(raw, false);
        let field = &self.seen.fields[at];
        let schema = match place.world {
            World::Typed => field.field,
            World::Free => field.known,
        };
        let data = place.map || !schema;
        let map = place.world;
        if data {
            let text = unescape(raw);
            let public = WORDS.public_key(&text) || public_type(&text) == Some(text.len()) || &*text == "*";
            let at = self.seen.field(raw, true);
            let key_path = self.seen.paths.data(path);
            if !public {
                let parent = outer.map_or("", |it| &*self.seen.fields[it].name);
                let above = open.place.above.map_or("", |it| &*self.seen.fields[it].name);
                let rule = match parent {
                    "headers" | "request_headers" | "response_headers" | "without_headers" => Rule::Header,
                    "map" if above == "prefix_match_map" => Rule::Matcher(super::cuts::Edge::Prefix),
                    _ => Rule::Text,
                };
                let spot = Spot { path: key_path, at: offset(start), world: map, field: "" };
                if let Some(new) = self.visit.key(rule, &text, spot) {
                    self.replace(start, end, &new);
                }
            }
            self.set_key(at, key_path);
        } else {
            let key_path = self.seen.paths.field(path, at, raw);
            self.set_key(at, key_path);
        }
        self.at = end;
        Ok(Due::Colon)
    }

    fn set_key(&mut self, at: usize, path: PathId) {
        // A name of Envoy's own says that an old `config` beside it is of a known schema.
        if let Some(open) = self.open.last_mut() {
            open.key = Some(at);
            open.key_path = path;
        }
    }

    fn string(&mut self) -> Result<(), Fault> {
        let (start, end) = self.quoted()?;
        let raw = &self.bytes[start + 1..end - 1];
        let text = unescape(raw);
        let (rule, path, world, at) = match self.open.last() {
            None => (Rule::Text, PathId::ROOT, self.root, None),
            Some(open) => {
                let place = &open.place;
                let (at, parent, above) = if place.array {
                    (place.field, place.above, None)
                } else {
                    (open.key, place.field, place.above)
                };
                let name = |at: Option<usize>| at.map_or("", |it| &*self.seen.fields[it].name);
                let around = Around {
                    field: at.map(|it| &self.seen.fields[it]),
                    parent: name(parent),
                    above: name(above),
                };
                let rule = match decide(&around, place) {
                    Rule::Text if name(at) == "address_prefix" => self.network(open.start),
                    rule => rule,
                };
                let path = if place.array { self.seen.paths.element(open.path) } else { open.key_path };
                (rule, path, place.world, at)
            }
        };
        let field = at.map_or("", |it| &*self.seen.fields[it].name);
        let own = field == "name" && text.starts_with("envoy.");
        let spot = Spot { path, at: offset(start), world, field };
        if let Some(new) = self.visit.string(rule, &text, spot) {
            self.replace(start, end, &new);
        }
        if own && let Some(open) = self.open.last_mut() {
            open.place.own = true;
        }
        self.at = end;
        Ok(())
    }

    /// An address and the length beside it.
    fn network(&self, start: usize) -> Rule {
        let span = Span { start: offset(start), end: offset((start + 1024).min(self.bytes.len())) };
        let length = pluck(self.bytes, span, &["prefix_len"])
            .and_then(|it| std::str::from_utf8(it.of(self.bytes)).ok()?.parse().ok());
        length.map_or(Rule::Text, Rule::Network)
    }

    fn word(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let rest = &self.bytes[start..];
        let word = [&b"true"[..], b"false", b"null"].into_iter().find(|it| rest.starts_with(it));
        if let Some(word) = word {
            self.at += word.len();
        } else {
            self.at += rest
                .iter()
                .take_while(|it| matches!(it, b'-' | b'+' | b'.' | b'0'..=b'9' | b'e' | b'E'))
                .count();
        }
        let ends = self.bytes.get(self.at).is_none_or(|it| b" \n\r\t,]}".contains(it));
        if self.at == start || !ends {
            return Err(Fault { at: offset(start), expected: Expected::Value });
        }
        let Some(open) = self.open.last() else { return Ok(()) };
        let at = if open.place.array { open.place.field } else { open.key };
        let named = at.is_some_and(|it| self.seen.fields[it].secret);
        let secret = open.place.secret.is_some() || named && open.place.world == World::Free;
        if word.is_none() && (secret || open.place.world == World::Free) {
            let text = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or("0");
            if let Some(new) = self.visit.number(text, secret) {
                let end = self.at;
                self.flush(start);
                self.out.extend_from_slice(new.as_bytes());
                self.written = end;
            }
        }
        Ok(())
    }

    /// The string that begins here: its quotes' offsets, the second's end.
    fn quoted(&self) -> Result<(usize, usize), Fault> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
                return Err(self.fault(Expected::Quote));
            };
            at += found;
            if self.bytes[at] == b'"' {
                return Ok((start, at + 1));
            }
            at += 2;
        }
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
