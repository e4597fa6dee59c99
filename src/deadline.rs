//! The deadlines of an invocation's steps.

use std::future::Future;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};

use crate::clock;

/// The time between posting the response and Lambda's deadline, at which Lambda kills the process and the caller gets no
/// reason.
const MARGIN: Duration = Duration::from_millis(500);
/// The time that posting the response may take. The margin starts when Lambda has received it.
const POSTING: Duration = Duration::from_millis(50);
/// The time reserved for revoking a token that has another scope than configured.
const REVOCATION: Duration = Duration::from_millis(500);
/// The time left below which margin and revocation get a quarter of it each, and posting is reduced in proportion.
const SHORT_TIMEOUT: Duration = Duration::from_secs(2);
/// Lambda's maximum timeout. A later deadline is capped at it, so that it cannot overflow the clock.
const MAX_TIMEOUT: Duration = Duration::from_mins(15);

/// The points in time at which an invocation's steps must have ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    work: Instant,
    revocation: Instant,
}

/// A step was stopped at its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfTime;

impl Deadline {
    /// Computes the deadlines of an invocation that Lambda kills at `lambda_deadline`. `now` and `instant` are the same
    /// moment on the wall clock and on the monotonic clock.
    pub(crate) fn new(lambda_deadline: SystemTime, now: SystemTime, instant: Instant) -> Self {
        let left = lambda_deadline.duration_since(now).unwrap_or_default().min(MAX_TIMEOUT);
        let (margin, revocation, posting) =
            if left < SHORT_TIMEOUT { (left / 4, left / 4, left / 40) } else { (MARGIN, REVOCATION, POSTING) };
        let answer = instant + left.saturating_sub(margin + posting);
        Self { work: answer.checked_sub(revocation).unwrap_or(instant), revocation: answer }
    }

    /// Returns the deadline for reading the parameters and requesting a token.
    pub(crate) fn for_work(&self) -> Instant {
        self.work
    }

    /// Runs a step until the deadline for work.
    ///
    /// # Errors
    ///
    /// [`OutOfTime`] when the step has not ended by then.
    pub(crate) async fn work<T>(&self, step: impl Future<Output = T>) -> Result<T, OutOfTime> {
        // timeout_at polls the step once even after the deadline.
        if clock::instant() >= self.work {
            return Err(OutOfTime);
        }
        timeout_at(self.work, step).await.map_err(|_| OutOfTime)
    }

    /// Runs a revocation in the time reserved for it.
    ///
    /// # Errors
    ///
    /// [`OutOfTime`] when it has not ended by then.
    pub(crate) async fn revocation<T>(&self, step: impl Future<Output = T>) -> Result<T, OutOfTime> {
        timeout_at(self.revocation, step).await.map_err(|_| OutOfTime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_reserved_for_response_and_revocation() {
        for (left_ms, work_ms, revocation_ms) in [
            (10_000, 8_950, 9_450),
            (2_000, 950, 1_450),
            (1_999, 950, 1_450),
            (1_000, 475, 725),
            (4, 2, 3),
            (0, 0, 0),
            (u64::MAX, 898_950, 899_450),
        ] {
            let (now, instant) = (SystemTime::UNIX_EPOCH, clock::instant());
            let lambda = now.checked_add(Duration::from_millis(left_ms)).unwrap_or(now + Duration::from_hours(24));
            let deadline = Deadline::new(lambda, now, instant);
            let whole_ms = |until: Instant| (until - instant + Duration::from_micros(999)).as_millis();
            assert_eq!(whole_ms(deadline.work), work_ms, "{left_ms} ms left");
            assert_eq!(whole_ms(deadline.revocation), revocation_ms, "{left_ms} ms left");
        }
    }

    #[test]
    fn a_deadline_in_the_past_leaves_no_time() {
        let (now, instant) = (SystemTime::UNIX_EPOCH + Duration::from_secs(9), clock::instant());
        assert_eq!(Deadline::new(SystemTime::UNIX_EPOCH, now, instant).work, instant);
    }
}
