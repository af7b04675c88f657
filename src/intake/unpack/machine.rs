//! The steps of taking a file apart.

use std::io::{BufReader, Cursor, Read};

use super::encoding::{to_utf8, utf16};
use super::input::{Cause, Failed, Input, Metered, Stream};
use super::{Archive, Frame, Source, Stage, Work, path, tar, zip};
use super::{Damage, Format, Limit, Member, SLICE, Step, Unpack, Unread};
use crate::intake::{HEAD, Kind, NotRead, kinds, start};

impl Unpack {
    /// Goes on to the next member of the innermost archive.
    pub(super) fn advance(&mut self) -> Option<Step> {
        let frame = self.frames.last_mut()?;
        let found = match &mut frame.archive {
            Archive::Tar(tar) => match tar.next() {
                tar::Found::Busy => return Some(Step::Busy),
                tar::Found::End(cause) => {
                    let path = std::mem::take(&mut frame.path);
                    self.frames.pop();
                    return Some(cause.map_or(Step::Busy, |cause| refused(path, cause.into())));
                }
                tar::Found::Lost(at) => {
                    let why = NotRead::Damaged { damage: Damage::Corrupt, at: Some(at) };
                    return Some(refused(frame.path.clone(), why));
                }
                tar::Found::Entry(entry) => Found::in_tar(entry, frame.stored),
            },
            Archive::Zip(zip) => match zip.next() {
                None => {
                    self.frames.pop();
                    return Some(Step::Busy);
                }
                Some(entry) => Found::in_zip(entry, |stream, stored| {
                    Source::Stream(Box::new(Metered::new(stream, stored, &self.inflated, &self.limits)))
                }),
            },
        };
        self.members += 1;
        if self.members > self.limits.members {
            let path = frame.path.clone();
            self.frames.clear();
            return Some(refused(path, NotRead::Limit { limit: Limit::Members }));
        }
        let Found { path, size, stored, modified, directory, source } = found;
        let (path, depth) = (path::join(&frame.path, &path), frame.depth);
        match source {
            _ if directory => {}
            Ok(source) => {
                let bytes = Vec::with_capacity(
                    size.map_or(HEAD, |size| usize::try_from(size).unwrap_or(HEAD).min(HEAD)),
                );
                let stage = Stage::Head;
                self.work = Some(Work { path, depth, modified, size, stored, source, stage, bytes });
            }
            Err(why) => {
                return Some(Step::Unread(Unread { path, bytes: size, modified, kind: Kind::Unknown, why }));
            }
        }
        Some(Step::Busy)
    }

    /// A slice of reading.
    pub(super) fn read(&mut self, mut work: Work) -> Step {
        if work.stage == Stage::Head
            && let Source::Whole(input) = &work.source
        {
            let head = input.rest();
            let head = head.get(..HEAD).unwrap_or(head).to_vec();
            return self.open(work, &head, None);
        }
        let most = if work.stage == Stage::Head { HEAD as u64 } else { self.limits.bytes };
        match self.fill(&mut work, most) {
            Ok(false) => {
                self.work = Some(work);
                Step::Busy
            }
            Ok(true) => self.filled(work, None),
            Err(cause) => self.filled(work, Some(cause)),
        }
    }

    /// Reads a slice more, at most to `most` bytes; says whether that or the end was reached.
    fn fill(&mut self, work: &mut Work, most: u64) -> Result<bool, Cause> {
        const ROOM: usize = 64 << 10;
        let bytes = &mut work.bytes;
        let mut done = 0;
        while done < SLICE {
            let left = usize::try_from(most.saturating_sub(bytes.len() as u64)).unwrap_or(usize::MAX);
            // One byte more than a document may have shows that it is too large.
            let left = if work.stage == Stage::Head { left } else { left.saturating_add(1) };
            if left == 0 {
                return Ok(true);
            }
            let spare = bytes.capacity() - bytes.len();
            // Where the size was foretold, the end is there: nothing should grow to find that out.
            let mut probe = [0; 64];
            let size = if spare == 0 {
                let size = take(&mut work.source, &mut self.frames, &mut probe[..left.min(64)])?;
                bytes.try_reserve(size).map_err(|_| Cause::Limit(Limit::Memory))?;
                bytes.extend_from_slice(&probe[..size]);
                size
            } else {
                let old = bytes.len();
                bytes.resize(old + spare.min(ROOM).min(left), 0);
                let size = take(&mut work.source, &mut self.frames, &mut bytes[old..]);
                bytes.truncate(old + *size.as_ref().unwrap_or(&0));
                size?
            };
            if size == 0 {
                return Ok(true);
            }
            if work.stage != Stage::Head && bytes.len() as u64 > most {
                return Err(Cause::Limit(Limit::Bytes));
            }
            done += size;
        }
        Ok(false)
    }

