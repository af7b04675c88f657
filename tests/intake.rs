//! What each fixture, and each file of the corpus that is at hand, is recognised as: from its content, for its name
//! is not even an argument.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use xdscope::intake::{
    Kind, Limits, NotRead, Step, Stop, Unpack, for_later, json_start, recognise, recognise_with,
};
use xdscope::json::Scanner;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The members of a fixture, by the path within it. Nothing of it may be damaged or refused.
fn members(fixture: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = std::fs::read(root().join("tests/fixtures").join(fixture)).unwrap();
    let all = Unpack::new("unknown", bytes, Limits::default()).wanting(|_| true);
    all.filter_map(|step| match step {
        Step::Member(member) => {
            assert_eq!(member.damage, None, "{}", member.path);
            Some((member.path, member.bytes))
        }
        Step::Unread(unread) => panic!("{unread:?}"),
        Step::Busy => None,
    })
    .collect()
}

/// What a page of the corpus is, by where the corpus has it.
fn expected(path: &str) -> Kind {
    let parts: Vec<&str> = path.split('/').collect();
    let name = parts.last().unwrap().trim_end_matches(".json");
    if parts.contains(&"istioctl") {
        return istioctl(name);
    }
    // The gateway is not connected in either capture: istiod has no page of it.
    if parts.contains(&"proxies") && parts.contains(&"istiod") && path.contains("ingressgateway") {
        return Kind::ErrorAnswer;
    }
    match name {
        "config_dump" if parts.contains(&"istiod") => Kind::IstiodConfigDump,
        "config_dump" | "config_dump?include_eds" => Kind::EnvoyConfigDump,
        "clusters.txt" => Kind::EnvoyClustersText,
        "clusters" if parts.contains(&"bug-report") => Kind::EnvoyClustersText,
        "clusters" => Kind::EnvoyClusters,
        "listeners" => Kind::EnvoyListeners,
        "server_info" => Kind::EnvoyServerInfo,
        "certs" => Kind::EnvoyCerts,
        "syncz" => Kind::IstiodSyncz,
        "adsz" => Kind::IstiodAdsz,
        "edsz" => Kind::IstiodEdsz,
        "sidecarz" => Kind::IstiodSidecarz,
        "registryz" => Kind::IstiodRegistryz,
        "endpointShardz" => Kind::IstiodEndpointShardz,
        "configz" => Kind::IstiodConfigz,
        "push_status" => Kind::IstiodPushStatus,
        "mesh" => Kind::IstiodMesh,
        "instancesz" => Kind::IstiodInstancesz,
        "connections" => Kind::IstiodConnections,
        "authorizationz" => Kind::IstiodAuthorizationz,
        "telemetryz" => Kind::IstiodTelemetryz,
        "resourcesz" => Kind::IstiodResourcesz,
        // `null` and `{}`: nothing tells these pages apart.
        "networkz" | "ndsz" | "ecdsz" => Kind::EmptyAnswer,
        "ambientz" => Kind::ErrorAnswer,
        "pods" => Kind::KubernetesYaml,
        "versions" => Kind::IstioctlVersion,
        name if name.ends_with(".log") => Kind::Log,
        _ => panic!("{path} is new"),
    }
}

fn istioctl(name: &str) -> Kind {
    match name {
        "proxy-status" => Kind::IstioctlProxyStatus,
        "compare.txt" => Kind::IstioctlCompare,
        "cluster" => Kind::IstioctlClusters,
        "secret" => Kind::IstioctlSecrets,
        "bootstrap" | "bootstrap.txt" => Kind::EnvoyBootstrap,
        "ecds" | "ecds.txt" => Kind::Empty,
        "ecds.err" => Kind::ErrorAnswer,
        name if name.ends_with(".txt") => Kind::IstioctlTable,
        name if name.starts_with("listener") => Kind::IstioctlListeners,
        name if name.starts_with("route") => Kind::IstioctlRoutes,
        _ => panic!("{name} is new"),
    }
}

/// The pages of one proxy and those of nobody's: enough where every kind is wanted once.
fn one_proxy(path: &str) -> bool {
    !path.contains("-v1-") || path.contains("reviews")
}

const SMALL: &[&str] = &[
    "istio/1.27/bookinfo-stale.tar.gz",
    "istio/1.27/bookinfo-synced.tar.gz",
    "istio/1.27/bug-report.tar.gz",
    "istio/1.27/dns-unreachable.tar.gz",
];

#[test]
fn every_member_of_every_fixture_is_what_it_is() {
    for fixture in SMALL {
        let members = members(fixture);
        assert!(!members.is_empty());
        for (path, bytes) in members {
            let found = recognise(&bytes);
            assert_eq!(found.kind, expected(&path), "{fixture}: {path}");
            assert_eq!((found.start, found.partial), (0, None), "{fixture}: {path}");
        }
    }
    for fixture in ["istio/1.27/big.json.gz", "envoy/1.40/routes.json.gz"] {
        let all = members(fixture);
        assert_eq!(all.len(), 1);
        assert_eq!(recognise(&all[0].1).kind, Kind::EnvoyConfigDump);
    }
}

