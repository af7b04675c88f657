//! Reads what the page was given: file after file, slice after slice, so that questions and a cancel are heard
//! between two slices.

use std::rc::Rc;

use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;
use xdscope::engine::protocol::FromWorker;
use xdscope::intake::{Format, HEAD, Limits, Recognised, Unpack, json_start, recognise, recognise_with};
use xdscope::json::Scanner;

use super::worker::Shared;

/// A file of the page's.
pub struct Source {
    pub path: String,
    pub blob: Blob,
}

/// How much is read at once: large enough to be cheap, small enough to be heard in between.
const SLICE: usize = 4 << 20;

/// How long the worker works before it looks up, in milliseconds.
const TURN: f64 = 30.0;

/// Reads all sources, and links what they hold.
pub async fn open(shared: Rc<Shared>, sources: Vec<Source>) {
    let epoch = shared.epoch.get();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes are whole and not negative"
    )]
    let total = sources.iter().map(|it| it.blob.size() as u64).sum();
    let mut before = 0;
    for source in sources {
        let progress = |bytes: u64| {
            shared.say(&FromWorker::Progress { path: source.path.clone(), bytes: before + bytes, total });
        };
        let Some((bytes, found)) = read(&shared, epoch, &source.blob, &progress).await else { break };
        let size = bytes.len() as u64;
        match found {
            Some(found) => shared.engine.borrow_mut().add(source.path.clone(), bytes, found),
            None => {
                let unpack = Unpack::new(&source.path, bytes, Limits::default());
                if !take_apart(&shared, epoch, unpack, &progress).await {
                    break;
                }
            }
        }
        before += size;
    }
    shared.engine.borrow_mut().link();
    shared.say(&FromWorker::Opened { cancelled: shared.epoch.get() != epoch });
}

/// Takes an archive apart, in turns. Whether it came to its end.
async fn take_apart(shared: &Shared, epoch: u32, mut unpack: Unpack, progress: &impl Fn(u64)) -> bool {
    loop {
        let began = js_sys::Date::now();
        while js_sys::Date::now() - began < TURN {
            let Some(step) = unpack.next() else { return true };
            shared.engine.borrow_mut().take(step);
        }
        progress(unpack.consumed());
        gloo::timers::future::TimeoutFuture::new(0).await;
        if shared.epoch.get() != epoch {
            return false;
        }
    }
}

/// Adds what was pasted.
pub fn add_text(shared: &Shared, bytes: Vec<u8>) {
    let found = recognise(&bytes);
    let mut engine = shared.engine.borrow_mut();
    engine.add("paste".to_owned(), bytes, found);
    engine.link();
    drop(engine);
    shared.say(&FromWorker::Opened { cancelled: false });
}

/// Reads a file. JSON is scanned while it arrives, and then recognised; what else it is shows when it is taken apart.
/// None when it was cancelled, or cannot be read.
pub async fn read(
    shared: &Shared,
    epoch: u32,
    blob: &Blob,
    progress: &impl Fn(u64),
) -> Option<(Vec<u8>, Option<Recognised>)> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes are whole and not negative"
    )]
    let size = blob.size() as usize;
    let mut bytes: Vec<u8> = Vec::new();
    bytes.try_reserve_exact(size).ok()?;
    let mut scanner: Option<Scanner> = None;
    let slice = |at: usize| {
        let slice = blob.slice_with_f64_and_f64(at as f64, size.min(at + SLICE) as f64);
        slice.ok().map(|slice| slice.array_buffer())
    };
    let mut next = slice(0);
    while bytes.len() < size {
        let at = bytes.len();
        progress(at as u64);
        let arriving = next.take()?;
        // The browser reads the next slice while this one is scanned.
        next = (at + SLICE < size).then(|| slice(at + SLICE)).flatten();
        let buffer = JsFuture::from(arriving).await.ok()?;
        if shared.epoch.get() != epoch {
            return None;
        }
        let array = js_sys::Uint8Array::new(&buffer);
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
    Some((bytes, found))
}
