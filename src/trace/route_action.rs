//! What a route does with a request: a cluster, a redirect, an answer (source/common/router/router.cc,
//! source/common/http/utility.cc, newUri).

use super::cluster::Choice;
use super::path::without_query;
use super::request::Headers;
use super::route_match::is_grpc;
use super::run::{Flow, Run, considered};
use super::step::{Outcome, StepKind, What, Why};
use crate::envoy::{Action, ClusterSpecifier, PathMatch, Redirect, Route, RouteAction};
use crate::json::Node;

/// Envoy's own answer: a gRPC request gets 200 and its status in a trailer (source/common/http/utility.cc).
pub(super) fn answer(run: &mut Run<'_, '_>, status: u16, headers: &Headers) {
    run.answered = Some(status);
    run.verdict.status = Some(if is_grpc(headers) { 200 } else { status });
}

/// The redirect of a virtual host that requires TLS.
pub(super) fn require_tls<T>(run: &mut Run<'_, '_>, headers: &Headers) -> Flow<T> {
    let host = headers.first(":authority").unwrap_or("");
    // A request without a path (CONNECT) is not told where to go.
    run.verdict.location = headers.first(":path").map(|path| format!("https://{host}{path}"));
    answer(run, 301, headers);
    run.end_with(Outcome::Redirect, "direct_response")
}

/// Does what the route says, as the router filter does.
pub(super) fn act<'t>(run: &mut Run<'t, '_>, route: Route<'t>, headers: &Headers) -> Flow<()> {
    let place = Some(route.0.span());
    match route.action() {
        Some(Action::Redirect(redirect)) => {
            let location = location(run, route, redirect, headers);
            run.note(
                StepKind::Action,
                "redirect",
                Why::Meets(What::Status, redirect.status().to_string()),
                place,
            );
            // A request without a path (CONNECT) is not told where to go.
            run.verdict.location = headers.first(":path").map(|_| location);
            answer(run, redirect.status(), headers);
            run.end_with(Outcome::Redirect, "direct_response")
        }
        Some(Action::DirectResponse(response)) => {
            let status = response.number("status").and_then(|it| u16::try_from(it).ok()).unwrap_or(200);
            run.note(
                StepKind::Action,
                "direct_response",
                Why::Meets(What::Status, status.to_string()),
                place,
            );
            if status == 201 || status / 100 == 3 {
                let path = headers.first(":path").unwrap_or("");
                let scheme = headers.first(":scheme").unwrap_or("http");
                let host = headers.first(":authority").unwrap_or("");
                run.verdict.location = Some(format!("{scheme}://{host}{path}"));
            }
            answer(run, status, headers);
            run.end_with(Outcome::DirectResponse, "direct_response")
        }
        Some(Action::Route(action)) => forward(run, route, action, headers),
        // Neither names a cluster, and the router finds none.
        Some(Action::FilterAction | Action::NonForwardingAction) | None => {
            let choice = Choice { name: String::new(), weight: 1, criteria: Vec::new() };
            not_found(run, 503, &choice, headers)
        }
    }
}

fn not_found<T>(run: &mut Run<'_, '_>, status: u16, choice: &Choice<'_>, headers: &Headers) -> Flow<T> {
    run.verdict.flags = "NC";
    let name = choice.name.clone();
    run.note(StepKind::Cluster, &name, Why::Missing(What::Cluster(name.clone())), None);
    answer(run, status, headers);
    run.end_with(Outcome::NoCluster, "cluster_not_found")
}

fn forward<'t>(
    run: &mut Run<'t, '_>,
    route: Route<'t>,
    action: RouteAction<'t>,
    headers: &Headers,
) -> Flow<()> {
    let criteria = lb(action.0);
    let choices: Vec<Choice<'t>> = match action.cluster_specifier() {
        Some(ClusterSpecifier::Cluster(name)) => {
            vec![Choice { name: name.into_owned(), weight: 1, criteria: criteria.into_iter().collect() }]
        }
        Some(ClusterSpecifier::ClusterHeader(name)) => {
            let named = headers.first(&name).unwrap_or("").to_owned();
            let what = What::Header(name.to_string());
            let why = if named.is_empty() { Why::Missing(what) } else { Why::Meets(what, named.clone()) };
            run.note(StepKind::Action, "cluster_header", why, Some(action.0.span()));
            vec![Choice { name: named, weight: 1, criteria: criteria.into_iter().collect() }]
        }
        Some(ClusterSpecifier::Weighted(_)) => weighted(run, action, criteria, headers),
        Some(ClusterSpecifier::Plugin(plugin)) => {
            let name = plugin.name().into_owned();
            let why = Why::Beyond(What::Filter(name.clone()), String::new());
            run.note(StepKind::Action, &name, why, Some(plugin.0.span()));
            return run.end(Outcome::Routed);
        }
        None => vec![Choice { name: String::new(), weight: 1, criteria: Vec::new() }],
    };
    super::extras::note(run, route, action);
    let status = match action.0.text("cluster_not_found_response_code").as_deref() {
        Some("NOT_FOUND") => 404,
        Some("INTERNAL_SERVER_ERROR") => 500,
        _ => 503,
    };
    let grpc = is_grpc(headers);
    super::cluster::choose_http(run, &choices, status, grpc)
}

