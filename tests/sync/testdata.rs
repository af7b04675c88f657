//! istioctl's own test inputs, where they lie beside the checkout (../shared; they are not ours to commit).

use std::path::PathBuf;

use xdscope::istiod::{Status, types};
use xdscope::sync::text::hunks;
use xdscope::sync::{Between, Mesh, Section, Side};

use super::{capture, compare_texts, differences, document};

fn testdata(path: &str) -> Option<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/istioctl-testdata");
    let text = std::fs::read_to_string(folder.join(path)).ok();
    if text.is_none() {
        eprintln!("skipped: {path} is not there");
    }
    text
}

#[test]
fn what_istioctl_printed_of_its_mesh_is_read() {
    let Some(text) = testdata("pilot/multiXdsStatusSinglePilot.json") else { return };
    let mesh = Mesh::of(&capture([("ps.json".to_owned(), text.into_bytes())]));
    let row = &mesh.rows[0];
    let head = (row.id.as_str(), row.cluster.as_str(), row.istiod.as_str(), row.istio_version.as_str());
    assert_eq!((mesh.rows.len(), head), (1, ("proxy1", "cluster1", "istiod1", "1.20")));
    let state = |it: &str| row.of_type(it).unwrap().status;
    assert_eq!(
        [types::CLUSTER, types::LISTENER, types::ROUTE].map(state),
        [Status::Stale, Status::Synced, Status::NotSent]
    );
}

#[test]
fn what_istioctl_printed_as_yaml_says_the_same_as_its_json() {
    let (Some(json), Some(yaml)) =
        (testdata("pilot/multiXdsStatusSinglePilot.json"), testdata("pilot/multiXdsStatusSinglePilot.yaml"))
    else {
        return;
    };
    let read = |name: &str, text: String| Mesh::of(&capture([(name.to_owned(), text.into_bytes())])).rows;
    let rows = read("ps.yaml", yaml);
    assert!(!rows.is_empty());
    assert_eq!(rows, read("ps.json", json));
}

#[test]
fn its_two_dumps_differ_in_all_three_sections() {
    let (Some(one), Some(other)) =
        (testdata("compare/configdump.json"), testdata("compare/configdump_diff.json"))
    else {
        return;
    };
    let between = Between::ControlPlaneAndEnvoy;
    let same = compare_texts(&one, &one, between);
    assert!(differences(&same).is_empty() && same.sections.iter().take(3).all(|it| it.matches));
    let found = compare_texts(&one, &other, between);
    assert!(found.sections.iter().take(3).all(|it| !it.matches), "{found:?}");
    assert!(!differences(&found).is_empty());
    let (left, right) = (document(&one), document(&other));
    let side = |it| Side { dump: Some((xdscope::capture::DocumentId(0), it)), ..Side::default() };
    for section in [Section::Clusters, Section::Listeners, Section::Routes] {
        assert!(!hunks(section, &side(&left), &side(&right), between).is_empty(), "{section:?}");
    }
}
