//! The page's side of the protocol with the engine in its worker.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use gloo::timers::callback::Interval;
use js_sys::{Array, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, MessageEvent, Worker};
use xdscope::engine::About;
use xdscope::engine::protocol::{Answer, DocumentId, FromWorker, Query, Suppression};
use yew::{AttrValue, Callback};

use crate::browser;
use crate::files::Given;

#[wasm_bindgen]
extern "C" {
    /// A fresh engine; see static/boot.js.
    #[wasm_bindgen(js_namespace = xdscope, js_name = spawnWorker)]
    fn spawn_worker() -> Worker;
}

/// After so long without a sign, while something is awaited, the page offers to stop the engine.
const PATIENCE_MS: f64 = 5_000.0;

/// What the engine's life brings; answers go to whoever asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Bytes of all that was given.
    Progress { path: AttrValue, bytes: u64, total: u64 },
    /// All has been read that could be, or reading was cancelled.
    Opened { cancelled: bool },
    /// All checks are made.
    Judged,
    /// A map was given.
    Map,
    /// Whether it has been silent for too long.
    Silent(bool),
    /// It broke, or was stopped; a fresh one runs, and reads again all but what is named here.
    Restarted { without: Vec<AttrValue>, again: bool, stopped: bool },
}

#[derive(Clone, Default)]
pub struct Client(Rc<RefCell<Inner>>);

impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Default)]
struct Inner {
    worker: Option<Worker>,
    hear: Option<Closure<dyn Fn(MessageEvent)>>,
    fail: Option<Closure<dyn Fn(web_sys::Event)>>,
    watch: Option<Interval>,
    tell: Callback<Event>,
    /// Number of the next question. Never begun anew, so that nothing an old engine said is taken for an answer.
    next: u32,
    waiting: BTreeMap<u32, Callback<Rc<Answer>>>,
    /// Files that are to be saved: to whom they go.
    saving: BTreeMap<u32, Callback<Option<Blob>>>,
    /// All that was given, to be given to a fresh engine; and whether it is of the second capture.
    kept: Vec<(Given, bool)>,
    /// How many of those are being read, from the end.
    opening: usize,
    /// Which file is being read.
    reading: AttrValue,
    last_sign: f64,
    silent: bool,
    /// What codes are drawn with, in all copies of what is open: the same names have the same.
    key: Option<[u8; 32]>,
}

/// A question that waits for its answer. Dropped, it waits no more, and the answer is thrown away.
pub struct Asked {
    client: Client,
    id: u32,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.client.0.borrow_mut().waiting.remove(&self.id);
    }
}

impl Client {
    /// Starts the engine; what happens to it is told.
    pub fn start(&self, tell: Callback<Event>) {
        let hear = self.clone();
        let fail = self.clone();
        let watch = self.clone();
        {
            let mut inner = self.0.borrow_mut();
            inner.tell = tell;
            inner.hear = Some(Closure::new(move |event: MessageEvent| hear.heard(&event)));
            inner.fail = Some(Closure::new(move |event: web_sys::Event| {
                event.prevent_default();
                fail.restart(false);
            }));
            inner.watch = Some(Interval::new(500, move || watch.listen()));
        }
        self.spawn();
    }

    fn spawn(&self) {
        let worker = spawn_worker();
        let mut inner = self.0.borrow_mut();
        if let (Some(hear), Some(fail)) = (&inner.hear, &inner.fail) {
            worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
            worker.set_onerror(Some(fail.as_ref().unchecked_ref()));
        }
        inner.worker = Some(worker);
        inner.last_sign = browser::now();
        inner.silent = false;
    }

    /// Asks; the answer comes to `hear` unless the returned value is dropped before.
    pub fn ask(&self, query: Query, hear: Callback<Rc<Answer>>) -> Asked {
        let id = {
            let mut inner = self.0.borrow_mut();
            let id = inner.next;
            inner.next = inner.next.wrapping_add(1);
            if inner.waiting.is_empty() && inner.opening == 0 {
                inner.last_sign = browser::now();
            }
            inner.waiting.insert(id, hear);
            id
        };
        if let Ok(text) = serde_json::to_string(&query) {
            self.post("ask", &[("id", id.into()), ("query", text.into())]);
        }
        Asked { client: self.clone(), id }
    }

    /// Gives the engine something to read, and keeps it for a fresh one.
    pub fn open(&self, given: Vec<Given>, second: bool) {
        {
            let mut inner = self.0.borrow_mut();
            inner.opening += given.len();
            inner.last_sign = browser::now();
            inner.kept.extend(given.iter().cloned().map(|it| (it, second)));
        }
        self.send(given, second);
    }

