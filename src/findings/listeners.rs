//! Listeners, filter chains and hosts: who gets to which routes at all.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Finding, Need, Severity, Subject};
use super::site::Cx;
use super::traffic::Reach;
use super::{conflicts, policy, routes, routing, secrets, xds};
use crate::envoy::{
    Address, AddressKind, FilterChain, HttpConnectionManager, Kind, Listener, ResourceId, State,
};
use crate::json::{Kind as Json, Node, pluck_text};
use crate::order::InOrder;

/// Judges a listener of any state.
pub fn listener(cx: &mut Cx<'_, '_>, id: ResourceId, node: Node<'_>) {
    let site = *cx.site;
    let Some(resource) = site.dump.get(id) else { return };
    let listener = Listener(node);
    let name = resource.name(site.bytes);
    let name = if name.is_empty() { listener.name().into_owned() } else { name.into_owned() };
    if !matches!(resource.state, State::Draining | State::Error) {
        duplicate_matches(cx, id, &name, listener);
    }
    if site.planned {
        return;
    }
    if !matches!(resource.state, State::Active | State::Static) {
        xds::listener(cx, id, &name, listener);
        if resource.state == State::Warming {
            // What it waits for is most often a certificate.
            for chain in listener.all_filter_chains() {
                secrets::wanted_by(
                    cx,
                    id,
                    chain.tls_context().into_iter().collect(),
                    std::slice::from_ref(&name),
                );
            }
        }
        if resource.state == State::Error {
            // What Envoy may have stumbled over.
            for chain in listener.all_filter_chains() {
                let inner = chain.http_connection_manager().into_iter().flat_map(|it| it.http_filters());
                for filter in chain.filters().chain(inner) {
                    policy::unknown(cx, id, &name, filter);
                }
            }
        }
        return;
    }
    conflicts::takes(cx, &name, listener);
    let reach = Reach::of(&name);
    let address =
        listener.address().and_then(Address::kind).map_or_else(|| name.clone(), |it| it.to_string());
    for chain in listener.all_filter_chains() {
        secrets::wanted_by(cx, id, chain.tls_context().into_iter().collect(), &reach.listeners);
        policy::filters(cx, id, &name, chain, &reach);
        if let Some(proxy) = chain.tcp_proxy() {
            let owner = chain.owner().or_else(|| listener.owner());
            routing::tcp(cx, id, &name, &address, proxy, owner, &reach);
        }
        if let Some(manager) = chain.http_connection_manager() {
            manager_routes(cx, id, &name, chain, manager, &reach);
        }
    }
    no_default_chain(cx, id, &name, listener);
    never_matches(cx, id, &name, listener);
    sniffing(cx, id, &name, listener);
    hijacked(cx, id, &name, listener);
    reused_connections(cx, id, &name, listener);
}

/// Check 10, and where the routes are.
fn manager_routes(
    cx: &mut Cx<'_, '_>,
    id: ResourceId,
    listener: &str,
    chain: FilterChain<'_>,
    it: HttpConnectionManager<'_>,
    reach: &Reach,
) {
    let site = *cx.site;
    let tls = chain.tls_context().is_some();
    if let Some(config) = it.route_config() {
        routes::route_config(cx, id, (Subject::Listener, listener), config, reach, tls);
    }
    let wanted = it.rds_route_config_name();
    if wanted.is_empty() {
        return;
    }
    let entry = cx.traffic.routes.entry(wanted.clone().into_owned()).or_default();
    entry.reach.add(reach);
    entry.tls |= tls;
    let Some(name) = it.0.get("rds").and_then(|it| it.get("route_config_name")) else { return };
    if site.named(Kind::Route, name).is_some() {
        return;
    }
    if !site.complete(Kind::Route) {
        cx.not_judged("route-config-missing", if site.whole { Need::Routes } else { Need::WholeDump });
        return;
    }
    let finding = Finding::new("route-config-missing", Severity::Error, Subject::Listener, listener)
        .cause(wanted.clone())
        .arg("listener", listener)
        .arg("route", &wanted)
        .evidence(site.evidence(id, name))
        .response(404, "NR", "route_not_found");
    cx.report(id, with_reach(finding, reach));
}

/// Adds who meets it.
pub fn with_reach(mut finding: Finding, reach: &Reach) -> Finding {
    finding.listeners.clone_from(&reach.listeners);
    finding.hosts.clone_from(&reach.hosts);
    finding
}

/// Check 11, as a note: on a gateway it is what was asked for.
fn no_default_chain(cx: &mut Cx<'_, '_>, id: ResourceId, name: &str, listener: Listener<'_>) {
    if listener.default_filter_chain().is_some() || listener.filter_chain_matcher().is_some() {
        return;
    }
    let mut names = BTreeSet::new();
    for chain in listener.filter_chains() {
        let before = names.len();
        names.extend(chain.filter_chain_match().into_iter().flat_map(|it| it.server_names()));
        if names.len() == before
            && chain.filter_chain_match().is_none_or(|it| it.server_names().next().is_none())
        {
            return;
        }
    }
    if names.is_empty() {
        return;
    }
    let shown: Vec<&str> = names.iter().take(6).map(AsRef::as_ref).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    let finding = Finding::new("no-default-chain", Severity::Note, Subject::Listener, name)
        .arg("listener", name)
        .arg("names", format!("{}{more}", shown.join(", ")))
        .evidence(cx.site.evidence(id, listener.0.get("filter_chains").unwrap_or(listener.0)))
        .response(0, "NR", "filter_chain_not_found");
    cx.report(id, finding);
}

