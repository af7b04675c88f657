//! What the engine answers about real captures (tests/fixtures).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

use xdscope::engine::Engine;
use xdscope::engine::protocol::*;
use xdscope::envoy::Kind;
use xdscope::intake::{Limits, Unpack};

fn open(name: &str) -> Engine {
    let path = format!("{}/tests/fixtures/istio/1.27/{name}", env!("CARGO_MANIFEST_DIR"));
    opened(name, std::fs::read(path).unwrap())
}

fn opened(name: &str, bytes: Vec<u8>) -> Engine {
    let mut engine = Engine::default();
    for step in Unpack::new(name, bytes, Limits::default()) {
        engine.take(step);
    }
    engine.link();
    engine
}

fn capture(engine: &mut Engine) -> Capture {
    match engine.ask(&Query::Capture) {
        Answer::Capture(capture) => capture,
        other => panic!("{other:?}"),
    }
}

fn proxy(engine: &mut Engine, name: &str) -> ProxyId {
    capture(engine).proxies.iter().find(|it| it.name.starts_with(name)).unwrap().id
}

fn table(engine: &mut Engine, proxy: ProxyId, table: TableKind, window: Window) -> Table {
    match engine.ask(&Query::Table { proxy, table, window }) {
        Answer::Table(table) => table,
        other => panic!("{other:?}"),
    }
}

fn detail(engine: &mut Engine, resource: ResourceRef) -> Detail {
    match engine.ask(&Query::Detail(resource)) {
        Answer::Detail(detail) => detail,
        other => panic!("{other:?}"),
    }
}

fn containing(text: &str) -> Window {
    Window { text: text.to_owned(), limit: 100, ..Window::default() }
}

/// A row's cell.
fn cell(row: &Row, kind: TableKind, column: Column) -> &Cell {
    let at = xdscope::tables::page::columns(kind).iter().position(|it| *it == column).unwrap();
    &row.cells[at]
}

/// The link in a row that leads to a resource of that kind.
fn follow(engine: &mut Engine, row: &Row, kind: Kind) -> ResourceRef {
    let targets = row.cells.iter().flatten().filter_map(|part| match part {
        Part::Link { target: Target::Resource(resource), .. } => Some(*resource),
        _ => None,
    });
    let targets: Vec<_> = targets.collect();
    targets.into_iter().find(|it| detail(engine, *it).kind == kind).unwrap()
}

#[test]
fn the_chain_of_the_seed_is_followed_by_links_and_back() {
    let mut engine = open("bookinfo-stale.tar.gz");
    let productpage = proxy(&mut engine, "productpage");
    let rows = table(&mut engine, productpage, TableKind::Listeners, containing("0.0.0.0:9080")).rows;
    let route = follow(&mut engine, &rows[0], Kind::Route);
    assert_eq!(detail(&mut engine, route).name, "9080");
    let only = Window { only: Some(route), limit: 100, ..Window::default() };
    let routes = table(&mut engine, productpage, TableKind::Routes, only).rows;
    let wanted = Part::Text("end-user = jason".into());
    let jason =
        routes.iter().find(|row| cell(row, TableKind::Routes, Column::Match).contains(&wanted)).unwrap();
    let cluster = follow(&mut engine, jason, Kind::Cluster);
    let reviews = detail(&mut engine, cluster);
    assert_eq!(reviews.name, "outbound|9080|v2|reviews.default.svc.cluster.local");
    let links = |detail: &Detail, relation: Relation, kind: Kind| {
        let group = detail.links.iter().find(|it| (it.relation, it.kind) == (relation, kind));
        group.map(|it| it.links.clone()).unwrap_or_default()
    };
    let [Part::Link { target: Target::Resource(endpoints), .. }] =
        links(&reviews, Relation::Uses, Kind::Endpoint)[..]
    else {
        panic!("{reviews:?}")
    };
    let back = links(&detail(&mut engine, endpoints), Relation::UsedBy, Kind::Cluster);
    assert!(back.contains(&Part::Link {
        text: "reviews.default v2 :9080".into(),
        whole: "outbound|9080|v2|reviews.default.svc.cluster.local".into(),
        target: Target::Resource(cluster),
    }));
    assert!(
        links(&reviews, Relation::UsedBy, Kind::Route)
            .iter()
            .any(|part| { matches!(part, Part::Link { target, .. } if *target == Target::Resource(route)) })
    );
}

