//! A request to begin with: the one that a row of a table takes, or one that the proxy is likely to get.

use super::super::protocol::{Form, Speaks};
use super::wanted::{host_of, meet};
use super::{Subject, form as forms, is_gateway, next, usual};
use crate::capture::ResourceRef;
use crate::envoy::names::ServiceKey;
use crate::envoy::{
    AddressKind, ClusterSpecifier, FilterChain, Kind, Listener, ResourceId, Route, RouteAction,
    RouteConfiguration, State, VirtualHost,
};
use crate::json::{Span, Tree, pretty};
use crate::order::InOrder;
use crate::trace::ask::ANY;
use crate::trace::{Direction, Source, StepKind, Tracer, host_and_port, trace};

/// How many bytes of route configurations are read to find a host to begin with.
const READ: usize = 1_500_000;

/// A request that a part of a resource takes; without one, or where none can be thought of, one that is likely.
pub fn form<'s>(
    subject: Subject<'_>,
    source: &'s Source<'s>,
    of: Option<(ResourceRef, Option<u32>)>,
) -> Form {
    let begin = Begin { subject, source };
    of.and_then(|(resource, at)| begin.of(resource, at)).or_else(|| begin.likely()).unwrap_or_else(|| Form {
        direction: Some(usual(subject)),
        path: "/".to_owned(),
        ..Form::default()
    })
}

#[derive(Clone, Copy)]
struct Begin<'c, 's> {
    subject: Subject<'c>,
    source: &'s Source<'s>,
}

/// A filter chain, and its listener.
#[derive(Clone, Copy)]
struct Way<'s> {
    listener: Listener<'s>,
    chain: FilterChain<'s>,
}

fn holds(span: Span, at: u32) -> bool {
    span.start <= at && at < span.end
}

