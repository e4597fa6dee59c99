//! Handles one invocation: returns a response or a failure for an event.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lambda_runtime::LambdaEvent;

use super::failure::Failure;
use super::invocation_log::{Outcome, Outcomes};
use super::panics;
use super::payload::Payload;
use crate::broker::{Broker, BrokerError, TokenAnswer};
use crate::clock;
use crate::deadline::Deadline;

/// Issues a token: the broker, or a test double.
pub(super) trait Mint {
    fn mint(&self, deadline: &Deadline) -> impl Future<Output = Result<TokenAnswer, BrokerError>>;
}

impl Mint for Broker {
    async fn mint(&self, deadline: &Deadline) -> Result<TokenAnswer, BrokerError> {
        Broker::mint(self, deadline).await
    }
}

/// Handles an invocation and leaves the content of its log line in `outcomes`.
///
/// # Errors
///
/// [`Failure`], which becomes the caller's `errorType` and `errorMessage`.
pub(super) async fn handle(
    minter: Arc<impl Mint>,
    outcomes: Outcomes,
    event: LambdaEvent<Payload>,
) -> Result<TokenAnswer, Failure> {
    let (result, panic_location) = match event.payload {
        Payload::Refused => (Err(Failure::InputRejected), None),
        Payload::Empty => {
            let deadline = Deadline::new(time(event.context.deadline), clock::system_clock(), clock::instant());
            // Boxed, because the future of an SDK call is large.
            match panics::catch(Box::pin(minter.mint(&deadline))).await {
                Ok(result) => (result.map_err(Failure::from), None),
                Err(panicked) => (Err(Failure::Panicked), panicked.location),
            }
        }
    };
    outcomes.set(Outcome::of(&result, panic_location));
    result
}

/// Converts Lambda's milliseconds since 1970.
fn time(unix_ms: u64) -> SystemTime {
    // Cannot overflow: SystemTime holds any u64 of milliseconds.
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(unix_ms)).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use lambda_runtime::{Context, Diagnostic};

    use super::*;
    use crate::parameter_store::ParameterStoreError;

    const SECRET: &str = "ghs_s3cret-of-a-panic";

    /// A minter that panics twice and then returns an error.
    #[derive(Default)]
    struct Panicking(AtomicU8);

    impl Mint for Panicking {
        async fn mint(&self, _: &Deadline) -> Result<TokenAnswer, BrokerError> {
            tokio::task::yield_now().await;
            match self.0.fetch_add(1, Ordering::SeqCst) {
                0 => panic!("{SECRET}"),
                1 => std::panic::panic_any(SECRET.to_owned()),
                _ => Err(ParameterStoreError::OutOfTime.into()),
            }
        }
    }

    async fn diagnostic(minter: &Arc<Panicking>, outcomes: &Outcomes, payload: Payload) -> Diagnostic {
        let event = LambdaEvent::new(payload, Context::default());
        handle(minter.clone(), outcomes.clone(), event).await.err().unwrap().into()
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_without_its_text() {
        let (minter, outcomes) = (Arc::new(Panicking::default()), Outcomes::default());
        for _ in 0..2 {
            let diagnostic = diagnostic(&minter, &outcomes, Payload::Empty).await;
            assert_eq!([&*diagnostic.error_type, &*diagnostic.error_message], ["InternalError", "internal error"]);
            let Some(Outcome::Failed { failure, error_type, .. }) = outcomes.take() else { panic!("no outcome") };
            assert_eq!([failure, error_type], ["internal error", "InternalError"]);
        }
        let next = diagnostic(&minter, &outcomes, Payload::Empty).await;
        assert_eq!(next.error_type, "DeadlineExceeded", "the next invocation works");
    }

    #[tokio::test]
    async fn a_refused_payload_does_not_reach_the_minter() {
        let (minter, outcomes) = (Arc::new(Panicking::default()), Outcomes::default());
        let diagnostic = diagnostic(&minter, &outcomes, Payload::Refused).await;
        assert_eq!(diagnostic.error_type, "InvocationInputRejected");
        assert!(matches!(outcomes.take(), Some(Outcome::Rejected { .. })));
        assert_eq!(minter.0.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn lambdas_deadline_does_not_overflow() {
        assert_eq!(time(1_500), SystemTime::UNIX_EPOCH + Duration::from_millis(1_500));
        assert!(time(u64::MAX) > SystemTime::UNIX_EPOCH);
    }
}
