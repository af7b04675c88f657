//! Texts line by line: a resource's JSON laid out anew, or a document as it was sent.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::istioctl;
use super::protocol::{Line, Lines, ResourceRef, Target, TextRef};
use crate::capture::{Capture, Document};
use crate::json::{Kind, Node, Span, pretty};

/// A line has at most so many bytes of its text.
const WIDEST: usize = 2_000;
/// How many lines an answer has at most, and how many bytes they have together.
const MOST_LINES: usize = 500;
const MOST_BYTES: usize = 160_000;
/// How many lines a search finds at most.
const MOST_FOUND: usize = 10_000;
/// How many bytes of a text go into one answer (escaped as JSON they may double).
const PIECE: usize = 100_000;
/// A document with longer lines than this on average is laid out anew to be readable.
const DENSE: usize = 1_000;

/// The layout of the text that was looked at last: scrolling does not lay it out again.
#[derive(Default)]
pub struct Cache {
    last: Option<Text>,
}

struct Text {
    of: TextRef,
    laid: Vec<Laid>,
    /// Its bytes, where no document has them.
    made: Vec<u8>,
}

/// A line of a laid out text, as places in the document.
#[derive(Clone, Copy)]
struct Laid {
    /// The key's bytes between its quotes; empty without one.
    key: Span,
    shape: Shape,
    level: u16,
    /// Whether a comma follows.
    comma: bool,
    /// The last line of the block that it opens; its own number when it opens none.
    end: u32,
}

#[derive(Clone, Copy)]
enum Shape {
    /// A line of a document as it was sent.
    Raw(Span),
    /// A value that takes one line.
    Leaf(Span),
    Open(Kind),
    Close(Kind),
}

/// How many lines a value takes, laid out.
pub fn count(node: Node<'_>) -> u32 {
    let mut lines = Vec::new();
    lay(node, Span::default(), 0, false, &mut lines);
    narrow(lines.len())
}

/// A piece of a text from `offset` on, and where the next one begins.
pub fn piece(capture: &Capture, of: TextRef, offset: u32) -> Option<(String, Option<u32>)> {
    let text: Cow<'_, [u8]> = match source(capture, of)? {
        Source::Document(document) => Cow::Borrowed(document.text()),
        Source::Made(text) => Cow::Owned(text),
        Source::Resource(document, id) => {
            let resource = document.dump()?.get(id.resource)?;
            Cow::Owned(match resource.body(&document.bytes) {
                Ok(tree) => pretty(tree.root(), 2).into_bytes(),
                Err(_) => resource.wrapper.of(&document.bytes).to_vec(),
            })
        }
    };
    let start = (offset as usize).min(text.len());
    let mut end = (start + PIECE).min(text.len());
    // Not within a character.
    while end < text.len() && end > start && text[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    let next = (end < text.len()).then(|| narrow(end));
    Some((String::from_utf8_lossy(&text[start..end]).into_owned(), next))
}

enum Source<'c> {
    Document(&'c Document),
    Resource(&'c Document, ResourceRef),
    Made(Vec<u8>),
}

fn source(capture: &Capture, of: TextRef) -> Option<Source<'_>> {
    let resource = |id: ResourceRef| Some(Source::Resource(capture.document(id.document)?, id));
    match of {
        TextRef::Document(id) => capture.document(id).map(Source::Document),
        TextRef::Resource(id) => resource(id),
        TextRef::Bootstrap(proxy) => resource(bootstrap(capture, proxy)?),
        TextRef::Istioctl { proxy, table, only, legacy } => {
            let text = istioctl::text(capture, capture.proxy(proxy)?, table, only, legacy)?;
            Some(Source::Made(text.into_bytes()))
        }
    }
}

