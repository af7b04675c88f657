//! A row for each filter chain.

use std::collections::BTreeMap;

use super::{Dump, It, address, aside, state, summary, text};
use crate::envoy::extension::HTTP_CONNECTION_MANAGER;
use crate::envoy::{Extension, FilterChain, HttpConnectionManager, Kind, Listener};
use crate::json::Node;
use crate::tables::cell::{Cell, Column, Part, Row, Word};

pub const COLUMNS: [Column; 6] =
    [Column::Address, Column::Match, Column::Destination, Column::Tls, Column::Filters, Column::State];

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let mut addresses = addresses(it.root);
    let name = it.resource.name(dump.bytes);
    // Istio names most listeners `address_port`; the others' names say more (`virtualInbound`).
    let repeated = addresses.iter().any(|part| matches!(part, Part::Text(address) if same(address, &name)));
    if !name.is_empty() && !repeated {
        addresses.extend([Part::Break, aside(name)]);
    }
    let default = it.root.get("default_filter_chain").map(|chain| (chain, true));
    let chains: Vec<_> = it.root.list("filter_chains").map(|chain| (chain, false)).chain(default).collect();
    let head = |at: u32, matches: Cell, destination: Cell, tls: Cell, filters: Cell| {
        let cells = vec![addresses.clone(), matches, destination, tls, filters, state(it.resource)];
        Row { resource: it.reference, at, cells }
    };
    let inbound = Inbound::of(Listener(it.root));
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
        let mut secured = tls(*chain);
        secured.extend(inbound.mode(FilterChain(*chain)).map(Part::Word));
        out.push(head(chain.span().start, matches, destination, secured, filters(FilterChain(*chain))));
    }
    if chains.is_empty() {
        let [matches, destination, tls, filters] = [const { Cell::new() }; 4];
        out.push(head(it.root.span().start, matches, destination, tls, filters));
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

/// Whether a listener's name only repeats its address: `0.0.0.0_9080`, `0.0.0.0_9080_internal` does not.
fn same(address: &str, name: &str) -> bool {
    address.rsplit_once(':').zip(name.rsplit_once('_')).is_some_and(|(address, name)| {
        address.1 == name.1 && address.0.trim_matches(['[', ']']) == name.0.trim_matches(['[', ']'])
    })
}

fn filter_destination(dump: &Dump<'_>, filter: Node<'_>, out: &mut Cell) {
    let Some(config) = Extension(filter).config().map(|it| it.node) else { return };
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
    let context =
        socket.and_then(|it| Extension(it).config()).map(|it| it.node).or_else(|| chain.get("tls_context"));
    match context {
        Some(context) if context.flag("require_client_certificate") => vec![Part::Word(Word::MutualTls)],
        Some(_) if socket.and_then(|it| it.text("name")).is_none_or(|name| !name.contains("raw_buffer")) => {
            vec![Part::Word(Word::Tls)]
        }
        _ => Cell::new(),
    }
}

/// Which connections each port of a sidecar's inbound listener takes, over all its chains.
struct Inbound(BTreeMap<Option<u64>, Modes>);

#[derive(Default)]
struct Modes {
    mutual: bool,
    plain: bool,
}

impl Inbound {
    /// Nothing for a listener that is not inbound.
    fn of(listener: Listener<'_>) -> Inbound {
        let mut ports = BTreeMap::<_, Modes>::new();
        for chain in listener.all_filter_chains().filter(|_| listener.traffic_direction() == "INBOUND") {
            let modes = ports.entry(port(chain)).or_default();
            match chain.tls_context() {
                Some(context) => modes.mutual |= context.flag("require_client_certificate"),
                None => {
                    modes.plain |=
                        chain.filter_chain_match().is_none_or(|it| it.transport_protocol() != "tls")
                }
            }
        }
        Inbound(ports)
    }

    /// Istio's mode of a chain's port (PeerAuthentication), where mutual TLS is possible at all.
    fn mode(&self, chain: FilterChain<'_>) -> Option<Word> {
        let modes = self.0.get(&port(chain)).filter(|it| it.mutual)?;
        Some(if modes.plain { Word::Permissive } else { Word::Strict })
    }
}

fn port(chain: FilterChain<'_>) -> Option<u64> {
    chain.filter_chain_match()?.destination_port()
}

/// The filters of a chain, those of HTTP in place of their connection manager, short of what all names begin with.
fn filters(chain: FilterChain<'_>) -> Cell {
    let short = |name: &str| name.strip_prefix("envoy.filters.").unwrap_or(name).to_owned();
    let mut names = Vec::new();
    for filter in chain.filters() {
        match filter.config().filter(|_| filter.is(&HTTP_CONNECTION_MANAGER, "HttpConnectionManager")) {
            Some(config) => {
                let inner = HttpConnectionManager::of(config).http_filters();
                names.extend(inner.filter(|it| !it.disabled()).map(|it| short(&it.name())));
            }
            None => names.push(short(&filter.name())),
        }
    }
    if names.is_empty() { Cell::new() } else { vec![aside(names.join(", "))] }
}
