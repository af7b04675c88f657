//! Which endpoints a request may get: labels, priorities, health, panic
//! (source/extensions/load_balancing_policies/common/load_balancer_impl.cc, …/subset/subset_lb.cc).

use std::collections::BTreeMap;

use serde_json::Value;

use super::run::considered;
use super::step::{Considered, What, Why};
use crate::envoy::{Cluster, ClusterLoadAssignment, LbEndpoint};
use crate::json::Node;
use crate::order::InOrder;

/// An endpoint's health, as Envoy counts it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Health {
    Healthy,
    Degraded,
    Unhealthy,
}

/// An endpoint that was looked at.
pub(super) struct Host<'t> {
    endpoint: LbEndpoint<'t>,
    pub health: Health,
    priority: u64,
    locality: String,
    /// Whether its labels are those wanted.
    labelled: bool,
    /// Whether a request may get it.
    chosen: bool,
}

/// The endpoints of a cluster, judged.
pub(super) struct Judged<'t> {
    pub hosts: Vec<Host<'t>>,
    /// So few are healthy that all are used.
    pub panic: bool,
}

impl Judged<'_> {
    /// Whether there is an endpoint for the request.
    pub fn usable(&self) -> bool {
        self.hosts.iter().any(|it| it.chosen)
    }
}

impl Host<'_> {
    /// What a step says of it.
    pub fn told(&self) -> Considered {
        let address = self.endpoint.address().and_then(|it| it.kind());
        let address = address.map_or_else(String::new, |it| it.to_string());
        let status = self.endpoint.health_status().into_owned();
        let place = Why::Endpoint(status, self.priority, self.locality.clone());
        let why = match (self.labelled, self.chosen, self.health) {
            (false, ..) => Why::Missing(What::Labels),
            (_, false, Health::Healthy | Health::Degraded) => Why::Earlier,
            (_, true, _) | (_, false, Health::Unhealthy) => place,
        };
        considered(address, self.chosen, why, Some(self.endpoint.0))
    }
}

/// Judges the endpoints of a cluster for a request that wants such labels.
pub(super) fn judge<'t>(
    cluster: Cluster<'t>,
    assignment: ClusterLoadAssignment<'t>,
    criteria: &[Node<'t>],
) -> Judged<'t> {
    let mut hosts: Vec<Host<'t>> = Vec::new();
    for locality in assignment.localities() {
        for endpoint in locality.endpoints() {
            let status = endpoint.health_status();
            let health = match status.as_ref() {
                "UNHEALTHY" | "DRAINING" | "TIMEOUT" => Health::Unhealthy,
                "DEGRADED" => Health::Degraded,
                _ => Health::Healthy,
            };
            let (priority, locality) = (locality.priority(), locality.locality().to_string());
            hosts.push(Host { endpoint, health, priority, locality, labelled: true, chosen: false });
        }
    }
    super::subset::apply(cluster, criteria, &mut |labels| {
        for host in &mut hosts {
            host.labelled = labels.is_none_or(|wanted| has_labels(host.endpoint, wanted));
        }
        hosts.iter().any(|it| it.labelled)
    });
    let panic = spread(&mut hosts, threshold(cluster), overprovisioning(assignment), cluster);
    Judged { hosts, panic }
}

/// Whether an endpoint has all of these labels (`envoy.lb`).
fn has_labels(endpoint: LbEndpoint<'_>, wanted: &BTreeMap<String, Value>) -> bool {
    let own: Option<Value> = endpoint.lb_labels().and_then(|it| serde_json::from_slice(it.raw()).ok());
    wanted.iter().all(|(key, value)| own.as_ref().and_then(|it| it.get(key)) == Some(value))
}

/// `healthy_panic_threshold` in percent; 50 where nothing is said.
fn threshold(cluster: Cluster<'_>) -> f64 {
    let percent = cluster.0.path(&["common_lb_config", "healthy_panic_threshold"]);
    percent.map_or(50.0, |it| it.get("value").and_then(Node::f64).unwrap_or(0.0))
}