impl Cache {
    /// The visible lines from `offset` on, when the blocks that begin at the lines of `folded` are closed.
    pub fn lines(
        &mut self,
        capture: &Capture,
        of: TextRef,
        folded: &BTreeSet<u32>,
        offset: u32,
        limit: u32,
    ) -> Option<Lines> {
        let targets = match of {
            TextRef::Resource(id) => Some(id),
            TextRef::Bootstrap(proxy) => bootstrap(capture, proxy),
            _ => None,
        };
        let (document, laid) = self.open(capture, of)?;
        let mut lines = Vec::new();
        let (mut number, mut visible, mut bytes) = (0, 0, 0);
        let mut full = false;
        while let Some(line) = laid.get(number as usize) {
            let closed = line.end > number && folded.contains(&number);
            full = full || lines.len() >= (limit as usize).min(MOST_LINES) || bytes > MOST_BYTES;
            if visible >= offset && !full {
                let text = text_of(document, laid, number, closed);
                bytes += text.len();
                lines.push(Line {
                    number,
                    text,
                    block: (line.end > number).then_some(line.end),
                    folded: closed,
                    target: targets.and_then(|id| target(capture, id, line)),
                });
            }
            visible += 1;
            number = if closed { line.end + 1 } else { number + 1 };
        }
        Some(Lines { total: visible, offset, lines })
    }

    /// The lines that contain a text, any case of ASCII letters.
    pub fn find(&mut self, capture: &Capture, of: TextRef, text: &str) -> Option<Vec<u32>> {
        let wanted = text.to_lowercase();
        if wanted.is_empty() {
            return Some(Vec::new());
        }
        let (document, laid) = self.open(capture, of)?;
        let hits = (0..narrow(laid.len()))
            .filter(|number| text_of(document, laid, *number, false).to_lowercase().contains(&wanted));
        Some(hits.take(MOST_FOUND).collect())
    }

    /// The line in which the value begins that begins at a byte of the document, or goes on there.
    pub fn line_at(&mut self, capture: &Capture, of: TextRef, at: u32) -> Option<u32> {
        let at = match of {
            TextRef::Document(id) => capture.document(id)?.text_at(at),
            _ => at,
        };
        let (_, laid) = self.open(capture, of)?;
        // Brackets have no place of their own: a block begins on the line before what is in it.
        let begin = |line: &Laid| match line.shape {
            _ if !line.key.is_empty() => Some(line.key.start),
            Shape::Raw(span) | Shape::Leaf(span) => Some(span.start),
            Shape::Open(_) | Shape::Close(_) => None,
        };
        let after =
            laid.iter().position(|line| begin(line).is_some_and(|begin| begin > at)).unwrap_or(laid.len());
        let line = laid[..after].iter().rposition(|line| !matches!(line.shape, Shape::Close(_)))?;
        Some(narrow(line))
    }

    /// A text's bytes and its lines.
    fn open<'s>(&'s mut self, capture: &'s Capture, of: TextRef) -> Option<(&'s [u8], &'s [Laid])> {
        if self.last.as_ref().is_none_or(|last| last.of != of) {
            let (laid, made) = match source(capture, of)? {
                Source::Document(document) => (lay_document(document), Vec::new()),
                Source::Resource(document, id) => (lay_resource(document, id), Vec::new()),
                Source::Made(text) => {
                    let mut laid = Vec::new();
                    lay_raw(&text, Span { start: 0, end: narrow(text.len()) }, &mut laid);
                    (laid, text)
                }
            };
            self.last = Some(Text { of, laid, made });
        }
        let last = self.last.as_ref()?;
        let bytes: &[u8] = match of {
            TextRef::Document(id) => capture.document(id)?.text(),
            TextRef::Resource(id) => &capture.document(id.document)?.bytes,
            TextRef::Bootstrap(proxy) => &capture.document(capture.proxy(proxy)?.dump?)?.bytes,
            TextRef::Istioctl { .. } => &last.made,
        };
        Some((bytes, &last.laid))
    }
}

/// The resource that a proxy's bootstrap is.
pub fn bootstrap(capture: &Capture, proxy: crate::capture::ProxyId) -> Option<ResourceRef> {
    let document = capture.proxy(proxy)?.dump?;
    let (resource, _) = capture.document(document)?.dump()?.of(crate::envoy::Kind::Bootstrap).next()?;
    Some(ResourceRef { document, resource })
}

