//! The one place that reads the time.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Where the time comes from: [`system_clock`] in the Lambda, a fixed value in tests.
pub(crate) type Clock = fn() -> SystemTime;

/// The time of day, for App JWTs, Lambda's deadline and log lines.
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub(crate) fn system_clock() -> SystemTime {
    SystemTime::now()
}

/// The monotonic clock, for time limits and durations.
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// Measures a step.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(instant())
    }

    /// Milliseconds since the start, rounded.
    pub(crate) fn ms(&self) -> u64 {
        let elapsed = instant().duration_since(self.0) + Duration::from_micros(500);
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}
