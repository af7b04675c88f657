//! The steps, for main.rs and wasm.rs.

use xdscope::engine::Engine;
use xdscope::engine::protocol::{Answer, Query, TableKind, Window};
use xdscope::intake::recognise;

/// The number of rows of the first table; tells when each step is done.
pub fn load(bytes: Vec<u8>, mut done: impl FnMut(&'static str)) -> u32 {
    let mut engine = Engine::default();
    let found = recognise(&bytes);
    done("outline");
    engine.add("config_dump.json", bytes, Some(found));
    done("index");
    engine.link();
    done("link");
    let Some((proxy, _)) = engine.capture().proxies().next() else { return 0 };
    let window = Window { limit: 50, ..Window::default() };
    let answer = engine.ask(&Query::Table { proxy, table: TableKind::Clusters, window });
    done("clusters");
    while engine.judge() {}
    done("findings");
    match answer {
        Answer::Table(table) => table.total,
        _ => 0,
    }
}
