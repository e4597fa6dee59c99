//! Errors of the calls to GitHub.

use std::fmt;
use std::time::Duration;

use super::refusal::Refusal;
use super::step::{Phase, Step};
use crate::error_type::ErrorType;
use crate::github_app::InstallationId;
use crate::http::NoAnswer;
use crate::peer_text::Scope;

/// A failed call to GitHub, or a response that is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GitHubError {
    /// A status other than 2xx.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No response, or an incomplete one.
    #[error("{0}: {1}")]
    Unavailable(Phase, Unavailable),
    /// The invocation's deadline was reached.
    #[error("{0}: deadline exceeded{1}")]
    OutOfTime(Phase, PreviousFailure),
    /// The response is larger than 1 MiB.
    #[error("{0}: it is larger than 1 MiB")]
    TooLong(Phase),
    /// The response does not match GitHub's documentation.
    #[error("decode GitHub {0} response: {1}")]
    NotAsDocumented(Step, &'static str),
    /// The response lacks a member.
    #[error("GitHub {0} response did not include {1}")]
    Incomplete(Step, &'static str),
    /// Another installation covers the repository.
    #[error("GitHub repository installation {found} does not match configured installation {configured}")]
    OtherInstallation {
        /// The ID in GitHub's response.
        found: u64,
        /// The ID in the SSM parameter.
        configured: InstallationId,
    },
    /// The account's owner has suspended the App.
    #[error("GitHub App installation {0} is suspended")]
    Suspended(InstallationId),
    /// The token's scope is not the configured one.
    #[error("GitHub granted another scope than configured: {0}")]
    Grant(GrantDifference),
    /// The request could not be built. This is a bug, because every part of it has been validated.
    #[error("{0}: it could not be built")]
    InvalidRequest(Phase),
}

/// The reason why there is no complete response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unavailable {
    /// No connection, or one that was closed before a response.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The attempt reached its limit, see [`crate::http::ATTEMPT_LIMIT`].
    #[error("it took longer than 3 seconds")]
    TimedOut,
    /// The connection was closed before the end of the body.
    #[error("it was cut off")]
    BrokenOff,
}

/// The failure of the attempt before the one that reached the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PreviousFailure {
    /// There was no earlier attempt.
    None,
    /// A status other than 2xx.
    Status(u16),
    /// No complete response.
    Unavailable(Unavailable),
}

/// Formats the end of a message.
impl fmt::Display for PreviousFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Status(status) => write!(f, " after status {status}"),
            Self::Unavailable(Unavailable::TimedOut) => f.write_str(" after no response within 3 seconds"),
            Self::Unavailable(why) => write!(f, " after {why}"),
        }
    }
}

/// The difference between a token's scope and the configured one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GrantDifference {
    /// `repository_selection` is `all`.
    #[error("all repositories of the installation")]
    AllRepositories,
    /// `repository_selection` is neither `all` nor `selected`.
    #[error("repository selection {0}")]
    Selection(Scope),
    /// The list of repositories is empty.
    #[error("no repository")]
    NoRepository,
    /// A repository other than the configured one.
    #[error("repository {0}")]
    Repository(Scope),
    /// The list names the configured repository more than once.
    #[error("the repository more than once")]
    RepositoryTwice,
    /// A permission that was not requested.
    #[error("permission {0}: {1}")]
    Permission(Scope, Scope),
    /// A permission with another level than requested.
    #[error("permission {name}: {granted} instead of {requested}")]
    Level {
        /// The permission's name.
        name: String,
        /// The configured level.
        requested: String,
        /// The level in GitHub's response.
        granted: Scope,
    },
    /// A permission that was requested and not granted.
    #[error("permission {0} is missing")]
    NoPermission(String),
}

impl GitHubError {
    pub(crate) fn error_type(&self) -> ErrorType {
        match self {
            Self::Refused(refusal) => refusal.error_type(),
            Self::Unavailable(..) => ErrorType::GitHubUnavailable,
            Self::OutOfTime(..) => ErrorType::DeadlineExceeded,
            Self::TooLong(_) | Self::NotAsDocumented(..) | Self::Incomplete(..) => ErrorType::GitHubResponseInvalid,
            Self::OtherInstallation { .. } => ErrorType::InstallationMismatch,
            Self::Suspended(_) => ErrorType::InstallationSuspended,
            Self::Grant(_) => ErrorType::GrantMismatch,
            Self::InvalidRequest(_) => ErrorType::InternalError,
        }
    }

    /// Adds the previous attempt's failure to [`Self::OutOfTime`]. Returns any other error unchanged.
    pub(super) fn with_previous(self, previous: PreviousFailure) -> Self {
        match self {
            Self::OutOfTime(phase, PreviousFailure::None) => Self::OutOfTime(phase, previous),
            error => error,
        }
    }

    /// Converts the failure for the error of a later attempt that reaches the deadline.
    pub(super) fn as_previous(&self) -> PreviousFailure {
        match self {
            Self::Refused(refusal) => PreviousFailure::Status(refusal.status()),
            Self::Unavailable(_, why) => PreviousFailure::Unavailable(*why),
            _ => PreviousFailure::None,
        }
    }

    /// Returns whether a retry may succeed.
    pub(super) fn is_retryable(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.is_retryable(),
            Self::Unavailable(_, why) => !matches!(why, Unavailable::BrokenOff),
            _ => false,
        }
    }

    /// Returns GitHub's `Retry-After`.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        if let Self::Refused(refusal) = self { refusal.retry_after } else { None }
    }
}