    fn send(&self, given: Vec<Given>, second: bool) {
        let (files, paths) = (Array::new(), Array::new());
        for one in given {
            match one {
                Given::File { file, path } => {
                    files.push(&file);
                    paths.push(&JsValue::from_str(&path));
                }
                Given::Pasted(text) => self.post("paste", &[("text", JsValue::from_str(&text))]),
            }
        }
        if files.length() > 0 {
            self.post("open", &[("files", files.into()), ("paths", paths.into()), ("second", second.into())]);
        }
    }

    /// Asks, and waits for the answer. Where the engine is started anew before that, none comes.
    pub async fn answer(&self, query: Query) -> Rc<Answer> {
        let heard = Rc::new(RefCell::new((None::<Rc<Answer>>, None::<Asked>)));
        let promise = Promise::new(&mut |done, _| {
            let to = heard.clone();
            let hear = Callback::from(move |answer: Rc<Answer>| {
                to.borrow_mut().0 = Some(answer);
                let _ = done.call0(&JsValue::NULL);
            });
            let asked = self.ask(query.clone(), hear);
            heard.borrow_mut().1 = Some(asked);
        });
        let _ = JsFuture::from(promise).await;
        let answer = heard.borrow_mut().0.take();
        answer.unwrap_or_else(|| Rc::new(Answer::Gone))
    }

    /// What codes are drawn with; the same until everything is closed. `None` where the browser has no chance to offer.
    pub fn key(&self) -> Option<[u8; 32]> {
        let mut inner = self.0.borrow_mut();
        inner.key = inner.key.or_else(browser::lot);
        inner.key
    }

    /// Asks for a document that was only listed to be unpacked; the capture is told anew when it is.
    pub fn unpack(&self, document: DocumentId) {
        self.0.borrow_mut().last_sign = browser::now();
        self.post("unpack", &[("document", document.0.into())]);
    }

    /// Wants the copy that can be sent as a file to save; none comes where there is none.
    pub fn file(&self, hear: Callback<Option<Blob>>) {
        self.save(&[], hear);
    }

    /// Wants the copy's map, encrypted unless the passphrase is empty; `lot` is drawn for this file.
    pub fn map_file(&self, passphrase: &str, lot: &[u8], hear: Callback<Option<Blob>>) {
        let lot = js_sys::Uint8Array::from(lot);
        self.save(&[("lot", lot.into()), ("passphrase", passphrase.into())], hear);
    }

    /// Wants the copy inside a page of its own, which is this one; none comes where there is none, or this page is no
    /// single file.
    pub fn page_file(&self, hear: Callback<Option<Blob>>) {
        let enclosing = Callback::from(move |it: Option<Blob>| hear.emit(it.and_then(|it| enclose(&it))));
        self.save(&[("page", true.into())], enclosing);
    }

    fn save(&self, with: &[(&str, JsValue)], hear: Callback<Option<Blob>>) {
        let id = {
            let mut inner = self.0.borrow_mut();
            let id = inner.next;
            inner.next = inner.next.wrapping_add(1);
            inner.last_sign = browser::now();
            inner.saving.insert(id, hear);
            id
        };
        self.post("save", &[&[("id", id.into())], with].concat());
    }

    /// Stops reading what is being read.
    pub fn cancel(&self) {
        self.post("cancel", &[]);
    }

    /// Forgets all that is open.
    pub fn close(&self) {
        {
            let mut inner = self.0.borrow_mut();
            inner.kept.clear();
            inner.key = None;
            inner.waiting.clear();
            inner.opening = 0;
        }
        self.post("close", &[]);
    }

    /// Forgets the second capture.
    pub fn close_second(&self) {
        self.0.borrow_mut().kept.retain(|it| !it.1);
        self.post("close_second", &[]);
    }

    /// The two captures change places.
    pub fn swap(&self) {
        for it in &mut self.0.borrow_mut().kept {
            it.1 = !it.1;
        }
        self.post("swap", &[]);
    }

    /// Ends an engine that does not answer, and starts another.
    pub fn stop(&self) {
        self.restart(true);
    }

    fn post(&self, what: &str, with: &[(&str, JsValue)]) {
        let message = Object::new();
        let _ = Reflect::set(&message, &"t".into(), &what.into());
        for (name, value) in with {
            let _ = Reflect::set(&message, &JsValue::from_str(name), value);
        }
        if let Some(worker) = &self.0.borrow().worker {
            let _ = worker.post_message(&message);
        }
    }

    /// A file has come.
    fn filed(&self, said: &JsValue) {
        let field = |name: &str| Reflect::get(said, &name.into()).unwrap_or(JsValue::UNDEFINED);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of ours")]
        let id = field("id").as_f64().unwrap_or_default() as u32;
        let hear = {
            let mut inner = self.0.borrow_mut();
            inner.last_sign = browser::now();
            inner.saving.remove(&id)
        };
        if let Some(hear) = hear {
            hear.emit(field("blob").dyn_into::<Blob>().ok());
        }
    }

