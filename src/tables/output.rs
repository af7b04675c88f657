//! Resources as JSON or YAML, laid out and spelled as istioctl does.

use std::borrow::Cow;

use super::{Dump, Listing, yaml};
use crate::envoy::{Keys, Resource, ResourceId};
use crate::json::{Kind, Node};

/// How resources are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, four blanks a level.
    Json,
    /// YAML.
    Yaml,
}

/// A value and what there is to know for printing it.
#[derive(Clone, Copy)]
pub(super) struct Shown<'t, 'o> {
    /// The value.
    pub node: Node<'t>,
    /// What its keys are.
    keys: Keys,
    /// The field that holds it.
    parent: &'t [u8],
    /// Elements of lists that are left out, by their first byte, sorted. A list that is left empty goes too.
    without: &'o [u32],
    /// Whether it is the message itself: an Any's type is no field of the message that was unpacked, so it goes.
    outermost: bool,
}

impl<'t, 'o> Shown<'t, 'o> {
    fn whole(node: Node<'t>, without: &'o [u32]) -> Shown<'t, 'o> {
        Shown { node, keys: Keys::Fields, parent: b"", without, outermost: true }
    }

    /// Its elements.
    pub(super) fn items(self) -> impl Iterator<Item = Shown<'t, 'o>> {
        let left = self.node.items().filter(move |it| self.without.binary_search(&it.span().start).is_err());
        left.map(move |node| Shown { node, outermost: false, ..self })
    }

    /// Its fields; keys without quotes, their escapes as they are.
    pub(super) fn fields(self) -> impl Iterator<Item = (Cow<'t, str>, Shown<'t, 'o>)> {
        let fields = self.node.fields().filter(move |(key, _)| !(self.outermost && *key == b"@type"));
        let shown = fields.map(move |(key, node)| {
            let keys = self.keys.below(self.parent, self.node, key, node);
            (self.keys.spell(key), Shown { node, keys, parent: key, outermost: false, ..self })
        });
        shown.filter(|(_, it)| {
            it.node.kind() != Kind::Array || it.node.is_empty() || it.items().next().is_some()
        })
    }
}

/// A list of resources, each as its own text: [`list`] joins them.
pub(super) fn resources<'a>(
    dump: Dump<'a>,
    of: impl Iterator<Item = (ResourceId, &'a Resource)>,
    format: Format,
) -> Listing<String> {
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for (id, resource) in of {
        match resource.body(dump.bytes) {
            Ok(tree) => listing.rows.push(element(tree.root(), &[], format)),
            Err(fault) => listing.unread.push(dump.unread((id, resource), fault)),
        }
    }
    listing
}

/// One element of a list, without the elements of its own lists that begin at these bytes.
pub(super) fn element(node: Node<'_>, without: &[u32], format: Format) -> String {
    element_at(Shown::whole(node, without), 1, format)
}

/// One element of a list that is a field.
pub(super) fn element_below(node: Node<'_>, format: Format) -> String {
    element_at(Shown::whole(node, &[]), 2, format)
}

fn element_at(it: Shown<'_, '_>, level: usize, format: Format) -> String {
    let mut out = String::with_capacity(it.node.span().len() + 16);
    match format {
        Format::Json => json(it, level, &mut out),
        Format::Yaml => yaml::element(it, &mut out),
    }
    out
}

/// A message of one field, a list.
pub(super) fn field(key: &str, elements: &[String], format: Format) -> String {
    match format {
        _ if elements.is_empty() => "{}\n".to_owned(),
        Format::Json => {
            let elements = elements.join(",\n        ");
            format!("{{\n    \"{key}\": [\n        {elements}\n    ]\n}}\n")
        }
        Format::Yaml => format!("{key}:\n{}\n", elements.concat()),
    }
}

/// A whole list; JSON ends with a newline, as everything that istioctl prints.
pub fn list(elements: &[String], format: Format) -> String {
    match format {
        Format::Json if elements.is_empty() => "[]\n".to_owned(),
        Format::Json => format!("[\n    {}\n]\n", elements.join(",\n    ")),
        Format::Yaml if elements.is_empty() => "[]\n\n".to_owned(),
        // istioctl ends YAML, which ends with a newline by itself, with another one.
        Format::Yaml => format!("{}\n", elements.concat()),
    }
}

/// One message by itself.
pub fn message(node: Node<'_>, format: Format) -> String {
    let mut out = String::with_capacity(node.span().len() + 16);
    match format {
        Format::Json => json(Shown::whole(node, &[]), 0, &mut out),
        Format::Yaml => yaml::message(Shown::whole(node, &[]), &mut out),
    }
    out.push('\n');
    out
}

/// The depth of a tree is bounded (Tree::DEEPEST), so this recursion is.
fn json(it: Shown<'_, '_>, level: usize, out: &mut String) {
    let line = |out: &mut String, level: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", level));
    };
    let [open, close] = match it.node.kind() {
        Kind::Object => ['{', '}'],
        Kind::Array => ['[', ']'],
        _ => return out.push_str(&String::from_utf8_lossy(it.node.raw())),
    };
    out.push(open);
    let start = out.len();
    let next = |out: &mut String| {
        out.push_str(if out.len() > start { "," } else { "" });
        line(out, level + 1);
    };
    for (key, value) in it.fields() {
        next(out);
        out.extend(["\"", &key, "\": "]);
        json(value, level + 1, out);
    }
    for value in it.items() {
        next(out);
        json(value, level + 1, out);
    }
    if out.len() > start {
        line(out, level);
    }
    out.push(close);
}
