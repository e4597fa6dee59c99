//! The style of all tables: plain text, without borders.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

const STYLE: TableStyle = NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));

/// Creates a table with this heading. The first column is left-aligned, the others are right-aligned.
pub(crate) fn new<const N: usize>(heading: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(heading);
    for (index, column) in table.column_iter_mut().enumerate() {
        // In addition to the space that this style has between columns.
        column.set_padding((u16::from(index > 0), 0));
        column.set_cell_alignment(if index == 0 { CellAlignment::Left } else { CellAlignment::Right });
    }
    table
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = super::new(["what", "µs"]);
        table.add_row(["a", "1000"]);
        table.add_row(["longer", "–"]);
        assert_eq!(table.trim_fmt(), "what      µs\n────────────\na       1000\nlonger     –");
    }
}
