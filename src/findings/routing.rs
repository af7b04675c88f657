//! Routing to clusters: where routes, TCP chains and mirrors lead.

use std::collections::BTreeMap;

use super::finding::{Evidence, Finding, Need, Severity, Subject};
use super::scaffolding;
use super::site::{Cx, Site};
use super::traffic::Reach;
use crate::envoy::{
    Action, ClusterSpecifier, Kind, Owner, ResourceId, Route, RouteAction, ServiceKey, State, TcpProxy,
    VirtualHost,
};
use crate::json::Node;
use crate::order::InOrder;

/// A name that leads to a cluster, and what is known of its way there.
pub struct Way<'a, 't> {
    /// The resource that holds the name.
    pub at: ResourceId,
    pub subject: Subject,
    /// That resource's name.
    pub resource: &'a str,
    /// The host, for a route; the listener's address, for TCP.
    pub host: &'a str,
    pub reach: &'a Reach,
    pub owner: Option<Owner<'t>>,
    /// The share of requests that goes this way, in percent, where it is not all of them.
    pub share: Option<String>,
    /// Whether it is only a copy of requests.
    pub mirror: bool,
}

/// A route's ways to clusters. `resource` is the route configuration's name.
pub fn route(
    cx: &mut Cx<'_, '_>,
    at: ResourceId,
    resource: (Subject, &str),
    host: &VirtualHost<'_>,
    it: Route<'_>,
    reach: &Reach,
) {
    let Some(Action::Route(action)) = it.action() else { return };
    let label = host_label(host);
    let reach = reach.host(&label);
    let way = |share: Option<String>, mirror: bool| Way {
        at,
        subject: resource.0,
        resource: resource.1,
        host: &label,
        reach: &reach,
        owner: it.owner(),
        share,
        mirror,
    };
    match action.cluster_specifier() {
        Some(ClusterSpecifier::Cluster(_)) => {
            if let Some(name) = action.0.get("cluster") {
                to_cluster(cx, name, &way(None, false));
            }
        }
        Some(ClusterSpecifier::Weighted(clusters)) => {
            let sum: u64 = clusters.iter().map(|it| it.weight).sum();
            for branch in &clusters {
                if let Some(name) = branch.node.get("name").filter(|_| branch.weight > 0) {
                    to_cluster(cx, name, &way(percent(branch.weight, sum), false));
                }
            }
            weights(cx, at, resource, &label, action, sum, clusters.len(), &it);
        }
        _ => {}
    }
    let mirrors = action.0.list("request_mirror_policies").chain(action.0.get("request_mirror_policy"));
    for name in mirrors.filter_map(|it| it.get("cluster")) {
        to_cluster(cx, name, &way(None, true));
    }
}

/// A TCP proxy's ways to clusters.
pub fn tcp(
    cx: &mut Cx<'_, '_>,
    at: ResourceId,
    listener: &str,
    address: &str,
    proxy: TcpProxy<'_>,
    owner: Option<Owner<'_>>,
    reach: &Reach,
) {
    let reach = reach.host(address);
    let way = |share: Option<String>| Way {
        at,
        subject: Subject::Listener,
        resource: listener,
        host: address,
        reach: &reach,
        owner: owner.clone(),
        share,
        mirror: false,
    };
    if let Some(name) = proxy.0.get("cluster") {
        to_cluster(cx, name, &way(None));
    }
    let clusters: Vec<_> =
        proxy.0.get("weighted_clusters").into_iter().flat_map(|it| it.list("clusters")).collect();
    let sum: u64 = clusters.iter().filter_map(|it| it.number("weight")).sum();
    for branch in &clusters {
        let weight = branch.number("weight").unwrap_or(0);
        if let Some(name) = branch.get("name").filter(|_| weight > 0) {
            to_cluster(cx, name, &way(percent(weight, sum)));
        }
    }
}

fn percent(weight: u64, sum: u64) -> Option<String> {
    if sum == 0 || weight == sum {
        return None;
    }
    let tenths = (u128::from(weight) * 1000 + u128::from(sum) / 2) / u128::from(sum);
    let tenth = tenths % 10;
    Some(if tenth == 0 { format!("{} %", tenths / 10) } else { format!("{}.{tenth} %", tenths / 10) })
}

/// The host that people know a virtual host by.
pub fn host_label(host: &VirtualHost<'_>) -> String {
    host.domains().next().unwrap_or_else(|| host.name()).into_owned()
}

