//! Opens what PATH leads to: a document, a folder, an archive.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use xdscope::engine::Engine;
use xdscope::intake::{self, Format, HEAD, Kind, Limit, Limits, NotRead, Step, Unpack, Unread};

use crate::fail::Failure;

/// Reads all documents below `path` and links them.
///
/// # Errors
/// Where `path` itself cannot be read. What cannot be read below it is a remark on standard error.
pub fn open(path: &Path) -> Result<Engine, Failure> {
    let mut engine = Engine::default();
    if path.is_dir() {
        let mut files = Vec::new();
        walk(path, &mut files)?;
        for file in files {
            let shown = file.strip_prefix(path).unwrap_or(&file).display().to_string();
            if let Err(failure) = read(&file, &shown, &mut engine) {
                eprintln!("xdscope: {failure}");
            }
        }
    } else {
        let name = path
            .file_name()
            .map_or_else(|| path.display().to_string(), |it| it.to_string_lossy().into_owned());
        read(path, &name, &mut engine)?;
    }
    engine.link();
    Ok(engine)
}

fn read(file: &Path, shown: &str, engine: &mut Engine) -> Result<(), Failure> {
    if let Some(listed) = for_later(file, shown) {
        engine.take(listed);
        return Ok(());
    }
    let bytes = match file.to_str() {
        Some("-") => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        }
        _ => std::fs::read(file),
    };
    let bytes = bytes.map_err(|source| Failure::unreadable(file, source))?;
    for step in Unpack::new(shown, bytes, Limits::default()) {
        engine.take(step);
    }
    Ok(())
}

/// A large log and the like is listed, and not read: no command here asks for what is in it. A document that is too
/// large is refused before it takes the memory.
fn for_later(file: &Path, shown: &str) -> Option<Step> {
    let open = std::fs::File::open(file).ok()?;
    let size = open.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
    let mut head = Vec::new();
    open.take(HEAD as u64).read_to_end(&mut head).ok()?;
    let large = size > Limits::default().bytes && Format::of(&head).is_none();
    let refused = || large.then_some((Kind::Unknown, NotRead::Limit { limit: Limit::Bytes }));
    let (kind, why) = intake::for_later(&head, size).or_else(refused)?;
    Some(Step::Unread(Unread { path: shown.to_owned(), bytes: Some(size), modified: None, kind, why }))
}

/// The files below a folder, by name. Symbolic links are not followed: what lies outside was not meant.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .and_then(Iterator::collect)
        .map_err(|source| Failure::unreadable(folder, source))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(|source| Failure::unreadable(&entry.path(), source))?;
        if kind.is_dir() {
            walk(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}
