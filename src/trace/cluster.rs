//! Whether a cluster is there, and whether it has an endpoint for the request
//! (source/common/router/router.cc, source/common/upstream/load_balancer_impl.cc).

use super::balance;
use super::run::{Flow, Run, considered};
use super::step::{Considered, Outcome, StepKind, What, Why};
use crate::envoy::{Cluster, ClusterLoadAssignment, Kind};
use crate::json::Node;

/// A cluster that may be chosen.
pub(super) struct Choice<'t> {
    pub name: String,
    pub weight: u64,
    /// Labels that its endpoints must have (`envoy.lb`); the later ones come first.
    pub criteria: Vec<Node<'t>>,
}

/// How one of several clusters would end a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Routed,
    NoHealthyUpstream,
    NoCluster,
}

/// For a connection: the first that is chosen decides; what Envoy answers is a closed connection.
pub(super) fn choose<'t>(run: &mut Run<'t, '_>, choices: &[Choice<'t>]) -> Flow<()> {
    match look(run, choices) {
        End::Routed => {
            run.verdict.outcome = Outcome::Routed;
            Ok(())
        }
        End::NoHealthyUpstream => {
            run.verdict.flags = "UH";
            run.end(Outcome::NoHealthyUpstream)
        }
        End::NoCluster => {
            run.verdict.flags = "NC";
            run.end(Outcome::NoCluster)
        }
    }
}

/// For a request: Envoy answers 503, or what the route says of a missing cluster.
pub(super) fn choose_http<'t>(
    run: &mut Run<'t, '_>,
    choices: &[Choice<'t>],
    not_found: u16,
    grpc: bool,
) -> Flow<()> {
    let status = |it: u16| Some(if grpc { 200 } else { it });
    match look(run, choices) {
        End::Routed => run.end(Outcome::Routed),
        End::NoHealthyUpstream => {
            run.verdict.flags = "UH";
            run.verdict.status = status(503);
            run.end_with(Outcome::NoHealthyUpstream, "no_healthy_upstream")
        }
        End::NoCluster => {
            run.verdict.flags = "NC";
            run.verdict.status = status(not_found);
            run.end_with(Outcome::NoCluster, "cluster_not_found")
        }
    }
}

/// Looks at every cluster that may be chosen; the verdict's end is that of the likeliest.
fn look<'t>(run: &mut Run<'t, '_>, choices: &[Choice<'t>]) -> End {
    let mut ends: Vec<(End, u64)> = Vec::new();
    for choice in choices {
        let end = one(run, choice);
        match ends.iter_mut().find(|(known, _)| *known == end) {
            Some((_, weight)) => *weight += choice.weight,
            None => ends.push((end, choice.weight)),
        }
        run.verdict.clusters.push(choice.name.clone());
    }
    if ends.len() > 1 {
        run.verdict.certain = false;
    }
    // What is missing has no name to be told.
    let best = ends.iter().max_by_key(|(_, weight)| *weight).map_or(End::NoCluster, |(end, _)| *end);
    if best == End::NoCluster && choices.len() == 1 {
        run.verdict.clusters.retain(|it| !it.is_empty());
    }
    best
}

fn one<'t>(run: &mut Run<'t, '_>, choice: &Choice<'t>) -> End {
    let name = &choice.name;
    let Some(cluster) = found(run, name) else { return End::NoCluster };
    let kind = kind_of(cluster);
    let healthy = match kind.as_str() {
        "ORIGINAL_DST" => original_destination(run, cluster),
        "envoy.clusters.aggregate" => {
            let config = cluster.cluster_type().and_then(|it| it.config());
            let names = config.into_iter().flat_map(|it| it.node.list("clusters")).filter_map(Node::str);
            let names: Vec<String> = names.map(|it| it.into_owned()).collect();
            return super::aggregate::choose(run, cluster, &names, choice);
        }
        "envoy.clusters.dynamic_forward_proxy" | "envoy.cluster.redis" => {
            let why = Why::Beyond(What::Endpoints, "DNS".to_owned());
            run.note(StepKind::Endpoints, name, why, Some(cluster.0.span()));
            true
        }
        _ => return endpoints(run, cluster, choice),
    };
    if healthy {
        super::transport_socket::note(run, cluster);
    }
    if healthy { End::Routed } else { End::NoHealthyUpstream }
}

/// The cluster of a name, when it is in use; the step says so, or what is missing.
pub(super) fn found<'t>(run: &mut Run<'t, '_>, name: &str) -> Option<Cluster<'t>> {
    let Some(cluster) = run.tracer.cluster(name) else {
        let warming = run.tracer.find(Kind::Cluster, name);
        let why = match warming {
            Some(_) => Why::Differs(What::State, "active".to_owned(), "warming".to_owned()),
            None => Why::Missing(What::Cluster(name.to_owned())),
        };
        let place = warming.and_then(|id| run.tracer.node(id)).map(Node::span);
        run.note(StepKind::Cluster, name, why, place);
        return None;
    };
    let why = Why::Meets(What::Cluster(kind_of(cluster)), name.to_owned());
    run.note(StepKind::Cluster, name, why, Some(cluster.0.span()));
    Some(cluster)
}

