//! One side of a comparison: where its resources are.

use std::borrow::Cow;

use crate::capture::{Capture, Document, DocumentId};
use crate::envoy::{self, ConfigDump, Resource, ResourceId, State};
use crate::instant::Instant;
use crate::intake::Kind as Page;
use crate::json::{Fault, Span, Tree, pluck};
use crate::order::InOrder;

/// What is compared with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// CDS
    Clusters,
    /// LDS
    Listeners,
    /// RDS
    Routes,
    /// EDS
    Endpoints,
    /// SDS
    Secrets,
    /// ECDS
    Ecds,
}

impl Section {
    /// All, in istioctl's order, its own three first.
    pub const ALL: [Section; 6] = [
        Section::Clusters,
        Section::Listeners,
        Section::Routes,
        Section::Endpoints,
        Section::Secrets,
        Section::Ecds,
    ];

    /// The resources that it compares.
    pub fn kind(self) -> envoy::Kind {
        match self {
            Section::Clusters => envoy::Kind::Cluster,
            Section::Listeners => envoy::Kind::Listener,
            Section::Routes => envoy::Kind::Route,
            Section::Endpoints => envoy::Kind::Endpoint,
            Section::Secrets => envoy::Kind::Secret,
            Section::Ecds => envoy::Kind::Extension,
        }
    }

    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Section::Clusters => "clusters",
            Section::Listeners => "listeners",
            Section::Routes => "routes",
            Section::Endpoints => "endpoints",
            Section::Secrets => "secrets",
            Section::Ecds => "ecds",
        }
    }

    /// The section of a config dump that holds them.
    fn type_name(self) -> &'static str {
        match self {
            Section::Clusters => "ClustersConfigDump",
            Section::Listeners => "ListenersConfigDump",
            Section::Routes => "RoutesConfigDump",
            Section::Endpoints => "EndpointsConfigDump",
            Section::Secrets => "SecretsConfigDump",
            Section::Ecds => "EcdsConfigDump",
        }
    }
}

/// The documents of one side.
#[derive(Clone, Copy, Debug, Default)]
pub struct Side<'c> {
    /// Its config dump: an Envoy's, or a control plane's about that Envoy.
    pub dump: Option<(DocumentId, &'c Document)>,
    /// A control plane's `/debug/edsz`: its config dump has no endpoints.
    pub edsz: Option<(DocumentId, &'c Document)>,
    /// A control plane's `/debug/ecdsz`.
    pub ecdsz: Option<(DocumentId, &'c Document)>,
}

/// A resource of one side.
#[derive(Clone, Debug)]
pub struct Item<'c> {
    /// Its name.
    pub name: Cow<'c, str>,
    /// Its document.
    pub document: DocumentId,
    /// The document's bytes.
    pub bytes: &'c [u8],
    /// Where its message begins, and at most ends.
    pub span: Span,
    /// In which state the side holds it.
    pub state: State,
    /// Its place in its dump; none where its document is no dump.
    pub resource: Option<ResourceId>,
}

impl<'c> Item<'c> {
    /// Its message.
    ///
    /// # Errors
    /// The first byte that is no JSON.
    pub fn tree(&self) -> Result<Tree<'c>, Fault> {
        Tree::parse(self.bytes, self.span)
    }

    /// The bytes of its message.
    pub fn raw(&self) -> &'c [u8] {
        self.raw_at_once()
            .unwrap_or_else(|| pluck(self.bytes, self.span, &[]).unwrap_or(self.span).of(self.bytes))
    }

    /// The same, where its end is known without reading it: Envoy puts one field behind a message, when it was updated.
    pub fn raw_at_once(&self) -> Option<&'c [u8]> {
        let bytes = self.span.of(self.bytes);
        before_last_updated(bytes).map(|end| &bytes[..end])
    }
}

/// Where `}, "last_updated": "…" }` begins, if `bytes` end so; the first brace included.
fn before_last_updated(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.len().saturating_sub(160);
    let key = [&b"\"last_updated\""[..], b"\"lastUpdated\""];
    let (at, key) =
        key.iter().find_map(|key| Some((tail + memchr::memmem::rfind(&bytes[tail..], key)?, key)))?;
    let value = bytes[at..].strip_prefix(*key)?.trim_ascii_start().strip_prefix(b":")?;
    let inside = value.trim_ascii_start().strip_prefix(b"\"")?;
    let close = memchr::memchr(b'"', inside)?;
    if inside[close + 1..].trim_ascii() != b"}" {
        return None;
    }
    let message = bytes[..at].trim_ascii_end().strip_suffix(b",")?.trim_ascii_end();
    message.ends_with(b"}").then_some(message.len())
}

