//! One invocation: an event in, an answer or a failure out.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lambda_runtime::LambdaEvent;

use super::failure::Failure;
use super::invocation_log::{Ending, Endings};
use super::panics;
use super::payload::Payload;
use crate::broker::{Broker, BrokerError, TokenAnswer};
use crate::clock;
use crate::deadline::Deadline;

/// What a handler gets its token from: the broker, or a stand-in in a test.
pub(super) trait Mint {
    fn mint(&self, deadline: &Deadline) -> impl Future<Output = Result<TokenAnswer, BrokerError>>;
}

impl Mint for Broker {
    async fn mint(&self, deadline: &Deadline) -> Result<TokenAnswer, BrokerError> {
        Broker::mint(self, deadline).await
    }
}

/// Handles an invocation and leaves in `endings` what its log line says.
///
/// # Errors
///
/// [`Failure`], which becomes the caller's `errorType` and `errorMessage`.
pub(super) async fn handle(
    minter: Arc<impl Mint>,
    endings: Endings,
    event: LambdaEvent<Payload>,
) -> Result<TokenAnswer, Failure> {
    let (result, panic_location) = match event.payload {
        Payload::Refused => (Err(Failure::InputRejected), None),
        Payload::Empty => {
            let deadline = Deadline::new(time(event.context.deadline), clock::system_clock(), clock::instant());
            // On the heap: the future of an SDK call is large.
            match panics::catch(Box::pin(minter.mint(&deadline))).await {
                Ok(result) => (result.map_err(Failure::from), None),
                Err(panicked) => (Err(Failure::Panicked), panicked.location),
            }
        }
    };
    endings.set(Ending::of(&result, panic_location));
    result
}

/// The time that Lambda gives in milliseconds since 1970.
fn time(unix_ms: u64) -> SystemTime {
    // No overflow: the milliseconds of a u64 fit.
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(unix_ms)).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use lambda_runtime::{Context, Diagnostic};

    use super::*;
    use crate::parameter_store::ParameterStoreError;

    const SECRET: &str = "ghs_s3cret-of-a-panic";

    /// Panics twice, then fails as a broker may.
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

    async fn diagnostic(minter: &Arc<Panicking>, endings: &Endings, payload: Payload) -> Diagnostic {
        let event = LambdaEvent::new(payload, Context::default());
        handle(minter.clone(), endings.clone(), event).await.err().unwrap().into()
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_without_its_text() {
        let (minter, endings) = (Arc::new(Panicking::default()), Endings::default());
        for _ in 0..2 {
            let diagnostic = diagnostic(&minter, &endings, Payload::Empty).await;
            assert_eq!([&*diagnostic.error_type, &*diagnostic.error_message], ["InternalError", "internal error"]);
            let Some(Ending::Failed { failure, error_type, .. }) = endings.take() else { panic!("no ending") };
            assert_eq!([failure, error_type], ["internal error", "InternalError"]);
        }
        let next = diagnostic(&minter, &endings, Payload::Empty).await;
        assert_eq!(next.error_type, "DeadlineExceeded", "the next invocation works");
    }

    #[tokio::test]
    async fn a_refused_payload_reaches_no_minter() {
        let (minter, endings) = (Arc::new(Panicking::default()), Endings::default());
        let diagnostic = diagnostic(&minter, &endings, Payload::Refused).await;
        assert_eq!(diagnostic.error_type, "InvocationInputRejected");
        assert!(matches!(endings.take(), Some(Ending::Rejected { .. })));
        assert_eq!(minter.0.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn lambdas_deadline_does_not_overflow() {
        assert_eq!(time(1_500), SystemTime::UNIX_EPOCH + Duration::from_millis(1_500));
        assert!(time(u64::MAX) > SystemTime::UNIX_EPOCH);
    }
}