    fn heard(&self, event: &MessageEvent) {
        if event.data().is_object() {
            return self.filed(&event.data());
        }
        let said = event.data().as_string().and_then(|text| serde_json::from_str(&text).ok());
        let mut inner = self.0.borrow_mut();
        inner.last_sign = browser::now();
        let tell = inner.tell.clone();
        let spoke = std::mem::take(&mut inner.silent);
        let (event, answer) = match said {
            Some(FromWorker::Progress { path, bytes, total }) => {
                inner.reading = path.clone().into();
                (Some(Event::Progress { path: path.into(), bytes, total }), None)
            }
            Some(FromWorker::Opened { cancelled }) => {
                if cancelled {
                    let left = inner.kept.len().saturating_sub(inner.opening);
                    inner.kept.truncate(left);
                }
                inner.opening = 0;
                inner.reading = AttrValue::default();
                (Some(Event::Opened { cancelled }), None)
            }
            Some(FromWorker::Answer { id, answer }) => (None, inner.waiting.remove(&id).zip(Some(answer))),
            Some(FromWorker::Map) => (Some(Event::Map), None),
            Some(FromWorker::Judged) => (Some(Event::Judged), None),
            Some(FromWorker::Ready | FromWorker::Alive) | None => (None, None),
        };
        // Whoever hears it may ask at once.
        drop(inner);
        if spoke {
            tell.emit(Event::Silent(false));
        }
        if let Some(event) = event {
            tell.emit(event);
        }
        if let Some((hear, answer)) = answer {
            hear.emit(Rc::new(answer));
        }
    }

    fn listen(&self) {
        let mut inner = self.0.borrow_mut();
        let awaited = !inner.waiting.is_empty() || !inner.saving.is_empty() || inner.opening > 0;
        if awaited && !inner.silent && browser::now() - inner.last_sign > PATIENCE_MS {
            inner.silent = true;
            let tell = inner.tell.clone();
            drop(inner);
            tell.emit(Event::Silent(true));
        }
    }

    /// A fresh engine reads again what was open, without what the old one was reading when it ended.
    fn restart(&self, stopped: bool) {
        let mut inner = self.0.borrow_mut();
        if let Some(worker) = inner.worker.take() {
            worker.set_onmessage(None);
            worker.set_onerror(None);
            worker.terminate();
        }
        inner.waiting.clear();
        inner.saving.clear();
        let mut without = Vec::new();
        if inner.opening > 0 {
            let reading = std::mem::take(&mut inner.reading);
            let begin = inner.kept.len().saturating_sub(inner.opening);
            // A member of an archive is named behind the archive.
            let broke = |given: &Given| match given {
                Given::File { path, .. } => reading.starts_with(path.as_str()),
                Given::Pasted(_) => reading.is_empty(),
            };
            let found = inner.kept[begin..].iter().any(|it| broke(&it.0));
            let mut at = 0;
            inner.kept.retain(|(given, _)| {
                let goes = at >= begin && (!found || broke(given));
                at += 1;
                if goes && let Given::File { path, .. } = given {
                    without.push(path.clone());
                }
                !goes
            });
        }
        let again = inner.kept.clone();
        inner.opening = again.len();
        let tell = inner.tell.clone();
        drop(inner);
        self.spawn();
        tell.emit(Event::Restarted { without, again: !again.is_empty(), stopped });
        let (second, first): (Vec<_>, Vec<_>) = again.into_iter().partition(|it| it.1);
        for (given, second) in [(first, false), (second, true)] {
            self.send(given.into_iter().map(|it| it.0).collect(), second);
        }
    }
}

#[wasm_bindgen]
extern "C" {
    /// This page with something inside, where it is the single file; see static/boot.js.
    #[wasm_bindgen(js_namespace = xdscope)]
    fn enclose(blob: &Blob) -> Option<Blob>;
    #[wasm_bindgen(js_namespace = xdscope, js_name = oneFile)]
    fn is_one_file() -> bool;
    #[wasm_bindgen(js_namespace = xdscope)]
    fn enclosed() -> Option<Blob>;
    #[wasm_bindgen(js_namespace = xdscope)]
    fn about() -> String;
}

/// Whether the page is the single file, which can be saved with a copy inside.
pub fn one_file() -> bool {
    is_one_file()
}

/// The copy that this page was saved with, and what is hidden among its findings.
pub fn inside() -> Option<(Given, Vec<Suppression>)> {
    let about: About = serde_json::from_str(&about()).ok()?;
    let file = File::new_with_blob_sequence(&Array::of1(&enclosed()?.into()), &about.name).ok()?;
    Some((Given::File { file, path: about.name.into() }, about.hidden))
}

/// A file made of the built-in sample.
pub fn sample() -> Option<Given> {
    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = xdscope)]
        fn sample() -> web_sys::Blob;
    }
    const NAME: &str = "bookinfo.tar.gz";
    let file = File::new_with_blob_sequence(&Array::of1(&sample()), NAME).ok()?;
    Some(Given::File { file, path: AttrValue::Static(NAME) })
}
