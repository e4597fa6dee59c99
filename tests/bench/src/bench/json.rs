//! Renders the report as JSON, with every sample, so that programs can calculate other statistics.

use serde_json::{Map, Value, json};

use super::figures::Figure;
use super::report::{Report, ratio};
use crate::broker::quota::PERCENT;
use crate::broker::test_bed::{GITHUB_ROUND_TRIP, SSM_ROUND_TRIP};
use crate::statistics::Summary;

/// Renders the complete report.
pub(super) fn render(report: &Report) -> Value {
    let rows: Vec<Value> = report.rows().map(|(figure, summaries)| row(report, figure, &summaries)).collect();
    json!({
        "machine": report.machine.json(),
        "runs": report.plan.runs,
        "invocations": report.plan.invocations,
        "load_average": report.load,
        "round_trip_ms": { "github": GITHUB_ROUND_TRIP.as_millis(), "ssm": SSM_ROUND_TRIP.as_millis() },
        "quota": { "percent": PERCENT, "period_ms": report.plan.period.as_millis() },
        "left_out": report.left_out,
        "rows": rows,
    })
}

fn row(report: &Report, figure: &Figure, summaries: &[Summary]) -> Value {
    let binaries: Map<String, Value> = report
        .binaries
        .iter()
        .zip(summaries)
        .map(|(binary, summary)| {
            let value = json!({
                "median": summary.median,
                "quartiles": [summary.lower_quartile, summary.upper_quartile],
                "range": [summary.min, summary.max],
                "samples": binary.of(figure),
            });
            (binary.name.to_owned(), value)
        })
        .collect();
    json!({
        "name": figure.key,
        "what": figure.what,
        "unit": figure.unit.key(),
        "binaries": binaries,
        "ratio": ratio(summaries),
    })
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::example;
    use super::*;

    #[test]
    fn rows_have_samples_and_ratio() {
        let json = render(&example());
        let row = &json["rows"][0];
        assert_eq!(row["name"], "cold_wall");
        assert_eq!(row["unit"], "ms");
        assert_eq!(row["ratio"], 0.5);
        assert_eq!(row["binaries"]["other"]["median"], 4.0);
        assert_eq!(row["binaries"]["bootstrap"]["samples"].as_array().unwrap().len(), 3);
        assert_eq!(json["left_out"][0], "the quota: none here");
    }
}
