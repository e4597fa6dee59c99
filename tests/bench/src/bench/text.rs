//! Renders the report for a terminal.

use comfy_table::Table;

use super::figures::Figure;
use super::report::{Plan, Report, ratio};
use crate::broker::quota::PERCENT;
use crate::broker::test_bed::{GITHUB_ROUND_TRIP, SSM_ROUND_TRIP};
use crate::statistics::Summary;
use crate::table;

/// Below this load average, the machine counts as idle.
const QUIET: f64 = 0.5;

/// Renders heading, table and explanations.
pub(super) fn render(report: &Report) -> String {
    let head = format!(
        "{}\nMedians of {} processes, with the quartiles in parentheses; memory and connections: of fewer processes.",
        report.machine.describe(),
        report.plan.runs,
    );
    let mut lines = vec![head, String::new(), table(report).trim_fmt(), String::new(), conditions(&report.plan)];
    lines.push(format!(
        "Memory and connections: after {} invocations; growth: from a tenth of them on.",
        report.plan.invocations
    ));
    if report.load > QUIET {
        let load = report.load;
        lines.push(format!("Other programs ran on this machine (load average {load:.1}), so wall times are too high."));
    }
    lines.extend(report.left_out.iter().map(|left_out| format!("Left out: {left_out}.")));
    lines.join("\n") + "\n"
}

/// Explains the conditions in the names of the rows.
pub(super) fn conditions(plan: &Plan) -> String {
    format!(
        "128 MB quota: {PERCENT} % of a core, in periods of {} ms, after init. Distant peers: round trips of {} ms \
         to GitHub and {} ms to SSM.",
        plan.period.as_millis(),
        GITHUB_ROUND_TRIP.as_millis(),
        SSM_ROUND_TRIP.as_millis(),
    )
}

fn table(report: &Report) -> Table {
    let mut table = match report.binaries.as_slice() {
        [first, second] => table::new(["", first.name, "", second.name, "", "ratio"]),
        binaries => table::new(["", binaries.first().map_or("", |binary| binary.name), ""]),
    };
    for (figure, summaries) in report.rows() {
        let mut cells = vec![figure.what.to_owned()];
        cells.extend(summaries.iter().flat_map(|summary| cells_of(figure, summary)));
        if summaries.len() == 2 {
            cells.push(ratio(&summaries).map_or("–".into(), |ratio| format!("{ratio:.2} ×")));
        }
        table.add_row(cells);
    }
    table
}

/// Formats median and quartiles.
fn cells_of(figure: &Figure, summary: &Summary) -> [String; 2] {
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
    use super::super::report::tests::example;
    use super::*;

    #[test]
    fn two_binaries_are_compared_by_ratio() {
        let text = render(&example());
        let row = text.lines().find(|line| line.starts_with("process start to first token, wall")).unwrap();
        assert!(row.contains("2.00 ms  (1.95–2.05 ms)  4.00 ms  (3.95–4.05 ms)"), "{row}");
        assert!(row.ends_with("0.50 ×"), "{row}");
        assert!(text.contains("Left out: the quota: none here.\n"), "{text}");
    }

    #[test]
    fn one_binary_has_no_ratio() {
        let mut report = example();
        report.binaries.pop();
        let text = render(&report);
        assert!(text.contains("2.00 ms  (1.95–2.05 ms)\n"), "{text}");
        assert!(!text.contains('×'), "{text}");
    }
}