fn lay_resource(document: &Document, id: ResourceRef) -> Vec<Laid> {
    let mut lines = Vec::new();
    let Some(resource) = document.dump().and_then(|dump| dump.get(id.resource)) else { return lines };
    match resource.body(&document.bytes) {
        Ok(tree) => lay(tree.root(), Span::default(), 0, false, &mut lines),
        Err(_) => lay_raw(&document.bytes, resource.wrapper, &mut lines),
    }
    lines
}

/// A document as it was sent; laid out anew where it came without line breaks.
fn lay_document(document: &Document) -> Vec<Laid> {
    let bytes = document.text();
    let whole = Span { start: 0, end: narrow(bytes.len()) };
    let mut lines = Vec::new();
    let breaks = memchr::memchr_iter(b'\n', bytes).count();
    match document.tree() {
        Some(tree) if document.turned.is_none() && bytes.len() / (breaks + 1) > DENSE => {
            lay(tree.root(), Span::default(), 0, false, &mut lines)
        }
        _ => lay_raw(bytes, whole, &mut lines),
    }
    lines
}

fn lay_raw(bytes: &[u8], span: Span, lines: &mut Vec<Laid>) {
    let mut start = span.start;
    while start < span.end {
        let rest = Span { start, end: span.end };
        let end = memchr::memchr(b'\n', rest.of(bytes)).map_or(span.end, |at| start + narrow(at));
        let number = narrow(lines.len());
        let shape = Shape::Raw(Span { start, end });
        lines.push(Laid { key: Span::default(), shape, level: 0, comma: false, end: number });
        start = end + 1;
    }
}

fn lay(node: Node<'_>, key: Span, level: u16, comma: bool, lines: &mut Vec<Laid>) {
    let number = narrow(lines.len());
    let container = matches!(node.kind(), Kind::Object | Kind::Array) && !node.is_empty();
    if !container {
        lines.push(Laid { key, shape: Shape::Leaf(node.span()), level, comma, end: number });
        return;
    }
    lines.push(Laid { key, shape: Shape::Open(node.kind()), level, comma, end: number });
    // Trees are at most json::Tree::DEEPEST levels deep.
    let mut items = node.items().peekable();
    while let Some(item) = items.next() {
        lay(item, Span::default(), level + 1, items.peek().is_some(), lines);
    }
    let mut fields = node.spanned_fields().peekable();
    while let Some((key, value)) = fields.next() {
        lay(value, key, level + 1, fields.peek().is_some(), lines);
    }
    let end = narrow(lines.len());
    lines.push(Laid { key: Span::default(), shape: Shape::Close(node.kind()), level, comma, end });
    lines[number as usize].end = end;
}

fn text_of(bytes: &[u8], laid: &[Laid], number: u32, closed: bool) -> String {
    let Some(line) = laid.get(number as usize) else { return String::new() };
    let mut out = "  ".repeat(line.level.into());
    if !line.key.is_empty() {
        out.push('"');
        out.push_str(&String::from_utf8_lossy(line.key.of(bytes)));
        out.push_str("\": ");
    }
    let brackets = |kind| if kind == Kind::Object { ("{", "}") } else { ("[", "]") };
    let mut comma = line.comma;
    match line.shape {
        Shape::Raw(span) | Shape::Leaf(span) => {
            let raw = span.of(bytes);
            let cut = raw.len() > WIDEST;
            let text = String::from_utf8_lossy(&raw[..raw.len().min(WIDEST)]);
            out.push_str(text.trim_end_matches('\r'));
            if cut {
                out.push('…');
            }
        }
        Shape::Open(kind) if closed => {
            let children = children(laid, number, line.end);
            let (open, close) = brackets(kind);
            out.push_str(&format!("{open} {children} {close}"));
        }
        Shape::Open(kind) => {
            out.push_str(brackets(kind).0);
            comma = false;
        }
        Shape::Close(kind) => out.push_str(brackets(kind).1),
    }
    if comma {
        out.push(',');
    }
    out
}