#[test]
fn a_route_to_a_missing_cluster_is_broken() {
    let mut engine = open("bookinfo-synced.tar.gz");
    let productpage = proxy(&mut engine, "productpage");
    let rows = table(&mut engine, productpage, TableKind::Routes, containing("/missing")).rows;
    for row in &rows {
        let [Part::Text(port)] = &row.cells[0][..] else { panic!("{row:?}") };
        let broken = Part::Broken {
            text: "reviews.default v9".into(),
            whole: format!("outbound|{port}|v9|reviews.default.svc.cluster.local"),
        };
        let destination = cell(row, TableKind::Routes, Column::Destination);
        assert_eq!(*destination, [broken, Part::Word(Word::NoSuchCluster)]);
    }
    assert!(!rows.is_empty());
}

#[test]
fn marks_say_the_worst_of_each_proxy() {
    for (capture_name, expected) in [
        (
            "bookinfo-synced.tar.gz",
            [("ratings", Some(Mark::Rejected)), ("istio-ingressgateway", Some(Mark::NotConnected))],
        ),
        ("bookinfo-stale.tar.gz", [("reviews", Some(Mark::Stale)), ("details", None)]),
    ] {
        let mut engine = open(capture_name);
        let found = capture(&mut engine);
        for (name, mark) in expected {
            let proxy = found.proxies.iter().find(|it| it.name.starts_with(name)).unwrap();
            assert_eq!(proxy.mark, mark, "{capture_name} {name}");
        }
        assert_eq!(found.control_planes[0].name, "istiod-6d9f5c7b8-abcde");
    }
}

#[test]
fn every_link_of_every_table_leads_somewhere() {
    let mut engine = open("bug-report.tar.gz");
    let (mut links, mut owners) = (0, 0);
    for proxy in capture(&mut engine).proxies {
        for kind in TableKind::ALL {
            let found = table(&mut engine, proxy.id, kind, Window { limit: 200, ..Window::default() });
            for part in found.rows.iter().flat_map(|row| row.cells.iter().flatten()) {
                if let Part::Link { target, whole, text } = part {
                    let resource = match target {
                        Target::Resource(resource) => resource,
                        // The Istio resource that something was made of, in the document that has it.
                        Target::Place(document, at) => {
                            let of = TextRef::Document(*document);
                            let line = engine.ask(&Query::LineAt { of, at: *at });
                            assert!(matches!(line, Answer::Found(lines) if lines.len() == 1), "{part:?}");
                            owners += 1;
                            continue;
                        }
                        other => panic!("{other:?}"),
                    };
                    let found = detail(&mut engine, *resource);
                    let counts = text.split('/').all(|it| it.parse::<u32>().is_ok()) || text.starts_with('#');
                    assert!(
                        counts || found.name == if whole.is_empty() { text } else { whole }.as_str(),
                        "{part:?}"
                    );
                    links += 1;
                }
            }
        }
    }
    assert!(links > 500 && owners > 50, "{links} {owners}");
}

#[test]
fn filters_and_sorting_are_those_of_the_rows() {
    let mut engine = open("bookinfo-stale.tar.gz");
    let productpage = proxy(&mut engine, "productpage");
    let ask = |engine: &mut Engine, window: Window| table(engine, productpage, TableKind::Clusters, window);
    let all = ask(&mut engine, Window { limit: 200, ..Window::default() });
    let by_port = Window { sort: Some((Column::Port, true)), limit: 200, ..Window::default() };
    let sorted = ask(&mut engine, by_port);
    let ports = |table: &Table| -> Vec<u32> {
        let port = |row: &Row| match row.cells[1].first() {
            Some(Part::Text(text)) => text.parse().unwrap(),
            _ => 0,
        };
        table.rows.iter().map(port).collect()
    };
    assert!(ports(&sorted).is_sorted_by(|one, other| one >= other));
    assert_eq!((all.total, all.matched), (sorted.total, sorted.matched));
    let subset = Window { columns: vec![(Column::Subset, "V1".into())], ..containing("reviews") };
    let found = ask(&mut engine, subset);
    assert_eq!((found.total, found.matched, found.rows.len()), (all.total, 1, 1));
    let second = ask(&mut engine, Window { offset: 1, limit: 1, ..Window::default() });
    assert_eq!(second.rows[0], all.rows[1]);
}

