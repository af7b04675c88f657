//! A tar as a stream: one entry after another, each read or skipped before the next.
//!
//! The `tar` crate reads headers; its own walk borrows the archive, which a state machine that stops anywhere cannot.

use std::io::{self, Read};

use tar::{EntryType, Header, PaxExtensions};

use super::input::{Cause, Stream};
use super::{Damage, SLICE};

const BLOCK: usize = 512;
/// A name or a set of pax attributes is not longer than this.
const LONGEST_NAME: u64 = 64 << 10;

/// Whether a tar begins with these bytes: a header's checksum fits.
pub(super) fn is_header(head: &[u8]) -> bool {
    head.first_chunk::<BLOCK>().is_some_and(|block| block[0] != 0 && fits(block))
}

/// The checksum is the sum of the header's bytes, its own eight taken as blanks; some old programs summed them
/// signed (POSIX ustar; GNU tar's manual, "Basic Tar Format").
fn fits(block: &[u8; BLOCK]) -> bool {
    let Ok(want) = Header::from_byte_slice(block).cksum() else { return false };
    let rest =
        || block.iter().enumerate().map(|(at, &byte)| if (148..156).contains(&at) { b' ' } else { byte });
    let unsigned: u32 = rest().map(u32::from).sum();
    let signed: i64 = rest().map(|byte| i64::from(byte.cast_signed())).sum();
    want == unsigned || i64::from(want) == signed
}

/// What comes next in a tar.
pub(super) enum Found {
    /// An entry; its bytes are read with [`Tar::read`], or skipped by asking on.
    Entry(Entry),
    /// A slice of work was done; ask again.
    Busy,
    /// Something that is no header, at this offset of the tar; what follows is searched for the next one.
    Lost(u64),
    /// The end, or what ended it.
    End(Option<Cause>),
}

pub(super) struct Entry {
    pub path: Vec<u8>,
    pub size: u64,
    pub modified: Option<i64>,
    pub what: What,
}

/// What an entry is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum What {
    File,
    /// A link, a device, a file with holes.
    Special,
    Directory,
}

pub(super) struct Tar {
    reader: Stream,
    /// Bytes of the entry that were not read.
    left: u64,
    /// Blanks between them and the next header.
    padding: u64,
    at: u64,
    /// What the next header's entry is called, from an entry before it.
    name: Option<Vec<u8>>,
    size: Option<u64>,
    modified: Option<i64>,
    zeros: u32,
    lost: bool,
    ended: bool,
}

impl Tar {
    pub fn new(reader: Stream) -> Tar {
        Tar {
            reader,
            left: 0,
            padding: 0,
            at: 0,
            name: None,
            size: None,
            modified: None,
            zeros: 0,
            lost: false,
            ended: false,
        }
    }

