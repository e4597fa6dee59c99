//! Why GitHub issued no token that may be handed out.

use std::fmt;
use std::time::Duration;

use super::refusal::Refusal;
use super::step::{Phase, Step};
use crate::error_type::ErrorType;
use crate::github_app::InstallationId;
use crate::http::NoAnswer;
use crate::peer_text::Scope;

/// A call to GitHub failed, or its response is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GitHubError {
    /// A status other than 2xx.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No response, or an incomplete one.
    #[error("{0}: {1}")]
    Unavailable(Phase, Unavailable),
    /// The invocation's time ran out.
    #[error("{0}: deadline exceeded{1}")]
    OutOfTime(Phase, After),
    /// The response has more than 1 MiB.
    #[error("{0}: it has more than 1 MiB")]
    TooLong(Phase),
    /// The response is not what GitHub documents.
    #[error("decode GitHub {0} response: {1}")]
    NotAsDocumented(Step, &'static str),
    /// The response lacks a member.
    #[error("GitHub {0} response did not include {1}")]
    Incomplete(Step, &'static str),
    /// Another installation covers the repository.
    #[error("GitHub repository installation {found} does not match configured installation {configured}")]
    OtherInstallation {
        /// As GitHub says.
        found: u64,
        /// As the parameter says.
        configured: InstallationId,
    },
    /// The account's owner has suspended the App.
    #[error("GitHub App installation {0} is suspended")]
    Suspended(InstallationId),
    /// The token's scope is not the configured one.
    #[error("GitHub granted another scope than configured: {0}")]
    Grant(GrantDifference),
    /// The request could not be built: a bug, since every part of it was checked.
    #[error("{0}: it could not be built")]
    NotARequest(Phase),
}

/// Why there is no complete response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unavailable {
    /// No connection, or one that ended before a response.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The attempt reached its limit, see [`crate::http::ATTEMPT_LIMIT`].
    #[error("it took longer than 3 seconds")]
    TimedOut,
    /// The connection ended within the body.
    #[error("it broke off")]
    BrokenOff,
}

/// The failure of the attempt before the one that ran out of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// There was no attempt before it.
    Nothing,
    /// A status other than 2xx.
    Status(u16),
    /// No complete response.
    Unavailable(Unavailable),
}

/// As the end of a message.
impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Status(status) => write!(f, " after status {status}"),
            Self::Unavailable(Unavailable::TimedOut) => f.write_str(" after no answer within 3 seconds"),
            Self::Unavailable(why) => write!(f, " after {why}"),
        }
    }
}

/// How a token's scope differs from the configured one.
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
    /// A permission that was not asked for.
    #[error("permission {0}: {1}")]
    Permission(Scope, Scope),
    /// A permission with another level than asked for.
    #[error("permission {name}: {granted} instead of {asked}")]
    Level {
        /// As configured.
        name: String,
        /// As configured.
        asked: String,
        /// As GitHub says.
        granted: Scope,
    },
    /// A permission that was asked for and not granted.
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
            Self::NotARequest(_) => ErrorType::InternalError,
        }
    }

    /// The same error, or, when the time ran out, the one that says which failure preceded it.
    pub(super) fn preceded_by(self, after: After) -> Self {
        match self {
            Self::OutOfTime(phase, After::Nothing) => Self::OutOfTime(phase, after),
            error => error,
        }
    }

    /// How a later attempt that runs out of time mentions this failure.
    pub(super) fn as_precedent(&self) -> After {
        match self {
            Self::Refused(refusal) => After::Status(refusal.status()),
            Self::Unavailable(_, why) => After::Unavailable(*why),
            _ => After::Nothing,
        }
    }

    /// Whether a retry may succeed.
    pub(super) fn is_retryable(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.is_retryable(),
            Self::Unavailable(_, why) => !matches!(why, Unavailable::BrokenOff),
            _ => false,
        }
    }

    /// GitHub's `Retry-After`.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        if let Self::Refused(refusal) = self { refusal.retry_after } else { None }
    }
}
