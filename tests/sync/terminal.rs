//! The commands, as a reader of their output meets them.

use std::process::{Command, Output};

const POD: &str = "reviews-v1-55d4c455db-zjj2m";

fn xdscope(arguments: &[&str]) -> Output {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/istio/1.27");
    Command::new(env!("CARGO_BIN_EXE_xdscope")).current_dir(folder).args(arguments).output().unwrap()
}

fn out(arguments: &[&str]) -> String {
    let done = xdscope(arguments);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn errors(arguments: &[&str]) -> String {
    String::from_utf8(xdscope(arguments).stderr).unwrap()
}

#[test]
fn the_tables_are_istioctls() {
    let capture = "bookinfo-stale.tar.gz";
    let text = out(&["proxy-status", capture, "-v", "1", "--now", "2026-11-23T14:53:49.9Z"]);
    let mut lines = text.lines();
    let head = "NAME                                        CLUSTER        CDS                ECDS        EDS                LDS                RDS                ISTIOD                     VERSION";
    assert_eq!(lines.next(), Some(head));
    let last = format!(
        "{POD}.default         Kubernetes     STALE (4s)         IGNORED     STALE (4s)         STALE (4s)         STALE (4s)         istiod-6d9f5c7b8-abcde     1.27.1"
    );
    assert_eq!(lines.last(), Some(last.as_str()));
    let short = out(&["ps", capture]);
    assert!(short.lines().skip(1).all(|it| it.ends_with("1.27.1      4 (CDS,LDS,EDS,RDS)")), "{short}");
    let seed = out(&["proxy-status", capture, "--legacy"]);
    assert!(seed.starts_with(
        "PROXY                                       CDS        LDS        EDS        RDS        PILOT"
    ));
    // What istioctl does not say is on standard error.
    let said = errors(&["proxy-status", capture]);
    assert!(
        said.contains("ratings-v1-5d9ff497bb-gslng.default: LDS refused: Error adding/updating listener(s)")
    );
    assert!(said.contains("istio-ingressgateway-7d6874b48f-qxhn5.istio-system: not connected"), "{said}");
}

#[test]
fn json_has_who_is_not_connected() {
    let text = out(&["proxy-status", "bookinfo-stale.tar.gz", "-o", "json"]);
    let list: serde_json::Value = serde_json::from_str(&text).unwrap();
    let gateway = list.as_array().unwrap().iter().find(|it| it["connected"] == false).unwrap();
    assert_eq!(gateway["name"], "istio-ingressgateway-7d6874b48f-qxhn5");
    assert_eq!(list[0]["types"]["CDS"]["status"], "SYNCED");
}

#[test]
fn a_comparison_has_istioctls_verdicts_and_our_fields() {
    let text = out(&["proxy-status", "bookinfo-stale.tar.gz", "--proxy", POD]);
    let verdicts: Vec<&str> =
        text.lines().filter(|it| it.contains(" Match") || it.contains("Don't")).collect();
    assert_eq!(
        verdicts,
        [
            "Clusters Don't Match",
            "Listeners Don't Match",
            "Routes Don't Match (RDS last loaded at Mon, 23 Nov 2026 14:51:10 UTC)"
        ]
    );
    let text =
        out(&["proxy-status", "bookinfo-stale.tar.gz", "--proxy", &format!("{POD}.default"), "-o", "json"]);
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    let field = &found["clusters"]["changed"][0]["fields"][0];
    assert_eq!(
        (&field["path"], &field["left"], &field["right"]),
        (&"connect_timeout".into(), &"3s".into(), &"10s".into())
    );
    assert_eq!(found["listeners"]["only_left"], serde_json::json!(["10.96.10.9_5432"]));
    assert_eq!(found["clusters"]["same"], 35);
}

#[test]
fn what_is_missing_is_named_with_the_command_that_collects_it() {
    let no_such = errors(&["proxy-status", "bookinfo-stale.tar.gz", "--proxy", "nobody"]);
    assert!(no_such.contains("no proxy nobody; there is details-v1-6dcc6fbb9d-wsjz4.default"), "{no_such}");
    let no_page = errors(&["proxy-status", "big.json.gz"]);
    assert!(no_page.contains("/debug/syncz"), "{no_page}");
    let gateway = "istio-ingressgateway-7d6874b48f-qxhn5";
    let no_side = errors(&["proxy-status", "dns-unreachable.tar.gz", "--proxy", "nobody"]);
    assert!(no_side.starts_with("xdscope: dns-unreachable.tar.gz: no proxy"), "{no_side}");
    // A bug-report has no dump of the control plane's for a proxy: what it has is compared instead.
    let report = out(&["proxy-status", "bug-report.tar.gz", "--proxy", POD]);
    assert!(report.contains("- outbound|9080||newsvc.default.svc.cluster.local"), "{report}");
    assert!(
        errors(&["proxy-status", "bug-report.tar.gz", "--proxy", gateway])
            .contains("/debug/config_dump?proxyID=")
    );
}

#[test]
fn two_captures_are_compared_proxy_by_proxy() {
    let text = out(&["diff", "bookinfo-synced.tar.gz", "bookinfo-stale.tar.gz", "-o", "json"]);
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(found["only_left"], serde_json::json!(["Kubernetes/ledger-v1-686bbb668-99j76.payments"]));
    assert_eq!((found["changed"].as_array().unwrap().len(), &found["same"]), (4, &2.into()));
    // The gateway's weights changed, and a host came: nothing but that host goes elsewhere.
    let pod = "productpage-v1-7b9b5fdfd6-4r52s";
    let text = out(&["diff", "bookinfo-synced.tar.gz", "bookinfo-stale.tar.gz", "--proxy", pod]);
    assert!(text.contains("hosts go elsewhere"), "{text}");
    assert!(text.contains("newsvc.default.svc.cluster.local:9080: "), "{text}");
    let same = out(&["diff", "big.json.gz", "big.json.gz"]);
    assert!(same.lines().all(|it| it.contains(" Match")), "{same}");
}
