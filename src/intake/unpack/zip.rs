//! A zip's members, from its directory; where that is missing (a download that broke off), from their own headers.

use std::io::{self, Read};

use rawzip::time::ZipDateTimeKind;
use rawzip::{CompressionMethod, Crc32, ZipArchive};

use super::formats::Format;
use super::input::{Input, Stream};

/// A member of a zip.
pub(super) struct Entry {
    pub path: Vec<u8>,
    /// Its size, as the zip says.
    pub size: Option<u64>,
    pub stored: u64,
    pub modified: Option<i64>,
    pub directory: bool,
    pub body: Body,
}

/// How a member's bytes can be had.
pub(super) enum Body {
    Stream(Stream),
    /// Only with a password.
    Encrypted,
    /// By a method that is not known here.
    Method(u16),
    /// Its header is not where the directory says.
    Missing,
}

pub(super) struct Zip {
    input: Input,
    from: Source,
}

enum Source {
    Directory(std::vec::IntoIter<Record>),
    /// The offset where the next member's header is searched.
    Headers(usize),
}

/// What is known of a member before its bytes are looked at.
struct Record {
    path: Vec<u8>,
    size: Option<u64>,
    modified: Option<i64>,
    directory: bool,
    encrypted: bool,
    method: CompressionMethod,
    /// Where its bytes are, from the zip's first.
    range: Option<(usize, usize)>,
    crc: Option<u32>,
}

impl Zip {
    /// Reads the directory, at most `most` members of it. Says whether it is whole.
    pub fn open(input: Input, most: usize) -> (Zip, bool) {
        let mut records = Vec::new();
        let whole = match ZipArchive::from_slice(input.rest()) {
            Ok(archive) => archive
                .entries()
                .take(most)
                .try_for_each(|entry| entry.map(|entry| records.push(Record::of(&archive, &entry))))
                .is_ok(),
            Err(_) => false,
        };
        // A directory that has members but does not list any is as good as none.
        let from = if whole || !records.is_empty() {
            Source::Directory(records.into_iter())
        } else {
            Source::Headers(0)
        };
        (Zip { input, from }, whole)
    }

    /// The next member.
    pub fn next(&mut self) -> Option<Entry> {
        let record = match &mut self.from {
            Source::Directory(records) => records.next()?,
            Source::Headers(at) => {
                let (record, next) = local(self.input.rest(), *at)?;
                *at = next;
                record
            }
        };
        let stored = record.range.map_or(0, |(start, end)| end.saturating_sub(start) as u64);
        let body = if record.encrypted { Body::Encrypted } else { self.body(&record) };
        let Record { path, size, modified, directory, .. } = record;
        Some(Entry { path, size, stored, modified, directory, body })
    }

    fn body(&self, record: &Record) -> Body {
        let Some((start, end)) = record.range else { return Body::Missing };
        let input = self.input.part(start, end);
        let stream: Stream = match record.method {
            CompressionMethod::STORE => Box::new(input),
            CompressionMethod::DEFLATE => Box::new(flate2::bufread::DeflateDecoder::new(input)),
            other => {
                let format = match other {
                    CompressionMethod::BZIP2 => Format::Bzip2,
                    CompressionMethod::ZSTD => Format::Zstd,
                    CompressionMethod::XZ => Format::Xz,
                    _ => return Body::Method(other.as_u16()),
                };
                match format.decoder(input) {
                    Some(stream) => stream,
                    None => return Body::Method(other.as_u16()),
                }
            }
        };
        Body::Stream(match record.crc {
            Some(want) => Box::new(Checked { stream, crc: Crc32::new(), want }),
            None => stream,
        })
    }
}

impl Record {
    /// From the directory, which is the authority on sizes and checksums.
    fn of(archive: &rawzip::ZipSliceArchive<&[u8]>, entry: &rawzip::ZipFileHeaderRecord<'_>) -> Record {
        let range = archive.get_entry(entry.wayfinder()).ok().map(|it| it.compressed_data_range());
        let offset = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        Record {
            path: entry.file_path().as_bytes().to_vec(),
            size: Some(entry.uncompressed_size_hint()),
            // Only a time with a zone counts: DOS dates are in that of the machine that packed, which is not known.
            modified: match entry.last_modified() {
                ZipDateTimeKind::Utc(time) => Some(time.to_unix()),
                ZipDateTimeKind::Local(_) => None,
            },
            directory: entry.is_dir(),
            encrypted: entry.flags().is_encrypted(),
            method: entry.compression_method(),
            range: range.map(|(start, end)| (offset(start), offset(end))),
            crc: Some(entry.crc32()),
        }
    }
}

/// The member whose header is the first from `at` on, and where to search for the next (APPNOTE.TXT, 4.3.7).
fn local(bytes: &[u8], at: usize) -> Option<(Record, usize)> {
    const MAGIC: &[u8] = b"PK\x03\x04";
    const HEADER: usize = 30;
    let header = at + memchr::memmem::find(bytes.get(at..)?, MAGIC)?;
    let fixed: &[u8; HEADER] = bytes.get(header..)?.first_chunk()?;
    let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
    let long = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let path = header + HEADER;
    let extra = path + usize::from(short(26));
    let start = extra + usize::from(short(28));
    let flags = short(6);
    // With bit 3 the sizes stand behind the bytes; they end before the next header then, and deflate knows its end.
    let known = flags & 8 == 0 && long(18) != u32::MAX;
    let rest = bytes.get(start..).unwrap_or_default();
    let end = if known {
        start.saturating_add(usize::try_from(long(18)).unwrap_or(usize::MAX))
    } else {
        start + memchr::memmem::find(rest, MAGIC).unwrap_or(rest.len())
    };
    let path = bytes.get(path..extra)?.to_vec();
    let record = Record {
        size: known.then(|| u64::from(long(22))),
        modified: None,
        directory: path.ends_with(b"/"),
        path,
        encrypted: flags & 1 != 0,
        method: CompressionMethod::new(short(8)),
        range: Some((start, end.min(bytes.len()))),
        crc: known.then(|| long(14)),
    };
    Some((record, end.max(header + HEADER)))
}

/// A member's bytes, whose checksum is compared at their end.
struct Checked {
    stream: Stream,
    crc: Crc32,
    want: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.stream.read(buffer)?;
        self.crc.update(&buffer[..size]);
        if size == 0 && !buffer.is_empty() && self.crc.checksum() != self.want {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(size)
    }
}
