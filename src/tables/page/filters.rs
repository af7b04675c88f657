//! A row for each filter, in the order in which a connection or request meets them.

use super::summary::{chain_match, short_name};
use super::{Dump, It, state, text};
use crate::envoy::extension::HTTP_CONNECTION_MANAGER;
use crate::envoy::{Extension, FilterChain, HttpConnectionManager, Kind, Listener};
use crate::json::Node;
use crate::tables::cell::{Cell, Column, Part, Row, Word};

pub const COLUMNS: [Column; 8] = [
    Column::Listener,
    Column::Chain,
    Column::Kind,
    Column::Order,
    Column::Name,
    Column::Type,
    Column::Source,
    Column::State,
];

/// One chain's filters as rows.
struct Chain<'d, 'c> {
    dump: &'d Dump<'c>,
    it: It<'d>,
    head: [Cell; 2],
}

impl Chain<'_, '_> {
    fn add<'t>(&self, kind: Word, filters: impl Iterator<Item = Extension<'t>>, out: &mut Vec<Row>) {
        for (at, filter) in filters.enumerate() {
            let mut state = state(self.dump, self.it.resource);
            if filter.disabled() {
                state.push(Part::Word(Word::Off));
            }
            let [listener, chain] = self.head.clone();
            let cells = vec![
                listener,
                chain,
                vec![Part::Word(kind)],
                vec![text((at + 1).to_string())],
                name(filter),
                filter.config().map(|it| vec![text(it.message())]).unwrap_or_default(),
                source(self.dump, filter),
                state,
            ];
            out.push(self.it.row(filter.0.span().start, cells));
        }
    }
}

fn name(filter: Extension<'_>) -> Cell {
    let whole = filter.name().into_owned();
    let short = short_name(&whole);
    if short == whole { vec![text(whole)] } else { vec![Part::Name { text: short, whole }] }
}

/// Where a filter's configuration stands: here, or in an extension that comes by ECDS.
fn source(dump: &Dump<'_>, filter: Extension<'_>) -> Cell {
    if filter.config_discovery().is_some() {
        let Some(name) = filter.0.get("name") else { return Cell::new() };
        let part = dump.link(Kind::Extension, name);
        let missing = matches!(part, Part::Broken { .. });
        let mut cell = vec![text("ECDS"), part];
        cell.extend(missing.then_some(Part::Word(Word::Missing)));
        return cell;
    }
    if filter.config().is_some() { vec![Part::Word(Word::Inline)] } else { Cell::new() }
}

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let listener = Listener(it.root);
    let name = vec![text(it.resource.name(dump.bytes))];
    let head = |chain: Cell| Chain { dump, it, head: [name.clone(), chain] };
    head(Cell::new()).add(Word::ListenerFilter, listener.listener_filters(), out);
    let default = listener.default_filter_chain().map(|it| it.0.span().start);
    for chain in listener.all_filter_chains() {
        let label = label(chain, default == Some(chain.0.span().start));
        let of = head(label);
        of.add(Word::NetworkFilter, chain.filters(), out);
        for filter in chain.filters().filter(|it| it.is(&HTTP_CONNECTION_MANAGER, "HttpConnectionManager")) {
            let Some(config) = filter.config() else { continue };
            of.add(Word::HttpFilter, HttpConnectionManager::of(config).http_filters(), out);
        }
    }
}

/// What a chain takes, else its name.
fn label(chain: FilterChain<'_>, is_default: bool) -> Cell {
    if is_default {
        return vec![Part::Word(Word::Default)];
    }
    let matches = chain.filter_chain_match().map(|it| chain_match(it.0)).unwrap_or_default();
    let name = chain.name();
    match (matches.is_empty(), name.is_empty()) {
        (false, _) => matches,
        (true, false) => vec![text(name)],
        (true, true) => vec![Part::Word(Word::Any)],
    }
}

/// Filters on the way to a cluster's endpoints: of its connections, and of requests (`HttpProtocolOptions`).
pub fn rows_of_cluster(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let name = it.resource.name(dump.bytes);
    let link = || vec![dump.link_to(Kind::Cluster, it.reference.resource, &name)];
    let chain = Chain { dump, it, head: [Cell::new(), link()] };
    chain.add(Word::UpstreamFilter, it.root.list("filters").map(Extension), out);
    let options = it.root.get("typed_extension_protocol_options").into_iter().flat_map(Node::entries);
    for (_, options) in options {
        chain.add(Word::UpstreamFilter, options.list("http_filters").map(Extension), out);
    }
}
