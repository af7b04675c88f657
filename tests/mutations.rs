//! Every fixture, changed: nothing panics, and no resource is lost that the change did not touch. The functions are
//! those that are fuzzed (fuzz/functions.rs), so what fuzzing found stays found.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

#[path = "../fuzz/functions.rs"]
mod functions;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use xdscope::capture::Document;
use xdscope::intake::{Kind, Limits, Step, Unpack};
use xdscope::json::camel;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn files(folder: &Path, list: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, list) } else { list.push(path) }
    }
}

/// What is in all fixtures, unpacked: name and bytes. The large ones are read as archives elsewhere.
fn members() -> impl Iterator<Item = (String, Vec<u8>)> {
    let mut paths = Vec::new();
    files(&fixtures(), &mut paths);
    paths.sort();
    let small = paths.into_iter().filter(|it| std::fs::metadata(it).unwrap().len() < 4 << 20);
    let steps = small
        .flat_map(|path| Unpack::new("x", std::fs::read(path).unwrap(), Limits::default()).wanting(|_| true));
    steps.filter_map(|step| {
        let Step::Member(it) = step else { return None };
        Some((it.path.rsplit('/').next().unwrap_or_default().to_owned(), it.bytes))
    })
}

/// The documents of all fixtures, one for each name, small enough to be changed often.
static DOCUMENTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    const LARGEST: usize = 200 << 10;
    let mut seen = std::collections::BTreeSet::new();
    let fitting = members().filter(|it| (1..LARGEST).contains(&it.1.len()));
    fitting.filter(|(name, _)| name == "x" || seen.insert(name.clone())).map(|it| it.1).collect()
});

/// The dumps of all fixtures, whole and each but once: their resources are compared.
static DUMPS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    const LARGEST: usize = 3 << 20;
    let mut list: Vec<Vec<u8>> = Vec::new();
    for (_, bytes) in members().filter(|it| it.1.len() < LARGEST) {
        let mut documents = Document::all("x", bytes.clone(), None, None).into_iter();
        let (Some(only), None) = (documents.next(), documents.next()) else { continue };
        let whole = only.kind == Kind::EnvoyConfigDump
            && only.partial.is_none()
            && only.root().is_some_and(|it| it.start == 0);
        if whole && only.dump().is_some_and(|it| it.all().count() > 3) && !list.contains(&bytes) {
            list.push(bytes);
        }
    }
    list
});

/// The resources of the first dump in a text: kind, state, name, and how long its message is.
fn resources(bytes: &[u8]) -> Vec<(String, usize)> {
    let documents = Document::all("x", bytes.to_vec(), None, None);
    let Some(document) = documents.iter().find(|it| it.dump().is_some()) else { return Vec::new() };
    let dump = document.dump().unwrap();
    dump.all()
        .filter(|(_, it)| it.whole)
        .map(|(_, it)| {
            let name = format!("{:?} {:?} {}", it.kind, it.state, it.name(&document.bytes));
            (name, it.body(&document.bytes).map_or(0, |tree| tree.root().len()))
        })
        .collect()
}

