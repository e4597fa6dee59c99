//! The one place where the time is read.

use std::time::SystemTime;

use tokio::time::Instant;

/// Where the time comes from: [`system_clock`] in the Lambda, a fixed value in tests.
pub type Clock = fn() -> SystemTime;

/// The time of day, for the App JWT and for Lambda's deadline.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn system_clock() -> SystemTime {
    SystemTime::now()
}

/// A point of the monotonic clock, for limits and for how long a step took.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn instant() -> Instant {
    Instant::now()
}