#[test]
fn a_cut_dump_shows_what_was_whole_and_where_it_ends() {
    let mut engine = open("bookinfo-stale.tar.gz");
    let whole = {
        let reviews = proxy(&mut engine, "reviews");
        let document = engine.capture().proxy(reviews).unwrap().dump.unwrap();
        engine.capture().document(document).unwrap().bytes.clone()
    };
    let mut engine = opened("cut.json", whole[..whole.len() / 2].to_vec());
    let found = capture(&mut engine);
    let trouble = found.documents[0].trouble.clone().unwrap();
    assert_eq!((trouble.kind.as_str(), trouble.place.unwrap().byte as usize), ("truncated", whole.len() / 2));
    let id = found.proxies[0].id;
    assert_eq!(found.proxies[0].mark, Some(Mark::Partial));
    let clusters = table(&mut engine, id, TableKind::Clusters, Window { limit: 200, ..Window::default() });
    assert!(clusters.total > 0);
    let routes = table(&mut engine, id, TableKind::Routes, Window { limit: 10, ..Window::default() });
    assert_eq!(routes.missing.unwrap().what, "section");
}

#[test]
fn an_answer_stays_below_its_bound() {
    let mut engine = open("big.json.gz");
    let id = capture(&mut engine).proxies[0].id;
    for kind in [TableKind::Listeners, TableKind::Routes, TableKind::Clusters, TableKind::Endpoints] {
        let window = Window { limit: u32::MAX, ..Window::default() };
        let answer = engine.ask(&Query::Table { proxy: id, table: kind, window });
        let size = serde_json::to_string(&answer).unwrap().len();
        assert!(size < 256 << 10, "{kind:?}: {size}");
    }
    let Answer::Hits(hits) = engine.ask(&Query::Search { text: "svc0003".into(), limit: 50 }) else {
        panic!()
    };
    assert!(!hits.is_empty());
    for hit in hits {
        let Target::Resource(resource) = hit.target else { continue };
        assert!(hit.name.contains("svc0003"));
        let lines =
            Query::Lines { of: TextRef::Resource(resource), folded: vec![], offset: 0, limit: u32::MAX };
        assert!(serde_json::to_string(&engine.ask(&lines)).unwrap().len() < 256 << 10);
    }
}

/// Two dumps of one proxy at two times: the newest is looked at, the older can be chosen, and they are never mixed.
#[test]
fn two_dumps_of_one_proxy_are_two_times() {
    let mut engine = Engine::default();
    for name in ["bookinfo-synced.tar.gz", "bookinfo-stale.tar.gz"] {
        let path = format!("{}/tests/fixtures/istio/1.27/{name}", env!("CARGO_MANIFEST_DIR"));
        for step in Unpack::new(name, std::fs::read(path).unwrap(), Limits::default()) {
            engine.take(step);
        }
    }
    engine.link();
    let id = proxy(&mut engine, "productpage");
    let overview = |engine: &mut Engine| match engine.ask(&Query::Overview(id)) {
        Answer::Overview(it) => it,
        other => panic!("{other:?}"),
    };
    let now = overview(&mut engine);
    assert_eq!(now.times.iter().map(|it| it.chosen).collect::<Vec<_>>(), [false, true]);
    assert!(now.times[0].captured < now.times[1].captured);
    let archive = |it: &Overview| {
        let mut names: Vec<_> =
            it.documents.iter().map(|it| it.path.split('/').next().unwrap().to_owned()).collect();
        names.dedup();
        names
    };
    assert_eq!(archive(&now), ["bookinfo-stale.tar.gz"]);
    let rows = table(&mut engine, id, TableKind::Clusters, Window::default()).total;
    let before = now.times[0].dump;
    assert!(matches!(engine.ask(&Query::Choose { proxy: id, dump: before }), Answer::Capture(_)));
    assert_eq!(archive(&overview(&mut engine)), ["bookinfo-synced.tar.gz"]);
    assert_ne!(table(&mut engine, id, TableKind::Clusters, Window::default()).total, rows);
    assert_eq!(engine.ask(&Query::Choose { proxy: id, dump: DocumentId(9999) }), Answer::Gone);
}

/// A static configuration as YAML has tables, and Raw shows it as it was written.
#[test]
fn a_static_configuration_has_tables_and_its_own_text() {
    let text = "static_resources:\n  clusters:\n  - name: api\n    load_assignment:\n      cluster_name: api\n      endpoints: []\n";
    let mut engine = Engine::default();
    engine.add("envoy.yaml", text.as_bytes().to_vec(), None);
    engine.link();
    let found = capture(&mut engine);
    assert_eq!(
        (found.documents[0].kind.as_str(), found.documents[0].bytes),
        ("envoy_yaml", text.len() as u64)
    );
    let id = found.proxies[0].id;
    let clusters = table(&mut engine, id, TableKind::Clusters, Window { limit: 9, ..Window::default() });
    assert_eq!((clusters.total, clusters.missing), (1, None));
    let Subject::Resource(resource) = clusters.rows[0].of else { panic!() };
    let Answer::Detail(detail) = engine.ask(&Query::Detail(resource)) else { panic!() };
    assert_eq!((detail.place.line, detail.place.column), (3, 5));
    let of = TextRef::Document(DocumentId(0));
    let Answer::Text { text: shown, .. } = engine.ask(&Query::Text { of, offset: 0 }) else { panic!() };
    assert_eq!(shown, text);
}

