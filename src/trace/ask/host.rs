//! A host name alone is enough: where it is served, by what the proxy itself has.
//!
//! A sidecar knows hosts by its virtual hosts' domains (Istio lists a service's names and addresses there, and names
//! the route configuration after the port) and by its clusters' names; what else there is to know of an address is in
//! TCP listeners, in istiod's registry and in the endpoints of headless services. Any other Envoy knows hosts by the
//! listeners whose routes or server names they match.

use core::net::IpAddr;
use std::collections::BTreeMap;

use super::super::arrival::{own_address, redirected, takes};
use super::super::request::{Direction, Protocol, Request, host_and_port, ip};
use super::super::source::{Tracer, socket};
use super::super::virtual_host::port_start;
use super::field::{Fault, Field, check};
use crate::envoy::{FilterChain, Kind, Listener, RouteConfiguration, ServiceKey, VirtualHost};
pub use crate::istiod::Service;
use crate::json::Span;
use crate::order::InOrder;

/// What says that a host is served somewhere.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A virtual host of a route configuration: both names.
    VirtualHost(String, String),
    /// A cluster.
    Cluster(String),
    /// A listener.
    Listener(String),
    /// A filter chain's server names.
    FilterChain(String),
    /// istiod's registry.
    Registry,
    /// The address of its first endpoint.
    Endpoint,
    /// It is the proxy's own pod.
    Own,
}

/// A place where a host is served.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Candidate {
    /// The host's full name.
    pub host: String,
    /// Its address; `None` where nothing tells it.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
    /// Whether TLS is expected.
    pub tls: bool,
    /// Whether HTTP is.
    pub http: bool,
    /// What says so.
    pub evidence: Vec<Evidence>,
    /// Where the dump says so.
    pub place: Option<Span>,
}

/// A request with an address, and how it came by it.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// To be traced.
    pub request: Request,
    /// The place chosen; `None` where the request had an address already.
    pub chosen: Option<Candidate>,
    /// Other places where that host is served.
    pub others: Vec<Candidate>,
}

/// Why there is no address.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unresolved {
    /// It makes no sense.
    Nonsense(Fault),
    /// Nothing serves this host; names that are like it.
    Nothing {
        /// What was asked for.
        host: String,
        /// Hosts with names like it, the nearest first.
        nearest: Vec<String>,
    },
    /// The host is served, but not on that port.
    OtherPorts {
        /// What was asked for.
        host: String,
        /// The port asked for.
        port: u16,
        /// Where it is served.
        candidates: Vec<Candidate>,
    },
}

/// Stands for an address that nothing tells, and that no listener has: one for documentation (RFC 5737).
pub const ANY: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(192, 0, 2, 1));

/// How many other places are told.
const MOST: usize = 20;

/// Finds the address of a request's host, and fills in what follows from it where the asker left it open: authority,
/// TLS, SNI. A request with address and port stays as it is.
///
/// # Errors
/// Where nothing serves the host, or the destination makes no sense.
pub fn resolve(tracer: &Tracer<'_>, services: &[Service], request: &Request) -> Result<Resolved, Unresolved> {
    if let Some(fault) = check(request).into_iter().find(|it| it.field == Field::To) {
        return Err(Unresolved::Nonsense(fault));
    }
    let (host, port) = host_and_port(&request.to);
    if port.is_some() && ip(host).is_some() {
        return Ok(Resolved { request: request.clone(), chosen: None, others: Vec::new() });
    }
    let sidecar = redirected(tracer, Direction::Outbound).is_some();
    let usual = if sidecar { Direction::Outbound } else { Direction::Gateway };
    let direction = request.direction.unwrap_or(usual);
    let asked = Asked::new(tracer, services, host);
    let mut all = match direction {
        Direction::Inbound => asked.inbound(port),
        Direction::Outbound => asked.outbound(),
        Direction::Gateway => asked.gateway(request, port),
    };
    if let Some(port) = port.filter(|_| direction == Direction::Outbound) {
        if !all.is_empty() && all.iter().all(|it| it.port != port) {
            all.truncate(MOST);
            return Err(Unresolved::OtherPorts { host: host.to_owned(), port, candidates: all });
        }
        all.retain(|it| it.port == port);
    }
    if all.is_empty() {
        return Err(Unresolved::Nothing { host: host.to_owned(), nearest: asked.nearest() });
    }
    let chosen = all.remove(0);
    all.truncate(MOST);
    let request = filled(request, host, port, direction, &chosen);
    Ok(Resolved { request, chosen: Some(chosen), others: all })
}