/// Check 1 of the list: the cluster must be there. Envoy does not see to it: Istio sends `validate_clusters: false`.
fn to_cluster(cx: &mut Cx<'_, '_>, name: Node<'_>, way: &Way<'_, '_>) {
    let Some(text) = name.str().filter(|it| !it.is_empty()) else { return };
    let site = cx.site;
    if !way.mirror || !way.reach.is_empty() {
        cx.traffic.lead_to(&text, way.reach);
    }
    if site.planned || scaffolding::cluster(&text) || site.named(Kind::Cluster, name).is_some() {
        return;
    }
    if !site.complete(Kind::Cluster) {
        cx.not_judged("route-to-missing-cluster", if site.whole { Need::Clusters } else { Need::WholeDump });
        return;
    }
    let (case, others, severity) = why_missing(cx, &text, way);
    let severity = if way.reach.is_empty() { Severity::Note } else { severity };
    let severity = if way.mirror { severity.min(Severity::Warning) } else { severity };
    let mut finding = Finding::new("route-to-missing-cluster", severity, way.subject, way.resource)
        .case(case)
        // Many hosts of a mesh have such a virtual host: one finding tells of all.
        .cause(if case == "unserved_port" { "" } else { &text })
        .arg("cluster", &text)
        .arg("host", way.host)
        .evidence(site.evidence(way.at, name))
        .owner(way.owner.clone());
    if let Some(share) = &way.share {
        finding = finding.arg("share", share);
    }
    if way.mirror {
        finding = finding.arg("mirror", "1");
    }
    if !others.is_empty() {
        finding = finding.arg("others", others);
    }
    if let Some(key) = ServiceKey::parse(&text) {
        finding = finding.arg("service", key.host).arg("port", key.port);
        if !key.subset.is_empty() {
            finding = finding.arg("subset", key.subset);
        }
        if finding.namespace.is_empty() {
            finding.namespace = namespace_of(key.host);
        }
    }
    finding = if way.subject == Subject::Listener {
        finding.response(0, "NC", "")
    } else {
        finding.response(503, "NC", "cluster_not_found")
    };
    finding.listeners.clone_from(&way.reach.listeners);
    finding.hosts.clone_from(&way.reach.hosts);
    if !site.complete(Kind::Listener) {
        finding = finding.likely();
        finding.severity = severity.max(Severity::Warning);
    }
    cx.report(way.at, finding);
}

/// `reviews.default.svc.cluster.local` is of `default`.
pub fn namespace_of(host: &str) -> String {
    let mut parts = host.split('.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(namespace), Some("svc")) => namespace.to_owned(),
        _ => String::new(),
    }
}

/// Which clusters there are instead: by what the neighbours in `outbound|port|subset|host` lack, the cause is told.
fn why_missing(cx: &mut Cx<'_, '_>, name: &str, way: &Way<'_, '_>) -> (&'static str, String, Severity) {
    let site = *cx.site;
    let Some(key) = ServiceKey::parse(name).filter(|it| it.direction == "outbound") else {
        return ("", String::new(), Severity::Error);
    };
    let services = cx.traffic.services.get_or_insert_with(|| services(&site));
    let Some(known) = services.get(key.host) else { return ("host", String::new(), Severity::Error) };
    let same_port = known.iter().filter(|it| it.0 == key.port);
    let mut subsets: Vec<&str> = same_port.map(|it| it.1.as_str()).collect();
    if !subsets.is_empty() {
        subsets.retain(|it| !it.is_empty());
        return ("subset", subsets.join(", "), Severity::Error);
    }
    let mut ports: Vec<u32> = known.iter().map(|it| it.0).collect();
    ports.order();
    ports.dedup();
    let ports = ports.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    // Istio gives a VirtualService's hosts a virtual host on every HTTP port of the mesh. On a port that the service
    // itself has not, its routes lead nowhere, and nobody who uses the service's own ports comes there.
    let own_port = way.resource.rsplit(':').next().and_then(|it| it.parse::<u32>().ok());
    let own_host = way.host.split(':').next().unwrap_or(way.host) == key.host;
    if way.subject == Subject::Route && own_port == Some(key.port) && own_host {
        return ("unserved_port", ports, Severity::Note);
    }
    ("port", ports, Severity::Error)
}