    fn filled(&mut self, mut work: Work, cause: Option<Cause>) -> Step {
        if work.stage == Stage::Head {
            let head = std::mem::take(&mut work.bytes);
            return self.open(work, &head, cause);
        }
        if let Some(Cause::Limit(limit)) = cause {
            return self.not_read(work, Kind::Unknown, NotRead::Limit { limit });
        }
        if work.stage == Stage::Document {
            return self.give(work, cause);
        }
        // An archive that ends early is read as far as it goes.
        work.source = Source::Whole(Input::new(std::mem::take(&mut work.bytes), None));
        work.stage = Stage::Head;
        self.work = Some(work);
        Step::Busy
    }

    /// Decides by the first bytes what to do with the rest. `cause`: why there are no more.
    fn open(&mut self, mut work: Work, head: &[u8], cause: Option<Cause>) -> Step {
        let Some(format) = Format::of(head) else { return self.document(work, head, cause) };
        if matches!(format, Format::SevenZip | Format::Rar) {
            return self.not_read(work, Kind::Binary, NotRead::Archive { format });
        }
        if work.depth == self.limits.depth {
            return self.not_read(work, Kind::Binary, NotRead::Limit { limit: Limit::Depth });
        }
        let whole = matches!(work.source, Source::Whole(_));
        if matches!(work.source, Source::Entry) || format == Format::Zip && !whole {
            // What is inside an archive is unpacked from its own bytes: the outer one goes on after it.
            work.bytes = head.to_vec();
            work.stage = Stage::Archive;
            if let Some(cause) = cause {
                return self.filled(work, Some(cause));
            }
            if let Some(limit) = self.make_room(&mut work) {
                return self.not_read(work, Kind::Binary, NotRead::Limit { limit });
            }
            self.work = Some(work);
            return Step::Busy;
        }
        work.depth += 1;
        let source = match std::mem::replace(&mut work.source, Source::Entry) {
            Source::Whole(input) if format == Format::Zip => return self.open_zip(work, input),
            Source::Whole(input) => {
                work.stored = input.rest().len() as u64;
                work.size = foretold(format, input.rest());
                if let Some(stream) = format.decoder(input.clone()) {
                    return self.decode(work, stream);
                }
                Box::new(input) as Stream
            }
            Source::Stream(stream) => {
                work.size = None;
                let rest = cause.map_or(stream, |cause| Box::new(Failed(cause)));
                Box::new(Cursor::new(head.to_vec()).chain(rest))
            }
            // Went into a buffer of its own, above.
            Source::Entry => return Step::Busy,
        };
        if format == Format::Tar {
            let Work { path, depth, stored, .. } = work;
            self.frames.push(Frame { path, depth, stored, archive: Archive::Tar(tar::Tar::new(source)) });
            return Step::Busy;
        }
        match format.decoder(BufReader::with_capacity(32 << 10, source)) {
            Some(stream) => self.decode(work, stream),
            None => Step::Busy,
        }
    }

    /// Goes on with what a decoder gives.
    fn decode(&mut self, mut work: Work, stream: Stream) -> Step {
        work.source =
            Source::Stream(Box::new(Metered::new(stream, work.stored, &self.inflated, &self.limits)));
        work.bytes = Vec::with_capacity(HEAD);
        self.work = Some(work);
        Step::Busy
    }

    fn open_zip(&mut self, work: Work, input: Input) -> Step {
        let (zip, whole) = zip::Zip::open(input, self.limits.members.saturating_add(1));
        let Work { path, depth, stored, .. } = work;
        self.frames.push(Frame { path: path.clone(), depth, stored, archive: Archive::Zip(zip) });
        if whole {
            Step::Busy
        } else {
            refused(path, NotRead::Damaged { damage: Damage::Truncated, at: None })
        }
    }

    /// A document begins: goes on reading it, unless its first bytes say that nobody needs it.
    fn document(&mut self, mut work: Work, head: &[u8], cause: Option<Cause>) -> Step {
        if let Some(Cause::Limit(limit)) = cause {
            return self.not_read(work, Kind::Unknown, NotRead::Limit { limit });
        }
        if head.is_empty()
            && let Some(Cause::Damage(damage)) = cause
        {
            return self.not_read(work, Kind::Unknown, NotRead::Damaged { damage, at: None });
        }
        if utf16(head).is_none() && start::json_start(head).is_none() {
            let (kind, why) = kinds::text::recognise(head);
            // Blanks as far as was looked are not yet nothing.
            let kind = if kind == Kind::Empty && head.len() == HEAD { Kind::Unknown } else { kind };
            let there = work.depth == 0 && !matches!(kind, Kind::Binary | Kind::Empty);
            if head.starts_with(APPLE_DOUBLE) || !there && !(self.wanted)(kind) {
                return self.not_read(work, kind, why.unwrap_or(NotRead::NotNeeded));
            }
        }
        work.stage = Stage::Document;
        if let Source::Whole(_) = work.source {
            return self.give(work, cause);
        }
        work.bytes = head.to_vec();
        if cause.is_some() {
            return self.give(work, cause);
        }
        if let Some(limit) = self.make_room(&mut work) {
            return self.not_read(work, Kind::Unknown, NotRead::Limit { limit });
        }
        self.work = Some(work);
        Step::Busy
    }

