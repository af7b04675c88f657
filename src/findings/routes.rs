//! Route configurations: virtual hosts and their routes.

use std::collections::BTreeMap;

use super::finding::{Finding, Severity, Subject};
use super::listeners::with_reach;
use super::routing::Met;
use super::site::Cx;
use super::traffic::Reach;
use super::{egress, limits, routing};
use crate::envoy::{
    Action, Kind, PathMatch, ResourceId, Route, RouteConfiguration, RouteMatch, State, VirtualHost, percent,
};
use crate::json::Node;

/// Judges a route configuration of the dump's section of routes.
pub fn route(cx: &mut Cx<'_, '_>, id: ResourceId, node: Node<'_>) {
    let site = *cx.site;
    let config = RouteConfiguration(node);
    let name = site.dump.get(id).map(|it| it.name(site.bytes).into_owned()).unwrap_or_default();
    // The static ones are copies of what stands in listeners, where those can be read.
    if site.state(id) == State::Static && site.dump.of(Kind::Listener).next().is_some() {
        return;
    }
    let seen = cx.traffic.routes.get(&name);
    let (reach, tls) = seen.map(|it| (it.reach.clone(), it.tls)).unwrap_or_default();
    route_config(cx, id, (Subject::Route, &name), config, &reach, tls);
}

/// Judges a route configuration, wherever it stands. `tls`: whether clients come by TLS that ends here.
pub fn route_config(
    cx: &mut Cx<'_, '_>,
    at: ResourceId,
    resource: (Subject, &str),
    config: RouteConfiguration<'_>,
    reach: &Reach,
    tls: bool,
) {
    duplicate_domains(cx, at, resource, config);
    for host in config.virtual_hosts() {
        empty(cx, at, resource, host, config, reach);
        egress::virtual_host(cx, at, resource, &host);
        shadowed(cx, at, resource, host, reach);
        let label = routing::host_label(&host);
        let of_host = reach.host(&label);
        for route in host.routes() {
            if let Some(Action::Route(action)) = route.action() {
                let met = Met { at, resource, host: &label, reach: &of_host, route, action };
                routing::route(cx, &met);
                if !cx.site.planned {
                    limits::route(cx, &met);
                }
            }
            if tls && !cx.site.planned {
                redirect_loop(cx, at, resource, host, route, reach);
            }
        }
    }
}

fn of_host(
    cx: &Cx<'_, '_>,
    finding: Finding,
    at: ResourceId,
    host: &VirtualHost<'_>,
    reach: &Reach,
) -> Finding {
    let label = routing::host_label(host);
    let owner = host.routes().find_map(|it| it.owner());
    let finding = finding
        .arg("host", &label)
        .evidence(cx.site.evidence(at, host.0.get("domains").unwrap_or(host.0)))
        .owner(owner);
    with_reach(finding, &reach.host(&label))
}

/// Check 9: a virtual host that answers nothing.
fn empty(
    cx: &mut Cx<'_, '_>,
    at: ResourceId,
    resource: (Subject, &str),
    host: VirtualHost<'_>,
    config: RouteConfiguration<'_>,
    reach: &Reach,
) {
    let redirects = host.0.text("require_tls").is_some_and(|it| it != "NONE");
    if host.routes().next().is_some()
        || host.matcher().is_some()
        || config.vhds().is_some()
        || redirects
        || cx.site.planned
    {
        return;
    }
    // A gateway's port that no VirtualService is bound to (Istio, pilot/pkg/networking/core/gateway.go).
    let case = if host.name().starts_with("blackhole:") { "gateway" } else { "" };
    let severity = if reach.is_empty() { Severity::Note } else { Severity::Error };
    let finding = Finding::new("virtual-host-empty", severity, resource.0, resource.1)
        .case(case)
        .cause(host.name())
        .arg("route", resource.1)
        .response(404, "NR", "route_not_found");
    let finding = of_host(cx, finding, at, &host, reach);
    cx.report(at, finding);
}

/// Check 13: Envoy refuses the whole route configuration ("Only unique values for domains are permitted").
fn duplicate_domains(
    cx: &mut Cx<'_, '_>,
    at: ResourceId,
    resource: (Subject, &str),
    config: RouteConfiguration<'_>,
) {
    let mut seen: BTreeMap<String, (Node<'_>, VirtualHost<'_>)> = BTreeMap::new();
    for host in config.virtual_hosts() {
        for domain in host.0.list("domains") {
            let Some(text) = domain.str() else { continue };
            let text = text.to_lowercase();
            let Some((first, other)) = seen.get(&text) else {
                seen.insert(text, (domain, host));
                continue;
            };
            let owner = host.routes().find_map(|it| it.owner());
            let finding = Finding::new("duplicate-domain", Severity::Error, resource.0, resource.1)
                .cause(text)
                .arg("domain", domain.str().unwrap_or_default())
                .arg("first", other.name())
                .arg("second", host.name())
                .arg("route", resource.1)
                .evidence(cx.site.evidence(at, *first))
                .evidence(cx.site.evidence(at, domain))
                .owner(owner);
            cx.report(at, finding);
        }
    }
}

/// The most routes of a virtual host that others are compared with.
const MOST_BROAD: usize = 64;

