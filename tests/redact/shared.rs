//! The engine's side: a copy is made in slices, listed in windows, and packed as it came.

use xdscope::engine::Engine;
use xdscope::engine::protocol::{
    Answer, Listed, Query, ShareAnswer, ShareQuery, Shared, Suppression, Treated,
};
use xdscope::intake::{Limits, Unpack};

use super::{KEY, fixture};

fn open(name: &str, archive: Vec<u8>) -> Engine {
    let mut engine = Engine::default();
    Unpack::new(name, archive, Limits::default()).for_each(|step| engine.take(step));
    engine.link();
    engine
}

fn ask(engine: &mut Engine, query: ShareQuery) -> ShareAnswer {
    match engine.ask(&Query::Share(query)) {
        Answer::Share(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn make(engine: &mut Engine, keep: &[&str]) -> Shared {
    let keep = keep.iter().map(|it| (*it).to_owned()).collect();
    let mut answer = ask(engine, ShareQuery::Begin { keep: Some(keep), key: KEY });
    for _ in 0..10_000 {
        match answer {
            ShareAnswer::Busy { behind, all, .. } => {
                assert!(behind <= all);
                answer = ask(engine, ShareQuery::Work);
            }
            ShareAnswer::Done(shared) => return *shared,
            other => panic!("{other:?}"),
        }
    }
    panic!("no end")
}

fn code(engine: &mut Engine, name: &str) -> (String, bool) {
    let query = ShareQuery::Names { text: name.to_owned(), offset: 0, limit: 200 };
    let ShareAnswer::Names(Listed { lines, .. }) = ask(engine, query) else { panic!() };
    lines.into_iter().find(|it| it.name == name).map(|it| (it.code, it.kept)).unwrap()
}

#[test]
fn a_copy_is_made_told_and_packed_and_opens_again() {
    let mut engine = open("bug-report.tar.gz", fixture("istio/1.27/bug-report.tar.gz"));
    assert_eq!(engine.packed(), None, "nothing was made");
    let shared = make(&mut engine, &[]);
    assert_eq!(shared.ending, ".tar.gz");
    assert!(shared.left_out > 0 && shared.requests > 0 && !shared.removed.is_empty());
    let removed = ShareQuery::Places {
        what: Some(Treated::Removed),
        text: "certificate_chain".to_owned(),
        offset: 0,
        limit: 50,
    };
    let ShareAnswer::Places(places) = ask(&mut engine, removed) else { panic!() };
    assert!(places.total > 0);
    assert!(places.lines.iter().all(|it| it.path.contains("certificate_chain") && it.removed.is_some()));
    let ShareAnswer::LeftOut(left) = ask(&mut engine, ShareQuery::LeftOut { offset: 1, limit: 1 }) else {
        panic!()
    };
    assert_eq!((left.total, left.offset, left.lines.len()), (shared.left_out, 1, 1));
    for (document, _) in &shared.beside {
        let query = ShareQuery::Beside { document: *document, offset: 0, limit: 200 };
        let ShareAnswer::Beside(Listed { lines, .. }) = ask(&mut engine, query) else { panic!() };
        // Line beside line: what a line begins with is no name.
        let lead = |it: &str| it.len() - it.trim_start().len();
        assert!(lines.iter().all(|(left, right)| lead(left) == lead(right)), "{document:?}");
    }
    let packed = engine.packed().unwrap();
    let copy = open("copy.tar.gz", packed);
    assert_eq!(copy.capture().proxies().count(), engine.capture().proxies().count());
    assert!(ask(&mut engine, ShareQuery::Cancel) == ShareAnswer::None && engine.packed().is_none());
}

#[test]
fn a_name_that_is_kept_stays_and_so_do_the_codes_of_the_others() {
    let mut engine = open("details-alone.tar.gz", fixture("istio/1.27/details-alone.tar.gz"));
    make(&mut engine, &[]);
    let (before, other) = (code(&mut engine, "details"), code(&mut engine, "bookinfo"));
    assert!(before.0 != "details" && !before.1);
    let shared = make(&mut engine, &["details"]);
    assert_eq!(shared.keep, ["details"]);
    assert_eq!(code(&mut engine, "details"), ("details".to_owned(), true));
    assert_eq!(code(&mut engine, "bookinfo"), other);
    make(&mut engine, &[]);
    assert_eq!(code(&mut engine, "details"), before);
}

#[test]
fn names_that_people_know_come_first_and_hashes_last() {
    let mut engine = open("bug-report.tar.gz", fixture("istio/1.27/bug-report.tar.gz"));
    make(&mut engine, &[]);
    let mut list = |offset| {
        let ShareAnswer::Names(it) =
            ask(&mut engine, ShareQuery::Names { text: String::new(), offset, limit: 200 })
        else {
            panic!()
        };
        it
    };
    let first = list(0);
    let at = |name: &str| first.lines.iter().position(|it| it.name == name).unwrap();
    assert!(at("productpage") < 100 && at("reviews") < 100 && at("ratings") < 100);
    let mixed =
        |it: &str| it.bytes().any(|it| it.is_ascii_digit()) && it.bytes().any(|it| it.is_ascii_alphabetic());
    assert!(
        first.lines.iter().take(20).all(|it| it.name.len() < 5 || !mixed(&it.name)),
        "{:?}",
        &first.lines[..20]
    );
    assert!(list(first.total - 5).lines.iter().all(|it| it.name.bytes().any(|it| it.is_ascii_digit())));
}

/// What is hidden goes along under the copy's names; what names something that is not in the capture stays behind.
#[test]
fn what_is_hidden_travels_with_a_copy_in_a_page() {
    let mut engine = open("bug-report.tar.gz", fixture("istio/1.27/bug-report.tar.gz"));
    let hidden = |id: &str, resource: &str, proxy: Option<&str>| Suppression {
        id: id.to_owned(),
        resource: Some(resource.to_owned()),
        proxy: proxy.map(str::to_owned),
    };
    let reviews = "outbound|9080||reviews.bookinfo.svc.cluster.local";
    engine.ask(&Query::Suppress(vec![
        hidden("cluster-without-endpoints", reviews, None),
        hidden("cluster-without-endpoints", "outbound|80||kanari.elsewhere.svc.cluster.local", None),
        hidden("cluster-without-endpoints", reviews, Some("reviews-v1-kanari")),
        hidden("kanari", reviews, None),
    ]));
    assert_eq!(engine.enclosed(), None, "no copy was made");
    make(&mut engine, &["bookinfo"]);
    let enclosed = engine.enclosed().unwrap();
    assert_eq!(enclosed.about.name, "redacted.tar.gz");
    let code = code(&mut engine, "reviews").0;
    let wanted = format!("outbound|9080||{code}.bookinfo.svc.cluster.local");
    assert_eq!(enclosed.about.hidden, [hidden("cluster-without-endpoints", &wanted, None)]);
    let copy = open("redacted.tar.gz", enclosed.bytes);
    assert_eq!(copy.capture().proxies().count(), engine.capture().proxies().count());
}
