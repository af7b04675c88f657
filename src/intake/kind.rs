//! What a document can be, and why one is not read.

use super::unpack::{Damage, Format, Limit};
use crate::json::{End, Expected, Outline};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What a document is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $name)] $kind,)*
        }

        impl Kind {
            /// Every kind, in the order of their declaration.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// Its stable name, as `xdscope ls -o json` prints it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// Envoy's `/config_dump`, whole or in part.
    EnvoyConfigDump = "envoy_config_dump",
    /// Envoy's `/clusters?format=json`.
    EnvoyClusters = "envoy_clusters",
    /// Envoy's `/clusters`.
    EnvoyClustersText = "envoy_clusters_text",
    /// Envoy's `/listeners?format=json`.
    EnvoyListeners = "envoy_listeners",
    /// Envoy's `/listeners`.
    EnvoyListenersText = "envoy_listeners_text",
    /// Envoy's `/server_info`.
    EnvoyServerInfo = "envoy_server_info",
    /// Envoy's `/certs`.
    EnvoyCerts = "envoy_certs",
    /// Envoy's `/stats`, as text or JSON.
    EnvoyStats = "envoy_stats",
    /// Envoy's `/stats/prometheus`; with its agent's metrics, as the agent puts them together.
    EnvoyStatsPrometheus = "envoy_stats_prometheus",
    /// Envoy's `/runtime`.
    EnvoyRuntime = "envoy_runtime",
    /// Envoy's `/init_dump`.
    EnvoyInitDump = "envoy_init_dump",
    /// Envoy's `/memory`.
    EnvoyMemory = "envoy_memory",
    /// An Envoy bootstrap: a file, or what `istioctl proxy-config bootstrap` prints.
    EnvoyBootstrap = "envoy_bootstrap",
    /// An Envoy bootstrap or static configuration as YAML.
    EnvoyYaml = "envoy_yaml",
    /// Metrics in Prometheus' text format that are no Envoy's: istiod's, an agent's, an application's.
    Prometheus = "prometheus",
    /// istiod's `/debug/syncz`.
    IstiodSyncz = "istiod_syncz",
    /// istiod's `/debug/adsz`.
    IstiodAdsz = "istiod_adsz",
    /// istiod's `/debug/config_dump?proxyID=`.
    IstiodConfigDump = "istiod_config_dump",
    /// istiod's or Pilot's `/debug/edsz`.
    IstiodEdsz = "istiod_edsz",
    /// istiod's `/debug/ecdsz`.
    IstiodEcdsz = "istiod_ecdsz",
    /// istiod's `/debug/ndsz`.
    IstiodNdsz = "istiod_ndsz",
    /// istiod's `/debug/sidecarz`.
    IstiodSidecarz = "istiod_sidecarz",
    /// istiod's `/debug/registryz`.
    IstiodRegistryz = "istiod_registryz",
    /// istiod's `/debug/endpointShardz`.
    IstiodEndpointShardz = "istiod_endpoint_shardz",
    /// Pilot's `/debug/endpointz`.
    IstiodEndpointz = "istiod_endpointz",
    /// istiod's `/debug/configz`.
    IstiodConfigz = "istiod_configz",
    /// istiod's `/debug/push_status`.
    IstiodPushStatus = "istiod_push_status",
    /// istiod's `/debug/mesh`.
    IstiodMesh = "istiod_mesh",
    /// istiod's `/debug/instancesz`.
    IstiodInstancesz = "istiod_instancesz",
    /// istiod's `/debug/connections`.
    IstiodConnections = "istiod_connections",
    /// istiod's `/debug/authorizationz`.
    IstiodAuthorizationz = "istiod_authorizationz",
    /// istiod's `/debug/telemetryz`.
    IstiodTelemetryz = "istiod_telemetryz",
    /// istiod's `/debug/resourcesz`.
    IstiodResourcesz = "istiod_resourcesz",
    /// istiod's `/debug/networkz`.
    IstiodNetworkz = "istiod_networkz",
    /// istiod's `/debug/clusterz`.
    IstiodClusterz = "istiod_clusterz",
    /// istiod's `/debug/ambientz`.
    IstiodAmbientz = "istiod_ambientz",
    /// istiod's `/debug/inject`.
    IstiodInject = "istiod_inject",
    /// `istioctl proxy-status -o json`, or `-o yaml`.
    IstioctlProxyStatus = "istioctl_proxy_status",
    /// `istioctl proxy-config cluster -o json`: bare clusters.
    IstioctlClusters = "istioctl_clusters",
    /// `istioctl proxy-config listener -o json`: bare listeners.
    IstioctlListeners = "istioctl_listeners",
    /// `istioctl proxy-config route -o json`: bare route configurations.
    IstioctlRoutes = "istioctl_routes",
    /// `istioctl proxy-config endpoint -o json`: bare cluster statuses.
    IstioctlEndpoints = "istioctl_endpoints",
    /// `istioctl proxy-config secret -o json`.
    IstioctlSecrets = "istioctl_secrets",
    /// `istioctl proxy-config ecds -o json`.
    IstioctlEcds = "istioctl_ecds",
    /// A table that istioctl printed.
    IstioctlTable = "istioctl_table",
    /// What `istioctl proxy-status POD` printed: Pilot and Envoy compared.
    IstioctlCompare = "istioctl_compare",
    /// The versions that istioctl printed.
    IstioctlVersion = "istioctl_version",
    /// ztunnel's `/config_dump`.
    ZtunnelConfigDump = "ztunnel_config_dump",
    /// Kubernetes or Istio resources as JSON.
    KubernetesJson = "kubernetes_json",
    /// Kubernetes or Istio resources as YAML.
    KubernetesYaml = "kubernetes_yaml",
    /// A log, or access log.
    Log = "log",
    /// An answer that says why there is no other; [`NotRead`] has which.
    ErrorAnswer = "error_answer",
    /// `{}`, `[]` or `null`: an answer with nothing in it, which many pages give.
    EmptyAnswer = "empty_answer",
    /// A web page.
    Html = "html",
    /// No text.
    Binary = "binary",
    /// Nothing at all.
    Empty = "empty",
    /// None of these.
    Unknown = "unknown",
}

