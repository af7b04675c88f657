//! A window of a table: filtered, sorted, cut.

use super::collect::{Part as Lack, missing};
use super::istioctl;
use super::protocol::{Cell, Column, Missing, Part, ProxyId, Row, Subject, Table, TableKind, Window, Word};
use super::words;
use crate::capture::{Capture, Document, DocumentId, Proxy};
use crate::instant::Instant;
use crate::order::InOrder;
use crate::tables::page;

/// Rows of the tables that were looked at last, or will be next: sorting and scrolling do not read the dump again.
#[derive(Default)]
pub struct Cache {
    /// Latest last.
    tables: Vec<(Key, Rows)>,
    /// Whose tables are looked at.
    proxy: Option<ProxyId>,
}

/// A table, and the reader's own time for which it was made, where that matters.
type Key = (ProxyId, TableKind, Option<Instant>);

/// The rows of a table, as far as they are made.
struct Rows {
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// How many resources they are of; all, where `whole`.
    read: usize,
    whole: bool,
    shared: page::Shared,
    /// How many of them are hidden at first.
    hidden: usize,
    /// What a row says, lower case, cell by cell; those of the first rows.
    texts: Vec<Vec<String>>,
}

/// How many tables are kept.
const KEPT: usize = 6;
/// How many rows an answer has at most.
const MOST: usize = 200;
/// Tables that are made before they are asked for, most likely ones first: in a large dump each takes a while.
const NEXT: [TableKind; 5] =
    [TableKind::Clusters, TableKind::Endpoints, TableKind::Routes, TableKind::Listeners, TableKind::Filters];
/// So many resources are read, or rows are written out, at a time: a few milliseconds' work.
const SLICE: usize = 40;
/// So many bytes of messages are read for what they refer to.
const READ: usize = 100_000;

impl Cache {
    /// Somebody looks at a proxy: its tables will be asked for.
    pub fn look_at(&mut self, proxy: ProxyId) {
        self.proxy = Some(proxy);
    }

    /// Makes a few rows that will probably be asked for. Whether there is more to make.
    pub fn prepare(&mut self, capture: &Capture) -> bool {
        let Some(proxy) = self.proxy else { return false };
        let Some(of) = capture.proxy(proxy) else { return false };
        for kind in NEXT {
            let Some(id) = page::document(capture, of, kind) else { continue };
            let key = (proxy, kind, None);
            // A route configuration may have thousands of rows.
            let few = if kind == TableKind::Routes { 1 } else { SLICE };
            if self.rows(key).step(capture, id, key, few) {
                return true;
            }
        }
        // Details and secrets ask which resource names which.
        if of.dump.is_some_and(|id| capture.refer(id, READ)) {
            return true;
        }
        self.proxy = None;
        false
    }

