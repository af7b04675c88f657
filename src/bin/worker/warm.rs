//! Runs the engine on a made-up dump before anybody drops one. A browser compiles wasm twice: at once and badly, and
//! well only what has run for a while. Without this the first dump takes twice the time of the second.

use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use web_sys::Blob;
use xdscope::engine::Engine;
use xdscope::engine::protocol::{Query, TableKind, Window};

use super::worker::Shared;
use super::{made_up, opening};

/// Measured in Chromium: fewer are not enough.
const ROUNDS: usize = 12;

/// Warms up, until there is real work.
pub async fn up(shared: Rc<Shared>) {
    let text = made_up::dump();
    let parts = Array::of1(&Uint8Array::from(text.as_bytes()));
    let Ok(blob) = Blob::new_with_u8_array_sequence(&parts) else { return };
    for _ in 0..ROUNDS {
        // The same path as a dropped file's. A question may come between two rounds, and real work ends them.
        let Ok((bytes, Some(found))) =
            opening::read(&shared, shared.epoch.get(), &blob, opening::Wanted::Opened, &|_| {}).await
        else {
            return;
        };
        if !shared.idle.get() {
            return;
        }
        let mut engine = Engine::default();
        engine.add("", bytes, Some(found));
        engine.link();
        let Some((proxy, _)) = engine.capture().proxies().next() else { return };
        for table in [TableKind::Clusters, TableKind::Endpoints, TableKind::Listeners, TableKind::Routes] {
            engine.ask(&Query::Table { proxy, table, window: Window { limit: 50, ..Window::default() } });
        }
    }
}
