//! The house's walls: which room of src/ may use which (ARCHITECTURE.md), read from the code itself.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Left to right; a room uses only rooms further left, and none of its own group.
const ROOMS: &[&[&str]] = &[
    // Single files, for points in time and for sorting: everything may use them.
    &["instant", "order"],
    &["json"],
    &["intake"],
    &["envoy", "istiod", "ztunnel"],
    &["capture"],
    &["tables", "sync", "trace", "graph", "findings"],
    &["redact", "export"],
    &["engine"],
    &["bin"],
];

/// The library runs wherever it is put: no browser, no files, no clock, no console.
const IMPURE: &[&str] = &[
    "web_sys",
    "js_sys",
    "wasm_bindgen",
    "gloo",
    "yew",
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::io::stdin",
    "std::io::stdout",
    "SystemTime",
    "time::Instant",
    "Instant::now",
    "println!",
    "print!",
    "eprintln!",
    "eprint!",
    "dbg!",
];

struct Source {
    /// Below src/, with `/`.
    path: String,
    text: String,
}

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|group| group.contains(&room))
}

/// The text without comments and the contents of strings, which may mention anything.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("r\"") || rest.starts_with("r#") && raw_string(rest).is_some() {
            raw_string(rest).unwrap_or(rest.len())
        } else if rest.starts_with("'\"'") || rest.starts_with("b'\"'") || rest.starts_with("'\\") {
            rest[2..].find('\'').map_or(rest.len(), |end| end + 3)
        } else if first == '"' {
            string(rest)
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        out.push(' ');
        // Lines keep their numbers.
        out.extend(rest[..skip].matches('\n').map(|_| '\n'));
        rest = &rest[skip..];
    }
    out
}