    /// A window of a proxy's table. None for a proxy that is not open.
    pub fn table(
        &mut self,
        capture: &Capture,
        proxy: ProxyId,
        kind: TableKind,
        window: &Window,
    ) -> Option<Table> {
        let of = capture.proxy(proxy)?;
        let document = page::document(capture, of, kind).and_then(|id| Some((id, capture.document(id)?)));
        let mut table = Table {
            columns: page::columns(kind),
            total: 0,
            hidden: 0,
            matched: 0,
            offset: window.offset,
            rows: Vec::new(),
            missing: lack(document.map(|(_, it)| it), of, kind),
            command: istioctl::command(capture, of, kind, window.only),
            printed: istioctl::prints(capture, of, kind),
        };
        let Some((id, document)) = document else { return Some(table) };
        let limit = (window.limit as usize).min(MOST);
        let key = (proxy, kind, window.now.filter(|_| page::judges(kind)));
        let (total, hidden, matched, rows) = match page::count(document, kind).filter(|_| window.is_plain()) {
            // Nothing to look for: only what is shown is made.
            Some(total) => {
                let start = (window.offset as usize).min(total);
                let range = start..(start + limit).min(total);
                let made = self.rows(key);
                let rows = match made.rows.get(range.clone()) {
                    Some(rows) => rows.to_vec(),
                    None => page::rows(capture, id, kind, key.2, range, &made.shared),
                };
                (total, 0, total, rows)
            }
            None => {
                let made = self.rows(key);
                while !made.whole {
                    made.read(capture, id, key, usize::MAX);
                }
                let found = made.find(window);
                let shown = found.iter().skip(window.offset as usize).take(limit);
                let rows = shown.map(|at| made.rows[*at].clone()).collect();
                let hidden = if window.hidden { 0 } else { made.hidden };
                (made.rows.len() - hidden, hidden, found.len(), rows)
            }
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (table.total, table.hidden, table.matched) = (count(total), count(hidden), count(matched));
        table.rows = rows;
        Some(table)
    }

    /// A table's rows, as far as they are made; it is the latest from now on.
    fn rows(&mut self, key: Key) -> &mut Rows {
        let known = self.tables.iter().position(|(known, _)| *known == key);
        let rows = match known {
            Some(at) => self.tables.remove(at).1,
            None => Rows {
                columns: page::columns(key.1),
                rows: Vec::new(),
                read: 0,
                whole: false,
                shared: page::Shared::default(),
                hidden: 0,
                texts: Vec::new(),
            },
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
    /// Makes the rows of some more resources.
    fn read(&mut self, capture: &Capture, id: DocumentId, (_, kind, now): Key, resources: usize) {
        let range = self.read..self.read.saturating_add(resources);
        self.read = range.end;
        self.whole = range.end >= page::resources(capture, id, kind);
        let rows = page::rows(capture, id, kind, now, range, &self.shared);
        self.hidden += rows.iter().filter(|it| it.hidden).count();
        self.rows.extend(rows);
    }

    /// Makes or writes out a few rows more; false where all is done.
    fn step(&mut self, capture: &Capture, id: DocumentId, key: Key, few: usize) -> bool {
        if !self.whole {
            self.read(capture, id, key, few);
            return true;
        }
        if self.texts.len() < self.rows.len() {
            self.write_out(SLICE);
            return true;
        }
        false
    }

    /// Writes out what some more rows say.
    fn write_out(&mut self, rows: usize) {
        let next = self.rows[self.texts.len()..].iter().take(rows);
        let texts: Vec<Vec<String>> = next.map(|row| row.cells.iter().map(said).collect()).collect();
        self.texts.extend(texts);
    }

    /// The rows that a window is cut from, in its order.
    fn find(&mut self, window: &Window) -> Vec<usize> {
        let shown = |rows: &[Row], at: usize| window.hidden || !rows[at].hidden;
        if window.is_plain() {
            return (0..self.rows.len()).filter(|at| shown(&self.rows, *at)).collect();
        }
        self.write_out(usize::MAX);
        let words = words(&window.text);
        let columns: Vec<(Option<usize>, String)> = window
            .columns
            .iter()
            .map(|(column, wanted)| {
                (self.columns.iter().position(|it| it == column), wanted.trim().to_lowercase())
            })
            .collect();
        let all = (0..self.rows.len()).filter(|at| shown(&self.rows, *at));
        let mut found: Vec<usize> = all.filter(|at| self.matches(*at, window, &words, &columns)).collect();
        if let Some((column, descending)) = window.sort
            && let Some(at) = self.columns.iter().position(|it| *it == column)
        {
            found.order_by(|one, other| {
                let order = natural(&self.texts[*one][at], &self.texts[*other][at]);
                if descending { order.reverse() } else { order }
            });
        }
        found
    }

    fn matches(
        &self,
        at: usize,
        window: &Window,
        words: &[String],
        columns: &[(Option<usize>, String)],
    ) -> bool {
        if window.only.is_some_and(|only| Subject::Resource(only) != self.rows[at].of) {
            return false;
        }
        let texts = &self.texts[at];
        words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
            && columns.iter().all(|(column, wanted)| {
                column.and_then(|at| texts.get(at)).is_some_and(|text| text.contains(wanted))
            })
    }
}

/// What a cell says, lower case; whole names too, for who looks for one has it from istioctl.
fn said(cell: &Cell) -> String {
    let mut out = String::new();
    for part in cell {
        match part {
            Part::Text(text) | Part::Aside(text) | Part::Says(text) => out.push_str(text),
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

/// What a table is made of, when the capture lacks it.
fn lack(document: Option<&Document>, proxy: &Proxy, kind: TableKind) -> Option<Missing> {
    let Some(document) = document else {
        let part = if kind.is_of_ztunnel() { Lack::ZtunnelDump } else { Lack::ConfigDump };
        return Some(missing(part, &proxy.identity));
    };
    let (section, part) = match kind {
        TableKind::Listeners
        | TableKind::Rbac
        | TableKind::Jwt
        | TableKind::Filters
        | TableKind::Telemetry => ("ListenersConfigDump", Lack::Section),
        TableKind::Routes => ("RoutesConfigDump", Lack::Section),
        TableKind::Clusters => ("ClustersConfigDump", Lack::Section),
        TableKind::Endpoints => ("EndpointsConfigDump", Lack::Endpoints),
        TableKind::Secrets => ("SecretsConfigDump", Lack::Secrets),
        TableKind::Bootstrap => ("BootstrapConfigDump", Lack::Section),
        // An Envoy without them has no such section; ztunnels have none at all.
        _ => return None,
    };
    let there = match document.dump() {
        Some(dump) => dump.has_section(&document.bytes, section),
        // A page that is a dump's part by itself.
        None => kind == TableKind::Bootstrap,
    };
    (!there).then(|| missing(part, &proxy.identity))
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
