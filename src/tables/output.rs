//! Resources as JSON or YAML, laid out as istioctl does; names of fields stay as the dump spells them.

use super::{Dump, Listing, yaml};
use crate::envoy::{Resource, ResourceId};
use crate::json::{Kind, Node};

/// How resources are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, four blanks a level.
    Json,
    /// YAML.
    Yaml,
}

/// What of a resource is not printed.
#[derive(Clone, Copy, Default)]
pub(super) struct Without<'a> {
    /// Elements of lists, by their first byte, sorted. A list that is left empty goes too.
    pub elements: &'a [u32],
}

impl Without<'_> {
    /// The elements that are left.
    pub(super) fn items<'t>(self, list: Node<'t>) -> impl Iterator<Item = Node<'t>> {
        list.items().filter(move |it| self.elements.binary_search(&it.span().start).is_err())
    }

    /// The fields that are left, as they are spelled. An Any's type is no field of the message that was unpacked, so
    /// the outermost object loses it.
    pub(super) fn fields<'t>(
        self,
        of: Node<'t>,
        outermost: bool,
    ) -> impl Iterator<Item = (&'t [u8], Node<'t>)> {
        of.fields().filter(move |(key, value)| {
            let emptied =
                !value.is_empty() && value.kind() == Kind::Array && self.items(*value).next().is_none();
            !(emptied || outermost && *key == b"@type")
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
            Ok(tree) => listing.rows.push(element(tree.root(), Without::default(), format)),
            Err(fault) => listing.unread.push(dump.unread((id, resource), fault)),
        }
    }
    listing
}

/// One element of a list.
pub(super) fn element(node: Node<'_>, without: Without<'_>, format: Format) -> String {
    element_at(node, without, 1, format)
}

/// One element of a list that is a field.
pub(super) fn element_below(node: Node<'_>, without: Without<'_>, format: Format) -> String {
    element_at(node, without, 2, format)
}

fn element_at(node: Node<'_>, without: Without<'_>, level: usize, format: Format) -> String {
    let mut out = String::with_capacity(node.span().len() + 16);
    match format {
        Format::Json => json(node, without, level, true, &mut out),
        Format::Yaml => yaml::element(node, without, &mut out),
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
        Format::Json => json(node, Without::default(), 0, true, &mut out),
        Format::Yaml => yaml::message(node, Without::default(), &mut out),
    }
    out.push('\n');
    out
}

/// The depth of a tree is bounded (Tree::DEEPEST), so this recursion is.
fn json(node: Node<'_>, without: Without<'_>, level: usize, outermost: bool, out: &mut String) {
    let line = |out: &mut String, level: usize| {
        out.push('\n');
        for _ in 0..level {
            out.push_str("    ");
        }
    };
    let mut first = true;
    let mut next = |out: &mut String| {
        out.push_str(if std::mem::take(&mut first) { "" } else { "," });
        line(out, level + 1);
    };
    match node.kind() {
        Kind::Object => {
            out.push('{');
            let start = out.len();
            for (key, value) in without.fields(node, outermost) {
                next(out);
                out.push('"');
                out.push_str(&String::from_utf8_lossy(key));
                out.push_str("\": ");
                json(value, without, level + 1, false, out);
            }
            if out.len() > start {
                line(out, level);
            }
            out.push('}');
        }
        Kind::Array => {
            out.push('[');
            let start = out.len();
            for value in without.items(node) {
                next(out);
                json(value, without, level + 1, false, out);
            }
            if out.len() > start {
                line(out, level);
            }
            out.push(']');
        }
        _ => out.push_str(&String::from_utf8_lossy(node.raw())),
    }
}
