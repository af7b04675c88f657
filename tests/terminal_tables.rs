//! The terminal's contract, on its tables: what goes where, and with which exit status.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

mod terminal;

use std::io::Read;
use std::process::{Command, Output, Stdio};

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/istio/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn xdscope(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xdscope")).args(arguments).output().unwrap()
}

/// Fails with this status, prints nothing, and says why in one line with these words.
fn fails(arguments: &[&str], status: i32, words: &[&str]) {
    terminal::failed(xdscope(arguments), arguments, status, words);
}

#[test]
fn an_error_is_one_line_that_says_what_to_do() {
    let old = fixture("1.1/config_dump.json");
    let report = fixture("1.27/bug-report.tar.gz");
    fails(&["pc", "cluster", "--file", "/nowhere"], 1, &["/nowhere", "No such file"]);
    fails(&["pc", "cluster", "--file", &report], 1, &["choose one with --proxy", "payments-v1-"]);
    fails(&["pc", "cluster", "--file", &report, "--proxy", "nobody"], 1, &["no proxy nobody"]);
    fails(&["pc", "ecds", "--file", &old], 1, &["EcdsConfigDump", "kubectl exec productpage-v1-"]);
    fails(&["pc", "secret", "--file", &old, "--now", "soon"], 2, &["--now soon", "clock"]);
    fails(&["pc", "secret", "--file", &old], 1, &["SecretsConfigDump", "include_eds"]);
    fails(&["pc", "cluster"], 2, &["--file"]);
    fails(&["pc", "cluster", "--file", &old, "--port", "http"], 2, &["--port"]);
    fails(&["pc", "nothing"], 2, &["nothing"]);
    fails(&["zc", "workload", "--file", &old], 1, &["ztunnel config dump", "envoy_config_dump"]);
}

#[test]
fn a_remark_does_not_disturb_the_table() {
    let output = xdscope(&["pc", "eds", "--file", &fixture("1.1/config_dump.json")]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "NAME     STATUS     LOCALITY     CLUSTER\n");
    assert!(String::from_utf8(output.stderr).unwrap().contains("EndpointsConfigDump"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn one_proxy_of_an_archive_is_chosen_by_name() {
    let report = fixture("1.27/bug-report.tar.gz");
    let name = "reviews-v1-55d4c455db-zjj2m";
    let table = |command: &str, proxy: &str| {
        let output = xdscope(&["pc", command, "--file", &report, "--proxy", proxy]);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let clusters = table("c", name);
    assert!(clusters.contains("reviews.default.svc.cluster.local"));
    assert_eq!(clusters, table("clusters", &format!("{name}.default")));
    // The archive has the clusters page as text.
    assert!(table("ep", name).contains("10.244.1.12:9080      HEALTHY     OK "));
}

#[test]
fn root_certificates_are_compared() {
    let report = fixture("1.27/bookinfo-stale.tar.gz");
    let (one, other) = ("reviews-v1-55d4c455db-zjj2m", "details-v1-6dcc6fbb9d-wsjz4.default");
    let output = xdscope(&["pc", "rootca-compare", one, other, "--file", &report]);
    let want = format!(
        "Both [{one}.default] and [{other}] have the identical ROOTCA, theoretically the connectivity between \
         them is available\n"
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), want);
}

/// Guards `xdscope … | head -1`.
#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let report = fixture("1.27/big.json.gz");
    let mut child = Command::new(env!("CARGO_BIN_EXE_xdscope"))
        .args(["pc", "cluster", "--file", &report])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut start = [0; 12];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut start).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((&start[..], output.status.code()), (&b"SERVICE FQDN"[..], Some(0)));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
