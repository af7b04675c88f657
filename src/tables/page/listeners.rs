//! A row for each filter chain.

use std::collections::BTreeMap;

use super::summary::short_name;
use super::{Dump, It, address, aside, listed, state, summary, text};
use crate::envoy::extension::HTTP_CONNECTION_MANAGER;
use crate::envoy::{Extension, FilterChain, HttpConnectionManager, Kind, Listener};
use crate::json::Node;
use crate::tables::cell::{Cell, Column, Part, Row, Word};

pub const COLUMNS: [Column; 11] = [
    Column::Address,
    Column::Name,
    Column::Direction,
    Column::Chain,
    Column::Match,
    Column::Destination,
    Column::Tls,
    Column::Mode,
    Column::Filters,
    Column::ListenerFilters,
    Column::State,
];

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let listener = Listener(it.root);
    let mut addresses = addresses(it.root);
    let name = it.resource.name(dump.bytes);
    // Istio names most listeners `address_port`; the others' names say more (`virtualInbound`).
    let repeated = addresses.iter().any(|part| matches!(part, Part::Text(address) if same(address, &name)));
    if !name.is_empty() && !repeated {
        addresses.extend([Part::Break, aside(name.clone())]);
    }
    let direction = match listener.traffic_direction().as_ref() {
        "INBOUND" => vec![text("inbound")],
        "OUTBOUND" => vec![text("outbound")],
        _ => Cell::new(),
    };
    let filters_before = listed(listener.listener_filters().map(|it| short_name(&it.name())));
    let state = state(dump, it.resource);
    let head = |at: u32, [chain, matches, destination, tls, mode, filters]: [Cell; 6]| {
        let cells = vec![
            addresses.clone(),
            vec![text(name.clone())],
            direction.clone(),
            chain,
            matches,
            destination,
            tls,
            mode,
            filters,
            filters_before.clone(),
            state.clone(),
        ];
        it.row(at, cells)
    };
    let inbound = Inbound::of(listener);
    let default = listener.default_filter_chain().map(|it| it.0.span().start);
    let before = out.len();
    for chain in listener.all_filter_chains() {
        let at = chain.0.span().start;
        let mut matches = chain.filter_chain_match().map(|it| summary::chain_match(it.0)).unwrap_or_default();
        if default == Some(at) {
            matches = vec![Part::Word(Word::Default)];
        } else if listener.filter_chain_matcher().is_some() {
            // A waypoint's chains are chosen by name; the matcher's tree is in the detail.
            matches.extend([aside("filter_chain_matcher"), text(chain.name())]);
        } else if matches.is_empty() {
            matches = vec![Part::Word(Word::Any)];
        }
        let mut destination = Cell::new();
        for filter in chain.filters() {
            filter_destination(dump, filter.0, &mut destination);
        }
        let mode = inbound.mode(chain).map(|it| vec![Part::Word(it)]).unwrap_or_default();
        let name = chain.name();
        let name = if name.is_empty() { Cell::new() } else { vec![text(name)] };
        out.push(head(at, [name, matches, destination, tls(chain), mode, filters(chain)]));
    }
    if out.len() == before {
        out.push(head(it.root.span().start, [const { Cell::new() }; 6]));
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
fn tls(chain: FilterChain<'_>) -> Cell {
    let Some(context) = chain.tls_context() else { return Cell::new() };
    vec![Part::Word(if context.flag("require_client_certificate") { Word::MutualTls } else { Word::Tls })]
}

/// Which connections each port of a sidecar's inbound listener takes, over all its chains.
struct Inbound {
    ports: BTreeMap<Option<u64>, Modes>,
    /// The listener's own port: Istio's chain for it goes nowhere, against loops.
    own: Option<u64>,
}

#[derive(Default)]
struct Modes {
    mutual: bool,
    /// TLS that wants no certificate: a server of the user's own.
    simple: bool,
    plain: bool,
}

impl Inbound {
    /// Nothing for a listener that does not take over a sidecar's inbound connections: one that knows, after
    /// iptables, where they were meant to go.
    fn of(listener: Listener<'_>) -> Inbound {
        let mut ports = BTreeMap::<_, Modes>::new();
        let own = listener.address().map(|it| u64::from(it.port()));
        let restores = listener.listener_filters().any(|it| it.name().ends_with("original_dst"));
        let is_sidecars =
            listener.traffic_direction() == "INBOUND" && (restores || listener.use_original_dst());
        for chain in listener.all_filter_chains().filter(|_| is_sidecars) {
            let modes = ports.entry(port(chain)).or_default();
            match chain.tls_context() {
                Some(context) if context.flag("require_client_certificate") => modes.mutual = true,
                Some(_) => modes.simple = true,
                None => {
                    modes.plain |=
                        chain.filter_chain_match().is_none_or(|it| it.transport_protocol() != "tls")
                }
            }
        }
        Inbound { ports, own }
    }

    /// Istio's mode of a chain's port (PeerAuthentication).
    fn mode(&self, chain: FilterChain<'_>) -> Option<Word> {
        let port = port(chain);
        if port.is_some() && port == self.own {
            return None;
        }
        match self.ports.get(&port)? {
            Modes { mutual: true, plain: true, .. } => Some(Word::Permissive),
            Modes { mutual: true, plain: false, .. } => Some(Word::Strict),
            Modes { simple: false, plain: true, .. } => Some(Word::Disable),
            _ => None,
        }
    }
}

fn port(chain: FilterChain<'_>) -> Option<u64> {
    chain.filter_chain_match()?.destination_port()
}

/// The filters of a chain, those of HTTP in place of their connection manager, short of what all names begin with.
fn filters(chain: FilterChain<'_>) -> Cell {
    let mut names = Vec::new();
    for filter in chain.filters() {
        match filter.config().filter(|_| filter.is(&HTTP_CONNECTION_MANAGER, "HttpConnectionManager")) {
            Some(config) => {
                let inner = HttpConnectionManager::of(config).http_filters();
                names.extend(inner.filter(|it| !it.disabled()).map(|it| short_name(&it.name())));
            }
            None => names.push(short_name(&filter.name())),
        }
    }
    if names.is_empty() { Cell::new() } else { vec![aside(names.join(", "))] }
}