/// The request, sent to the place.
fn filled(request: &Request, host: &str, port: Option<u16>, direction: Direction, at: &Candidate) -> Request {
    let mut out = request.clone();
    out.to = core::net::SocketAddr::new(at.address.unwrap_or(ANY), at.port).to_string();
    out.direction = Some(direction);
    let says_http =
        out.method.is_some() || out.path.is_some() || out.authority.is_some() || !out.headers.0.is_empty();
    let kind = out.kind.unwrap_or(match (at.http || says_http, at.tls) {
        (true, false) => Protocol::Http,
        (true, true) => Protocol::TlsHttp,
        (false, true) => Protocol::Tls,
        (false, false) => Protocol::Tcp,
    });
    out.kind = Some(kind);
    let name = ip(host).is_none();
    if kind.tls() && out.sni.is_none() && name && direction != Direction::Inbound {
        out.sni = Some(host.to_owned());
    }
    if kind.http() && out.authority.is_none() {
        // Clients leave a port out that is the scheme's own.
        let own = if kind.tls() { 443 } else { 80 };
        let bare = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        out.authority = Some(match port {
            Some(port) if port != own => format!("{bare}:{port}"),
            _ => bare,
        });
    }
    out
}

struct Asked<'a, 't> {
    tracer: &'a Tracer<'t>,
    services: &'a [Service],
    /// As it was asked for, in lower case, without the dot at its end.
    host: String,
    /// What a resolver in the pod would make of it, in order.
    names: Vec<String>,
}

impl<'a, 't> Asked<'a, 't> {
    fn new(tracer: &'a Tracer<'t>, services: &'a [Service], host: &str) -> Asked<'a, 't> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let mut names = vec![host.clone()];
        // `default.svc.cluster.local`, `svc.cluster.local`, `cluster.local`: the search path of a pod.
        let mut domain = domain(tracer).unwrap_or_default();
        while let Some((_, rest)) = domain.split_once('.').filter(|_| ip(&host).is_none()) {
            names.push(format!("{host}.{domain}"));
            domain = rest.to_owned();
        }
        Asked { tracer, services, host, names }
    }

    /// How well a name is the host asked for: 0 best; `None` not at all. `*.example.com` stands for any below it.
    fn fits(&self, name: &str) -> Option<usize> {
        let name = name.trim_end_matches('.');
        if let Some(suffix) = name.strip_prefix('*') {
            let below = suffix.len() > 1 && self.host.len() > suffix.len() && self.host.ends_with(suffix);
            return below.then_some(self.names.len());
        }
        self.names.iter().position(|it| it.eq_ignore_ascii_case(name))
    }

    fn inbound(&self, port: Option<u16>) -> Vec<Candidate> {
        let own = own_address(self.tracer);
        let listener =
            redirected(self.tracer, Direction::Inbound).and_then(|id| self.tracer.node(id)).map(Listener);
        let at = |port: u16, place: Option<Span>| Candidate {
            host: self.host.clone(),
            address: own,
            port,
            tls: false,
            http: true,
            evidence: vec![Evidence::Own],
            place,
        };
        if let Some(port) = port {
            return vec![at(port, None)];
        }
        let mut out: Vec<Candidate> = Vec::new();
        for chain in listener.into_iter().flat_map(Listener::filter_chains) {
            let wants = chain.filter_chain_match().and_then(|it| it.destination_port());
            let Some(port) = wants.and_then(|it| u16::try_from(it).ok()) else { continue };
            // Istio's own, for probes and telemetry, are not meant.
            if !(15000..15100).contains(&port) && !out.iter().any(|it| it.port == port) {
                out.push(at(port, Some(chain.0.span())));
            }
        }
        out
    }

