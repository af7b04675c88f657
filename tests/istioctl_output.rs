//! What istioctl prints with `-o json` and `-o yaml`, of every sub-command, is a table again. `xdscope proxy-config` prints
//! the same to the byte (tests/conformance.rs), so its output stands for istioctl's.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

use std::path::{Path, PathBuf};
use std::process::Command;

use xdscope::engine::Engine;
use xdscope::engine::protocol::{Answer, Query, TableKind, Window};
use xdscope::intake::{Limits, Step, Unpack};

fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("istioctl-output");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A page of a proxy's, as a file.
fn page(fixture: &str, end: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
    let bytes = std::fs::read(path).unwrap();
    let found = Unpack::new("x", bytes, Limits::default()).find_map(|step| match step {
        Step::Member(member) if member.path.ends_with(end) => Some(member.bytes),
        _ => None,
    });
    let path = folder().join(end.replace('/', "-"));
    std::fs::write(&path, found.unwrap()).unwrap();
    path
}

fn print(what: &str, file: &Path, output: &[&str]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_xdscope"))
        .args(["proxy-config", what, "--file"])
        .arg(file)
        // Certificates are judged by the capture's time unless told.
        .args(if what == "secret" { &["--now", "2026-11-23T15:00:00Z"][..] } else { &[] })
        .args(output)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{what} {}: {}", file.display(), String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// What a text is, and how many rows its table on the page has.
fn opened(text: &str, table: TableKind) -> (String, u32) {
    let mut engine = Engine::default();
    engine.add("unknown", text.as_bytes().to_vec(), None);
    engine.link();
    let Answer::Capture(capture) = engine.ask(&Query::Capture) else { panic!() };
    assert_eq!((capture.documents.len(), capture.proxies.len()), (1, 1), "{:?}", capture.documents);
    let proxy = capture.proxies[0].id;
    let window = Window { limit: 10, ..Window::default() };
    match engine.ask(&Query::Table { proxy, table, window }) {
        Answer::Table(found) => (capture.documents[0].kind.clone(), found.total),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_sub_command_is_a_table_again() {
    const SYNCED: &str = "istio/1.27/bookinfo-synced.tar.gz";
    let dump = page(SYNCED, "envoy/productpage-v1-7b9b5fdfd6-4r52s/config_dump.json");
    let clusters = page(SYNCED, "envoy/productpage-v1-7b9b5fdfd6-4r52s/clusters.json");
    for (what, file, table, kind) in [
        ("cluster", &dump, TableKind::Clusters, "istioctl_clusters"),
        ("listener", &dump, TableKind::Listeners, "istioctl_listeners"),
        ("route", &dump, TableKind::Routes, "istioctl_routes"),
        ("endpoint", &clusters, TableKind::Endpoints, "istioctl_endpoints"),
        // A list of ClusterLoadAssignments is what Pilot's edsz of 1.5 was, too.
        ("eds", &dump, TableKind::Endpoints, "istiod_edsz"),
        ("secret", &dump, TableKind::Secrets, "istioctl_secrets"),
        ("bootstrap", &dump, TableKind::Bootstrap, "envoy_bootstrap"),
        ("all", &dump, TableKind::Clusters, "envoy_config_dump"),
    ] {
        let printed = print(what, file, &[]);
        for format in ["json", "yaml"] {
            let text = print(what, file, &["-o", format]);
            let (found, rows) = opened(&text, table);
            let kind = if (what, format) == ("bootstrap", "yaml") { "envoy_yaml" } else { kind };
            assert_eq!(found, kind, "{what} -o {format}");
            assert!(rows > 0, "{what} -o {format}");
            if what == "bootstrap" {
                continue;
            }
            // The terminal's table of it is that of the whole dump.
            let path = folder().join(format!("{what}.{format}"));
            std::fs::write(&path, text).unwrap();
            assert_eq!(print(what, &path, &[]), printed, "{what} -o {format}");
        }
    }
}
