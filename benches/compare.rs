//! Comparing two dumps beside opening them, natively:
//!
//!     cargo bench --bench compare -- LEFT RIGHT

use xdscope::capture::{Document, DocumentId};
use xdscope::intake::recognise;
use xdscope::sync::{Between, Side, compare};

#[expect(clippy::print_stdout, reason = "its result")]
fn main() -> std::io::Result<()> {
    let paths: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [left, right] = &paths[..] else {
        println!("usage: cargo bench --bench compare -- LEFT RIGHT");
        return Ok(());
    };
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let open = |path: &String| -> std::io::Result<Document> {
            let bytes = std::fs::read(path)?;
            let found = recognise(&bytes);
            Ok(Document::new(path.clone(), bytes, found))
        };
        let (one, other) = (open(left)?, open(right)?);
        let opened = start.elapsed().as_secs_f64();
        let side = |it| Side { dump: Some((DocumentId(0), it)), ..Side::default() };
        let found = compare(&side(&one), &side(&other), Between::Envoys);
        let compared = start.elapsed().as_secs_f64() - opened;
        let same: usize = found.sections.iter().map(|it| it.same).sum();
        let changed: usize = found.sections.iter().map(|it| it.changed.len()).sum();
        println!(
            "open both {:.1} ms  compare {:.1} ms  ({:.2} times)  {same} same, {changed} changed",
            opened * 1e3,
            compared * 1e3,
            compared / opened
        );
    }
    Ok(())
}
