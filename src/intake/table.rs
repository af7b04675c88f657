//! The text tables that istioctl prints, of its old and new versions: rows and cells again.

use std::borrow::Cow;

/// A table of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTable {
    /// Its headings: `SERVICE FQDN`.
    pub columns: Vec<&'static str>,
    /// Its rows, a cell for each column.
    pub rows: Vec<Vec<String>>,
    /// Which line of the text the heading is, counted from 0.
    pub line: u32,
}

/// Every heading of istioctl's tables since 1.0 (istioctl/pkg/writer). Those of several words first, for their words
/// are headings too.
const COLUMNS: [&str; 60] = [
    "AuthorizationPolicy",
    "BOUND ROUTE",
    "CERTIFICATE NAME",
    "DESTINATION RULE",
    "ECDS NAME",
    "NOT AFTER",
    "NOT BEFORE",
    "OUTLIER CHECK",
    "POD NAME",
    "POLICY NAME",
    "REMOTE TARGET",
    "RESOURCE NAME",
    "SERIAL NUMBER",
    "SERVICE FQDN",
    "SERVICE NAME",
    "SERVICE VIP",
    "SUBSCRIBED TYPES",
    "TRUST DOMAIN",
    "VALID CERT",
    "VHOST NAME",
    "VIRTUAL HOSTS",
    "VIRTUAL SERVICE",
    "ACTION",
    "ADDRESS",
    "ADDRESSES",
    "CDS",
    "CHAIN",
    "CLUSTER",
    "DESTINATION",
    "DIRECTION",
    "DOMAINS",
    "ECDS",
    "EDS",
    "ENDPOINT",
    "ENDPOINTS",
    "ISTIOD",
    "LDS",
    "LISTENER",
    "LOCAL",
    "LOCALITY",
    "MATCH",
    "NAME",
    "NAMESPACE",
    "NDS",
    "NODE",
    "PCDS",
    "PILOT",
    "PORT",
    "PROTOCOL",
    "PROXY",
    "RDS",
    "REMOTE",
    "RULES",
    "SCOPE",
    "SDS",
    "STATUS",
    "SUBSET",
    "TYPE",
    "VERSION",
    "WAYPOINT",
];
/// Headings by which a line is known for one: no sentence has three of them, and two-column tables are these.
const PAIRS: [[&str; 2]; 3] = [["ECDS NAME", "TYPE"], ["NAME", "VIRTUAL HOSTS"], ["LISTENER", "CHAIN"]];
/// Rows of one table that are kept.
const MOST_ROWS: usize = 200_000;

/// The tables of a text, in its order.
pub fn tables(text: &str) -> Vec<TextTable> {
    let mut found = Vec::new();
    let mut open: Option<(TextTable, Vec<usize>)> = None;
    for (number, line) in text.lines().enumerate() {
        let line = untabbed(line.trim_end());
        if let Some((columns, starts)) = headings(&line) {
            found.extend(open.take().map(|it| it.0));
            let line = u32::try_from(number).unwrap_or(u32::MAX);
            open = Some((TextTable { columns, rows: Vec::new(), line }, starts));
            continue;
        }
        let Some((table, starts)) = &mut open else { continue };
        match cells(&line, starts, table.columns.len()) {
            Some(row) if table.rows.len() < MOST_ROWS => table.rows.push(row),
            _ => found.extend(open.take().map(|it| it.0)),
        }
    }
    found.extend(open.map(|it| it.0));
    found
}

/// Whether a line is the heading of such a table.
pub(super) fn is_heading(line: &str) -> bool {
    headings(&untabbed(line)).is_some()
}

/// The columns that a line heads, and where each begins (in characters).
fn headings(line: &str) -> Option<(Vec<&'static str>, Vec<usize>)> {
    if line.len() > 1000 {
        return None;
    }
    let (mut columns, mut starts) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        let blanks = rest.len() - rest.trim_start().len();
        if blanks == rest.len() {
            break;
        }
        at += blanks;
        let rest = &line[at..];
        let ends = |name: &str| rest[name.len()..].chars().next().is_none_or(|next| next == ' ');
        // The longest that fits: `ADDRESSES` before `ADDRESS`.
        let column = COLUMNS
            .into_iter()
            .filter(|name| rest.starts_with(name) && ends(name))
            .max_by_key(|it| it.len())?;
        columns.push(column);
        // Headings are ASCII, so bytes are characters.
        starts.push(at);
        at += column.len();
    }
    let known = columns.len() >= 3 || PAIRS.iter().any(|pair| columns == pair);
    known.then_some((columns, starts))
}

