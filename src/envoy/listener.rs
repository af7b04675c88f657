//! A listener: an address, and what happens to connections there.

use std::borrow::Cow;

use super::extension::{HTTP_CONNECTION_MANAGER, TCP_PROXY};
use super::route::RouteConfiguration;
use super::{Address, CidrRange, Config, Extension, Owner, enumerated, text};
use crate::json::Node;

/// `envoy.config.listener.v3.Listener`
#[derive(Clone, Copy, Debug)]
pub struct Listener<'t>(pub Node<'t>);

impl<'t> Listener<'t> {
    /// Its name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// Where it listens.
    pub fn address(self) -> Option<Address<'t>> {
        self.0.get("address").map(Address)
    }

    /// Where else it listens.
    pub fn additional_addresses(self) -> impl Iterator<Item = Option<Address<'t>>> + use<'t> {
        self.0.list("additional_addresses").map(|it| it.get("address").map(Address))
    }

    /// Its filter chains, the default one left out.
    pub fn filter_chains(self) -> impl Iterator<Item = FilterChain<'t>> + use<'t> {
        self.0.list("filter_chains").map(FilterChain)
    }

    /// The chain that takes what no other takes.
    pub fn default_filter_chain(self) -> Option<FilterChain<'t>> {
        self.0.get("default_filter_chain").map(FilterChain)
    }

    /// All filter chains, the default one last.
    pub fn all_filter_chains(self) -> impl Iterator<Item = FilterChain<'t>> + use<'t> {
        self.filter_chains().chain(self.default_filter_chain())
    }

    /// The newer way to choose a chain by its name (`xds.type.matcher.v3.Matcher`).
    pub fn filter_chain_matcher(self) -> Option<Node<'t>> {
        self.0.get("filter_chain_matcher")
    }

    /// Filters that look at a connection before a chain is chosen.
    pub fn listener_filters(self) -> impl Iterator<Item = Extension<'t>> + use<'t> {
        self.0.list("listener_filters").map(Extension)
    }

    /// Whether only this Envoy's own clusters can reach it.
    pub fn internal(self) -> bool {
        self.0.get("internal_listener").is_some()
    }

    /// `INBOUND`, `OUTBOUND`, `UNSPECIFIED`
    pub fn traffic_direction(self) -> Cow<'t, str> {
        enumerated(self.0, "traffic_direction", &["UNSPECIFIED", "INBOUND", "OUTBOUND"])
    }

    /// Whether it binds its port; Istio's listeners behind 15001 do not. v2 says so in `deprecated_v1`.
    pub fn bind_to_port(self) -> bool {
        let old = self.0.path(&["deprecated_v1", "bind_to_port"]);
        self.0.get("bind_to_port").or(old).and_then(Node::bool).unwrap_or(true)
    }

    /// Whether it hands connections on by their original destination.
    pub fn use_original_dst(self) -> bool {
        self.0.flag("use_original_dst") || self.0.flag("hidden_envoy_deprecated_use_original_dst")
    }

    /// The access loggers of the listener itself.
    pub fn access_log(self) -> impl Iterator<Item = Extension<'t>> + use<'t> {
        self.0.list("access_log").map(Extension)
    }

    /// The Istio resource it was made of.
    pub fn owner(self) -> Option<Owner<'t>> {
        Owner::of(self.0)
    }
}

/// `envoy.config.listener.v3.FilterChain`
#[derive(Clone, Copy, Debug)]
pub struct FilterChain<'t>(pub Node<'t>);

impl<'t> FilterChain<'t> {
    /// Its name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// What it takes; `None` for anything.
    pub fn filter_chain_match(self) -> Option<FilterChainMatch<'t>> {
        self.0.get("filter_chain_match").map(FilterChainMatch)
    }

    /// Its network filters, in their order.
    pub fn filters(self) -> impl Iterator<Item = Extension<'t>> + use<'t> {
        self.0.list("filters").map(Extension)
    }

    /// How it speaks to who connects.
    pub fn transport_socket(self) -> Option<Extension<'t>> {
        self.0.get("transport_socket").map(Extension)
    }

    /// The TLS it asks for, from the transport socket or from v2's `tls_context` (`DownstreamTlsContext`).
    pub fn tls_context(self) -> Option<Node<'t>> {
        let socket = self.transport_socket().and_then(Extension::config);
        let socket = socket.filter(|it| it.message() == "DownstreamTlsContext").map(|it| it.node);
        socket.or_else(|| self.0.get("tls_context"))
    }

    /// Its HTTP connection manager, where it has one.
    pub fn http_connection_manager(self) -> Option<HttpConnectionManager<'t>> {
        let filter = self.filters().find(|it| it.is(&HTTP_CONNECTION_MANAGER, "HttpConnectionManager"))?;
        filter.config().map(HttpConnectionManager::of)
    }

    /// Its TCP proxy, where it has one.
    pub fn tcp_proxy(self) -> Option<TcpProxy<'t>> {
        let filter = self.filters().find(|it| it.is(&TCP_PROXY, "TcpProxy"))?;
        filter.config().map(TcpProxy::of)
    }

    /// The Istio resource it was made of.
    pub fn owner(self) -> Option<Owner<'t>> {
        Owner::of(self.0)
    }
}