impl Kind {
    /// Whether it has the hosts of clusters as JSON: Envoy's `/clusters`, or what istioctl prints of it.
    pub fn has_cluster_statuses(self) -> bool {
        matches!(self, Kind::EnvoyClusters | Kind::IstioctlEndpoints)
    }

    /// Whether it is an answer instead of data, or nothing.
    pub fn is_answer(self) -> bool {
        matches!(self, Kind::ErrorAnswer | Kind::EmptyAnswer | Kind::Html | Kind::Empty | Kind::Binary)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Why something is not read. Data: the sentences are made where they are shown.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NotRead {
    /// No byte, or only blanks.
    Empty,
    /// `{}`, `[]` or `null`.
    EmptyAnswer,
    /// `404 page not found`: this version does not have the page.
    NotFound,
    /// Envoy's answer to a path that it does not have.
    InvalidPath,
    /// This istiod replica does not serve that proxy.
    ProxyNotConnected,
    /// A tool or server said that it failed; its first line.
    Error {
        /// What it said.
        line: String,
    },
    /// A web page, as a login or proxy error gives it.
    Html,
    /// No text: a core dump, a picture, a program.
    Binary,
    /// A log.
    Log,
    /// JSON, but nothing that is known here.
    UnknownJson,
    /// Text, but nothing that is known here.
    Unknown,
    /// JSON that stops before anything was said.
    BadJson(Partial),
    /// Known, but not needed, so not unpacked.
    NotNeeded,
    /// A limit of unpacking was reached.
    Limit {
        /// Which.
        limit: Limit,
    },
    /// Its archive is damaged there.
    Damaged {
        /// How.
        damage: Damage,
        /// The offset in the unpacked archive, where that is known.
        at: Option<u64>,
    },
    /// It wants a password.
    Encrypted,
    /// It is packed by a method of zip that is not known here.
    Method {
        /// Its number (APPNOTE.TXT, 4.4.5).
        method: u16,
    },
    /// An archive of a format that is not read.
    Archive {
        /// Which.
        format: Format,
    },
    /// A link, a device, or a file with holes.
    Special,
}

/// How far a document can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Partial {
    /// The first byte that cannot be read.
    pub at: u32,
    /// Why.
    pub stop: Stop,
}

/// Why a document cannot be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// It ends inside a value.
    Truncated,
    /// Something else was expected.
    Expected(Expected),
    /// It has more values than are indexed.
    TooMany,
    /// It is no YAML from there on.
    Yaml,
}

impl Partial {
    /// How the outline of `bytes` ended, unless it is whole.
    pub fn of(bytes: &[u8], outline: &Outline) -> Option<Partial> {
        match outline.end {
            End::Complete(_) => None,
            End::Truncated => {
                Some(Partial { at: u32::try_from(bytes.len()).unwrap_or(u32::MAX), stop: Stop::Truncated })
            }
            End::Invalid(fault) => Some(Partial { at: fault.at, stop: Stop::Expected(fault.expected) }),
            End::TooMany(at) => Some(Partial { at, stop: Stop::TooMany }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_and_are_what_serde_writes() {
        let mut names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
