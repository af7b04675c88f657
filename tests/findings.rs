//! What is found in the shared captures, complete: each line was judged by hand, and why it is true stands beside it.
//! And the terminal's contract for `lint` and `explain`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

use std::process::{Command, Output};

use serde_json::Value;

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/istio/1.27/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn xdscope(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xdscope")).args(arguments).output().unwrap()
}

fn lint(path: &str, more: &[&str]) -> Vec<Value> {
    let output = xdscope(&[&["lint", path, "-o", "json"], more].concat());
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `severity id kind resource count`; pods without their hashes.
fn lines(found: &[Value]) -> Vec<String> {
    let mut lines: Vec<String> = found
        .iter()
        .map(|it| {
            let text = |key: &str| it[key].as_str().unwrap_or("").to_owned();
            let severity =
                if it["certainty"] == "needs_document" { "not judged".to_owned() } else { text("severity") };
            format!("{severity} {} {} {} x{}", text("id"), text("kind"), text("resource"), it["count"])
        })
        .collect();
    lines.sort();
    lines
}

fn check(path: &str, want: &[&str]) -> Vec<Value> {
    let found = lint(&fixture(path), &[]);
    let mut want: Vec<String> = want.iter().map(|it| (*it).to_owned()).collect();
    want.sort();
    let lines = lines(&found);
    assert!(
        lines == want,
        "found and not expected: {:#?}\nexpected and not found: {:#?}",
        lines.iter().filter(|it| !want.contains(it)).collect::<Vec<_>>(),
        want.iter().filter(|it| !lines.contains(it)).collect::<Vec<_>>()
    );
    for it in &found {
        let judged = it["certainty"] != "needs_document";
        assert!(!it["message"].as_str().unwrap().is_empty(), "{it}");
        assert!(!judged || !it["evidence"].as_array().unwrap().is_empty(), "no evidence: {it}");
        assert!(!it["message"].as_str().unwrap().contains(['{', '[']), "{it}");
    }
    found
}

fn one<'v>(found: &'v [Value], id: &str, severity: &str) -> &'v Value {
    let mut of = found.iter().filter(|it| it["id"] == id && it["severity"] == severity);
    let first = of.next().unwrap_or_else(|| panic!("no {severity} {id}"));
    assert!(of.next().is_none(), "several {severity} {id}");
    first
}

/// What is the same in both captures of the mesh.
const BOTH: &[&str] = &[
    // An EnvoyFilter put an extension into its inbound listener that its Envoy does not have.
    "error nack listener virtualInbound x1",
    "note unknown-extension extension acme.filters.http.tenant x1",
    // The gateway's certificate never came, for istiod does not serve it.
    "error secret-missing secret kubernetes://shop-cert x1",
    "warning not-connected proxy istio-ingressgateway-7d6874b48f-qxhn5.istio-system x1",
    // An AuthorizationPolicy with paths and methods on a workload with a TCP port: Istio makes `rules: {}` of it there.
    "warning rbac-denies-all listener virtualInbound x1",
    // DestinationRule payments: http1MaxPendingRequests 1 for subset v2. Only productpage has a route there.
    "warning circuit-breaker-tight cluster outbound|8080|v2|payments.payments.svc.cluster.local x1",
    // The sandbox resolved no name of the internet. Nothing of the gateway's leads there.
    "note cluster-without-hosts cluster outbound|443||accounts.google.com x1",
    "note cluster-without-hosts cluster outbound|443||www.googleapis.com x1",
    "note cluster-without-hosts cluster outbound|80||accounts.google.com x1",
    "note cluster-without-hosts cluster outbound|80||www.googleapis.com x1",
    // The gateway has them too, and no route to them. (*.wikipedia.org is EDS in a gateway.)
    "note cluster-without-endpoints cluster outbound|443||*.wikipedia.org x1",
    "note cluster-without-endpoints cluster outbound|8080||empty.legacy.svc.cluster.local x1",
    // The Gateway has hosts of its own on 443: other server names are reset.
    "note no-default-chain listener 0.0.0.0_443 x1",
    // The Sidecar resource of details admits two hosts.
    "note host-hidden proxy details-v1-6dcc6fbb9d-wsjz4.default x1",
    // VirtualService reviews delays requests of jason; it is on every port of its host's name.
    // EnvoyFilter lua
    "note inline-code extension envoy.filters.http.lua x1",
    // Endpoints that were made up for the mesh, without a proxy behind them.
    "note workload-without-proxy capture  x1",
    // Pages of istiod about the gateway that say that it is not connected.
    "note document-not-read document istiod/istiod-6d9f5c7b8-abcde/proxies/istio-ingressgateway-7d6874b48f-qxhn5.istio-system x1",
];

