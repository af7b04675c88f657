//! Listener conflicts, as far as a proxy's own dump and the registry show them.

use super::clusters::Subjected;
use super::finding::{Evidence, Severity};
use super::site::Cx;
use super::traffic::Port;
use crate::envoy::{Address, AddressKind, Kind, Listener, ServiceKey};

/// Notes who takes connections to which addresses of a port, for when services are known to want them.
pub fn takes(cx: &mut Cx<'_, '_>, name: &str, listener: Listener<'_>) {
    if cx.mesh.services.is_none() {
        return;
    }
    let Some(AddressKind::Socket { address, port }) = listener.address().and_then(Address::kind) else {
        return;
    };
    let it = cx.traffic.ports.entry(port).or_default();
    if is_wildcard(&address) {
        it.all.get_or_insert_with(|| name.to_owned());
    } else {
        it.addresses.insert(address.into_owned());
    }
    let ranges =
        listener.filter_chains().filter_map(|it| it.filter_chain_match()).flat_map(|it| it.prefix_ranges());
    it.addresses.extend(ranges.map(|it| it.address_prefix().into_owned()));
}

/// Whether it stands for all addresses.
pub fn is_wildcard(address: &str) -> bool {
    matches!(address, "0.0.0.0" | "::")
}

/// Check 18 without `push_status`: a TCP service whose port is taken by a listener for all addresses, and to whose
/// cluster nothing leads. Istio keeps the first listener of two that cannot be merged
/// (pilot/pkg/networking/core/listener.go, `buildSidecarOutboundListener`).
pub fn cluster(cx: &mut Cx<'_, '_>, it: &Subjected<'_>) {
    let site = *cx.site;
    if !it.reach.is_empty() || site.proxy.identity.proxy_type != "sidecar" || !site.complete(Kind::Listener) {
        return;
    }
    let Some(key) =
        ServiceKey::parse(&it.name).filter(|it| it.direction == "outbound" && it.subset.is_empty())
    else {
        return;
    };
    let Some((services, page)) = &cx.mesh.services else { return };
    let Some(service) = cx.mesh.service_of.get(key.host).and_then(|at| services.get(*at)) else { return };
    let at = service.ports.iter().position(|(_, number)| *number == u64::from(key.port));
    let protocol = at.and_then(|at| service.protocols.get(at)).map(String::as_str).unwrap_or_default();
    // HTTP services share a listener; those whose protocol is not told are looked into.
    if !["TCP", "Mongo", "Redis", "MySQL"].iter().any(|it| it.eq_ignore_ascii_case(protocol)) {
        return;
    }
    // A headless service has listeners at its pods' addresses: none without pods.
    if it.kind == "ORIGINAL_DST" {
        return;
    }
    let Some(Port { all: Some(winner), addresses }) = cx.traffic.ports.get(&key.port) else { return };
    if service.addresses.iter().any(|it| addresses.contains(it)) {
        return;
    }
    let finding = it.finding("listener-conflict", Severity::Warning);
    let mut finding = finding
        .case("taken")
        .arg("winner", winner)
        .arg("protocol", protocol)
        .evidence(site.evidence(it.id, it.cluster.0.get("name").unwrap_or(it.cluster.0)))
        .evidence(Evidence::at(*page, None, format!("{} {} {protocol}", key.host, key.port)))
        .likely();
    // That nothing leads there is the fault.
    finding.severity = Severity::Warning;
    finding.listeners.push(winner.clone());
    cx.report(it.id, finding);
}
