//! What a recogniser may look at: the shallow values of a document, and few of them.

use crate::json::{EntryId, Outline, Span, same_key};

/// A document's shallow values. A look costs no more than a few hundred keys, however long the document is.
#[derive(Clone, Copy)]
pub(super) struct Evidence<'a> {
    pub bytes: &'a [u8],
    pub outline: &'a Outline,
    pub root: EntryId,
}

/// So many children are looked at: no page that is known has more fields, and an array's kind shows in its first.
const MOST: usize = 256;

impl<'a> Evidence<'a> {
    pub fn children(self, id: EntryId) -> impl Iterator<Item = EntryId> + 'a {
        self.outline.children(id).take(MOST)
    }

    /// The first child with this key, in either spelling.
    pub fn get(self, id: EntryId, key: &str) -> Option<EntryId> {
        self.children(id).find(|&child| same_key(self.key(child), key))
    }

    pub fn has(self, id: EntryId, key: &str) -> bool {
        self.get(id, key).is_some()
    }

    pub fn has_all(self, id: EntryId, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.has(id, key))
    }

    /// Whether there are keys, and none but these.
    pub fn has_only(self, id: EntryId, keys: &[&str]) -> bool {
        let mut children = self.children(id).peekable();
        children.peek().is_some() && children.all(|it| keys.iter().any(|key| same_key(self.key(it), key)))
    }

    pub fn key(self, id: EntryId) -> &'a [u8] {
        self.outline.entry(id).key.of(self.bytes)
    }

    pub fn span(self, id: EntryId) -> Span {
        self.outline.entry(id).value
    }

    /// The bytes of a value.
    pub fn raw(self, id: EntryId) -> &'a [u8] {
        self.span(id).of(self.bytes)
    }

    /// A string's bytes between its quotes; empty for anything else.
    pub fn text(self, id: EntryId) -> &'a [u8] {
        let raw = self.raw(id);
        raw.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\"")).unwrap_or_default()
    }

    pub fn is_object(self, id: EntryId) -> bool {
        self.raw(id).starts_with(b"{")
    }

    pub fn is_array(self, id: EntryId) -> bool {
        self.raw(id).starts_with(b"[")
    }

    /// The first element of an array, or the value of an object's first field.
    pub fn first(self, id: EntryId) -> Option<EntryId> {
        self.outline.children(id).next()
    }

    /// The root, when it is an object.
    pub fn object(self) -> Option<EntryId> {
        self.is_object(self.root).then_some(self.root)
    }

    /// The first element of the root, when the root is an array of objects.
    pub fn element(self) -> Option<EntryId> {
        self.first(self.root).filter(|&first| self.is_array(self.root) && self.is_object(first))
    }

    /// The last part of an object's `@type`: `type.googleapis.com/envoy.admin.v3.RoutesConfigDump` without the address.
    pub fn type_name(self, id: EntryId) -> &'a [u8] {
        let text = self.get(id, "@type").map(|id| self.text(id)).unwrap_or_default();
        memchr::memrchr(b'/', text).map_or(text, |slash| &text[slash + 1..])
    }
}