    /// Reads on in the entry's bytes; 0 at their end.
    ///
    /// # Errors
    /// What the stream fails with, and `UnexpectedEof` where it ends first.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let size = self.reader.read(&mut buffer[..most])?;
        if size == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= size as u64;
        self.at += size as u64;
        Ok(size)
    }

    /// Goes on to the next entry.
    pub fn next(&mut self) -> Found {
        if self.ended {
            return Found::End(None);
        }
        let found = self.advance().unwrap_or_else(|error| Found::End(Some(error.into())));
        self.ended = matches!(found, Found::End(_));
        found
    }

    fn advance(&mut self) -> io::Result<Found> {
        if self.left + self.padding > 0 {
            return self.skip();
        }
        for _ in 0..SLICE / BLOCK {
            let mut block = [0; BLOCK];
            match self.block(&mut block)? {
                0 => return Ok(Found::End(None)),
                BLOCK => {}
                _ => return Ok(Found::End(Some(Cause::Damage(Damage::Truncated)))),
            }
            if block == [0; BLOCK] {
                self.zeros += 1;
                if self.zeros == 2 {
                    return Ok(Found::End(None));
                }
            } else if fits(&block) {
                self.zeros = 0;
                self.lost = false;
                return self.entry(&block);
            } else if !std::mem::replace(&mut self.lost, true) {
                return Ok(Found::Lost(self.at - BLOCK as u64));
            }
        }
        Ok(Found::Busy)
    }

    /// Skips at most a slice.
    fn skip(&mut self) -> io::Result<Found> {
        let mut buffer = [0; 8 << 10];
        let mut done = 0;
        while self.left + self.padding > 0 && done < SLICE {
            let most = usize::try_from(self.left + self.padding).unwrap_or(usize::MAX).min(buffer.len());
            let size = self.reader.read(&mut buffer[..most])?;
            if size == 0 {
                // Some programs leave the last entry's padding out.
                let end = (self.left > 0).then_some(Cause::Damage(Damage::Truncated));
                return Ok(Found::End(end));
            }
            done += size;
            self.at += size as u64;
            let of_entry = self.left.min(size as u64);
            self.left -= of_entry;
            self.padding -= size as u64 - of_entry;
        }
        Ok(Found::Busy)
    }

    /// Fills `block`, unless the stream ends; says how much of it.
    fn block(&mut self, block: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < block.len() {
            match self.reader.read(&mut block[filled..])? {
                0 => break,
                size => filled += size,
            }
        }
        self.at += filled as u64;
        Ok(filled)
    }

    fn entry(&mut self, block: &[u8; BLOCK]) -> io::Result<Found> {
        let header = Header::from_byte_slice(block);
        let Ok(size) = header.entry_size() else {
            self.lost = true;
            return Ok(Found::Lost(self.at - BLOCK as u64));
        };
        let kind = header.entry_type();
        let about_next = matches!(
            kind,
            EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader
        );
        let size = if about_next { size } else { self.size.take().unwrap_or(size) };
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64).saturating_sub(size);
        if about_next {
            if size <= LONGEST_NAME {
                self.about_next(kind, size)?;
            }
            return Ok(Found::Busy);
        }
        if kind == EntryType::GNUSparse {
            // More blocks of its map of holes stand before its bytes.
            let mut more = block[482] != 0;
            while more {
                let mut map = [0; BLOCK];
                if self.block(&mut map)? < BLOCK {
                    return Ok(Found::End(Some(Cause::Damage(Damage::Truncated))));
                }
                more = map[504] != 0;
            }
        }
        let path = self.name.take().unwrap_or_else(|| header.path_bytes().into_owned());
        let what = match kind {
            EntryType::Regular | EntryType::Continuous if path.ends_with(b"/") => What::Directory,
            EntryType::Regular | EntryType::Continuous => What::File,
            EntryType::Directory => What::Directory,
            _ => What::Special,
        };
        let own = header.mtime().ok().and_then(|seconds| i64::try_from(seconds).ok()).filter(|&it| it > 0);
        Ok(Found::Entry(Entry { path, size, modified: self.modified.take().or(own), what }))
    }

    /// Reads what an entry says of the next one.
    fn about_next(&mut self, kind: EntryType, size: u64) -> io::Result<()> {
        let mut text = Vec::new();
        let mut buffer = [0; BLOCK];
        while (text.len() as u64) < size {
            let read = self.read(&mut buffer)?;
            text.extend_from_slice(&buffer[..read]);
        }
        match kind {
            EntryType::GNULongName => {
                let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
                text.truncate(end);
                self.name = Some(text);
            }
            EntryType::XHeader => {
                for attribute in PaxExtensions::new(&text).flatten() {
                    match (attribute.key(), attribute.value()) {
                        (Ok("path"), _) => self.name = Some(attribute.value_bytes().to_vec()),
                        (Ok("size"), Ok(size)) => self.size = size.parse().ok(),
                        (Ok("mtime"), Ok(time)) => {
                            self.modified = time.split('.').next().and_then(|seconds| seconds.parse().ok());
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
