//! The network filters of a chain, in their order: RBAC, TCP proxy, HTTP; others are named and passed.

use super::metadata::Set;
use super::rbac::{self, Subject};
use super::run::{Flow, Run, considered};
use super::step::{Outcome, StepKind, Truth, What, Why};
use crate::envoy::extension::{HTTP_CONNECTION_MANAGER, NETWORK_RBAC, TCP_PROXY};
use crate::envoy::{Extension, FilterChain, HttpConnectionManager, TcpProxy};
use crate::json::Node;

/// How a connection goes on.
pub(super) enum Next<'t> {
    /// As HTTP.
    Http(HttpConnectionManager<'t>),
    /// As bytes, to the end: nothing more is to be decided.
    Done,
}

/// Runs a chain. A TCP proxy looks for its upstream as soon as the connection is there, before the handshake and before
/// the first byte, at which RBAC judges (source/common/tcp_proxy/tcp_proxy.cc, onNewConnection).
pub(super) fn run_all<'t>(run: &mut Run<'t, '_>, chain: FilterChain<'t>) -> Flow<Next<'t>> {
    let proxy = chain.filters().find(|it| it.is(&TCP_PROXY, "TcpProxy"));
    let proxy = proxy.and_then(|filter| Some((filter, TcpProxy::of(filter.config()?))));
    if let Some((filter, proxy)) = proxy {
        let own = own_cluster(run, chain);
        clusters(run, filter, proxy, own)?;
    }
    super::tls::handshake(run, chain)?;
    for filter in chain.filters() {
        let name = filter.name().into_owned();
        if filter.is(&NETWORK_RBAC, "RBAC") {
            rbac(run, filter)?;
        } else if filter.is(&TCP_PROXY, "TcpProxy") {
            break;
        } else if filter.is(&HTTP_CONNECTION_MANAGER, "HttpConnectionManager") {
            let Some(config) = filter.config() else { break };
            return Ok(Next::Http(HttpConnectionManager::of(config)));
        } else if filter
            .config()
            .is_some_and(|it| it.message() == "Config" && it.type_url.contains("set_filter_state"))
        {
            set_filter_state(run, filter);
        } else {
            let passes = known(&name) || filter.is(&["envoy.filters.network.sni_cluster"], "SniCluster");
            run.set.beyond |= !passes;
            let why =
                if passes { Why::Passes } else { Why::Beyond(What::Filter(name.clone()), String::new()) };
            run.note(StepKind::NetworkFilter, &name, why, Some(filter.0.span()));
        }
    }
    if chain.filters().next().is_none() || proxy.is_none() {
        // A chain that ends nowhere closes the connection.
        run.note(
            StepKind::NetworkFilter,
            "",
            Why::Missing(What::Filter("terminal".to_owned())),
            Some(chain.0.span()),
        );
    }
    Ok(Next::Done)
}

/// Filters that look and let pass.
fn known(name: &str) -> bool {
    const PASSING: [&str; 12] = [
        "envoy.filters.network.mongo_proxy",
        "envoy.filters.network.mysql_proxy",
        "envoy.filters.network.postgres_proxy",
        "envoy.filters.network.zookeeper_proxy",
        "envoy.filters.network.kafka_broker",
        "envoy.filters.network.sni_cluster",
        "envoy.filters.network.echo",
        "envoy.filters.network.direct_response",
        "envoy.filters.network.connection_limit",
        "istio.metadata_exchange",
        "istio.stats",
        "istio_authn",
    ];
    PASSING.contains(&name) || name.starts_with("istio.")
}

/// Network RBAC, at the first byte.
fn rbac<'t>(run: &mut Run<'t, '_>, filter: Extension<'t>) -> Flow<()> {
    let name = filter.name().into_owned();
    let Some(config) = filter.config() else { return Ok(()) };
    let subject = Subject { headers: None, routed: false, route: None };
    let judged = rbac::judge(run, config.node, &subject);
    rbac::note(run, StepKind::NetworkFilter, &name, filter, &judged);
    if judged.allowed == Truth::No {
        return run.end_with(Outcome::Denied, &judged.details());
    }
    Ok(())
}