/// Check 14: a route that an earlier one leaves nothing to.
fn shadowed(
    cx: &mut Cx<'_, '_>,
    at: ResourceId,
    resource: (Subject, &str),
    host: VirtualHost<'_>,
    reach: &Reach,
) {
    if cx.site.planned || host.matcher().is_some() {
        return;
    }
    let mut broad: Vec<(usize, Broad<'_>, Route<'_>)> = Vec::new();
    for (index, route) in host.routes().enumerate() {
        let Some(matched) = route.route_match() else { continue };
        if let Some(path) = matched.path() {
            let sensitive = matched.case_sensitive();
            let by = broad.iter().find(|(_, it, _)| it.covers(&path, sensitive));
            if let Some((earlier, _, by)) = by.filter(|(_, _, by)| differs(*by, route)) {
                let label = routing::host_label(&host);
                let shown = |it: Route<'_>, index: usize| match it.name().as_ref() {
                    "" => format!("#{}", index + 1),
                    name => name.to_owned(),
                };
                let finding = Finding::new("route-shadowed", Severity::Warning, resource.0, resource.1)
                    .cause(format!("{label} {index}"))
                    .arg("host", &label)
                    .arg("later", shown(route, index))
                    .arg("earlier", shown(*by, *earlier))
                    .evidence(cx.site.evidence(at, matched.0))
                    .evidence(cx.site.evidence(at, by.0.get("match").unwrap_or(by.0)))
                    .owner(route.owner());
                let mut finding = with_reach(finding, &reach.host(&label));
                if reach.is_empty() {
                    finding.severity = Severity::Note;
                }
                cx.report(at, finding);
            }
            if broad.len() < MOST_BROAD && takes_all_of_its_path(matched) {
                broad.push((index, Broad { path, sensitive }, route));
            }
        }
    }
}

/// Whether the shadowed route does anything else: Istio repeats a host's routes when several resources make them, and
/// a repeated route is no loss.
fn differs(earlier: Route<'_>, later: Route<'_>) -> bool {
    action(earlier) != action(later)
}

fn action(of: Route<'_>) -> [Option<&[u8]>; 3] {
    ["route", "redirect", "direct_response"].map(|key| of.0.get(key).map(Node::raw))
}

/// A route that takes everything that its path matches.
struct Broad<'t> {
    path: PathMatch<'t>,
    sensitive: bool,
}

fn takes_all_of_its_path(it: RouteMatch<'_>) -> bool {
    const OTHERS: [&str; 9] = [
        "headers",
        "query_parameters",
        "cookies",
        "grpc",
        "tls_context",
        "dynamic_metadata",
        "filter_state",
        "connect_matcher",
        "path_match_policy",
    ];
    let all =
        it.0.get("runtime_fraction")
            .is_none_or(|it| it.get("default_value").is_none_or(|it| percent(it) >= 100.0));
    all && it
        .0
        .path(&["runtime_fraction", "runtime_key"])
        .is_none_or(|it| it.str().is_none_or(|it| it.is_empty()))
        && OTHERS
            .iter()
            .all(|key| it.0.get(key).is_none_or(|it| it.kind() == crate::json::Kind::Array && it.is_empty()))
}

impl Broad<'_> {
    /// Whether every path that the other takes is taken by this one. A regular expression only covers itself.
    fn covers(&self, other: &PathMatch<'_>, other_sensitive: bool) -> bool {
        if self.sensitive && !other_sensitive {
            // `/` is the same in either case.
            return matches!(&self.path, PathMatch::Prefix(it) if it == "/")
                && !matches!(other, PathMatch::Connect | PathMatch::Policy(_));
        }
        let fold = |it: &str| if self.sensitive { it.to_owned() } else { it.to_ascii_lowercase() };
        match (&self.path, other) {
            // A CONNECT request has no path.
            (PathMatch::Prefix(all), it) if all == "/" => {
                !matches!(it, PathMatch::Connect | PathMatch::Policy(_))
            }
            (
                PathMatch::Prefix(one),
                PathMatch::Prefix(it) | PathMatch::Path(it) | PathMatch::PathSeparatedPrefix(it),
            ) => fold(it).starts_with(&fold(one)),
            (
                PathMatch::PathSeparatedPrefix(one),
                PathMatch::Path(it) | PathMatch::PathSeparatedPrefix(it),
            ) => {
                let (one, it) = (fold(one), fold(it));
                it.strip_prefix(&one).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            (PathMatch::Path(one), PathMatch::Path(it)) => fold(one) == fold(it),
            (PathMatch::Regex(one), PathMatch::Regex(it)) => one == it,
            _ => false,
        }
    }
}

/// Check 22: over TLS already, and sent to https again.
fn redirect_loop(
    cx: &mut Cx<'_, '_>,
    at: ResourceId,
    resource: (Subject, &str),
    host: VirtualHost<'_>,
    route: Route<'_>,
    reach: &Reach,
) {
    let Some(Action::Redirect(redirect)) = route.action() else { return };
    let to_https = redirect.scheme().is_some_and(|it| it == "https");
    let elsewhere = redirect.host().is_some()
        || redirect.port().is_some()
        || redirect.path().is_some()
        || redirect.prefix_rewrite().is_some()
        || redirect.0.get("regex_rewrite").is_some();
    if !to_https || elsewhere {
        return;
    }
    let label = routing::host_label(&host);
    let finding = Finding::new("redirect-loop", Severity::Warning, resource.0, resource.1)
        .cause(label.clone())
        .arg("host", &label)
        .evidence(cx.site.evidence(at, redirect.0))
        .owner(route.owner());
    cx.report(at, with_reach(finding, &reach.host(&label)));
}
