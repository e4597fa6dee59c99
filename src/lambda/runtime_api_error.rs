//! Errors of the loop over the Lambda Runtime API.

use std::num::ParseIntError;

use lambda_runtime::Error;
use reqwest::header::ToStrError;

/// The reason why the process cannot continue. Lambda then starts another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RuntimeApiError {
    #[error("the Lambda Runtime API cannot be reached")]
    Unreachable,
    #[error("the Lambda Runtime API did not answer within 2 s")]
    TooSlow,
    /// The connection was closed early, or the response is not HTTP.
    #[error("the Lambda Runtime API sent no readable response")]
    Unreadable,
    /// The response to a poll has this status.
    #[error("the Lambda Runtime API answered with status {0}")]
    Status(u16),
    /// One of them is invalid. `lambda_runtime` parses both before our layers run, and ends its loop on an error.
    #[error("the client context or Cognito identity of an invocation cannot be read")]
    ClientContext,
    #[error("the Lambda Runtime API sent an invocation without a valid lambda-runtime-aws-request-id")]
    RequestId,
    #[error("the Lambda Runtime API sent an invocation without a valid lambda-runtime-deadline-ms")]
    Deadline,
    #[error("the function's loop over the Lambda Runtime API ended")]
    Ended,
}

impl From<Error> for RuntimeApiError {
    /// Converts the library's error, whose own text may quote the client context.
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
    /// Converts the error of posting a response.
    pub(super) fn of_post(error: &Error) -> Self {
        if is_connect(error) { Self::Unreachable } else { Self::Unreadable }
    }
}

fn is_connect(error: &Error) -> bool {
    error.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(hyper_util::client::legacy::Error::is_connect)
}

/// Returns whether a header is invalid. A client context is a header, and may contain bytes that HTTP does not allow.
fn is_bad_header(error: &Error) -> bool {
    // hyper has no method for this kind of error.
    error.source().is_some_and(|error| error.to_string() == "invalid HTTP header parsed")
}
