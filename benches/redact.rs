//! A big dump redacted and checked, natively, by phase; what memory that takes beside the file's size.
//!
//!     cargo bench --bench redact -- CONFIG_DUMP

mod memory;

use std::time::Instant;

use xdscope::capture::{Capture, Document};
use xdscope::intake::recognise;
use xdscope::redact::{Job, Options, Phase, Step};

#[expect(clippy::print_stdout, reason = "its result")]
fn main() -> std::io::Result<()> {
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        println!("usage: cargo bench --bench redact -- CONFIG_DUMP");
        return Ok(());
    };
    let bytes = std::fs::read(path)?;
    let size = bytes.len() as f64 / 1e6;
    let found = recognise(&bytes);
    let mut capture = Capture::default();
    capture.add(Document::new("dump.json".to_owned(), bytes, found));
    capture.link();
    let began = Instant::now();
    let mut job = Job::new(&capture, &Options::default(), *b"a key that nobody has to guess..", None);
    // When collecting and writing ended.
    let mut ends = [0.0; 2];
    let outcome = loop {
        match job.step(&capture) {
            Step::Busy(Phase::Collecting, ..) => {}
            Step::Busy(Phase::Writing, ..) if ends[0] == 0.0 => ends[0] = began.elapsed().as_secs_f64(),
            Step::Busy(Phase::Writing, ..) => {}
            Step::Busy(Phase::Checking, ..) if ends[1] == 0.0 => ends[1] = began.elapsed().as_secs_f64(),
            Step::Busy(Phase::Checking, ..) => {}
            Step::Done(outcome) => break outcome,
            Step::Failed(failed) => {
                println!("{failed:?}");
                return Ok(());
            }
        }
    };
    let all = began.elapsed().as_secs_f64();
    let peak = memory::peak_megabytes();
    println!(
        "redacted {size:.0} MB in {all:.2} s (collected {:.2}, written {:.2}, checked {:.2}; {} names, {} requests traced); \
         peak {peak:.0} MB, {:.1} times the file",
        ends[0],
        ends[1] - ends[0],
        all - ends[1],
        outcome.map.len(),
        outcome.sampled.requests,
        peak / size,
    );
    Ok(())
}
