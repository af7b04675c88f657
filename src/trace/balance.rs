//! Which endpoints a request may get: labels, priorities, health, panic
//! (source/extensions/load_balancing_policies/common/load_balancer_impl.cc, …/subset/subset_lb.cc).

use std::collections::BTreeMap;

use serde_json::Value;

use super::run::considered;
use super::step::{Considered, What, Why};
use crate::envoy::{Cluster, ClusterLoadAssignment, LbEndpoint, LocalityLbEndpoints};
use crate::json::Node;
use crate::order::InOrder;

/// An endpoint's health, as Envoy counts it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Health {
    Healthy,
    Degraded,
    Unhealthy,
    /// Draining by EDS: gets nothing, and does not count as one of the endpoints either
    /// (`HostSet::excludedHosts`; docs/root/intro/arch_overview/upstream/load_balancing/excluded.rst).
    Excluded,
}

/// An endpoint that was looked at.
pub(super) struct Host<'t> {
    endpoint: LbEndpoint<'t>,
    pub health: Health,
    priority: u64,
    /// The locality's place among those of the cluster, and its name.
    locality: usize,
    place: String,
    /// Whether its labels are those wanted.
    labelled: bool,
    /// Whether a request may get it.
    chosen: bool,
}

/// The endpoints of a cluster, judged.
pub(super) struct Judged<'t> {
    pub hosts: Vec<Host<'t>>,
    /// The priorities of those that have the labels, in order.
    pub levels: Vec<Level>,
    localities: Vec<LocalityLbEndpoints<'t>>,
    /// Locality weights count.
    weighted: bool,
    factor: f64,
    /// In panic there is no answer but a failure.
    fail: bool,
    /// So few are healthy that all are used.
    pub panic: bool,
}

impl<'t> Judged<'t> {
    /// The endpoints that get load.
    pub fn chosen(&self) -> impl Iterator<Item = LbEndpoint<'t>> {
        self.hosts.iter().filter(|it| it.chosen).map(|it| it.endpoint)
    }

    /// Whether there is an endpoint for the request.
    pub fn usable(&self) -> bool {
        self.hosts.iter().any(|it| it.chosen)
    }

    /// Chooses the endpoints that get load when the priorities get so much of it.
    pub fn choose(&mut self, loads: &[(u64, Load)]) {
        self.panic = false;
        for level in &mut self.levels {
            level.load =
                loads.iter().find(|(it, _)| *it == level.priority).map(|(_, load)| *load).unwrap_or_default();
            self.panic |= level.panics && level.load.all() > 0.0;
            for host in self.hosts.iter_mut().filter(|it| it.labelled && it.priority == level.priority) {
                host.chosen = match host.health {
                    _ if level.panics => !self.fail && level.load.all() > 0.0,
                    Health::Healthy => level.load.healthy > 0.0,
                    Health::Degraded => level.load.degraded > 0.0,
                    Health::Unhealthy | Health::Excluded => false,
                };
            }
        }
    }

    /// The share of load, in percent, that finds an endpoint.
    pub fn served(&self) -> f64 {
        let found = |level: &Level, of: Option<Health>| {
            let mut all = self.hosts.iter().filter(|it| it.chosen && it.priority == level.priority);
            all.any(|it| of.is_none_or(|of| it.health == of))
        };
        let share = |level: &Level, load: f64, of: Health| {
            let of = Some(of).filter(|_| !level.panics);
            if load > 0.0 && found(level, of) { load } else { 0.0 }
        };
        let all = self.levels.iter().map(|it| {
            share(it, it.load.healthy, Health::Healthy) + share(it, it.load.degraded, Health::Degraded)
        });
        all.sum()
    }

    /// What a step says of the priorities.
    pub fn priorities(&self) -> Vec<Considered> {
        self.levels.iter().map(|it| it.told(String::new(), self.of_priority(it.priority))).collect()
    }

    fn of_priority(&self, priority: u64) -> Option<Node<'t>> {
        self.localities.iter().find(|it| it.priority() == priority).map(|it| it.0)
    }

    /// What a step says of the localities: how much of the load each gets, by weight where weights count and else by
    /// its endpoints. Empty where no locality has a name.
    pub fn localities(&self) -> Vec<Considered> {
        let mut out: Vec<Considered> = Vec::new();
        let mut shares: Vec<f64> = Vec::new();
        for level in &self.levels {
            let parts: Vec<(usize, f64)> = self.parts(level);
            let sum: f64 = parts.iter().map(|(_, part)| part).sum();
            for (index, part) in parts {
                let share = if sum > 0.0 { level.load.all() * part / sum } else { 0.0 };
                let node = self.localities.get(index).map(|it| it.0);
                let name =
                    self.localities.get(index).map_or_else(String::new, |it| it.locality().to_string());
                match out.iter().position(|it| it.name == name) {
                    Some(known) => shares[known] += share,
                    None => {
                        out.push(considered(name, false, level.idle(), node));
                        shares.push(share);
                    }
                }
            }
        }
        if out.iter().all(|it| it.name.is_empty()) {
            return Vec::new();
        }
        for (it, share) in out.iter_mut().zip(shares) {
            (it.won, it.why) = won(share, it.why.clone());
        }
        out
    }

    /// What each locality of a priority counts for.
    #[expect(clippy::cast_precision_loss, reason = "weights and numbers of endpoints")]
    fn parts(&self, level: &Level) -> Vec<(usize, f64)> {
        let own = self.localities.iter().enumerate().filter(|(_, it)| it.priority() == level.priority);
        let part = |index: usize, of: &LocalityLbEndpoints<'t>| {
            let hosts = || self.hosts.iter().filter(move |it| it.labelled && it.locality == index);
            let chosen = || hosts().filter(|it| it.chosen);
            if self.weighted {
                let counted = hosts().filter(|it| it.health != Health::Excluded).count();
                let good = chosen().count() as f64 / counted.max(1) as f64;
                of.weight().unwrap_or(0) as f64 * (self.factor * good).min(1.0)
            } else {
                chosen().map(|it| it.endpoint.weight().unwrap_or(1) as f64).sum()
            }
        };
        own.filter(|(_, it)| it.endpoints().next().is_some())
            .map(|(index, it)| (index, part(index, it)))
            .collect()
    }
}

