//! The time after which anything in this crate counts as stuck.

use std::time::Duration;

/// The timeout of every wait in this crate, so that a hung broker fails a test instead of hanging it. It is much longer
/// than the contract's 10 s, so it is never the limit under test.
const OUTER: Duration = Duration::from_mins(1);

/// Returns `SANDBOX_TIME_SCALE`: how many times slower than usual the machine is, for example in an emulator. 1 when it
/// is unset or not a positive number.
pub fn time_scale() -> f64 {
    std::env::var("SANDBOX_TIME_SCALE")
        .ok()
        .and_then(|value| value.parse().ok())
        .filter(|scale: &f64| scale.is_finite() && *scale > 0.0)
        .unwrap_or(1.0)
}

/// Multiplies a time limit by [`time_scale`].
pub fn scaled(limit: Duration) -> Duration {
    limit.mul_f64(time_scale())
}

/// Returns the scaled timeout of every wait.
pub(crate) fn outer() -> Duration {
    scaled(OUTER)
}
