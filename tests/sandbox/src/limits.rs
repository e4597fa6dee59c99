//! How long anything here may take before it is called stuck.

use std::time::Duration;

/// Ends every wait in this crate, so that a hung broker fails a test instead of hanging it. Far above what the contract
/// allows (10 s), so that it is never the limit under test.
const OUTER: Duration = Duration::from_mins(1);

/// What `SANDBOX_TIME_SCALE` says: how many times slower than usual the machine is (under an emulator, say). 1 when
/// unset, or when it is not a positive number.
pub fn time_scale() -> f64 {
    std::env::var("SANDBOX_TIME_SCALE")
        .ok()
        .and_then(|value| value.parse().ok())
        .filter(|scale: &f64| scale.is_finite() && *scale > 0.0)
        .unwrap_or(1.0)
}

/// A limit, stretched by [`time_scale`].
pub fn scaled(limit: Duration) -> Duration {
    limit.mul_f64(time_scale())
}

/// The outer limit of every wait.
pub(crate) fn outer() -> Duration {
    scaled(OUTER)
}