/// Check 11: without the HTTP inspector nobody knows that a connection is HTTP. (Envoy adds a missing TLS inspector
/// by itself: source/common/listener_manager/listener_impl.cc.)
fn never_matches(cx: &mut Cx<'_, '_>, id: ResourceId, name: &str, listener: Listener<'_>) {
    let inspects = |it: crate::envoy::Extension<'_>| {
        it.is(&["envoy.filters.listener.http_inspector", "envoy.listener.http_inspector"], "HttpInspector")
    };
    if listener.filter_chain_matcher().is_some() || listener.listener_filters().any(inspects) {
        return;
    }
    for chain in listener.filter_chains() {
        let Some(of) = chain.filter_chain_match() else { continue };
        let mut protocols = of.application_protocols().peekable();
        let plain = protocols.peek().is_some()
            && protocols.all(|it| matches!(it.as_ref(), "http/1.0" | "http/1.1" | "h2c"));
        // Over TLS these come from ALPN.
        if !plain || of.transport_protocol() != "raw_buffer" {
            continue;
        }
        let finding = Finding::new("chain-never-matches", Severity::Warning, Subject::Listener, name)
            .cause(chain.name())
            .arg("listener", name)
            .evidence(cx.site.evidence(id, of.0))
            .owner(chain.owner().or_else(|| listener.owner()));
        cx.report(id, finding);
    }
}

/// Check 12: Envoy refuses a listener two of whose chains want the same.
fn duplicate_matches(cx: &mut Cx<'_, '_>, id: ResourceId, name: &str, listener: Listener<'_>) {
    if listener.filter_chain_matcher().is_some() {
        return;
    }
    let mut seen: BTreeMap<String, Node<'_>> = BTreeMap::new();
    for chain in listener.filter_chains() {
        let matched = chain.0.get("filter_chain_match");
        let key = matched.map_or_else(|| "{}".to_owned(), canonical);
        if let Some(first) = seen.insert(key, matched.unwrap_or(chain.0)) {
            let finding = Finding::new("duplicate-filter-chain", Severity::Error, Subject::Listener, name)
                .cause(chain.name())
                .arg("listener", name)
                .arg("chain", chain.name())
                .evidence(cx.site.evidence(id, first))
                .evidence(cx.site.evidence(id, matched.unwrap_or(chain.0)))
                .owner(chain.owner().or_else(|| listener.owner()));
            cx.report(id, finding);
        }
    }
}

/// A message as text, the order of fields and lists left out.
fn canonical(node: Node<'_>) -> String {
    match node.kind() {
        Json::Object => {
            let fields = node.fields().map(|(key, value)| {
                format!("{}:{}", crate::json::snake(&String::from_utf8_lossy(key)), canonical(value))
            });
            let mut fields: Vec<String> = fields.collect();
            fields.order();
            format!("{{{}}}", fields.join(","))
        }
        Json::Array => {
            let mut items: Vec<String> = node.items().map(canonical).collect();
            items.order();
            format!("[{}]", items.join(","))
        }
        _ => String::from_utf8_lossy(node.raw()).into_owned(),
    }
}

/// Ports whose servers speak first: there is nothing to sniff until they do.
const SERVER_FIRST: [(u32, &str); 8] = [
    (21, "FTP"),
    (22, "SSH"),
    (25, "SMTP"),
    (110, "POP3"),
    (143, "IMAP"),
    (587, "SMTP"),
    (3306, "MySQL"),
    (5900, "VNC"),
];

/// Check 16.
fn sniffing(cx: &mut Cx<'_, '_>, id: ResourceId, name: &str, listener: Listener<'_>) {
    let inspector = listener.listener_filters().find(|it| {
        it.is(&["envoy.filters.listener.http_inspector", "envoy.listener.http_inspector"], "HttpInspector")
    });
    let Some(inspector) = inspector else { return };
    let own = listener.address().map_or(0, Address::port);
    let inbound = listener.filter_chains().filter_map(|it| it.filter_chain_match()?.destination_port());
    let inbound = inbound.filter_map(|it| u32::try_from(it).ok());
    let ports: BTreeSet<u32> = inbound.chain([own]).collect();
    let timeout = listener.0.text("listener_filters_timeout");
    for port in ports {
        let Some((_, protocol)) = SERVER_FIRST.iter().find(|it| it.0 == port) else { continue };
        if inspector.0.get("filter_disabled").is_some_and(|it| disabled(it, port, 0)) {
            continue;
        }
        let forever = timeout.as_deref() == Some("0s");
        let finding = Finding::new("sniffing-server-first", Severity::Warning, Subject::Listener, name)
            .case(if forever { "forever" } else { "" })
            .cause(port.to_string())
            .arg("listener", name)
            .arg("port", port)
            .arg("protocol", protocol)
            .arg("timeout", timeout.as_deref().unwrap_or("15s"))
            .evidence(cx.site.evidence(id, inspector.0))
            .owner(listener.owner())
            .likely();
        cx.report(id, finding);
    }
}

