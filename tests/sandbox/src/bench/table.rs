//! A table in plain text.

/// Rows of cells under a heading; the first column is flushed left, the others right.
#[derive(Debug, Default)]
pub(super) struct Table(Vec<Vec<String>>);

impl Table {
    /// With this heading.
    pub(super) fn new<const N: usize>(heading: [&str; N]) -> Self {
        Self(vec![heading.map(String::from).to_vec()])
    }

    /// Adds a row.
    pub(super) fn add(&mut self, row: Vec<String>) {
        self.0.push(row);
    }

    /// As lines of text, with a rule below the heading.
    pub(super) fn render(&self) -> String {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or_default();
        let width =
            |column: usize| self.0.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        let mut lines: Vec<String> = self.0.iter().map(|row| line(row, &widths)).collect();
        lines.insert(1.min(lines.len()), "─".repeat(widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1)));
        lines.join("\n")
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells =
        row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["what", "µs"]);
        table.add(vec!["a".into(), "1000".into()]);
        table.add(vec!["longer".into(), "–".into()]);
        assert_eq!(table.render(), "what      µs\n────────────\na       1000\nlonger     –");
    }
}
