//! The invocation's one log line, written after its answer was posted, so that a slow standard output does not delay a caller.

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

/// How long Lambda may take to accept an answer. Lambda's API is on the same machine.
const POST_LIMIT: Duration = Duration::from_secs(2);
/// Lambda's request IDs are UUIDs, of 36 characters.
const REQUEST_ID_CAP: usize = 128;

/// What an invocation's log line says beyond the fields of its span.
pub(super) enum Ending {
    Minted { repositories: Vec<u8>, expires_at: String },
    Failed { failure: String, error_type: String, panic_location: Option<String> },
    Rejected { error_type: String },
}

/// Passes the ending from the handler to [`InvocationLog`], past the layer in between that posts the answer.
#[derive(Clone, Default)]
pub(super) struct Endings(Arc<Slot>);

#[derive(Default)]
struct Slot {
    ending: Mutex<Option<Ending>>,
    was_set: Notify,
}

/// Puts each invocation into a span and writes its line.
pub(super) struct InvocationLog(pub(super) Endings);

/// See [`InvocationLog`].
pub(super) struct InvocationLogService<S> {
    inner: S,
    endings: Endings,
}

impl Ending {
    pub(super) fn of(result: &Result<TokenAnswer, Failure>, panic_location: Option<String>) -> Self {
        match result {
            Ok(answer) => Self::Minted {
                // Strings are always JSON.
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

impl Endings {
    pub(super) fn set(&self, ending: Ending) {
        *self.0.ending.lock().unwrap_or_else(PoisonError::into_inner) = Some(ending);
        self.0.was_set.notify_one();
    }

    /// Waits until 2 s have passed since the handler ended.
    async fn post_limit(&self) {
        // A notification may be left over from the invocation before.
        while self.0.ending.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            self.0.was_set.notified().await;
        }
        sleep(POST_LIMIT).await;
    }

    pub(super) fn take(&self) -> Option<Ending> {
        self.0.ending.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<S> Layer<S> for InvocationLog {
    type Service = InvocationLogService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        InvocationLogService { inner, endings: self.0.clone() }
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
        let endings = self.endings.clone();
        let logged = async move {
            let result = match future::select(pin!(answered), pin!(endings.post_limit())).await {
                Either::Left((result, _)) => result.map_err(|error| RuntimeApiError::of_post(&error)),
                Either::Right(_) => Err(RuntimeApiError::TooSlow),
            };
            if let Some(ending) = endings.take() {
                ending.log();
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

/// `lambda_runtime` checks neither in a release build.
fn check(invocation: &LambdaInvocation) -> Result<(), RuntimeApiError> {
    if invocation.parts.status != StatusCode::OK {
        Err(RuntimeApiError::Status(invocation.parts.status.as_u16()))
    } else if !is_request_id(&invocation.context.request_id) {
        Err(RuntimeApiError::RequestId)
    } else {
        Ok(())
    }
}

/// Lambda's ID becomes a part of a URL's path.
fn is_request_id(text: &str) -> bool {
    (1..=REQUEST_ID_CAP).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
