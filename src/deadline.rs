//! Time limits of an invocation.

use std::future::Future;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};

use crate::clock;

/// The answer is posted this long before Lambda's deadline, at which Lambda kills the process and the caller gets no reason.
const MARGIN: Duration = Duration::from_millis(500);
/// How long posting the answer may take: the margin starts when Lambda has it.
const POSTING: Duration = Duration::from_millis(50);
/// Kept for revoking a token that has another scope than configured.
const REVOCATION: Duration = Duration::from_millis(500);
/// With less time left, margin and revocation are a quarter of it each, and posting is proportionally shorter.
const SHORT: Duration = Duration::from_secs(2);
/// Lambda's longest timeout; a deadline beyond it is not one of Lambda's.
const LONGEST: Duration = Duration::from_mins(15);

/// Until when an invocation's steps may run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    work: Instant,
    revocation: Instant,
}

/// The time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfTime;

impl Deadline {
    /// The deadline of an invocation that Lambda kills at `lambda_deadline`; `now` and `instant` are
    /// the same moment on two clocks.
    pub(crate) fn new(lambda_deadline: SystemTime, now: SystemTime, instant: Instant) -> Self {
        let left = lambda_deadline.duration_since(now).unwrap_or_default().min(LONGEST);
        let (margin, revocation, posting) =
            if left < SHORT { (left / 4, left / 4, left / 40) } else { (MARGIN, REVOCATION, POSTING) };
        let answer = instant + left.saturating_sub(margin + posting);
        Self { work: answer.checked_sub(revocation).unwrap_or(instant), revocation: answer }
    }

    /// When reading parameters and asking for a token must have ended.
    pub(crate) fn for_work(&self) -> Instant {
        self.work
    }

    /// Runs a step of the work for as long as there is time.
    ///
    /// # Errors
    ///
    /// [`OutOfTime`] when the step did not end in time.
    pub(crate) async fn work<T>(&self, step: impl Future<Output = T>) -> Result<T, OutOfTime> {
        // The timer would poll the step once even when no time is left.
        if clock::instant() >= self.work {
            return Err(OutOfTime);
        }
        timeout_at(self.work, step).await.map_err(|_| OutOfTime)
    }

    /// Runs a revocation, for which time was kept.
    ///
    /// # Errors
    ///
    /// [`OutOfTime`] when it did not end in time.
    pub(crate) async fn revocation<T>(&self, step: impl Future<Output = T>) -> Result<T, OutOfTime> {
        timeout_at(self.revocation, step).await.map_err(|_| OutOfTime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_second_is_kept_for_the_answer_and_as_much_for_a_revocation() {
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
