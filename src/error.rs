//! What a caller can be told, and its stable names.

use std::fmt;

use serde::Serialize;

use crate::app_jwt::PrivateKeyError;
use crate::config::ConfigError;
use crate::github::GitHubError;
use crate::parameter_store::ParameterStoreError;

/// The `errorType` of an answer: what the caller or operator must do. Names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ErrorType {
    /// Call with `null` or nothing.
    InvocationInputRejected,
    /// Mend the function's environment.
    ConfigurationInvalid,
    /// Look at what was slow, or raise the function's timeout.
    DeadlineExceeded,
    /// Create the parameters, or mend their names.
    ParametersMissing,
    /// Mend the parameter's value.
    ParameterInvalid,
    /// Look at the role's permissions, the network or SSM's health.
    ParametersUnreadable,
    /// Store the App's private key again.
    PrivateKeyInvalid,
    /// Ask for fewer tokens.
    GitHubRateLimited,
    /// Check client ID and private key, and that the App still exists.
    GitHubRejectedApp,
    /// Install the App on the repository, or mend the repository's name.
    RepositoryNotInstalled,
    /// Mend the installation ID.
    InstallationMismatch,
    /// Unsuspend the installation.
    InstallationSuspended,
    /// Grant the App the permissions, and accept them in the installation.
    PermissionsNotGranted,
    /// Look at the status.
    GitHubRefused,
    /// Try again later; look at the network and GitHub's health.
    GitHubUnavailable,
    /// Look at what answers in GitHub's place.
    GitHubResponseInvalid,
    /// Look at the App's installation; the token was not handed out.
    GrantMismatch,
    /// Report a bug of this program.
    InternalError,
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Why an invocation brought no token.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The caller sent something.
    #[error("github-token-broker does not accept invocation input")]
    InputRejected,
    /// The parameters could not be read or do not hold what they should.
    #[error(transparent)]
    ParameterStore(#[from] ParameterStoreError),
    /// The private key is not usable.
    #[error(transparent)]
    PrivateKey(#[from] PrivateKeyError),
    /// GitHub did not give the token that it should.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// A bug. What exactly is told to nobody: it might hold a secret.
    #[error("internal error")]
    Internal,
}

impl BrokerError {
    /// The stable name of this error.
    #[must_use]
    pub fn error_type(&self) -> ErrorType {
        match self {
            Self::InputRejected => ErrorType::InvocationInputRejected,
            Self::ParameterStore(error) => error.error_type(),
            Self::PrivateKey(_) => ErrorType::PrivateKeyInvalid,
            Self::GitHub(error) => error.error_type(),
            Self::Internal => ErrorType::InternalError,
        }
    }
}

/// An error in the form in which callers read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// Its stable name.
    pub error_type: ErrorType,
    /// What went wrong.
    pub error_message: String,
}

impl From<&BrokerError> for Diagnostic {
    fn from(error: &BrokerError) -> Self {
        Self { error_type: error.error_type(), error_message: error.to_string() }
    }
}

impl From<&ConfigError> for Diagnostic {
    fn from(error: &ConfigError) -> Self {
        Self { error_type: ErrorType::ConfigurationInvalid, error_message: error.to_string() }
    }
}
