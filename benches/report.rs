//! A bug-report of many proxies, from the archive to the list of its proxies, natively; then the first proxy's table.
//!
//!     scripts/make-report target/bench/report.tar.gz && cargo bench --bench report -- target/bench/report.tar.gz

mod memory;

use std::time::Instant;

use xdscope::engine::Engine;
use xdscope::engine::protocol::{Answer, Query, TableKind, Window};
use xdscope::intake::{Limits, Unpack};

#[expect(clippy::print_stdout, reason = "its result")]
fn main() -> std::io::Result<()> {
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        println!("usage: cargo bench --bench report -- REPORT.tar.gz");
        return Ok(());
    };
    let began = Instant::now();
    let bytes = std::fs::read(&path)?;
    let packed = bytes.len();
    let mut engine = Engine::default();
    for step in Unpack::new("report", bytes, Limits::default()) {
        engine.take(step);
    }
    engine.link();
    let Answer::Capture(capture) = engine.ask(&Query::Capture) else { return Ok(()) };
    let opened = began.elapsed();
    let Some(proxy) = capture.proxies.first().map(|it| it.id) else { return Ok(()) };
    let began = Instant::now();
    engine.ask(&Query::Overview(proxy));
    engine.ask(&Query::Table {
        proxy,
        table: TableKind::Clusters,
        window: Window { limit: 50, ..Window::default() },
    });
    let table = began.elapsed();
    let kept = capture.bytes as f64 / 1e6;
    let peak = memory::peak_megabytes();
    println!(
        "opened {} proxies, {:.0} MB of {:.0} MB packed, in {:.0} ms ({:.0} MB/s); first table {:.1} ms; peak {peak:.0} MB, {:.2} of what is kept",
        capture.proxies.len(),
        kept,
        packed as f64 / 1e6,
        opened.as_secs_f64() * 1e3,
        kept / opened.as_secs_f64(),
        table.as_secs_f64() * 1e3,
        peak / kept,
    );
    Ok(())
}