fn overprovisioning(assignment: ClusterLoadAssignment<'_>) -> f64 {
    let factor = assignment.policy().and_then(|it| it.get("overprovisioning_factor")).and_then(Node::f64);
    factor.filter(|it| *it > 0.0).unwrap_or(140.0) / 100.0
}

/// Spreads load over priorities; the rest of it goes to the next, as far as there is health. Says whether any priority
/// that gets load is in panic.
fn spread(hosts: &mut [Host<'_>], threshold: f64, factor: f64, cluster: Cluster<'_>) -> bool {
    let mut priorities: Vec<u64> = hosts.iter().filter(|it| it.labelled).map(|it| it.priority).collect();
    priorities.order();
    priorities.dedup();
    let count = |priority: u64, health: Health, hosts: &[Host<'_>]| {
        let of = hosts.iter().filter(|it| it.labelled && it.priority == priority && it.health == health);
        of.count()
    };
    let levels: Vec<Level> = priorities
        .iter()
        .map(|priority| {
            let healthy = count(*priority, Health::Healthy, hosts);
            let degraded = count(*priority, Health::Degraded, hosts);
            let all = healthy + degraded + count(*priority, Health::Unhealthy, hosts);
            Level::of(healthy, degraded, all, factor)
        })
        .collect();
    let (healthy_load, degraded_load) = loads(&levels);
    let total: f64 = levels.iter().map(|it| it.healthy + it.degraded).sum::<f64>().min(100.0);
    let fail = cluster
        .0
        .path(&["common_lb_config", "zone_aware_lb_config"])
        .is_some_and(|it| it.flag("fail_traffic_on_panic"))
        || cluster
            .0
            .path(&["common_lb_config", "locality_weighted_lb_config"])
            .is_some_and(|it| it.flag("fail_traffic_on_panic"));
    let mut panic = false;
    for (index, priority) in priorities.iter().enumerate() {
        let level = &levels[index];
        // Nothing is healthy anywhere: each priority gets what its number of endpoints is worth.
        let gets_healthy = if total > 0.0 { healthy_load[index] > 0.0 } else { level.all > 0 };
        let gets_degraded = degraded_load[index] > 0.0;
        // Panic is only looked for where the priorities together cannot take all of the load.
        let panics = level.share < threshold && total < 100.0;
        for host in hosts.iter_mut().filter(|it| it.labelled && it.priority == *priority) {
            host.chosen = match host.health {
                _ if panics => !fail && (gets_healthy || gets_degraded),
                Health::Healthy => gets_healthy,
                Health::Degraded => gets_degraded,
                Health::Unhealthy => false,
            };
        }
        panic |= panics && (gets_healthy || gets_degraded);
    }
    panic
}

/// A priority's health in percent: of load that it can take, overprovisioned, and of endpoints.
struct Level {
    healthy: f64,
    degraded: f64,
    share: f64,
    all: usize,
}

impl Level {
    #[expect(clippy::cast_precision_loss, reason = "numbers of endpoints")]
    fn of(healthy: usize, degraded: usize, all: usize, factor: f64) -> Level {
        let part = |some: usize| if all == 0 { 0.0 } else { 100.0 * some as f64 / all as f64 };
        let load = |some: usize| (factor * part(some)).floor().min(100.0);
        Level { healthy: load(healthy), degraded: load(degraded), share: part(healthy + degraded), all }
    }
}

/// How the load is spread: healthy endpoints of all priorities first, then degraded ones.
fn loads(levels: &[Level]) -> (Vec<f64>, Vec<f64>) {
    let mut left: f64 = 100.0;
    let mut take = |can: f64| {
        let taken = can.min(left);
        left -= taken;
        taken
    };
    let healthy: Vec<f64> = levels.iter().map(|it| take(it.healthy)).collect();
    let degraded: Vec<f64> = levels.iter().map(|it| take(it.degraded)).collect();
    (healthy, degraded)
}