/// What a route or a weighted cluster wants of endpoints' labels.
fn lb(node: Node<'_>) -> Option<Node<'_>> {
    node.path(&["metadata_match", "filter_metadata", "envoy.lb"])
}

/// The clusters among which weights decide, or the one that a header's number picks
/// (source/common/router/weighted_cluster_specifier.cc).
fn weighted<'t>(
    run: &mut Run<'t, '_>,
    action: RouteAction<'t>,
    criteria: Option<Node<'t>>,
    headers: &Headers,
) -> Vec<Choice<'t>> {
    let Some(ClusterSpecifier::Weighted(list)) = action.cluster_specifier() else { return Vec::new() };
    let sum: u64 = list.iter().map(|it| it.weight).sum();
    let header =
        action.0.path(&["weighted_clusters", "header_name"]).and_then(Node::str).filter(|it| !it.is_empty());
    let number: Option<u64> = header.and_then(|it| headers.first(&it)?.trim().parse().ok());
    let mut begin = 0;
    let mut out = Vec::new();
    for cluster in &list {
        let range = begin..begin + cluster.weight;
        begin = range.end;
        let picked = number.filter(|_| sum > 0).map(|it| range.contains(&(it % sum)));
        if cluster.weight == 0 || picked == Some(false) {
            continue;
        }
        let name = match headers.first(&cluster.cluster_header) {
            Some(named) if cluster.name.is_empty() => named.to_owned(),
            _ => cluster.name.to_string(),
        };
        // The cluster's own wishes come on top of the route's.
        let criteria = criteria.into_iter().chain(lb(cluster.node)).collect();
        out.push(Choice { name, weight: cluster.weight, criteria });
    }
    let certain = out.len() < 2;
    run.step(StepKind::Action, Some(action.0.span()), certain, |_| {
        list.iter()
            .map(|it| {
                let won = out.iter().any(|choice| choice.name == it.name);
                considered(it.name.clone(), won, Why::Share(share(it.weight, sum)), Some(it.node))
            })
            .collect()
    });
    out
}

/// A share in percent, one digit after the point where it needs one.
pub(super) fn share(weight: u64, sum: u64) -> String {
    if sum == 0 {
        return "0".to_owned();
    }
    let tenths = u128::from(weight) * 1000 / u128::from(sum);
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

/// Where a redirect leads.
fn location(run: &Run<'_, '_>, route: Route<'_>, redirect: Redirect<'_>, headers: &Headers) -> String {
    let scheme = redirect
        .scheme()
        .map_or_else(|| headers.first(":scheme").unwrap_or("http").to_owned(), |it| it.into_owned());
    let port = redirect.port().map_or_else(String::new, |it| format!(":{it}"));
    let host =
        redirect.host().map_or_else(|| own_host(headers, &scheme, &port).to_owned(), |it| it.into_owned());
    let path = rewritten(run, route, redirect, headers);
    let own_query = redirect.path().is_some_and(|it| it.contains('?'));
    let path = match redirect.path() {
        Some(fixed) if own_query => fixed.into_owned(),
        Some(fixed) => fixed.into_owned() + path.find('?').map_or("", |at| &path[at..]),
        None => path,
    };
    let strip = !own_query && redirect.0.flag("strip_query");
    let path = if strip { path.split('?').next().unwrap_or("") } else { &path };
    format!("{scheme}://{host}{port}{path}")
}

/// The request's host, without a port that another takes the place of or that was the other scheme's.
fn own_host<'h>(headers: &'h Headers, scheme: &str, port: &str) -> &'h str {
    let host = headers.first(":authority").unwrap_or("");
    let colon = if host.starts_with('[') { host.rfind("]:").map(|at| at + 1) } else { host.rfind(':') };
    let Some(colon) = colon else { return host };
    let own = &host[colon..];
    let proto = headers.first("x-forwarded-proto").unwrap_or("");
    let usual = scheme != proto && (proto == "https" && own == ":443" || proto == "http" && own == ":80");
    if !port.is_empty() || usual { &host[..colon] } else { host }
}

/// The path that a redirect's rewrite makes; the request's own where it has none.
fn rewritten(run: &Run<'_, '_>, route: Route<'_>, redirect: Redirect<'_>, headers: &Headers) -> String {
    let path = headers.first(":path").unwrap_or("");
    let plain = without_query(path);
    if let Some(rewrite) = redirect.0.get("regex_rewrite") {
        let pattern =
            rewrite.path(&["pattern", "regex"]).and_then(Node::str).and_then(|it| run.tracer.pattern(&it));
        let substitution = rewrite.text("substitution").unwrap_or_default();
        let made = pattern.map_or_else(|| plain.to_owned(), |it| it.replace_all(plain, &substitution));
        // An empty result is no rewrite.
        return if made.is_empty() { path.to_owned() } else { made + &path[plain.len()..] };
    }
    let Some(prefix) = redirect.prefix_rewrite() else { return path.to_owned() };
    let matched = match route.route_match().and_then(|it| it.path()) {
        Some(PathMatch::Prefix(it) | PathMatch::PathSeparatedPrefix(it) | PathMatch::Path(it)) => it.len(),
        _ => plain.len(),
    };
    format!("{prefix}{}", path.get(matched..).unwrap_or(""))
}
