//! The graph of a proxy, ready to be drawn.

use std::collections::BTreeMap;

use super::protocol::{
    GraphAsk, GraphDrawing, GraphFocus, GraphHit, GraphStart, ListenerGroup, ListenerUse, MeshDrawing,
    ProxyId, ResourceRef,
};
use super::search::fit;
use crate::capture::{Capture, DocumentId};
use crate::graph::layout::layout;
use crate::graph::mesh::Door;
use crate::graph::{Ask, Index, Kind, Place, Source, Trees, Use, around};
use crate::order::InOrder;

/// How many listeners of a group are listed.
const LISTED: usize = 120;

/// What is kept of the dump that was asked about last.
#[derive(Default)]
pub struct Cache {
    document: Option<DocumentId>,
    index: Index,
    /// Everything that can be found by name.
    names: Option<Vec<(Kind, String, Place)>>,
}

impl Cache {
    /// The graph around a focus.
    pub fn drawing(&mut self, capture: &Capture, ask: &GraphAsk) -> Option<GraphDrawing> {
        self.with(capture, ask.proxy, |source, document, _| {
            let key = |source: &Source<'_>, it: &GraphFocus| {
                (it.resource.document == document).then(|| source.at(it.resource.resource, it.at)).flatten()
            };
            let focus = key(source, &ask.focus)?;
            let lit: Vec<String> =
                ask.lit.iter().filter_map(|it| key(source, it)).map(|it| it.to_string()).collect();
            let opened = ask.opened.clone();
            let graph =
                around(source, &Ask { focus: vec![focus], depth: ask.depth, opened, ..Ask::default() });
            let lit = (0..).zip(&graph.nodes).filter(|(_, node)| lit.contains(&node.id)).map(|(at, _)| at);
            Some(GraphDrawing { document, lit: lit.collect(), layout: layout(&graph), graph })
        })
        .flatten()
    }

    /// Where to begin.
    pub fn start(&mut self, capture: &Capture, proxy: ProxyId) -> Option<GraphStart> {
        self.with(capture, proxy, |source, document, _| {
            let mut groups: BTreeMap<ListenerUse, Vec<GraphHit>> = BTreeMap::new();
            for it in source.uses_of_listeners() {
                let what = match it.what {
                    Use::Inbound => ListenerUse::Inbound,
                    Use::OutboundHttp => ListenerUse::OutboundHttp,
                    Use::OutboundTcp => ListenerUse::OutboundTcp,
                    Use::Gateway => ListenerUse::Gateway,
                    Use::Admin => ListenerUse::Admin,
                };
                let resource = ResourceRef { document, resource: it.resource };
                groups.entry(what).or_default().push(GraphHit {
                    kind: Kind::Listener,
                    other: if it.title == it.name { String::new() } else { it.name },
                    name: it.title,
                    broken: it.broken,
                    focus: GraphFocus { resource, at: None },
                });
            }
            let groups = groups.into_iter().map(|(what, mut list)| {
                let total = u32::try_from(list.len()).unwrap_or(u32::MAX);
                let port = |it: &GraphHit| it.name.rsplit(':').next().and_then(|it| it.parse::<u16>().ok());
                list.order_by_key(|it| (it.broken.is_none(), port(it), it.name.clone()));
                list.truncate(LISTED);
                ListenerGroup { what, total, first: list }
            });
            GraphStart { groups: groups.collect(), no_listeners: source.first().is_empty() }
        })
    }

    /// What a graph can be about, by part of its name; best first.
    pub fn find(
        &mut self,
        capture: &Capture,
        proxy: ProxyId,
        text: &str,
        limit: u32,
    ) -> Option<Vec<GraphHit>> {
        let words: Vec<Vec<u8>> =
            text.split_whitespace().map(|word| word.to_lowercase().into_bytes()).collect();
        self.with(capture, proxy, |source, document, names| {
            let names = names.get_or_insert_with(|| {
                let kinds = [Kind::Listener, Kind::RouteConfig, Kind::VirtualHost, Kind::Cluster];
                let of = |kind: Kind| {
                    let all = source.all_names(kind).into_iter();
                    all.map(move |(name, place)| (kind, name, place))
                };
                kinds.into_iter().flat_map(of).collect()
            });
            let found = names.iter().filter_map(|(kind, name, place)| {
                Some((fit(name.as_bytes(), &words)?, name.len(), *kind, name.clone(), *place))
            });
            let mut found: Vec<_> = found.collect();
            found.order();
            // A host has many names.
            let mut seen = std::collections::BTreeSet::new();
            found.retain(|(_, _, kind, _, place)| seen.insert((*kind, *place)));
            found.truncate(limit as usize);
            let mut hits: Vec<GraphHit> =
                found.into_iter().map(|(_, _, kind, name, place)| hit(document, kind, name, place)).collect();
            if text.bytes().any(|it| it.is_ascii_digit()) && !words.is_empty() {
                let endpoints = source.endpoints_like(text.trim(), limit as usize);
                hits.extend(
                    endpoints.into_iter().map(|(name, place)| hit(document, Kind::Endpoint, name, place)),
                );
            }
            hits
        })
    }

    /// Hands over the dump of a proxy, with what is kept of it.
    fn with<T>(
        &mut self,
        capture: &Capture,
        proxy: ProxyId,
        then: impl FnOnce(&mut Source<'_>, DocumentId, &mut Option<Vec<(Kind, String, Place)>>) -> T,
    ) -> Option<T> {
        let document = capture.proxy(proxy)?.dump?;
        if self.document != Some(document) {
            *self = Cache { document: Some(document), ..Cache::default() };
        }
        let trees = Trees::new(capture.document(document)?)?;
        let mut source = Source::new(capture, document, &trees, &mut self.index)?;
        Some(then(&mut source, document, &mut self.names))
    }
}

/// The graph of all proxies.
pub fn mesh(capture: &Capture, opened: &[String]) -> MeshDrawing {
    let found = crate::graph::mesh::mesh(capture, &opened.iter().cloned().collect());
    let door = |it: Door| GraphFocus { resource: it.resource, at: Some(it.at) };
    let doors = found.doors.into_iter().map(|it| it.map(|(proxy, at)| (proxy, at.map(door))));
    let layout = layout(&found.graph);
    let drawing = GraphDrawing { document: DocumentId(0), graph: found.graph, layout, lit: Vec::new() };
    MeshDrawing { drawing, doors: doors.collect() }
}

fn hit(document: DocumentId, kind: Kind, name: String, place: Place) -> GraphHit {
    let resource = ResourceRef { document, resource: place.resource };
    // The resource itself is no part of it.
    let at = matches!(kind, Kind::VirtualHost | Kind::Endpoint | Kind::RouteConfig).then_some(place.at);
    GraphHit { kind, name, other: String::new(), broken: None, focus: GraphFocus { resource, at } }
}
