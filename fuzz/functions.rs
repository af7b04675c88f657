//! What is fuzzed: each function takes any bytes and must come back. fuzz/targets hands them to libFuzzer, and
//! tests/mutations.rs runs them over every fixture, changed.

use xdscope::capture::Capture;
use xdscope::engine::Engine;
use xdscope::engine::protocol::{
    Answer, DocumentId, LogClass, ProxyId, Query, ResourceRef, TableKind, TextRef, Window,
};
use xdscope::envoy::ResourceId;
use xdscope::intake::{Limits, Log, Step, Unpack, Yaml, pieces, recognise};
use xdscope::json::{Outline, Scanner, Tree};

/// Recognition, in one go and in pieces; and what a text falls into.
pub fn recognise_all(data: &[u8]) {
    let whole = recognise(data);
    assert!(whole.start <= data.len());
    assert!(whole.partial.is_none_or(|it| it.at as usize <= data.len()));
    if let Some(start) = xdscope::intake::json_start(data) {
        let mut scanner = Scanner::new(start);
        for end in (0..data.len()).step_by(37) {
            scanner.feed(&data[..end]);
        }
        let pieces = scanner.finish(data);
        let at_once = Outline::of(data, start);
        assert_eq!((pieces.len(), pieces.end), (at_once.len(), at_once.end));
    }
    let list = pieces(data.to_vec(), None);
    assert!(!list.is_empty());
    let mut last = 0;
    for piece in list {
        assert!(piece.start >= last);
        last = piece.start;
    }
}

/// A document: read, linked, and asked about in every way.
pub fn dump(data: &[u8]) {
    let mut engine = Engine::default();
    engine.add("a/unknown", data.to_vec(), None);
    engine.link();
    ask(&mut engine);
}

fn ask(engine: &mut Engine) {
    let Answer::Capture(capture) = engine.ask(&Query::Capture) else { return };
    engine.capture().manifests();
    for document in &capture.documents {
        let of = TextRef::Document(document.id);
        engine.ask(&Query::Lines { of, folded: vec![1], offset: 0, limit: 50 });
        engine.ask(&Query::Find { of, text: "a".to_owned() });
        engine.ask(&Query::Text { of, offset: 3 });
        for text in ["", "a"] {
            let (document, text) = (document.id, text.to_owned());
            engine.ask(&Query::TextTable { document, table: 0, text: text.clone(), offset: 0, limit: 50 });
            let class = LogClass::Access;
            engine.ask(&Query::LogLines { document, class, text, offset: 0, limit: 50 });
        }
        resources(engine, document.id);
    }
    let kinds = [
        TableKind::Listeners,
        TableKind::Routes,
        TableKind::Clusters,
        TableKind::Endpoints,
        TableKind::Secrets,
    ];
    for proxy in capture.proxies.iter().map(|it| it.id).chain([ProxyId(99)]).take(4) {
        engine.ask(&Query::Overview(proxy));
        for table in kinds {
            for text in ["", "a"] {
                let window = Window { text: text.to_owned(), limit: 50, ..Window::default() };
                engine.ask(&Query::Table { proxy, table, window });
            }
        }
        let of = TextRef::Bootstrap(proxy);
        engine.ask(&Query::Lines { of, folded: Vec::new(), offset: 0, limit: 50 });
    }
    engine.ask(&Query::Search { text: "a".to_owned(), limit: 10 });
}

fn resources(engine: &mut Engine, document: DocumentId) {
    let count = |capture: &Capture| {
        capture.document(document).and_then(|it| it.dump()).map_or(0, |it| it.all().count())
    };
    let count = u32::try_from(count(engine.capture())).unwrap_or(0);
    for resource in (0..count.min(24)).map(ResourceId) {
        let of = ResourceRef { document, resource };
        engine.ask(&Query::Detail(of));
        engine.ask(&Query::LineAt { of: TextRef::Resource(of), at: 100 });
    }
}

/// An archive, with small limits; its members are recognised.
pub fn archive(data: &[u8]) {
    let limits =
        Limits { bytes: 1 << 20, total: 4 << 20, inflated: 16 << 20, members: 200, depth: 4, ratio: 1000 };
    let mut given = 0;
    for step in Unpack::new("x", data.to_vec(), limits).wanting(|_| true) {
        if let Step::Member(member) = step {
            assert!(!member.path.contains("..") || !member.path.contains("/../"));
            given += member.bytes.len() as u64;
            recognise(&member.bytes);
        }
    }
    assert!(given <= 8 << 20);
}

/// YAML: what comes out is JSON, as far as it goes.
pub fn yaml(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let found = Yaml::read(&text);
    if found.fault.is_none() {
        assert!(Tree::whole(&found.json).is_ok());
    }
    for at in [0, 1, found.json.len() / 2, found.json.len()] {
        assert!(found.place(u32::try_from(at).unwrap_or(0)) as usize <= text.len());
    }
}

/// Text: tables and logs, whatever the text is taken for.
pub fn text(data: &[u8]) {
    let lossy = String::from_utf8_lossy(data);
    for table in xdscope::intake::tables(&lossy) {
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
        xdscope::istiod::status_table(&table);
    }
    let log = Log::read(data);
    for line in &log.found {
        assert!(line.span.end as usize <= data.len() && line.number < log.lines);
        Log::time(data, line);
    }
    dump(data);
}
