//! A request through the HTTP connection manager: options, route, HTTP filters, router
//! (source/common/http/conn_manager_impl.cc).

use super::http_options::{self, PathAction};
use super::request::Headers;
use super::route_match::{Taken, choose};
use super::run::{Flow, Run};
use super::step::{Outcome, StepKind, What, Why};
use super::{client, codec, http_filters, route_action, scope, virtual_host};
use crate::envoy::{HttpConnectionManager, Route, RouteConfiguration, VirtualHost};
use crate::json::Node;

/// The route that a request has so far, and where its configuration stands.
#[derive(Clone, Copy, Default)]
pub(super) struct Way<'t> {
    pub routes: Option<RouteConfiguration<'t>>,
    pub host: Option<VirtualHost<'t>>,
    pub route: Option<Route<'t>>,
    /// The virtual host wants TLS and the request has none.
    pub require_tls: bool,
}

/// Takes a request through to its end.
pub(super) fn serve<'t>(run: &mut Run<'t, '_>, manager: HttpConnectionManager<'t>) -> Flow<()> {
    let mut headers = Headers::default();
    let end = through(run, manager, &mut headers);
    super::local_reply::rewrite(run, manager, &headers);
    codec::details_of_reset(run, manager);
    end
}

fn through<'t>(run: &mut Run<'t, '_>, manager: HttpConnectionManager<'t>, headers: &mut Headers) -> Flow<()> {
    *headers = codec::decode(run, manager)?;
    if let PathAction::Redirect = http_options::paths(run, manager, headers)? {
        return normalized(run, manager, headers);
    }
    http_options::host(run, manager, headers);
    client::complete(run, manager, headers)?;
    let mut way = find(run, manager, headers);
    upgrade(run, manager, &way, headers)?;
    http_filters::run_all(run, manager, &mut way, headers)?;
    // The router.
    if way.require_tls {
        return route_action::require_tls(run, headers);
    }
    let Some(route) = way.route else {
        run.verdict.flags = "NR";
        run.verdict.route = None;
        route_action::answer(run, 404, headers);
        return run.end_with(Outcome::NotFound, "route_not_found");
    };
    run.target = Some(Box::new(headers.clone()));
    route_action::act(run, route, headers)
}

/// The answer that sends a client to the normalised path. Envoy logs the route that this path has; as headers are not
/// completed yet, there is one only where the client itself said x-forwarded-proto.
fn normalized<'t>(run: &mut Run<'t, '_>, manager: HttpConnectionManager<'t>, headers: &Headers) -> Flow<()> {
    find(run, manager, headers);
    run.verdict.status = Some(307);
    run.verdict.location = headers.first(":path").map(str::to_owned);
    run.end_with(Outcome::Redirect, "path_normalization_failed")
}

/// Finds the route.
pub(super) fn find<'t>(
    run: &mut Run<'t, '_>,
    manager: HttpConnectionManager<'t>,
    headers: &Headers,
) -> Way<'t> {
    let mut way = Way { routes: configuration(run, manager, headers), ..Way::default() };
    run.verdict.route = None;
    run.verdict.virtual_host = None;
    let Some(routes) = way.routes else { return way };
    let Some(authority) = headers.first(":authority") else { return way };
    way.host = virtual_host::choose(run, routes, authority);
    let Some(host) = way.host else { return way };
    match choose(run, routes, host, headers) {
        Taken::Route(route) => {
            way.route = Some(route);
            run.verdict.route = Some(route.name().into_owned()).filter(|it| !it.is_empty());
        }
        Taken::RequireTls => way.require_tls = true,
        Taken::None => {}
    }
    way
}

/// The routes: inline, by name, or by scope.
fn configuration<'t>(
    run: &mut Run<'t, '_>,
    manager: HttpConnectionManager<'t>,
    headers: &Headers,
) -> Option<RouteConfiguration<'t>> {
    if let Some(routes) = manager.route_config() {
        let name = routes.name().into_owned();
        run.note(StepKind::RouteConfiguration, &name, Why::Taken, Some(routes.0.span()));
        return Some(routes);
    }
    let name = match manager.scoped_routes() {
        Some(scoped) => scope::choose(run, scoped, headers)?,
        None => manager.rds_route_config_name().into_owned(),
    };
    let found = run.tracer.routes(&name);
    let why = if found.is_some() { Why::Taken } else { Why::Missing(What::Resource(name.clone())) };
    run.note(StepKind::RouteConfiguration, &name, why, Some(found.map_or(manager.0, |it| it.0).span()));
    if found.is_some_and(|it| it.vhds().is_some()) {
        run.verdict.certain = false;
    }
    found
}

/// An upgrade, or CONNECT, that neither the listener nor the route allows is refused, where there is a route.
fn upgrade<'t>(
    run: &mut Run<'t, '_>,
    manager: HttpConnectionManager<'t>,
    way: &Way<'t>,
    headers: &Headers,
) -> Flow<()> {
    let kind = match headers.first("upgrade") {
        Some(kind) if client::is_upgrade(headers) => kind,
        _ if headers.first(":method") == Some("CONNECT") => "CONNECT",
        _ => return Ok(()),
    };
    let named = |list: Node<'t>| {
        let mut all = list.list("upgrade_configs");
        let found = all.find(|it| it.text("upgrade_type").is_some_and(|it| it.eq_ignore_ascii_case(kind)));
        found.map(|it| it.get("enabled").and_then(Node::bool).unwrap_or(true))
    };
    let of_route = way.route.and_then(|it| it.0.get("route")).and_then(named);
    let allowed = of_route.or_else(|| named(manager.0)).unwrap_or(false);
    if allowed || way.route.is_none() && !way.require_tls {
        return Ok(());
    }
    let place = Some(manager.0.span());
    run.note(StepKind::HttpOptions, "upgrade_configs", Why::Unwanted(What::Upgrade), place);
    route_action::answer(run, 403, headers);
    run.end_with(Outcome::ProtocolError, "upgrade_failed")
}
