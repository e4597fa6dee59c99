//! The invocation's one log line, written after its answer was posted, so that a slow standard output does not delay a caller.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Error, LambdaInvocation};
use tracing::field::Empty;
use tracing::{Instrument, Span, error, error_span, info, warn};

use super::failure::Failure;
use super::runtime_api_error::RuntimeApiError;
use crate::broker::TokenAnswer;

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
pub(super) struct Endings(Arc<Mutex<Option<Ending>>>);

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
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ending);
    }

    pub(super) fn take(&self) -> Option<Ending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
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
        if !is_request_id(&invocation.context.request_id) {
            return Box::pin(std::future::ready(Err(RuntimeApiError::RequestId.into())));
        }
        let span = span(&invocation.context.request_id);
        let answered = self.inner.call(invocation);
        let endings = self.endings.clone();
        let logged = async move {
            let result = answered.await;
            if let Some(ending) = endings.take() {
                ending.log();
            }
            result
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

/// Lambda's ID becomes a part of a URL's path.
fn is_request_id(text: &str) -> bool {
    (1..=REQUEST_ID_CAP).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
