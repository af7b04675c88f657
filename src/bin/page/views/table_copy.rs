//! A table as text for somewhere else: CSV, Markdown, JSON, in the words that the page shows.

use xdscope::engine::protocol::{Cell, Column, Part, Row};

use crate::settings::column_name;
use crate::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Markdown,
    Json,
    /// As istioctl prints it.
    Istioctl,
}

/// The shown columns, and where each stands among a row's cells.
pub type Shown = Vec<(Column, usize)>;

/// All rows.
pub fn text(format: Format, columns: &Shown, rows: &[Row]) -> String {
    match format {
        Format::Csv => csv(columns, rows),
        Format::Markdown => markdown(columns, rows),
        Format::Json => json(columns, rows),
        Format::Istioctl => String::new(),
    }
}

fn cells<'r>(columns: &'r Shown, row: &'r Row) -> impl Iterator<Item = String> + 'r {
    columns.iter().map(|(_, at)| row.cells.get(*at).map(said).unwrap_or_default())
}

/// What a cell says: full names, as other tools know them.
pub fn said(cell: &Cell) -> String {
    let mut out = String::new();
    for part in cell {
        let text = match part {
            Part::Text(text) | Part::Aside(text) | Part::Says(text) => text.clone(),
            Part::Link { text, whole, .. } | Part::Broken { text, whole } | Part::Name { text, whole } => {
                if whole.is_empty() {
                    text.clone()
                } else {
                    whole.clone()
                }
            }
            Part::Word(word) => words::word(*word).0.to_string(),
            Part::Break => {
                out.truncate(out.trim_end().len());
                out.push_str("; ");
                continue;
            }
        };
        out.push_str(&text);
        out.push(' ');
    }
    out.truncate(out.trim_end().len());
    out
}

/// RFC 4180.
fn csv(columns: &Shown, rows: &[Row]) -> String {
    let quoted = |text: String| {
        // What a spreadsheet would take for a formula is kept a text.
        let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    let line =
        |cells: Vec<String>| format!("{}\r\n", cells.into_iter().map(quoted).collect::<Vec<_>>().join(","));
    let mut out = line(titles(columns));
    for row in rows {
        out.push_str(&line(cells(columns, row).collect()));
    }
    out
}

fn titles(columns: &Shown) -> Vec<String> {
    columns.iter().map(|(column, _)| words::column(*column).to_string()).collect()
}

fn markdown(columns: &Shown, rows: &[Row]) -> String {
    let line = |cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|it| it.replace('|', "\\|").replace('\n', " ")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut out = line(titles(columns));
    out.push_str(&format!("|{}\n", "---|".repeat(columns.len())));
    for row in rows {
        out.push_str(&line(cells(columns, row).collect()));
    }
    out
}

fn json(columns: &Shown, rows: &[Row]) -> String {
    let object = |row: &Row| {
        let names = columns.iter().map(|(column, _)| column_name(*column));
        let fields = names
            .zip(cells(columns, row))
            .map(|(name, cell)| (words::own(&name), serde_json::Value::String(cell)));
        serde_json::Value::Object(fields.collect())
    };
    let all = serde_json::Value::Array(rows.iter().map(object).collect());
    serde_json::to_string_pretty(&all).unwrap_or_default()
}
