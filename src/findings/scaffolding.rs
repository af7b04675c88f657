//! What Istio puts into every proxy for itself. It is never reported.

/// Whether a cluster is Istio's own, or the SNI-DNAT twin of another.
pub fn cluster(name: &str) -> bool {
    matches!(
        name,
        "agent"
            | "prometheus_stats"
            | "xds-grpc"
            | "sds-grpc"
            | "zipkin"
            | "BlackHoleCluster"
            | "PassthroughCluster"
            | "allow_any_dynamic_dns"
            | "connect_originate"
            | "inner_connect_originate"
            | "outer_connect_originate"
            | "main_internal"
            | "encap"
    ) || name.starts_with("InboundPassthrough")
        || name.starts_with("DynamicDNS")
        || name.starts_with("outbound_.")
}

/// Whether a filter chain is Istio's own: what stops a proxy from calling itself, and what takes all that is left.
pub fn chain(name: &str) -> bool {
    matches!(name, "virtualInbound-blackhole" | "virtualOutbound-blackhole" | "PassthroughFilterChain")
        || name.starts_with("virtualInbound-catchall")
        || name.starts_with("virtualOutbound-catchall")
}
