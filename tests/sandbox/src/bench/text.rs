//! The report for a person at a terminal.

use super::figures::Figure;
use super::quota::PERCENT;
use super::report::{Plan, Report, ratio};
use super::stage::{GITHUB_ROUND_TRIP, SSM_ROUND_TRIP};
use super::statistics::Summary;
use super::table::Table;

/// Below this load average, hardly anything else runs.
const QUIET: f64 = 0.5;

/// Heading, table and what one must know to read it.
pub(super) fn render(report: &Report) -> String {
    let table = match report.binaries.as_slice() {
        [first, second, ..] => pair(report, first.name, second.name),
        _ => single(report),
    };
    let head = format!(
        "{}\nMedians of {} processes each, (the middle half of them) behind; memory and connections of fewer.",
        report.machine.describe(),
        report.plan.runs,
    );
    let mut lines = vec![head, String::new(), table.render(), String::new(), surroundings(&report.plan)];
    lines.push(format!(
        "Memory and connections: after {} invocations; growth: since a tenth of them.",
        report.plan.invocations
    ));
    if report.load > QUIET {
        let load = report.load;
        lines.push(format!("Other work ran on this machine (load average {load:.1}): wall times are too high."));
    }
    lines.extend(report.left_out.iter().map(|left_out| format!("Left out: {left_out}.")));
    lines.join("\n") + "\n"
}

/// What the rows' names stand for.
pub(super) fn surroundings(plan: &Plan) -> String {
    format!(
        "128 MB quota: {PERCENT} % of a core, in periods of {} ms, from the end of init. Far peers: round trips of {} ms \
         to GitHub and {} ms to SSM.",
        plan.period.as_millis(),
        GITHUB_ROUND_TRIP.as_millis(),
        SSM_ROUND_TRIP.as_millis(),
    )
}

fn single(report: &Report) -> Table {
    let mut table = Table::new(["", report.binaries[0].name, ""]);
    for (figure, summaries) in report.rows() {
        let mut cells = vec![figure.what.to_owned()];
        cells.extend(summaries.iter().flat_map(|summary| cell(figure, summary)));
        table.add(cells);
    }
    table
}

fn pair(report: &Report, first: &str, second: &str) -> Table {
    let mut table = Table::new(["", first, "", second, "", "ratio"]);
    for (figure, summaries) in report.rows() {
        let mut cells = vec![figure.what.to_owned()];
        cells.extend(summaries.iter().flat_map(|summary| cell(figure, summary)));
        cells.push(ratio(&summaries).map_or("–".into(), |ratio| format!("{ratio:.2} ×")));
        table.add(cells);
    }
    table
}

/// Median and middle half.
fn cell(figure: &Figure, summary: &Summary) -> [String; 2] {
    let (lower, upper) = (figure.unit.format(summary.lower_quartile), figure.unit.format(summary.upper_quartile));
    let spread = if lower == upper {
        String::new()
    } else {
        let without_unit = lower.split(' ').next().unwrap_or_default();
        format!("({without_unit}–{upper})")
    };
    [figure.unit.format(summary.median), spread]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::example;

    #[test]
    fn two_binaries_stand_side_by_side_with_their_ratio() {
        let text = render(&example());
        let row = text.lines().find(|line| line.starts_with("process start to first token, wall")).unwrap();
        assert!(row.contains("2.00 ms  (1.95–2.05 ms)  4.00 ms  (3.95–4.05 ms)"), "{row}");
        assert!(row.ends_with("0.50 ×"), "{row}");
        assert!(text.contains("Left out: the quota: none here.\n"), "{text}");
    }

    #[test]
    fn one_binary_stands_alone() {
        let mut report = example();
        report.binaries.pop();
        let text = render(&report);
        assert!(text.contains("2.00 ms  (1.95–2.05 ms)\n"), "{text}");
        assert!(!text.contains('×'), "{text}");
    }
}