/// `envoy.config.listener.v3.FilterChainMatch`
#[derive(Clone, Copy, Debug)]
pub struct FilterChainMatch<'t>(pub Node<'t>);

impl<'t> FilterChainMatch<'t> {
    /// `destination_port`
    pub fn destination_port(self) -> Option<u64> {
        self.0.number("destination_port")
    }

    /// Destination addresses.
    pub fn prefix_ranges(self) -> impl Iterator<Item = CidrRange<'t>> + use<'t> {
        self.0.list("prefix_ranges").map(CidrRange)
    }

    /// Server names (SNI), v2's `sni_domains` too.
    pub fn server_names(self) -> impl Iterator<Item = Cow<'t, str>> + use<'t> {
        self.0.list("server_names").chain(self.0.list("sni_domains")).filter_map(Node::str)
    }

    /// `raw_buffer`, `tls`; empty for any.
    pub fn transport_protocol(self) -> Cow<'t, str> {
        text(self.0, "transport_protocol")
    }

    /// ALPN, or what the HTTP inspector found.
    pub fn application_protocols(self) -> impl Iterator<Item = Cow<'t, str>> + use<'t> {
        self.0.list("application_protocols").filter_map(Node::str)
    }

    /// The addresses that connect directly.
    pub fn direct_source_prefix_ranges(self) -> impl Iterator<Item = CidrRange<'t>> + use<'t> {
        self.0.list("direct_source_prefix_ranges").map(CidrRange)
    }

    /// `ANY`, `SAME_IP_OR_LOOPBACK`, `EXTERNAL`
    pub fn source_type(self) -> Cow<'t, str> {
        enumerated(self.0, "source_type", &["ANY", "SAME_IP_OR_LOOPBACK", "EXTERNAL"])
    }

    /// Source addresses.
    pub fn source_prefix_ranges(self) -> impl Iterator<Item = CidrRange<'t>> + use<'t> {
        self.0.list("source_prefix_ranges").map(CidrRange)
    }

    /// Source ports.
    pub fn source_ports(self) -> impl Iterator<Item = u64> + use<'t> {
        self.0.list("source_ports").filter_map(Node::u64)
    }
}

/// `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`
#[derive(Clone, Copy, Debug)]
pub struct HttpConnectionManager<'t>(pub Node<'t>);

impl<'t> HttpConnectionManager<'t> {
    /// From a filter's configuration.
    pub fn of(config: Config<'t>) -> HttpConnectionManager<'t> {
        HttpConnectionManager(config.node)
    }

    /// The routes it brings along.
    pub fn route_config(self) -> Option<RouteConfiguration<'t>> {
        self.0.get("route_config").map(RouteConfiguration)
    }

    /// The name of the routes it asks for; empty for none.
    pub fn rds_route_config_name(self) -> Cow<'t, str> {
        self.0.get("rds").map(|it| text(it, "route_config_name")).unwrap_or_default()
    }

    /// Routes chosen by scope.
    pub fn scoped_routes(self) -> Option<Node<'t>> {
        self.0.get("scoped_routes")
    }

    /// Its HTTP filters, in their order.
    pub fn http_filters(self) -> impl Iterator<Item = Extension<'t>> + use<'t> {
        self.0.list("http_filters").map(Extension)
    }

    /// Its access loggers.
    pub fn access_log(self) -> impl Iterator<Item = Extension<'t>> + use<'t> {
        self.0.list("access_log").map(Extension)
    }
}

/// `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`
#[derive(Clone, Copy, Debug)]
pub struct TcpProxy<'t>(pub Node<'t>);

impl<'t> TcpProxy<'t> {
    /// From a filter's configuration.
    pub fn of(config: Config<'t>) -> TcpProxy<'t> {
        TcpProxy(config.node)
    }

    /// The one cluster it forwards to; empty where there are several.
    pub fn cluster(self) -> Cow<'t, str> {
        text(self.0, "cluster")
    }

    /// The clusters it shares connections out to: their names and weights.
    pub fn weighted_clusters(self) -> impl Iterator<Item = (Cow<'t, str>, u64)> + use<'t> {
        let clusters = self.0.get("weighted_clusters").into_iter().flat_map(|it| it.list("clusters"));
        clusters.map(|it| (text(it, "name"), it.number("weight").unwrap_or(0)))
    }
}