fn pick<T: Clone>(list: &[T], index: prop::sample::Index) -> T {
    index.get(list).clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_document_is_read_without_a_panic(
        which in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        copy in any::<[prop::sample::Index; 3]>(),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = pick(&DOCUMENTS, which);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        // A piece of it stands elsewhere, too.
        let (from, to) = (copy[0].index(bytes.len()), copy[1].index(bytes.len()));
        let length = copy[2].index(500).min(bytes.len() - from);
        let piece = bytes[from..from + length].to_vec();
        bytes.splice(to..to, piece);
        bytes.truncate(end.index(bytes.len() * 3));
        functions::recognise_all(&bytes);
        functions::text(&bytes);
        functions::yaml(&bytes);
        functions::archive(&bytes);
    }

    #[test]
    fn a_cut_loses_nothing_before_it(which in any::<prop::sample::Index>(), end in any::<prop::sample::Index>()) {
        let bytes = pick(&DUMPS, which);
        let whole = resources(&bytes);
        let end = end.index(bytes.len());
        let found = resources(&bytes[..end]);
        prop_assert!(found.iter().all(|it| whole.contains(it)));
        // A resource is complete where the dump goes on behind it, so of the whole dump's bytes at most one is undecided.
        let documents = Document::all("x", bytes.clone(), None, None);
        let before = documents[0].dump().unwrap().all().filter(|(_, it)| (it.wrapper.end as usize) < end).count();
        prop_assert!(found.len() >= before.saturating_sub(1), "{} of {before} before {end}", found.len());
    }

    #[test]
    fn a_broken_message_costs_itself_alone(
        which in any::<prop::sample::Index>(),
        resource in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        letter in prop::char::range('a', 'z'),
    ) {
        let bytes = pick(&DUMPS, which);
        let whole = resources(&bytes);
        let documents = Document::all("x", bytes.clone(), None, None);
        let list: Vec<_> = documents[0].dump().unwrap().all().map(|(_, it)| *it).collect();
        let index = resource.index(list.len());
        let Some(span) = list[index].body_span() else { return Ok(()) };
        let mut changed = bytes.clone();
        let at = span.start as usize + at.index(span.len());
        // A quote or bracket more or less may be about everything behind it; any other byte is about its own value.
        if !changed[at].is_ascii_alphanumeric() {
            return Ok(());
        }
        changed[at] = letter as u8;
        let found = resources(&changed);
        prop_assert_eq!(found.len(), whole.len());
        let other = found.iter().zip(&whole).enumerate().filter(|(_, (one, other))| one != other).count();
        prop_assert!(other <= 1, "{} differ", other);
    }
}

/// What stands around a dump, and what wraps it, changes nothing in it.
#[test]
fn wrappings_change_nothing() {
    assert!(
        DUMPS.len() >= 20 && DOCUMENTS.len() >= 100,
        "{} dumps, {} documents",
        DUMPS.len(),
        DOCUMENTS.len()
    );
    for dump in DUMPS.iter() {
        let sorted = |bytes: &[u8]| {
            let mut list = resources(bytes);
            list.sort();
            list
        };
        let whole = sorted(dump);
        assert!(whole.len() > 3);
        let text = String::from_utf8(dump.clone()).unwrap();
        let compact = serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string();
        for changed in [
            format!("\u{feff}{text}"),
            format!("200\n{text}"),
            format!(
                "user@host:~$ kubectl exec web-1 -- curl localhost:15000/config_dump\n{text}\nuser@host:~$ "
            ),
            format!("```json\n{text}\n```\nThanks!\n"),
            text.replace('\n', "\r\n"),
            compact.clone(),
            format!("{compact:?}"),
            format!("{{\"cluster_statuses\": []}}\n{text}"),
            format!("{text}{text}"),
        ] {
            let begin: String = changed.chars().take(60).collect();
            assert_eq!(sorted(changed.as_bytes()), whole, "{begin}");
        }
    }
}

/// Either spelling of the keys, and any order of the sections, have the same resources.
#[test]
fn spelling_and_order_change_nothing() {
    fn respell(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Object(map) => {
                let key =
                    |key: &str| if key.contains(['.', '@', '-', '/']) { key.to_owned() } else { camel(key) };
                map.into_iter().map(|(it, value)| (key(&it), respell(value))).collect()
            }
            serde_json::Value::Array(list) => list.into_iter().map(respell).collect(),
            other => other,
        }
    }
    for dump in DUMPS.iter() {
        let mut whole = resources(dump);
        let mut value: serde_json::Value = serde_json::from_slice(dump).unwrap();
        whole.sort();
        let mut found = resources(respell(value.clone()).to_string().as_bytes());
        found.sort();
        assert_eq!(found, whole);
        value["configs"].as_array_mut().unwrap().reverse();
        let mut found = resources(value.to_string().as_bytes());
        found.sort();
        assert_eq!(found, whole);
        let bare = serde_json::Value::Array(value["configs"].as_array().unwrap().clone()).to_string();
        let mut found = resources(bare.as_bytes());
        found.sort();
        assert_eq!(found, whole);
    }
}

/// A document's kind, the place where it breaks off, and its resources: name, and whether it is read.
type Told = (Kind, Option<u32>, Vec<(String, bool)>);

