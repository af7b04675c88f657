//! A table as text, as Go's text/tabwriter lays it out.

/// Rows of cells. Every column but the last is as wide as its widest cell and `padding` blanks more; the last is left
/// as it is, so a row may end in blanks. A cell's width is its count of code points.
pub struct TextTable {
    padding: usize,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    /// A table with these titles.
    pub fn new(padding: usize, titles: &[&str]) -> TextTable {
        TextTable { padding, rows: vec![titles.iter().map(|it| (*it).to_owned()).collect()] }
    }

    /// Adds a row; it has as many cells as the titles.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Adds a row of any number of cells.
    pub fn push(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl std::fmt::Display for TextTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in &self.rows {
            for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
                f.write_str(cell)?;
                if at + 1 < row.len() {
                    let blanks = width + self.padding - cell.chars().count();
                    write!(f, "{:blanks$}", "")?;
                }
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_all_columns_but_the_last() {
        let mut table = TextTable::new(2, &["A", "LONG", "C"]);
        table.row(["é".into(), String::new(), "x".into()]);
        table.row(["bcd".into(), "1".into(), String::new()]);
        assert_eq!(table.to_string(), "A    LONG  C\né          x\nbcd  1     \n");
    }
}