    fn outbound(&self) -> Vec<Candidate> {
        let mut found: BTreeMap<(usize, String, u16), Candidate> = BTreeMap::new();
        let mut note = |rank: usize, host: &str, port: u16, evidence: Evidence, place: Span| {
            let key = (rank, host.to_ascii_lowercase(), port);
            let it = found.entry(key).or_insert_with(|| Candidate {
                host: host.to_owned(),
                address: None,
                port,
                tls: false,
                http: false,
                evidence: Vec::new(),
                place: Some(place),
            });
            it.evidence.push(evidence);
        };
        for id in self.tracer.services().find(&self.names, |it| self.fits(it).is_some()) {
            let Some(resource) = self.tracer.dump().get(id) else { continue };
            let name = resource.name(self.tracer.bytes());
            let Some(key) = ServiceKey::parse(&name) else { continue };
            let Ok(port) = u16::try_from(key.port) else { continue };
            if let Some(rank) = self.fits(key.host)
                && let Some(span) = resource.body_span()
            {
                note(rank, key.host, port, Evidence::Cluster(name.clone().into_owned()), span);
            }
        }
        let mut addresses: BTreeMap<(String, u16), IpAddr> = BTreeMap::new();
        self.virtual_hosts(&mut |routes, host| {
            let matched = host.domains().filter_map(|domain| {
                let (bare, port) = without_port(&domain);
                Some((self.fits(bare)?, bare.to_owned(), port))
            });
            let Some((rank, domain, port)) = matched.min_by_key(|(rank, ..)| *rank) else { return };
            let name = host.name();
            let (full, named) = without_port(&name);
            // Its own name has the service's full host, where Istio made it.
            let full = if self.fits(full).is_some() { full.to_owned() } else { domain };
            let of_routes = routes.name();
            let of_routes = of_routes.rsplit(':').next().and_then(|it| it.parse().ok());
            let Some(port) = port.or(named).or(of_routes) else { return };
            if let Some(address) =
                host.domains().find_map(|it| ip(without_port(&it).0.trim_matches(['[', ']'])))
            {
                addresses.insert((full.to_ascii_lowercase(), port), address);
            }
            let evidence = Evidence::VirtualHost(name.into_owned(), routes.name().into_owned());
            // The cluster's entry, where there is one for the same host.
            let rank = self.fits(&full).unwrap_or(rank);
            note(rank, &full, port, evidence, host.0.span());
        });
        for service in self.services {
            let Some(rank) = self.fits(&service.host) else { continue };
            for (name, port) in &service.ports {
                let Ok(port) = u16::try_from(*port) else { continue };
                let key = (rank, service.host.to_ascii_lowercase(), port);
                let it = found.entry(key).or_insert_with(|| Candidate {
                    host: service.host.clone(),
                    address: None,
                    port,
                    tls: false,
                    http: name.starts_with("http") || name.starts_with("grpc"),
                    evidence: Vec::new(),
                    place: None,
                });
                it.evidence.push(Evidence::Registry);
                it.address = it.address.or_else(|| service.addresses.iter().find_map(|it| ip(it)));
            }
        }
        let mut out: Vec<(usize, Candidate)> = found.into_iter().map(|((rank, ..), it)| (rank, it)).collect();
        for (_, it) in &mut out {
            let known = addresses.get(&(it.host.to_ascii_lowercase(), it.port)).copied();
            self.complete(it, known);
        }
        out.order_by_key(|(rank, it)| {
            let is = |wanted: fn(&Evidence) -> bool| !it.evidence.iter().any(wanted);
            let unheard = is(|it| matches!(it, Evidence::Cluster(_)));
            (*rank, unheard, !it.http, it.port != 80, it.port)
        });
        out.into_iter().map(|(_, it)| it).collect()
    }

