//! Reads what the page was given: file after file, slice after slice, so that questions and a cancel are heard
//! between two slices.

use std::rc::Rc;

use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;
use xdscope::engine::protocol::FromWorker;
use xdscope::intake::{HEAD, Recognised, json_start, recognise, recognise_with};
use xdscope::json::Scanner;

use super::worker::Shared;

/// A file of the page's.
pub struct Source {
    pub path: String,
    pub blob: Blob,
}

/// How much is read at once: large enough to be cheap, small enough to be heard in between.
const SLICE: u32 = 4 << 20;

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
        let Some((bytes, found)) = read(&shared, epoch, &source.blob, progress).await else { break };
        before += bytes.len() as u64;
        shared.engine.borrow_mut().add(source.path, bytes, found);
    }
    shared.engine.borrow_mut().link();
    shared.say(&FromWorker::Opened { cancelled: shared.epoch.get() != epoch });
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

/// Reads a file, scanning while it arrives. None when it was cancelled, or cannot be read.
async fn read(
    shared: &Shared,
    epoch: u32,
    blob: &Blob,
    progress: impl Fn(u64),
) -> Option<(Vec<u8>, Recognised)> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes are whole and not negative"
    )]
    let size = blob.size() as u32;
    let mut bytes: Vec<u8> = Vec::new();
    bytes.try_reserve_exact(size as usize).ok()?;
    let mut scanner: Option<Scanner> = None;
    while (bytes.len() as u32) < size {
        progress(bytes.len() as u64);
        let at = bytes.len() as u32;
        let slice = blob.slice_with_f64_and_f64(f64::from(at), f64::from(size.min(at + SLICE))).ok()?;
        let buffer = JsFuture::from(slice.array_buffer()).await.ok()?;
        if shared.epoch.get() != epoch {
            return None;
        }
        let array = js_sys::Uint8Array::new(&buffer);
        bytes.resize(at as usize + array.length() as usize, 0);
        array.copy_to(&mut bytes[at as usize..]);
        if at == 0 {
            scanner = json_start(&bytes[..bytes.len().min(HEAD)]).map(Scanner::new);
        }
        if let Some(scanner) = &mut scanner {
            scanner.feed(&bytes);
        }
    }
    let found = match scanner {
        Some(scanner) => recognise_with(&bytes, Some(scanner.finish(&bytes))),
        None => recognise(&bytes),
    };
    Some((bytes, found))
}