/// The cluster that a filter before the TCP proxy says (`envoy.tcp_proxy.cluster`): the server name
/// (source/extensions/filters/network/sni_cluster), or what set_filter_state makes.
fn own_cluster<'t>(run: &Run<'t, '_>, chain: FilterChain<'t>) -> Option<String> {
    let mut out = None;
    for filter in chain.filters().take_while(|it| !it.is(&TCP_PROXY, "TcpProxy")) {
        if filter.is(&["envoy.filters.network.sni_cluster"], "SniCluster") {
            out = Some(run.connection.server_name.clone()).filter(|it| !it.is_empty()).or(out);
        }
        let values = filter.config().into_iter().flat_map(|it| it.node.list("on_new_connection"));
        for value in
            values.filter(|it| it.text("object_key").is_some_and(|it| it == "envoy.tcp_proxy.cluster"))
        {
            out = made(run, value, None).filter(|it| !it.is_empty()).or(out);
        }
    }
    out
}

/// The cluster, or the clusters by weight, of a TCP proxy.
fn clusters<'t>(
    run: &mut Run<'t, '_>,
    filter: Extension<'t>,
    proxy: TcpProxy<'t>,
    own: Option<String>,
) -> Flow<()> {
    let mut names: Vec<(String, u64)> =
        proxy.weighted_clusters().map(|(name, weight)| (name.into_owned(), weight)).collect();
    let sum: u64 = names.iter().map(|(_, weight)| weight).sum();
    let single = proxy.cluster();
    // Weights leave no choice to anybody (Config::getRouteFromEntries).
    if names.is_empty() {
        names.push((own.unwrap_or_else(|| single.into_owned()), 1));
    }
    names.retain(|(_, weight)| *weight > 0);
    let certain = names.len() < 2;
    run.step(StepKind::NetworkFilter, Some(filter.0.span()), certain, |_| {
        let one = |(name, weight): &(String, u64)| {
            let why = if certain { Why::Taken } else { Why::Share(super::route_action::share(*weight, sum)) };
            considered(name.clone(), true, why, Some(proxy.0))
        };
        names.iter().map(one).collect()
    });
    let names =
        names.into_iter().map(|(name, weight)| super::cluster::Choice { name, weight, criteria: Vec::new() });
    let names: Vec<_> = names.collect();
    super::cluster::choose(run, &names)
}

/// Filter state that is known from the connection alone
/// (source/extensions/filters/network/set_filter_state).
fn set_filter_state(run: &mut Run<'_, '_>, filter: Extension<'_>) {
    let Some(config) = filter.config() else { return };
    for value in config.node.list("on_new_connection").chain(config.node.list("on_downstream_tls_handshake"))
    {
        state_value(run, value, None);
    }
    let name = filter.name().into_owned();
    run.note(StepKind::NetworkFilter, &name, Why::Passes, Some(filter.0.span()));
}

/// Sets one value of filter state, where its format needs nothing but what is known.
pub(super) fn state_value(run: &mut Run<'_, '_>, value: Node<'_>, headers: Option<&super::request::Headers>) {
    let Some(key) = value.text("object_key").filter(|it| !it.is_empty()) else { return };
    match made(run, value, headers) {
        Some(text) if text.is_empty() && value.flag("skip_if_empty") => {}
        Some(text) => {
            let set: &mut Set = &mut run.set;
            set.state.insert(key.into_owned(), text);
        }
        None => run.set.beyond = true,
    }
}

/// What the format of a value comes to.
fn made(run: &Run<'_, '_>, value: Node<'_>, headers: Option<&super::request::Headers>) -> Option<String> {
    let inline = value.path(&["format_string", "text_format_source", "inline_string"]);
    let format = inline.or_else(|| value.path(&["format_string", "text_format"])).and_then(Node::str)?;
    let empty = if value.path(&["format_string", "omit_empty_values"]).and_then(Node::bool) == Some(true) {
        ""
    } else {
        "-"
    };
    super::format::substitute(run, &format, headers, empty)
}
