//! The terminal's contract, on `xdscope trace`.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

mod terminal;

use std::process::{Command, Output};

const PRODUCTPAGE: &str = "productpage-v1-7b9b5fdfd6-4r52s";

fn xdscope(arguments: &[&str]) -> Output {
    let stale = format!("{}/tests/fixtures/istio/1.27/bookinfo-stale.tar.gz", env!("CARGO_MANIFEST_DIR"));
    let first = ["trace", "--file", &stale, "--proxy", PRODUCTPAGE];
    Command::new(env!("CARGO_BIN_EXE_xdscope")).args(first).args(arguments).output().unwrap()
}

/// Succeeds, and what it prints has these words.
fn says(arguments: &[&str], words: &[&str]) -> String {
    let output = xdscope(arguments);
    let (said, remarks) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {remarks}");
    for word in words {
        assert!(said.contains(word), "{arguments:?}: no {word:?} in\n{said}");
    }
    said
}

/// Fails with this status, prints nothing, and says why in one line with these words.
fn fails(arguments: &[&str], status: i32, words: &[&str]) {
    terminal::failed(xdscope(arguments), arguments, status, words);
}

#[test]
fn a_request_is_asked_by_host_or_as_curl_would() {
    let words = [
        "GET http://reviews:9080/missing to 10.96.10.3:9080",
        "reviews.default.svc.cluster.local port 9080 at 10.96.10.3",
        "one thing away from route jason: header end-user is missing",
        "status 503, flags UH, details no_healthy_upstream",
        "Next: Subset v9 of reviews.default.svc.cluster.local has no pods",
    ];
    let by_host = says(&["--to", "reviews:9080", "--path", "/missing"], &words);
    let by_curl = says(&["--curl", "curl -s http://reviews:9080/missing"], &words);
    assert_eq!(by_host, by_curl);
    says(
        &["--curl", "curl -H 'end-user: jason' http://reviews:9080/"],
        &["|v2|reviews", "Route                jason"],
    );
    let json = says(&["--to", "reviews:9080", "--path", "/missing", "-o", "json"], &[]);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&value["outcome"], &value["flags"]), (&"no_healthy_upstream".into(), &"UH".into()));
    let steps = value["steps"].as_array().unwrap();
    let placed =
        |it: &serde_json::Value| it["pointer"].as_str().is_some_and(|it| it.starts_with("/configs/"));
    assert!(steps.iter().all(placed), "each step has its place in the dump");
}

#[test]
fn lines_of_a_log_are_explained() {
    let line = |flag: &str, cluster: &str| {
        format!(
            "[2026-11-23T14:51:10.123Z] \"GET /missing HTTP/1.1\" 503 {flag} - \"-\" 0 0 0 - \"-\" \"curl/8\" \"1\" \
             \"reviews:9080\" \"-\" {cluster} - 10.96.10.3:9080 10.244.1.12:38142 - missing-subset"
        )
    };
    let v9 = "outbound|9080|v9|reviews.default.svc.cluster.local;";
    let words = [
        "UH: The cluster exists, and has no healthy endpoint",
        "explained: this configuration ends the request",
    ];
    says(&["--log", &line("UH no_healthy_upstream", v9)], &words);
    let elsewhere = ["not decided", "NC: The route names a cluster"];
    says(&["--log", &line("NC cluster_not_found", "-")], &elsewhere);
    fails(&["--log", "[2026-01-01T00:00:00Z] \"GET / HTTP/1.1\" of its own"], 1, &[]);
}

#[test]
fn nonsense_is_said_at_its_option() {
    fails(
        &["--to", "reveiws"],
        1,
        &["reveiws: nothing here serves", "near it: reviews.default.svc.cluster.local"],
    );
    fails(
        &["--to", "reviews:9999"],
        1,
        &["not served on port 9999", "reviews.default.svc.cluster.local:9080"],
    );
    fails(&["--to", "reviews:http"], 2, &["--to", "1 to 65535"]);
    fails(&["--to", "reviews", "--from", "me"], 2, &["--from", "IP address"]);
    fails(&["--to", "reviews", "--path", "x"], 2, &["--path", "begins with /"]);
    fails(&["--to", "reviews", "--header", "x"], 2, &["--header", "no colon"]);
    fails(&["--curl", "curl 'http://a"], 2, &["--curl", "not closed"]);
    fails(&[], 2, &["--to"]);
}
