//! Reads what the page was given: file after file, slice after slice, so that questions and a cancel are heard
//! between two slices.

use std::rc::Rc;

use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;
use xdscope::engine::protocol::{DocumentId, FromWorker};
use xdscope::engine::{Engine, is_map};
use xdscope::instant::Instant;
use xdscope::intake::{
    Format, HEAD, Kind, Limit, Limits, NotRead, Recognised, Step, Unpack, Unread, for_later, json_start,
    recognise_with,
};
use xdscope::json::Scanner;

use super::worker::Shared;

/// A file of the page's.
#[derive(Clone)]
pub struct Source {
    pub path: String,
    pub blob: Blob,
}

/// How much is read at once: large enough to be cheap, small enough to be heard in between.
const SLICE: usize = 4 << 20;

/// How long the worker works before it looks up, in milliseconds.
const TURN: f64 = 30.0;

/// Reads all sources, and links what they hold; into the second capture where that is wanted.
pub async fn open(shared: Rc<Shared>, sources: Vec<Source>, second: bool) {
    let epoch = shared.epoch.get();
    let total = sources.iter().map(|it| size_of(&it.blob)).sum();
    let mut before = 0;
    for source in sources {
        let progress = |bytes: u64| {
            shared.say(&FromWorker::Progress { path: source.path.clone(), bytes: before + bytes, total });
        };
        shared.with_engine(second, |engine| engine.begin_file(date_of(&source.blob)));
        match read(&shared, epoch, &source.blob, Wanted::ByItself, &progress).await {
            // A map is no part of a capture: it is kept beside the first one.
            Ok((bytes, _)) if is_map(&bytes) => {
                shared.engine.borrow_mut().give_map(&source.path, bytes);
                shared.say(&FromWorker::Map);
            }
            Ok((bytes, Some(found))) => {
                shared.with_engine(second, |engine| engine.add(&source.path, bytes, Some(found)));
            }
            Ok((bytes, None)) => {
                let unpack = Unpack::new(&source.path, bytes, Limits::default());
                if !take_apart(&shared, epoch, second, unpack, &progress).await {
                    break;
                }
            }
            Err(Stopped::Cancelled) => break,
            Err(Stopped::Unreadable(kind, why)) => {
                shared.with_engine(second, |engine| engine.take(unread(&source, kind, why)));
            }
        }
        before += size_of(&source.blob);
    }
    shared.with_engine(second, Engine::link);
    shared.engine.borrow_mut().compare_anew();
    shared.say(&FromWorker::Opened { cancelled: shared.epoch.get() != epoch });
}

/// Why a file's bytes did not all arrive.
pub enum Stopped {
    Cancelled,
    Unreadable(Kind, NotRead),
}

/// Who wants a file to be read.
#[derive(Clone, Copy, PartialEq)]
pub enum Wanted {
    /// It was given among others: what is large and of little use is left for later.
    ByItself,
    /// Somebody has opened it.
    Opened,
}

fn unread(source: &Source, kind: Kind, why: NotRead) -> Step {
    let (path, bytes) = (source.path.clone(), Some(size_of(&source.blob)));
    Step::Unread(Unread { path, bytes, modified: None, kind, why })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are whole and not negative"
)]
fn size_of(blob: &Blob) -> u64 {
    blob.size() as u64
}

/// When a file was last changed.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are whole")]
fn date_of(blob: &Blob) -> Option<Instant> {
    let milliseconds = blob.dyn_ref::<web_sys::File>()?.last_modified() as i64;
    milliseconds.checked_mul(1_000_000).map(Instant)
}

/// Takes an archive apart, in turns. Whether it came to its end.
async fn take_apart(
    shared: &Shared,
    epoch: u32,
    second: bool,
    mut unpack: Unpack,
    progress: &impl Fn(u64),
) -> bool {
    loop {
        let began = js_sys::Date::now();
        while js_sys::Date::now() - began < TURN {
            let Some(step) = unpack.next() else { return true };
            shared.with_engine(second, |engine| engine.take(step));
        }
        progress(unpack.consumed());
        gloo::timers::future::TimeoutFuture::new(0).await;
        if shared.epoch.get() != epoch {
            return false;
        }
    }
}

