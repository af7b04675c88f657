//! The corpus' two captures of one mesh: before a change that a hanging Envoy missed, and after.

use xdscope::capture::{Capture, ProxyId};
use xdscope::instant::Instant;
use xdscope::istiod::{Status, types};
use xdscope::sync::age::human;
use xdscope::sync::text::{hunks, unified};
use xdscope::sync::{Between, Comparison, Mesh, Rejection, Row, Section, Side, compare};

use super::{capture, differences, fixture, section};

const BETWEEN: Between = Between::ControlPlaneAndEnvoy;

fn sides<'c>(capture: &'c Capture, pod: &str) -> (Side<'c>, Side<'c>) {
    let is = |id: &(ProxyId, &xdscope::capture::Proxy)| id.1.identity.pod.starts_with(pod);
    let (id, _) = capture.proxies().find(is).unwrap();
    let planes = Side::control_planes(capture, id);
    assert_eq!(planes.len(), 1);
    (planes[0], Side::envoy(capture, id).unwrap())
}

fn compared(capture: &Capture, pod: &str) -> Comparison {
    let (left, right) = sides(capture, pod);
    compare(&left, &right, BETWEEN)
}

fn changed(found: &Comparison, of: Section) -> Vec<(&str, Vec<&str>)> {
    let changed = section(found, of).changed.iter();
    changed.map(|it| (it.left.name.as_str(), it.fields.iter().map(|it| it.path.as_str()).collect())).collect()
}

#[test]
fn what_reviews_missed_is_found_and_nothing_else() {
    let capture = fixture("bookinfo-stale.tar.gz");
    let found = compared(&capture, "reviews");
    let names = |it: &[xdscope::sync::Place]| it.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    let clusters = section(&found, Section::Clusters);
    let new = [
        "outbound|5432||newsvc.default.svc.cluster.local",
        "outbound|9080|v9|reviews.default.svc.cluster.local",
        "outbound|9080||newsvc.default.svc.cluster.local",
    ];
    assert_eq!((names(&clusters.only_left), clusters.only_right.len()), (new.map(str::to_owned).into(), 0));
    let timeout = vec!["connect_timeout"];
    let want = [
        ("inbound|9080||", timeout.clone()),
        ("outbound|9080|v1|reviews.default.svc.cluster.local", timeout.clone()),
        ("outbound|9080|v2|reviews.default.svc.cluster.local", timeout.clone()),
        ("outbound|9080|v3|reviews.default.svc.cluster.local", timeout.clone()),
        ("outbound|9080||reviews.default.svc.cluster.local", timeout),
    ];
    assert_eq!(changed(&found, Section::Clusters), want);
    let listeners = section(&found, Section::Listeners);
    assert_eq!(names(&listeners.only_left), ["10.96.10.9_5432"]);
    assert!(listeners.only_right.is_empty() && listeners.changed.is_empty());
    let routes = section(&found, Section::Routes);
    assert!(routes.only_left.is_empty() && routes.only_right.is_empty());
    let routes = changed(&found, Section::Routes);
    assert_eq!(routes.iter().map(|it| it.0).collect::<Vec<_>>(), ["80", "9080"]);
    assert!(routes[0].1.iter().all(|it| it.ends_with(".weight")), "{:?}", routes[0]);
    let (host, weights): (Vec<&str>, Vec<&str>) = routes[1].1.iter().partition(|it| it.contains("newsvc"));
    assert_eq!(host, ["virtual_hosts[\"newsvc.default.svc.cluster.local:9080\"]"]);
    assert!(!weights.is_empty() && weights.iter().all(|it| it.ends_with(".weight")), "{weights:?}");
    // Beyond istioctl: EDS has not been taken over either, but what it knows of is what it asked for.
    for it in [Section::Endpoints, Section::Secrets, Section::Ecds] {
        assert!(section(&found, it).only_right.is_empty(), "{it:?}");
    }
}

#[test]
fn all_others_are_the_same_and_ratings_refused_its_listeners() {
    let capture = fixture("bookinfo-synced.tar.gz");
    for pod in ["details", "ledger", "payments", "productpage", "reviews"] {
        let found = compared(&capture, pod);
        assert_eq!(differences(&found), Vec::<String>::new(), "{pod}");
        assert!(found.sections.iter().take(3).all(|it| it.matches), "{pod}");
    }
    let found = compared(&capture, "ratings");
    assert_eq!(differences(&found), ["listeners - virtualInbound"]);
    assert!(section(&found, Section::Clusters).matches && !section(&found, Section::Listeners).matches);
}

fn of_pod<'m>(mesh: &'m Mesh, pod: &str) -> &'m Row {
    mesh.rows.iter().find(|it| it.name.starts_with(pod)).unwrap()
}

