//! What the page asks: the mesh by window, comparisons by window, two captures.

use xdscope::engine::Engine;
use xdscope::engine::protocol::{
    Answer, Beside, CompareLine, CompareWindow, Compared, Differs, Filter, GroupBy, Key, Meaning, Mesh,
    MeshLine, MeshWindow, Pair, PairState, ProxyId, Query, Section, Standing,
};
use xdscope::intake::{Limits, Unpack};

fn open(engine: &mut Engine, files: impl IntoIterator<Item = (String, Vec<u8>)>) {
    for (name, bytes) in files {
        for step in Unpack::new(&name, bytes, Limits::default()) {
            engine.take(step);
        }
    }
    engine.link();
}

fn fixture(name: &str) -> (String, Vec<u8>) {
    let path = format!("{}/tests/fixtures/istio/1.27/{name}", env!("CARGO_MANIFEST_DIR"));
    (name.to_owned(), std::fs::read(path).unwrap())
}

fn with(name: &str) -> Engine {
    let mut engine = Engine::default();
    open(&mut engine, [fixture(name)]);
    engine
}

fn mesh(engine: &mut Engine, window: MeshWindow) -> Mesh {
    match engine.ask(&Query::Mesh(MeshWindow { limit: 100, ..window })) {
        Answer::Mesh(mesh) => mesh,
        other => unreachable!("{other:?}"),
    }
}

fn proxy(engine: &Engine, pod: &str) -> ProxyId {
    engine.capture().proxies().find(|it| it.1.identity.pod.starts_with(pod)).unwrap().0
}

