//! The error of an invocation, as callers see it.

use lambda_runtime::Diagnostic;

use crate::broker::BrokerError;
use crate::error_type::ErrorType;

/// The reason why an invocation failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The caller sent a payload.
    #[error("github-token-broker does not accept invocation input")]
    InputRejected,
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// A panic. Its text is not shown because it may quote a secret.
    #[error("internal error")]
    Panicked,
}

impl Failure {
    pub(super) fn error_type(&self) -> ErrorType {
        match self {
            Self::InputRejected => ErrorType::InvocationInputRejected,
            Self::Broker(error) => error.error_type(),
            Self::Panicked => ErrorType::InternalError,
        }
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.error_type().name(), error_message: failure.to_string() }
    }
}
