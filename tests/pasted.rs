//! What is pasted from a terminal: tables that become tables again, a whole session, a log.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

use xdscope::engine::Engine;
use xdscope::engine::protocol::*;
use xdscope::intake::{Limits, Unpack, tables};

fn root() -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn opened(files: &[(&str, Vec<u8>)]) -> (Engine, Capture) {
    let mut engine = Engine::default();
    for (name, bytes) in files {
        for step in Unpack::new(name, bytes.clone(), Limits::default()) {
            engine.take(step);
        }
    }
    engine.link();
    let Answer::Capture(capture) = engine.ask(&Query::Capture) else { panic!() };
    (engine, capture)
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/fixtures/istio/1.27").join(name)).unwrap()
}

fn table(engine: &mut Engine, document: DocumentId) -> TextTable {
    let query = Query::TextTable { document, table: 0, text: String::new(), offset: 0, limit: 200 };
    match engine.ask(&query) {
        Answer::TextTable(table) => table,
        other => panic!("{other:?}"),
    }
}

/// Every line that istioctl printed below a heading is a row, and every row has a cell where istioctl had one.
#[test]
fn every_table_that_istioctl_printed_is_a_table_again() {
    let (mut engine, capture) = opened(&[("synced.tar.gz", fixture("bookinfo-synced.tar.gz"))]);
    let list: Vec<_> = capture.documents.iter().filter(|it| it.kind == "istioctl_table").collect();
    assert!(list.len() > 20);
    for line in list {
        let text = String::from_utf8(engine.capture().document(line.id).unwrap().bytes.clone()).unwrap();
        let rows: usize = tables(&text).iter().map(|it| it.rows.len()).sum();
        let printed = text.lines().filter(|it| !it.trim().is_empty()).count();
        let found = tables(&text).len();
        let versions = text.lines().filter(|it| it.contains(" Version: ")).count();
        assert_eq!(rows + found + versions, printed, "{}", line.path);
        if printed > found {
            assert!(!table(&mut engine, line.id).rows.is_empty(), "{}", line.path);
        }
    }
}

#[test]
fn names_in_a_table_lead_to_what_they_name() {
    let (mut engine, capture) = opened(&[("synced.tar.gz", fixture("bookinfo-synced.tar.gz"))]);
    let of = |name: &str| {
        let found =
            capture.documents.iter().find(|it| it.path.contains("/productpage") && it.path.ends_with(name));
        found.unwrap_or_else(|| panic!("{name}")).id
    };
    for (file, column) in [("endpoint.txt", 3), ("cluster.txt", 0), ("listener.txt", 3), ("route.txt", 0)] {
        let table = table(&mut engine, of(file));
        let links = table.rows.iter().filter(|row| matches!(row[column][..], [Part::Link { .. }])).count();
        let named = table.rows.iter().filter(|row| !row[column].is_empty()).count();
        assert!(links * 10 >= named * 8, "{file}: {links} of {named}");
    }
}

/// The page of Istio 1.1's documentation on debugging (../shared/seed): tables, a comparison and JSON between prose.
#[test]
fn the_seed_falls_into_its_outputs() {
    let Ok(folder) = std::fs::read_dir(root().join("../shared/seed")) else {
        eprintln!("skipped: ../shared/seed is absent");
        return;
    };
    let path =
        folder.map(|it| it.unwrap().path()).find(|it| it.extension().is_some_and(|it| it == "txt")).unwrap();
    let (mut engine, capture) = opened(&[("unknown", std::fs::read(path).unwrap())]);
    let kinds: Vec<&str> =
        capture.documents.iter().map(|it| it.kind.as_str()).filter(|it| *it != "unknown").collect();
    assert_eq!(
        kinds,
        [
            "istioctl_table",
            "istioctl_compare",
            "istioctl_table",
            "istioctl_table",
            "istioctl_listeners",
            "istioctl_routes",
            "istioctl_clusters",
            "istioctl_table",
            "envoy_bootstrap",
            "envoy_server_info",
        ]
    );
    let status = table(&mut engine, capture.documents[0].id);
    assert_eq!((status.columns.len(), status.total), (7, 9));
    assert!(
        status.rows.iter().all(|row| matches!(row[0][..], [Part::Link { target: Target::Proxy(_), .. }]))
    );
    let listeners = capture.documents.iter().filter(|it| it.kind == "istioctl_table").nth(2).unwrap().id;
    assert_eq!(table(&mut engine, listeners).total, 29);
    // What the table says of the proxies is what a syncz page would.
    let stale =
        capture.proxies.iter().find(|it| it.name.starts_with("productpage-v1-6c886ff494-hm7zk")).unwrap();
    assert_eq!(stale.mark, Some(Mark::Stale));
}

#[test]
fn a_log_has_its_lines_by_class() {
    let log =
        "2026-11-23T14:51:09.0Z\twarn\tads\tADS:LDS: ACK ERROR ratings.default-3 Internal:Error adding\n\
        [2026-11-23T14:51:10.123Z] \"GET /reviews/1 HTTP/1.1\" 503 UH no_healthy_upstream - \"-\" 0 19 0\n\
        2026-11-23T14:51:09.0Z\tinfo\tads\tADS: new connection for node:web-1.default-1\n"
            .repeat(3);
    let (mut engine, capture) = opened(&[("unknown", log.into_bytes())]);
    assert_eq!((capture.documents[0].kind.as_str(), &capture.documents[0].trouble), ("log", &None));
    let query = Query::LogLines {
        document: DocumentId(0),
        class: LogClass::Access,
        text: "503 uh".into(),
        offset: 1,
        limit: 1,
    };
    let Answer::LogLines(found) = engine.ask(&query) else { panic!() };
    assert_eq!((found.lines, found.matched, found.rows[0].0), (9, 3, 4));
    assert_eq!(found.counts, [(LogClass::Access, 3), (LogClass::Nack, 3), (LogClass::Connection, 3)]);
}