    /// Adds address and protocol to a place.
    fn complete(&self, it: &mut Candidate, known: Option<IpAddr>) {
        it.http |= it.evidence.iter().any(|it| matches!(it, Evidence::VirtualHost(..)));
        it.address = known.or(it.address);
        let own = if ip(&self.host).is_some() { ip(&self.host) } else { None };
        it.address = own.or(it.address);
        // A TCP service has a listener of its own, at its own address.
        let needle = memchr::memmem::Finder::new(it.host.as_bytes());
        for bound in self.tracer.listeners().iter().filter(|bound| takes(bound.state)) {
            let Some((address, _)) = bound.address.filter(|(_, port)| *port == it.port) else { continue };
            let Some(resource) = self.tracer.dump().get(bound.id) else { continue };
            let Some(body) = resource.body_span() else { continue };
            let bytes = body.of(self.tracer.bytes());
            if it.address.is_some_and(|own| own != address && !address.is_unspecified())
                || needle.find(bytes).is_none()
            {
                continue;
            }
            let listener = self.tracer.node(bound.id).map(Listener);
            let named = listener.into_iter().flat_map(Listener::filter_chains).any(|chain| {
                let wants = chain.filter_chain_match();
                wants.into_iter().flat_map(|it| it.server_names()).any(|name| self.fits(&name).is_some())
            });
            it.tls |= named && !it.http;
            it.evidence.push(Evidence::Listener(resource.name(self.tracer.bytes()).into_owned()));
            if !address.is_unspecified() {
                it.address = it.address.or(Some(address));
            }
        }
        if it.address.is_none() {
            let name = format!("outbound|{}||{}", it.port, it.host);
            let first = self.tracer.endpoints(&name);
            let mut all = first.into_iter().flat_map(|it| it.localities()).flat_map(|it| it.endpoints());
            // Of a service without an address of its own, a client connects to an endpoint.
            let headless = self.tracer.cluster(&name).is_some_and(|it| it.discovery_type() == "ORIGINAL_DST");
            if let Some((address, _)) = all.find_map(|it| socket(it.address()?)).filter(|_| headless) {
                it.address = Some(address);
                it.evidence.push(Evidence::Endpoint);
            }
        }
    }

    /// Every virtual host that may be meant, of the route configurations in use. One whose domains are not read yet is
    /// looked through only where the host stands in it, or where nothing else has it: reading them all takes longer than
    /// one question may.
    fn virtual_hosts(&self, found: &mut dyn FnMut(RouteConfiguration<'_>, VirtualHost<'_>)) {
        let mentioned = memchr::memmem::Finder::new(self.host.as_bytes());
        let mentions = |bytes: &[u8]| {
            let wildcard = |at: usize| bytes.get(at + 2).is_some_and(|it| *it != b'"');
            mentioned.find(bytes).is_some() || memchr::memmem::find_iter(bytes, b"\"*").any(wildcard)
        };
        let mut any = false;
        let mut look = |routes: RouteConfiguration<'_>, host: VirtualHost<'_>| {
            any |= host.domains().any(|it| self.fits(without_port(&it).0).is_some());
            found(routes, host);
        };
        let mut left = Vec::new();
        for (id, resource) in self.tracer.dump().of(Kind::Route).filter(|(_, it)| takes(it.state)) {
            let ready = self.tracer.has_domains(id);
            if !ready && !mentions(resource.message().of(self.tracer.bytes())) {
                left.push(id);
                continue;
            }
            let Some(routes) = self.tracer.node(id).map(RouteConfiguration).filter(|it| !own(*it)) else {
                continue;
            };
            match ready {
                true => self.meant(routes).into_iter().for_each(|host| look(routes, host)),
                false => routes.virtual_hosts().for_each(|host| look(routes, host)),
            }
        }
        if any {
            return;
        }
        let left = left.into_iter().filter_map(|id| self.tracer.node(id)).map(RouteConfiguration);
        for routes in left.filter(|it| !own(*it)) {
            self.meant(routes).into_iter().for_each(|host| found(routes, host));
        }
    }