#[test]
fn members_are_called_by_their_way_in_and_dated_by_their_archive() {
    let bytes = std::fs::read(root().join("tests/fixtures/istio/1.27/bug-report.tar.gz")).unwrap();
    let steps: Vec<Step> = Unpack::new("bug-report.tar.gz", bytes, Limits::default()).collect();
    let dump = steps.iter().find_map(|step| match step {
        Step::Member(member) if member.path.ends_with("include_eds") => Some(member),
        _ => None,
    });
    let dump = dump.unwrap();
    let path =
        "bug-report.tar.gz/bug-report/proxies/default/details-v1-6dcc6fbb9d-wsjz4/config_dump?include_eds";
    assert_eq!((dump.path.as_str(), dump.modified), (path, Some(1_795_440_000)));
    // Logs are listed with their size, and not unpacked.
    let unread = steps.iter().filter_map(|step| match step {
        Step::Unread(unread) => Some((unread.kind, unread.why.clone(), unread.bytes)),
        _ => None,
    });
    let unread: Vec<_> = unread.collect();
    assert_eq!(unread.len(), 8);
    assert!(unread.contains(&(Kind::Log, NotRead::Log, Some(47))));
}

#[test]
fn what_a_terminal_puts_around_a_document_does_not_matter() {
    let befores = [
        "\u{feff}",
        "\r\n",
        "200\n",
        "Defaulted container \"istio-proxy\" out of: istio-proxy, istio-init (init)\n",
        "user@host:~$ kubectl exec reviews -c istio-proxy -- pilot-agent request GET config_dump\n",
        "2026-11-23T14:51:09.000000Z\tinfo\tads\tADS: new connection\n",
        "[2026-11-23T14:51:09.123Z] \"GET /x HTTP/1.1\" 200 - via_upstream\n",
        "{\"level\":\"info\",\"time\":\"2026-11-23T14:51:09Z\",\"msg\":\"ready\"}\n",
        "Here it is:\n```json\n",
    ];
    for (path, bytes) in
        members(SMALL[0]).into_iter().filter(|(path, bytes)| json_start(bytes) == Some(0) && one_proxy(path))
    {
        // `{}` after a line of log is a log.
        if expected(&path) == Kind::EmptyAnswer {
            continue;
        }
        for before in befores {
            let text = [before.as_bytes(), &bytes, b"\n```\nuser@host:~$ "].concat();
            let found = recognise(&text);
            assert_eq!(found.kind, expected(&path), "{path} after {before:?}");
            assert_eq!(found.start, before.len(), "{path} after {before:?}");
        }
        let windows: Vec<u8> = bytes
            .iter()
            .flat_map(|&byte| if byte == b'\n' { vec![b'\r', b'\n'] } else { vec![byte] })
            .collect();
        assert_eq!(recognise(&windows).kind, expected(&path), "{path} with CRLF");
    }
}

#[test]
fn a_document_that_is_cut_says_where() {
    for (path, bytes) in members(SMALL[0]).into_iter().filter(|(path, _)| one_proxy(path)) {
        if !matches!(expected(&path), Kind::EnvoyConfigDump | Kind::EnvoyClusters | Kind::EnvoyCerts) {
            continue;
        }
        for part in [bytes.len() / 3, bytes.len() / 2, bytes.len() - 4] {
            let found = recognise(&bytes[..part]);
            assert_eq!(found.kind, expected(&path), "{path} cut at {part}");
            let partial = found.partial.unwrap();
            assert_eq!((partial.at as usize, partial.stop), (part, Stop::Truncated), "{path}");
        }
        for part in 0..200 {
            recognise(&bytes[..part]);
        }
    }
}

#[test]
fn a_document_that_arrives_in_pieces_is_the_same() {
    for (path, bytes) in members(SMALL[0]).into_iter().filter(|(path, _)| one_proxy(path)) {
        let outline = json_start(&bytes).map(|start| {
            let mut scanner = Scanner::new(start);
            for end in (0..bytes.len()).step_by(10_007) {
                scanner.feed(&bytes[..end]);
            }
            scanner.finish(&bytes)
        });
        let (whole, pieces) = (recognise(&bytes), recognise_with(&bytes, outline));
        assert_eq!((whole.kind, whole.start, whole.why), (pieces.kind, pieces.start, pieces.why), "{path}");
        assert_eq!(whole.outline.map(|it| it.len()), pieces.outline.map(|it| it.len()), "{path}");
    }
}

