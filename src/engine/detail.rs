//! A resource and what it is linked to.

use std::collections::BTreeSet;

use super::protocol::{Detail, LinkGroup, Part, Relation, ResourceRef, TableKind, Target, Trouble};
use super::{resource, text};
use crate::capture::{Capture, Document, References};
use crate::envoy::{Kind, Resource, ResourceId, names::ServiceKey};
use crate::instant::Instant;
use crate::json::{Tree, pointer};

/// How many links of a group are shown.
const SHOWN: usize = 12;

/// All about a resource but its lines.
pub fn detail(capture: &Capture, id: ResourceRef) -> Option<Detail> {
    let (document, it) = resource(capture, id)?;
    let bytes = &document.bytes;
    let start = it.body_span().unwrap_or(it.wrapper).start;
    let body = it.body(bytes);
    // Of the wrapper: when and as which version it came, and why Envoy refused it.
    let wrapper = Tree::parse(bytes, it.wrapper).ok();
    let said = |key: &str| {
        let wrapper = wrapper.as_ref().map(Tree::root);
        wrapper.and_then(|it| it.text(key)).map(std::borrow::Cow::into_owned).unwrap_or_default()
    };
    let first =
        |keys: [&str; 2]| keys.into_iter().map(said).find(|text| !text.is_empty()).unwrap_or_default();
    Some(Detail {
        resource: id,
        kind: it.kind,
        state: it.state,
        name: it.name(bytes).into_owned(),
        proxy: capture.owner(id.document),
        table: table(it.kind),
        place: document.place(start),
        pointer: document.outline.as_ref().map(|outline| pointer(bytes, outline, start)).unwrap_or_default(),
        updated: Instant::parse(&first(["last_updated", "last_update_attempt"])),
        version: said("version_info"),
        error: said("details"),
        links: capture.references(id.document).map(|found| links(document, id, found)).unwrap_or_default(),
        lines: body.as_ref().map_or(0, |tree| text::count(tree.root())),
        trouble: body.err().filter(|_| it.body_span().is_some()).map(|fault| Trouble {
            kind: "bad_json".to_owned(),
            place: Some(document.place(fault.at)),
            pointer: String::new(),
            detail: fault.expected.to_string(),
            command: String::new(),
        }),
    })
}

/// The table in which resources of a kind stand.
pub fn table(kind: Kind) -> Option<TableKind> {
    match kind {
        Kind::Listener => Some(TableKind::Listeners),
        Kind::Route | Kind::ScopedRoute => Some(TableKind::Routes),
        Kind::Cluster => Some(TableKind::Clusters),
        Kind::Endpoint => Some(TableKind::Endpoints),
        Kind::Secret => Some(TableKind::Secrets),
        Kind::Bootstrap => Some(TableKind::Bootstrap),
        Kind::Extension => Some(TableKind::Ecds),
    }
}

/// Links of a resource: what it names, then what names it; by kind, each name once.
fn links(document: &Document, id: ResourceRef, references: &References) -> Vec<LinkGroup> {
    let bytes = &document.bytes;
    let mut groups = Vec::new();
    for kind in Kind::ALL {
        let mut seen = BTreeSet::new();
        let uses = references.from(id.resource).iter().filter(|it| it.kind == kind);
        let uses = uses.filter(|it| seen.insert(it.name.of(bytes)));
        let parts = uses.map(|it| match it.to {
            Some(to) => link(document, id, to),
            None => broken(&crate::json::unescape(it.name.of(bytes))),
        });
        group(&mut groups, Relation::Uses, kind, parts.collect());
    }
    for kind in Kind::ALL {
        let mut seen = BTreeSet::new();
        let users = references.to(id.resource).map(|it| it.from).filter(|from| seen.insert(*from));
        let users = users.filter(|from| kind_of(document, *from) == Some(kind));
        group(&mut groups, Relation::UsedBy, kind, users.map(|from| link(document, id, from)).collect());
    }
    groups
}

fn kind_of(document: &Document, id: ResourceId) -> Option<Kind> {
    document.dump()?.get(id).map(|it| it.kind)
}

fn group(groups: &mut Vec<LinkGroup>, relation: Relation, kind: Kind, mut links: Vec<Part>) {
    let total = u32::try_from(links.len()).unwrap_or(u32::MAX);
    if total > 0 {
        links.truncate(SHOWN);
        groups.push(LinkGroup { relation, kind, links, total });
    }
}

pub(super) fn link(document: &Document, of: ResourceRef, to: ResourceId) -> Part {
    let name = document.dump().and_then(|dump| dump.get(to)).map(|it: &Resource| it.name(&document.bytes));
    let name = name.unwrap_or_default().into_owned();
    let target = Target::Resource(ResourceRef { resource: to, ..of });
    let short = shorten(&name);
    Part::Link { whole: if short == name { String::new() } else { name }, text: short, target }
}

pub(super) fn broken(name: &str) -> Part {
    let short = shorten(name);
    Part::Broken { whole: if short == name { String::new() } else { name.to_owned() }, text: short }
}

/// Istio's long names as people say them, with the port, for here nothing else says it.
fn shorten(name: &str) -> String {
    match ServiceKey::parse(name) {
        Some(key) if !key.host.is_empty() => format!("{} :{}", key.short(), key.port),
        _ => name.to_owned(),
    }
}
