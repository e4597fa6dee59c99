//! Why the loop over the Lambda Runtime API ended.

use std::num::ParseIntError;

use lambda_runtime::Error;
use reqwest::header::ToStrError;

/// Why the function cannot go on. Lambda starts another process then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RuntimeApiError {
    #[error("the Lambda Runtime API cannot be reached")]
    Unreachable,
    /// The connection was closed early, or what came is not HTTP. A client context may hold bytes that no HTTP header may.
    #[error(
        "the Lambda Runtime API gave no answer that can be read, or a client context holds bytes that no HTTP header may"
    )]
    Unreadable,
    /// `lambda_runtime` reads both before any layer of ours runs.
    #[error("the client context or Cognito identity of an invocation cannot be read")]
    ClientContext,
    #[error("the Lambda Runtime API gave an invocation without a usable lambda-runtime-aws-request-id")]
    RequestId,
    #[error("the Lambda Runtime API gave an invocation without a usable lambda-runtime-deadline-ms")]
    Deadline,
    #[error("the function's loop over the Lambda Runtime API ended")]
    Ended,
}

impl From<Error> for RuntimeApiError {
    /// The library's own text may quote the client context.
    fn from(error: Error) -> Self {
        if let Some(error) = error.downcast_ref::<Self>() {
            *error
        } else if error.is::<serde_json::Error>() || error.is::<ToStrError>() {
            Self::ClientContext
        } else if error.is::<ParseIntError>() {
            Self::Deadline
        } else if is_connect(&error) {
            Self::Unreachable
        } else {
            Self::Unreadable
        }
    }
}

fn is_connect(error: &Error) -> bool {
    error.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(hyper_util::client::legacy::Error::is_connect)
}
