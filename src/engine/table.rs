//! A window of a table: filtered, sorted, cut.

use super::collect::{Part as Lack, missing};
use super::protocol::{Cell, Column, Missing, Part, ProxyId, Row, Table, TableKind, Window, Word};
use crate::capture::{Capture, Document, Proxy};
use crate::tables::page;

/// Rows of the tables that were looked at last: sorting and scrolling do not read the dump again.
#[derive(Default)]
pub struct Cache {
    /// Latest last.
    tables: Vec<((ProxyId, TableKind), Rows)>,
}

struct Rows {
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// What a row says, lower case, cell by cell; made when first looked for.
    texts: Vec<Vec<String>>,
}

/// How many tables are kept.
const KEPT: usize = 4;
/// How many rows an answer has at most.
const MOST: usize = 200;

impl Cache {
    /// A window of a proxy's table. None for a proxy that is not open.
    pub fn table(
        &mut self,
        capture: &Capture,
        proxy: ProxyId,
        kind: TableKind,
        window: &Window,
    ) -> Option<Table> {
        let of = capture.proxy(proxy)?;
        let document = of.dump.and_then(|id| Some((id, capture.document(id)?)));
        let command = command(of, kind);
        let Some((id, document)) = document else {
            let missing = Some(missing(Lack::ConfigDump, &of.identity));
            return Some(Table {
                columns: page::columns(kind),
                total: 0,
                matched: 0,
                offset: 0,
                rows: Vec::new(),
                missing,
                command,
            });
        };
        let limit = (window.limit as usize).min(MOST);
        let make = |range| page::rows(capture, id, document, kind, range);
        let (total, matched, rows) = match page::count(document, kind).filter(|_| window.is_plain()) {
            // Nothing to look for: only what is shown is made.
            Some(total) => {
                let start = (window.offset as usize).min(total);
                (total, total, make(start..(start + limit).min(total)))
            }
            None => {
                let made = self.rows((proxy, kind), || make(0..usize::MAX));
                let found = made.find(window);
                let shown = found.iter().skip(window.offset as usize).take(limit);
                (made.rows.len(), found.len(), shown.map(|at| made.rows[*at].clone()).collect())
            }
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Some(Table {
            columns: page::columns(kind),
            total: count(total),
            matched: count(matched),
            offset: window.offset,
            rows,
            missing: lack(document, of, kind),
            command,
        })
    }

    fn rows(&mut self, key: (ProxyId, TableKind), make: impl FnOnce() -> Vec<Row>) -> &mut Rows {
        let known = self.tables.iter().position(|(known, _)| *known == key);
        let rows = match known {
            Some(at) => self.tables.remove(at).1,
            None => Rows { columns: page::columns(key.1), rows: make(), texts: Vec::new() },
        };
        if self.tables.len() == KEPT {
            self.tables.remove(0);
        }
        let last = self.tables.len();
        self.tables.push((key, rows));
        &mut self.tables[last].1
    }
}

impl Rows {
    /// The rows that a window is cut from, in its order.
    fn find(&mut self, window: &Window) -> Vec<usize> {
        if window.is_plain() {
            return (0..self.rows.len()).collect();
        }
        if self.texts.is_empty() {
            self.texts = self.rows.iter().map(|row| row.cells.iter().map(said).collect()).collect();
        }
        let mut found: Vec<usize> = (0..self.rows.len()).filter(|at| self.matches(*at, window)).collect();
        if let Some((column, descending)) = window.sort
            && let Some(at) = self.columns.iter().position(|it| *it == column)
        {
            found.sort_by(|one, other| {
                let order = natural(&self.texts[*one][at], &self.texts[*other][at]);
                if descending { order.reverse() } else { order }
            });
        }
        found
    }

