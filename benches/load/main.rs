//! From bytes to the first table, step by step, natively:
//!
//!     cargo bench --bench load -- FILE

mod steps;

#[expect(clippy::print_stdout, reason = "its result")]
fn main() -> std::io::Result<()> {
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        println!("usage: cargo bench --bench load -- FILE");
        return Ok(());
    };
    for _ in 0..5 {
        let mut last = std::time::Instant::now();
        let mut line = String::new();
        let mut step = |name: &str| {
            line += &format!("{name} {:.1} ms  ", last.elapsed().as_secs_f64() * 1e3);
            last = std::time::Instant::now();
        };
        let bytes = std::fs::read(&path)?;
        step("read");
        let rows = steps::load(bytes, step);
        println!("{line}({rows} rows)");
    }
    Ok(())
}
