//! All checks, by family. The ids stay: suppressions and scripts name them.

use serde::{Deserialize, Serialize};

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Routing to clusters.
    Routing,
    /// Listeners, chains and hosts.
    Listeners,
    /// Egress scope.
    Egress,
    /// mTLS and certificates.
    Tls,
    /// xDS state.
    Xds,
    /// Policy and resilience.
    Policy,
    /// Ambient mesh.
    Ambient,
    /// The capture itself.
    Capture,
}

impl Family {
    /// All, in the order of the list.
    pub const ALL: [Family; 8] = [
        Family::Xds,
        Family::Routing,
        Family::Listeners,
        Family::Tls,
        Family::Egress,
        Family::Policy,
        Family::Ambient,
        Family::Capture,
    ];
}

use Family::{Ambient, Capture, Egress, Listeners, Policy, Routing, Tls, Xds};

/// Ids and families, in the order in which findings of the same severity are listed.
pub const ALL: &[(&str, Family)] = &[
    ("nack", Xds),
    ("stale", Xds),
    ("not-connected", Xds),
    ("not-sent", Xds),
    ("no-listeners", Xds),
    ("listener-warming", Xds),
    ("listener-draining", Xds),
    ("planned-not-active", Xds),
    ("extension-missing", Xds),
    ("version-skew", Xds),
    ("workload-without-proxy", Xds),
    ("route-to-missing-cluster", Routing),
    ("cluster-warming", Routing),
    ("cluster-without-endpoints", Routing),
    ("endpoints-unhealthy", Routing),
    ("cluster-without-hosts", Routing),
    ("weights", Routing),
    ("outlier-ejects-all", Routing),
    ("original-dst-subset", Routing),
    ("route-config-missing", Listeners),
    ("virtual-host-empty", Listeners),
    ("duplicate-domain", Listeners),
    ("duplicate-filter-chain", Listeners),
    ("chain-never-matches", Listeners),
    ("no-default-chain", Listeners),
    ("route-shadowed", Listeners),
    ("redirect-loop", Listeners),
    ("gateway-connection-reuse", Listeners),
    ("http-rules-on-tcp", Listeners),
    ("sniffing-server-first", Listeners),
    ("port-hijacked", Listeners),
    ("listener-conflict", Listeners),
    ("port-unknown-to-server", Listeners),
    ("certificate-expired", Tls),
    ("certificate-expiring", Tls),
    ("certificate-held", Tls),
    ("secret-missing", Tls),
    ("roots-differ", Tls),
    ("tls-to-plaintext", Tls),
    ("plaintext-to-strict", Tls),
    ("san-mismatch", Tls),
    ("upstream-unverified", Tls),
    ("partial-injection", Tls),
    ("host-hidden", Egress),
    ("duplicate-host", Egress),
    ("unknown-hosts-blocked", Egress),
    ("many-clusters", Egress),
    ("rbac-denies-all", Policy),
    ("rbac-dry-run", Policy),
    ("ext-authz-cluster-missing", Policy),
    ("jwt-unverifiable", Policy),
    ("token-never-verified", Policy),
    ("circuit-breaker-tight", Policy),
    ("timeouts-contradict", Policy),
    ("fault-injected", Policy),
    ("failover-without-outlier", Policy),
    ("localhost-only", Policy),
    ("inline-code", Policy),
    ("unknown-extension", Policy),
    ("waypoint-missing", Ambient),
    ("workload-unhealthy", Ambient),
    ("ztunnel-certificate", Ambient),
    ("workload-not-captured", Ambient),
    ("service-without-workloads", Ambient),
    ("document-cut", Capture),
    ("same-node-id", Capture),
    ("replica-missing", Capture),
    ("captured-apart", Capture),
    ("document-not-read", Capture),
    ("dump-filtered", Capture),
    ("no-endpoints-section", Capture),
    ("no-secrets-section", Capture),
    ("only-istiod-dump", Capture),
    ("old-api", Capture),
    ("preamble", Capture),
    ("resource-unreadable", Capture),
];

/// A check's place in the list; the end for none.
pub fn position(id: &str) -> usize {
    ALL.iter().position(|it| it.0 == id).unwrap_or(ALL.len())
}

/// A check's family; the capture's for none.
pub fn family(id: &str) -> Family {
    ALL.iter().find(|it| it.0 == id).map_or(Capture, |it| it.1)
}