fn services(site: &Site<'_>) -> BTreeMap<String, Vec<(u32, String)>> {
    let mut found: BTreeMap<String, Vec<(u32, String)>> = BTreeMap::new();
    for (_, it) in site.dump.of(Kind::Cluster) {
        let name = it.name(site.bytes);
        if let Some(key) =
            ServiceKey::parse(&name).filter(|it| it.direction == "outbound" && !scaffolding::cluster(&name))
        {
            found.entry(key.host.to_owned()).or_default().push((key.port, key.subset.to_owned()));
        }
    }
    for list in found.values_mut() {
        list.order();
        list.dedup();
    }
    found
}

/// Check 5: Envoy shares requests out by the sum of weights.
#[expect(clippy::too_many_arguments, reason = "all of one route")]
fn weights(
    cx: &mut Cx<'_, '_>,
    at: ResourceId,
    resource: (Subject, &str),
    host: &str,
    action: RouteAction<'_>,
    sum: u64,
    count: usize,
    route: &Route<'_>,
) {
    let Some(node) = action.0.get("weighted_clusters") else { return };
    // Before Envoy 1.28 the weights had to come to `total_weight`.
    let total = node.number("total_weight");
    let case = match total {
        _ if sum == 0 && count > 0 => "zero",
        Some(total) if total != sum => "total",
        None if sum != 100 && route.owner().is_some() => "sum",
        _ => return,
    };
    let severity = if case == "sum" { Severity::Note } else { Severity::Error };
    let finding = Finding::new("weights", severity, resource.0, resource.1)
        .case(case)
        .cause(host)
        .arg("host", host)
        .arg("sum", sum)
        .arg("total", total.unwrap_or(100))
        .evidence(cx.site.evidence(at, node))
        .owner(route.owner());
    cx.report(at, finding);
}

/// Checks 6 and 7 begin with a cluster's state: one that is only warming takes no requests.
pub fn warming(cx: &mut Cx<'_, '_>) {
    let site = *cx.site;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for (id, it) in site.dump.of(Kind::Cluster).filter(|it| it.1.state == State::Warming) {
        let found = site.names.find(site.bytes, Kind::Cluster, it.name_span().of(site.bytes));
        let active = found.is_some_and(|it| matches!(site.state(it), State::Static | State::Active));
        if active { beside.push(id) } else { alone.push(id) }
    }
    for (list, case) in [(alone, ""), (beside, "update")] {
        let Some(first) = list.first().and_then(|id| site.dump.get(*id)) else { continue };
        let severity = if case.is_empty() { Severity::Error } else { Severity::Warning };
        let name = first.name(site.bytes).into_owned();
        let mut finding = Finding::new("cluster-warming", severity, Subject::Cluster, name.clone())
            .case(match (case, list.len()) {
                ("", 1) => "",
                ("", _) => "many",
                (_, 1) => "update",
                _ => "update_many",
            })
            .arg("cluster", &name)
            .arg("count", list.len());
        finding.places.extend(list.iter().take(Finding::MOST_PLACES).map(|id| site.place(*id)));
        for it in list.iter().filter_map(|id| site.dump.get(*id)).take(Finding::MOST_EVIDENCE) {
            let value = it.name(site.bytes);
            finding = finding.evidence(Evidence::at(site.document, it.body_span(), value));
        }
        let waits: Vec<String> = cx
            .traffic
            .secrets
            .iter()
            .filter(|(name, _)| {
                let id = site.find(Kind::Secret, name);
                id.is_some_and(|it| site.state(it) == State::Warming)
            })
            .map(|(name, _)| name.clone())
            .collect();
        let dns = list.iter().filter(|id| is_dns(&site, **id)).count();
        if dns > 0 {
            finding = finding.arg("dns", dns);
        }
        if !waits.is_empty() {
            finding = finding.arg("secrets", waits.join(", "));
        }
        if case.is_empty() {
            finding = finding.response(503, "NC", "cluster_not_found");
        }
        cx.report_alone(finding);
    }
}

fn is_dns(site: &Site<'_>, id: ResourceId) -> bool {
    let kind = site.dump.get(id).and_then(|it| it.body_span());
    let kind = kind.and_then(|span| crate::json::pluck_text(site.bytes, span, &["type"]));
    kind.is_some_and(|it| matches!(it.of(site.bytes), b"STRICT_DNS" | b"LOGICAL_DNS"))
}
