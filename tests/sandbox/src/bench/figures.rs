//! What is measured: each figure's name, meaning and unit.

/// One thing that is measured.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Figure {
    /// Its name in JSON.
    pub(super) key: &'static str,
    /// What it is, for a person.
    pub(super) what: &'static str,
    /// What its numbers count.
    pub(super) unit: Unit,
    /// Whether the chart shows it.
    pub(super) charted: bool,
}

/// What a figure's numbers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
    /// Things.
    Count,
}

impl Unit {
    /// Its name in JSON.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Bytes => "bytes",
            Self::Count => "count",
        }
    }

    /// A number with its unit, in three or four digits.
    pub(super) fn format(self, value: f64) -> String {
        const MIB: f64 = 1024.0 * 1024.0;
        match self {
            Self::Milliseconds if value < 10.0 => format!("{value:.2} ms"),
            Self::Milliseconds if value < 100.0 => format!("{value:.1} ms"),
            Self::Milliseconds => format!("{value:.0} ms"),
            Self::Bytes if value.abs() < 1024.0 * 100.0 => format!("{:.0} KiB", value / 1024.0),
            Self::Bytes => format!("{:.2} MiB", value / MIB),
            Self::Count => format!("{value}"),
        }
    }
}

const fn time(key: &'static str, what: &'static str) -> Figure {
    Figure { key, what, unit: Unit::Milliseconds, charted: false }
}

const fn charted(key: &'static str, what: &'static str) -> Figure {
    Figure { charted: true, ..time(key, what) }
}

pub(super) const COLD_WALL: Figure = charted("cold_wall", "process start to first token, wall");
pub(super) const COLD_CPU: Figure = charted("cold_cpu", "process start to first token, CPU");
pub(super) const INIT_WALL: Figure = time("init_wall", "init (process start to the first /next), wall");
pub(super) const INIT_CPU: Figure = time("init_cpu", "init, CPU");
pub(super) const FIRST_WALL: Figure = time("first_wall", "first invocation, wall");
pub(super) const FIRST_CPU: Figure = time("first_cpu", "first invocation, CPU");
pub(super) const LATER_WALL: Figure = time("later_wall", "later invocations, wall each");
pub(super) const LATER_CPU: Figure = charted("later_cpu", "later invocations, CPU each");
pub(super) const QUOTA_COLD: Figure = charted("quota_cold_wall", "128 MB quota: init and first invocation");
pub(super) const QUOTA_FIRST: Figure = time("quota_first_wall", "128 MB quota: first invocation");
pub(super) const QUOTA_LATER: Figure = charted("quota_later_wall", "128 MB quota: later invocations, back to back");
pub(super) const FAR_INIT: Figure = time("far_init_wall", "far peers: init");
pub(super) const FAR_FIRST: Figure = charted("far_first_wall", "far peers: first invocation");
pub(super) const FAR_COLD: Figure = time("far_cold_wall", "far peers: init and first invocation");
pub(super) const FAR_LATER: Figure = charted("far_later_wall", "far peers: later invocations");
pub(super) const FAR_QUOTA_COLD: Figure =
    charted("far_quota_cold_wall", "quota and far peers: init and first invocation");
pub(super) const FAR_QUOTA_LATER: Figure = charted("far_quota_later_wall", "quota and far peers: later invocations");
pub(super) const PEAK_MEMORY: Figure =
    Figure { key: "peak_memory", what: "peak memory (VmHWM)", unit: Unit::Bytes, charted: false };
pub(super) const PEAK_GROWTH: Figure =
    Figure { key: "peak_growth", what: "growth of peak memory", unit: Unit::Bytes, charted: false };
pub(super) const OWN_GROWTH: Figure =
    Figure { key: "anonymous_growth", what: "growth of anonymous memory", unit: Unit::Bytes, charted: false };
pub(super) const CONNECTIONS: Figure =
    Figure { key: "connections", what: "connections opened", unit: Unit::Count, charted: false };
pub(super) const BINARY: Figure = Figure { key: "binary", what: "binary", unit: Unit::Bytes, charted: false };
pub(super) const ZIP: Figure = Figure { key: "zip", what: "zip", unit: Unit::Bytes, charted: false };

/// All of them, in the order of the table.
pub(super) const ALL: [&Figure; 23] = [
    &COLD_WALL,
    &COLD_CPU,
    &INIT_WALL,
    &INIT_CPU,
    &FIRST_WALL,
    &FIRST_CPU,
    &LATER_WALL,
    &LATER_CPU,
    &QUOTA_COLD,
    &QUOTA_FIRST,
    &QUOTA_LATER,
    &FAR_INIT,
    &FAR_FIRST,
    &FAR_COLD,
    &FAR_LATER,
    &FAR_QUOTA_COLD,
    &FAR_QUOTA_LATER,
    &PEAK_MEMORY,
    &PEAK_GROWTH,
    &OWN_GROWTH,
    &CONNECTIONS,
    &BINARY,
    &ZIP,
];

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
            (Unit::Count, 2.0, "2"),
        ] {
            assert_eq!(unit.format(value), text);
        }
    }

    #[test]
    fn no_two_figures_have_one_name() {
        let mut keys = ALL.map(|figure| figure.key).to_vec();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), ALL.len());
    }
}
