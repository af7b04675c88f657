//! `xdscope ls`: the documents below a path, and what they were recognised as.

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;
use xdscope::engine::Engine;
use xdscope::engine::protocol::{Answer, Capture, DateOf, DocumentLine, Query};

use crate::fail::Failure;

/// Lists documents and what they were recognised as.
#[derive(clap::Args)]
pub struct Args {
    /// A document, a folder or an archive; `-` for standard input.
    path: PathBuf,
    /// How to print.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    /// Columns.
    Table,
    /// One JSON array.
    Json,
}

/// A document as `-o json` has it.
#[derive(Serialize)]
struct Entry<'a> {
    path: &'a str,
    kind: &'a str,
    proxy: Option<&'a str>,
    captured: Option<String>,
    bytes: u64,
    read: bool,
    partial: Option<Partial<'a>>,
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct Partial<'a> {
    byte: u32,
    line: u32,
    why: &'a str,
}

/// # Errors
/// Where nothing could be read.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    let mut engine: Engine = crate::open::open(&args.path)?;
    let Answer::Capture(capture) = engine.ask(&Query::Capture) else {
        return Err(Failure::Input("nothing is open".to_owned()));
    };
    let proxies: Vec<String> = capture.proxies.iter().map(|it| qualified(&it.name, &it.namespace)).collect();
    let entries: Vec<Entry<'_>> = capture.documents.iter().map(|it| entry(&capture, &proxies, it)).collect();
    match args.output {
        Output::Json => {
            let text = serde_json::to_string_pretty(&entries).map_err(|it| Failure::Input(it.to_string()))?;
            writeln!(out, "{text}")?;
        }
        Output::Table => table(&entries, out)?,
    }
    if entries.iter().any(|it| it.read) {
        return Ok(());
    }
    let why = entries.first().and_then(|it| it.why).unwrap_or("no file");
    Err(Failure::Input(format!("{}: no document could be read ({why})", args.path.display())))
}

fn qualified(name: &str, namespace: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{name}.{namespace}") }
}

fn entry<'a>(capture: &'a Capture, names: &'a [String], it: &'a DocumentLine) -> Entry<'a> {
    let proxy = it.proxy.and_then(|id| capture.proxies.iter().position(|proxy| proxy.id == id));
    let place = it.trouble.as_ref().and_then(|trouble| Some((trouble, trouble.place?)));
    let read = it.trouble.is_none() || place.is_some() && it.kind != "unknown";
    Entry {
        path: &it.path,
        kind: &it.kind,
        proxy: proxy.and_then(|at| names.get(at)).map(String::as_str),
        captured: it.captured.filter(|_| it.dated_by != Some(DateOf::File)).map(|it| it.to_string()),
        bytes: it.bytes,
        read,
        partial: place.filter(|_| read).map(|(trouble, place)| Partial {
            byte: place.byte,
            line: place.line,
            why: &trouble.kind,
        }),
        why: it.trouble.as_ref().filter(|_| !read).map(|it| it.kind.as_str()),
    }
}

fn table(entries: &[Entry<'_>], out: &mut impl Write) -> Result<(), Failure> {
    let rows: Vec<[String; 4]> = entries
        .iter()
        .map(|it| {
            let note = match (&it.partial, it.why) {
                (Some(partial), _) => {
                    format!("read to byte {}, line {} ({})", partial.byte, partial.line, partial.why)
                }
                (None, Some(why)) => format!("not read ({why})"),
                (None, None) => it.proxy.unwrap_or("").to_owned(),
            };
            [it.kind.to_owned(), it.bytes.to_string(), it.path.to_owned(), note]
        })
        .collect();
    let head = ["KIND", "BYTES", "PATH", "PROXY"].map(str::to_owned);
    let width =
        |column: usize| rows.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2].map(width);
    for row in std::iter::once(&head).chain(&rows) {
        let [kind, bytes, path, note] = row;
        let [first, second, third] = widths;
        let line = format!("{kind:first$}  {bytes:>second$}  {path:third$}  {note}");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
