//! The clocks, for tests that compare what the function did with the time it took.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The time of day.
#[expect(clippy::disallowed_methods, reason = "the tests' one place where the clock is read")]
pub(crate) fn system_clock() -> SystemTime {
    SystemTime::now()
}

/// The time of day in whole seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    system_clock().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A point of the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "the tests' one place where the clock is read")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