    fn matches(&self, at: usize, window: &Window) -> bool {
        if window.only.is_some_and(|only| only != self.rows[at].resource) {
            return false;
        }
        let texts = &self.texts[at];
        let words = window.text.split_whitespace().map(str::to_lowercase);
        let all = words.into_iter().all(|word| texts.iter().any(|text| text.contains(&word)));
        all && window.columns.iter().all(|(column, wanted)| {
            let cell = self.columns.iter().position(|it| it == column).and_then(|at| texts.get(at));
            cell.is_some_and(|text| text.contains(&wanted.trim().to_lowercase()))
        })
    }
}

/// What a cell says, lower case; whole names too, for who looks for one has it from istioctl.
fn said(cell: &Cell) -> String {
    let mut out = String::new();
    for part in cell {
        match part {
            Part::Text(text) | Part::Aside(text) => out.push_str(text),
            Part::Link { text, whole, .. } | Part::Broken { text, whole } | Part::Name { text, whole } => {
                out.push_str(text);
                out.push(' ');
                out.push_str(whole);
            }
            Part::Word(word) => out.push_str(&word_text(*word)),
            Part::Break => {}
        }
        out.push(' ');
    }
    out.truncate(out.trim_end().len());
    out.to_lowercase()
}

/// Words are found by their English name, whatever language the page speaks.
fn word_text(word: Word) -> String {
    match word {
        Word::Healthy(healthy, all) => format!("{healthy}/{all}"),
        Word::More(number) | Word::Share(number) => number.to_string(),
        _ => format!("{word:?}"),
    }
}

/// Compares numbers in text by their value: `9080` before `15001`, `10.0.0.9` before `10.0.0.10`.
fn natural(one: &str, other: &str) -> std::cmp::Ordering {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    loop {
        match (one.first(), other.first()) {
            (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit() => {
                let digits = |it: &[u8]| it.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let (left, right) = (one.split_at(digits(one)), other.split_at(digits(other)));
                let value =
                    |digits: &[u8]| digits.iter().position(|byte| *byte != b'0').unwrap_or(digits.len());
                let (a, b) = (&left.0[value(left.0)..], &right.0[value(right.0)..]);
                match a.len().cmp(&b.len()).then(a.cmp(b)) {
                    std::cmp::Ordering::Equal => (one, other) = (left.1, right.1),
                    order => return order,
                }
            }
            (Some(a), Some(b)) if a == b => (one, other) = (&one[1..], &other[1..]),
            (a, b) => return a.cmp(&b),
        }
    }
}

/// The section that a table is made of, when the dump lacks it.
fn lack(document: &Document, proxy: &Proxy, kind: TableKind) -> Option<Missing> {
    let (section, part) = match kind {
        TableKind::Listeners => ("ListenersConfigDump", Lack::Section),
        TableKind::Routes => ("RoutesConfigDump", Lack::Section),
        TableKind::Clusters => ("ClustersConfigDump", Lack::Section),
        TableKind::Endpoints => ("EndpointsConfigDump", Lack::Endpoints),
        TableKind::Secrets => ("SecretsConfigDump", Lack::Secrets),
    };
    let there = document.dump().is_some_and(|dump| dump.has_section(&document.bytes, section));
    (!there).then(|| missing(part, &proxy.identity))
}

fn command(proxy: &Proxy, kind: TableKind) -> String {
    let table = match kind {
        TableKind::Listeners => "listener",
        TableKind::Routes => "route",
        TableKind::Clusters => "cluster",
        TableKind::Endpoints => "endpoint",
        TableKind::Secrets => "secret",
    };
    match (proxy.identity.name(), proxy.identity.namespace.as_str()) {
        (name, "") => format!("istioctl proxy-config {table} {name}"),
        (name, namespace) => format!("istioctl proxy-config {table} {name}.{namespace}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    #[test]
    fn numbers_sort_by_value() {
        assert_eq!(natural("9080", "15001"), Ordering::Less);
        assert_eq!(natural("10.0.0.10:80", "10.0.0.9:80"), Ordering::Greater);
        assert_eq!(natural("a", "a"), Ordering::Equal);
        assert_eq!(natural("v01", "v1"), Ordering::Equal);
        assert_eq!(natural("", "a"), Ordering::Less);
    }
}
