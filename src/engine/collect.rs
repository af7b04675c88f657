//! The commands that collect what a capture lacks.

use super::protocol::Missing;
use crate::capture::Document;
use crate::envoy::Identity;
use crate::intake::NotRead;

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

/// The command to run instead of the one that gave no data; empty where none is better.
pub fn instead(why: &NotRead, document: &Document, of: Option<&Identity>) -> String {
    let nobody = Identity::default();
    let of = of.unwrap_or(&nobody);
    let dump = || missing(Part::ConfigDump, of).command;
    let line = match why {
        NotRead::Error { line } => line.to_ascii_lowercase(),
        // Every replica is asked, and the one that has the proxy answers.
        NotRead::ProxyNotConnected => return "istioctl proxy-status".to_owned(),
        NotRead::NotFound if document.path.contains("debug") || document.path.contains("istiod") => {
            return "istioctl version".to_owned();
        }
        NotRead::InvalidPath | NotRead::NotFound | NotRead::Html | NotRead::UnknownJson => return dump(),
        _ => return String::new(),
    };
    let said = |parts: &[&str]| parts.iter().any(|part| line.contains(part));
    let namespace = if of.namespace.is_empty() { "NAMESPACE" } else { &of.namespace };
    if said(&["no configuration type"]) {
        String::new()
    } else if said(&["forbidden", "unauthorized", "must be logged in"]) {
        format!("kubectl auth can-i create pods/exec -n {namespace}")
    } else if said(&["(notfound)", "not found in namespace", "no such pod", "unable to locate pod"]) {
        "kubectl get pods --all-namespaces --selector security.istio.io/tlsMode=istio".to_owned()
    } else if said(&["container istio-proxy is not valid", "container not found"]) {
        let pod = if of.pod.is_empty() { "POD" } else { &of.pod };
        format!("kubectl get pod {pod} -n {namespace} -o jsonpath='{{.spec.containers[*].name}}'")
    } else if said(&["unable to connect to the server", "connection to the server", "no such host"]) {
        "kubectl cluster-info".to_owned()
    } else if said(&["proxyid"]) {
        missing(Part::IstiodConfigDump, of).command
    } else {
        // curl is not in the image, or the port is another: pilot-agent knows both.
        dump()
    }
}
