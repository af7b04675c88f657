#![doc = include_str!("README.md")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]
#![expect(clippy::print_stdout, reason = "each says how much it looked at")]

mod back;
mod canaries;
mod captures;
mod hostile;
mod laws;
mod leaks;
mod requests;
mod shared;
mod tickets;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;
use xdscope::capture::{Capture, Document};
use xdscope::intake::{Limits, Step, Unpack, recognise};
use xdscope::redact::{Failed, Job, Map, Options, Outcome, Step as Work};

pub const KEY: [u8; 32] = *b"a key that is drawn for each run";

pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

pub fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

/// The members of an archive, by path.
pub fn members(archive: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let all = Unpack::new("capture.tar.gz", archive, Limits::default()).wanting(|_| true);
    all.filter_map(|step| match step {
        Step::Member(it) => Some((it.path, it.bytes)),
        Step::Unread(it) => panic!("{it:?}"),
        Step::Busy => None,
    })
    .collect()
}

pub fn capture<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Capture {
    let mut capture = Capture::default();
    for (path, bytes) in files {
        capture.add(Document::new(path.to_owned(), bytes.to_vec(), recognise(bytes)));
    }
    capture.link();
    capture
}

pub fn opened(files: &BTreeMap<String, Vec<u8>>) -> Capture {
    capture(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())))
}

pub fn try_redact(capture: &Capture, options: &Options, before: Option<Map>) -> Result<Outcome, Failed> {
    let mut job = Job::new(capture, options, KEY, before);
    loop {
        match job.step(capture) {
            Work::Busy(..) => {}
            Work::Done(outcome) => return Ok(*outcome),
            Work::Failed(failed) => return Err(failed),
        }
    }
}

pub fn redact(capture: &Capture) -> Outcome {
    try_redact(capture, &Options::default(), None).unwrap_or_else(|failed| panic!("{failed:?}"))
}

pub fn redact_one(bytes: &[u8]) -> (String, Map) {
    let mut outcome = redact(&capture([("dump", bytes)]));
    assert_eq!(outcome.members.len(), 1, "{:?}", outcome.left_out);
    (String::from_utf8(outcome.members.remove(0).bytes).unwrap(), outcome.map)
}

/// All strings of a document, and those keys that are not schema.
pub fn strings(value: &Value, schema: &dyn Fn(&str) -> bool, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|it| strings(it, schema, out)),
        Value::Object(fields) => {
            for (key, inner) in fields {
                if !schema(key) {
                    out.push(key.clone());
                }
                strings(inner, schema, out);
            }
        }
        _ => {}
    }
}
