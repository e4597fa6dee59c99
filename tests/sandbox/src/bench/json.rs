//! The report for programs: every sample, so that other statistics can be made.

use serde_json::{Value, json};

use super::machine::Machine;
use super::quota::PERCENT;
use super::report::{Report, ratio};
use super::stage::{GITHUB_ROUND_TRIP, SSM_ROUND_TRIP};

/// The whole report.
pub(super) fn render(report: &Report) -> Value {
    let rows: Vec<Value> = report
        .rows()
        .map(|(figure, summaries)| {
            let of = |(binary, summary): (&super::report::Samples, &super::statistics::Summary)| {
                let value = json!({
                    "median": summary.median,
                    "quartiles": [summary.lower_quartile, summary.upper_quartile],
                    "range": [summary.least, summary.most],
                    "samples": binary.of(figure),
                });
                (binary.name.to_owned(), value)
            };
            let binaries: serde_json::Map<String, Value> = report.binaries.iter().zip(&summaries).map(of).collect();
            json!({
                "name": figure.key,
                "what": figure.what,
                "unit": figure.unit.key(),
                "binaries": binaries,
                "ratio": ratio(&summaries),
            })
        })
        .collect();
    json!({
        "machine": machine(&report.machine),
        "runs": report.plan.runs,
        "invocations": report.plan.invocations,
        "load_average": report.load,
        "round_trip_ms": { "github": GITHUB_ROUND_TRIP.as_millis(), "ssm": SSM_ROUND_TRIP.as_millis() },
        "quota": { "percent": PERCENT, "period_ms": report.plan.period.as_millis() },
        "left_out": report.left_out,
        "rows": rows,
    })
}

/// The machine, field by field.
pub(super) fn machine(machine: &Machine) -> Value {
    let Machine { cpu, architecture, cores, memory_mib, kernel, ca_certificates } = machine;
    json!({
        "cpu": cpu,
        "architecture": architecture,
        "cores": cores,
        "memory_mib": memory_mib,
        "kernel": kernel,
        "ca_certificates": ca_certificates,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::tests::example;

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
