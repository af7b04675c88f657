//! The commands that collect what a capture lacks.

use super::protocol::Missing;
use crate::envoy::Identity;

/// What can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The config dump itself.
    ConfigDump,
    /// A ztunnel's own dump.
    ZtunnelDump,
    /// Endpoints in the config dump.
    Endpoints,
    /// Secrets in the config dump.
    Secrets,
    /// Any other section of it.
    Section,
    /// `/clusters`: health as Envoy sees it.
    Clusters,
    /// `/server_info`.
    ServerInfo,
    /// The control plane's view of its proxies.
    Syncz,
    /// The control plane's configuration for the proxy.
    IstiodConfigDump,
}

/// What is missing, and how to get it from that proxy.
pub fn missing(part: Part, of: &Identity) -> Missing {
    let pod = if of.pod.is_empty() { "POD" } else { &of.pod };
    let namespace = if of.namespace.is_empty() { "NAMESPACE" } else { &of.namespace };
    // `pilot-agent request` goes to Envoy's admin page without needing curl in the image.
    let envoy = |page: &str, file: &str| {
        format!(
            "kubectl exec -n {namespace} {pod} -c istio-proxy -- pilot-agent request GET \"{page}\" > {file}"
        )
    };
    let istiod = |page: &str, file: &str| {
        format!(
            "kubectl exec -n istio-system deploy/istiod -- pilot-discovery request GET \"{page}\" > {file}"
        )
    };
    let dump = || envoy("config_dump?include_eds", "config_dump.json");
    let (what, command) = match part {
        Part::ConfigDump => ("config_dump", dump()),
        Part::ZtunnelDump => (
            "ztunnel_config_dump",
            format!("istioctl ztunnel-config all {pod}.{namespace} -o json > ztunnel.json"),
        ),
        Part::Endpoints => ("endpoints", dump()),
        Part::Secrets => ("secrets", dump()),
        Part::Section => ("section", dump()),
        Part::Clusters => ("clusters", envoy("clusters?format=json", "clusters.json")),
        Part::ServerInfo => ("server_info", envoy("server_info", "server_info.json")),
        Part::Syncz => ("syncz", istiod("/debug/syncz", "syncz.json")),
        Part::IstiodConfigDump => {
            let page = format!("/debug/config_dump?proxyID={pod}.{namespace}");
            ("istiod_config_dump", istiod(&page, "istiod_config_dump.json"))
        }
    };
    Missing { what: what.to_owned(), command }
}