fn compare(engine: &mut Engine, pair: Pair) -> Compared {
    let window = CompareWindow { pair, text: String::new(), respelled: false, offset: 0, limit: 200 };
    match engine.ask(&Query::Compare(window)) {
        Answer::Compared(found) => found,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_refusal_is_told_once_with_envoys_words_and_who_refuses() {
    let mut engine = with("bookinfo-stale.tar.gz");
    let found = mesh(&mut engine, MeshWindow::default());
    let [refusal] = &found.refusals[..] else { unreachable!("{:?}", found.refusals) };
    assert_eq!((refusal.short.as_str(), refusal.total), ("LDS", 1));
    assert!(refusal.text.contains("Didn't find a registered implementation for 'acme.filters.http.tenant'"));
    assert_eq!(refusal.resources.iter().map(|it| it.1.as_str()).collect::<Vec<_>>(), ["virtualInbound"]);
    let counts: Vec<_> = found.counts.iter().map(|it| (*it.0, *it.1)).collect();
    let want =
        [(Standing::Rejecting, 1), (Standing::NotConnected, 1), (Standing::Stale, 1), (Standing::Synced, 3)];
    assert_eq!(counts, want);
    // The worst first, and in groups under their names.
    assert!(matches!(&found.window[0], MeshLine::Row { row, .. } if row.name.starts_with("ratings")));
    let by = MeshWindow { by: Some(GroupBy::Namespace), ..MeshWindow::default() };
    let grouped = mesh(&mut engine, by);
    assert_eq!((grouped.matched, grouped.lines), (6, 9));
    assert!(matches!(&grouped.window[0], MeshLine::Group(it) if it.key == Key::Name("default".to_owned())));
}

#[test]
fn a_mesh_of_thousands_is_answered_by_window() {
    let row = |at: usize| {
        let acked = if at.is_multiple_of(10) { "old" } else { "new" };
        let of = format!(r#"{{"sent": "new", "acked": "{acked}", "lastError": ""}}"#);
        let types = ["cluster.v3.Cluster", "listener.v3.Listener", "endpoint.v3.ClusterLoadAssignment"];
        let types = types.map(|it| format!(r#""type.googleapis.com/envoy.config.{it}": {of}"#)).join(", ");
        format!(r#"{{"proxy": "pod-{at}.ns-{}", "cluster_id": "K", "resources": {{{types}}}}}"#, at % 7)
    };
    let page = format!("[{}]", (0..3000).map(row).collect::<Vec<_>>().join(",\n"));
    let mut engine = Engine::default();
    open(&mut engine, [("istiod/istiod-1/syncz.json".to_owned(), page.into_bytes())]);
    let window = MeshWindow { offset: 290, ..MeshWindow::default() };
    let answer = engine.ask(&Query::Mesh(MeshWindow { limit: u32::MAX, ..window }));
    assert!(serde_json::to_string(&answer).unwrap().len() < 256_000);
    let Answer::Mesh(found) = answer else { unreachable!() };
    assert_eq!((found.total, found.lines, found.counts[&Standing::Stale]), (3000, 3000, 300));
    let standings = found.window.iter().map(|it| match it {
        MeshLine::Row { standing, .. } => *standing,
        MeshLine::Group(_) => unreachable!(),
    });
    let standings: Vec<_> = standings.collect();
    assert_eq!(standings[..10], [Standing::Stale; 10]);
    assert!(standings[10..].iter().all(|it| *it == Standing::Synced));
    let filter =
        Filter { text: "ns-3 POD-3".to_owned(), standing: Some(Standing::Stale), ..Filter::default() };
    let found = mesh(&mut engine, MeshWindow { filter, ..MeshWindow::default() });
    assert!(found.matched > 0 && found.matched < 100, "{}", found.matched);
}

#[test]
fn what_reviews_missed_is_real_and_each_difference_can_be_looked_at() {
    let mut engine = with("bookinfo-stale.tar.gz");
    let pair = Pair::Sync { proxy: proxy(&engine, "reviews"), replica: 0 };
    let found = compare(&mut engine, pair);
    assert!(matches!(found.meaning, Some(Meaning::Stale(Some(_)))), "{:?}", found.meaning);
    let resources: Vec<_> = found
        .window
        .iter()
        .filter_map(|it| match it {
            CompareLine::Resource(it) => Some(it.clone()),
            CompareLine::Section(_) => None,
        })
        .collect();
    assert_eq!(resources.len() as u32, found.differences);
    for it in &resources {
        let query = Query::Difference { pair, at: it.at, open: Vec::new(), offset: 0, limit: 500 };
        let answer = engine.ask(&query);
        assert!(serde_json::to_string(&answer).unwrap().len() < 256_000, "{}", it.name);
        let Answer::Difference(difference) = answer else { unreachable!("{}", it.name) };
        assert_eq!(difference.line, *it);
        assert_eq!(difference.fields.is_empty(), !matches!(it.differs, Differs::Changed(..)));
        assert!(difference.window.iter().any(|it| matches!(it, Beside::Other { .. })), "{}", it.name);
        // Seven lines stand around what differs.
        let first = difference.window.iter().position(|it| matches!(it, Beside::Other { .. })).unwrap();
        let fold = difference.window.iter().position(|it| matches!(it, Beside::Fold { .. }));
        assert!(fold.is_none_or(|fold| fold > first || first - fold == 8), "{}", it.name);
    }
    let ratings = Pair::Sync { proxy: proxy(&engine, "ratings"), replica: 0 };
    assert!(matches!(compare(&mut engine, ratings).meaning, Some(Meaning::Refused(_))));
    let details = Pair::Sync { proxy: proxy(&engine, "details"), replica: 0 };
    let same = compare(&mut engine, details);
    assert_eq!((same.differences, same.meaning), (0, Some(Meaning::Same)));
}

#[test]
fn without_a_side_the_answer_says_which_and_how_to_collect_it() {
    let mut engine = with("bug-report.tar.gz");
    let pair = Pair::Sync { proxy: proxy(&engine, "reviews"), replica: 0 };
    let found = compare(&mut engine, pair);
    assert!(found.missing[0].command.contains("/debug/config_dump?proxyID=reviews"));
    let known = found.known.unwrap();
    assert!(known.clusters.unwrap().only_left.iter().any(|it| it.starts_with("outbound|9080||newsvc")));
    // Envoy's dump has an older push than the one that was sent.
    let pushes: Vec<_> = known.pushes.iter().map(|it| (it.0.as_str(), it.1 == it.2)).collect();
    assert_eq!(pushes, [("CDS", false), ("LDS", false)]);
}

#[test]
fn replicas_that_disagree_are_both_there() {
    // istiod writes camelCase and no times.
    let dump = |list: &str, name: &str, timeout: &str| {
        format!(
            r#"{{"configs": [{{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
            "{list}": [{{"cluster": {{"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
            "name": "a", "{name}": "{timeout}"}}}}]}}]}}"#
        )
        .into_bytes()
    };
    let envoy = dump("dynamic_active_clusters", "connect_timeout", "1s");
    let istiod = |timeout: &str| dump("dynamicActiveClusters", "connectTimeout", timeout);
    let mut engine = Engine::default();
    open(
        &mut engine,
        [
            ("envoy/web-1/config_dump.json".to_owned(), envoy),
            ("istiod/one/proxies/web-1.shop/config_dump.json".to_owned(), istiod("1s")),
            ("istiod/two/proxies/web-1.shop/config_dump.json".to_owned(), istiod("2s")),
        ],
    );
    let web = proxy(&engine, "web-1");
    let first = compare(&mut engine, Pair::Sync { proxy: web, replica: 0 });
    assert_eq!(first.replicas, [("one".to_owned(), true), ("two".to_owned(), false)]);
    assert_eq!(first.differences, 0);
    let second = compare(&mut engine, Pair::Sync { proxy: web, replica: 1 });
    assert_eq!((second.left.name.as_str(), second.differences), ("two", 1));
}

#[test]
fn two_captures_are_compared_a_little_further_with_each_question() {
    let mut engine = with("bookinfo-stale.tar.gz");
    open(engine.second(), [fixture("bookinfo-synced.tar.gz")]);
    let ask = Query::Captures { offset: 0, limit: 100 };
    let found = loop {
        match engine.ask(&ask) {
            Answer::Captures(found) if found.pending == 0 => break found,
            Answer::Captures(_) => {}
            other => unreachable!("{other:?}"),
        }
    };
    assert_eq!(found.counts, [4, 2, 0, 1]);
    let ledger = found.window.iter().find(|it| it.name.starts_with("ledger")).unwrap();
    assert_eq!((&ledger.state, ledger.left), (&PairState::OnlyRight, None));
    let page = found.window.iter().find(|it| it.name.starts_with("productpage")).unwrap();
    assert!(matches!(&page.state, PairState::Differs(all) if all.contains(&(Section::Clusters, 7))));
    let pair = Pair::Envoys { left: page.left.unwrap(), right: page.right.unwrap(), second: true };
    assert!(compare(&mut engine, pair).differences > 0);
    let Answer::Elsewhere(hosts) = engine.ask(&Query::Elsewhere(pair)) else { unreachable!() };
    assert_eq!((hosts.changed, hosts.hosts[0].host.as_str()), (1, "newsvc.default.svc.cluster.local"));
    assert_eq!(hosts.hosts[0].right.clusters, ["PassthroughCluster"]);
    // The other way round, and closed.
    engine.swap();
    assert_eq!(engine.capture().proxies().count(), 7);
    engine.close_second();
    assert_eq!(engine.ask(&ask), Answer::Gone);
    assert_eq!(
        engine.ask(&Query::Compare(CompareWindow {
            pair,
            text: String::new(),
            respelled: false,
            offset: 0,
            limit: 9
        })),
        Answer::Gone
    );
}
