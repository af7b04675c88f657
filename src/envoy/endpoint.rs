//! Endpoints: from EDS, from a cluster's own list, and from the `/clusters` page.

use std::borrow::Cow;

use super::{Address, enumerated, text};
use crate::json::Node;

/// `HealthStatus`, by number (envoy/config/core/v3/health_check.proto).
const HEALTH_STATUS: [&str; 6] = ["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"];

/// `envoy.config.endpoint.v3.ClusterLoadAssignment`
#[derive(Clone, Copy, Debug)]
pub struct ClusterLoadAssignment<'t>(pub Node<'t>);

impl<'t> ClusterLoadAssignment<'t> {
    /// The cluster's name, or the name under which it asked for its endpoints.
    pub fn cluster_name(self) -> Cow<'t, str> {
        text(self.0, "cluster_name")
    }

    /// The localities.
    pub fn localities(self) -> impl Iterator<Item = LocalityLbEndpoints<'t>> + use<'t> {
        self.0.list("endpoints").map(LocalityLbEndpoints)
    }

    /// `policy`: overprovisioning, drop overloads, …
    pub fn policy(self) -> Option<Node<'t>> {
        self.0.get("policy")
    }
}

/// `envoy.config.endpoint.v3.LocalityLbEndpoints`
#[derive(Clone, Copy, Debug)]
pub struct LocalityLbEndpoints<'t>(pub Node<'t>);

impl<'t> LocalityLbEndpoints<'t> {
    /// Where they are.
    pub fn locality(self) -> Locality<'t> {
        Locality(self.0.get("locality"))
    }

    /// The endpoints.
    pub fn endpoints(self) -> impl Iterator<Item = LbEndpoint<'t>> + use<'t> {
        self.0.list("lb_endpoints").map(LbEndpoint)
    }

    /// The locality's weight among its siblings.
    pub fn weight(self) -> Option<u64> {
        self.0.number("load_balancing_weight")
    }

    /// 0 is used first.
    pub fn priority(self) -> u64 {
        self.0.number("priority").unwrap_or(0)
    }
}

/// `envoy.config.core.v3.Locality`
#[derive(Clone, Copy, Debug)]
pub struct Locality<'t>(pub Option<Node<'t>>);

/// `region/zone/sub_zone`, cut before the first that is empty (Istio, pilot/pkg/networking/util, `LocalityToString`).
impl std::fmt::Display for Locality<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(locality) = self.0 else { return Ok(()) };
        f.write_str(&text(locality, "region"))?;
        for key in ["zone", "sub_zone"] {
            let part = text(locality, key);
            if part.is_empty() {
                return Ok(());
            }
            write!(f, "/{part}")?;
        }
        Ok(())
    }
}

/// `envoy.config.endpoint.v3.LbEndpoint`
#[derive(Clone, Copy, Debug)]
pub struct LbEndpoint<'t>(pub Node<'t>);

impl<'t> LbEndpoint<'t> {
    /// Its address, the one to be tried first.
    pub fn address(self) -> Option<Address<'t>> {
        self.0.path(&["endpoint", "address"]).map(Address)
    }

    /// Other addresses of the same endpoint.
    pub fn additional_addresses(self) -> impl Iterator<Item = Option<Address<'t>>> + use<'t> {
        let more = self.0.get("endpoint").into_iter().flat_map(|it| it.list("additional_addresses"));
        more.map(|it| it.get("address").map(Address))
    }

    /// The health that the control plane says it has.
    pub fn health_status(self) -> Cow<'t, str> {
        enumerated(self.0, "health_status", &HEALTH_STATUS)
    }

    /// Its weight in its locality.
    pub fn weight(self) -> Option<u64> {
        self.0.number("load_balancing_weight")
    }

    /// Labels for transport socket matches (`envoy.transport_socket_match`), for instance `tlsMode: istio`.
    pub fn transport_socket_labels(self) -> Option<Node<'t>> {
        self.0.path(&["metadata", "filter_metadata", "envoy.transport_socket_match"])
    }

    /// Labels for subsets (`envoy.lb`).
    pub fn lb_labels(self) -> Option<Node<'t>> {
        self.0.path(&["metadata", "filter_metadata", "envoy.lb"])
    }

    /// What stands behind the tunnel that it is: `local`, the workload's own address, and `waypoint`, who is to get it
    /// first (BuildTunnelMetadataStruct in Istio's pilot/pkg/networking/util).
    pub fn original_dst(self) -> Option<Node<'t>> {
        self.0.path(&["metadata", "filter_metadata", "envoy.filters.listener.original_dst"])
    }

    /// What Istio calls its workload: `name;namespace;canonical-name;revision;cluster`.
    pub fn workload(self) -> Option<Cow<'t, str>> {
        self.0.path(&["metadata", "filter_metadata", "istio", "workload"])?.str()
    }
}

/// One cluster of the page `/clusters?format=json` (`envoy.admin.v3.ClusterStatus`).
#[derive(Clone, Copy, Debug)]
pub struct ClusterStatus<'t>(pub Node<'t>);

impl<'t> ClusterStatus<'t> {
    /// All clusters of the page; or of a bare list of them, as `istioctl proxy-config endpoint -o json` prints it.
    pub fn all(page: Node<'t>) -> impl Iterator<Item = ClusterStatus<'t>> + use<'t> {
        page.list("cluster_statuses").chain(page.items()).map(ClusterStatus)
    }

    /// Its name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// Its endpoints.
    pub fn hosts(self) -> impl Iterator<Item = HostStatus<'t>> + use<'t> {
        self.0.list("host_statuses").map(HostStatus)
    }
}

/// One endpoint of that page (`envoy.admin.v3.HostStatus`).
#[derive(Clone, Copy, Debug)]
pub struct HostStatus<'t>(pub Node<'t>);

impl<'t> HostStatus<'t> {
    /// Its address.
    pub fn address(self) -> Option<Address<'t>> {
        self.0.get("address").map(Address)
    }

    /// The health that the control plane says it has.
    pub fn eds_health_status(self) -> Cow<'t, str> {
        match self.0.get("health_status") {
            Some(health) => enumerated(health, "eds_health_status", &HEALTH_STATUS),
            None => Cow::Borrowed("UNKNOWN"),
        }
    }

    /// A flag of its health: `failed_outlier_check`, `failed_active_health_check`, `failed_degraded_active_hc`, …
    pub fn health_flag(self, flag: &str) -> bool {
        self.0.get("health_status").is_some_and(|it| it.flag(flag))
    }

    /// Its weight.
    pub fn weight(self) -> Option<u64> {
        self.0.number("weight")
    }

    /// Its locality's priority.
    pub fn priority(self) -> u64 {
        self.0.number("priority").unwrap_or(0)
    }

    /// Where it is.
    pub fn locality(self) -> Locality<'t> {
        Locality(self.0.get("locality"))
    }

    /// A counter or gauge of `stats`: `rq_error`, `cx_connect_fail`, …
    pub fn stat(self, name: &str) -> Option<u64> {
        let found = self.0.list("stats").find(|it| it.text("name").is_some_and(|it| it == name))?;
        Some(found.number("value").unwrap_or(0))
    }
}
