//! A bug-report of many proxies, natively: from the archive to the list of its proxies, then the first proxy's table, then
//! what is wrong with all of them. Prints rows of benches/RESULTS.md.
//!
//!     scripts/make-report target/bench/report.tar.gz && cargo bench --bench report -- target/bench/report.tar.gz

mod memory;

use std::time::{Duration, Instant};

use xdscope::engine::Engine;
use xdscope::engine::protocol::{Answer, Query, TableKind, Window};
use xdscope::intake::{Limits, Step, Unpack};

#[expect(clippy::print_stdout, reason = "its result")]
fn main() -> std::io::Result<()> {
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        println!("usage: cargo bench --bench report -- REPORT.tar.gz");
        return Ok(());
    };
    let began = Instant::now();
    let bytes = std::fs::read(&path)?;
    let packed = bytes.len() as f64 / 1e6;
    let mut engine = Engine::default();
    for step in Unpack::new("report", bytes, Limits::default()) {
        engine.take(step);
    }
    engine.link();
    let Answer::Capture(capture) = engine.ask(&Query::Capture) else { return Ok(()) };
    let opened = began.elapsed();
    let peak = memory::peak_megabytes();
    let Some(proxy) = capture.proxies.first().map(|it| it.id) else { return Ok(()) };
    let (table, _) = timed(|| {
        engine.ask(&Query::Overview(proxy));
        let window = Window { limit: 50, ..Window::default() };
        engine.ask(&Query::Table { proxy, table: TableKind::Clusters, window })
    });
    let (judged, _) = timed(|| while engine.judge() {});
    let kept = capture.bytes as f64 / 1e6;
    drop(engine);
    // The same archive in the same run, and nothing made of what comes out: what opening cannot be faster than.
    let (inflated, _) = timed(|| -> std::io::Result<usize> {
        let steps = Unpack::new("report", std::fs::read(&path)?, Limits::default());
        Ok(steps.filter(|step| matches!(step, Step::Member(_))).count())
    });
    let what = format!("a bug-report of {} proxies, {kept:.0} MB kept of", capture.proxies.len());
    println!(
        "| {what} {packed:.0} MB packed, native: the archive to the list of its proxies | {} ({:.0} MB/s) | {} (unpacking it alone) | {:.2} | one pass |",
        seconds(opened),
        kept / opened.as_secs_f64(),
        seconds(inflated),
        opened.as_secs_f64() / inflated.as_secs_f64(),
    );
    println!(
        "| its memory, opened | {peak:.0} MB | {kept:.0} MB (kept) | {:.2} | at most 1.5 |",
        peak / kept
    );
    println!(
        "| its first proxy’s overview and table, read when looked at | {:.1} ms | | | |",
        table.as_secs_f64() * 1e3
    );
    println!(
        "| what is wrong with all of its proxies | {} | {} (opening it) | {:.2} | at most 1 |",
        seconds(judged),
        seconds(opened),
        judged.as_secs_f64() / opened.as_secs_f64(),
    );
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let found = work();
    (began.elapsed(), found)
}

fn seconds(of: Duration) -> String {
    format!("{:.2} s", of.as_secs_f64())
}
