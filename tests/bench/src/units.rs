//! Numbers and their units.

use std::time::Duration;

/// The unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Milliseconds,
    Bytes,
    Count,
}

impl Unit {
    /// Returns the unit's name in JSON.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Bytes => "bytes",
            Self::Count => "count",
        }
    }

    /// Formats a number with three or four digits and its unit.
    pub(crate) fn format(self, value: f64) -> String {
        const MIB: f64 = 1024.0 * 1024.0;
        match self {
            Self::Milliseconds if value < 10.0 => format!("{value:.2} ms"),
            Self::Milliseconds if value < 100.0 => format!("{value:.1} ms"),
            Self::Milliseconds => format!("{value:.0} ms"),
            Self::Bytes if value.abs() < 1024.0 => format!("{value:.0} B"),
            Self::Bytes if value.abs() < 1024.0 * 100.0 => format!("{:.0} KiB", value / 1024.0),
            Self::Bytes => format!("{:.2} MiB", value / MIB),
            Self::Count => format!("{value}"),
        }
    }
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Converts a count for calculations.
#[expect(clippy::cast_precision_loss, reason = "no count here is near 2^53")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_or_four_digits_and_a_unit() {
        for (unit, value, text) in [
            (Unit::Milliseconds, 1.2345, "1.23 ms"),
            (Unit::Milliseconds, 66.66, "66.7 ms"),
            (Unit::Milliseconds, 420.4, "420 ms"),
            (Unit::Bytes, 2_936_013.0, "2.80 MiB"),
            (Unit::Bytes, 4096.0, "4 KiB"),
            (Unit::Bytes, -4096.0, "-4 KiB"),
            (Unit::Bytes, 161.3, "161 B"),
            (Unit::Count, 2.0, "2"),
        ] {
            assert_eq!(unit.format(value), text);
        }
    }
}