impl Host<'_> {
    /// What a step says of it.
    pub fn told(&self) -> Considered {
        let status = self.endpoint.health_status().into_owned();
        let place = Why::Endpoint(status, self.priority, self.place.clone());
        let why = match (self.labelled, self.chosen, self.health) {
            (false, ..) => Why::Missing(What::Labels),
            (_, false, Health::Healthy | Health::Degraded) => Why::Earlier,
            (_, true, _) | (_, false, Health::Unhealthy | Health::Excluded) => place,
        };
        considered(address(self.endpoint), self.chosen, why, Some(self.endpoint.0))
    }
}

/// Judges the endpoints of a cluster for a request that wants such labels.
pub(super) fn judge<'t>(
    cluster: Cluster<'t>,
    assignment: ClusterLoadAssignment<'t>,
    criteria: &[Node<'t>],
) -> Judged<'t> {
    let mut hosts = hosts(cluster, assignment);
    super::subset::apply(cluster, criteria, &mut |labels| {
        for host in &mut hosts {
            host.labelled = labels.is_none_or(|wanted| has_labels(host.endpoint, wanted));
        }
        hosts.iter().any(|it| it.labelled)
    });
    let factor = overprovisioning(assignment);
    let mut levels = levels(&hosts, factor);
    spread(&mut levels, cluster.panic_threshold());
    let common = |name| cluster.0.path(&["common_lb_config", name]);
    let fails = |name| common(name).is_some_and(|it| it.flag("fail_traffic_on_panic"));
    let mut judged = Judged {
        hosts,
        levels,
        localities: assignment.localities().collect(),
        weighted: common("locality_weighted_lb_config").is_some(),
        factor,
        fail: fails("zone_aware_lb_config") || fails("locality_weighted_lb_config"),
        panic: false,
    };
    let loads: Vec<(u64, Load)> = judged.levels.iter().map(|it| (it.priority, it.load)).collect();
    judged.choose(&loads);
    judged
}

/// The priorities of a cluster that have endpoints, whatever labels a request wants.
pub(super) fn all_levels<'t>(cluster: Cluster<'t>, assignment: ClusterLoadAssignment<'t>) -> Vec<Level> {
    levels(&hosts(cluster, assignment), overprovisioning(assignment))
}

fn hosts<'t>(cluster: Cluster<'t>, assignment: ClusterLoadAssignment<'t>) -> Vec<Host<'t>> {
    let mut hosts = Vec::new();
    let drained = drained(cluster);
    for (index, locality) in assignment.localities().enumerate() {
        for endpoint in locality.endpoints() {
            let status = endpoint.health_status();
            let health = match status.as_ref() {
                "DRAINING" => Health::Excluded,
                "UNHEALTHY" if drained.contains(&address(endpoint)) => Health::Excluded,
                "UNHEALTHY" | "TIMEOUT" => Health::Unhealthy,
                "DEGRADED" => Health::Degraded,
                _ => Health::Healthy,
            };
            let (priority, place) = (locality.priority(), locality.locality().to_string());
            hosts.push(Host {
                endpoint,
                health,
                priority,
                locality: index,
                place,
                labelled: true,
                chosen: false,
            });
        }
    }
    hosts
}

/// The endpoints that the cluster itself says are draining: a dump's section of endpoints calls them unhealthy.
fn drained(cluster: Cluster<'_>) -> Vec<String> {
    let own = cluster.load_assignment().into_iter().flat_map(ClusterLoadAssignment::localities);
    let all = own.flat_map(LocalityLbEndpoints::endpoints);
    all.filter(|it| it.health_status() == "DRAINING").map(address).collect()
}

fn address(endpoint: LbEndpoint<'_>) -> String {
    endpoint.address().and_then(|it| it.kind()).map_or_else(String::new, |it| it.to_string())
}

