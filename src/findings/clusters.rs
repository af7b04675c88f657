//! Routing to clusters, second half: whether a cluster has anybody to send requests to.

use super::finding::{Evidence, Finding, Need, Severity, Subject};
use super::hosts::Hosts;
use super::routing::namespace_of;
use super::scaffolding;
use super::site::Cx;
use super::traffic::Reach;
use crate::envoy::{Cluster, ClusterLoadAssignment, Kind, ResourceId, ServiceKey, State};
use crate::json::{Node, Tree};

/// A cluster and what was found out about it once.
pub struct Subjected<'t> {
    pub id: ResourceId,
    pub cluster: Cluster<'t>,
    pub name: String,
    pub kind: String,
    pub reach: Reach,
    /// Its endpoints: where they stand, and them.
    pub endpoints: Option<(ResourceId, ClusterLoadAssignment<'t>)>,
    /// Where its endpoints should be listed, in a dump that lists endpoints.
    pub listed: bool,
}

impl Subjected<'_> {
    /// A finding about it: no more than a note where nothing leads there.
    pub fn finding(&self, check: &'static str, severity: Severity) -> Finding {
        let severity = if self.reach.is_empty() { Severity::Note } else { severity };
        let mut it = Finding::new(check, severity, Subject::Cluster, self.name.clone())
            .arg("cluster", &self.name)
            .owner(self.cluster.owner());
        if let Some(key) = ServiceKey::parse(&self.name) {
            it = it.arg("service", key.host).arg("port", key.port);
            if !key.subset.is_empty() {
                it = it.arg("subset", key.subset);
            }
            if it.namespace.is_empty() {
                it.namespace = namespace_of(key.host);
            }
        }
        it.listeners.clone_from(&self.reach.listeners);
        it.hosts.clone_from(&self.reach.hosts);
        it
    }
}

