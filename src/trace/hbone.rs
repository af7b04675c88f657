//! Where a request goes on inside the same Envoy: an endpoint may be an internal listener. Istio's tunnels are made of
//! it: the endpoints of a waypoint's or a sidecar's cluster that are reached by HBONE stand behind the listener
//! `connect_originate`, whose TCP proxy asks for a CONNECT through the cluster of that name
//! (Istio, pilot/pkg/networking/core/listener_waypoint.go, cluster_waypoint.go; Envoy, source/common/tcp_proxy). No
//! capture of ours has a waypoint: the rule and its test are made from those sources.

use std::collections::BTreeMap;

use super::arrival::takes;
use super::balance::Judged;
use super::cluster::found;
use super::run::{Run, considered};
use super::step::{Considered, StepKind, What, Why};
use crate::envoy::extension::TCP_PROXY;
use crate::envoy::{AddressKind, Cluster, Kind, LbEndpoint, Listener, TcpProxy};
use crate::json::Node;

/// Tunnels within tunnels: Istio makes two, where the endpoint is in another network.
const DEEPEST: usize = 4;
/// How many endpoints behind a tunnel are told.
const MOST: usize = 8;

/// Goes on to the internal listeners of the endpoints that were chosen.
pub(super) fn go_on<'t>(run: &mut Run<'t, '_>, judged: &Judged<'t>) {
    if !run.telling() {
        return;
    }
    for (name, endpoints) in by_listener(judged.chosen()) {
        tunnel(run, &name, &endpoints, 0);
    }
}

fn by_listener<'t>(endpoints: impl Iterator<Item = LbEndpoint<'t>>) -> BTreeMap<String, Vec<LbEndpoint<'t>>> {
    let mut out: BTreeMap<String, Vec<LbEndpoint<'t>>> = BTreeMap::new();
    for endpoint in endpoints {
        if let Some(AddressKind::Internal { listener, .. }) = endpoint.address().and_then(|it| it.kind()) {
            out.entry(listener.into_owned()).or_default().push(endpoint);
        }
    }
    out
}

/// The way through an internal listener, to the cluster of its TCP proxy.
fn tunnel<'t>(run: &mut Run<'t, '_>, name: &str, endpoints: &[LbEndpoint<'t>], depth: usize) {
    let id = run.tracer.find(Kind::Listener, name);
    let in_use = |id| run.tracer.dump().get(id).is_some_and(|it| takes(it.state));
    let node = id.filter(|id| in_use(*id)).and_then(|id| run.tracer.node(id));
    let Some(listener) = node.map(Listener).filter(|it| it.internal()) else {
        // The endpoint counts as healthy all the same; connecting to it fails.
        run.note(StepKind::Listener, name, Why::Missing(What::Resource(name.to_owned())), None);
        return;
    };
    let why = Why::Meets(What::Destination, format!("envoy://{name}"));
    run.note(StepKind::Listener, name, why, Some(listener.0.span()));
    // One of many chains is a waypoint's `main_internal`, where what was inside the tunnel is judged: that is another
    // request, and traced as such.
    let mut chains = listener.all_filter_chains();
    let (Some(chain), None) = (chains.next(), chains.next()) else { return };
    let proxy = chain.filters().find(|it| it.is(&TCP_PROXY, "TcpProxy"));
    let Some((filter, proxy)) = proxy.and_then(|it| Some((it, TcpProxy::of(it.config()?)))) else { return };
    let asks = proxy.0.get("tunneling_config");
    run.step(StepKind::NetworkFilter, Some(filter.0.span()), true, |_| {
        let why = match asks {
            Some(_) => Why::Meets(What::Upgrade, "CONNECT".to_owned()),
            None => Why::Taken,
        };
        vec![considered(filter.name(), true, why, Some(asks.unwrap_or(proxy.0)))]
    });
    let Some(cluster) = found(run, &proxy.cluster()) else { return };
    // The outer one of two tunnels: the inner one's cluster has an internal listener for its endpoint.
    let own =
        cluster.load_assignment().into_iter().flat_map(|it| it.localities()).flat_map(|it| it.endpoints());
    if let Some((next, _)) = by_listener(own).into_iter().next() {
        if depth < DEEPEST {
            tunnel(run, &next, endpoints, depth + 1);
        }
        return;
    }
    run.step(StepKind::Endpoints, Some(cluster.0.span()), true, |_| outer(cluster, endpoints));
    super::transport_socket::note(run, cluster);
}

/// Where the tunnel leads: to the waypoint where the metadata name one, else to the workload, at the cluster's own port.
fn outer<'t>(cluster: Cluster<'t>, endpoints: &[LbEndpoint<'t>]) -> Vec<Considered> {
    let port = cluster.0.path(&["original_dst_lb_config", "upstream_port_override"]).and_then(Node::u64);
    let one = |it: &LbEndpoint<'t>| {
        let said =
            |key: &str| it.original_dst()?.text(key).map(|it| it.into_owned()).filter(|it| !it.is_empty());
        let local = said("local");
        let to = said("waypoint").or_else(|| local.clone());
        let behind = local.or_else(|| Some(it.address()?.kind()?.to_string()));
        let why = Why::Meets(What::Destination, behind.unwrap_or_default());
        let name = to.map(|it| at_port(&it, port)).unwrap_or_default();
        considered(name, true, why, Some(it.0))
    };
    endpoints.iter().take(MOST).map(one).collect()
}

/// An address with the port that the cluster gives to all, where it does.
fn at_port(address: &str, port: Option<u64>) -> String {
    match (address.parse::<core::net::SocketAddr>(), port.and_then(|it| u16::try_from(it).ok())) {
        (Ok(mut it), Some(port)) => {
            it.set_port(port);
            it.to_string()
        }
        _ => address.to_owned(),
    }
}
