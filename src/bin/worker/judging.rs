//! Judges what is wrong while nobody asks for anything: short turns, and between two of them questions are heard.

use std::rc::Rc;

use xdscope::engine::protocol::FromWorker;

use super::worker::Shared;

/// How long a turn lasts, in milliseconds. A question waits no longer than this.
const TURN: f64 = 8.0;

/// Begins, or goes on, unless it is at it already. Says when all is done.
pub fn start(shared: &Rc<Shared>) {
    // The first step is cheap where there is nothing to do.
    if shared.judging.get() || !shared.engine.borrow_mut().idle() {
        return;
    }
    shared.judging.set(true);
    let shared = Rc::clone(shared);
    wasm_bindgen_futures::spawn_local(async move {
        loop {
            gloo::timers::future::TimeoutFuture::new(0).await;
            let began = js_sys::Date::now();
            let mut more = true;
            while more && js_sys::Date::now() - began < TURN {
                more = shared.engine.borrow_mut().idle();
            }
            if !more {
                break;
            }
        }
        shared.judging.set(false);
        shared.say(&FromWorker::Judged);
    });
}
