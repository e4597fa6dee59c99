//! The names of the calls to GitHub in errors.

use std::fmt;

/// The call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The preflight, which looks up the App's installation on the repository.
    Installation,
    /// The creation of a token.
    Token,
    /// The revocation of a token.
    Revocation,
}

/// The phase in which a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before the head of the response.
    Request(Step),
    /// While the body was read.
    Read(Step),
}

/// Formats the name as in "GitHub … request".
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
