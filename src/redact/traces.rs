//! The last check of a redacted dump: requests that its virtual hosts and listeners expect go the same way through both.

use core::net::IpAddr;

use super::check::{Failed, Wrong};
use super::map::Map;
use crate::capture::Document;
use crate::envoy::{AddressKind, Kind, Listener, RouteConfiguration};
use crate::trace::{Direction, Protocol, Request, Source, Tracer, Verdict, trace};

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sampled {
    /// Requests that were traced through both.
    pub requests: usize,
    /// Those of which a dump cannot say all.
    pub uncertain: usize,
}

/// Traces at most `most` requests through a dump and its redacted copy.
///
/// # Errors
/// The first request whose verdicts differ, told by the place of what it was made of.
pub(super) fn compare(map: &Map, one: &Document, other: &Document, most: usize) -> Result<Sampled, Failed> {
    let (Some(first), Some(second)) = (one.dump(), other.dump()) else { return Ok(Sampled::default()) };
    let (source, redacted) = (Source::new(&one.bytes, first), Source::new(&other.bytes, second));
    let (tracer, copy) = (Tracer::new(&source, one.captured), Tracer::new(&redacted, other.captured));
    let mut sampled = Sampled::default();
    for (request, field) in requests(one, most) {
        let verdict = trace(&tracer, &request, false).verdict;
        let mapped = trace(&copy, &mapped(map, &request), false).verdict;
        sampled.requests += 1;
        sampled.uncertain += usize::from(!verdict.certain);
        if !same(map, &verdict, &mapped) {
            let field = map.text(&field).into_owned();
            return Err(Failed { document: other.path.clone(), field, why: Wrong::Trace });
        }
    }
    Ok(sampled)
}

/// A request with its names replaced.
fn mapped(map: &Map, request: &Request) -> Request {
    let text = |it: &Option<String>| it.as_ref().map(|it| map.text(it).into_owned());
    Request {
        to: map.text(&request.to).into_owned(),
        from: text(&request.from),
        authority: text(&request.authority),
        path: text(&request.path),
        sni: text(&request.sni),
        identity: text(&request.identity),
        ..request.clone()
    }
}

fn same(map: &Map, one: &Verdict, other: &Verdict) -> bool {
    let text = |it: &Option<String>| it.as_ref().map(|it| map.text(it).into_owned());
    let clusters: Vec<_> = one.clusters.iter().map(|it| map.text(it)).collect();
    one.outcome == other.outcome
        && clusters.iter().eq(other.clusters.iter())
        && text(&one.route) == other.route
        && one.status == other.status
        && one.flags == other.flags
        && text(&one.listener) == other.listener
        && text(&one.virtual_host) == other.virtual_host
        && text(&one.location) == other.location
}

/// A listener's address, its name, and the ports that its filter chains ask for.
type Listening = (Option<(IpAddr, u16)>, String, Vec<u16>);

/// Requests that a dump expects, each with what it was made of.
fn requests(document: &Document, most: usize) -> Vec<(Request, String)> {
    let Some(dump) = document.dump() else { return Vec::new() };
    let bytes = &document.bytes;
    let mut listeners: Vec<Listening> = Vec::new();
    let mut hosts: Vec<(String, String, String)> = Vec::new();
    let each = most.max(1);
    for (_, resource) in dump.of(Kind::Listener) {
        let Ok(tree) = resource.body(bytes) else { continue };
        let listener = Listener(tree.root());
        let address = listener.address().and_then(|it| match it.kind()? {
            AddressKind::Socket { address, port } => Some((address.parse().ok()?, u16::try_from(port).ok()?)),
            _ => None,
        });
        let chains = listener.all_filter_chains();
        let ports = chains
            .filter_map(|it| u16::try_from(it.filter_chain_match()?.destination_port()?).ok())
            .collect();
        listeners.push((address, listener.name().into_owned(), ports));
        for chain in listener.all_filter_chains() {
            if let Some(routes) = chain.http_connection_manager().and_then(|it| it.route_config()) {
                add(routes, &mut hosts, each);
            }
        }
    }
    for (_, resource) in dump.of(Kind::Route) {
        let Ok(tree) = resource.body(bytes) else { continue };
        add(RouteConfiguration(tree.root()), &mut hosts, each * 4);
    }
    let sidecar = listeners.iter().any(|(it, ..)| it.is_some_and(|(_, port)| port == 15001));
    let mut out = Vec::new();
    for (host, path, config) in every(&hosts, most / 2) {
        let port = port_of(host).or_else(|| port_of(config)).unwrap_or(80);
        let request = Request {
            direction: Some(if sidecar { Direction::Outbound } else { Direction::Gateway }),
            to: if sidecar { format!("10.11.12.13:{port}") } else { gateway(&listeners, port) },
            authority: Some(host.replace('*', "any")),
            path: Some(path.clone()),
            kind: Some(Protocol::Http),
            ..Request::default()
        };
        out.push((request, host.clone()));
    }
    for (address, name, ports) in every(&listeners, most / 2) {
        let Some((ip, port)) = *address else { continue };
        let ip = if ip.is_unspecified() { IpAddr::from([10, 11, 12, 13]) } else { ip };
        let inbound = port == 15006;
        let own = [port];
        for port in if inbound { ports.as_slice() } else { &own } {
            let direction = match (inbound, sidecar) {
                (true, _) => Direction::Inbound,
                (false, true) => Direction::Outbound,
                (false, false) => Direction::Gateway,
            };
            for kind in [Protocol::Http, Protocol::TlsHttp, Protocol::Tcp] {
                let request = Request {
                    direction: Some(direction),
                    to: IpAddr::to_string(&ip) + ":" + &port.to_string(),
                    from: Some("10.11.12.14".to_owned()),
                    kind: Some(kind),
                    alpn: if kind.tls() { vec!["istio".to_owned()] } else { Vec::new() },
                    path: Some("/".to_owned()),
                    ..Request::default()
                };
                out.push((request, name.clone()));
            }
        }
    }
    out.truncate(most * 2);
    out
}

/// So many of a list, evenly.
fn every<T>(list: &[T], most: usize) -> impl Iterator<Item = &T> {
    list.iter().step_by(list.len().div_ceil(most.max(1)).max(1))
}

fn port_of(text: &str) -> Option<u16> {
    let digits = text.rsplit(|it: char| !it.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The address of a gateway's listener: the one with that port, else the first.
fn gateway(listeners: &[Listening], port: u16) -> String {
    let mut all = listeners.iter().filter_map(|(it, ..)| *it);
    let first = all.clone().next();
    let (ip, port) = all.find(|it| it.1 == port).or(first).unwrap_or((IpAddr::from([127, 0, 0, 1]), port));
    let ip = if ip.is_unspecified() { IpAddr::from([127, 0, 0, 1]) } else { ip };
    format!("{ip}:{port}")
}

fn add(routes: RouteConfiguration<'_>, hosts: &mut Vec<(String, String, String)>, most: usize) {
    let name = routes.name().into_owned();
    for host in routes.virtual_hosts().take(most) {
        let mut paths = vec!["/".to_owned()];
        for route in host.routes().take(4) {
            let Some(it) = route.route_match() else { continue };
            let text = ["prefix", "path", "path_separated_prefix"].iter().find_map(|key| it.0.text(key));
            paths.extend(text.map(|it| it.into_owned()));
        }
        for domain in host.domains().take(3) {
            hosts.extend(paths.iter().map(|path| (domain.clone().into_owned(), path.clone(), name.clone())));
        }
    }
}
