//! A page that asks its worker whether it is there.

use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker};
use yew::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A fresh engine; see static/boot.js.
    #[wasm_bindgen(js_namespace = xdscope, js_name = spawnWorker)]
    fn spawn_worker() -> Worker;
}

#[component]
pub fn App() -> Html {
    let said = use_state(String::new);
    {
        let said = said.clone();
        use_effect_with((), move |()| {
            let worker = spawn_worker();
            let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                said.set(event.data().as_string().unwrap_or_default());
            });
            worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
            heard.forget();
            let _ = worker.post_message(&JsValue::from_str("hello"));
            move || worker.terminate()
        });
    }
    html! {
        <main style="padding: 1rem">
            <h1>{ "xdscope" }</h1>
            <p id="worker">{ (*said).clone() }</p>
        </main>
    }
}