#[test]
fn bookinfo_synced() {
    let mut want = vec![
        // VirtualService reviews names subset v9, which the DestinationRule does not have; in all that have the route.
        "error route-to-missing-cluster route 9080 x5",
        // A ServiceEntry without endpoints.
        "error cluster-without-endpoints cluster outbound|8080||empty.legacy.svc.cluster.local x5",
        "warning cluster-without-hosts cluster outbound|443||accounts.google.com x5",
        "warning cluster-without-hosts cluster outbound|443||www.googleapis.com x5",
        "warning cluster-without-hosts cluster outbound|80||accounts.google.com x5",
        "warning cluster-without-hosts cluster outbound|80||www.googleapis.com x5",
        // VirtualService reviews has a virtual host on port 80, which reviews does not have.
        "note route-to-missing-cluster route 80 x5",
        "note fault-injected route 80 x5",
        "note fault-injected route 9080 x5",
        // The same limit where nothing leads to it.
        "note circuit-breaker-tight cluster outbound|8080|v2|payments.payments.svc.cluster.local x5",
        "note circuit-breaker-tight cluster outbound|8443|v2|payments.payments.svc.cluster.local x6",
        "note circuit-breaker-tight cluster outbound|9000|v2|payments.payments.svc.cluster.local x6",
        "note document-not-read document istioctl/details-v1-6dcc6fbb9d-wsjz4 x1",
        "note document-not-read document istioctl/productpage-v1-7b9b5fdfd6-4r52s x1",
        "note document-not-read document istioctl/ratings-v1-5d9ff497bb-gslng x1",
    ];
    want.extend(BOTH);
    let found = check("bookinfo-synced.tar.gz", &prefixed(&want, "bookinfo-synced.tar.gz/bookinfo-synced/"));
    let nack = one(&found, "nack", "error");
    assert!(nack["proxy"].as_str().unwrap().starts_with("ratings-"));
    assert_eq!(nack["owner"], "EnvoyFilter default/bad-filter");
    assert!(
        nack["message"]
            .as_str()
            .unwrap()
            .contains("Didn't find a registered implementation for 'acme.filters.http.tenant'")
    );
    let missing = one(&found, "route-to-missing-cluster", "error");
    assert_eq!(missing["owner"], "VirtualService default/reviews");
    assert_eq!(missing["answer"]["flag"], "NC");
    assert_eq!(missing["evidence"][0]["value"], "outbound|9080|v9|reviews.default.svc.cluster.local");
    assert!(missing["evidence"][0]["pointer"].as_str().unwrap().ends_with("/route/cluster"));
}

/// Paths of documents begin with the archive's name.
fn prefixed(lines: &[&str], prefix: &str) -> Vec<&'static str> {
    let put = |it: &&str| -> &'static str {
        let line = it.replace("not-read document istio", &format!("not-read document {prefix}istio"));
        Box::leak(line.into_boxed_str())
    };
    lines.iter().map(put).collect()
}

