//! `istioctl proxy-config listener` (istioctl/pkg/writer/envoy/configdump/listener.go).

use std::borrow::Cow;

use super::output::{self, Format};
use super::sort::sort_slice;
use super::text::TextTable;
use super::{Dump, Lack, Listing, SHOWN, equal_fold, route_text};
use crate::envoy::extension::{HTTP_CONNECTION_MANAGER, TCP_PROXY};
use crate::envoy::{
    Action, Address, AddressKind, ClusterSpecifier, Extension, FilterChain, FilterChainMatch,
    HttpConnectionManager, Kind, Listener, PathMatch, ResourceId, RouteConfiguration, RouteMatch, TcpProxy,
};

/// Which listeners. What is empty or 0 matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerFilter {
    /// One of its addresses, any case.
    pub address: String,
    /// The port of its first address.
    pub port: u32,
    /// `HTTP`, `TCP`, `HTTP+TCP`, `UNKNOWN`, any case.
    pub listener_type: String,
}

impl ListenerFilter {
    /// Whether a listener is one of them.
    pub(super) fn admits(&self, row: &ListenerRow) -> bool {
        (self.address.is_empty() || row.addresses.iter().any(|it| equal_fold(it, &self.address)))
            && (self.port == 0 || row.port == self.port)
            && (self.listener_type.is_empty() || equal_fold(row.listener_type, &self.listener_type))
    }
}

/// A listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerRow {
    /// The resource.
    pub resource: ResourceId,
    /// Its name.
    pub name: String,
    /// Its addresses; empty for one that only this Envoy reaches.
    pub addresses: Vec<String>,
    /// The port of its first address; 0 without one.
    pub port: u32,
    /// `HTTP`, `TCP`, `HTTP+TCP`, `UNKNOWN`
    pub listener_type: &'static str,
    /// Its filter chains, sorted by destination, last first.
    pub chains: Vec<ChainRow>,
}

/// A filter chain in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainRow {
    /// What it takes: `ALL`, or what counts.
    pub matches: String,
    /// Where it leads.
    pub destination: String,
}

/// The listeners of a dump, sorted by port, address and type.
///
/// # Errors
/// Where the dump has none.
pub fn rows(dump: Dump<'_>, filter: &ListenerFilter) -> Result<Listing<ListenerRow>, Lack> {
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for (id, resource) in dump.required(Kind::Listener, &SHOWN, "ListenersConfigDump", "listeners")? {
        match resource.body(dump.bytes) {
            Ok(tree) => listing.rows.push(row(id, Listener(tree.root()))),
            Err(fault) => listing.unread.push(dump.unread((id, resource), fault)),
        }
    }
    listing.rows.retain(|it| filter.admits(it));
    sort_slice(&mut listing.rows, |one, other| {
        let key = |it: &ListenerRow| (it.port, it.addresses.first().cloned(), it.listener_type);
        key(one) < key(other)
    });
    Ok(listing)
}

pub(super) fn row(resource: ResourceId, listener: Listener<'_>) -> ListenerRow {
    let mut chains: Vec<ChainRow> = listener.all_filter_chains().map(chain).collect();
    sort_slice(&mut chains, |one, other| one.destination > other.destination);
    ListenerRow {
        resource,
        name: listener.name().into_owned(),
        addresses: addresses(listener),
        port: listener.address().map_or(0, Address::port),
        listener_type: listener_type(listener),
        chains,
    }
}

/// All addresses of a listener; what is neither an IP address nor a pipe reads as empty.
fn addresses(listener: Listener<'_>) -> Vec<String> {
    let first = match listener.address().and_then(Address::kind) {
        Some(AddressKind::Socket { address, .. } | AddressKind::Pipe(address)) => address,
        _ => Cow::Borrowed(""),
    };
    let more = listener.additional_addresses().map(|it| match it.and_then(Address::kind) {
        Some(AddressKind::Socket { address, .. }) => address,
        _ => Cow::Borrowed(""),
    });
    std::iter::once(first).chain(more).map(Cow::into_owned).collect()
}

