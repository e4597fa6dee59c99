//! The backoff between the attempts of a request to GitHub.
//!
//! Own code because neither `reqwest::retry` nor tower's retry layer combines `Retry-After` with a deadline: a pause
//! that is longer than the time left must end the attempts, not the invocation.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// The maximum number of attempts, the first included.
const GITHUB_ATTEMPTS: u32 = 3;
/// The maximum backoff before the second attempt. It doubles for the third.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Returns the backoff after the given attempt (the first is 1), or `None` after the last one. It doubles with each
/// attempt and has a random factor from 0.5 to 1, so that brokers that failed at the same time do not retry at the same
/// time. It is at least `Retry-After`.
///
/// `jitter` is a random number from 0 to 1.
pub(super) fn pause_after(attempt: u32, retry_after: Option<Duration>, jitter: f64) -> Option<Duration> {
    if attempt >= GITHUB_ATTEMPTS {
        return None;
    }
    let longest = FIRST_PAUSE * 2_u32.pow(attempt.saturating_sub(1));
    let pause = longest.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
    Some(pause.max(retry_after.unwrap_or_default()))
}

/// Parses a `Retry-After` header: seconds, or a date
/// (<https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>).
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that overflows is longer than any invocation.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let date = SystemTime::try_from(DateTime::from_str(value, Format::HttpDate).ok()?).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn pauses_double_with_jitter_for_three_attempts() {
        for (attempt, jitter, expected) in [
            (1, 0.0, Some(MS(100))),
            (1, 1.0, Some(MS(200))),
            (2, 0.0, Some(MS(200))),
            (2, 0.5, Some(MS(300))),
            (2, 1.0, Some(MS(400))),
            (3, 0.0, None),
        ] {
            assert_eq!(pause_after(attempt, None, jitter), expected, "attempt {attempt}, jitter {jitter}");
        }
    }

    #[test]
    fn retry_after_makes_a_pause_longer() {
        assert_eq!(pause_after(1, Some(MS(1_000)), 0.3), Some(MS(1_000)));
        assert_eq!(pause_after(1, Some(MS(0)), 0.0), Some(MS(100)));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, expected) in [
            ("0", Some(0)),
            ("2", Some(2)),
            (" 2 ", Some(2)),
            ("", None),
            ("99999999999999999999", Some(u64::from(u32::MAX))),
            ("Sun, 06 Nov 1994 08:49:40 GMT", Some(3)),
            ("Sun, 06 Nov 1994 08:49:30 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(retry_after(value, now), expected.map(Duration::from_secs), "{value}");
        }
    }
}