/// How long the string at the start is.
fn string(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

/// How long the raw string at the start is, if it is one.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
    let body = text[1 + hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = body.find(&close)?;
    Some(1 + hashes + 1 + end + close.len())
}

/// The first names that follow `prefix::`, those of a `{…}` group included.
fn heads(after: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = after.trim_start().strip_prefix('{') else {
        return vec![name(after)];
    };
    let mut depth = 0;
    let mut start = 0;
    let mut found = Vec::new();
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.push(name(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// The rooms that a file's code names, each with its line.
fn uses(source: &Source) -> Vec<(usize, String)> {
    let code = code(&source.text);
    // How far up `super` goes before it leaves the room: src/a/b.rs is crate::a::b, src/a/mod.rs is crate::a.
    let depth = source.path.matches('/').count() - usize::from(source.path.ends_with("/mod.rs"));
    let up = format!("{}super::", "super::".repeat(depth));
    let mut found = Vec::new();
    for prefix in ["crate::", "xdscope::", up.as_str()] {
        for (at, _) in code.match_indices(prefix) {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            if before.is_alphanumeric() || before == '_' || code[..at].ends_with("super::") {
                continue;
            }
            let line = code[..at].matches('\n').count() + 1;
            found.extend(heads(&code[at + prefix.len()..]).into_iter().map(|head| (line, head)));
        }
    }
    found
}

/// Everything that is against the order, a line for each.
fn arrows_back(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        if source.path == "lib.rs" {
            continue;
        }
        let room = source.path.split_once('/').map_or(source.path.trim_end_matches(".rs"), |(room, _)| room);
        let Some(mine) = rank(room) else {
            wrong.push(format!("src/{}: '{room}' is no room of tests/layers.rs", source.path));
            continue;
        };
        for (line, used) in uses(source) {
            if used != room && rank(&used).is_some_and(|other| other >= mine) {
                wrong.push(format!("src/{}:{line}: {room} may not use {used}", source.path));
            }
        }
    }
    wrong
}

/// Tests may read files: they stand at the end of a file.
fn without_tests(code: &str) -> &str {
    let tests = code.match_indices("#[cfg(test)]").find(|(at, mark)| {
        code[at + mark.len()..]
            .trim_start()
            .strip_prefix("mod ")
            .is_some_and(|rest| rest.find(['{', ';']).is_some_and(|end| rest[end..].starts_with('{')))
    });
    tests.map_or(code, |(at, _)| &code[..at])
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn impurities(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| !source.path.starts_with("bin/") && !is_test(&source.path)) {
        let code = code(&source.text);
        for (number, line) in without_tests(&code).lines().enumerate() {
            for word in IMPURE {
                let found = line.match_indices(word).any(|(at, _)| {
                    let is_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                    !is_name(line[..at].chars().next_back())
                        && !is_name(line[at + word.len()..].chars().next())
                });
                if found {
                    wrong.push(format!("src/{}:{}: the library may not use {word}", source.path, number + 1));
                }
            }
        }
    }
    wrong
}

/// Whatever is copied or saved goes through `bin/page/outward.rs`, which maps it where it is for a ticket. A picture is
/// drawn in between, and Share… saves what is redacted already.
const OUTWARD: &[&str] = &[
    "bin/page/browser.rs",
    "bin/page/outward.rs",
    "bin/page/views/graph/save.rs",
    "bin/page/views/share/save.rs",
];

fn side_doors(sources: &[Source]) -> Vec<String> {
    let page = sources.iter().filter(|it| it.path.starts_with("bin/page/") && !OUTWARD.contains(&&*it.path));
    let leaves = |line: &str| {
        ["browser::copy", "browser::save", "save_blob", "clipboard", "set_download"]
            .iter()
            .any(|it| line.contains(it))
    };
    let mut wrong = Vec::new();
    for source in page {
        let code = code(&source.text);
        for (number, _) in code.lines().enumerate().filter(|it| leaves(it.1)) {
            wrong.push(format!(
                "src/{}:{}: what leaves the page leaves by outward.rs",
                source.path,
                number + 1
            ));
        }
    }
    wrong
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, folders: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            folders.insert(path.clone());
            walk(&path, files, folders);
        } else {
            files.push(path);
        }
    }
}

fn tree() -> (Vec<Source>, Vec<String>) {
    let src = root().join("src");
    let (mut files, mut folders) = (Vec::new(), BTreeSet::new());
    walk(&src, &mut files, &mut folders);
    let below = |path: &Path| path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
    let mut sources: Vec<Source> = files
        .iter()
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"))
        .map(|path| Source { path: below(path), text: fs::read_to_string(path).unwrap() })
        .collect();
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    (sources, folders.iter().map(|path| below(path)).collect())
}

#[test]
fn no_room_uses_one_to_its_right() {
    let wrong = arrows_back(&tree().0);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_library_is_pure() {
    let wrong = impurities(&tree().0);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_leaves_the_page_leaves_by_one_door() {
    let wrong = side_doors(&tree().0);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_folder_of_src_has_its_readme_and_its_place_in_the_architecture() {
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut wrong = Vec::new();
    for folder in tree().1 {
        if !root().join("src").join(&folder).join("README.md").exists() {
            wrong.push(format!("src/{folder}/README.md is missing: a few lines on what the folder is for"));
        }
        if !architecture.contains(&format!("{}/", folder.rsplit('/').next().unwrap())) {
            wrong.push(format!("ARCHITECTURE.md does not mention {folder}/"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The checker itself: what it must see, and what it must not mistake for an arrow.
mod checker {
    use super::*;

    #[test]
    fn a_side_door_is_seen() {
        let source = |path: &str| Source { path: path.into(), text: "browser::copy(&text, done);".into() };
        assert_eq!(side_doors(&[source("bin/page/views/rows.rs")]).len(), 1);
        assert!(side_doors(&[source("bin/page/outward.rs"), source("engine/mod.rs")]).is_empty());
    }

    fn arrows(path: &str, text: &str) -> usize {
        arrows_back(&[Source { path: path.into(), text: text.into() }]).len()
    }

    #[test]
    fn sees_an_arrow_back() {
        assert_eq!(arrows("json/mod.rs", "use crate::engine::Query;"), 1);
        assert_eq!(arrows("capture/link.rs", "fn f() { crate::tables::cluster::rows() }"), 1);
        assert_eq!(arrows("json/mod.rs", "use crate::{\n    intake::{Kind, archive},\n    envoy,\n};"), 2);
        assert_eq!(arrows("envoy/route.rs", "use super::super::trace::Step;"), 1);
        assert_eq!(arrows("envoy/mod.rs", "use super::capture::Proxy;"), 1);
        assert_eq!(arrows("json/deep/mod.rs", "use super::super::capture::Proxy;"), 1);
    }

    #[test]
    fn sees_neighbours_of_one_group() {
        assert_eq!(arrows("istiod/mod.rs", "use crate::envoy::names;"), 1);
        assert_eq!(arrows("sync/diff.rs", "pub use crate::tables;"), 1);
    }

    #[test]
    fn sees_a_room_it_does_not_know() {
        assert_eq!(arrows("shed/mod.rs", ""), 1);
        assert_eq!(arrows("shed.rs", ""), 1);
    }

    #[test]
    fn lets_the_allowed_through() {
        assert_eq!(arrows("engine/mod.rs", "use crate::{tables, json::Span, capture::{Capture, Proxy}};"), 0);
        assert_eq!(arrows("bin/xdscope/main.rs", "use xdscope::engine::Query;"), 0);
        assert_eq!(arrows("envoy/route.rs", "use super::cluster;\nuse crate::envoy::names;"), 0);
        assert_eq!(arrows("json/mod.rs", "mod engine; use self::engine::Scan;"), 0);
        assert_eq!(arrows("lib.rs", "pub use crate::engine;"), 0);
    }

    #[test]
    fn does_not_read_comments_and_strings() {
        let text = "//! See crate::engine.\n/* crate::tables */\nconst A: &str = \"crate::trace \\\" crate::sync\";\n\
                    const B: &str = r#\"crate::graph \" \"#; const C: char = '\"'; const D: char = '\\'';";
        assert_eq!(arrows("json/mod.rs", text), 0);
        assert_eq!(arrows("json/mod.rs", &format!("{text}\nuse crate::sync;")), 1);
    }

    #[test]
    fn names_the_line() {
        let source = Source { path: "json/mod.rs".into(), text: "//! a\n\"\n\";\nuse crate::engine;".into() };
        assert_eq!(arrows_back(&[source]), ["src/json/mod.rs:4: json may not use engine"]);
    }

    #[test]
    fn sees_what_is_impure_in_the_library_alone() {
        let pure =
            |path: &str, text: &str| impurities(&[Source { path: path.into(), text: text.into() }]).len();
        assert_eq!(pure("json/mod.rs", "use web_sys::File;"), 1);
        assert_eq!(pure("lib.rs", "let now = std::time::SystemTime::now();"), 1);
        assert_eq!(pure("engine/mod.rs", "println!(\"x\");"), 1);
        assert_eq!(pure("engine/mod.rs", "// println!\nlet my_println = Instantly;"), 0);
        assert_eq!(pure("bin/xdscope/main.rs", "println!(\"x\"); use std::fs;"), 0);
        assert_eq!(pure("json/mod.rs", "#[cfg(test)]\nmod tests { use std::fs; }"), 0);
        assert_eq!(pure("json/mod.rs", "#[cfg(test)]\nmod tests;\nuse std::fs;"), 1);
        assert_eq!(pure("json/tests.rs", "use std::fs;"), 0);
        assert_eq!(pure("json/mod.rs", "use std::time::Instant;"), 1);
        assert_eq!(pure("json/mod.rs", "use crate::instant::Instant;"), 0);
    }
}