    fn meant(&self, routes: RouteConfiguration<'t>) -> Vec<VirtualHost<'t>> {
        self.tracer.domains(routes).meant(routes, &self.names, |it| self.fits(it).is_some())
    }

    fn gateway(&self, request: &Request, port: Option<u16>) -> Vec<Candidate> {
        let mut out: Vec<(u8, bool, Candidate)> = Vec::new();
        let wants_tls = request.kind.map(Protocol::tls).or(request.sni.as_ref().map(|_| true));
        for bound in self.tracer.listeners().iter().filter(|bound| takes(bound.state)) {
            let Some((address, own)) = bound.address else { continue };
            let Some(listener) = self.tracer.node(bound.id).map(Listener) else { continue };
            if !listener.bind_to_port() {
                continue;
            }
            let address =
                if address.is_unspecified() { own_address(self.tracer).unwrap_or(address) } else { address };
            for chain in listener.all_filter_chains() {
                let Some(found) = self.chain(chain) else { continue };
                let meant = |port: u16| {
                    port == own || found.port == Some(port) || matches!((port, own), (80, 8080) | (443, 8443))
                };
                if !port.is_none_or(meant) {
                    continue;
                }
                let tls = chain.tls_context().is_some() || found.sni;
                let candidate = Candidate {
                    host: found.host,
                    address: Some(address),
                    port: own,
                    tls,
                    http: found.http,
                    evidence: vec![found.evidence, Evidence::Listener(listener.name().into_owned())],
                    place: Some(found.place),
                };
                let unlike = wants_tls.unwrap_or(false) != tls;
                if !out.iter().any(|(.., it)| it.port == own && it.tls == tls && it.address == Some(address))
                {
                    out.push((found.rank, unlike, candidate));
                }
            }
        }
        // `*` serves every host, but is hardly meant where one is named.
        if out.iter().any(|(rank, ..)| *rank < STAR) {
            out.retain(|(rank, ..)| *rank < STAR);
        }
        if out.is_empty() {
            return self.waypoint(port);
        }
        out.order_by_key(|(rank, unlike, it)| {
            (*unlike, *rank, !it.http, port.is_some_and(|port| port != it.port), it.port)
        });
        out.into_iter().map(|(.., it)| it).collect()
    }

    /// A waypoint's services, by its clusters; their addresses are the registry's.
    fn waypoint(&self, port: Option<u16>) -> Vec<Candidate> {
        let mut out: Vec<Candidate> = Vec::new();
        for (_, resource) in self.tracer.dump().of(Kind::Cluster) {
            let name = resource.name(self.tracer.bytes());
            let Some(key) = ServiceKey::parse(&name).filter(|it| it.direction == "inbound-vip") else {
                continue;
            };
            let Ok(own) = u16::try_from(key.port) else { continue };
            let known = out.iter().any(|it| it.host == key.host && it.port == own);
            if known || self.fits(key.host).is_none() || port.is_some_and(|it| it != own) {
                continue;
            }
            let service = self.services.iter().find(|it| it.host == key.host);
            out.push(Candidate {
                host: key.host.to_owned(),
                address: service.and_then(|it| it.addresses.iter().find_map(|it| ip(it))),
                port: own,
                tls: false,
                http: true,
                evidence: vec![Evidence::Cluster(name.clone().into_owned())],
                place: resource.body_span(),
            });
        }
        out
    }

    /// Whether a filter chain serves the host.
    fn chain(&self, chain: FilterChain<'t>) -> Option<Served> {
        let names: Vec<String> = chain
            .filter_chain_match()
            .into_iter()
            .flat_map(|it| it.server_names())
            .map(|it| it.into_owned())
            .collect();
        let by_name = names.iter().find(|it| self.fits(it).is_some() || it.as_str() == "*");
        if !names.is_empty() && by_name.is_none() {
            return None;
        }
        let Some(manager) = chain.http_connection_manager() else {
            let name = by_name?;
            chain.tcp_proxy()?;
            return Some(Served {
                rank: rank_of(name),
                host: name.clone(),
                port: None,
                sni: true,
                http: false,
                evidence: Evidence::FilterChain(chain.name().into_owned()),
                place: chain.0.span(),
            });
        };
        let routes = match manager.route_config() {
            Some(routes) => routes,
            None => self.tracer.routes(&manager.rds_route_config_name())?,
        };
        let mut best: Option<Served> = None;
        for host in routes.virtual_hosts() {
            for domain in host.domains() {
                let (bare, port) = without_port(&domain);
                let rank = match bare {
                    "*" => STAR,
                    it if self.fits(it).is_some() => rank_of(it),
                    _ => continue,
                };
                if best.as_ref().is_some_and(|it| it.rank <= rank) {
                    continue;
                }
                let name = host.name();
                best = Some(Served {
                    rank,
                    host: if rank == 0 { bare.to_owned() } else { self.host.clone() },
                    port: port.or(without_port(&name).1),
                    sni: false,
                    http: true,
                    evidence: Evidence::VirtualHost(name.into_owned(), routes.name().into_owned()),
                    place: host.0.span(),
                });
            }
        }
        best
    }

    /// Names like the one asked for, of all that the proxy and the control plane know.
    fn nearest(&self) -> Vec<String> {
        const SEVERAL: usize = 5;
        let mut all: BTreeMap<String, f64> = BTreeMap::new();
        let mut note = |name: &str| {
            let (name, _) = without_port(name.trim_end_matches('.'));
            if !name.is_empty()
                && !name.contains('*')
                && ip(name.trim_matches(['[', ']'])).is_none()
                && !all.contains_key(name)
            {
                all.insert(name.to_owned(), self.alike(name));
            }
        };
        for (_, resource) in self.tracer.dump().of(Kind::Cluster) {
            let name = resource.name(self.tracer.bytes());
            if let Some(key) = ServiceKey::parse(&name).filter(|it| it.direction == "outbound") {
                note(key.host);
            }
        }
        self.services.iter().for_each(|it| note(&it.host));
        let routes = self
            .tracer
            .dump()
            .of(Kind::Route)
            .filter_map(|(id, _)| self.tracer.node(id))
            .map(RouteConfiguration);
        let inline = self.tracer.listeners().iter().filter_map(|it| self.tracer.node(it.id)).map(Listener);
        let inline = inline
            .flat_map(|it| it.all_filter_chains().collect::<Vec<_>>())
            .filter_map(|it| it.http_connection_manager()?.route_config());
        for host in routes.chain(inline).flat_map(|it| it.virtual_hosts().collect::<Vec<_>>()) {
            let own = host.name();
            let (own, _) = without_port(&own);
            // Istio lists a service's short names as well; its full one is enough.
            let full = host.domains().any(|it| it == own);
            match full {
                true => note(own),
                false => host.domains().for_each(|it| note(&it)),
            }
        }
        let mut all: Vec<(String, f64)> = all.into_iter().filter(|(_, score)| *score >= ALIKE).collect();
        all.order_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        all.into_iter().take(SEVERAL).map(|(name, _)| name).collect()
    }

    /// How much a name is like the one asked for: the whole of it, or its first part.
    fn alike(&self, name: &str) -> f64 {
        let name = name.to_ascii_lowercase();
        let first = |it: &str| it.split('.').next().unwrap_or("").to_owned();
        let (own, other) = (first(&self.host), first(&name));
        // A long common domain says nothing, so the first part counts most.
        let whole = strsim::normalized_damerau_levenshtein(&self.host, &name);
        let part = strsim::normalized_damerau_levenshtein(&own, &other);
        let begins = own.len() > 2 && (other.starts_with(&own) || own.starts_with(&other) && other.len() > 2);
        let part = if begins { part.max(0.75) } else { part };
        part * 0.9 + whole * 0.1
    }
}

/// Whether routes are an inbound listener's: what those serve is the pod's own.
fn own(routes: RouteConfiguration<'_>) -> bool {
    routes.name().starts_with("inbound|") || routes.name().starts_with("Inbound")
}

/// From where on a name is like another.
const ALIKE: f64 = 0.5;

/// What a chain has for a host.
struct Served {
    rank: u8,
    host: String,
    port: Option<u16>,
    sni: bool,
    http: bool,
    evidence: Evidence,
    place: Span,
}

/// The rank of a domain `*`.
const STAR: u8 = 2;

fn rank_of(domain: &str) -> u8 {
    match domain {
        "*" => STAR,
        it if it.contains('*') => 1,
        _ => 0,
    }
}

/// A domain's host and port; a port of `*` is none.
fn without_port(domain: &str) -> (&str, Option<u16>) {
    match port_start(domain) {
        Some(at) if domain[at + 1..] == *"*" => (&domain[..at], None),
        Some(at) => match domain[at + 1..].parse() {
            Ok(port) if !domain[..at].contains(':') || domain[..at].ends_with(']') => {
                (&domain[..at], Some(port))
            }
            _ => (domain, None),
        },
        None => (domain, None),
    }
}

/// The pod's DNS domain, as Istio's node id tells it.
fn domain(tracer: &Tracer<'_>) -> Option<String> {
    let bootstrap = tracer.dump().of(Kind::Bootstrap).next()?.0;
    let id = tracer.node(bootstrap)?.path(&["node", "id"])?.str()?;
    Some(crate::envoy::names::NodeId::parse(&id)?.domain.to_owned()).filter(|it| !it.is_empty())
}

/// The services that a capture's control planes know.
pub fn services(capture: &crate::capture::Capture) -> Vec<Service> {
    let pages = capture.documents().filter(|(_, it)| it.kind == crate::intake::Kind::IstiodRegistryz);
    let all = pages.filter_map(|(_, it)| Some(crate::istiod::registryz(it.tree()?.root()))).flatten();
    let mut out: Vec<Service> = Vec::new();
    for service in all {
        // Every replica of a control plane lists the same.
        if !out.iter().any(|it| it.host == service.host) {
            out.push(service);
        }
    }
    out
}
