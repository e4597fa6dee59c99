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