/// Judges a cluster in use. Scaffolding and the proxy's own application are left alone.
pub fn cluster(cx: &mut Cx<'_, '_>, id: ResourceId, node: Node<'_>) {
    let cluster = Cluster(node);
    let site = *cx.site;
    let Some(resource) = site.dump.get(id) else { return };
    let name = resource.name(site.bytes).into_owned();
    let tls = super::tls::context_of(&cluster);
    super::secrets::wanted_by(cx, id, tls, &[]);
    if !matches!(resource.state, State::Active | State::Static) || scaffolding::cluster(&name) || site.planned
    {
        return;
    }
    if ServiceKey::parse(&name).is_some_and(|it| it.direction.starts_with("inbound")) {
        return;
    }
    let listed = site.names.endpoints(site.bytes, node, resource.name_span());
    let tree =
        listed.and_then(|it| it.1).and_then(|id| Some((id, site.dump.get(id)?.body(site.bytes).ok()?)));
    let endpoints = tree.as_ref().map(|(id, tree): &(_, Tree<'_>)| (*id, ClusterLoadAssignment(tree.root())));
    let it = Subjected {
        id,
        kind: if cluster.cluster_type().is_some() {
            String::new()
        } else {
            cluster.discovery_type().into_owned()
        },
        reach: cx.traffic.clusters.get(&name).cloned().unwrap_or_default(),
        cluster,
        name,
        endpoints,
        listed: site.complete(Kind::Endpoint),
    };
    members(cx, &it);
    super::limits::cluster(cx, &it);
    super::tls::cluster(cx, &it);
    super::conflicts::cluster(cx, &it);
}

fn members(cx: &mut Cx<'_, '_>, it: &Subjected<'_>) {
    let page = cx.mesh.hosts.get(&cx.site.id).and_then(|it| it.as_ref());
    let on_page = page.map(|page| page.get(&it.name).copied().unwrap_or_default());
    match it.kind.as_str() {
        "EDS" => eds(cx, it, on_page),
        "STATIC" | "STRICT_DNS" | "LOGICAL_DNS" => brought_along(cx, it, on_page),
        "ORIGINAL_DST" => original_dst(cx, it),
        _ => {}
    }
}

/// How many endpoints, and how many of them get nothing by what the control plane says.
fn count(of: ClusterLoadAssignment<'_>) -> Hosts {
    let mut found = Hosts::default();
    for endpoint in of.localities().flat_map(|it| it.endpoints()) {
        found.total += 1;
        let out = matches!(endpoint.health_status().as_ref(), "UNHEALTHY" | "DRAINING" | "TIMEOUT");
        found.out += u32::from(out);
    }
    found
}

/// Checks 2 and 3.
fn eds(cx: &mut Cx<'_, '_>, it: &Subjected<'_>, on_page: Option<Hosts>) {
    let site = *cx.site;
    let told = it.endpoints.as_ref().map(|(_, it)| count(*it));
    let hosts = match (told, on_page) {
        (Some(told), page) if told.total > 0 => match page {
            Some(page) if page.total > 0 => {
                Hosts { out: told.out.max(page.out), ejected: page.ejected, ..told }
            }
            _ => told,
        },
        (Some(_), Some(page)) | (None, Some(page)) => page,
        (Some(told), None) => told,
        (None, None) if it.listed => Hosts::default(),
        (None, None) => {
            cx.not_judged(
                "cluster-without-endpoints",
                if site.whole { Need::Endpoints } else { Need::WholeDump },
            );
            return;
        }
    };
    let place = || match &it.endpoints {
        Some((id, endpoints)) => site.evidence(*id, endpoints.0),
        None => site.evidence(it.id, it.cluster.0.get("name").unwrap_or(it.cluster.0)),
    };
    if hosts.total == 0 {
        let (case, parent) = whole_service(cx, it);
        let mut finding =
            it.finding("cluster-without-endpoints", Severity::Error).case(case).evidence(place());
        if let Some(parent) = parent {
            finding = finding.arg("parent", parent);
        }
        if let Some(problem) = cx.mesh.no_instances.get(&it.name) {
            finding = finding.evidence(problem.clone());
        }
        cx.report(it.id, finding.response(503, "UH", "no_healthy_upstream"));
    } else if hosts.out == hosts.total {
        let (severity, case) = match (panic_is_off(&it.cluster), hosts.ejected > 0) {
            (true, false) => (Severity::Error, ""),
            (true, true) => (Severity::Error, "ejected"),
            (false, _) => (Severity::Warning, "panic"),
        };
        let finding = it
            .finding("endpoints-unhealthy", severity)
            .case(case)
            .arg("count", hosts.total)
            .evidence(place());
        let finding =
            if case == "panic" { finding } else { finding.response(503, "UH", "no_healthy_upstream") };
        cx.report(it.id, finding);
    }
}

/// Whether a subset is empty and its service is not: then no pod has the subset's labels.
fn whole_service(cx: &Cx<'_, '_>, it: &Subjected<'_>) -> (&'static str, Option<String>) {
    let site = cx.site;
    let Some(key) = ServiceKey::parse(&it.name).filter(|it| !it.subset.is_empty()) else { return ("", None) };
    let parent = format!("{}|{}||{}", key.direction, key.port, key.host);
    let resource = site.find(Kind::Endpoint, &parent).and_then(|id| site.dump.get(id));
    let tree = resource.and_then(|it| it.body(site.bytes).ok());
    let some = tree.is_some_and(|it| count(ClusterLoadAssignment(it.root())).total > 0);
    if some { ("subset", Some(parent)) } else { ("", None) }
}

/// Istio turns panic off by a threshold of 0.
pub fn panic_is_off(cluster: &Cluster<'_>) -> bool {
    cluster.panic_threshold() == 0.0
}

/// Check 6: hosts that the cluster names itself.
fn brought_along(cx: &mut Cx<'_, '_>, it: &Subjected<'_>, on_page: Option<Hosts>) {
    let site = *cx.site;
    let own = it.cluster.load_assignment().map_or(0, |it| count(it).total)
        + u32::try_from(it.cluster.0.list("hosts").count()).unwrap_or(u32::MAX);
    let place = |key| site.evidence(it.id, it.cluster.0.get(key).unwrap_or(it.cluster.0));
    if own == 0 {
        let finding = it
            .finding("cluster-without-hosts", Severity::Error)
            .case("none")
            .evidence(place("load_assignment"));
        cx.report(it.id, finding.arg("type", &it.kind).response(503, "UH", "no_healthy_upstream"));
        return;
    }
    if it.kind == "STATIC" {
        return;
    }
    // A dump with endpoints lists those that the names were resolved to, as the /clusters page does.
    let resolved = it.endpoints.as_ref().map(|(_, it)| count(*it).total).or(on_page.map(|it| it.total));
    if resolved == Some(0) && on_page.is_none_or(|it| it.total == 0) {
        let mut finding = it
            .finding("cluster-without-hosts", Severity::Warning)
            .arg("type", &it.kind)
            .arg("names", dns_names(&it.cluster))
            .evidence(place("load_assignment"))
            .likely();
        if let Some((id, endpoints)) = &it.endpoints {
            finding = finding.evidence(site.evidence(*id, endpoints.0));
        }
        cx.report(it.id, finding.response(503, "UH", "no_healthy_upstream"));
    }
}

fn dns_names(cluster: &Cluster<'_>) -> String {
    let endpoints =
        cluster.load_assignment().into_iter().flat_map(|it| it.localities()).flat_map(|it| it.endpoints());
    let names = endpoints.filter_map(|it| Some(it.address()?.kind()?.to_string()));
    names.take(4).collect::<Vec<_>>().join(", ")
}

/// Check 8: connections go where the client wanted; nothing is left to choose.
fn original_dst(cx: &mut Cx<'_, '_>, it: &Subjected<'_>) {
    let owned = it.cluster.owner().and_then(|it| it.parts().map(|it| it.kind == "destination-rule"));
    let subset = ServiceKey::parse(&it.name).is_some_and(|it| !it.subset.is_empty());
    if owned != Some(true) || !subset {
        return;
    }
    let place = cx.site.evidence(it.id, it.cluster.0.get("type").unwrap_or(it.cluster.0));
    let finding = it.finding("original-dst-subset", Severity::Warning).evidence(place);
    cx.report(it.id, finding);
}

/// The endpoints page of istiod about clusters without instances becomes evidence.
pub fn no_instances(document: crate::capture::DocumentId, node: Node<'_>, key: &str) -> Evidence {
    Evidence::at(document, Some(node.span()), format!("pilot_eds_no_instances: {key}"))
}
