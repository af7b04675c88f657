//! Every kind of document, from a real program where one is at hand, under names that say nothing: `xdscope ls` calls
//! every one by its name.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use xdscope::intake::{Kind, Limits, Step, Unpack, recognise};

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The first member of a fixture whose path ends so.
fn member(fixture: &str, end: &str) -> Vec<u8> {
    let bytes = std::fs::read(fixtures().join(fixture)).unwrap();
    let found = Unpack::new("x", bytes, Limits::default()).wanting(|_| true).find_map(|step| match step {
        Step::Member(member) if member.path.ends_with(end) => Some(member.bytes),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{fixture}: no {end}"))
}

const SYNCED: &str = "istio/1.27/bookinfo-synced.tar.gz";
const MORE: &str = "istio/1.27/istioctl-more.tar.gz";
const REPORT: &str = "istio/1.27/bug-report.tar.gz";
const PAGES: &str = "envoy/1.40/pages.tar.gz";
const SIDECAR: &str = "envoy/1.40/sidecar.tar.gz";

/// What real programs said.
const REAL: &[(&str, &str, Kind)] = &[
    (PAGES, "/config_dump", Kind::EnvoyConfigDump),
    (PAGES, "/config_dump-resource", Kind::EnvoyConfigDump),
    (PAGES, "/config_dump-mask", Kind::EnvoyConfigDump),
    (PAGES, "/config_dump-name_regex", Kind::EnvoyConfigDump),
    (PAGES, "/config_dump-listeners", Kind::EnvoyConfigDump),
    (PAGES, "/clusters", Kind::EnvoyClusters),
    (PAGES, "/clusters-text", Kind::EnvoyClustersText),
    (PAGES, "/listeners", Kind::EnvoyListeners),
    (PAGES, "/listeners-text", Kind::EnvoyListenersText),
    (PAGES, "/server_info", Kind::EnvoyServerInfo),
    (PAGES, "/certs", Kind::EnvoyCerts),
    (PAGES, "/stats", Kind::EnvoyStats),
    (PAGES, "/stats-json", Kind::EnvoyStats),
    (PAGES, "/stats-prometheus", Kind::EnvoyStatsPrometheus),
    (PAGES, "/runtime", Kind::EnvoyRuntime),
    (PAGES, "/init_dump", Kind::EmptyAnswer),
    (PAGES, "/memory", Kind::EnvoyMemory),
    (PAGES, "/home", Kind::Html),
    (PAGES, "/help", Kind::ErrorAnswer),
    (PAGES, "/not-found", Kind::ErrorAnswer),
    (PAGES, "/access.log", Kind::Log),
    (PAGES, "/envoy.log", Kind::Log),
    (SIDECAR, "/config_dump", Kind::EnvoyConfigDump),
    (SIDECAR, "/init_dump", Kind::EnvoyInitDump),
    (SIDECAR, "/certs", Kind::EnvoyCerts),
    (SIDECAR, "/listeners", Kind::EnvoyListeners),
    (SIDECAR, "/runtime", Kind::EnvoyRuntime),
    (SIDECAR, "/stats", Kind::EnvoyStats),
    (SIDECAR, "/stats-json", Kind::EnvoyStats),
    (SIDECAR, "/stats-prometheus", Kind::EnvoyStatsPrometheus),
    ("envoy/static.yaml", "", Kind::EnvoyYaml),
    ("envoy/sidecar/envoy.yaml", "", Kind::EnvoyYaml),
    ("istio/1.1/config_dump.json", "", Kind::EnvoyConfigDump),
    (SYNCED, "bootstrap.json", Kind::EnvoyBootstrap),
    (SYNCED, "syncz.json", Kind::IstiodSyncz),
    (SYNCED, "adsz.json", Kind::IstiodAdsz),
    (
        SYNCED,
        "istiod-6d9f5c7b8-abcde/proxies/details-v1-6dcc6fbb9d-wsjz4.default/config_dump.json",
        Kind::IstiodConfigDump,
    ),
    (SYNCED, "edsz.json", Kind::IstiodEdsz),
    (SYNCED, "sidecarz.json", Kind::IstiodSidecarz),
    (SYNCED, "registryz.json", Kind::IstiodRegistryz),
    (SYNCED, "endpointShardz.json", Kind::IstiodEndpointShardz),
    (SYNCED, "configz.json", Kind::IstiodConfigz),
    (SYNCED, "push_status.json", Kind::IstiodPushStatus),
    (SYNCED, "mesh.json", Kind::IstiodMesh),
    (SYNCED, "instancesz.json", Kind::IstiodInstancesz),
    (SYNCED, "connections.json", Kind::IstiodConnections),
    (SYNCED, "authorizationz.json", Kind::IstiodAuthorizationz),
    (SYNCED, "telemetryz.json", Kind::IstiodTelemetryz),
    (SYNCED, "resourcesz.json", Kind::IstiodResourcesz),
    (SYNCED, "networkz.json", Kind::EmptyAnswer),
    (SYNCED, "proxy-status.json", Kind::IstioctlProxyStatus),
    (SYNCED, "proxy-status-v1.txt", Kind::IstioctlTable),
    (SYNCED, "compare.txt", Kind::IstioctlCompare),
    (SYNCED, "cluster.json", Kind::IstioctlClusters),
    (SYNCED, "listener.json", Kind::IstioctlListeners),
    (SYNCED, "route.json", Kind::IstioctlRoutes),
    (SYNCED, "secret.json", Kind::IstioctlSecrets),
    (SYNCED, "ecds.err", Kind::ErrorAnswer),
    (SYNCED, "ecds.txt", Kind::Empty),
    (MORE, "cluster.yaml", Kind::IstioctlClusters),
    (MORE, "listener.yaml", Kind::IstioctlListeners),
    (MORE, "route.yaml", Kind::IstioctlRoutes),
    (MORE, "endpoint-port-15010.json", Kind::IstioctlEndpoints),
    (MORE, "bootstrap-short.txt", Kind::IstioctlVersion),
    (MORE, "all-short.txt", Kind::IstioctlTable),
    (MORE, "listener-waypoint.txt", Kind::IstioctlTable),
    (REPORT, "config_dump?include_eds", Kind::EnvoyConfigDump),
    (REPORT, "/clusters", Kind::EnvoyClustersText),
    (REPORT, "ambientz", Kind::ErrorAnswer),
    (REPORT, "versions", Kind::IstioctlVersion),
    (REPORT, "istio-proxy.log", Kind::Log),
    (REPORT, "cluster/pods", Kind::KubernetesYaml),
    ("istio/1.27/resources.yaml.gz", "", Kind::KubernetesYaml),
];

/// What no program at hand says: the shapes that the sources and documentation give (pilot/pkg/xds/debug.go of Istio 1.1,
/// 1.10 and 1.27; ztunnel's src/admin.rs).
const WRITTEN: &[(&str, Kind)] = &[
    (
        "# HELP pilot_xds Number of endpoints connected.\n# TYPE pilot_xds gauge\npilot_xds{version=\"1.27\"} 1\n",
        Kind::Prometheus,
    ),
    (r#"{"version":"48bc83d8/1.12.0-dev/Clean/RELEASE/BoringSSL"}"#, Kind::EnvoyServerInfo),
    (
        r#"[{"service-key":"a.default.svc.cluster.local","hosts":[{"Endpoint":{"Address":"1.2.3.4"}}]}]"#,
        Kind::IstiodEdsz,
    ),
    (
        r#"{"configs":[{"@type":"type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig","name":"a"}]}"#,
        Kind::IstiodEcdsz,
    ),
    (
        r#"{"table":{"a.default.svc.cluster.local":{"ips":["10.0.0.1"],"registry":"Kubernetes"}}}"#,
        Kind::IstiodNdsz,
    ),
    (r#"[{"svc":"a.default:http","ep":[{"service":{"hostname":"a"}}]}]"#, Kind::IstiodEndpointz),
    (r#"[{"Network":"n","Cluster":"K","Addr":"1.2.3.4","Port":15443}]"#, Kind::IstiodNetworkz),
    (r#"[{"id":"K","secretName":"","syncStatus":"synced"}]"#, Kind::IstiodClusterz),
    (r#"{"workloads":[],"services":[],"policies":[]}"#, Kind::IstiodAmbientz),
    (r#"{"policy":"enabled","templates":{"sidecar":"x"}}"#, Kind::IstiodInject),
    (r#"{"ecdsFilters":[{"ecdsFilter":{"name":"a"}}]}"#, Kind::IstioctlEcds),
    (r#"{"workloads":{"a":{}},"services":{},"certificates":[]}"#, Kind::ZtunnelConfigDump),
    (r#"{"apiVersion":"v1","kind":"List","items":[]}"#, Kind::KubernetesJson),
    ("\x7fELF\x02\x01\x01\0\0\0", Kind::Binary),
    ("Dear support,\nplease find attached nothing of use.\n", Kind::Unknown),
    (
        "Proxy not connected to this Pilot instance. It may be connected to another instance.\n",
        Kind::ErrorAnswer,
    ),
    ("Error from server (NotFound): pods \"a\" not found\n", Kind::ErrorAnswer),
    ("null\n", Kind::EmptyAnswer),
];

fn all() -> Vec<(Vec<u8>, Kind)> {
    let real = REAL.iter().map(|(fixture, end, kind)| (member(fixture, end), *kind));
    real.chain(WRITTEN.iter().map(|(text, kind)| (text.as_bytes().to_vec(), *kind))).collect()
}

#[test]
fn each_kind_has_its_document() {
    let have: BTreeSet<Kind> = all().into_iter().map(|it| it.1).collect();
    let missing: Vec<_> = Kind::ALL.iter().filter(|it| !have.contains(it)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_folder_of_all_kinds_under_names_that_say_nothing() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("kinds");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut want = BTreeMap::new();
    for (number, (bytes, kind)) in all().into_iter().enumerate() {
        let name = format!("{number:03}");
        std::fs::write(folder.join(&name), bytes).unwrap();
        want.insert(name, kind.name().to_owned());
    }
    let ran =
        Command::new(env!("CARGO_BIN_EXE_xdscope")).args(["ls", "-o", "json"]).arg(&folder).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let list: Vec<serde_json::Value> = serde_json::from_slice(&ran.stdout).unwrap();
    let text = |it: &serde_json::Value, key: &str| it[key].as_str().unwrap().to_owned();
    let found: BTreeMap<_, _> = list.iter().map(|it| (text(it, "path"), text(it, "kind"))).collect();
    assert_eq!(found, want);
}

/// What follows the text of a document, as a terminal leaves it, makes nothing else of it.
#[test]
fn crlf_changes_no_kind() {
    for (bytes, kind) in all() {
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let windows = text.replace('\n', "\r\n");
        let found = xdscope::intake::pieces(windows.into_bytes(), None);
        let kinds: Vec<_> = found.iter().map(|it| it.found.kind).collect();
        assert_eq!(kinds, [kind], "{}", &text[..text.len().min(80)]);
    }
    assert_eq!(recognise(b"").kind, Kind::Empty);
}
