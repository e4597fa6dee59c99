//! The error of an invocation.

use crate::error_type::ErrorType;
use crate::github::GitHubError;
use crate::github_app::PrivateKeyError;
use crate::parameter_store::ParameterStoreError;

/// An error of one of an invocation's steps.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrokerError {
    #[error(transparent)]
    ParameterStore(#[from] ParameterStoreError),
    #[error(transparent)]
    PrivateKey(#[from] PrivateKeyError),
    #[error(transparent)]
    GitHub(#[from] GitHubError),
}

impl BrokerError {
    pub(crate) fn error_type(&self) -> ErrorType {
        match self {
            Self::ParameterStore(error) => error.error_type(),
            Self::PrivateKey(_) => ErrorType::PrivateKeyInvalid,
            Self::GitHub(error) => error.error_type(),
        }
    }
}