/// Whether an endpoint has all of these labels (`envoy.lb`).
fn has_labels(endpoint: LbEndpoint<'_>, wanted: &BTreeMap<String, Value>) -> bool {
    let own: Option<Value> = endpoint.lb_labels().and_then(|it| serde_json::from_slice(it.raw()).ok());
    wanted.iter().all(|(key, value)| own.as_ref().and_then(|it| it.get(key)) == Some(value))
}

fn overprovisioning(assignment: ClusterLoadAssignment<'_>) -> f64 {
    let factor = assignment.policy().and_then(|it| it.get("overprovisioning_factor")).and_then(Node::f64);
    factor.filter(|it| *it > 0.0).unwrap_or(140.0) / 100.0
}

/// A priority: its health in percent (of load that it can take, overprovisioned, and of endpoints), and what it gets.
#[derive(Clone)]
pub(super) struct Level {
    pub priority: u64,
    healthy: f64,
    degraded: f64,
    share: f64,
    all: usize,
    /// So few of its endpoints are healthy that all are used, where the priorities together cannot take the load.
    pub panics: bool,
    pub load: Load,
}

/// What a priority gets, in percent of all load.
#[derive(Clone, Copy, Default)]
pub(super) struct Load {
    pub healthy: f64,
    pub degraded: f64,
}

impl Load {
    pub fn all(self) -> f64 {
        self.healthy + self.degraded
    }
}

impl Level {
    #[expect(clippy::cast_precision_loss, reason = "numbers of endpoints")]
    fn of(priority: u64, [healthy, degraded, excluded]: [usize; 3], all: usize, factor: f64) -> Level {
        let counted = all.saturating_sub(excluded);
        let part = |some: usize| if counted == 0 { 0.0 } else { 100.0 * some as f64 / counted as f64 };
        let load = |some: usize| (factor * part(some)).floor().min(100.0);
        let share = part(healthy + degraded);
        let (healthy, degraded) = (load(healthy), load(degraded));
        Level { priority, healthy, degraded, share, all, panics: false, load: Load::default() }
    }

    /// Why it would get nothing: those before take all, or none of its endpoints is healthy.
    fn idle(&self) -> Why {
        let healthy = self.healthy + self.degraded > 0.0 && self.load.all() == 0.0;
        if healthy { Why::Earlier } else { Why::Missing(What::Health) }
    }

    /// What a step says of it; `of` is the cluster, where there are several.
    pub fn told(&self, of: String, place: Option<Node<'_>>) -> Considered {
        let (won, why) = won(self.load.all(), self.idle());
        let name = if of.is_empty() { self.priority.to_string() } else { format!("{of} {}", self.priority) };
        considered(name, won, why, place)
    }
}

/// How a share of load is told: all of it, some, none.
fn won(share: f64, none: Why) -> (bool, Why) {
    if share >= 100.0 {
        return (true, Why::Taken);
    }
    let told = (share * 10.0).round() / 10.0;
    if share > 0.0 { (true, Why::Share(told.to_string())) } else { (false, none) }
}

fn levels(hosts: &[Host<'_>], factor: f64) -> Vec<Level> {
    let mut priorities: Vec<u64> = hosts.iter().filter(|it| it.labelled).map(|it| it.priority).collect();
    priorities.order();
    priorities.dedup();
    let level = |priority: u64| {
        let own = || hosts.iter().filter(move |it| it.labelled && it.priority == priority);
        let count = |health: Health| own().filter(|it| it.health == health).count();
        Level::of(
            priority,
            [Health::Healthy, Health::Degraded, Health::Excluded].map(count),
            own().count(),
            factor,
        )
    };
    priorities.into_iter().map(level).collect()
}

/// Spreads load: healthy endpoints of all priorities first, then degraded ones, each as far as it can take more. Where
/// together they can take less than all, that is made all; where every priority is in panic, each gets what its number
/// of endpoints is worth (recalculatePerPriorityState, recalculatePerPriorityPanic, recalculateLoadInTotalPanic).
#[expect(clippy::cast_precision_loss, reason = "numbers of endpoints")]
pub(super) fn spread(levels: &mut [Level], threshold: f64) {
    let total: f64 = levels.iter().map(|it| it.healthy + it.degraded).sum::<f64>().min(100.0);
    levels.iter_mut().for_each(|it| it.panics = it.share < threshold && total < 100.0);
    let mut left: f64 = 100.0;
    if total == 0.0 || levels.iter().all(|it| it.panics) {
        let all: usize = levels.iter().map(|it| it.all).sum();
        for level in levels.iter_mut() {
            level.load.healthy = (100.0 * level.all as f64 / all.max(1) as f64).floor();
            left -= level.load.healthy;
        }
    } else {
        let mut take = |can: f64| {
            let taken = (can * 100.0 / total).floor().min(left);
            left -= taken;
            taken
        };
        levels.iter_mut().for_each(|it| it.load.healthy = take(it.healthy));
        levels.iter_mut().for_each(|it| it.load.degraded = take(it.degraded));
    }
    // What rounding leaves goes to the first that gets any.
    if let Some(first) = levels.iter_mut().find(|it| it.load.healthy > 0.0) {
        first.load.healthy += left;
    } else if let Some(first) = levels.iter_mut().find(|it| it.load.degraded > 0.0) {
        first.load.degraded += left;
    }
}