/// Files of gigabytes that hold nothing but holes behind their first bytes: one that is read is a test that does not end.
#[test]
fn a_large_log_is_listed_and_a_document_that_is_too_large_refused_before_they_are_read() {
    use std::io::Write;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("large");
    std::fs::create_dir_all(&folder).unwrap();
    let line = "2026-11-23T14:51:09.000000Z\tinfo\tads\tADS: new connection\n";
    for (name, head) in [("dump", r#"{"configs": ["#), ("log", &line.repeat(2000)), ("small", "")] {
        let mut file = std::fs::File::create(folder.join(name)).unwrap();
        file.write_all(head.as_bytes()).unwrap();
        if name == "small" {
            file.write_all(line.as_bytes()).unwrap();
        } else {
            file.set_len(200 << 30).unwrap();
        }
    }
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_xdscope"))
        .args(["ls", "-o", "json"])
        .arg(&folder)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_slice(&ran.stdout).unwrap();
    let found: Vec<_> =
        list.iter().map(|it| (&it["kind"], &it["why"], it["bytes"].as_u64().unwrap())).collect();
    let text = |it: &str| serde_json::Value::from(it);
    let (log, unknown, limit, none) = (text("log"), text("unknown"), text("limit"), serde_json::Value::Null);
    let large = 200 << 30;
    assert_eq!(found, [(&unknown, &limit, large), (&log, &log, large), (&log, &none, line.len() as u64)]);
    assert_eq!(for_later(line.repeat(2000).as_bytes(), 1000), None, "small ones are read");
    let json = format!("{line}{{\"configs\": []}}");
    assert_eq!(for_later(json.as_bytes(), large), None, "what holds JSON is read");
}

/// A folder of the shared corpus that is not ours to copy; None, and a word of it, where it is absent.
fn corpus(folder: &str) -> Option<PathBuf> {
    let path = root().join("../shared/corpus").join(folder);
    if !path.is_dir() {
        eprintln!("skipped: ../shared/corpus/{folder} is absent");
        return None;
    }
    Some(path)
}

fn kind_of(folder: &Path, file: &str) -> Kind {
    recognise(&std::fs::read(folder.join(file)).unwrap()).kind
}

#[test]
fn dumps_of_2020_are_dumps() {
    let Some(folder) = corpus("istio-2020") else { return };
    for (file, want) in [
        ("productpage-config-dump", Kind::EnvoyConfigDump),
        ("details-config-dump", Kind::EnvoyConfigDump),
        ("ingressgateway_config_dump", Kind::EnvoyConfigDump),
        ("egressgateway_config_dump", Kind::EnvoyConfigDump),
        ("pilot_eds_dump", Kind::IstiodEdsz),
        // Not valid JSON: a list that has an element too few.
        ("productpage-envoy-rev0.json", Kind::EnvoyBootstrap),
    ] {
        assert_eq!(kind_of(&folder, file), want, "{file}");
    }
}

#[test]
fn istioctls_own_test_inputs_are_recognised() {
    let Some(folder) = corpus("istioctl-testdata") else { return };
    for (file, want) in [
        ("ecds/configdump.json", Kind::EnvoyConfigDump),
        ("secret/istio/config_dump.json", Kind::EnvoyConfigDump),
        ("routes/empty-gateway/configdump.json", Kind::EnvoyConfigDump),
        ("compare/configdump.json", Kind::EnvoyConfigDump),
        ("ztunnel/dump.json", Kind::ZtunnelConfigDump),
        ("pilot/multiXdsStatusSinglePilot.json", Kind::IstioctlProxyStatus),
        ("pilot/multiXdsStatusSinglePilot.yaml", Kind::IstioctlProxyStatus),
        ("pilot/multiXdsStatusMultiPilot_verbose.txt", Kind::IstioctlTable),
        ("ecds/output.json", Kind::IstioctlEcds),
        ("ztunnel/policy.txt", Kind::IstioctlTable),
    ] {
        assert_eq!(kind_of(&folder, file), want, "{file}");
    }
}

/// Pages small enough to be changed thousands of times.
fn pages() -> Vec<Vec<u8>> {
    let small = members(SMALL[0]).into_iter().map(|(_, bytes)| bytes);
    small.filter(|bytes| (1..3000).contains(&bytes.len())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_page_with_some_bytes_changed_is_something(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in any::<prop::sample::Index>(),
    ) {
        static PAGES: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(pages);
        let mut bytes = which.get(&PAGES).clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(end.index(bytes.len() * 4));
        let found = recognise(&bytes);
        prop_assert!(found.start <= bytes.len());
        prop_assert!(found.partial.is_none_or(|it| it.at as usize <= bytes.len()));
    }

    #[test]
    fn any_text_is_something(text in "(\\PC|\n|[{}\\[\\]\":, 0-9]){0,300}") {
        let found = recognise(text.as_bytes());
        prop_assert!(found.start <= text.len());
    }
}
