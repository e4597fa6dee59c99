//! Medians and spread.

/// A summary of several samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) lower_quartile: f64,
    pub(crate) upper_quartile: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Summary {
    /// Summarises the samples; `None` without any.
    pub(crate) fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let quantile = |quarters| quantile(&sorted, quarters);
        Some(Self { median: quantile(2), lower_quartile: quantile(1), upper_quartile: quantile(3), min, max })
    }
}

/// Interpolates between the two nearest samples, like R's `quantile` by default (type 7).
fn quantile(sorted: &[f64], quarters: usize) -> f64 {
    let position = (sorted.len() - 1) * quarters;
    let (below, rest) = (position / 4, position % 4);
    let above = sorted.get(below + 1).unwrap_or(&sorted[below]);
    #[expect(clippy::cast_precision_loss, reason = "at most 3")]
    let share = rest as f64 / 4.0;
    sorted[below] + (above - sorted[below]) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_between_samples() {
        for (samples, lower_quartile, median, upper_quartile) in [
            (&[7.0][..], 7.0, 7.0, 7.0),
            (&[2.0, 1.0], 1.25, 1.5, 1.75),
            (&[5.0, 1.0, 3.0, 2.0, 4.0], 2.0, 3.0, 4.0),
            (&[4.0, 3.0, 2.0, 1.0], 1.75, 2.5, 3.25),
        ] {
            let summary = Summary::of(samples).unwrap();
            assert_eq!(
                (summary.lower_quartile, summary.median, summary.upper_quartile),
                (lower_quartile, median, upper_quartile),
                "{samples:?}"
            );
        }
    }

    #[test]
    fn min_and_max_are_samples() {
        let summary = Summary::of(&[3.0, 9.0, 1.0]).unwrap();
        assert_eq!((summary.min, summary.max), (1.0, 9.0));
        assert_eq!(Summary::of(&[]), None);
    }
}
