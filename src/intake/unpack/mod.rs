//! A file taken apart: archives inside archives, until only documents are left.

mod encoding;
mod formats;
mod input;
mod limits;
mod machine;
mod path;
mod tar;
mod zip;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use formats::Format;
pub use limits::{Limit, Limits};

use super::{Kind, NotRead};
use input::{Input, Stream};

/// A step inflates no more than this: a few milliseconds of work.
const SLICE: usize = 256 << 10;

/// A document, whole.
#[derive(Debug, PartialEq, Eq)]
pub struct Member {
    /// The outer file's name and the path within, joined by `/`; fit to be shown, not to be opened.
    pub path: String,
    /// Its bytes: UTF-8 where they were UTF-16.
    pub bytes: Vec<u8>,
    /// When it was last changed, as its archive says, in seconds since 1970.
    pub modified: Option<i64>,
    /// Its wrapping is damaged: the bytes end early, or are not those that were packed.
    pub damage: Option<Damage>,
}

/// Something that is listed and not handed over.
#[derive(Debug, PartialEq, Eq)]
pub struct Unread {
    /// As [`Member::path`].
    pub path: String,
    /// Its size, where that is known without unpacking it.
    pub bytes: Option<u64>,
    /// As [`Member::modified`].
    pub modified: Option<i64>,
    /// What its first bytes look like.
    pub kind: Kind,
    /// Why it is not handed over.
    pub why: NotRead,
}

/// What is wrong with a wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// It ends too early.
    Truncated,
    /// Its bytes make no sense, or their checksum is another.
    Corrupt,
}

impl Damage {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Damage::Truncated => "truncated",
            Damage::Corrupt => "corrupt",
        }
    }
}

/// What a piece of work led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// A document.
    Member(Member),
    /// Something that is not read, and why.
    Unread(Unread),
    /// Nothing yet; ask again. [`Unpack::consumed`] has moved.
    Busy,
}

/// One outer file being taken apart, a slice of work at a time: each step of the iterator inflates at most 256 KiB,
/// so its user can look up between any two, and stop by dropping it. What is not compressed or packed comes out as
/// the one document that it is.
///
/// ```
/// use xdscope::intake::{Limits, Step, Unpack};
/// let steps: Vec<Step> = Unpack::new("dump.json", b"{\"configs\": []}".to_vec(), Limits::default()).collect();
/// assert!(matches!(&steps[..], [Step::Member(member)] if member.path == "dump.json"));
/// ```
pub struct Unpack {
    limits: Limits,
    wanted: fn(Kind) -> bool,
    size: u64,
    consumed: Arc<AtomicU64>,
    inflated: Arc<AtomicU64>,
    given: u64,
    members: usize,
    frames: Vec<Frame>,
    work: Option<Work>,
}

/// An archive that is open.
struct Frame {
    path: String,
    depth: u32,
    stored: u64,
    archive: Archive,
}

enum Archive {
    Tar(tar::Tar),
    Zip(zip::Zip),
}

/// Something being read: an archive's member, or what a decoder gives.
struct Work {
    path: String,
    depth: u32,
    modified: Option<i64>,
    /// Its size, where its archive says.
    size: Option<u64>,
    /// The size of the packed bytes that it comes from.
    stored: u64,
    source: Source,
    stage: Stage,
    bytes: Vec<u8>,
}

enum Source {
    /// All of it is there.
    Whole(Input),
    Stream(Stream),
    /// The entry at which the innermost tar is.
    Entry,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// Its first bytes are collected, to see what it is.
    Head,
    /// All of it is collected: a document.
    Document,
    /// All of it is collected: an archive inside a tar, or a zip inside a compressed file.
    Archive,
}

impl Unpack {
    /// Takes apart the file `name`.
    pub fn new(name: &str, bytes: Vec<u8>, limits: Limits) -> Unpack {
        let consumed = Arc::new(AtomicU64::new(0));
        let size = bytes.len() as u64;
        let work = Work {
            path: path::shown(name),
            depth: 0,
            modified: None,
            size: Some(size),
            stored: size,
            source: Source::Whole(Input::new(bytes, Some(Arc::clone(&consumed)))),
            stage: Stage::Head,
            bytes: Vec::new(),
        };
        Unpack {
            limits,
            wanted: is_needed,
            size,
            consumed,
            inflated: Arc::default(),
            given: 0,
            members: 0,
            frames: Vec::new(),
            work: Some(work),
        }
    }

    /// Unpacks only the kinds that `wanted` says yes to; by default all but logs and metrics. Asked with what the first
    /// bytes tell; JSON, whose kind they do not, is always unpacked, and so is what is no archive's member: it is there.
    #[must_use]
    pub fn wanting(mut self, wanted: fn(Kind) -> bool) -> Unpack {
        self.wanted = wanted;
        self
    }

    /// How many of the outer file's bytes were used.
    pub fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    /// How many bytes the outer file has.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Iterator for Unpack {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let step = match self.work.take() {
            Some(work) => Some(self.read(work)),
            None => self.advance(),
        };
        if step.is_none() {
            self.consumed.store(self.size, Ordering::Relaxed);
        }
        step
    }
}

/// Why a plain file is only listed, and read when somebody opens it: a large one that begins as a log does, or as
/// something that nobody needs. `head`: its first [`HEAD`](super::HEAD) bytes.
pub fn for_later(head: &[u8], size: u64) -> Option<(Kind, NotRead)> {
    /// Smaller ones are read at once: then their lines are found, and JSON between them.
    const LARGE: u64 = 8 << 20;
    let head = head.get(..super::HEAD).unwrap_or(head);
    let plain = Format::of(head).is_none() && encoding::utf16(head).is_none();
    if size < LARGE || !plain || super::json_start(head).is_some() {
        return None;
    }
    let (kind, why) = super::kinds::text::recognise(head);
    // Blanks as far as was looked are not yet nothing.
    (!is_needed(kind) && kind != Kind::Empty).then(|| (kind, why.unwrap_or(NotRead::NotNeeded)))
}

/// Kinds that something is done with; the others are listed.
fn is_needed(kind: Kind) -> bool {
    !matches!(kind, Kind::Log | Kind::Prometheus | Kind::Binary | Kind::Empty)
}
