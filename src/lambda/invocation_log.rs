//! Writes the invocation's log line after its response was posted, so that a slow standard output does not delay a
//! caller.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{self, Either};
use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Error, LambdaInvocation};
use reqwest::StatusCode;
use tokio::sync::Notify;
use tokio::time::sleep;
use tracing::field::Empty;
use tracing::{Instrument, Span, error, error_span, info, warn};

use super::failure::Failure;
use super::runtime_api_error::RuntimeApiError;
use crate::broker::TokenAnswer;

/// The timeout for posting a response. Lambda's API is on the same machine.
const POST_LIMIT: Duration = Duration::from_secs(2);
/// The maximum length. Lambda's request IDs are UUIDs of 36 characters.
const REQUEST_ID_CAP: usize = 128;

/// The content of an invocation's log line in addition to the fields of its span.
pub(super) enum Outcome {
    Minted { repositories: Vec<u8>, expires_at: String },
    Failed { failure: String, error_type: String, panic_location: Option<String> },
    Rejected { error_type: String },
}

/// Passes the outcome from the handler to [`InvocationLog`], around the layer between them that posts the response.
#[derive(Clone, Default)]
pub(super) struct Outcomes(Arc<Slot>);

#[derive(Default)]
struct Slot {
    outcome: Mutex<Option<Outcome>>,
    was_set: Notify,
}

/// Creates a span for each invocation and writes its log line.
pub(super) struct InvocationLog(pub(super) Outcomes);

/// See [`InvocationLog`].
pub(super) struct InvocationLogService<S> {
    inner: S,
    outcomes: Outcomes,
}

impl Outcome {
    pub(super) fn of(result: &Result<TokenAnswer, Failure>, panic_location: Option<String>) -> Self {
        match result {
            Ok(answer) => Self::Minted {
                // Serialising strings cannot fail.
                repositories: serde_json::to_vec(answer.repositories()).unwrap_or_default(),
                expires_at: answer.expires_at().as_str().to_owned(),
            },
            Err(failure @ Failure::InputRejected) => Self::Rejected { error_type: failure.error_type().name() },
            Err(failure) => {
                let error_type = failure.error_type().name();
                Self::Failed { failure: failure.to_string(), error_type, panic_location }
            }
        }
    }

    fn log(self) {
        match self {
            Self::Minted { repositories, expires_at } => {
                info!(repositories = &*repositories, expires_at, "minted GitHub installation token");
            }
            Self::Failed { failure, error_type, panic_location } => {
                error!(error = failure, error_type, panic_location, "mint GitHub installation token");
            }
            Self::Rejected { error_type } => warn!(error_type, "rejected non-empty invocation payload"),
        }
    }
}

impl Outcomes {
    pub(super) fn set(&self, outcome: Outcome) {
        *self.0.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        self.0.was_set.notify_one();
    }

    /// Waits for the handler's outcome and then for the timeout of the post.
    async fn post_limit(&self) {
        // A notification may be left over from the previous invocation.
        while self.0.outcome.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            self.0.was_set.notified().await;
        }
        sleep(POST_LIMIT).await;
    }

    pub(super) fn take(&self) -> Option<Outcome> {
        self.0.outcome.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<S> Layer<S> for InvocationLog {
    type Service = InvocationLogService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        InvocationLogService { inner, outcomes: self.0.clone() }
    }
}

impl<S> Service<LambdaInvocation> for InvocationLogService<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
    S::Future: 'static,
{
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        if let Err(error) = check(&invocation) {
            return Box::pin(std::future::ready(Err(error.into())));
        }
        let request_id = invocation.context.request_id.clone();
        let span = span(&request_id);
        let answered = self.inner.call(invocation);
        let outcomes = self.outcomes.clone();
        let logged = async move {
            let result = match future::select(pin!(answered), pin!(outcomes.post_limit())).await {
                Either::Left((result, _)) => result.map_err(|error| RuntimeApiError::of_post(&error)),
                Either::Right(_) => Err(RuntimeApiError::TooSlow),
            };
            if let Some(outcome) = outcomes.take() {
                outcome.log();
            }
            if let Err(error) = result {
                error!(parent: None, error = %error, request_id, "post answer to Lambda");
            }
            result.map_err(Error::from)
        };
        Box::pin(logged.instrument(span))
    }
}

/// Declares every field that a step may record.
fn span(request_id: &str) -> Span {
    error_span!(
        "invocation",
        request_id,
        aws_request_id = Empty,
        github_request_id = Empty,
        key_fingerprint = Empty,
        client_id = Empty,
        installation_id = Empty,
        revocation = Empty,
        token_sha256 = Empty,
        ssm_ms = Empty,
        preflight_ms = Empty,
        token_ms = Empty,
    )
}

/// Checks status and request ID, which `lambda_runtime` does not check in a release build.
fn check(invocation: &LambdaInvocation) -> Result<(), RuntimeApiError> {
    if invocation.parts.status != StatusCode::OK {
        Err(RuntimeApiError::Status(invocation.parts.status.as_u16()))
    } else if !is_request_id(&invocation.context.request_id) {
        Err(RuntimeApiError::RequestId)
    } else {
        Ok(())
    }
}

/// Returns whether the text is safe to use in a URL's path.
fn is_request_id(text: &str) -> bool {
    (1..=REQUEST_ID_CAP).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
