//! When a capture was taken: by its documents, then by its archive, never by its file.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use std::path::{Path, PathBuf};
use std::process::Command;

use xdscope::instant::Instant;
use xdscope::intake::{Limits, Step, Unpack};

/// The latest instant inside the fixture's documents, when istiod sent something last; and a fraction of a second.
const SENT: &str = "2026-11-23T14:53:45Z";

/// A bug-report whose members were written so many seconds after what they say last.
fn archive(after: i64) -> Vec<u8> {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/istio/1.27/bug-report.tar.gz");
    let mut builder = tar::Builder::new(Vec::new());
    for step in Unpack::new("", std::fs::read(fixture).unwrap(), Limits::default()) {
        let Step::Member(member) = step else { continue };
        if !member.path.contains("syncz") && !member.path.contains("details") {
            continue;
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(member.bytes.len() as u64);
        header.set_mtime(u64::try_from(Instant::parse(SENT).unwrap().seconds() + after).unwrap());
        header.set_cksum();
        builder.append_data(&mut header, member.path.trim_start_matches('/'), &member.bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

fn run(arguments: &[&str], path: &Path) -> serde_json::Value {
    let out = Command::new(env!("CARGO_BIN_EXE_xdscope")).args(arguments).arg(path).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// When `xdscope ls` says that syncz was captured, and how old what was sent last is.
fn said(after: i64) -> (String, String) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("dated.tar");
    std::fs::write(&path, archive(after)).unwrap();
    let list = run(&["ls", "-o", "json"], &path);
    let syncz = list.as_array().unwrap().iter().find(|it| it["kind"] == "istiod_syncz").unwrap();
    let status = run(&["proxy-status", "-o", "json"], &path);
    let newest = status.as_array().unwrap().iter().find(|it| it["types"]["CDS"]["sent"] == SENT).unwrap();
    let text = |it: &serde_json::Value| it.as_str().unwrap().to_owned();
    (text(&syncz["captured"]), text(&newest["types"]["CDS"]["age"]))
}

#[test]
fn ages_count_to_the_archives_date_within_a_day() {
    for (after, captured, age) in
        [(4, "2026-11-23T14:53:49Z", "3s"), (0, SENT, "0s"), (-60, SENT, "0s"), (90_000, SENT, "0s")]
    {
        assert_eq!(said(after), (captured.to_owned(), age.to_owned()), "{after}");
    }
}
