//! What the user gives to be read: files, folders with all that is in them, pasted text.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry,
};
use xdscope::order::InOrder;
use yew::AttrValue;

#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A handle; the engine reads its bytes.
    File {
        file: File,
        /// Its name, the folders' that were given before it.
        path: AttrValue,
    },
    Pasted(AttrValue),
}

/// Files chosen in a dialog.
pub fn chosen(list: &FileList) -> Vec<Given> {
    (0..list.length())
        .filter_map(|at| list.get(at))
        .map(|file| {
            let below = js_sys::Reflect::get(&file, &"webkitRelativePath".into()).ok();
            let below = below.and_then(|path| path.as_string()).filter(|path| !path.is_empty());
            Given::File { path: below.unwrap_or_else(|| file.name()).into(), file }
        })
        .collect()
}

/// What was dropped. A browser forgets it once the event is over, so this is taken first and read later.
pub struct Dropped {
    entries: Vec<FileSystemEntry>,
    files: Vec<Given>,
}

impl Dropped {
    pub fn of(transfer: &DataTransfer) -> Self {
        let items = transfer.items();
        let entries: Vec<_> = (0..items.length())
            .filter_map(|at| items.get(at)?.webkit_get_as_entry().ok().flatten())
            .collect();
        let files = transfer.files().map(|list| chosen(&list)).unwrap_or_default();
        Dropped { entries, files }
    }

    /// All files, those of folders included, by path.
    pub async fn read(self) -> Vec<Given> {
        if self.entries.is_empty() {
            return self.files;
        }
        let mut found = Vec::new();
        let plain = self.entries.iter().all(FileSystemEntry::is_file);
        let mut todo = self.entries;
        todo.reverse();
        while let Some(entry) = todo.pop() {
            if entry.is_directory() {
                let mut inside = folder(entry.unchecked_ref::<FileSystemDirectoryEntry>()).await;
                inside.order_by_key(|entry| std::cmp::Reverse(entry.name()));
                todo.append(&mut inside);
            } else if let Some(file) = file(entry.unchecked_ref()).await {
                let path = entry.full_path().trim_start_matches('/').to_owned();
                found.push(Given::File { file, path: path.into() });
            }
        }
        // Chromium lets a page from a disk see dropped entries and not read them; the files themselves it may.
        if found.is_empty() && plain { self.files } else { found }
    }
}

async fn folder(entry: &FileSystemDirectoryEntry) -> Vec<FileSystemEntry> {
    let reader: FileSystemDirectoryReader = entry.create_reader();
    let mut all = Vec::new();
    // Browsers give a hundred at a time, and nothing once all have been given.
    loop {
        let batch = Promise::new(&mut |done, failed| {
            let _ = reader.read_entries_with_callback_and_callback(&done, &failed);
        });
        let Ok(batch) = JsFuture::from(batch).await else { return all };
        let batch: Array = batch.unchecked_into();
        if batch.length() == 0 {
            return all;
        }
        all.extend(batch.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
    }
}

async fn file(entry: &FileSystemFileEntry) -> Option<File> {
    let file = Promise::new(&mut |done, failed| entry.file_with_callback_and_callback(&done, &failed));
    JsFuture::from(file).await.ok().map(JsCast::unchecked_into)
}
