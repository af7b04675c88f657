//! A cluster: where requests go, and how.

use std::borrow::Cow;

use super::endpoint::ClusterLoadAssignment;
use super::{Extension, Owner, enumerated, text};
use crate::json::Node;

/// `envoy.config.cluster.v3.Cluster`
#[derive(Clone, Copy, Debug)]
pub struct Cluster<'t>(pub Node<'t>);

/// `Cluster.DiscoveryType`, by number.
const DISCOVERY_TYPES: [&str; 5] = ["STATIC", "STRICT_DNS", "LOGICAL_DNS", "EDS", "ORIGINAL_DST"];
/// `Cluster.LbPolicy`, by number.
const LB_POLICIES: [&str; 8] = [
    "ROUND_ROBIN",
    "LEAST_REQUEST",
    "RING_HASH",
    "RANDOM",
    "ORIGINAL_DST_LB",
    "MAGLEV",
    "CLUSTER_PROVIDED",
    "LOAD_BALANCING_POLICY_CONFIG",
];

impl<'t> Cluster<'t> {
    /// Its name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// `STATIC`, `STRICT_DNS`, `LOGICAL_DNS`, `EDS`, `ORIGINAL_DST`; `STATIC` where it says nothing.
    pub fn discovery_type(self) -> Cow<'t, str> {
        enumerated(self.0, "type", &DISCOVERY_TYPES)
    }

    /// Instead of a type: an extension such as `envoy.clusters.aggregate`.
    pub fn cluster_type(self) -> Option<Extension<'t>> {
        self.0.get("cluster_type").map(Extension)
    }

    /// The name under which EDS knows it, where that is another than its own.
    pub fn eds_service_name(self) -> Option<Cow<'t, str>> {
        self.0.path(&["eds_cluster_config", "service_name"])?.str().filter(|it| !it.is_empty())
    }

    /// Endpoints that it brings along.
    pub fn load_assignment(self) -> Option<ClusterLoadAssignment<'t>> {
        self.0.get("load_assignment").map(ClusterLoadAssignment)
    }

    /// `healthy_panic_threshold` in percent; Envoy's own is 50.
    pub fn panic_threshold(self) -> f64 {
        let percent = self.0.path(&["common_lb_config", "healthy_panic_threshold"]);
        percent.map_or(50.0, |it| it.get("value").and_then(Node::f64).unwrap_or(0.0))
    }

    /// The load balancing policy: the first of the newer `load_balancing_policy` by name, else `lb_policy`.
    pub fn lb_policy(self) -> Cow<'t, str> {
        let newer = self.0.path(&["load_balancing_policy"]).and_then(|it| it.list("policies").next());
        let newer = newer.and_then(|it| it.path(&["typed_extension_config", "name"])?.str());
        newer.unwrap_or_else(|| enumerated(self.0, "lb_policy", &LB_POLICIES))
    }

    /// `connect_timeout`, as the dump spells it.
    pub fn connect_timeout(self) -> Option<Cow<'t, str>> {
        self.0.text("connect_timeout")
    }

    /// `circuit_breakers.thresholds`: one for each priority.
    pub fn thresholds(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.0.get("circuit_breakers").into_iter().flat_map(|it| it.list("thresholds"))
    }

    /// `outlier_detection`
    pub fn outlier_detection(self) -> Option<Node<'t>> {
        self.0.get("outlier_detection")
    }

    /// How it speaks to its endpoints, where all are spoken to alike.
    pub fn transport_socket(self) -> Option<Extension<'t>> {
        self.0.get("transport_socket").map(Extension)
    }

    /// How it speaks to endpoints that carry certain labels: `name`, `match`, `transport_socket`, first match first.
    pub fn transport_socket_matches(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.0.list("transport_socket_matches")
    }

    /// v2's `tls_context`, which is the transport socket's configuration.
    pub fn tls_context(self) -> Option<Node<'t>> {
        self.0.get("tls_context").or_else(|| self.0.get("hidden_envoy_deprecated_tls_context"))
    }

    /// The DestinationRule it was made of.
    pub fn owner(self) -> Option<Owner<'t>> {
        Owner::of(self.0)
    }

    /// The services it stands for: Istio writes `metadata.filter_metadata.istio.services` with `host`, `name` and
    /// `namespace`.
    pub fn services(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.0.path(&["metadata", "filter_metadata", "istio"]).into_iter().flat_map(|it| it.list("services"))
    }
}
