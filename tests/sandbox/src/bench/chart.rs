//! The report as a picture: a bar for each charted figure and binary, from zero, with the quartiles.

use super::figures::{Figure, Unit};
use super::report::Report;
use super::statistics::Summary;
use super::svg::{Anchor, Drawing};
use super::text;

const WIDTH: f64 = 860.0;
/// Where bars begin.
const LEFT: f64 = 330.0;
/// What is kept free on the right, for the longest bar's number.
const RIGHT: f64 = 80.0;
const TOP: f64 = 72.0;
const BAR: f64 = 16.0;
/// Between two rows.
const GAP: f64 = 14.0;
/// Below the rows: the axis, and what the picture says below it.
const BOTTOM: f64 = 88.0;
/// About how many marks the axis has.
const MARKS: f64 = 7.0;

/// Without a background, so readable on any; by the reader's preference, dark.
const STYLE: &str = "
text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 }
.small { font-size: 11px; fill: #59636e }
.axis { stroke: #59636e } .grid { stroke: #8c959f; stroke-opacity: .3 } .spread { stroke: #1f2328; stroke-width: 1.5 }
.first { fill: #2f7dd1 } .second { fill: #b35900 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } .axis { stroke: #9198a1 } .spread { stroke: #e6edf3 }
  .first { fill: #58a6ff } .second { fill: #e08a3c }
}
";
/// Looks of the bars, by binary.
const CLASSES: [&str; 2] = ["first", "second"];

/// The whole SVG file.
pub(super) fn render(report: &Report) -> String {
    let rows: Vec<_> = report.rows().filter(|(figure, _)| figure.charted).collect();
    let row_height = BAR * count(report.binaries.len()) + GAP;
    let height = TOP + row_height * count(rows.len()) + BOTTOM;
    let scale = Scale::to(rows.iter().flat_map(|(_, summaries)| summaries).map(|summary| summary.upper_quartile));
    let mut drawing = Drawing::default();
    heading(&mut drawing, report);
    axis(&mut drawing, &scale, height - BOTTOM);
    for (index, (figure, summaries)) in rows.iter().enumerate() {
        row(&mut drawing, &scale, TOP + row_height * count(index), figure, summaries);
    }
    let spread = format!("Bars: medians of {} processes; thin lines: the middle half of them.", report.plan.runs);
    for (line, text) in [spread, text::surroundings(&report.plan), report.machine.describe()].iter().enumerate() {
        drawing.text("small", Anchor::Start, 16.0, height - 44.0 + 16.0 * count(line), text);
    }
    drawing.finish(WIDTH, height, STYLE, "What a token costs", &description(&rows))
}

fn heading(drawing: &mut Drawing, report: &Report) {
    drawing.text("title", Anchor::Start, 16.0, 28.0, "What a token costs, in milliseconds");
    if let [first, second] = report.binaries.as_slice() {
        for (class, binary, x) in [(CLASSES[0], first, LEFT), (CLASSES[1], second, LEFT + 140.0)] {
            drawing.rectangle(class, x, 44.0, 12.0, 12.0);
            drawing.text("label", Anchor::Start, x + 18.0, 55.0, binary.name);
        }
    }
}

fn axis(drawing: &mut Drawing, scale: &Scale, bottom: f64) {
    for mark in scale.marks() {
        let x = scale.x(mark);
        drawing.line("grid", (x, TOP - 8.0), (x, bottom));
        drawing.text("small", Anchor::Middle, x, bottom + 16.0, &format!("{mark}"));
    }
    drawing.line("axis", (LEFT, TOP - 8.0), (LEFT, bottom));
    drawing.text("small", Anchor::End, WIDTH - 16.0, bottom + 16.0, "ms");
}

fn row(drawing: &mut Drawing, scale: &Scale, top: f64, figure: &Figure, summaries: &[Summary]) {
    let middle = top + BAR * count(summaries.len()) / 2.0;
    drawing.text("label", Anchor::End, LEFT - 10.0, middle + 4.5, figure.what);
    for (index, (summary, class)) in summaries.iter().zip(CLASSES).enumerate() {
        let top = top + BAR * count(index);
        drawing.rectangle(class, LEFT, top + 1.0, scale.x(summary.median) - LEFT, BAR - 2.0);
        let (lower, upper) = (scale.x(summary.lower_quartile), scale.x(summary.upper_quartile));
        drawing.line("spread", (lower, top + BAR / 2.0), (upper, top + BAR / 2.0));
        let number = Unit::Milliseconds.format(summary.median);
        drawing.text("label", Anchor::Start, upper.max(scale.x(summary.median)) + 6.0, top + BAR - 3.5, &number);
    }
}

fn description(rows: &[(&Figure, Vec<Summary>)]) -> String {
    let row = |(figure, summaries): &(&Figure, Vec<Summary>)| {
        let numbers = summaries.iter().map(|summary| Unit::Milliseconds.format(summary.median));
        format!("{}: {}", figure.what, numbers.collect::<Vec<_>>().join(", "))
    };
    rows.iter().map(row).collect::<Vec<_>>().join("; ")
}

/// From milliseconds to places.
struct Scale {
    most: f64,
    step: f64,
}

impl Scale {
    /// As long as the greatest value.
    fn to(values: impl Iterator<Item = f64>) -> Self {
        let most = values.fold(1.0, f64::max);
        Self { most, step: step(most / MARKS) }
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + value / self.most * (WIDTH - LEFT - RIGHT)
    }

    fn marks(&self) -> impl Iterator<Item = f64> {
        std::iter::successors(Some(0.0), |mark| Some(mark + self.step)).take_while(|mark| *mark <= self.most)
    }
}

/// The next of 1, 2, 5, 10, 20, 50 and so on that is not less.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= least).unwrap_or(10.0 * power)
}

#[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::example;

    #[test]
    fn steps_are_round_numbers() {
        for (least, expected) in [(0.3, 0.5), (1.0, 1.0), (1.1, 2.0), (19.0, 20.0), (60.0, 100.0)] {
            assert!((step(least) - expected).abs() < 1e-9, "{least}");
        }
    }

    #[test]
    fn bars_are_in_proportion_and_only_charted_figures_are_shown() {
        let svg = render(&example());
        let widths: Vec<f64> = svg
            .lines()
            .filter(|line| {
                line.contains(r#"x="330.0""#) && line.starts_with("<rect") && line.contains(r#"height="14.0""#)
            })
            .map(|line| line.split(r#"width=""#).nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(widths.len(), 2);
        assert!((widths[1] / widths[0] - 2.0).abs() < 0.01, "{widths:?}");
        assert!(svg.contains("process start to first token, wall: 2.00 ms, 4.00 ms"), "{svg}");
    }
}
