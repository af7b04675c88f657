//! What is copied for a ticket has no name of the capture, in the same codes as the copy that can be sent.

use std::collections::BTreeSet;

use xdscope::engine::Engine;
use xdscope::engine::protocol::{
    Answer, DocumentId, Query, ShareAnswer, ShareQuery, TableKind, TextRef, Window,
};
use xdscope::intake::{Limits, Unpack};
use xdscope::redact::{Map, apply};

use super::{KEY, fixture};

fn open(engine: &mut Engine, name: &str) {
    Unpack::new("capture.tar.gz", fixture(name), Limits::default()).for_each(|step| engine.take(step));
    engine.link();
}

fn ask(engine: &mut Engine, query: &ShareQuery) -> ShareAnswer {
    for _ in 0..10_000 {
        match engine.ask(&Query::Share(query.clone())) {
            Answer::Share(ShareAnswer::None) => {
                engine.ask(&Query::Share(ShareQuery::Begin { keep: None, key: KEY }));
            }
            Answer::Share(ShareAnswer::Busy { behind, all, .. }) => assert!(behind <= all),
            Answer::Share(answer) => return answer,
            other => panic!("{other:?}"),
        }
    }
    panic!("no end")
}

fn ticket(engine: &mut Engine, text: &str) -> String {
    let ShareAnswer::Ticket(texts) =
        ask(engine, &ShareQuery::Ticket { texts: vec![text.to_owned()], marks: None })
    else {
        panic!()
    };
    texts.concat()
}

fn map(engine: &Engine) -> Map {
    let lot = xdscope::redact::Lot([0; 48]);
    Map::parse(&engine.packed_map("", lot).unwrap()).unwrap()
}

/// A capture's map, and the words of its copy: `STATIC` and `idle_timeout` may be said, though somebody is called `static`.
struct Judge {
    map: Map,
    said: BTreeSet<String>,
}

impl Judge {
    fn of(engine: &mut Engine) -> Judge {
        let mut said = BTreeSet::new();
        for id in ids(engine) {
            let mut next = Some(0);
            while let Some(offset) = next.take() {
                let query = ShareQuery::Text { of: TextRef::Document(id), offset };
                if let ShareAnswer::Text { text, next: more } = ask(engine, &query) {
                    said.extend(words(&text).map(str::to_owned));
                    next = more;
                }
            }
        }
        Judge { map: map(engine), said }
    }

    fn left<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let named = |it: &&str| self.map.code(&it.to_lowercase()).is_some() && !self.said.contains(*it);
        // What Envoy calls its own extensions is known to everybody.
        let own = |it: &&str| it.starts_with("envoy.");
        let part = |it: char| !it.is_ascii_alphanumeric() && it != '_' && it != '.';
        text.split(part).filter(|it| !own(it)).flat_map(words).filter(named).collect()
    }
}

/// With their underscores, for those are one word to Envoy.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_')
}

fn ids(engine: &Engine) -> impl Iterator<Item = DocumentId> + use<> {
    (0..u32::try_from(engine.capture().documents().count()).unwrap()).map(DocumentId)
}

