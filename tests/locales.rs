//! The page's sentences: the same in both languages, each used, none missing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of `key: sentence` lines.
fn sentences(language: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(root().join(format!("locales/{language}.yml"))).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '_']));
    let pairs: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap_or_else(|| panic!("{language}: no sentence in {line:?}")))
        .map(|(key, sentence)| (key.to_owned(), sentence.to_owned()))
        .collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "{language}: a key stands twice");
    map
}

fn source(folder: &Path, out: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source(&path, out);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            out.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// Keys that the page asks for: the strings in `tr!(…)` and `count!(…)` that look like keys.
fn asked() -> BTreeSet<String> {
    let mut text = String::new();
    source(&root().join("src/bin/page"), &mut text);
    let mut keys = BTreeSet::new();
    for (macro_name, strings) in [("tr!(", 1), ("count!(", 2)] {
        for (at, _) in text.match_indices(macro_name) {
            let inside = &text[at + macro_name.len()..];
            let found = inside.split('"').skip(1).step_by(2).take(strings);
            keys.extend(found.filter(|_| inside.trim_start().starts_with('"')).map(str::to_owned));
        }
    }
    keys
}

#[test]
fn both_languages_have_the_sentences_that_the_page_asks_for_and_no_others() {
    let (english, chinese) = (sentences("en"), sentences("zh"));
    let keys = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<BTreeSet<_>>();
    let asked = asked();
    for (language, have) in [("en", keys(&english)), ("zh", keys(&chinese))] {
        assert_eq!(
            have.difference(&asked).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{language}: not used"
        );
        assert_eq!(asked.difference(&have).collect::<Vec<_>>(), Vec::<&String>::new(), "{language}: missing");
    }
    for (key, sentence) in &english {
        let names = |text: &str| {
            let mut names: Vec<_> =
                text.split("%{").skip(1).map(|rest| rest.split('}').next().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(names(sentence), names(&chinese[key]), "{key}: other values in it");
    }
}
