//! The types of resources that istiod sends (Istio, pkg/model/xds.go).

/// CDS
pub const CLUSTER: &str = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
/// LDS
pub const LISTENER: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";
/// EDS
pub const ENDPOINT: &str = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
/// RDS
pub const ROUTE: &str = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
/// ECDS
pub const EXTENSION: &str = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";

/// What people call a type: `CDS`. A type without such a name keeps its URL (Istio, pkg/model/xds.go,
/// `GetShortType`).
pub fn short(type_url: &str) -> &str {
    match type_url {
        CLUSTER => "CDS",
        LISTENER => "LDS",
        ROUTE => "RDS",
        ENDPOINT => "EDS",
        EXTENSION => "ECDS",
        "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret" => "SDS",
        "type.googleapis.com/istio.networking.nds.v1.NameTable" => "NDS",
        "type.googleapis.com/istio.mesh.v1alpha1.ProxyConfig" => "PCDS",
        "type.googleapis.com/istio.workload.Address" | "type.googleapis.com/istio.workload.Workload" => "WDS",
        "type.googleapis.com/istio.security.Authorization" => "WADS",
        _ => type_url,
    }
}
