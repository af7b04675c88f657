//! The engine in a web worker.

#[cfg(target_arch = "wasm32")]
fn main() {
    use wasm_bindgen::prelude::*;
    use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let reply = scope.clone();
    let echo = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let _ = reply.post_message(&event.data());
    });
    scope.set_onmessage(Some(echo.as_ref().unchecked_ref()));
    echo.forget();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
