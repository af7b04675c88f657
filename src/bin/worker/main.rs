//! The engine in a web worker.
//!
//! Messages to it are objects with a field `t`: `open` (`files`: Blobs, `paths`: their names), `paste` (`text`), `ask`
//! (`id`, `query`: a [`Query`] as JSON), `unpack` (`document`: read what was only listed), `cancel` (stop reading),
//! `close` (forget everything). `open` with `second` opens a second capture beside the first, `swap` lets the two
//! change places, `close_second` forgets it. What it says is a [`FromWorker`] as JSON; and to `save` (`id`) it
//! says an object with that `id` and a `blob`: the copy that can be sent, or (with `lot`, random bytes, and a `passphrase`,
//! or an empty one) its map, or (with `page`) the copy as what static/boot.js puts into a page; none where there is none.

#[cfg(target_arch = "wasm32")]
mod made_up;
#[cfg(target_arch = "wasm32")]
mod opening;
#[cfg(target_arch = "wasm32")]
mod warm;

#[cfg(target_arch = "wasm32")]
fn main() {
    worker::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}

#[cfg(target_arch = "wasm32")]
mod worker {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    use js_sys::Reflect;
    use wasm_bindgen::prelude::*;
    use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};
    use xdscope::engine::Engine;
    use xdscope::engine::protocol::{DocumentId, FromWorker, Query};
    use xdscope::order::InOrder;

    use super::opening::{self, Source};
    use super::warm;

    /// What all message handlers share. Single-threaded: a borrow ends before the next await.
    pub struct Shared {
        pub scope: DedicatedWorkerGlobalScope,
        pub engine: RefCell<Engine>,
        /// Goes up when reading is cancelled or everything closed: a reader of an older number stops.
        pub epoch: Cell<u32>,
        /// Whether what will be asked for next is being prepared.
        pub preparing: Cell<bool>,
        /// Whether nothing was given yet.
        pub idle: Cell<bool>,
        /// The files that are open, to unpack later what was only listed, and whether they are of the second capture.
        pub files: RefCell<Vec<(bool, Source)>>,
    }

    impl Shared {
        /// Lets `work` at the engine of the first or the second capture.
        pub fn with_engine<T>(&self, second: bool, work: impl FnOnce(&mut Engine) -> T) -> T {
            let mut engine = self.engine.borrow_mut();
            if second { work(engine.second()) } else { work(&mut engine) }
        }

        pub fn say(&self, what: &FromWorker) {
            // Plain data always becomes JSON; a page that is gone needs no answer.
            if let Ok(text) = serde_json::to_string(what) {
                let _ = self.scope.post_message(&JsValue::from_str(&text));
            }
        }
    }

    pub fn start() {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let shared = Rc::new(Shared {
            scope,
            engine: RefCell::default(),
            epoch: Cell::new(0),
            preparing: Cell::new(false),
            idle: Cell::new(true),
            files: RefCell::default(),
        });
        let handler = Rc::clone(&shared);
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            handle(&handler, &event.data());
        });
        shared.scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
        shared.say(&FromWorker::Ready);
        wasm_bindgen_futures::spawn_local(warm::up(shared));
    }

    fn handle(shared: &Rc<Shared>, message: &JsValue) {
        let field = |key: &str| Reflect::get(message, &key.into()).unwrap_or(JsValue::UNDEFINED);
        let text = |key: &str| field(key).as_string().unwrap_or_default();
        shared.idle.set(false);
        match text("t").as_str() {
            "open" => {
                let names = js_sys::Array::from(&field("paths"));
                let files = js_sys::Array::from(&field("files"));
                let named = names.iter().map(|name| name.as_string().unwrap_or_default()).zip(files.iter());
                let named =
                    named.filter_map(|(path, file)| Some(Source { path, blob: file.dyn_into().ok()? }));
                let mut sources: Vec<_> = named.collect();
                // However the browser walked the folders: positions in links count on one order.
                sources.order_by(|one, other| one.path.cmp(&other.path));
                let second = field("second").is_truthy();
                shared.files.borrow_mut().extend(sources.iter().map(|it| (second, it.clone())));
                wasm_bindgen_futures::spawn_local(opening::open(Rc::clone(shared), sources, second));
            }
            "paste" => opening::add_text(shared, text("text").into_bytes()),
            "ask" => ask(shared, &field("id"), &text("query")),
            "unpack" => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a document's number"
                )]
                let document = DocumentId(field("document").as_f64().unwrap_or_default() as u32);
                wasm_bindgen_futures::spawn_local(opening::unpack(Rc::clone(shared), document));
            }
            "save" => {
                let page = field("page").is_truthy();
                let bytes = file(shared, page, &field("lot"), &text("passphrase"));
                save(shared, &field("id"), bytes.as_deref());
            }
            "cancel" => shared.epoch.set(shared.epoch.get() + 1),
            "swap" => {
                shared.engine.borrow_mut().swap();
                shared.files.borrow_mut().iter_mut().for_each(|(second, _)| *second = !*second);
            }
            "close_second" => {
                shared.engine.borrow_mut().close_second();
                shared.files.borrow_mut().retain(|(second, _)| !second);
            }
            "close" => {
                shared.epoch.set(shared.epoch.get() + 1);
                shared.engine.replace(Engine::default());
                shared.files.take();
            }
            _ => {}
        }
    }

    /// How long is prepared at a stretch, in milliseconds: a question that comes meanwhile waits no longer.
    const TURN: f64 = 8.0;

    /// Prepares what will be asked for next, between questions.
    async fn prepare(shared: Rc<Shared>) {
        // Also where what was judged is forgotten meanwhile, for another time of a proxy.
        let mut fresh = false;
        let mut more = true;
        while more {
            gloo::timers::future::TimeoutFuture::new(0).await;
            let began = js_sys::Date::now();
            while more && js_sys::Date::now() - began < TURN {
                let mut engine = shared.engine.borrow_mut();
                fresh |= !engine.judged();
                more = engine.prepare() || engine.judge();
            }
        }
        shared.preparing.set(false);
        if fresh && shared.engine.borrow().judged() {
            shared.say(&FromWorker::Judged);
        }
    }

    /// A file that the user may save.
    fn file(shared: &Rc<Shared>, page: bool, lot: &JsValue, passphrase: &str) -> Option<Vec<u8>> {
        let engine = shared.engine.borrow();
        if page {
            return engine.enclosed().map(|it| it.to_html().into_bytes());
        }
        match lot.dyn_ref::<js_sys::Uint8Array>().map(js_sys::Uint8Array::to_vec) {
            Some(lot) => {
                let lot = <[u8; 48]>::try_from(lot).ok().map(xdscope::redact::Lot);
                lot.and_then(|lot| engine.packed_map(passphrase, lot))
            }
            None => engine.packed(),
        }
    }

    /// Gives it to the page.
    fn save(shared: &Shared, id: &JsValue, bytes: Option<&[u8]>) {
        let blob = bytes.and_then(|bytes| {
            let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
            web_sys::Blob::new_with_u8_array_sequence(&parts).ok()
        });
        let said = js_sys::Object::new();
        let _ = Reflect::set(&said, &"id".into(), id);
        let _ = Reflect::set(&said, &"blob".into(), &blob.into());
        let _ = shared.scope.post_message(&said);
    }

    fn ask(shared: &Rc<Shared>, id: &JsValue, query: &str) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the page numbers from zero"
        )]
        let id = id.as_f64().unwrap_or_default() as u32;
        let answer = match serde_json::from_str::<Query>(query) {
            Ok(query) => shared.engine.borrow_mut().ask(&query),
            Err(_) => xdscope::engine::protocol::Answer::Gone,
        };
        shared.say(&FromWorker::Answer { id, answer });
        if !shared.preparing.replace(true) {
            wasm_bindgen_futures::spawn_local(prepare(Rc::clone(shared)));
        }
    }
}