pub(super) fn kind_of(cluster: Cluster<'_>) -> String {
    match cluster.cluster_type() {
        Some(it) => it.name().into_owned(),
        None => cluster.discovery_type().into_owned(),
    }
}

/// The original destination is the endpoint; one that was not restored is none
/// (source/extensions/clusters/original_dst/original_dst_cluster.cc).
fn original_destination(run: &mut Run<'_, '_>, cluster: Cluster<'_>) -> bool {
    let config = cluster.0.get("original_dst_lb_config");
    let name = cluster.name().into_owned();
    let place = Some(cluster.0.span());
    // Metadata and filter state come first, then the header, then the connection's own destination.
    if config.is_some_and(|it| it.get("metadata_key").is_some()) {
        let why = Why::Beyond(What::Metadata("metadata_key".to_owned()), String::new());
        run.note(StepKind::Endpoints, &name, why, place);
        return true;
    }
    let header = config.and_then(|it| it.text("http_header_name")).filter(|it| !it.is_empty());
    let header = header.map_or_else(|| "x-envoy-original-dst-host".to_owned(), |it| it.to_ascii_lowercase());
    let told = run.target.as_deref().filter(|_| config.is_some_and(|it| it.flag("use_http_header")));
    let told = told.and_then(|headers| headers.first(&header)?.parse::<core::net::SocketAddr>().ok());
    if let Some(told) = told {
        run.note(StepKind::Endpoints, &name, Why::Meets(What::Header(header), told.to_string()), place);
        return true;
    }
    match run.connection.local.filter(|_| run.connection.restored) {
        Some((address, port)) => {
            let to = core::net::SocketAddr::new(address, port).to_string();
            run.note(StepKind::Endpoints, &name, Why::Meets(What::Destination, to), place);
            true
        }
        // The destination is a name, and the dump does not say its address.
        None if run.connection.restored => true,
        None => {
            run.note(StepKind::Endpoints, &name, Why::Missing(What::Destination), place);
            false
        }
    }
}

/// What a dump says of a cluster's endpoints.
pub(super) enum Listed<'t> {
    Here(ClusterLoadAssignment<'t>),
    Missing,
    /// The dump was taken without include_eds.
    Unknown,
}

pub(super) fn listed<'t>(run: &Run<'t, '_>, cluster: Cluster<'t>) -> Listed<'t> {
    let own = cluster.load_assignment();
    if !run.tracer.lists_endpoints() {
        return own.map_or(Listed::Unknown, Listed::Here);
    }
    let asked = cluster.eds_service_name().unwrap_or_else(|| cluster.name());
    let found = run.tracer.endpoints(&asked).or_else(|| run.tracer.endpoints(&cluster.name()));
    found.or(own).map_or(Listed::Missing, Listed::Here)
}

fn endpoints<'t>(run: &mut Run<'t, '_>, cluster: Cluster<'t>, choice: &Choice<'t>) -> End {
    let name = cluster.name().into_owned();
    let place = Some(cluster.0.span());
    let assignment = match listed(run, cluster) {
        Listed::Here(assignment) => assignment,
        Listed::Missing => {
            run.note(StepKind::Endpoints, &name, Why::Missing(What::Endpoints), place);
            return End::NoHealthyUpstream;
        }
        Listed::Unknown => {
            let why = Why::Beyond(What::Resource("EndpointsConfigDump".to_owned()), String::new());
            run.note(StepKind::Endpoints, &name, why, place);
            super::transport_socket::note(run, cluster);
            return End::Routed;
        }
    };
    let judged = balance::judge(cluster, assignment, &choice.criteria);
    if !judged.levels.is_empty() {
        run.step(StepKind::Priority, Some(assignment.0.span()), true, |_| judged.priorities());
    }
    tell(run, cluster, assignment, &judged);
    if !judged.usable() {
        return End::NoHealthyUpstream;
    }
    super::transport_socket::note(run, cluster);
    super::hbone::go_on(run, &judged);
    End::Routed
}

/// The steps of localities and endpoints.
pub(super) fn tell<'t>(
    run: &mut Run<'t, '_>,
    cluster: Cluster<'t>,
    assignment: ClusterLoadAssignment<'t>,
    judged: &balance::Judged<'t>,
) {
    if !run.telling() {
        return;
    }
    let place = Some(assignment.0.span());
    let localities = judged.localities();
    if !localities.is_empty() {
        run.step(StepKind::Locality, place, true, |_| localities);
    }
    run.step(StepKind::Endpoints, place, true, |_| {
        let name = cluster.name().into_owned();
        let mut out: Vec<Considered> = judged.hosts.iter().map(|it| it.told()).collect();
        if judged.hosts.is_empty() {
            out.push(considered(name, false, Why::Missing(What::Endpoints), Some(assignment.0)));
        } else if judged.panic {
            let why = Why::Meets(What::Health, "panic".to_owned());
            out.push(considered(name, judged.usable(), why, Some(cluster.0)));
        }
        out
    });
}
