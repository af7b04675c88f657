//! Archives written anew: no times, owners or other members than the given ones.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

use super::job::Outcome;

/// The report's name in an archive.
pub const REPORT: &str = "redaction-report.json";

/// What kind of file a capture is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// `.tar`
    Tar,
    /// `.tar.gz`
    TarGz,
    /// `.zip`
    Zip,
    /// One document in `.gz`.
    Gz,
    /// One document as it is.
    Plain,
}

impl Packing {
    /// What a name's ending says; `None` where it says nothing.
    pub fn of(name: &str) -> Option<Packing> {
        let name = name.to_ascii_lowercase();
        let ends = |all: &[&str]| all.iter().any(|it| name.ends_with(it));
        if ends(&[".tar.gz", ".tgz"]) {
            Some(Packing::TarGz)
        } else if ends(&[".tar"]) {
            Some(Packing::Tar)
        } else if ends(&[".zip"]) {
            Some(Packing::Zip)
        } else if ends(&[".gz"]) {
            Some(Packing::Gz)
        } else {
            None
        }
    }
}

/// An archive that is written member by member.
pub enum Pack<W: Write> {
    /// `.tar`
    Tar(tar::Builder<W>),
    /// `.tar.gz`
    TarGz(tar::Builder<GzEncoder<W>>),
    /// `.zip`
    Zip(rawzip::ZipArchiveWriter<W>),
    /// `.gz`
    Gz(GzEncoder<W>),
    /// One document.
    Plain(W),
}

impl<W: Write> Pack<W> {
    /// Begins one.
    pub fn new(packing: Packing, to: W) -> Pack<W> {
        // The encoder writes neither a name nor a time.
        match packing {
            Packing::Tar => Pack::Tar(tar::Builder::new(to)),
            Packing::TarGz => Pack::TarGz(tar::Builder::new(GzEncoder::new(to, Compression::default()))),
            Packing::Zip => Pack::Zip(rawzip::ZipArchiveWriter::new(to)),
            Packing::Gz => Pack::Gz(GzEncoder::new(to, Compression::default())),
            Packing::Plain => Pack::Plain(to),
        }
    }

    /// Writes a member.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        match self {
            Pack::Tar(tar) => member(tar, path, bytes),
            Pack::TarGz(tar) => member(tar, path, bytes),
            Pack::Zip(zip) => {
                let failed = io::Error::other;
                let file = zip.new_file(path).compression_method(rawzip::CompressionMethod::DEFLATE);
                let (mut entry, config) = file.start().map_err(failed)?;
                let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::default()));
                writer.write_all(bytes)?;
                let (encoder, output) = writer.finish().map_err(failed)?;
                encoder.finish()?;
                entry.finish(output).map_err(failed)?;
                Ok(())
            }
            Pack::Gz(out) => out.write_all(bytes),
            Pack::Plain(out) => out.write_all(bytes),
        }
    }

    /// Ends it.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Pack::Tar(tar) => tar.into_inner(),
            Pack::TarGz(tar) => tar.into_inner()?.finish(),
            Pack::Zip(zip) => zip.finish().map_err(io::Error::other),
            Pack::Gz(out) => out.finish(),
            Pack::Plain(out) => Ok(out),
        }
    }
}

/// The name of a document that is written unpacked.
pub fn unpacked(path: &str) -> &str {
    [".gz", ".zst", ".bz2", ".xz"].iter().find_map(|it| path.strip_suffix(it)).unwrap_or(path)
}

impl Outcome {
    /// Whether it goes into an archive: several documents, or one out of several, or out of an archive.
    pub fn is_archive(&self) -> bool {
        !matches!(&self.members[..], [one] if !one.path.contains('/'))
            || self.left_out.iter().any(|it| it.path.contains('/'))
    }

    /// What its documents were in, where that was one archive of a form that is written here.
    pub fn packing(&self) -> Option<Packing> {
        let fits = |it: &Packing| !matches!(it, Packing::Gz | Packing::Plain);
        self.outer().and_then(Packing::of).filter(|it| self.is_archive() && fits(it))
    }

    /// How the name of its only document ends: `.json`; empty where it has no ending.
    pub fn ending(&self) -> &str {
        let path = self.members.first().map_or("", |it| unpacked(&it.path));
        let file = path.rsplit('/').next().unwrap_or_default();
        file.rfind('.').filter(|at| *at > 0).map_or("", |at| &file[at..])
    }

    /// The report as it is put beside the documents.
    pub fn report_text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(&self.report).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// Writes all documents, and the report where there is room for it.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub fn pack<W: Write>(&self, packing: Packing, to: W) -> io::Result<W> {
        let archive = self.is_archive();
        let outer = self.outer().filter(|_| archive);
        let mut pack = Pack::new(packing, to);
        for member in &self.members {
            // The outer file's own name is not a folder in it.
            let below = outer.and_then(|it| member.path.strip_prefix(it)?.strip_prefix('/'));
            pack.add(unpacked(below.unwrap_or(&member.path)), &member.bytes)?;
        }
        if archive {
            pack.add(REPORT, &self.report_text())?;
        }
        pack.finish()
    }

    /// The file or folder that all documents came in.
    fn outer(&self) -> Option<&str> {
        let mut all = self.members.iter().map(|it| it.path.split_once('/').map(|it| it.0));
        let first = all.next()??;
        all.all(|it| it == Some(first)).then_some(first)
    }
}

fn member<W: Write>(tar: &mut tar::Builder<W>, path: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    tar.append_data(&mut header, path, bytes)
}