/// How many children the block has that a line opens.
fn children(laid: &[Laid], open: u32, close: u32) -> usize {
    let mut at = open + 1;
    let mut count = 0;
    while at < close {
        count += 1;
        at = laid.get(at as usize).map_or(close, |line| line.end + 1);
    }
    count
}

/// What the name in a line leads to.
fn target(capture: &Capture, of: ResourceRef, line: &Laid) -> Option<Target> {
    let Shape::Leaf(span) = line.shape else { return None };
    let references = capture.references(of.document)?.from(of.resource);
    let at = references.partition_point(|it| it.name.start <= span.start);
    let found = references.get(at).filter(|it| it.name.start == span.start + 1)?;
    Some(Target::Resource(ResourceRef { resource: found.to?, ..of }))
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::protocol::DocumentId;
    use super::*;

    fn open(text: &str) -> Capture {
        let mut capture = Capture::default();
        let bytes = text.as_bytes().to_vec();
        let found = crate::intake::recognise(&bytes);
        capture.add(Document::new("dump".into(), bytes, found));
        capture.link();
        capture
    }

    const DUMP: &str = r#"{"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.RoutesConfigDump",
        "static_route_configs":[{"route_config":{"name":"80","virtual_hosts":[{"routes":[{"route":{"cluster":"a"}}]},
        {}],"x":[1,2]}}]},{"@type":"type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
        "static_clusters":[{"cluster":{"name":"a"}}]}]}"#;

    fn visible(capture: &Capture, folded: &[u32]) -> Vec<String> {
        let id = ResourceRef { document: DocumentId(0), resource: crate::envoy::ResourceId(0) };
        let folded = folded.iter().copied().collect();
        let lines = Cache::default().lines(capture, TextRef::Resource(id), &folded, 0, 100).unwrap();
        assert_eq!(lines.total as usize, lines.lines.len());
        lines.lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn unfolded_lines_are_the_text_that_is_copied() {
        let capture = open(DUMP);
        let id = ResourceRef { document: DocumentId(0), resource: crate::envoy::ResourceId(0) };
        let (text, next) = piece(&capture, TextRef::Resource(id), 0).unwrap();
        assert_eq!((visible(&capture, &[]).join("\n"), None), (text, next));
    }

    #[test]
    fn a_folded_block_is_one_line() {
        let capture = open(DUMP);
        let lines = visible(&capture, &[2]);
        assert_eq!(lines[1..4], [r#"  "name": "80","#, r#"  "virtual_hosts": [ 2 ],"#, r#"  "x": ["#]);
        assert_eq!(visible(&capture, &[0]), ["{ 3 }"]);
    }

    #[test]
    fn a_byte_has_its_line() {
        let capture = open(DUMP);
        let id = ResourceRef { document: DocumentId(0), resource: crate::envoy::ResourceId(0) };
        let all = visible(&capture, &[]);
        for (begin, wanted) in
            [(r#"{"name":"80""#, 0), (r#"{"routes""#, 3), (r#"{"route":{"c"#, 5), ("1,2", 15)]
        {
            let at = DUMP.find(begin).unwrap() as u32;
            let line = Cache::default().line_at(&capture, TextRef::Resource(id), at).unwrap();
            assert_eq!(line, wanted, "{begin}: {}", all[line as usize]);
        }
    }

    #[test]
    fn a_name_leads_to_what_it_names() {
        let capture = open(DUMP);
        let id = ResourceRef { document: DocumentId(0), resource: crate::envoy::ResourceId(0) };
        let of = TextRef::Resource(id);
        let lines = Cache::default().lines(&capture, of, &BTreeSet::new(), 0, 100).unwrap().lines;
        let link = lines.iter().find(|it| it.text.contains("\"cluster\"")).unwrap();
        let cluster = ResourceRef { resource: crate::envoy::ResourceId(1), ..id };
        assert_eq!(link.target, Some(Target::Resource(cluster)));
        assert_eq!(Cache::default().find(&capture, of, "CLUSTER"), Some(vec![link.number]));
    }
}