#[test]
fn every_table_and_document_of_a_bug_report_is_copied_in_codes() {
    let mut engine = Engine::default();
    open(&mut engine, "istio/1.27/bug-report.tar.gz");
    let said = "Copied 3 rows of the table: nothing was sent";
    ask(&mut engine, &ShareQuery::Own(vec![said.to_owned()]));
    assert_eq!(ticket(&mut engine, said), said);
    let judge = Judge::of(&mut engine);
    assert_eq!(
        judge.left("reviews STATIC idle_timeout static productpage"),
        ["reviews", "static", "productpage"]
    );
    let proxies: Vec<_> = engine.capture().proxies().map(|it| it.0).collect();
    let mut cells = 0;
    for proxy in proxies.into_iter().take(3) {
        for table in TableKind::ALL {
            let window = Window { hidden: true, limit: 200, ..Window::default() };
            let Answer::Table(found) = engine.ask(&Query::Table { proxy, table, window }) else { continue };
            let all: Vec<String> =
                found.rows.iter().map(|it| serde_json::to_string(&it.cells).unwrap()).collect();
            cells += all.len();
            let text = all.join("\n");
            let made = ticket(&mut engine, &text);
            assert_eq!(judge.left(&made), [""; 0], "{table:?}");
            assert_eq!(made.lines().count(), text.lines().count());
            for secret in ["hunter2", "s3cr3t", "BEGIN CERT", "10.244."] {
                assert!(!made.contains(secret), "{table:?}: {secret}");
            }
            let of = TextRef::Istioctl { proxy, table, only: None, legacy: false };
            let Answer::Text { text, .. } = engine.ask(&Query::Text { of, offset: 0 }) else { continue };
            let made = ticket(&mut engine, &text);
            assert_eq!(judge.left(&made), [""; 0], "istioctl's {table:?}");
        }
    }
    println!("tickets: {cells} rows");
    assert!(cells > 300);
    // Documents come out of the copy; those that are not in it do not come.
    let (mut copied, mut refused) = (0, 0);
    for id in ids(&engine) {
        match ask(&mut engine, &ShareQuery::Text { of: TextRef::Document(id), offset: 0 }) {
            ShareAnswer::Text { text, .. } => {
                assert!(!text.contains("hunter2") && !text.contains("BEGIN CERT"));
                copied += 1;
            }
            ShareAnswer::Unmapped => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    println!("tickets: {copied} documents copied, {refused} refused");
    assert!(copied > 30 && refused > 0);
}

#[test]
fn a_ticket_has_the_codes_of_the_copy_and_those_of_what_it_is_compared_with() {
    let mut engine = Engine::default();
    open(&mut engine, "istio/1.27/details-alone.tar.gz");
    let code = |engine: &Engine, name: &str| map(engine).code(name).unwrap().clone();
    let made = ticket(&mut engine, "details.bookinfo productpage-xyzzy");
    assert_eq!(
        made,
        format!("{}.{} [redacted]-[redacted]", code(&engine, "details"), code(&engine, "bookinfo"))
    );
    // What is only in the second capture has codes of its own once that is open.
    open(engine.second(), "istio/1.27/bug-report.tar.gz");
    engine.compare_anew();
    let more = ticket(&mut engine, "details.bookinfo istiooperator productpage");
    assert!(more.starts_with(&format!("{}.{} ", code(&engine, "details"), code(&engine, "bookinfo"))));
    assert!(!more.contains("productpage") && !more.ends_with("[redacted]"), "{more}");
}

#[test]
fn names_that_are_kept_stay_in_a_ticket() {
    let mut engine = Engine::default();
    open(&mut engine, "istio/1.27/details-alone.tar.gz");
    engine.ask(&Query::Share(ShareQuery::Begin { keep: Some(vec!["details".to_owned()]), key: KEY }));
    assert!(ticket(&mut engine, "details.bookinfo").starts_with("details."));
}

/// `--apply` renamed parts of the names of kinds: `EnvoyFilter` where somebody is called `filter`.
#[test]
fn kinds_of_istio_keep_their_names() {
    let map = br#"{"version":1,"tokens":{"filter":"bakod","envoy":"kador","service":"dakor","shop":"makad"},"addresses":{}}"#;
    let map = Map::parse(map).unwrap();
    let text = "EnvoyFilter shop/filter, VirtualService shop/service, HTTPRoute, AuthorizationPolicy";
    let want = "EnvoyFilter makad/bakod, VirtualService makad/dakor, HTTPRoute, AuthorizationPolicy";
    assert_eq!(String::from_utf8(apply(&map, text.as_bytes())).unwrap(), want);
    let json = format!("{{\"a\": \"{text}\"}}");
    assert_eq!(String::from_utf8(apply(&map, json.as_bytes())).unwrap(), format!("{{\"a\": \"{want}\"}}"));
}