/// Whether a predicate (`ListenerFilterChainMatchPredicate`) holds for a port.
fn disabled(it: Node<'_>, port: u32, depth: u32) -> bool {
    if depth > 16 {
        return false;
    }
    if let Some(range) = it.get("destination_port_range") {
        let bound = |key| range.number(key).unwrap_or(0);
        return (bound("start")..bound("end")).contains(&u64::from(port));
    }
    if let Some(any) = it.get("or_match") {
        return any.list("rules").any(|it| disabled(it, port, depth + 1));
    }
    if let Some(all) = it.get("and_match") {
        return all.list("rules").all(|it| disabled(it, port, depth + 1));
    }
    if let Some(not) = it.get("not_match") {
        return !disabled(not, port, depth + 1);
    }
    it.flag("any_match")
}

/// Check 17: what takes every address of a port is meant for what nobody else takes.
fn hijacked(cx: &mut Cx<'_, '_>, id: ResourceId, name: &str, listener: Listener<'_>) {
    let site = *cx.site;
    let Some(AddressKind::Socket { address, port }) = listener.address().and_then(Address::kind) else {
        return;
    };
    let sidecar = listener.traffic_direction() == "OUTBOUND" && !listener.bind_to_port();
    if !conflicts::is_wildcard(&address) || !sidecar {
        return;
    }
    let empty = |it: &FilterChain<'_>| it.filter_chain_match().is_none_or(|it| it.0.is_empty());
    let takes_all = listener.default_filter_chain().or_else(|| listener.filter_chains().find(empty));
    let Some(chain) = takes_all.filter(|it| it.http_connection_manager().is_none()) else { return };
    let Some(proxy) = chain.tcp_proxy() else { return };
    let cluster = proxy.cluster();
    if !cluster.starts_with("outbound|") {
        return;
    }
    // To the original destination is where everybody wanted anyway.
    let found = site.find(Kind::Cluster, &cluster).and_then(|id| site.dump.get(id)?.body_span());
    let kind = found.and_then(|span| pluck_text(site.bytes, span, &["type"]));
    if kind.is_none_or(|it| it.of(site.bytes) == b"ORIGINAL_DST") {
        return;
    }
    let finding = Finding::new("port-hijacked", Severity::Warning, Subject::Listener, name)
        .arg("listener", name)
        .arg("port", port)
        .arg("cluster", &cluster)
        .evidence(site.evidence(id, proxy.0.get("cluster").unwrap_or(proxy.0)))
        .owner(chain.owner().or_else(|| listener.owner()));
    let reach = Reach::of(name);
    cx.report(id, with_reach(finding, &reach));
}

/// Check 21: a browser uses one HTTP/2 connection for all hosts that its certificate covers.
fn reused_connections(cx: &mut Cx<'_, '_>, id: ResourceId, name: &str, listener: Listener<'_>) {
    // By certificate: the route configurations behind it, and the server names.
    let mut by_certificate: BTreeMap<String, Vec<(String, Vec<String>, Node<'_>)>> = BTreeMap::new();
    for chain in listener.filter_chains() {
        let (Some(tls), Some(manager)) = (chain.tls_context(), chain.http_connection_manager()) else {
            continue;
        };
        let common = tls.get("common_tls_context");
        let h2 =
            common.is_some_and(|it| it.list("alpn_protocols").filter_map(Node::str).any(|it| it == "h2"));
        let names: Vec<String> = chain
            .filter_chain_match()
            .into_iter()
            .flat_map(|it| it.server_names())
            .map(|it| it.into_owned())
            .collect();
        let routes = manager.rds_route_config_name().into_owned();
        let certificate =
            common.and_then(|it| it.list("tls_certificate_sds_secret_configs").next()?.text("name"));
        let Some(certificate) = certificate.filter(|_| h2 && !names.is_empty() && !routes.is_empty()) else {
            continue;
        };
        by_certificate.entry(certificate.into_owned()).or_default().push((routes, names, tls));
    }
    for (certificate, chains) in by_certificate {
        let routes: BTreeSet<&str> = chains.iter().map(|it| it.0.as_str()).collect();
        if routes.len() < 2 {
            continue;
        }
        let names: Vec<String> = chains.iter().flat_map(|it| it.1.iter().cloned()).take(6).collect();
        let mut finding =
            Finding::new("gateway-connection-reuse", Severity::Warning, Subject::Listener, name)
                .cause(certificate.clone())
                .arg("listener", name)
                .arg("certificate", &certificate)
                .arg("names", names.join(", "))
                .response(404, "NR", "route_not_found");
        for chain in chains.iter().take(4) {
            finding =
                finding.evidence(cx.site.evidence(id, chain.2.get("common_tls_context").unwrap_or(chain.2)));
        }
        cx.report(id, finding);
    }
}