/// The cells of a line below a heading; None where it is no row of the table.
fn cells(line: &str, starts: &[usize], count: usize) -> Option<Vec<String>> {
    if line.trim().is_empty() {
        return None;
    }
    let by_place = by_place(line, starts);
    let row = by_place.or_else(|| by_blanks(line, count))?;
    (row.iter().filter(|cell| !cell.is_empty()).count() >= 2).then_some(row)
}

/// Cut where the headings begin, unless that would cut a word.
fn by_place(line: &str, starts: &[usize]) -> Option<Vec<String>> {
    let letters: Cow<'_, str> = Cow::Borrowed(line);
    let at = |start: usize| letters.char_indices().nth(start).map_or(letters.len(), |(at, _)| at);
    let bytes: Vec<usize> = if line.is_ascii() {
        starts.iter().map(|start| (*start).min(line.len())).collect()
    } else {
        starts.iter().map(|start| at(*start)).collect()
    };
    let mut row = Vec::with_capacity(starts.len());
    for (index, &start) in bytes.iter().enumerate() {
        if index > 0 && start < line.len() && !line[..start].ends_with(' ') {
            return None;
        }
        let end = bytes.get(index + 1).copied().unwrap_or(line.len());
        row.push(line.get(start..end).unwrap_or_default().trim().to_owned());
    }
    // What begins before its heading is not aligned with it.
    bytes.first().is_some_and(|first| line[..*first].trim().is_empty()).then_some(row)
}

/// Cut at two or more blanks: where a table was copied, or written by hand, headings and cells are not below each other.
fn by_blanks(line: &str, count: usize) -> Option<Vec<String>> {
    let mut row: Vec<String> = Vec::with_capacity(count);
    for cell in line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()) {
        if row.len() == count {
            let last = row.last_mut()?;
            last.push_str("  ");
            last.push_str(cell);
        } else {
            row.push(cell.to_owned());
        }
    }
    // One that lacks cells in its middle cannot be told from one that lacks its last.
    (row.len() * 2 > count).then(|| {
        row.resize(count, String::new());
        row
    })
}

/// Tabs, as an editor may have put them for blanks, as two.
fn untabbed(line: &str) -> Cow<'_, str> {
    if line.contains('\t') { Cow::Owned(line.replace('\t', "  ")) } else { Cow::Borrowed(line) }
}

impl TextTable {
    /// The cell of a row in that column; empty where there is none.
    pub fn cell<'t>(&self, row: &'t [String], column: &str) -> &'t str {
        let at = self.columns.iter().position(|it| *it == column);
        at.and_then(|at| row.get(at)).map_or("", String::as_str)
    }

    /// Whether it has that column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains(&column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_their_headings() {
        let text = "SERVICE FQDN       PORT     SUBSET     DIRECTION     TYPE           DESTINATION RULE\n                   9080     -          inbound       ORIGINAL_DST     \nreviews.default    9080     v1         outbound      EDS            reviews.default\n\nnot a row of it\n";
        let list = tables(text);
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].columns.len(), 6);
        assert_eq!(list[0].rows[0], ["", "9080", "-", "inbound", "ORIGINAL_DST", ""]);
        assert_eq!(list[0].cell(&list[0].rows[1], "DESTINATION RULE"), "reviews.default");
    }

    #[test]
    fn rows_that_are_not_below_their_headings_are_cut_at_blanks() {
        let text = "$ istioctl proxy-status\nPROXY                 CDS        LDS        EDS               RDS          PILOT       VERSION\nweb-1.default         SYNCED     SYNCED     SYNCED     NOT SENT     pilot-1     1.1.2\n\n如果列表中缺少代理\n";
        let list = tables(text);
        assert_eq!(
            list[0].rows,
            [["web-1.default", "SYNCED", "SYNCED", "SYNCED", "NOT SENT", "pilot-1", "1.1.2"]]
        );
        assert_eq!(list[0].line, 1);
    }

    #[test]
    fn narrow_tables_have_cells_one_blank_apart() {
        let text = "ADDRESSES PORT MATCH                                DESTINATION\n0.0.0.0   9080 Trans: raw_buffer; App: http/1.1,h2c Route: 9080\n0.0.0.0   9080 ALL                                  PassthroughCluster\n";
        assert_eq!(tables(text)[0].rows[0][2], "Trans: raw_buffer; App: http/1.1,h2c");
    }

    #[test]
    fn several_tables_stand_in_one_text() {
        let text = "Istio Version: 1\n\nNAME     TYPE     STATUS\na        b        c\n\nNAME     VIRTUAL HOSTS\n80       7\n";
        let found: Vec<_> = tables(text).into_iter().map(|it| it.rows).collect();
        assert_eq!(found, [vec![vec!["a", "b", "c"]], vec![vec!["80", "7"]]]);
        assert!(!is_heading("The NAME of a TYPE") && !is_heading("NAME"));
    }
}
