//! Opens what PATH leads to: a document, a folder, an archive.

use std::path::{Path, PathBuf};

use xdscope::engine::Engine;
use xdscope::intake::{Limits, Unpack};

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
    let bytes = match file.to_str() {
        Some("-") => {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
        }
        _ => std::fs::read(file),
    };
    let bytes = bytes.map_err(|source| Failure::unreadable(file, source))?;
    for step in Unpack::new(shown, bytes, Limits::default()) {
        engine.take(step);
    }
    Ok(())
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
