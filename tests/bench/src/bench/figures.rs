//! The measured figures, each with name, meaning and unit.

use crate::units::Unit;

/// A measured figure.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Figure {
    /// The name in JSON.
    pub(super) key: &'static str,
    /// The readable name.
    pub(super) what: &'static str,
    pub(super) unit: Unit,
    /// Whether the chart shows it.
    pub(super) charted: bool,
}

const fn time(key: &'static str, what: &'static str) -> Figure {
    Figure { key, what, unit: Unit::Milliseconds, charted: false }
}

const fn charted(key: &'static str, what: &'static str) -> Figure {
    Figure { charted: true, ..time(key, what) }
}

const fn bytes(key: &'static str, what: &'static str) -> Figure {
    Figure { key, what, unit: Unit::Bytes, charted: false }
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
pub(super) const DISTANT_INIT: Figure = time("distant_init_wall", "distant peers: init");
pub(super) const DISTANT_FIRST: Figure = charted("distant_first_wall", "distant peers: first invocation");
pub(super) const DISTANT_COLD: Figure = time("distant_cold_wall", "distant peers: init and first invocation");
pub(super) const DISTANT_LATER: Figure = charted("distant_later_wall", "distant peers: later invocations");
pub(super) const DISTANT_QUOTA_COLD: Figure =
    charted("distant_quota_cold_wall", "quota and distant peers: init and first invocation");
pub(super) const DISTANT_QUOTA_LATER: Figure =
    charted("distant_quota_later_wall", "quota and distant peers: later invocations");
pub(super) const PEAK_MEMORY: Figure = bytes("peak_memory", "peak memory (VmHWM)");
pub(super) const PEAK_GROWTH: Figure = bytes("peak_growth", "growth of peak memory");
pub(super) const ANONYMOUS_GROWTH: Figure = bytes("anonymous_growth", "growth of anonymous memory");
pub(super) const CONNECTIONS: Figure =
    Figure { key: "connections", what: "connections opened", unit: Unit::Count, charted: false };
pub(super) const BINARY: Figure = bytes("binary", "binary");
pub(super) const ZIP: Figure = bytes("zip", "zip");

/// All figures, in the order of the table.
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
    &DISTANT_INIT,
    &DISTANT_FIRST,
    &DISTANT_COLD,
    &DISTANT_LATER,
    &DISTANT_QUOTA_COLD,
    &DISTANT_QUOTA_LATER,
    &PEAK_MEMORY,
    &PEAK_GROWTH,
    &ANONYMOUS_GROWTH,
    &CONNECTIONS,
    &BINARY,
    &ZIP,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique() {
        let mut keys = ALL.map(|figure| figure.key).to_vec();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), ALL.len());
    }
}