impl<'c> Side<'c> {
    /// The newest config dump of an Envoy.
    pub fn envoy(capture: &'c Capture, proxy: crate::capture::ProxyId) -> Option<Side<'c>> {
        let id = capture.proxy(proxy)?.dump?;
        Some(Side { dump: Some((id, capture.document(id)?)), ..Side::default() })
    }

    /// What control planes hold for a proxy, a side for each that does.
    pub fn control_planes(capture: &'c Capture, proxy: crate::capture::ProxyId) -> Vec<Side<'c>> {
        let Some(of) = capture.proxy(proxy) else { return Vec::new() };
        let mut folders: Vec<(&str, Side<'c>)> = Vec::new();
        for &id in &of.documents {
            let Some(document) = capture.document(id) else { continue };
            let found = Some((id, document));
            let side = match document.kind {
                Page::IstiodConfigDump => Side { dump: found, ..Side::default() },
                Page::IstiodEdsz => Side { edsz: found, ..Side::default() },
                Page::IstiodEcdsz => Side { ecdsz: found, ..Side::default() },
                _ => continue,
            };
            let folder = document.folder();
            match folders.iter_mut().find(|it| it.0 == folder) {
                Some((_, known)) => {
                    known.dump = known.dump.or(side.dump);
                    known.edsz = known.edsz.or(side.edsz);
                    known.ecdsz = known.ecdsz.or(side.ecdsz);
                }
                None => folders.push((folder, side)),
            }
        }
        folders.into_iter().map(|it| it.1).collect()
    }

    fn index(&self) -> Option<(DocumentId, &'c [u8], &'c ConfigDump)> {
        let (id, document) = self.dump?;
        Some((id, &document.bytes, document.dump()?))
    }

    /// Whether this side can say anything about a section.
    pub fn has(&self, section: Section) -> bool {
        let page = match section {
            Section::Endpoints => self.edsz.is_some(),
            Section::Ecds => self.ecdsz.is_some(),
            _ => false,
        };
        page || self.index().is_some_and(|(_, bytes, dump)| dump.has_section(bytes, section.type_name()))
    }

    /// The version of the last response that an Envoy took of a section, where its dump says (clusters, listeners).
    pub fn version(&self, section: Section) -> Option<String> {
        let (_, bytes, dump) = self.index()?;
        let is = |it: &&envoy::Section| it.type_url(bytes).ends_with(section.type_name());
        let found = crate::json::pluck_text(bytes, dump.sections.iter().find(is)?.span, &["version_info"])?;
        Some(String::from_utf8_lossy(found.of(bytes)).into_owned())
    }

    /// When the latest of its routes came (istioctl/pkg/util/configdump/route.go,
    /// `GetLastUpdatedDynamicRouteTime`).
    pub fn routes_loaded(&self) -> Option<Instant> {
        let (_, bytes, dump) = self.index()?;
        let routes = dump.of(envoy::Kind::Route).filter(|(_, it)| it.state == State::Active);
        let time = |it: &Resource| {
            let found = crate::json::pluck_text(bytes, it.wrapper, &["last_updated"])?;
            Instant::parse(std::str::from_utf8(found.of(bytes)).ok()?)
        };
        routes.filter_map(|(_, it)| time(it)).max()
    }

    /// Its resources, sorted by name; those of one name in the dump's order.
    pub fn items(&self, section: Section, states: &[State]) -> Vec<Item<'c>> {
        let mut list = Vec::new();
        if let Some((document, bytes, dump)) = self.index() {
            let wanted = |it: &Resource| states.contains(&it.state);
            list.extend(dump.of(section.kind()).filter(|(_, it)| wanted(it)).filter_map(|(id, it)| {
                let span = it.body_span()?;
                let name = it.name(bytes);
                Some(Item { name, document, bytes, span, state: it.state, resource: Some(id) })
            }));
        }
        let page = match section {
            Section::Endpoints if list.is_empty() => self.edsz,
            Section::Ecds if list.is_empty() => self.ecdsz,
            _ => None,
        };
        list.extend(page.into_iter().flat_map(|(id, document)| of_page(id, document)));
        list.order_by(|one, other| one.name.cmp(&other.name));
        list
    }
}

/// The resources of a page that is a list of them: `{"configs": […]}`, or a bare array.
fn of_page(document: DocumentId, page: &Document) -> Vec<Item<'_>> {
    let Some(tree) = page.tree() else { return Vec::new() };
    let root = tree.root();
    let list = root.get("configs").unwrap_or(root).items();
    list.filter_map(|it| {
        let name = it.text("cluster_name").or_else(|| it.text("name"))?.into_owned();
        let item = Item {
            name: Cow::Owned(name),
            document,
            bytes: &page.bytes,
            span: it.span(),
            state: State::Active,
            resource: None,
        };
        Some(item)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::before_last_updated;

    #[test]
    fn a_message_ends_before_its_time() {
        let end = |text: &str| before_last_updated(text.as_bytes()).map(|at| text[..at].to_owned());
        assert_eq!(end("{\"a\": 1},\n \"last_updated\": \"2026\"\n}").as_deref(), Some("{\"a\": 1}"));
        assert_eq!(end("{\"a\": 1},\n \"lastUpdated\": \"2026\"\n}").as_deref(), Some("{\"a\": 1}"));
        assert_eq!(end("{\"a\": {\"b\": {}, \"last_updated\": \"2026\"}}"), None);
        assert_eq!(end("{\"a\": 1}"), None);
    }
}
