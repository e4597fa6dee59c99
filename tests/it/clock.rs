//! The clocks, for tests that compare times and durations with the function's.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Reads the wall clock.
#[expect(clippy::disallowed_methods, reason = "the tests' only module that reads the clocks")]
pub(crate) fn system_clock() -> SystemTime {
    SystemTime::now()
}

/// Reads the wall clock, in whole seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    system_clock().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Reads the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "the tests' only module that reads the clocks")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