#[test]
fn bookinfo_stale() {
    let mut want = vec![
        // The DestinationRule has got v9 since, and no pod has its label; reviews was not told.
        "error route-to-missing-cluster route 9080 x1",
        "error cluster-without-endpoints cluster outbound|9080|v9|reviews.default.svc.cluster.local x3",
        "note cluster-without-endpoints cluster outbound|9080|v9|reviews.default.svc.cluster.local x1",
        "error cluster-without-endpoints cluster outbound|8080||empty.legacy.svc.cluster.local x4",
        // Its Envoy hangs: four types, and the service newsvc has not come.
        "warning stale proxy reviews-v1-55d4c455db-zjj2m.default x1",
        "warning planned-not-active proxy reviews-v1-55d4c455db-zjj2m.default x1",
        "warning cluster-without-hosts cluster outbound|443||accounts.google.com x4",
        "warning cluster-without-hosts cluster outbound|443||www.googleapis.com x4",
        "warning cluster-without-hosts cluster outbound|80||accounts.google.com x4",
        "warning cluster-without-hosts cluster outbound|80||www.googleapis.com x4",
        "note route-to-missing-cluster route 80 x4",
        "note fault-injected route 80 x4",
        "note fault-injected route 9080 x4",
        "note circuit-breaker-tight cluster outbound|8080|v2|payments.payments.svc.cluster.local x4",
        "note circuit-breaker-tight cluster outbound|8443|v2|payments.payments.svc.cluster.local x5",
        "note circuit-breaker-tight cluster outbound|9000|v2|payments.payments.svc.cluster.local x5",
        "note document-not-read document istioctl/reviews-v1-55d4c455db-zjj2m x1",
    ];
    want.extend(BOTH);
    let found = check("bookinfo-stale.tar.gz", &prefixed(&want, "bookinfo-stale.tar.gz/bookinfo-stale/"));
    let stale = one(&found, "stale", "warning");
    assert!(stale["message"].as_str().unwrap().contains("4 type(s) (CDS, EDS, LDS, RDS)"), "{stale}");
    // ledger is gone: its endpoint is still listed, and nobody is connected from there.
    let gone = one(&found, "workload-without-proxy", "note");
    assert!(gone["message"].as_str().unwrap().contains("ledger-0.payments (10.244.1.24)"), "{gone}");
}

#[test]
fn dns_unreachable() {
    let found = check(
        "dns-unreachable.tar.gz",
        &[
            "error no-listeners proxy productpage-v1-7b9b5fdfd6-4r52s.default x1",
            "error cluster-warming cluster outbound|15010||istiod.istio-system.svc.cluster.local x1",
            // Neither the certificate nor the roots came.
            "error secret-missing secret ROOTCA x1",
            "error secret-missing secret default x1",
            "not judged host-hidden capture  x1",
            "not judged not-connected capture  x1",
        ],
    );
    let warming = one(&found, "cluster-warming", "error");
    assert!(
        warming["message"]
            .as_str()
            .unwrap()
            .starts_with("35 clusters are warming, 4 of them looked up by DNS")
    );
}

#[test]
fn a_capture_without_a_fault_has_no_error_and_no_warning() {
    check(
        "details-alone.tar.gz",
        &[
            // ratings, istiod and the gateway were not captured with it.
            "note workload-without-proxy capture  x1",
            // Its Sidecar does not admit its own service.
            "note host-hidden proxy details-v1-6dcc6fbb9d-wsjz4.default x1",
        ],
    );
}

/// A dump of thousands: no more than a line for each cause.
#[test]
fn a_mesh_of_1500_services() {
    let found = lint(&fixture("big.json.gz"), &[]);
    let bad: Vec<String> = lines(&found)
        .into_iter()
        .filter(|it| !it.starts_with("note") && !it.starts_with("not judged"))
        .collect();
    assert_eq!(
        bad,
        [
            "error cluster-without-endpoints cluster outbound|8080||empty.legacy.svc.cluster.local x1",
            "error route-to-missing-cluster route 9080 x1",
            "warning circuit-breaker-tight cluster outbound|8080|v2|payments.payments.svc.cluster.local x1",
            "warning cluster-without-hosts cluster outbound|443||accounts.google.com x1",
            "warning cluster-without-hosts cluster outbound|443||www.googleapis.com x1",
            "warning cluster-without-hosts cluster outbound|80||accounts.google.com x1",
            "warning cluster-without-hosts cluster outbound|80||www.googleapis.com x1",
        ]
    );
    assert!(found.iter().any(|it| it["id"] == "many-clusters"));
    assert!(found.len() < 40, "{}", found.len());
}

