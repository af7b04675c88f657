//! The page's sentences: the same in both languages, each used, none missing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The `key: sentence` lines of a language: `en.yml`, and `sync.en.yml` for a view of its own.
fn sentences(language: &str) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for entry in fs::read_dir(root().join("locales")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if stem.rsplit('.').next() != Some(language) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '_'])) {
            let pair = line.split_once(": ");
            let (key, sentence) = pair.unwrap_or_else(|| panic!("{stem}: no sentence in {line:?}"));
            let twice = map.insert(key.to_owned(), sentence.to_owned());
            assert_eq!(twice, None, "{stem}: the key {key} stands twice");
        }
    }
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
