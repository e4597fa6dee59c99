//! Why the loop over the Lambda Runtime API ended.

use std::num::ParseIntError;

use lambda_runtime::Error;
use reqwest::header::ToStrError;

/// Why the function cannot go on. Lambda starts another process then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RuntimeApiError {
    #[error("the Lambda Runtime API cannot be reached")]
    Unreachable,
    #[error("the Lambda Runtime API did not answer within 2 s")]
    TooSlow,
    /// The connection was closed early, or what came is not HTTP.
    #[error("the Lambda Runtime API gave no answer that can be read")]
    Unreadable,
    /// A poll was answered with this status.
    #[error("the Lambda Runtime API answered with status {0}")]
    Status(u16),
    /// `lambda_runtime` parses both before any layer of ours runs, and ends when it cannot.
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
        } else if error.is::<serde_json::Error>() || error.is::<ToStrError>() || is_bad_header(&error) {
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

impl RuntimeApiError {
    /// Why an answer was not accepted.
    pub(super) fn of_post(error: &Error) -> Self {
        if is_connect(error) { Self::Unreachable } else { Self::Unreadable }
    }
}

fn is_connect(error: &Error) -> bool {
    error.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(hyper_util::client::legacy::Error::is_connect)
}

/// A client context is a header of its invocation, and may hold bytes that HTTP does not allow there.
fn is_bad_header(error: &Error) -> bool {
    // hyper has no method for this kind of error.
    error.source().is_some_and(|error| error.to_string() == "invalid HTTP header parsed")
}