/// Findings come in slices, while other questions are answered; then they are kept, marked, hidden.
#[test]
fn findings_are_judged_in_between() {
    let mut engine = open("bookinfo-synced.tar.gz");
    let find = |engine: &mut Engine, window: FindingsWindow| match engine.ask(&Query::Findings(window)) {
        Answer::Findings(found) => found,
        other => panic!("{other:?}"),
    };
    let all = FindingsWindow { limit: 1000, ..FindingsWindow::default() };
    assert!(!find(&mut engine, all.clone()).done);
    assert!(engine.judge() && engine.judge());
    capture(&mut engine);
    while engine.judge() {}
    assert!(engine.judged());
    let found = find(&mut engine, all.clone());
    assert!(found.done);
    assert_eq!(found.counts.errors, 4);
    assert!(serde_json::to_string(&found).unwrap().len() < 256 << 10);
    let missing = found.window.iter().find(|it| it.id == "route-to-missing-cluster").unwrap();
    let Answer::FindingDetails(details) = engine.ask(&Query::FindingDetails(vec![missing.at])) else {
        panic!()
    };
    let proof = &details[0].evidence[0];
    // The evidence leads to the resource that the tables know by the same place.
    assert_eq!(detail(&mut engine, proof.resource.unwrap()).name, "9080");
    assert!(proof.line.unwrap() > 1 && proof.pointer.ends_with("/route/cluster"), "{proof:?}");
    let productpage = proxy(&mut engine, "productpage");
    let marked = |engine: &mut Engine| match engine.ask(&Query::Marks(Some(productpage))) {
        Answer::Marks(marks) => marks,
        other => panic!("{other:?}"),
    };
    let marks = marked(&mut engine);
    // The mark is the route's row, not the whole route configuration's.
    let mark = marks.resources.iter().find(|it| it.worst == Severity::Error && it.at.is_some()).unwrap();
    let place = mark.resource;
    let rows = table(
        &mut engine,
        productpage,
        TableKind::Routes,
        Window { only: Some(place), limit: 100, ..Window::default() },
    );
    assert_eq!(rows.rows.iter().filter(|it| Some(it.at) == mark.at).count(), 1);
    let of_it = find(&mut engine, FindingsWindow { resource: Some(place), ..all.clone() });
    assert!(of_it.matched > 0 && of_it.matched < found.matched);
    let of_proxy = find(&mut engine, FindingsWindow { proxy: Some(productpage), ..all.clone() });
    assert!(of_proxy.matched < found.matched);
    let hidden = vec![Suppression { id: missing.id.clone(), resource: Some("9080".into()), proxy: None }];
    engine.ask(&Query::Suppress(hidden));
    let rest = find(&mut engine, all.clone());
    assert_eq!((rest.counts.errors, rest.suppressed), (3, 1));
    assert_eq!(find(&mut engine, FindingsWindow { suppressed: true, ..all }).matched, 1);
    assert!(marked(&mut engine).proxies.len() <= marks.proxies.len());
}

/// What is made before it is asked for is what would be made then.
#[test]
fn prepared_tables_say_the_same() {
    let (mut engine, mut other) = (open("bookinfo-stale.tar.gz"), open("bookinfo-stale.tar.gz"));
    let productpage = proxy(&mut engine, "productpage");
    engine.ask(&Query::Overview(productpage));
    let mut turns = 0;
    while engine.prepare() {
        turns += 1;
        assert!(turns < 1000, "it comes to an end");
    }
    assert!(turns > 5, "{turns}");
    for kind in TableKind::ALL {
        for window in [Window { limit: 200, ..Window::default() }, containing("reviews")] {
            let sorted = Window { sort: Some((Column::Host, true)), ..window.clone() };
            for window in [window, sorted] {
                let prepared = table(&mut engine, productpage, kind, window.clone());
                assert_eq!(prepared, table(&mut other, productpage, kind, window), "{kind:?}");
            }
        }
    }
}