#[test]
fn fail_on_ends_with_status_3() {
    let status = |path: &str, more: &[&str]| {
        let path = fixture(path);
        xdscope(&[&["lint", path.as_str()], more].concat()).status.code()
    };
    assert_eq!(status("bookinfo-stale.tar.gz", &[]), Some(0));
    assert_eq!(status("bookinfo-stale.tar.gz", &["--fail-on", "error"]), Some(3));
    assert_eq!(status("details-alone.tar.gz", &["--fail-on", "warning"]), Some(0));
    // Only the proxy that was asked about counts.
    assert_eq!(
        status("bookinfo-stale.tar.gz", &["--proxy", "details-v1-6dcc6fbb9d-wsjz4", "--fail-on", "warning"]),
        Some(0)
    );
    assert_eq!(status("bookinfo-stale.tar.gz", &["--proxy", "nobody"]), Some(1));
    assert_eq!(xdscope(&["lint", "/nowhere"]).status.code(), Some(1));
}

/// What an earlier run printed is a list of suppressions as it is.
#[test]
fn what_was_suppressed_is_not_found_again() {
    let path = fixture("dns-unreachable.tar.gz");
    let all = xdscope(&["lint", &path, "-o", "json"]).stdout;
    let file = std::env::temp_dir().join(format!("xdscope-suppressions-{}.json", std::process::id()));
    std::fs::write(&file, &all).unwrap();
    let file_name = file.to_str().unwrap();
    assert_eq!(lint(&path, &["--suppress", file_name]), Vec::<Value>::new());
    std::fs::write(&file, r#"[{"id": "secret-missing", "resource": "ROOTCA"}]"#).unwrap();
    let found = lint(&path, &["--suppress", file_name]);
    let secrets: Vec<&Value> = found.iter().filter(|it| it["id"] == "secret-missing").collect();
    assert_eq!(secrets.len(), 1);
    assert_eq!(secrets[0]["resource"], "default");
    std::fs::write(&file, "{").unwrap();
    assert_eq!(xdscope(&["lint", &path, "--suppress", file_name]).status.code(), Some(1));
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn every_check_is_explained() {
    let list = String::from_utf8(xdscope(&["explain"]).stdout).unwrap();
    assert!(list.lines().count() > 46, "{list}");
    for id in list.lines().step_by(9).filter_map(|it| it.split_whitespace().next()) {
        let text = String::from_utf8(xdscope(&["explain", id]).stdout).unwrap();
        for head in ["What it means", "In traffic", "To confirm", "To fix", "Source", "When it may be wrong"]
        {
            assert!(text.contains(head), "{id}: {head}");
        }
    }
    let zh = String::from_utf8(xdscope(&["explain", "nack", "--lang", "zh"]).stdout).unwrap();
    assert!(zh.contains("如何修复"), "{zh}");
    assert_eq!(xdscope(&["explain", "no-such-check"]).status.code(), Some(2));
}

/// Names say nothing: a capture in which every name is another has the same findings, of the same resources by their
/// new names. Only what redaction leaves out cannot be said of it: documents that were not read, and what hangs on
/// certificates.
#[test]
fn a_redacted_capture_has_the_same_findings() {
    let folder = std::env::temp_dir().join(format!("xdscope-renamed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (sent, map, names) = (at("sent.tar.gz"), at("map.json"), at("names.jsonl"));
    for name in ["bookinfo-synced.tar.gz", "bookinfo-stale.tar.gz"] {
        let redacted = xdscope(&["redact", &fixture(name), "-o", &sent, "--map", &map]);
        assert!(redacted.status.success(), "{}", String::from_utf8_lossy(&redacted.stderr));
        let (before, after) = (lint(&fixture(name), &[]), lint(&sent, &[]));
        let judged = |it: &&Value| it["certainty"] != "needs_document" && it["id"] != "document-not-read";
        let line = |it: &Value, renamed: &Value| {
            let text = |of: &Value| of.as_str().unwrap_or("").to_owned();
            format!(
                "{} {} {} {} {} x{}",
                text(&it["severity"]),
                text(&it["id"]),
                text(&it["certainty"]),
                text(&renamed["resource"]),
                text(&renamed["proxy"]),
                it["count"]
            )
        };
        // The names of what was found before, as the map has them.
        let lines: Vec<String> = before
            .iter()
            .filter(judged)
            .map(|it| serde_json::json!({"resource": it["resource"], "proxy": it["proxy"]}).to_string())
            .collect();
        std::fs::write(&names, lines.join("\n")).unwrap();
        let renamed = String::from_utf8(xdscope(&["redact", "--apply", &map, &names]).stdout).unwrap();
        let renamed = renamed.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
        let mut want: Vec<String> =
            before.iter().filter(judged).zip(renamed).map(|(it, renamed)| line(it, &renamed)).collect();
        let mut have: Vec<String> = after.iter().filter(judged).map(|it| line(it, it)).collect();
        want.sort();
        have.sort();
        assert!(want.len() > 20);
        assert_eq!(want, have, "{name}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The dump of `details`, from the fixture.
fn details_dump() -> String {
    let file = std::fs::File::open(fixture("details-alone.tar.gz")).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        if path.contains("/envoy/") && path.ends_with("config_dump.json") {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
            return text;
        }
    }
    panic!("no dump in the fixture");
}

/// Certificates as a proxy has them: their time, and two proxies that trust nothing in common.
#[test]
fn certificates_by_time_and_between_proxies() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let dump = details_dump();
    let folder = std::env::temp_dir().join(format!("xdscope-certificates-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("one.json"), &dump).unwrap();
    let path = folder.to_str().unwrap();
    let of = |id: &str, more: &[&str]| -> Vec<Value> {
        lint(path, more)
            .into_iter()
            .filter(|it| it["id"] == id && it["certainty"] != "needs_document")
            .collect()
    };
    assert!(of("certificate-expired", &[]).is_empty() && of("certificate-expiring", &[]).is_empty());
    let late = of("certificate-expired", &["--now", "2026-11-25T00:00:00Z"]);
    assert_eq!(lines(&late), ["error certificate-expired secret default x1"]);
    let soon = of("certificate-expiring", &["--now", "2026-11-24T14:00:00Z"]);
    assert_eq!(lines(&soon), ["warning certificate-expiring secret default x1"]);
    let early = of("certificate-expired", &["--now", "2026-11-01T00:00:00Z"]);
    // Every certificate of a chain is looked at: the leaf and the root behind it, and the root that is trusted.
    let of_each =
        ["error certificate-expired secret ROOTCA x1", "error certificate-expired secret default x1"];
    assert_eq!(lines(&early), [of_each[0], of_each[1], of_each[1]]);

    // Another proxy with the same roots, then one that trusts another certificate alone.
    let other = dump.replace("details-v1-6dcc6fbb9d-wsjz4", "other-1").replace("10.244.1.13", "10.244.1.99");
    std::fs::write(folder.join("two.json"), &other).unwrap();
    assert!(of("roots-differ", &[]).is_empty());
    let mut value: Value = serde_json::from_str(&other).unwrap();
    let mut secrets = value["configs"].as_array_mut().unwrap().iter_mut();
    let secrets = secrets.find_map(|it| it["dynamic_active_secrets"].as_array_mut()).unwrap();
    let chain =
        secrets[0]["secret"]["tls_certificate"]["certificate_chain"]["inline_bytes"].as_str().unwrap();
    let pem = String::from_utf8(STANDARD.decode(chain).unwrap()).unwrap();
    let end = "-----END CERTIFICATE-----";
    let first = STANDARD.encode(&pem[..pem.find(end).unwrap() + end.len()]);
    secrets[1]["secret"]["validation_context"]["trusted_ca"]["inline_bytes"] = Value::String(first);
    std::fs::write(folder.join("two.json"), value.to_string()).unwrap();
    assert_eq!(lines(&of("roots-differ", &[])), ["error roots-differ secret ROOTCA x1"]);
    std::fs::remove_dir_all(&folder).unwrap();
}