impl<'s> Begin<'_, 's> {
    fn of(self, resource: ResourceRef, at: Option<u32>) -> Option<Form> {
        if resource.document != self.subject.document {
            return None;
        }
        let it = self.subject.dump.get(resource.resource)?;
        match it.kind {
            Kind::Listener => self.of_listener(resource.resource, at),
            Kind::Route => self.of_routes(resource.resource, at),
            Kind::Cluster => self.of_cluster(resource.resource),
            Kind::Endpoint => {
                let name = it.name(&self.subject.of.bytes);
                let mut clusters = self.subject.dump.of(Kind::Cluster);
                let (cluster, _) = clusters.find(|(_, it)| it.name(&self.subject.of.bytes) == name)?;
                self.of_cluster(cluster)
            }
            _ => None,
        }
    }

    fn of_listener(self, id: ResourceId, at: Option<u32>) -> Option<Form> {
        let listener = Listener(self.source.node(id)?);
        let chosen = at.and_then(|at| listener.all_filter_chains().find(|it| holds(it.0.span(), at)));
        let chain = chosen.or_else(|| listener.all_filter_chains().next())?;
        let way = Way { listener, chain };
        let host = self.routes_of(way).and_then(|it| it.virtual_hosts().next());
        Some(self.through(way, host))
    }

    /// The routes of a chain.
    fn routes_of(self, way: Way<'s>) -> Option<RouteConfiguration<'s>> {
        let manager = way.chain.http_connection_manager()?;
        if let Some(inline) = manager.route_config() {
            return Some(inline);
        }
        let name = manager.rds_route_config_name();
        let mut all = self.subject.dump.of(Kind::Route);
        let (id, _) = all.find(|(_, it)| it.name(&self.subject.of.bytes) == name)?;
        self.source.node(id).map(RouteConfiguration)
    }

    fn of_routes(self, id: ResourceId, at: Option<u32>) -> Option<Form> {
        let routes = RouteConfiguration(self.source.node(id)?);
        let way = self.way_to(routes)?;
        let host = at.and_then(|at| routes.virtual_hosts().find(|it| holds(it.0.span(), at)));
        let host = host.or_else(|| routes.virtual_hosts().next())?;
        let route = at.and_then(|at| host.routes().find(|it| holds(it.0.span(), at)));
        let form = self.through(way, Some(host));
        let form = self.by_name(form, host);
        Some(match route {
            Some(route) => self.tried(form, route),
            None => form,
        })
    }

    /// The same to a host by its shortest name, as people write it, where that comes to the same virtual host.
    fn by_name(self, form: Form, host: VirtualHost<'s>) -> Form {
        let (_, Some(port)) = host_and_port(&form.to) else { return form };
        if form.direction != Some(Direction::Outbound) {
            return form;
        }
        let plain = |it: &std::borrow::Cow<'_, str>| {
            !it.contains([':', '*']) && it.parse::<core::net::IpAddr>().is_err()
        };
        let Some(name) = host.domains().filter(plain).min_by_key(|it| it.len()) else { return form };
        let named = Form { to: format!("{name}:{port}"), authority: String::new(), ..form.clone() };
        let tracer = Tracer::new(self.source, self.subject.of.captured);
        let Ok(asked) = forms::request(self.subject, &tracer, &named) else { return form };
        let came = trace(&tracer, &asked.request, false).verdict.virtual_host;
        if came.as_deref() == Some(host.name().as_ref()) { named } else { form }
    }

    /// Of the requests that a route's match describes, the first that no route before it takes.
    fn tried(self, form: Form, route: Route<'s>) -> Form {
        let tracer = Tracer::new(self.source, self.subject.of.captured);
        let takes = |form: &Form| {
            let Ok(asked) = forms::request(self.subject, &tracer, form) else { return false };
            let made = trace(&tracer, &asked.request, true);
            let mut steps = made.steps.iter().filter(|it| it.kind == StepKind::Route);
            let won = steps.next_back().and_then(|it| it.considered.iter().find(|it| it.won)?.place);
            won.is_some_and(|span| self.is_same(span, route))
        };
        let all = meet(&form, route);
        let fits = all.iter().find(|it| takes(it)).or(all.first());
        fits.cloned().unwrap_or(form)
    }

    /// Whether a place is that of a route. Routes that a listener brings along stand in the dump twice, in the
    /// listener and among the static ones: the two say the same.
    fn is_same(self, found: Span, route: Route<'s>) -> bool {
        let said = || {
            Tree::parse(&self.subject.of.bytes, found)
                .is_ok_and(|it| pretty(it.root(), 0) == pretty(route.0, 0))
        };
        found == route.0.span() || said()
    }

    /// A chain whose requests these routes get.
    fn way_to(self, routes: RouteConfiguration<'s>) -> Option<Way<'s>> {
        let name = routes.name();
        let quoted = format!("\"{name}\"");
        let finder = memchr::memmem::Finder::new(quoted.as_bytes());
        let active = self.subject.dump.of(Kind::Listener);
        let active = active.filter(|(_, it)| matches!(it.state, State::Static | State::Active));
        for (id, it) in active {
            let body = it.body_span().unwrap_or_default().of(&self.subject.of.bytes);
            if finder.find(body).is_none() {
                continue;
            }
            let Some(listener) = self.source.node(id).map(Listener) else { continue };
            let chain = listener.all_filter_chains().find(|chain| {
                chain.http_connection_manager().is_some_and(|manager| {
                    manager.rds_route_config_name() == name
                        || manager.route_config().is_some_and(|it| it.name() == name)
                })
            });
            if let Some(chain) = chain {
                return Some(Way { listener, chain });
            }
        }
        None
    }

    /// What sends requests to a cluster: a route, else a filter chain.
    fn of_cluster(self, id: ResourceId) -> Option<Form> {
        let references = self.subject.capture.references(self.subject.document)?;
        let kind = |from: ResourceId| self.subject.dump.get(from).map(|it| it.kind);
        let users: Vec<_> = references.to(id).collect();
        let by_route = users.iter().filter(|it| kind(it.from) == Some(Kind::Route));
        let by_route = by_route.take(4).find_map(|it| self.of_routes(it.from, Some(it.name.start)));
        by_route.or_else(|| {
            let mut listeners = users.iter().filter(|it| kind(it.from) == Some(Kind::Listener)).take(4);
            listeners.find_map(|it| self.of_listener(it.from, Some(it.name.start)))
        })
    }

    /// A host of the proxy's own namespace, the one with the most routes; of a gateway any.
    fn likely(self) -> Option<Form> {
        let mut all: Vec<_> = self
            .subject
            .dump
            .of(Kind::Route)
            .filter(|(_, it)| it.state != State::Error)
            .filter_map(|(id, it)| Some((it.body_span()?.len(), id)))
            .collect();
        all.order_by_key(|(size, id)| (std::cmp::Reverse(*size), *id));
        let gateway = is_gateway(self.subject);
        let own = format!(".{}.svc", self.subject.proxy.identity.namespace);
        let mut left = READ;
        type Rank = (bool, bool, bool, usize);
        let mut best: Option<(Rank, RouteConfiguration<'s>, VirtualHost<'s>)> = None;
        for (size, id) in all {
            if size > left {
                continue;
            }
            left -= size;
            let Some(routes) = self.source.node(id).map(RouteConfiguration) else { continue };
            // What a proxy takes itself is asked about less than what it sends.
            if !gateway && self.subject.dump.get(id).is_some_and(|it| it.state == State::Static) {
                continue;
            }
            for host in routes.virtual_hosts() {
                let name = host.name();
                let catch_all = host.domains().all(|it| it == "*");
                let routes_here = host.routes().take(20).count();
                let rank = (!catch_all, self.leads_on(host), !gateway && name.contains(&own), routes_here);
                if routes_here > 0 && best.as_ref().is_none_or(|(known, ..)| rank > *known) {
                    best = Some((rank, routes, host));
                }
            }
        }
        let found = best.and_then(|(_, routes, host)| {
            Some(self.by_name(self.through(self.way_to(routes)?, Some(host)), host))
        });
        found.or_else(|| {
            let takes = |it: &crate::envoy::Resource| matches!(it.state, State::Static | State::Active);
            let mut listeners = self.subject.dump.of(Kind::Listener).filter(|(_, it)| takes(it));
            listeners.find_map(|(id, _)| self.of_listener(id, None))
        })
    }

    /// Whether a route of a host names a cluster that is there.
    fn leads_on(self, host: VirtualHost<'_>) -> bool {
        let Some(names) = self.subject.capture.names(self.subject.document) else { return false };
        let there = |it: &str| names.find(&self.subject.of.bytes, Kind::Cluster, it.as_bytes()).is_some();
        host.routes().take(20).filter_map(|it| it.0.get("route").map(RouteAction)).any(|it| {
            match it.cluster_specifier() {
                Some(ClusterSpecifier::Cluster(name)) => there(&name),
                Some(ClusterSpecifier::Weighted(all)) => all.iter().any(|it| there(&it.name)),
                _ => false,
            }
        })
    }

    /// A request that a chain takes, for a host of its routes.
    fn through(self, way: Way<'s>, host: Option<VirtualHost<'s>>) -> Form {
        let wants = way.chain.filter_chain_match();
        let direction = self.direction(way.listener);
        let mut form = Form { direction: Some(direction), path: "/".to_owned(), ..Form::default() };
        let http = way.chain.http_connection_manager().is_some();
        let protocols: Vec<String> =
            wants.into_iter().flat_map(|it| it.application_protocols()).map(|it| it.into_owned()).collect();
        let has = |name: &str| protocols.iter().any(|it| it == name);
        form.speaks = match http {
            false => Speaks::Tcp,
            true if !protocols.is_empty() && !has("http/1.1") && (has("h2c") || has("h2")) => Speaks::Http2,
            true => Speaks::Http1,
        };
        let ends_tls = way.chain.tls_context();
        form.tls = ends_tls.is_some() || wants.is_some_and(|it| it.transport_protocol() == "tls");
        if form.tls {
            form.sni = wants
                .into_iter()
                .flat_map(|it| it.server_names())
                .map(|it| host_of(&it))
                .next()
                .unwrap_or_default();
            // Of Istio's own protocols for HTTP the one of HTTP/1.1.
            let own = protocols.iter().find(|it| it.ends_with("http/1.1")).or(protocols.first());
            form.alpn = own.cloned().unwrap_or_default();
            let asked = ends_tls.is_some_and(|it| it.flag("require_client_certificate"));
            if asked {
                form.identity = next::identity(self.subject, "default").unwrap_or_default();
            }
        }
        if http {
            form.method = "GET".to_owned();
            let domains = || host.into_iter().flat_map(|it| it.domains());
            let named = domains().find(|it| !it.contains('*')).or_else(|| domains().next());
            form.authority = named.map(|it| host_of(&it)).unwrap_or_default();
        } else {
            form.path = String::new();
        }
        form.to = self.destination(way, host, direction);
        form
    }

    fn direction(self, listener: Listener<'_>) -> Direction {
        if is_gateway(self.subject) {
            return Direction::Gateway;
        }
        let port = listener.address().map_or(0, |it| it.port());
        match port {
            15001 => Direction::Outbound,
            15006 => Direction::Inbound,
            // A socket of its own, health checks' for instance.
            _ if listener.bind_to_port() => Direction::Gateway,
            _ => Direction::Outbound,
        }
    }

    /// An address and port at which a chain takes connections.
    fn destination(self, way: Way<'_>, host: Option<VirtualHost<'_>>, direction: Direction) -> String {
        let wants = way.chain.filter_chain_match();
        let (own, port) = match way.listener.address().and_then(|it| it.kind()) {
            Some(AddressKind::Socket { address, port }) => (address.into_owned(), port),
            _ => (String::new(), 0),
        };
        let wanted = wants.and_then(|it| it.destination_port()).and_then(|it| u32::try_from(it).ok());
        let port = match (wanted, direction) {
            (Some(port), _) => port,
            (None, Direction::Inbound) => other_port(way.listener),
            (None, _) => port,
        };
        let range =
            wants.into_iter().flat_map(|it| it.prefix_ranges()).map(|it| it.address_prefix().into_owned());
        let literal =
            host.into_iter().flat_map(|it| it.domains()).find(|it| it.parse::<core::net::IpAddr>().is_ok());
        let everywhere = own.is_empty() || matches!(own.as_str(), "0.0.0.0" | "::");
        let pod = self.subject.address();
        let address = match direction {
            _ if !everywhere => own,
            Direction::Outbound => range
                .into_iter()
                .chain(literal.map(|it| it.into_owned()))
                .find(|it| it != "0.0.0.0" && it != "::")
                .unwrap_or_else(|| ANY.to_string()),
            _ if pod.is_empty() => "127.0.0.1".to_owned(),
            _ => pod.to_owned(),
        };
        if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
    }
}

