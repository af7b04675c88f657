//! Comparing two dumps beside opening both, natively; a row of benches/RESULTS.md for each RIGHT:
//!
//!     cargo bench --bench compare -- LEFT RIGHT…

use std::time::Instant;

use xdscope::capture::{Document, DocumentId};
use xdscope::intake::recognise;
use xdscope::sync::{Between, Side, compare};

const ROUNDS: usize = 7;

#[expect(clippy::print_stdout, reason = "its result")]
fn main() -> std::io::Result<()> {
    let paths: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with("--")).collect();
    let Some((left, rights)) = paths.split_first() else {
        println!("usage: cargo bench --bench compare -- LEFT RIGHT…");
        return Ok(());
    };
    let open = |path: &String| -> std::io::Result<Document> {
        let bytes = std::fs::read(path)?;
        let found = recognise(&bytes);
        Ok(Document::new(path.clone(), bytes, found))
    };
    for right in rights {
        let (mut opened, mut compared, mut said) = (Vec::new(), Vec::new(), String::new());
        for _ in 0..ROUNDS {
            let start = Instant::now();
            let (one, other) = (open(left)?, open(right)?);
            opened.push(start.elapsed().as_secs_f64());
            let side = |it| Side { dump: Some((DocumentId(0), it)), ..Side::default() };
            let start = Instant::now();
            let found = compare(&side(&one), &side(&other), Between::Envoys);
            compared.push(start.elapsed().as_secs_f64());
            let same: usize = found.sections.iter().map(|it| it.same).sum();
            let changed: usize = found.sections.iter().map(|it| it.changed.len()).sum();
            said = format!("{same} resources the same, {changed} changed");
        }
        let median = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2] * 1e3
        };
        let (opened, compared) = (median(&mut opened), median(&mut compared));
        let name = std::path::Path::new(right).file_stem().unwrap_or_default().to_string_lossy();
        println!(
            "| two dumps beside each other, the second {name} ({said}) | {compared:.0} ms | {opened:.0} ms (opening both) | {:.2} | at most 1.5 |",
            compared / opened
        );
    }
    Ok(())
}
