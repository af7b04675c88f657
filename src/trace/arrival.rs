//! Which listener a connection arrives at: iptables, the address, the original destination
//! (source/common/listener_manager/connection_handler_impl.cc, active_tcp_listener.cc).

use core::net::IpAddr;

use super::request::{Direction, host_and_port, ip};
use super::run::{Flow, Run, considered};
use super::source::{Bound, Tracer};
use super::step::{Outcome, StepKind, What, Why};
use crate::envoy::{Kind, Listener, ResourceId, State};

/// The listener that takes the connection first, before any other gets it by its original destination.
pub(super) fn first<'t>(run: &mut Run<'t, '_>) -> Flow<Listener<'t>> {
    let (host, port) = host_and_port(&run.request.to);
    let destination = ip(host).zip(port);
    run.connection.local = destination;
    let direction = run.request.direction.unwrap_or_else(|| guess(run, destination));
    if let Some(named) = run.request.listener.as_deref() {
        let (host, port) = host_and_port(named);
        let at = ip(host).zip(port);
        let found =
            at.and_then(|at| by_address(run, at, true)).or_else(|| run.tracer.find(Kind::Listener, named));
        return take(run, found, &Why::Meets(What::Address, named.to_owned()));
    }
    match direction {
        Direction::Gateway => {
            let found = destination.and_then(|at| by_address(run, at, true));
            if found.is_none()
                && let Some(inner) = waypoint(run)
            {
                return take(run, Some(inner), &Why::Meets(What::Destination, run.request.to.clone()));
            }
            take(run, found, &Why::Meets(What::Destination, run.request.to.clone()))
        }
        Direction::Outbound | Direction::Inbound => {
            let found = redirected(run.tracer, direction);
            let why = if direction == Direction::Outbound { "outbound" } else { "inbound" };
            take(run, found, &Why::Meets(What::Iptables, why.to_owned()))
        }
    }
}

/// A waypoint's inner listener: what arrives by HBONE is a CONNECT to the service's address, which `connect_terminate`
/// hands on, with the client's identity in filter state (Istio, pilot/pkg/networking/core/waypoint.go).
fn waypoint(run: &mut Run<'_, '_>) -> Option<ResourceId> {
    let outer = run.tracer.find(Kind::Listener, "connect_terminate")?;
    let inner = run.tracer.find(Kind::Listener, "main_internal")?;
    let node = run.tracer.node(outer)?;
    run.connection.restored = true;
    let identity = run.request.identity.clone().unwrap_or_default();
    run.set.state.insert("io.istio.peer_principal".to_owned(), identity);
    let why = Why::Meets(What::Upgrade, format!("CONNECT {}", run.request.to));
    run.note(StepKind::Listener, "connect_terminate", why, Some(node.span()));
    Some(inner)
}

/// A listener that has a socket of its own and takes its connections: iptables' target, else the destination's.
fn guess(run: &Run<'_, '_>, destination: Option<(IpAddr, u16)>) -> Direction {
    let own = own_address(run.tracer);
    let sidecar = redirected(run.tracer, Direction::Outbound).is_some();
    match destination {
        Some((address, _)) if sidecar && Some(address) == own && run.connection.remote != own => {
            Direction::Inbound
        }
        _ if sidecar => Direction::Outbound,
        _ => Direction::Gateway,
    }
}

/// The pod's own address, as Istio's node id tells it.
pub(super) fn own_address(tracer: &Tracer<'_>) -> Option<IpAddr> {
    let bootstrap = tracer.dump().of(Kind::Bootstrap).next()?.0;
    let id = tracer.node(bootstrap)?.path(&["node", "id"])?.str()?;
    ip(crate::envoy::names::NodeId::parse(&id)?.ip)
}

/// The listener to which iptables sends: Istio's virtualOutbound hands on by the original destination, virtualInbound
/// looks the original destination up itself.
pub(super) fn redirected(tracer: &Tracer<'_>, direction: Direction) -> Option<ResourceId> {
    let usual = if direction == Direction::Outbound { 15001 } else { 15006 };
    let takes = |bound: &&Bound| takes(bound.state);
    let mut all = tracer.listeners().iter().filter(takes);
    let named = all.find(|it| it.address.is_some_and(|(_, port)| port == usual));
    if let Some(found) = named {
        return Some(found.id);
    }
    let word = if direction == Direction::Outbound { "OUTBOUND" } else { "INBOUND" };
    let fits = |bound: &&Bound| {
        let Some(listener) = tracer.node(bound.id).map(Listener) else { return false };
        let hands_on = listener.use_original_dst()
            || listener.listener_filters().any(|it| it.is(&ORIGINAL_DST, "OriginalDst"));
        hands_on && listener.bind_to_port() && listener.traffic_direction() == word
    };
    tracer.listeners().iter().filter(takes).find(fits).map(|it| it.id)
}