/// The documents in a text.
fn told(bytes: &[u8]) -> Vec<Told> {
    let read = |it: &Document| {
        let list = it.dump().into_iter().flat_map(|dump| dump.all());
        list.map(|(_, of)| (of.name(&it.bytes).into_owned(), of.body(&it.bytes).is_ok())).collect()
    };
    let documents = Document::all("x", bytes.to_vec(), None, None);
    documents.iter().map(|it| (it.kind, it.partial.map(|it| it.at), read(it))).collect()
}

/// Hostile input, each by itself: what is in it is read, and what is not says so; nothing panics or hangs.
#[test]
fn hostile_input_is_survived() {
    use Kind::{Empty, EnvoyConfigDump, Unknown};
    const TYPE: &str = "type.googleapis.com/envoy.admin.v3.ClustersConfigDump";
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let keys: String = (0..1_000_000).map(|it| format!("\"k{it}\":1,")).collect();
    let clusters =
        |list: &str| format!("{{\"configs\":[{{\"@type\":\"{TYPE}\",\"static_clusters\":{list}}}]}}");
    let named = |list: &[(&str, bool)]| {
        list.iter().map(|(name, read)| ((*name).to_owned(), *read)).collect::<Vec<_>>()
    };
    let good = "{\"cluster\":{\"name\":\"b\"}}";
    for (text, kind, cut, resources) in [
        (deep("[", "]"), Unknown, None, named(&[])),
        (deep("{\"a\":", "}"), Unknown, None, named(&[])),
        (format!("{{{keys}\"z\":0}}"), Unknown, None, named(&[])),
        ("{\"a\":".repeat(50_000), Unknown, Some(250_000), named(&[])),
        ("a: &a [*a, *a]\nb: *c\n".to_owned(), Unknown, None, named(&[])),
        ("- ".repeat(200_000), Unknown, None, named(&[])),
        // Beside what is deep, of a wrong type, twice there or beyond all numbers, what is right is read.
        (
            clusters(&format!("[{{\"cluster\":{{\"name\":\"a\",\"x\":{}}}}},{good}]", deep("[", "]"))),
            EnvoyConfigDump,
            None,
            named(&[("a", true), ("b", true)]),
        ),
        (
            clusters(&format!("[1,null,\"x\",[],{{}},{good}]")),
            EnvoyConfigDump,
            None,
            named(&[("", false), ("", false), ("", false), ("", false), ("", false), ("b", true)]),
        ),
        (
            clusters(&format!(
                "[{{\"cluster\":{{\"name\":\"\\ud800\",\"x\":1e99999,\"y\":123456789012345678901234567890}}}},{good}]"
            )),
            EnvoyConfigDump,
            None,
            named(&[("\u{fffd}", true), ("b", true)]),
        ),
        (
            clusters(&format!("[{{\"cluster\":{{\"name\":\"a\",\"name\":\"c\"}}}},{good}]")),
            EnvoyConfigDump,
            None,
            named(&[("a", true), ("b", true)]),
        ),
        (
            clusters(&format!("[{good},{{\"cluster\":{{\"name\":\"c\",")),
            EnvoyConfigDump,
            Some(145),
            named(&[("b", true), ("c", false)]),
        ),
        (clusters("7"), EnvoyConfigDump, None, named(&[])),
    ] {
        functions::recognise_all(text.as_bytes());
        functions::text(text.as_bytes());
        let begin: String = text.chars().take(120).collect();
        assert_eq!(told(text.as_bytes()), [(kind, cut, resources)], "{begin}");
    }
    let odd = [
        b"{\"configs\":[{\"@type\":\"",
        TYPE.as_bytes(),
        b"\",\"static_clusters\":[{\"cluster\":{\"name\":\"\xff\xfe\"}}]}]}",
    ]
    .concat();
    functions::dump(&odd);
    assert_eq!(told(&odd), [(EnvoyConfigDump, None, named(&[("\u{fffd}\u{fffd}", true)]))]);
    assert_eq!(told(b"\xef\xbb\xbf"), [(Empty, None, Vec::new())]);
}
