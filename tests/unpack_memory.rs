//! How much memory unpacking takes, counted by the allocator.

#![expect(unsafe_code, reason = "an allocator that counts has to be one")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use xdscope::intake::{Limits, Step, Unpack};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all work is the system allocator's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(live, Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// One test at a time: they share the counters.
static ALONE: Mutex<()> = Mutex::new(());

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How much more than now lived at the worst moment of `run`.
fn peak<T>(run: impl FnOnce() -> T) -> (usize, T) {
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let out = run();
    (PEAK.load(Relaxed) - before, out)
}

/// A dump of about a megabyte, different each time.
fn dump(number: usize) -> Vec<u8> {
    let rows: Vec<String> =
        (0..15_000).map(|row| format!("{{\"name\": \"outbound|80||service-{number}-{row}\"}}")).collect();
    format!("{{\"configs\": [{}]}}", rows.join(",\n")).into_bytes()
}

#[test]
fn a_tar_is_never_held_inflated() {
    const MEMBERS: usize = 24;
    let _alone = ALONE.lock().unwrap();
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut inflated = 0;
    let mut largest = 0;
    for number in 0..MEMBERS {
        let bytes = if number % 2 == 0 {
            dump(number)
        } else {
            "2026-11-23T14:51:09Z\tinfo\tx\n".repeat(40_000).into_bytes()
        };
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append_data(&mut header, format!("proxies/{number}"), &bytes[..]).unwrap();
        inflated += bytes.len();
        largest = largest.max(bytes.len());
    }
    let archive = builder.into_inner().unwrap().finish().unwrap();
    let (used, members) = peak(|| {
        let steps = Unpack::new("in", archive, Limits::default());
        steps.filter(|step| matches!(step, Step::Member(_))).count()
    });
    assert_eq!(members, MEMBERS / 2);
    // One document, the window of inflate, buffers; not the 24 MB of all, nor the logs.
    assert!(used < largest + (512 << 10), "{used} of {inflated}");
}

#[test]
fn a_single_document_is_inflated_into_its_own_size() {
    let _alone = ALONE.lock().unwrap();
    let bytes = dump(0);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&bytes).unwrap();
    let packed = encoder.finish().unwrap();
    let (used, steps) =
        peak(|| Unpack::new("in", packed, Limits::default()).find(|it| matches!(it, Step::Member(_))));
    let Some(Step::Member(member)) = steps else { panic!("no member") };
    assert_eq!(member.bytes.capacity(), bytes.len());
    assert!(used < bytes.len() + (512 << 10), "{used}");
}
