//! Aggregate clusters: the priorities of all inner clusters, one after another, share the load by health; the inner
//! cluster of the priority that is picked then chooses an endpoint of it
//! (source/extensions/clusters/aggregate/cluster.cc).

use super::balance::{self, Level, Load};
use super::cluster::{Choice, End, Listed, found, kind_of, listed, tell};
use super::run::{Run, considered};
use super::step::{Considered, StepKind, What, Why};
use crate::envoy::{Cluster, ClusterLoadAssignment};

/// An inner cluster, and what is known of its endpoints.
struct Inner<'t> {
    cluster: Cluster<'t>,
    assignment: ClusterLoadAssignment<'t>,
    /// Its priorities among those of all.
    levels: core::ops::Range<usize>,
}

/// How a request to an aggregate ends; where several ends are possible, the likeliest.
pub(super) fn choose<'t>(
    run: &mut Run<'t, '_>,
    aggregate: Cluster<'t>,
    names: &[String],
    choice: &Choice<'t>,
) -> End {
    let mut inner: Vec<Inner<'t>> = Vec::new();
    let mut levels: Vec<Level> = Vec::new();
    let mut unknown = false;
    for name in names {
        // One that is missing has no priorities, nor has an aggregate of its own.
        let Some(cluster) = run.tracer.cluster(name) else { continue };
        let assignment = match listed(run, cluster) {
            Listed::Here(assignment) => assignment,
            Listed::Missing => continue,
            Listed::Unknown => {
                unknown |= kind_of(cluster) != "envoy.clusters.aggregate";
                continue;
            }
        };
        let begin = levels.len();
        levels.extend(balance::all_levels(cluster, assignment));
        inner.push(Inner { cluster, assignment, levels: begin..levels.len() });
    }
    let (name, place) = (aggregate.name().into_owned(), Some(aggregate.0.span()));
    if unknown {
        // Endpoints that the dump does not list, or that a name service gives.
        let why = Why::Beyond(What::Resource("EndpointsConfigDump".to_owned()), String::new());
        run.note(StepKind::Endpoints, &name, why, place);
        return End::Routed;
    }
    if levels.is_empty() {
        for name in names {
            found(run, name);
        }
        run.note(StepKind::Endpoints, &name, Why::Missing(What::Endpoints), place);
        return End::NoHealthyUpstream;
    }
    balance::spread(&mut levels, aggregate.panic_threshold());
    run.step(StepKind::Priority, place, true, |_| told(&inner, &levels));
    let mut served = 0.0;
    for it in &inner {
        let loads: Vec<(u64, Load)> =
            levels[it.levels.clone()].iter().map(|it| (it.priority, it.load)).collect();
        let mut judged = balance::judge(it.cluster, it.assignment, &choice.criteria);
        judged.choose(&loads);
        served += judged.served();
        found(run, &it.cluster.name());
        tell(run, it.cluster, it.assignment, &judged);
        if judged.usable() {
            super::transport_socket::note(run, it.cluster);
        }
    }
    // A subset may have nobody in the priority that is picked for all endpoints.
    run.verdict.certain &= served <= 0.0 || served >= 100.0;
    if served >= 50.0 { End::Routed } else { End::NoHealthyUpstream }
}

fn told(inner: &[Inner<'_>], levels: &[Level]) -> Vec<Considered> {
    let mut out = Vec::new();
    for it in inner {
        let name = it.cluster.name();
        if it.levels.is_empty() {
            let why = Why::Missing(What::Endpoints);
            out.push(considered(name.clone(), false, why, Some(it.cluster.0)));
        }
        let own = &levels[it.levels.clone()];
        out.extend(own.iter().map(|level| level.told(name.to_string(), Some(it.cluster.0))));
    }
    out
}
