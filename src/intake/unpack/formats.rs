//! The formats that wrap documents, recognised by their first bytes, and the decoders of those that compress.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::input::Stream;
use super::tar;

/// A wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// gzip (RFC 1952).
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// Zstandard (RFC 8878).
    Zstd,
    /// tar: v7, ustar, pax, GNU.
    Tar,
    /// zip.
    Zip,
    /// 7-Zip; not read.
    #[serde(rename = "7z")]
    SevenZip,
    /// RAR; not read.
    Rar,
}

impl Format {
    /// So many first bytes tell a format.
    pub const HEAD: usize = 512;

    /// The format that begins with these bytes.
    pub fn of(head: &[u8]) -> Option<Format> {
        const MAGIC: &[(&[u8], Format)] = &[
            (b"\x1f\x8b\x08", Format::Gzip),
            (b"\xfd7zXZ\0", Format::Xz),
            (b"\x28\xb5\x2f\xfd", Format::Zstd),
            (b"PK\x03\x04", Format::Zip),
            (b"PK\x05\x06", Format::Zip),
            (b"7z\xbc\xaf\x27\x1c", Format::SevenZip),
            (b"Rar!\x1a\x07", Format::Rar),
        ];
        if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Some(*format);
        }
        // bzip2: `BZh`, the level, and the first block's mark (or that of the end).
        let bzip2 = head.starts_with(b"BZh")
            && head.get(3).is_some_and(|level| (b'1'..=b'9').contains(level))
            && matches!(head.get(4..10), Some(b"\x31\x41\x59\x26\x53\x59" | b"\x17\x72\x45\x38\x50\x90"));
        if bzip2 {
            return Some(Format::Bzip2);
        }
        tar::is_header(head).then_some(Format::Tar)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Gzip => "gzip",
            Format::Bzip2 => "bzip2",
            Format::Xz => "xz",
            Format::Zstd => "zstd",
            Format::Tar => "tar",
            Format::Zip => "zip",
            Format::SevenZip => "7z",
            Format::Rar => "rar",
        }
    }

    /// What this format's compressed bytes decode to; None for one that does not compress.
    pub(super) fn decoder(self, source: impl BufRead + Send + 'static) -> Option<Stream> {
        Some(match self {
            Format::Gzip => Box::new(Gunzip { decoder: Some(GzDecoder::new(source)) }),
            Format::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(source)),
            Format::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(source, true, MOST_MEMORY_KB)),
            Format::Zstd => Box::new(Unzstd::new(source)),
            Format::Tar | Format::Zip | Format::SevenZip | Format::Rar => return None,
        })
    }
}

/// xz's largest preset takes 65 MiB.
const MOST_MEMORY_KB: u32 = 256 << 10;
/// `zstd --long` uses windows of 128 MiB.
const MOST_WINDOW: u64 = 128 << 20;

/// gzip's members, one after another; what follows the last (tapes are padded) is left, as gzip does.
struct Gunzip<R> {
    decoder: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let size = decoder.read(buffer)?;
            if size > 0 || buffer.is_empty() {
                return Ok(size);
            }
            let another = decoder.get_mut().fill_buf()?.first() == Some(&0x1f);
            let source = self.decoder.take().map(GzDecoder::into_inner);
            self.decoder = source.filter(|_| another).map(GzDecoder::new);
        }
        Ok(0)
    }
}

/// Zstandard's frames, one after another.
struct Unzstd<R> {
    decoder: FrameDecoder,
    source: R,
    begun: bool,
}

impl<R: BufRead> Unzstd<R> {
    fn new(source: R) -> Unzstd<R> {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MOST_WINDOW);
        Unzstd { decoder, source, begun: false }
    }
}

impl<R: BufRead> Read for Unzstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.begun && self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if !self.begun || self.decoder.is_finished() {
                if self.source.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                self.decoder.init(&mut self.source).map_err(io::Error::other)?;
                self.begun = true;
            } else {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, one).map_err(io::Error::other)?;
            }
        }
    }
}
