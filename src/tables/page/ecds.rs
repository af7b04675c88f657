//! A row for each extension that came by ECDS, and for each that is asked for and not there.

use std::collections::BTreeMap;

use super::summary::cut;
use super::{Dump, It, more, state, text};
use crate::capture::ResourceRef;
use crate::envoy::extension::HTTP_CONNECTION_MANAGER;
use crate::envoy::{Extension, HttpConnectionManager, Kind, Listener, ResourceId};
use crate::json::{Node, unescape};
use crate::tables::cell::{Cell, Column, Part, Row, Subject, Word};

pub const COLUMNS: [Column; 5] = [Column::Name, Column::Type, Column::Value, Column::UsedBy, Column::State];

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let name = it.resource.name(dump.bytes).into_owned();
    let config = Extension(it.root).config();
    let kind = config.as_ref().map(|it| vec![text(it.message())]).unwrap_or_default();
    let users: Vec<ResourceId> = dump
        .users_of_extensions()
        .get(&name)
        .map(|it| it.iter().map(|it| it.0).collect())
        .unwrap_or_default();
    let cells = vec![
        vec![text(name)],
        kind,
        config.map(|it| what(it.node)).unwrap_or_default(),
        dump.first_of(&users),
        state(dump, it.resource),
    ];
    out.push(it.row(it.root.span().start, cells));
}

/// Of a Wasm or Lua extension: what it runs.
fn what(config: Node<'_>) -> Cell {
    let code = config.path(&["config", "vm_config", "code"]);
    let remote = code.and_then(|it| it.path(&["remote", "http_uri", "uri"])).and_then(Node::str);
    let local = code.and_then(|it| it.path(&["local", "filename"])).and_then(Node::str);
    let lua = config.path(&["default_source_code", "inline_string"]).or_else(|| config.get("inline_code"));
    let found = remote.or(local).map(|it| it.into_owned());
    let found =
        found.or_else(|| lua.and_then(Node::str).map(|it| cut(it.lines().next().unwrap_or_default(), 80)));
    found.map(|it| vec![text(it)]).unwrap_or_default()
}

/// The extensions that filters ask for, by name, and what asks for each: the resource, and where in it.
pub type Users = BTreeMap<String, Vec<(ResourceId, u32)>>;

/// Reads which listener asks for which extension.
pub fn users(dump: &Dump<'_>) -> Users {
    let mut users = Users::new();
    for (id, resource) in dump.dump.of(Kind::Listener) {
        let Ok(tree) = resource.body(dump.bytes) else { continue };
        let listener = Listener(tree.root());
        let mut asks = |filter: Extension<'_>| {
            if filter.config_discovery().is_some() {
                let list = users.entry(filter.name().into_owned()).or_default();
                if list.last().is_none_or(|last| last.0 != id) {
                    list.push((id, filter.0.span().start));
                }
            }
        };
        listener.listener_filters().for_each(&mut asks);
        for filter in listener.all_filter_chains().flat_map(|it| it.filters()) {
            asks(filter);
            if filter.is(&HTTP_CONNECTION_MANAGER, "HttpConnectionManager")
                && let Some(config) = filter.config()
            {
                HttpConnectionManager::of(config).http_filters().for_each(&mut asks);
            }
        }
    }
    users
}

pub fn missing(dump: &Dump<'_>, out: &mut Vec<Row>) {
    for (name, users) in dump.users_of_extensions() {
        let there = dump
            .dump
            .of(Kind::Extension)
            .any(|(_, it)| unescape(it.name_span().of(dump.bytes)) == name.as_str());
        let Some((first, at)) = users.first().filter(|_| !there) else { continue };
        let mut used = dump.first_of(&[*first]);
        used.extend(more(users.len() - 1));
        out.push(Row {
            of: Subject::Resource(ResourceRef { document: dump.id, resource: *first }),
            at: *at,
            cells: vec![
                vec![text(name.clone())],
                Cell::new(),
                Cell::new(),
                used,
                vec![Part::Word(Word::Missing)],
            ],
            hidden: false,
        });
    }
}