    fn give(&mut self, work: Work, cause: Option<Cause>) -> Step {
        let size = match &work.source {
            Source::Whole(input) => input.rest().len(),
            _ => work.bytes.len(),
        } as u64;
        if let Some(limit) = self.over(size) {
            return self.not_read(work, Kind::Unknown, NotRead::Limit { limit });
        }
        self.given += size;
        let damage = match cause {
            Some(Cause::Damage(damage)) => Some(damage),
            _ => None,
        };
        let mut bytes = match work.source {
            Source::Whole(input) => input.into_bytes(),
            _ => work.bytes,
        };
        // A size that was not foretold was found by doubling.
        if bytes.capacity() - bytes.len() > bytes.len() / 8 {
            bytes.shrink_to_fit();
        }
        Step::Member(Member { path: work.path, bytes: to_utf8(bytes), modified: work.modified, damage })
    }

    /// Takes the memory for what is to be collected, where its size is foretold; says why that is not to be had.
    fn make_room(&self, work: &mut Work) -> Option<Limit> {
        let size = work.size?;
        let most = usize::try_from(size).unwrap_or(usize::MAX);
        self.over(size).or_else(|| {
            let more = most.saturating_sub(work.bytes.len());
            work.bytes.try_reserve_exact(more).err().map(|_| Limit::Memory)
        })
    }

    /// The limit that a document of this size is over.
    fn over(&self, size: u64) -> Option<Limit> {
        if size > self.limits.bytes {
            Some(Limit::Bytes)
        } else {
            (self.given.saturating_add(size) > self.limits.total).then_some(Limit::Total)
        }
    }

    fn not_read(&self, work: Work, kind: Kind, why: NotRead) -> Step {
        let bytes = match &work.source {
            Source::Whole(input) => Some(input.rest().len() as u64),
            _ => work.size,
        };
        Step::Unread(Unread { path: work.path, bytes, modified: work.modified, kind, why })
    }
}

/// The next member of an archive.
struct Found {
    path: Vec<u8>,
    size: Option<u64>,
    stored: u64,
    modified: Option<i64>,
    directory: bool,
    source: Result<Source, NotRead>,
}

impl Found {
    fn in_tar(entry: tar::Entry, stored: u64) -> Found {
        let tar::Entry { path, size, modified, what } = entry;
        let source = if what == tar::What::Special { Err(NotRead::Special) } else { Ok(Source::Entry) };
        Found { path, size: Some(size), stored, modified, directory: what == tar::What::Directory, source }
    }

    fn in_zip(entry: zip::Entry, metered: impl FnOnce(Stream, u64) -> Source) -> Found {
        let zip::Entry { path, size, stored, modified, directory, body } = entry;
        let source = match body {
            zip::Body::Stream(stream) => Ok(metered(stream, stored)),
            zip::Body::Encrypted => Err(NotRead::Encrypted),
            zip::Body::Method(method) => Err(NotRead::Method { method }),
            zip::Body::Missing => Err(NotRead::Damaged { damage: Damage::Truncated, at: None }),
        };
        Found { path, size, stored, modified, directory, source }
    }
}

/// Reads from where a member's bytes come from.
fn take(source: &mut Source, frames: &mut [Frame], buffer: &mut [u8]) -> Result<usize, Cause> {
    let size = match source {
        Source::Whole(input) => input.read(buffer),
        Source::Stream(stream) => stream.read(buffer),
        Source::Entry => match frames.last_mut() {
            Some(Frame { archive: Archive::Tar(tar), .. }) => tar.read(buffer),
            _ => Ok(0),
        },
    };
    Ok(size?)
}

fn refused(path: String, why: NotRead) -> Step {
    Step::Unread(Unread { path, bytes: None, modified: None, kind: Kind::Unknown, why })
}

impl From<Cause> for NotRead {
    fn from(cause: Cause) -> NotRead {
        match cause {
            Cause::Limit(limit) => NotRead::Limit { limit },
            Cause::Damage(damage) => NotRead::Damaged { damage, at: None },
        }
    }
}

/// The size that a gzip file says it inflates to, modulo 2^32 (RFC 1952, 2.3.1); None where that cannot be.
fn foretold(format: Format, bytes: &[u8]) -> Option<u64> {
    /// Deflate's best: 258 bytes for two bits.
    const BEST: u64 = 1032;
    let size = u64::from(u32::from_le_bytes(*bytes.last_chunk()?));
    (format == Format::Gzip && size <= (bytes.len() as u64).saturating_mul(BEST)).then_some(size)
}

/// What macOS puts beside each file of an archive (`._name`): RFC 1740's magic.
const APPLE_DOUBLE: &[u8] = b"\0\x05\x16\x07";
