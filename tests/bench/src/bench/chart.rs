//! Draws the report as a bar chart with the median and the quartiles of each charted figure and binary.

use anyhow::Result;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::figures::Figure;
use super::report::Report;
use super::text;
use crate::statistics::Summary;
use crate::units::{Unit, number};

// All in pixels.
const WIDTH: u32 = 860;
const TITLE: u32 = 48;
const ROW_LABELS: u32 = 336;
/// The space for the number next to the longest bar.
const NUMBERS: u32 = 80;
const BAR: u32 = 16;
/// The gap between two rows.
const GAP: u32 = 14;
const X_AXIS: u32 = 30;
const NOTES: u32 = 60;
/// The left edge of title and notes.
const LEFT: i32 = 16;

/// The bars' colours, by binary.
const COLORS: [RGBColor; 2] = [RGBColor(47, 125, 209), RGBColor(224, 138, 60)];
const BLACK_TEXT: RGBColor = RGBColor(31, 35, 40);
const GREY_TEXT: RGBColor = RGBColor(89, 99, 110);
const GRID: RGBColor = RGBColor(221, 225, 230);

type Row = (&'static Figure, Vec<Summary>);
/// A chart of milliseconds by rows. The first row is at the top.
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Renders the complete SVG file.
pub(super) fn render(report: &Report) -> Result<String> {
    let mut svg = String::new();
    draw(&mut svg, report)?;
    Ok(svg)
}

fn draw(svg: &mut String, report: &Report) -> Result<()> {
    let rows: Vec<Row> = report.rows().filter(|(figure, _)| figure.charted).collect();
    let bars = report.binaries.len();
    let height = TITLE + pixels(rows.len()) * (pixels(bars) * BAR + GAP) + X_AXIS + NOTES;
    let root = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let (area, notes) = root.split_vertically(height - NOTES);
    let (title, area) = area.split_vertically(TITLE);
    title.draw_text("Cost of a token, in milliseconds", &style(20, BLACK_TEXT), (LEFT, 16))?;
    let longest = rows.iter().flat_map(|(_, summaries)| summaries).map(|summary| summary.upper_quartile);
    let row_count = number(rows.len() as u64);
    let mut chart = ChartBuilder::on(&area)
        .x_label_area_size(X_AXIS)
        .y_label_area_size(ROW_LABELS)
        .margin_right(NUMBERS)
        .build_cartesian_2d(0.0..longest.fold(1.0, f64::max), row_count..0.0)?;
    draw_axes(&mut chart, &rows)?;
    for (index, (binary, color)) in report.binaries.iter().zip(COLORS).enumerate() {
        let place = Place { index, of: bars };
        draw_binary(&mut chart, binary.name, color, place, &rows)?;
    }
    if bars > 1 {
        draw_legend(&mut chart)?;
    }
    let spread = format!("Bars: medians of {} processes; thin lines: from quartile to quartile.", report.plan.runs);
    let lines = [spread, text::conditions(&report.plan), report.machine.describe()];
    for (line, y) in lines.iter().zip((8..).step_by(16)) {
        notes.draw_text(line, &style(14, GREY_TEXT), (LEFT, y))?;
    }
    root.present()?;
    Ok(())
}

fn draw_axes(chart: &mut Chart<'_, '_>, rows: &[Row]) -> Result<()> {
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GREY_TEXT)
        .x_labels(10)
        .x_label_formatter(&|milliseconds| format!("{milliseconds}"))
        .x_label_style(style(14, GREY_TEXT))
        .y_labels(0)
        .draw()?;
    let label_style = style(16, BLACK_TEXT).pos(Pos::new(HPos::Right, VPos::Center));
    chart.draw_series(rows.iter().enumerate().map(|(row, (figure, _))| {
        let middle = (0.0, number(row as u64) + 0.5);
        EmptyElement::at(middle) + Text::new(figure.what, (-10, 0), label_style.clone())
    }))?;
    Ok(())
}

/// The position of a bar in its row.
#[derive(Clone, Copy)]
struct Place {
    index: usize,
    of: usize,
}

impl Place {
    /// Returns top, middle and bottom of the bar in a row.
    fn of_row(self, row: usize) -> [f64; 3] {
        let row_height = f64::from(pixels(self.of) * BAR + GAP);
        let top = f64::from(GAP) / 2.0 + f64::from(pixels(self.index) * BAR);
        [top + 1.0, top + f64::from(BAR) / 2.0, top + f64::from(BAR) - 1.0].map(|y| number(row as u64) + y / row_height)
    }
}

fn draw_binary(chart: &mut Chart<'_, '_>, name: &str, color: RGBColor, place: Place, rows: &[Row]) -> Result<()> {
    let summaries: Vec<_> =
        rows.iter().enumerate().map(|(row, (_, summaries))| (place.of_row(row), summaries[place.index])).collect();
    chart
        .draw_series(summaries.iter().map(|([top, _, bottom], summary)| {
            Rectangle::new([(0.0, *top), (summary.median, *bottom)], color.filled())
        }))?
        .label(name)
        .legend(move |(x, y)| Rectangle::new([(x, y - 6), (x + 12, y + 6)], color.filled()));
    chart.draw_series(summaries.iter().map(|([_, middle, _], summary)| {
        let ends = [(summary.lower_quartile, *middle), (summary.upper_quartile, *middle)];
        PathElement::new(ends, BLACK_TEXT.stroke_width(2))
    }))?;
    let number_style = style(16, BLACK_TEXT).pos(Pos::new(HPos::Left, VPos::Center));
    chart.draw_series(summaries.iter().map(|([_, middle, _], summary)| {
        let end = summary.upper_quartile.max(summary.median);
        let number = Unit::Milliseconds.format(summary.median);
        EmptyElement::at((end, *middle)) + Text::new(number, (6, 0), number_style.clone())
    }))?;
    Ok(())
}

fn draw_legend<'a>(chart: &mut Chart<'a, 'a>) -> Result<()> {
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .legend_area_size(20)
        .background_style(WHITE)
        .label_font(style(16, BLACK_TEXT))
        .draw()?;
    Ok(())
}

/// Creates a text style. plotters' unit of size is 0.8 pixels.
fn style(size: u32, color: RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&color)
}

/// Converts a number of bars or rows for calculations in pixels.
fn pixels(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::example;
    use super::*;

    /// Returns the widths of the rectangles in this colour.
    fn widths(svg: &str, color: &str) -> Vec<f64> {
        let rectangles = svg.lines().filter(|line| line.starts_with("<rect") && line.contains(color));
        let width = |line: &str| line.split(r#" width=""#).nth(1)?.split('"').next()?.parse().ok();
        rectangles.map(|line| width(line).unwrap()).collect()
    }

    #[test]
    fn bars_are_in_proportion() {
        let svg = render(&example()).unwrap();
        let (first, second) = (widths(&svg, "#2F7DD1"), widths(&svg, "#E08A3C"));
        // Only the charted figure has bars. The other rectangles are the legend's.
        assert_eq!((first.len(), second.len()), (2, 2), "{svg}");
        assert!((second[0] / first[0] - 2.0).abs() < 0.02, "{first:?} {second:?}");
        assert!(svg.contains("process start to first token, wall") && svg.contains("4.00 ms"), "{svg}");
    }

    #[test]
    fn the_background_is_white() {
        let mut report = example();
        report.binaries.pop();
        let svg = render(&report).unwrap();
        assert_eq!(widths(&svg, "#FFFFFF"), [f64::from(WIDTH)], "{svg}");
    }
}
