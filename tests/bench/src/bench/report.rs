//! The samples of one binary, or of two side by side.

use std::time::Duration;

use super::figures::{self, Figure};
use crate::machine::Machine;
use crate::statistics::Summary;

/// The source of the table, the chart and the JSON.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) plan: Plan,
    /// The load average before the measurement, which shows other work on the machine.
    pub(super) load: f64,
    /// The measured binary, then the one to compare with.
    pub(super) binaries: Vec<Samples>,
    /// The figures that were not measured, with the reason.
    pub(super) left_out: Vec<String>,
}

/// The extent of a measurement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// The number of processes for each figure, except for memory.
    pub(super) runs: u32,
    /// The number of invocations after which memory is measured.
    pub(super) invocations: u32,
    /// The period of the CPU quota.
    pub(super) period: Duration,
}

/// The samples of one binary.
#[derive(Debug)]
pub(super) struct Samples {
    /// The binary's name in the table.
    pub(super) name: &'static str,
    values: Vec<(&'static Figure, f64)>,
}

impl Samples {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, values: Vec::new() }
    }

    pub(super) fn add(&mut self, figure: &'static Figure, value: f64) {
        self.values.push((figure, value));
    }

    /// Returns the samples of a figure, in the order of measurement.
    pub(super) fn of(&self, figure: &Figure) -> Vec<f64> {
        self.values.iter().filter(|(of, _)| *of == figure).map(|(_, value)| *value).collect()
    }
}

impl Report {
    /// Iterates over the measured figures, with a summary for each binary.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&'static Figure, Vec<Summary>)> {
        figures::ALL.into_iter().filter_map(|figure| {
            let summaries: Option<Vec<_>> =
                self.binaries.iter().map(|binary| Summary::of(&binary.of(figure))).collect();
            Some((figure, summaries?))
        })
    }
}

/// Returns the first median as a multiple of the second, or `None` without a second or when it is 0.
pub(super) fn ratio(summaries: &[Summary]) -> Option<f64> {
    let [first, second] = summaries else { return None };
    (second.median > 0.0).then(|| first.median / second.median)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns a report on two binaries, which take 2 ms and 4 ms from start to token.
    pub(in crate::bench) fn example() -> Report {
        let mut binaries = vec![Samples::new("bootstrap"), Samples::new("other")];
        for (binary, base) in binaries.iter_mut().zip([2.0, 4.0]) {
            for run in [0.1, -0.1, 0.0] {
                binary.add(&figures::COLD_WALL, base + run);
            }
            binary.add(&figures::CONNECTIONS, 2.0);
        }
        let plan = Plan { runs: 3, invocations: 1_000, period: Duration::from_millis(20) };
        Report { machine: Machine::here(), plan, load: 0.1, binaries, left_out: vec!["the quota: none here".into()] }
    }

    #[test]
    fn rows_are_in_the_order_of_figures() {
        let report = example();
        let rows: Vec<_> = report.rows().collect();
        let keys: Vec<_> = rows.iter().map(|(figure, _)| figure.key).collect();
        assert_eq!(keys, ["cold_wall", "connections"]);
        assert_eq!(ratio(&rows[0].1), Some(0.5));
    }

    #[test]
    fn no_ratio_without_a_second_value() {
        let one = Summary::of(&[1.0]).unwrap();
        let none = Summary::of(&[0.0]).unwrap();
        assert_eq!(ratio(&[one]), None);
        assert_eq!(ratio(&[one, none]), None);
    }
}
