//! The capture itself.

use super::pairs::Pair;
use super::*;

/// A dump that has every section.
const WHOLE: Dump<'_> = Dump { listeners: HTTP, clusters: ONE, endpoints: ONE_ENDPOINTS, ..EMPTY };

/// Two dumps of pods with that beginning of their nodes.
fn called(one: &str, other: &str) -> Vec<Finding> {
    let node = |id: &str, name: &str, cluster: &str| {
        format!(
            "'id': '{id}', 'metadata': {{'NAME': '{name}', 'NAMESPACE': 'shop', 'CLUSTER_ID': '{cluster}', 'INSTANCE_IPS': '10.0.0.1'}}"
        )
    };
    let id = "sidecar~10.0.0.1~web-1.shop~shop.svc.cluster.local";
    let one = Dump { node: &node(id, "web-1", one), ..WHOLE }.text();
    let other = Dump { node: &node(id, "web-2", other), ..WHOLE }.text();
    found(&[("1/dump", &one), ("2/dump", &other)])
}

/// Pages of two replicas of istiod: of one syncz, of the other that page.
fn replicas(page: &str, text: &str) -> Vec<Finding> {
    let path = format!("istiod/istiod-2/{page}");
    found(&[("istiod/istiod-1/syncz", xds::SYNCZ), (&path, text)])
}

/// A dump of 12:00, and what was acknowledged then.
fn acknowledged(at: &str) -> Vec<Finding> {
    let page = xds::SYNCZ
        .replace("2026-11-23T11:50:00Z\"}", &format!("{at}\"}}"))
        .replace("ACKED", "2026-11-23T11:50:00Z/1");
    found(&[("envoy/web-1/dump", &WHOLE.text()), ("istiod/istiod-1/syncz", &page)])
}

fn planned(more: &[(&str, &str)]) -> Vec<Finding> {
    let plan = r#"{"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "versionInfo": "1",
        "dynamicActiveClusters": [{"cluster": {"name": "outbound|80||a.shop.svc.cluster.local"}}]}]}"#;
    found(&[&[("istiod/istiod-1/proxies/web-1.shop/config_dump", plan)], more].concat())
}

fn cut(by: usize) -> Vec<Finding> {
    let text = WHOLE.text();
    found(&[("d", &text[..text.len() - by])])
}

/// See [`Pair`].
pub const PAIRS: &[Pair] = &[
    ("document-cut", || cut(40), || cut(0)),
    // Two clusters may each have a pod of that name and address.
    ("same-node-id", || called("east", "east"), || called("east", "west")),
    (
        "replica-missing",
        || replicas("push_status", r#"{"pilot_no_ip": {"a": {}}}"#),
        || replicas("syncz", xds::SYNCZ),
    ),
    ("captured-apart", || acknowledged("2026-11-23T12:01:01Z"), || acknowledged("2026-11-23T12:01:00Z")),
    (
        "document-not-read",
        || found(&[("x/d", "404 page not found\n"), ("d", &WHOLE.text())]),
        || found(&[("x/log.txt", "2026-11-23T12:00:00Z info ready\n"), ("d", &WHOLE.text())]),
    ),
    ("dump-filtered", || of(Dump { listeners: "!", ..WHOLE }), || of(Dump { listeners: "", ..WHOLE })),
    ("no-endpoints-section", || of(Dump { endpoints: "!", ..WHOLE }), || of(WHOLE)),
    ("no-secrets-section", || of(Dump { secrets: "!", ..WHOLE }), || of(WHOLE)),
    ("only-istiod-dump", || planned(&[]), || planned(&[("envoy/web-1/config_dump", &WHOLE.text())])),
    (
        "old-api",
        || {
            of(Dump {
                clusters: "{'@type': 'type.googleapis.com/envoy.api.v2.Cluster', 'name': 'a'}",
                ..WHOLE
            })
        },
        || {
            of(Dump {
                clusters: "{'@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster', 'name': 'a'}",
                ..WHOLE
            })
        },
    ),
    (
        "preamble",
        || found(&[("d", &format!("200\n{}", WHOLE.text()))]),
        || found(&[("d", &format!("\n  {}", WHOLE.text()))]),
    ),
    (
        "resource-unreadable",
        || of(Dump { clusters: "{'name': 'odd', 'type': !}", ..WHOLE }),
        || of(Dump { clusters: "{'name': 'odd', 'type': []}", ..WHOLE }),
    ),
];

#[test]
fn the_capture_itself() {
    let whole = Dump { listeners: HTTP, routes: &to("x"), clusters: ONE, ..EMPTY };
    is(&of(Dump { endpoints: "!", ..whole }), "no-endpoints-section", &["note"]);
    is(&of(whole), "no-endpoints-section", &[]);
    is(&of(Dump { secrets: "!", ..whole }), "no-secrets-section", &["note"]);
    is(&of(Dump { listeners: "!", ..whole }), "dump-filtered", &["note dump.json"]);
    is(&of(whole), "dump-filtered", &[]);
    let text = whole.text();
    is(&found(&[("d", &text[..text.len() - 40])]), "document-cut", &["warning d"]);
    is(&found(&[("d", &format!("200\n{text}"))]), "preamble", &["note d"]);
    is(&found(&[("d", &text)]), "preamble", &[]);
    is(&found(&[("x/d", "404 page not found\n"), ("d", &text)]), "document-not-read", &["note x not_found"]);
    is(
        &of(Dump { clusters: "{'@type': 'type.googleapis.com/envoy.api.v2.Cluster', 'name': 'a'}", ..whole }),
        "old-api",
        &["note"],
    );
    is(&of(whole), "old-api", &[]);
}

/// Truncated anywhere: no panic, and nothing is called missing that may stand behind the cut.
#[test]
fn a_dump_that_is_cut_off_lacks_nothing() {
    let routes = to("outbound|80||a.shop.svc.cluster.local");
    let text = Dump {
        listeners: HTTP,
        routes: &routes,
        clusters: ONE,
        endpoints: ONE_ENDPOINTS,
        secrets: "{'name': 'default'}",
        ..EMPTY
    }
    .text();
    for end in (0..text.len()).step_by(7) {
        let found = found(&[("d", &text[..end])]);
        let bad: Vec<&Finding> = found.iter().filter(|it| it.severity == Severity::Error).collect();
        assert!(bad.is_empty(), "cut at {end}: {bad:#?}");
    }
}
