//! Why GitHub did not give the token that it should.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;

use crate::error::ErrorType;
use crate::http_client::NoAnswer;
use crate::parameter_store::InstallationId;
use crate::peer_text::PeerText;

/// What GitHub was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The preflight: which installation of the App covers the repository.
    Installation,
    /// The token.
    Token,
    /// The end of a token.
    Revocation,
}

/// How far a call had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No answer had begun.
    Request(Step),
    /// The answer had begun.
    Read(Step),
}

/// GitHub did not give the token that it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// A status other than 2xx.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No answer, or not all of it.
    #[error("{0}: {1}")]
    Unavailable(Phase, Unavailable),
    /// The invocation's time ran out.
    #[error("{0}: deadline exceeded")]
    OutOfTime(Phase),
    /// The answer has more than 1 MiB.
    #[error("{0}: it has more than 1 MiB")]
    TooLong(Phase),
    /// The answer is not what GitHub documents, and why.
    #[error("decode GitHub {0} response: {1}")]
    NotAsDocumented(Step, &'static str),
    /// The answer lacks what was asked for.
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

/// A status other than 2xx. GitHub's explanation is in the body, which is not read: it may show
/// what nobody should see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("GitHub {step} request failed with status {}", .status.as_u16())]
pub struct Refusal {
    /// What was refused.
    pub step: Step,
    /// GitHub's status.
    pub status: StatusCode,
    /// How long GitHub asks to wait.
    pub retry_after: Option<Duration>,
    /// Whether the App has asked too often.
    pub is_rate_limit: bool,
}

/// Why there is no whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// No connection, or one that ended before an answer.
    #[error(transparent)]
    NoAnswer(NoAnswer),
    /// The attempt reached its limit, see [`crate::http_client::ATTEMPT_LIMIT`].
    #[error("it took longer than 3 seconds")]
    TimedOut,
    /// The answer ended before its end.
    #[error("it broke off")]
    BrokenOff,
}

/// How a token's scope differs from the configured one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantDifference {
    /// `repository_selection` is `all`, and no repositories are named.
    #[error("all repositories of the installation")]
    AllRepositories,
    /// The list of repositories is empty.
    #[error("no repository")]
    NoRepository,
    /// A repository other than the configured one.
    #[error("repository {}", .0.as_str())]
    Repository(PeerText),
    /// The list names the configured repository more than once.
    #[error("the repository more than once")]
    RepositoryTwice,
    /// A permission that was not asked for.
    #[error("permission {}: {}", .0.as_str(), .1.as_str())]
    Permission(PeerText, PeerText),
    /// A permission with another level than asked for.
    #[error("permission {name}: {} instead of {asked}", .granted.as_str())]
    Level {
        /// As configured.
        name: String,
        /// As configured.
        asked: String,
        /// As GitHub says.
        granted: PeerText,
    },
    /// A permission that was asked for and not granted.
    #[error("permission {0} is missing")]
    NoPermission(String),
}

impl GitHubError {
    /// The stable name of this error.
    #[must_use]
    pub fn error_type(&self) -> ErrorType {
        match self {
            Self::Refused(refusal) => refusal.error_type(),
            Self::Unavailable(..) => ErrorType::GitHubUnavailable,
            Self::OutOfTime(_) => ErrorType::DeadlineExceeded,
            Self::TooLong(_) | Self::NotAsDocumented(..) | Self::Incomplete(..) => ErrorType::GitHubResponseInvalid,
            Self::OtherInstallation { .. } => ErrorType::InstallationMismatch,
            Self::Suspended(_) => ErrorType::InstallationSuspended,
            Self::Grant(_) => ErrorType::GrantMismatch,
            Self::NotARequest(_) => ErrorType::InternalError,
        }
    }

    /// Whether the same call may succeed a little later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Refused(refusal) => matches!(refusal.status.as_u16(), 429 | 500 | 502 | 503 | 504),
            Self::Unavailable(_, why) => !matches!(why, Unavailable::BrokenOff),
            _ => false,
        }
    }

    /// How long GitHub asks to wait.
    pub(super) fn asked_pause(&self) -> Option<Duration> {
        if let Self::Refused(refusal) = self { refusal.retry_after } else { None }
    }
}

impl Refusal {
    fn error_type(&self) -> ErrorType {
        match (self.status.as_u16(), self.step) {
            _ if self.is_rate_limit => ErrorType::GitHubRateLimited,
            (401, _) => ErrorType::GitHubRejectedApp,
            (301 | 404, Step::Installation) => ErrorType::RepositoryNotInstalled,
            (422, Step::Token) => ErrorType::PermissionsNotGranted,
            (500.., _) => ErrorType::GitHubUnavailable,
            _ => ErrorType::GitHubRefused,
        }
    }
}

/// As in "GitHub … request".
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Installation => "repository-installation",
            Self::Token => "installation-token",
            Self::Revocation => "token-revocation",
        })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(Step::Installation) => f.write_str("request GitHub repository installation"),
            Self::Request(Step::Token) => f.write_str("request GitHub installation token"),
            Self::Request(Step::Revocation) => f.write_str("request GitHub token revocation"),
            Self::Read(step) => write!(f, "read GitHub {step} response"),
        }
    }
}