/// Names of the listener filter that restores the original destination.
pub(super) const ORIGINAL_DST: [&str; 2] =
    ["envoy.filters.listener.original_dst", "envoy.listener.original_dst"];

/// Warming listeners do not listen yet, draining ones no longer.
pub(super) fn takes(state: State) -> bool {
    matches!(state, State::Static | State::Active)
}

/// The listener of an address: of exactly that address, else of the wildcard address with that port. An IPv6 wildcard
/// takes IPv4 where it is bound so. `bound` asks only for those that have a socket.
pub(super) fn by_address(run: &Run<'_, '_>, at: (IpAddr, u16), bound: bool) -> Option<ResourceId> {
    let fits = |own: (IpAddr, u16), id: ResourceId| -> Option<u8> {
        if own.1 != at.1 {
            return None;
        }
        let rank = match own.0 {
            own if own == at.0 => 0,
            IpAddr::V6(own) if own.to_ipv4_mapped().map(IpAddr::V4) == Some(at.0) => 1,
            IpAddr::V4(own) if own.is_unspecified() && at.0.is_ipv4() => 2,
            IpAddr::V6(own) if own.is_unspecified() && at.0.is_ipv6() => 2,
            IpAddr::V6(own) if own.is_unspecified() && v4_too(run, id) => 3,
            _ => return None,
        };
        let has_socket = || run.tracer.node(id).is_some_and(|it| Listener(it).bind_to_port());
        (!bound || has_socket()).then_some(rank)
    };
    let all = run.tracer.listeners().iter().filter(|it| takes(it.state));
    let ranked = all.filter_map(|it| Some((fits(it.address?, it.id)?, it.id)));
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, id)| id)
}

fn v4_too(run: &Run<'_, '_>, id: ResourceId) -> bool {
    let Some(listener) = run.tracer.node(id) else { return false };
    let addresses = listener.get("address").into_iter();
    let addresses = addresses.chain(listener.list("additional_addresses").filter_map(|it| it.get("address")));
    addresses.filter_map(|it| it.get("socket_address")).any(|it| it.flag("ipv4_compat"))
}

fn take<'t>(run: &mut Run<'t, '_>, found: Option<ResourceId>, why: &Why) -> Flow<Listener<'t>> {
    let node = found.and_then(|id| run.tracer.node(id));
    let near = |run: &Run<'_, '_>| near(run, found, why);
    match node {
        Some(node) => {
            let listener = Listener(node);
            run.verdict.listener = Some(listener.name().into_owned());
            run.step(StepKind::Listener, Some(node.span()), true, near);
            Ok(listener)
        }
        None => {
            run.verdict.flags = "NR";
            run.step(StepKind::Listener, None, true, near);
            run.end(Outcome::NoFilterChain)
        }
    }
}

/// The listeners of the same port: the one taken, and why not the others.
fn near(run: &Run<'_, '_>, found: Option<ResourceId>, why: &Why) -> Vec<super::step::Considered> {
    let port = run.connection.local.map(|(_, port)| port);
    let mut out = Vec::new();
    for bound in run.tracer.listeners() {
        let same = bound.address.is_some_and(|(_, own)| Some(own) == port);
        if !same && Some(bound.id) != found {
            continue;
        }
        let node = run.tracer.node(bound.id);
        let name = run.tracer.dump().get(bound.id).map(|it| it.name(run.tracer.bytes()).into_owned());
        let reason = match bound.state {
            State::Static | State::Active if Some(bound.id) == found => why.clone(),
            State::Static | State::Active => {
                let own =
                    bound.address.map_or_else(String::new, |(address, port)| format!("{address}:{port}"));
                Why::Differs(What::Address, own, run.request.to.clone())
            }
            other => Why::Differs(What::State, "active".to_owned(), format!("{other:?}").to_lowercase()),
        };
        let won = Some(bound.id) == found && takes(bound.state);
        out.push(considered(name.unwrap_or_default(), won, reason, node));
    }
    out
}

/// Hands a connection on to the listener of its original destination, when the listener does that and there is one.
pub(super) fn hand_on<'t>(run: &mut Run<'t, '_>, listener: Listener<'t>) -> Flow<Option<Listener<'t>>> {
    let Some(at) = run.connection.local.filter(|_| run.connection.restored && listener.use_original_dst())
    else {
        return Ok(None);
    };
    let found = by_address(run, at, false).filter(|id| run.tracer.node(*id).is_some());
    let same = found.and_then(|id| run.tracer.node(id)).is_some_and(|it| it.span() == listener.0.span());
    if found.is_none() || same {
        let name = listener.name().into_owned();
        let why = Why::Missing(What::Address);
        run.step(StepKind::Listener, Some(listener.0.span()), true, |run| {
            let mut out = near(run, None, &why);
            out.push(considered(name, true, why, Some(listener.0)));
            out
        });
        return Ok(None);
    }
    take(run, found, &Why::Meets(What::Destination, run.request.to.clone())).map(Some)
}
