//! What the graph says, in the user's language.

use xdscope::engine::protocol::ListenerUse;
use xdscope::graph::words::Words;
use xdscope::graph::{Kind, Note, Why};
use yew::AttrValue;

use crate::words::number;

/// The page's words for pictures, on the screen and saved.
pub struct Said;

impl Words for Said {
    fn heading(&self, kind: Kind) -> String {
        heading(kind).to_string()
    }

    fn many(&self, kind: Kind, count: u32) -> String {
        let n = number(count.into());
        match kind {
            Kind::Listener => tr!("graph.many.listener", n = n),
            Kind::FilterChain => tr!("graph.many.filter_chain", n = n),
            Kind::RouteConfig => tr!("graph.many.route_config", n = n),
            Kind::VirtualHost => tr!("graph.many.virtual_host", n = n),
            Kind::Route => tr!("graph.many.route", n = n),
            Kind::Cluster => tr!("graph.many.cluster", n = n),
            Kind::Endpoint => tr!("graph.many.endpoint", n = n),
            Kind::Service => tr!("graph.many.service", n = n),
            Kind::Proxy => tr!("graph.many.proxy", n = n),
        }
        .to_string()
    }

    fn note(&self, note: &Note) -> String {
        match note {
            Note::Text(text) => return text.clone(),
            Note::Name => return String::new(),
            Note::Domains(count) => count!("graph.domain", "graph.domains", *count),
            Note::VirtualHosts(count) => count!("graph.host", "graph.hosts", *count),
            Note::MutualTls => tr!("graph.mtls"),
            Note::Tls => tr!("graph.tls"),
            Note::Default => tr!("graph.default"),
            Note::Draining => tr!("graph.draining"),
            Note::Health(health) => match health.as_str() {
                "HEALTHY" => tr!("graph.healthy"),
                "UNKNOWN" => tr!("graph.health_unknown"),
                other => return other.to_lowercase(),
            },
            Note::Shadowed(by) => tr!("graph.shadowed", by = by),
            Note::NotJudged(Kind::Endpoint) => tr!("graph.not_judged.endpoints"),
            Note::NotJudged(_) => tr!("graph.not_judged"),
            Note::ClusterHeader(header) => tr!("graph.cluster_header", header = header),
            Note::OriginalDestination => tr!("graph.original_dst"),
        }
        .to_string()
    }

    fn why(&self, why: &Why) -> String {
        match why {
            Why::NoSuchCluster => tr!("graph.why.no_cluster"),
            Why::NoSuchRouteConfig => tr!("graph.why.no_route_config"),
            Why::NoSuchListener => tr!("graph.why.no_listener"),
            Why::NoEndpoints => tr!("graph.why.no_endpoints"),
            Why::NoHealthyEndpoint => tr!("graph.why.no_healthy"),
            Why::Rejected(details, true) => tr!("graph.why.rejected_update", details = details),
            Why::Rejected(details, false) => tr!("graph.why.rejected", details = details),
            Why::Warming(true) => tr!("graph.why.warming_update"),
            Why::Warming(false) => tr!("graph.why.warming"),
            Why::SecretMissing(name) => tr!("graph.why.secret_missing", name = name),
            Why::SecretWarming(name) => tr!("graph.why.secret_warming", name = name),
            Why::NotRead => tr!("graph.why.not_read"),
        }
        .to_string()
    }

    fn broken_inside(&self, count: u32) -> String {
        tr!("graph.broken_inside", n = number(count.into())).to_string()
    }
}

/// What a column holds.
pub fn heading(kind: Kind) -> AttrValue {
    match kind {
        Kind::Listener => tr!("graph.kind.listener"),
        Kind::FilterChain => tr!("graph.kind.filter_chain"),
        Kind::RouteConfig => tr!("graph.kind.route_config"),
        Kind::VirtualHost => tr!("graph.kind.virtual_host"),
        Kind::Route => tr!("graph.kind.route"),
        Kind::Cluster => tr!("graph.kind.cluster"),
        Kind::Endpoint => tr!("graph.kind.endpoint"),
        Kind::Service => tr!("graph.kind.service"),
        Kind::Proxy => tr!("graph.kind.proxy"),
    }
}

/// What listeners of a group do: a title, and a sentence.
pub fn listeners(what: ListenerUse) -> (AttrValue, AttrValue) {
    match what {
        ListenerUse::Inbound => (tr!("graph.use.inbound"), tr!("graph.use.inbound.why")),
        ListenerUse::OutboundHttp => (tr!("graph.use.http"), tr!("graph.use.http.why")),
        ListenerUse::OutboundTcp => (tr!("graph.use.tcp"), tr!("graph.use.tcp.why")),
        ListenerUse::Gateway => (tr!("graph.use.gateway"), tr!("graph.use.gateway.why")),
        ListenerUse::Admin => (tr!("graph.use.admin"), tr!("graph.use.admin.why")),
    }
}