/// Reads a document that was only listed, from the file that it is or came in.
pub async fn unpack(shared: Rc<Shared>, document: DocumentId) {
    let epoch = shared.epoch.get();
    // Its archive knows it by the name that was sent.
    shared.engine.borrow_mut().as_sent();
    let wanted = shared.engine.borrow().capture().document(document).map(|it| it.path.clone());
    let Some(wanted) = wanted else { return };
    let holds = |it: &&Source| wanted == it.path || wanted.starts_with(&format!("{}/", it.path));
    let file = shared.files.borrow().iter().rev().filter(|it| !it.0).map(|it| &it.1).find(holds).cloned();
    let Some(file) = file else { return };
    let total = size_of(&file.blob);
    let progress = |bytes: u64| {
        shared.say(&FromWorker::Progress { path: wanted.clone(), bytes, total });
    };
    let mut steps = match read(&shared, epoch, &file.blob, Wanted::Opened, &progress).await {
        Ok((bytes, _)) => Unpack::new(&file.path, bytes, Limits::default()).wanting(|_| true),
        Err(Stopped::Cancelled) => return,
        Err(Stopped::Unreadable(kind, why)) => {
            shared.engine.borrow_mut().unpacked(document, unread(&file, kind, why));
            return shared.say(&FromWorker::Opened { cancelled: false });
        }
    };
    loop {
        let began = js_sys::Date::now();
        let mut found = None;
        let more = loop {
            match steps.next() {
                Some(Step::Member(it)) if it.path == wanted => found = Some(Step::Member(it)),
                Some(Step::Unread(it)) if it.path == wanted => found = Some(Step::Unread(it)),
                Some(_) => {}
                None => break false,
            }
            if found.is_some() || js_sys::Date::now() - began > TURN {
                break found.is_none();
            }
        };
        if let Some(found) = found {
            shared.engine.borrow_mut().unpacked(document, found);
        }
        if !more {
            break;
        }
        progress(steps.consumed());
        gloo::timers::future::TimeoutFuture::new(0).await;
        if shared.epoch.get() != epoch {
            return;
        }
    }
    shared.say(&FromWorker::Opened { cancelled: false });
}

/// Adds what was pasted.
pub fn add_text(shared: &Shared, bytes: Vec<u8>) {
    let mut engine = shared.engine.borrow_mut();
    let map = is_map(&bytes);
    if map {
        engine.give_map("paste", bytes);
    } else {
        engine.begin_file(None);
        engine.add("paste", bytes, None);
        engine.link();
    }
    drop(engine);
    if map {
        shared.say(&FromWorker::Map);
    }
    shared.say(&FromWorker::Opened { cancelled: false });
}

/// Reads a file. JSON is scanned while it arrives, and then recognised; what else it is shows when it is taken apart.
///
/// # Errors
/// When it was cancelled, is too large, or the browser cannot read it (any more).
pub async fn read(
    shared: &Shared,
    epoch: u32,
    blob: &Blob,
    wanted: Wanted,
    progress: &impl Fn(u64),
) -> Result<(Vec<u8>, Option<Recognised>), Stopped> {
    let refused = |limit| Stopped::Unreadable(Kind::Unknown, NotRead::Limit { limit });
    if size_of(blob) > Limits::default().bytes {
        return Err(refused(Limit::Bytes));
    }
    let size = usize::try_from(size_of(blob)).map_err(|_| refused(Limit::Memory))?;
    let mut bytes: Vec<u8> = Vec::new();
    let mut scanner: Option<Scanner> = None;
    let slice = |at: usize| {
        let slice = blob.slice_with_f64_and_f64(at as f64, size.min(at + SLICE) as f64);
        slice.ok().map(|slice| slice.array_buffer())
    };
    let mut next = slice(0);
    while bytes.len() < size {
        let at = bytes.len();
        progress(at as u64);
        let Some(arriving) = next.take() else { return Err(unreadable(&JsValue::NULL)) };
        // The browser reads the next slice while this one is scanned.
        next = (at + SLICE < size).then(|| slice(at + SLICE)).flatten();
        let buffer = JsFuture::from(arriving).await;
        if shared.epoch.get() != epoch {
            return Err(Stopped::Cancelled);
        }
        let buffer = buffer.map_err(|error| unreadable(&error))?;
        let array = js_sys::Uint8Array::new(&buffer);
        if at == 0 {
            let head = array.subarray(0, u32::try_from(HEAD).unwrap_or(u32::MAX)).to_vec();
            if wanted == Wanted::ByItself
                && let Some((kind, why)) = for_later(&head, size as u64)
            {
                return Err(Stopped::Unreadable(kind, why));
            }
            bytes.try_reserve_exact(size).map_err(|_| refused(Limit::Memory))?;
        }
        bytes.resize(at + array.length() as usize, 0);
        array.copy_to(&mut bytes[at..]);
        if at == 0 && Format::of(&bytes).is_none() {
            scanner = json_start(&bytes[..bytes.len().min(HEAD)]).map(Scanner::new);
        }
        if let Some(scanner) = &mut scanner {
            scanner.feed(&bytes);
        }
    }
    let found = scanner.map(|scanner| recognise_with(&bytes, Some(scanner.finish(&bytes))));
    Ok((bytes, found))
}

/// In the browser's words: the file was moved, or may not be read.
fn unreadable(error: &JsValue) -> Stopped {
    let error = error.dyn_ref::<js_sys::Error>().map(|it| String::from(it.message()));
    Stopped::Unreadable(Kind::Unknown, NotRead::Error { line: error.unwrap_or_default() })
}
