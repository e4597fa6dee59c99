//! The only module that reads the clocks.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// The source of the current time: [`system_clock`] in production, a fixed value in tests.
pub(crate) type Clock = fn() -> SystemTime;

/// Reads the wall clock, for App JWTs, Lambda's deadline and log lines.
#[expect(clippy::disallowed_methods, reason = "the only module that reads the clocks")]
pub(crate) fn system_clock() -> SystemTime {
    SystemTime::now()
}

/// Reads the monotonic clock, for timeouts and durations.
#[expect(clippy::disallowed_methods, reason = "the only module that reads the clocks")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// Measures the duration of a step.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(instant())
    }

    /// Returns the milliseconds since the start, rounded.
    pub(crate) fn ms(&self) -> u64 {
        let elapsed = instant().duration_since(self.0) + Duration::from_micros(500);
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}
