//! A resource as lines of protobuf's JSON.

use std::collections::BTreeMap;

use super::normalise::{Rule, field_name, is_absent, leaf};
use super::side::{Item, Section};
use crate::json::{Kind, Node, camel};
use crate::order::InOrder;

/// In which order a message's fields are written.
///
/// istioctl writes them as the protos declare them; so does a control plane's dump, and Envoy's orders them by number.
/// So the left side teaches the order, and what only the right one has comes after its predecessor there.
#[derive(Debug, Default)]
pub struct Order {
    /// By the field that a message is in: its own fields.
    fields: BTreeMap<String, Vec<String>>,
}

impl Order {
    /// Learns from a resource.
    pub fn learn(&mut self, of: Node<'_>) {
        self.message("", of);
    }

    fn message(&mut self, parent: &str, of: Node<'_>) {
        match of.kind() {
            Kind::Object => {
                let known = self.fields.entry(parent.to_owned()).or_default();
                let mut after = 0;
                for (key, _) in of.fields() {
                    let key = field_name(key);
                    match known.iter().position(|it| *it == key) {
                        Some(at) => after = at + 1,
                        None => {
                            known.insert(after, key.into_owned());
                            after += 1;
                        }
                    }
                }
                for (key, value) in of.fields() {
                    self.message(&field_name(key), value);
                }
            }
            Kind::Array => of.items().for_each(|item| self.message(parent, item)),
            _ => {}
        }
    }

    fn rank(&self, parent: &str, field: &str) -> usize {
        let known = self.fields.get(parent);
        known.and_then(|it| it.iter().position(|it| it == field)).unwrap_or(usize::MAX)
    }
}

/// The fields that a dump wraps a resource in.
fn wrapper(section: Section) -> &'static [&'static str] {
    match section {
        Section::Clusters => &["cluster"],
        Section::Listeners => &["activeState", "listener"],
        Section::Routes => &["routeConfig"],
        Section::Endpoints => &["endpointConfig"],
        Section::Secrets => &["secret"],
        Section::Ecds => &["ecdsFilter"],
    }
}

/// The lines of a resource as an element of its section's list. `last`: no comma follows.
pub fn lines(section: Section, item: &Item<'_>, order: &Order, last: bool) -> Vec<String> {
    let mut writer = Writer { order, out: vec!["        {".to_owned()] };
    let mut level = 3;
    let wrappers = wrapper(section);
    for (index, name) in wrappers.iter().enumerate() {
        let line = format!("{}\"{name}\": ", blanks(level));
        if index + 1 < wrappers.len() {
            writer.out.push(line + "{");
            level += 1;
            continue;
        }
        writer.out.push(line);
        match item.tree() {
            Ok(tree) => writer.value("", tree.root(), level, false),
            Err(_) => writer.add("(not readable)"),
        }
    }
    for level in (3..level).rev() {
        writer.out.push(format!("{}}}", blanks(level)));
    }
    writer.out.push(if last { "        }" } else { "        }," }.to_owned());
    writer.out
}

/// The lines of a resource by itself.
pub fn body(of: Node<'_>, order: &Order) -> Vec<String> {
    let mut writer = Writer { order, out: vec![String::new()] };
    writer.value("", of, 0, false);
    // There is half as much room where two texts stand side by side.
    for line in &mut writer.out {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        line.drain(..blanks / 2);
    }
    writer.out
}

/// How many lines [`lines`] makes of a resource, counted without parsing it: one for each field and element, and one
/// for each closing bracket.
pub fn lines_of_raw(section: Section, item: &Item<'_>) -> usize {
    let (mut count, mut at, mut fresh) = (1, 0, false);
    let raw = item.raw();
    while let Some(&byte) = raw.get(at) {
        at += 1;
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => continue,
            b'}' | b']' if fresh => {
                // Empty: nothing stands between its brackets but an empty line for a message.
                count = if byte == b'}' { count } else { count - 1 };
                count -= usize::from(byte == b']');
            }
            b'{' | b'[' => {
                count += 2;
                fresh = true;
                continue;
            }
            b',' => count += 1,
            b'"' => {
                while let Some(found) = memchr::memchr2(b'"', b'\\', raw.get(at..).unwrap_or_default()) {
                    at += found + 1;
                    if raw.get(at - 1) == Some(&b'"') {
                        break;
                    }
                    at += 1;
                }
            }
            _ => {}
        }
        fresh = false;
    }
    count + 2 * wrapper(section).len()
}

fn blanks(level: usize) -> String {
    " ".repeat(4 * level)
}

struct Writer<'o> {
    order: &'o Order,
    out: Vec<String>,
}

impl Writer<'_> {
    /// Adds to the last line.
    fn add(&mut self, text: &str) {
        if let Some(line) = self.out.last_mut() {
            line.push_str(text);
        }
    }

    /// Adds a value to the last line. `raw`: its keys are data and stay as they are spelled.
    fn value(&mut self, field: &str, of: Node<'_>, level: usize, raw: bool) {
        match of.kind() {
            Kind::Object => {
                let raw = raw || field == "filter_metadata";
                let mut fields: Vec<_> = of
                    .fields()
                    .map(|(key, value)| (field_name(key), key, value))
                    .filter(|(name, _, value)| raw || !is_absent(name, *value, Rule::Istioctl))
                    .collect();
                if raw {
                    fields.order_by(|one, other| one.1.cmp(other.1));
                } else {
                    // `@type` is first in all JSON of protobuf.
                    fields.order_by_key(|it| (it.0 != "@type", self.order.rank(field, &it.0)));
                }
                self.add("{");
                let count = fields.len();
                if count == 0 {
                    self.out.push(String::new());
                }
                for (index, (name, key, value)) in fields.into_iter().enumerate() {
                    let shown = if raw { String::from_utf8_lossy(key) } else { camel_field(&name).into() };
                    self.out.push(format!("{}\"{shown}\": ", blanks(level + 1)));
                    self.value(&name, value, level + 1, raw);
                    self.add(if index + 1 < count { "," } else { "" });
                }
                self.out.push(format!("{}}}", blanks(level)));
            }
            Kind::Array => {
                let mut items: Vec<_> = of.items().collect();
                if field == "virtual_hosts" {
                    items.order_by_key(|it| it.text("name").map(|it| it.into_owned()));
                }
                self.add("[");
                let count = items.len();
                for (index, item) in items.into_iter().enumerate() {
                    self.out.push(blanks(level + 1));
                    self.value(field, item, level + 1, raw);
                    self.add(if index + 1 < count { "," } else { "" });
                }
                if count == 0 {
                    self.add("]");
                } else {
                    self.out.push(format!("{}]", blanks(level)));
                }
            }
            Kind::String => {
                let text = leaf(field, of, Rule::Istioctl);
                self.add(&serde_json::Value::from(text.as_ref()).to_string());
            }
            _ => self.add(&leaf(field, of, Rule::Istioctl)),
        }
    }
}

/// A field in camelCase; a map's key stays.
fn camel_field(name: &str) -> String {
    let field = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if field { camel(name) } else { name.to_owned() }
}
