//! Who is in sync and what differs, on real captures; and what must hold of every comparison.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

mod captures;
mod page;
mod properties;
mod terminal;
mod testdata;

use xdscope::capture::{Capture, Document};
use xdscope::intake::{Limits, Unpack, recognise};
use xdscope::sync::{Between, Comparison, Section, Side, compare};

/// A capture of files: their names and bytes.
fn capture(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Capture {
    let mut capture = Capture::default();
    for (name, bytes) in files {
        for step in Unpack::new(&name, bytes, Limits::default()) {
            capture.take(step);
        }
    }
    capture.link();
    capture
}

fn fixture(name: &str) -> Capture {
    let path = format!("{}/tests/fixtures/istio/1.27/{name}", env!("CARGO_MANIFEST_DIR"));
    capture([(name.to_owned(), std::fs::read(path).unwrap())])
}

fn document(text: &str) -> Document {
    let bytes = text.as_bytes().to_vec();
    let found = recognise(&bytes);
    Document::new("dump".to_owned(), bytes, found)
}

fn compare_texts(left: &str, right: &str, between: Between) -> Comparison {
    let (left, right) = (document(left), document(right));
    let side = |it| Side { dump: Some((xdscope::capture::DocumentId(0), it)), ..Side::default() };
    compare(&side(&left), &side(&right), between)
}

/// What differs, a line each.
fn differences(found: &Comparison) -> Vec<String> {
    let mut out = Vec::new();
    for it in &found.sections {
        let section = it.section.name();
        out.extend(it.only_left.iter().map(|it| format!("{section} - {}", it.name)));
        out.extend(it.only_right.iter().map(|it| format!("{section} + {}", it.name)));
        for changed in &it.changed {
            let fields = changed.fields.iter();
            out.extend(fields.map(|it| format!("{section} {} {}", changed.left.name, it.path)));
        }
    }
    out
}

fn section(found: &Comparison, section: Section) -> &xdscope::sync::SectionDiff {
    found.section(section).unwrap()
}
