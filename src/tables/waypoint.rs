//! `istioctl proxy-config listener --waypoint` (istioctl/pkg/writer/envoy/configdump/listener.go,
//! `PrintRemoteListenerSummary`): filter chains as `filter_chain_matcher` chooses them, by name.

use super::listener::{destination, listener_type, matches};
use super::sort::sort_slice;
use super::text::TextTable;
use super::{Dump, Lack, Listing, SHOWN};
use crate::envoy::{Address, AddressKind, CidrRange, FilterChain, Kind, Listener, ResourceId, text as field};
use crate::json::Node;
use crate::order::InOrder;

/// A listener and its chains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaypointRow {
    /// The resource.
    pub resource: ResourceId,
    /// `envoy://name`, or `internal` where its only chain has that name.
    pub listener: String,
    /// A line for each way to each chain.
    pub chains: Vec<WaypointChain>,
    key: SortKey,
}

/// A way to a filter chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaypointChain {
    /// The chain's name.
    pub name: String,
    /// `UNMATCHED`, `ANY`, `NONE`, or what has to be so on the way.
    pub matches: String,
    /// Where it leads.
    pub destination: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct SortKey {
    internal: bool,
    name: String,
    port: u32,
    address: String,
    listener_type: &'static str,
}

/// The listeners of a dump: internal ones by name, others by port, address and type.
///
/// # Errors
/// Where the dump has none.
pub fn rows(dump: Dump<'_>) -> Result<Listing<WaypointRow>, Lack> {
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for (id, resource) in dump.required(Kind::Listener, &SHOWN, "ListenersConfigDump", "listeners")? {
        match resource.body(dump.bytes) {
            Ok(tree) => listing.rows.push(row(id, Listener(tree.root()))),
            Err(fault) => listing.unread.push(dump.unread((id, resource), fault)),
        }
    }
    sort_slice(&mut listing.rows, |one, other| {
        let (one, other) = (&one.key, &other.key);
        if one.internal && other.internal {
            return one.name < other.name;
        }
        (one.port, &one.address, one.listener_type) < (other.port, &other.address, other.listener_type)
    });
    Ok(listing)
}

fn row(resource: ResourceId, listener: Listener<'_>) -> WaypointRow {
    let chains: Vec<_> = listener.all_filter_chains().collect();
    let mut name = format!("envoy://{}", listener.name());
    if listener.internal() && chains.len() == 1 && chains[0].name() == name {
        name = "internal".to_owned();
    }
    let ways = chains.into_iter().flat_map(|chain| {
        ways(listener, chain).into_iter().map(move |matches| WaypointChain {
            name: chain.name().into_owned(),
            matches,
            destination: destination(chain),
        })
    });
    WaypointRow { resource, listener: name, chains: ways.collect(), key: key(listener) }
}

fn key(listener: Listener<'_>) -> SortKey {
    let address = match listener.address().and_then(Address::kind) {
        Some(AddressKind::Socket { address, .. } | AddressKind::Pipe(address)) => address.into_owned(),
        _ => String::new(),
    };
    SortKey {
        internal: listener.internal(),
        name: listener.name().into_owned(),
        port: listener.address().map_or(0, Address::port),
        address,
        listener_type: listener_type(listener),
    }
}

/// All ways to a chain.
fn ways(listener: Listener<'_>, chain: FilterChain<'_>) -> Vec<String> {
    let Some(matcher) = listener.filter_chain_matcher() else {
        return vec![matches(chain.filter_chain_match())];
    };
    let name = chain.name();
    let otherwise = matcher.get("on_no_match");
    if otherwise.and_then(|it| it.get("action")).is_some_and(|it| field(it, "name") == name) {
        return vec!["UNMATCHED".to_owned()];
    }
    let tree = otherwise.and_then(|it| it.get("matcher")).unwrap_or(matcher);
    below(tree, &name, 0).unwrap_or_else(|| vec!["NONE".to_owned()])
}

/// How deep matchers are followed; Istio's are three deep.
const DEEPEST: usize = 32;

/// The ways to a chain through a matcher; `None` where none leads there.
fn below(matcher: Node<'_>, chain: &str, depth: usize) -> Option<Vec<String>> {
    if depth > DEEPEST {
        return None;
    }
    let otherwise = matcher.get("on_no_match");
    if otherwise.and_then(|it| it.get("action")).is_some_and(|it| field(it, "name") == chain) {
        return Some(vec!["ANY".to_owned()]);
    }
    if let Some(inner) = otherwise.and_then(|it| it.get("matcher")) {
        return Some(below(inner, chain, depth + 1).unwrap_or_else(|| vec!["NONE".to_owned()]));
    }
    let tree = matcher.get("matcher_tree")?;
    let input = tree.get("input").map(|it| field(it, "name")).unwrap_or_default();
    let (equality, branches) = branches(tree);
    let mut found = Vec::new();
    for (value, on_match) in branches {
        if let Some(action) = on_match.get("action") {
            if field(action, "name") == chain {
                found.push(format!("{input}{equality}{value}"));
            }
        } else if let Some(inner) = on_match.get("matcher") {
            let deeper = below(inner, chain, depth + 1).unwrap_or_default();
            found.extend(deeper.iter().map(|it| format!("{input}{equality}{value} -> {it}")));
        }
    }
    (!found.is_empty()).then_some(found)
}

/// What a matcher's tree compares with, and what follows from each. Sorted: istioctl's own order is that of a Go map,
/// another one each time.
fn branches(tree: Node<'_>) -> (&'static str, Vec<(String, Node<'_>)>) {
    let map =
        |key: &str| tree.path(&[key, "map"]).map(|it| it.entries().map(|(key, it)| (key.into_owned(), it)));
    let (equality, mut found): (_, Vec<(String, Node<'_>)>) = if let Some(exact) = map("exact_match_map") {
        ("=", exact.collect())
    } else if let Some(prefix) = map("prefix_match_map") {
        ("^", prefix.collect())
    } else {
        let custom = tree.path(&["custom_match", "typed_config"]);
        let ranges = custom.into_iter().flat_map(|it| it.list("range_matchers"));
        let found = ranges.flat_map(|matcher| {
            matcher
                .list("ranges")
                .filter_map(move |range| Some((cidr(CidrRange(range)), matcher.get("on_match")?)))
        });
        ("=", found.collect())
    };
    found.order_by(|one, other| one.0.cmp(&other.0));
    (equality, found)
}

/// A range; one address without its length.
fn cidr(range: CidrRange<'_>) -> String {
    match range.prefix_len() {
        32 | 128 => range.address_prefix().into_owned(),
        _ => range.to_string(),
    }
}

/// The table as istioctl prints it.
pub fn text(rows: &[WaypointRow]) -> String {
    let mut table = TextTable::new(1, &["LISTENER", "CHAIN", "MATCH", "DESTINATION"]);
    for row in rows {
        for chain in &row.chains {
            table.row([
                row.listener.clone(),
                chain.name.clone(),
                chain.matches.clone(),
                chain.destination.clone(),
            ]);
        }
    }
    table.to_string()
}
