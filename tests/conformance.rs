//! Tables as istioctl prints them: the library on captured files against istioctl's own output about them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use xdscope::envoy::ConfigDump;
use xdscope::instant::Instant;
use xdscope::intake::{Limits, Step, Unpack};
use xdscope::json::{Outline, Tree};
use xdscope::tables::all::{self, AllFilter};
use xdscope::tables::cluster::{self, ClusterFilter};
use xdscope::tables::endpoint::{self, EndpointFilter};
use xdscope::tables::listener::{self, ListenerFilter};
use xdscope::tables::output::{Format, list};
use xdscope::tables::ztunnel::workload::{self, WorkloadFilter};
use xdscope::tables::ztunnel::{certificate, policy, service};
use xdscope::tables::{Dump, authz, bootstrap, ecds, eds, legacy, route, secret, waypoint};
use xdscope::ztunnel::ZtunnelDump;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The members of a fixture, by path.
fn members(fixture: &str) -> BTreeMap<String, Vec<u8>> {
    let bytes = std::fs::read(root().join("tests/fixtures").join(fixture)).unwrap();
    let all = Unpack::new("unknown", bytes, Limits::default()).wanting(|_| true);
    all.filter_map(|step| match step {
        Step::Member(member) => Some((member.path, member.bytes)),
        Step::Unread(unread) => panic!("{unread:?}"),
        Step::Busy => None,
    })
    .collect()
}

/// A config dump and its index.
struct Opened<'b> {
    bytes: &'b [u8],
    index: ConfigDump,
}

impl<'b> Opened<'b> {
    fn of(bytes: &'b [u8]) -> Opened<'b> {
        Opened { bytes, index: ConfigDump::read(bytes, &Outline::of(bytes, 0)) }
    }

    fn dump(&self) -> Dump<'_> {
        Dump { bytes: self.bytes, index: &self.index }
    }
}

/// What the library prints where istioctl printed the file `golden`; `None` for a file of another command.
fn printed(golden: &str, dump: Dump<'_>, page: &[u8]) -> Option<String> {
    let now = dump.index.updated(dump.bytes).unwrap();
    let clusters = |filter: ClusterFilter| cluster::text(&cluster::rows(dump, &filter).unwrap().rows, false);
    let listeners = |filter: ListenerFilter, verbose: bool| {
        listener::text(&listener::rows(dump, &filter).unwrap().rows, verbose, false)
    };
    let listeners_json = |filter: ListenerFilter| {
        list(&listener::print(dump, &filter, Format::Json).unwrap().rows, Format::Json)
    };
    let routes = |verbose| route::text(&route::rows(dump, "").unwrap().rows, verbose, false);
    let routes_json = |name| list(&route::print(dump, name, Format::Json).unwrap().rows, Format::Json);
    let endpoints = |filter: EndpointFilter| {
        let tree = Tree::whole(page).unwrap();
        endpoint::text(&endpoint::rows(tree.root(), &filter))
    };
    let port = |port| EndpointFilter { port, ..EndpointFilter::default() };
    let reviews = "outbound|9080||reviews.default.svc.cluster.local";
    Some(match golden {
        "cluster.txt" => clusters(ClusterFilter::default()),
        "cluster-fqdn-reviews.txt" => {
            clusters(ClusterFilter { fqdn: "reviews.default.svc.cluster.local".into(), ..Default::default() })
        }
        "cluster-direction-inbound.txt" => {
            clusters(ClusterFilter { direction: "inbound".into(), ..Default::default() })
        }
        "cluster.json" => {
            let found = cluster::print(dump, &ClusterFilter::default(), Format::Json).unwrap();
            list(&found.rows, Format::Json)
        }
        "listener.txt" => listeners(ListenerFilter::default(), true),
        "listener-short.txt" => listeners(ListenerFilter::default(), false),
        "listener-port-9080.txt" => listeners(on_port(9080), true),
        "listener.json" => listeners_json(ListenerFilter::default()),
        "listener-port-15001.json" => listeners_json(on_port(15001)),
        "route.txt" => routes(true),
        "route-short.txt" => routes(false),
        "route.json" => routes_json(""),
        "route-name-9080.json" => routes_json("9080"),
        "endpoint.txt" => endpoints(EndpointFilter::default()),
        "endpoint-reviews.txt" => {
            endpoints(EndpointFilter { cluster: reviews.into(), ..EndpointFilter::default() })
        }
        "cluster.yaml" => {
            let found = cluster::print(dump, &ClusterFilter::default(), Format::Yaml).unwrap();
            list(&found.rows, Format::Yaml)
        }
        "cluster-subset-v1.txt" => {
            clusters(ClusterFilter { subset: "v1".into(), ..ClusterFilter::default() })
        }
        "listener-type-tcp.txt" => {
            listeners(ListenerFilter { listener_type: "tcp".into(), ..ListenerFilter::default() }, true)
        }
        "listener-address.txt" => {
            listeners(ListenerFilter { address: "0.0.0.0".into(), ..ListenerFilter::default() }, true)
        }
        "listener-waypoint.txt" => waypoint::text(&waypoint::rows(dump).unwrap().rows),
        "listener.yaml" => {
            let found = listener::print(dump, &ListenerFilter::default(), Format::Yaml).unwrap();
            list(&found.rows, Format::Yaml)
        }
        "route.yaml" => list(&route::print(dump, "", Format::Yaml).unwrap().rows, Format::Yaml),
        "eds-port-9080.json" => list(&eds::print(dump, &port(9080), Format::Json).rows, Format::Json),
        "eds-port-9080.yaml" => list(&eds::print(dump, &port(9080), Format::Yaml).rows, Format::Yaml),
        "endpoint-port-9080.txt" => endpoints(port(9080)),
        "endpoint-port-15010.json" => {
            let tree = Tree::whole(page).unwrap();
            list(&endpoint::print(tree.root(), &port(15010), Format::Json), Format::Json)
        }
        "bootstrap-short.txt" => bootstrap::text(dump).unwrap(),
        "all-headers.txt" => {
            all::text(dump, &AllFilter { verbose: true, with_headers: true, ..AllFilter::default() }, now)
                .text
        }
        "all-short.txt" => {
            let filter = AllFilter {
                cluster: ClusterFilter { port: 9080, ..ClusterFilter::default() },
                listener: on_port(9080),
                endpoint: port(9080),
                ..AllFilter::default()
            };
            all::text(dump, &filter, now).text
        }
        "eds.txt" => eds::text(&eds::rows(dump, &EndpointFilter::default()).rows, false),
        "secret.txt" => secret::text(&secret::rows(dump, now).unwrap().rows, false),
        "secret.json" => secret::print(dump, Format::Json).unwrap(),
        "bootstrap.json" => bootstrap::print(dump, Format::Json).unwrap(),
        "authz.txt" => authz::text(&authz::rows(dump).unwrap().rows),
        "all.txt" => all::text(dump, &AllFilter { verbose: true, ..AllFilter::default() }, now).text,
        _ => return None,
    })
}

