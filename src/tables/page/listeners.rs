//! A row for each filter chain.

use super::{Dump, It, address, aside, state, summary, text};
use crate::envoy::Kind;
use crate::json::Node;
use crate::tables::cell::{Cell, Column, Part, Row, Word};

pub const COLUMNS: [Column; 6] =
    [Column::Address, Column::Name, Column::Match, Column::Destination, Column::Tls, Column::State];

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let addresses = addresses(it.root);
    let name = it.resource.name(dump.bytes).into_owned();
    let default = it.root.get("default_filter_chain").map(|chain| (chain, true));
    let chains: Vec<_> = it.root.list("filter_chains").map(|chain| (chain, false)).chain(default).collect();
    let head = |at: u32, matches: Cell, destination: Cell, tls: Cell| {
        let cells =
            vec![addresses.clone(), vec![text(name.clone())], matches, destination, tls, state(it.resource)];
        Row { resource: it.reference, at, cells }
    };
    for (chain, is_default) in &chains {
        let matches = chain.get("filter_chain_match").map(summary::chain_match).unwrap_or_default();
        let matches = if *is_default {
            vec![Part::Word(Word::Default)]
        } else if matches.is_empty() {
            vec![Part::Word(Word::Any)]
        } else {
            matches
        };
        let mut destination = Cell::new();
        for filter in chain.list("filters") {
            filter_destination(dump, filter, &mut destination);
        }
        out.push(head(chain.span().start, matches, destination, tls(*chain)));
    }
    if chains.is_empty() {
        out.push(head(it.root.span().start, Cell::new(), Cell::new(), Cell::new()));
    }
}

fn addresses(listener: Node<'_>) -> Cell {
    let first = listener.get("address").and_then(address);
    let internal = listener.get("internal_listener").map(|_| "internal".to_owned());
    let more = listener.list("additional_addresses").filter_map(|it| address(it.get("address")?));
    let mut out = Cell::new();
    for (index, it) in first.or(internal).into_iter().chain(more).enumerate() {
        if index > 0 {
            out.push(Part::Break);
        }
        out.push(text(it));
    }
    out
}

/// A filter's own message, wherever its version keeps it.
fn config(filter: Node<'_>) -> Option<Node<'_>> {
    let config = filter.get("typed_config").or_else(|| filter.get("config"))?;
    // A TypedStruct keeps the fields in `value`.
    Some(config.get("value").filter(|_| config.get("type_url").is_some()).unwrap_or(config))
}

fn filter_destination(dump: &Dump<'_>, filter: Node<'_>, out: &mut Cell) {
    let Some(config) = config(filter) else { return };
    if let Some(rds) = config.get("rds") {
        let Some(name) = rds.get("route_config_name") else { return };
        let part = dump.link(Kind::Route, name);
        let missing = matches!(part, Part::Broken { .. });
        out.extend([aside("route"), part]);
        if missing {
            out.push(Part::Word(Word::NoSuchRouteConfig));
        }
    } else if let Some(inline) = config.get("route_config") {
        out.push(aside("route"));
        match inline.get("name") {
            Some(name) => out.push(dump.link(Kind::Route, name)),
            None => out.push(aside("inline")),
        }
    } else if config.get("scoped_routes").is_some() {
        out.push(aside("scoped routes"));
    } else if let Some(cluster) = config.get("cluster").filter(|_| is_tcp_proxy(filter)) {
        out.push(dump.link(Kind::Cluster, cluster));
    } else if let Some(weighted) = config.get("weighted_clusters") {
        let sum = weighted.list("clusters").filter_map(|it| it.number("weight")).sum::<u64>().max(1);
        for (index, it) in weighted.list("clusters").enumerate() {
            if index > 0 {
                out.push(Part::Break);
            }
            let Some(name) = it.get("name") else { continue };
            let share = it.number("weight").unwrap_or(0) * 1000 / sum;
            out.extend([
                dump.link(Kind::Cluster, name),
                Part::Word(Word::Share(u32::try_from(share).unwrap_or(0))),
            ]);
        }
    }
}

fn is_tcp_proxy(filter: Node<'_>) -> bool {
    let name = filter.text("name").unwrap_or_default();
    let url = filter.get("typed_config").and_then(|it| it.text("@type")).unwrap_or_default();
    name.ends_with("tcp_proxy") || url.ends_with("TcpProxy")
}

/// How the chain's connections are secured.
fn tls(chain: Node<'_>) -> Cell {
    let socket = chain.get("transport_socket");
    let context = socket.and_then(config).or_else(|| chain.get("tls_context"));
    match context {
        Some(context) if context.flag("require_client_certificate") => vec![Part::Word(Word::MutualTls)],
        Some(_) if socket.and_then(|it| it.text("name")).is_none_or(|name| !name.contains("raw_buffer")) => {
            vec![Part::Word(Word::Tls)]
        }
        _ => Cell::new(),
    }
}