/// A port that no chain of a listener asks for by number.
fn other_port(listener: Listener<'_>) -> u32 {
    let asked: Vec<u64> =
        listener.filter_chains().filter_map(|it| it.filter_chain_match()?.destination_port()).collect();
    (8080..9080).find(|port| !asked.contains(&u64::from(*port))).unwrap_or(8080)
}

/// How many hosts are offered.
const OFFERED: usize = 40;

/// Hosts and ports of the services that the proxy knows, with the text in them; those that begin with it first. Read from names of
/// clusters, for they are at hand.
pub fn hosts(subject: Subject<'_>, text: &str) -> Vec<String> {
    let wanted = text.trim().to_ascii_lowercase();
    let mut out: Vec<(bool, usize, String)> = Vec::new();
    for (_, it) in subject.dump.of(Kind::Cluster) {
        let name = it.name(&subject.of.bytes);
        let Some(key) = ServiceKey::parse(&name) else { continue };
        if key.direction != "outbound" || !key.subset.is_empty() || key.host.is_empty() {
            continue;
        }
        let host = format!("{}:{}", key.host, key.port);
        let lower = host.to_ascii_lowercase();
        if let Some(at) = lower.find(&wanted) {
            out.push((at > 0, host.len(), host));
        }
    }
    out.order();
    out.dedup();
    out.truncate(OFFERED);
    out.into_iter().map(|(_, _, host)| host).collect()
}