/// Compares JSON by value (the order of a list's elements counts not: istioctl's is that of a map for some) and text
/// by its bytes.
fn compare(name: &str, got: &str, want: &str) {
    if !name.ends_with(".json") {
        let line = got.lines().zip(want.lines()).position(|(got, want)| got != want);
        let line = line.map(|at| (got.lines().nth(at), want.lines().nth(at)));
        assert!(got == want, "{name}: first line that differs: {line:#?}");
        return;
    }
    let values = |text: &str| match serde_json::from_str(text).unwrap() {
        Value::Array(mut items) => {
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        other => other,
    };
    assert!(values(got) == values(want), "{name}: the values differ");
}

fn scenario(name: &str, least: usize) {
    let members = members(&format!("istio/1.27/{name}.tar.gz"));
    check(name, &members, &members, least);
}

/// Checks each of istioctl's outputs about a scenario.
fn check(name: &str, members: &BTreeMap<String, Vec<u8>>, goldens: &BTreeMap<String, Vec<u8>>, least: usize) {
    let mut checked = 0;
    for (path, want) in goldens.iter().filter(|(path, _)| path.contains(&format!("{name}/"))) {
        let parts: Vec<&str> = path.split('/').collect();
        let [.., "istioctl", proxy, golden] = parts[..] else { continue };
        let of = |page: &str| {
            let envoy = format!("/envoy/{proxy}/{page}");
            members.iter().find(|(path, _)| path.ends_with(&envoy)).unwrap().1
        };
        let opened = Opened::of(of("config_dump.json"));
        let want = std::str::from_utf8(want).unwrap();
        // Empty: istioctl had nothing to print and said why.
        if want.trim().is_empty() {
            continue;
        }
        if let Some(got) = printed(golden, opened.dump(), of("clusters.json")) {
            compare(path, &got, want);
            checked += 1;
        }
    }
    assert!(checked >= least, "{name}: only {checked} of istioctl's outputs were compared");
}

#[test]
fn bookinfo_synced_is_as_istioctl_prints_it() {
    scenario("bookinfo-synced", 64);
}

#[test]
fn bookinfo_stale_is_as_istioctl_prints_it() {
    scenario("bookinfo-stale", 21);
}

/// Other proxies, other filters, YAML: what istioctl 86c9f01f printed when it was run again on the captures.
#[test]
fn more_of_bookinfo_is_as_istioctl_prints_it() {
    let goldens = members("istio/1.27/istioctl-more.tar.gz");
    for name in ["bookinfo-synced", "bookinfo-stale"] {
        check(name, &members(&format!("istio/1.27/{name}.tar.gz")), &goldens, 20);
    }
}

/// istioctl's own cases, where they are at hand.
fn testdata() -> Option<PathBuf> {
    let folder = root().join("../shared/corpus/istioctl-testdata");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

fn file(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn istioctls_own_routes() {
    let Some(folder) = testdata() else { return };
    for case in ["empty-gateway", "istio-gateway-http-route-prefix", "k8s-gateway-http-route-path-prefix"] {
        let bytes = file(&folder, &format!("routes/{case}/configdump.json"));
        let want = file(&folder, &format!("routes/{case}/output.txt"));
        let opened = Opened::of(&bytes);
        let got = route::text(&route::rows(opened.dump(), "").unwrap().rows, true, false);
        compare(case, &got, std::str::from_utf8(&want).unwrap());
    }
}

#[test]
fn istioctls_own_secrets() {
    let Some(folder) = testdata() else { return };
    let bytes = file(&folder, "secret/istio/config_dump.json");
    let want = file(&folder, "secret/istio/output");
    // The case was made when its certificate had expired, and its root had not.
    let now = Instant::parse("2026-11-23T15:00:00Z").unwrap();
    let opened = Opened::of(&bytes);
    let got = secret::text(&secret::rows(opened.dump(), now).unwrap().rows, false);
    compare("secret", &got, std::str::from_utf8(&want).unwrap());
}

#[test]
fn istioctls_own_extensions() {
    let Some(folder) = testdata() else { return };
    let bytes = file(&folder, "ecds/configdump.json");
    let opened = Opened::of(&bytes);
    let dump = opened.dump();
    let want = |name: &str| String::from_utf8(file(&folder, &format!("ecds/{name}"))).unwrap();
    compare("ecds", &ecds::text(&ecds::rows(dump).unwrap().rows), &want("output.txt"));
    let print = |format| ecds::join(&ecds::print(dump, format).unwrap().rows, format);
    compare("ecds.json", &print(Format::Json), &want("output.json"));
    compare("ecds.yaml", print(Format::Yaml).trim_end(), want("output.yaml").trim_end());
}

#[test]
fn istioctls_own_ztunnel() {
    let Some(folder) = testdata() else { return };
    let bytes = file(&folder, "ztunnel/dump.json");
    let tree = Tree::whole(&bytes).unwrap();
    let of = ZtunnelDump(tree.root());
    let now = Instant::parse("2026-11-23T15:00:00Z").unwrap();
    for (name, got) in [
        ("workload", workload::text(&workload::rows(of, &WorkloadFilter::default()))),
        ("service", service::text(&service::rows(of, ""))),
        ("policy", policy::text(&policy::rows(of, ""))),
        ("certificate", certificate::text(&certificate::rows(of, now))),
    ] {
        let want = file(&folder, &format!("ztunnel/{name}.txt"));
        compare(name, &got, std::str::from_utf8(&want).unwrap());
    }
}

/// The layouts of Istio 1.1, from a dump of its time.
#[test]
fn istio_1_1_is_as_its_documentation_shows_it() {
    let bytes = std::fs::read(root().join("tests/fixtures/istio/1.1/config_dump.json")).unwrap();
    let opened = Opened::of(&bytes);
    let dump = opened.dump();
    let clusters = legacy::clusters(&cluster::rows(dump, &ClusterFilter::default()).unwrap().rows);
    let want = "\
SERVICE FQDN                                           PORT      SUBSET     DIRECTION     TYPE
BlackHoleCluster                                       -         -          -             STATIC
PassthroughCluster                                     -         -          -             ORIGINAL_DST
details.default.svc.cluster.local                      9080      -          outbound      EDS
heapster.kube-system.svc.cluster.local                 80        -          outbound      EDS
istio-citadel.istio-system.svc.cluster.local           8060      -          outbound      EDS
istio-citadel.istio-system.svc.cluster.local           15014     -          outbound      EDS
istio-egressgateway.istio-system.svc.cluster.local     80        -          outbound      EDS
productpage.default.svc.cluster.local                  9080      http       inbound       STATIC
reviews.default.svc.cluster.local                      9080      -          outbound      EDS
xds-grpc                                               -         -          -             STRICT_DNS
";
    compare("clusters", &clusters, want);
    let rows = legacy::listener_rows(dump, &ListenerFilter::default()).unwrap().rows;
    let want = "\
ADDRESS            PORT      TYPE
172.21.252.250     15005     TCP
172.21.160.5       443       TCP
0.0.0.0            15010     HTTP
0.0.0.0            9080      HTTP
0.0.0.0            15001     TCP
172.30.164.190     9080      HTTP
";
    compare("listeners", &legacy::listeners(&rows), want);
    // Today's tables read it too: `config` filters under their old names.
    let listeners = listener::text(&listener::rows(dump, &on_port(9080)).unwrap().rows, true, false);
    let want = "\
ADDRESSES      PORT MATCH DESTINATION
0.0.0.0        9080 ALL   Route: 9080
172.30.164.190 9080 ALL   Route: 9080
";
    compare("listeners of today", &listeners, want);
}

fn on_port(port: u32) -> ListenerFilter {
    ListenerFilter { port, ..ListenerFilter::default() }
}