#[test]
fn the_mesh_shows_who_is_behind_and_who_is_not_connected() {
    let mesh = Mesh::of(&fixture("bookinfo-stale.tar.gz"));
    let reviews = of_pod(&mesh, "reviews");
    assert!(reviews.types.len() == 4 && reviews.types.iter().all(|it| it.status == Status::Stale));
    assert!(reviews.of_type(types::EXTENSION).is_none(), "it did not ask for ECDS");
    assert_eq!((reviews.istio_version.as_str(), reviews.envoy_version.as_str()), ("1.27.1", "1.40.0"));
    assert_eq!(reviews.istiod, "istiod-6d9f5c7b8-abcde");
    assert!(reviews.since.is_some());
    let sent = of_pod(&mesh, "details").types[0].sent.unwrap();
    assert_eq!(human(sent, mesh.captured.unwrap()), "2m34s");
    let ratings = of_pod(&mesh, "ratings");
    assert!(ratings.of_type(types::LISTENER).unwrap().error.contains("acme.filters.http.tenant"));
    let refused = |it: &Rejection| matches!(it, Rejection::Dump { name, .. } if name == "virtualInbound");
    assert!(ratings.rejected.iter().any(refused));
    let lost: Vec<&str> = mesh.not_connected().map(|it| it.name.as_str()).collect();
    assert_eq!(lost, ["istio-ingressgateway-7d6874b48f-qxhn5"]);
}

#[test]
fn a_bug_report_shows_the_same_mesh() {
    let (one, other) = (Mesh::of(&fixture("bookinfo-stale.tar.gz")), Mesh::of(&fixture("bug-report.tar.gz")));
    let states = |mesh: &Mesh| -> Vec<_> {
        let rows = mesh.rows.iter().filter(|it| it.connected);
        rows.map(|it| (it.id.clone(), it.istiod.clone(), it.worst())).collect()
    };
    assert_eq!(states(&one), states(&other));
}

#[test]
fn two_replicas_that_claim_one_proxy_are_both_shown() {
    let page = |sent: &str| {
        format!(
            r#"[{{"proxy": "a.ns", "cluster_id": "K", "resources": {{"t": {{"sent": "{sent}", "acked": "1"}}}}}}]"#
        )
    };
    let file = |replica: &str, sent: &str| (format!("istiod/{replica}/syncz.json"), page(sent).into_bytes());
    let mesh = Mesh::of(&capture([file("istiod-2", "2"), file("istiod-1", "1")]));
    let rows: Vec<_> =
        mesh.rows.iter().map(|it| (it.istiod.as_str(), it.worst(), it.also.join(","))).collect();
    let want = [
        ("istiod-1", Status::Synced, "istiod-2".to_owned()),
        ("istiod-2", Status::Stale, "istiod-1".to_owned()),
    ];
    assert_eq!(rows, want);
    assert_eq!(mesh.captured, None);
}

#[test]
fn the_text_is_a_diff_that_applies() {
    let capture = fixture("bookinfo-stale.tar.gz");
    let (left, right) = sides(&capture, "reviews");
    let list = hunks(Section::Clusters, &left, &right, BETWEEN);
    let text = unified(&list, "Istiod Clusters", "Envoy Clusters");
    let start = "--- Istiod Clusters\n+++ Envoy Clusters\n@@ -89,15 +89,15 @@\n";
    assert!(text.starts_with(start), "{}", text.lines().take(4).collect::<Vec<_>>().join("\n"));
    assert!(text.contains(
        "\n-                \"connectTimeout\": \"3s\",\n+                \"connectTimeout\": \"10s\",\n"
    ));
    // Lines that are only counted and lines that are written agree: every hunk begins where the one before leads to.
    let mut ahead = 0isize;
    for hunk in &list {
        assert_eq!(hunk.left.0 as isize + ahead, hunk.right.0 as isize);
        ahead += hunk.right.1 as isize - hunk.left.1 as isize;
        assert!(!hunk.name.is_empty());
    }
    assert!(hunks(Section::Endpoints, &left, &left, Between::Envoys).is_empty());
}

#[test]
fn before_and_after_are_compared_as_well() {
    let (before, after) = (fixture("bookinfo-synced.tar.gz"), fixture("bookinfo-stale.tar.gz"));
    let (one, other) = (sides(&before, "productpage").1, sides(&after, "productpage").1);
    let found = compare(&one, &other, Between::Envoys);
    let routes = changed(&found, Section::Routes);
    assert!(routes.iter().any(|it| it.0 == "9080"), "{routes:?}");
    assert!(compare(&one, &one, Between::Envoys).is_same());
    assert!(Instant::parse("2026-11-23T14:51:11Z").unwrap() <= one.routes_loaded().unwrap());
}
