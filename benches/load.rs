//! From bytes to the first table, step by step. Compiled natively it measures a file:
//!
//!     cargo bench --bench load -- FILE
//!
//! and for wasm32 it is what tests/browser/bench.mjs runs beside TextDecoder and JSON.parse.

use xdscope::engine::Engine;
use xdscope::engine::protocol::{Answer, Query, TableKind, Window};
use xdscope::intake::recognise;

/// The number of rows of the first table; tells when each step is done.
fn load(bytes: Vec<u8>, mut done: impl FnMut(&'static str)) -> u32 {
    let mut engine = Engine::default();
    let found = recognise(&bytes);
    done("outline");
    engine.add("config_dump.json".to_owned(), bytes, found);
    done("index");
    engine.link();
    done("link");
    let Some((proxy, _)) = engine.capture().proxies().next() else { return 0 };
    let window = Window { limit: 50, ..Window::default() };
    let answer = engine.ask(&Query::Table { proxy, table: TableKind::Clusters, window });
    done("clusters");
    match answer {
        Answer::Table(table) => table.total,
        _ => 0,
    }
}

#[cfg(not(target_arch = "wasm32"))]
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
        let rows = load(bytes, step);
        println!("{line}({rows} rows)");
    }
    Ok(())
}

#[cfg(target_arch = "wasm32")]
mod wasm {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance)]
        fn now() -> f64;
    }

    /// Milliseconds since `began` at which the bytes were in and each step ended, then the number of rows.
    #[wasm_bindgen]
    pub fn load(bytes: Vec<u8>, began: f64) -> Vec<f64> {
        let mut times = vec![now() - began];
        let rows = super::load(bytes, |_| times.push(now() - began));
        times.push(f64::from(rows));
        times
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {}