/// What a listener speaks, told by its filters' names; a TCP proxy to BlackHoleCluster does not count.
pub(super) fn listener_type(listener: Listener<'_>) -> &'static str {
    let (mut http, mut tcp) = (false, false);
    for filter in listener.all_filter_chains().flat_map(FilterChain::filters) {
        http |= filter.named(&HTTP_CONNECTION_MANAGER);
        tcp |= filter.named(&TCP_PROXY) && !to_black_hole(filter);
    }
    match (http, tcp) {
        (true, true) => "HTTP+TCP",
        (true, false) => "HTTP",
        (false, true) => "TCP",
        (false, false) => "UNKNOWN",
    }
}

/// Whether anything in a filter's configuration says BlackHoleCluster.
fn to_black_hole(filter: Extension<'_>) -> bool {
    filter.config().is_some_and(|it| memchr::memmem::find(it.node.raw(), b"BlackHoleCluster").is_some())
}

fn chain(of: FilterChain<'_>) -> ChainRow {
    ChainRow { matches: matches(of.filter_chain_match()), destination: destination(of) }
}

/// What istioctl calls the application protocols of Istio's chains.
const PROTOCOLS: [(&str, &[&str]); 4] = [
    ("App: HTTP TLS", &["http/1.0", "http/1.1", "h2c", "istio-http/1.0", "istio-http/1.1", "istio-h2"]),
    ("App: Istio HTTP Plain", &["istio", "istio-http/1.0", "istio-http/1.1", "istio-h2"]),
    ("App: TCP TLS", &["istio-peer-exchange", "istio"]),
    ("App: HTTP", &["http/1.0", "http/1.1", "h2c"]),
];

/// What a chain takes; sources are left out.
pub(super) fn matches(of: Option<FilterChainMatch<'_>>) -> String {
    let Some(of) = of else { return "ALL".to_owned() };
    let mut said = Vec::new();
    let names: Vec<_> = of.server_names().collect();
    if !names.is_empty() {
        said.push(format!("SNI: {}", names.join(",")));
    }
    let transport = of.transport_protocol();
    if !transport.is_empty() {
        said.push(format!("Trans: {transport}"));
    }
    let protocols: Vec<_> = of.application_protocols().collect();
    if !protocols.is_empty() {
        let known = PROTOCOLS.iter().find(|(_, list)| protocols.iter().eq(list.iter()));
        said.push(
            known.map_or_else(|| format!("App: {}", protocols.join(",")), |(name, _)| (*name).to_owned()),
        );
    }
    let port = of.destination_port().map(|it| format!(":{it}"));
    let ranges: Vec<_> = of.prefix_ranges().map(|it| it.to_string()).collect();
    if !ranges.is_empty() {
        said.push(format!("Addr: {}{}", ranges.join(","), port.unwrap_or_default()));
    } else if let Some(port) = port {
        said.push(format!("Addr: *{port}"));
    }
    if said.is_empty() { "ALL".to_owned() } else { said.join("; ") }
}

/// Where a chain leads: told by its first filter that leads anywhere.
pub(super) fn destination(of: FilterChain<'_>) -> String {
    for filter in of.filters() {
        if filter.named(&HTTP_CONNECTION_MANAGER) {
            let manager = filter.config().map(HttpConnectionManager::of);
            if let Some(routes) = manager.and_then(HttpConnectionManager::route_config) {
                return inline_routes(routes);
            }
            return match manager.map(HttpConnectionManager::rds_route_config_name) {
                Some(name) if !name.is_empty() => format!("Route: {name}"),
                _ => "HTTP".to_owned(),
            };
        }
        if filter.named(&TCP_PROXY) && !to_black_hole(filter) {
            return cluster(&filter.config().map(TcpProxy::of).map(TcpProxy::cluster).unwrap_or_default());
        }
    }
    "Non-HTTP/Non-TCP".to_owned()
}

/// Istio's own clusters stand by their name.
fn cluster(name: &str) -> String {
    if name.contains("Cluster") { name.to_owned() } else { format!("Cluster: {name}") }
}

fn inline_routes(of: RouteConfiguration<'_>) -> String {
    if let Some(all) = match_all_cluster(of) {
        return all;
    }
    let hosts = of.virtual_hosts().map(|host| {
        let routes: Vec<_> = host.routes().map(|it| route_text::path(it.route_match())).collect();
        let routes = routes.join(", ");
        let domains: Vec<_> = host.domains().collect();
        match &domains[..] {
            [only] if only == "*" => routes,
            [] => routes,
            _ => format!("{} {routes}", domains.join("/")),
        }
    });
    format!("Inline Route: {}", hosts.collect::<Vec<_>>().join("; "))
}

/// The cluster, where one route takes everything to it.
fn match_all_cluster(of: RouteConfiguration<'_>) -> Option<String> {
    let host = only(of.virtual_hosts())?;
    if only(host.domains())? != "*" {
        return None;
    }
    let route = only(host.routes())?;
    match (route.route_match().and_then(RouteMatch::path), route.action()) {
        (Some(PathMatch::Prefix(prefix)), Some(Action::Route(action))) if prefix == "/" => {
            match action.cluster_specifier() {
                Some(ClusterSpecifier::Cluster(name)) => Some(cluster(&name)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn only<T>(mut list: impl Iterator<Item = T>) -> Option<T> {
    let first = list.next()?;
    list.next().is_none().then_some(first)
}

/// The table as istioctl prints it: a row a filter chain, or a row a listener where not `verbose`. `named`: as a part
/// of `proxy-config all`.
pub fn text(rows: &[ListenerRow], verbose: bool, named: bool) -> String {
    let mut titles = vec!["NAME", "ADDRESSES", "PORT"];
    titles.extend_from_slice(if verbose { &["MATCH", "DESTINATION"] } else { &["TYPE"] });
    let mut table = TextTable::new(1, &titles[usize::from(!named)..]);
    for row in rows {
        let mut start = vec![format!("listener/{}", row.name), row.addresses.join(","), row.port.to_string()];
        if !named {
            start.remove(0);
        }
        if verbose {
            for chain in &row.chains {
                let end = [chain.matches.clone(), chain.destination.clone()];
                table.push(start.iter().cloned().chain(end).collect());
            }
        } else {
            start.push(row.listener_type.to_owned());
            table.push(start);
        }
    }
    table.to_string()
}

/// The listeners themselves, in the dump's order.
///
/// # Errors
/// Where the dump has none.
pub fn print(dump: Dump<'_>, filter: &ListenerFilter, format: Format) -> Result<Listing<String>, Lack> {
    let mut all = dump.required(Kind::Listener, &SHOWN, "ListenersConfigDump", "listeners")?;
    // What cannot be parsed stays, to be reported.
    all.retain(|(id, it)| {
        it.body(dump.bytes).map_or(true, |it| filter.admits(&row(*id, Listener(it.root()))))
    });
    Ok(output::resources(dump, all.into_iter(), format))
}
