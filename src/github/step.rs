//! How errors name a call to GitHub.

use std::fmt;

/// The call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The preflight: which installation of the App covers the repository.
    Installation,
    /// The creation of a token.
    Token,
    /// The revocation of a token with another scope.
    Revocation,
}

/// How far a call got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before the head of the response.
    Request(Step),
    /// While its body was read.
    Read(Step),
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
