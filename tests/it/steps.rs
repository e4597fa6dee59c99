//! The steps of an invocation that depend on a peer.

use sandbox::{Endpoint, Reply, Sandbox};

/// A call to SSM or GitHub.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    Ssm,
    Preflight,
    Token,
}

/// All of them, in order.
pub(crate) const STEPS: [Step; 3] = [Step::Ssm, Step::Preflight, Step::Token];

impl Step {
    /// Sets the peer's replies from now on.
    pub(crate) fn script(self, sandbox: &Sandbox, replies: impl IntoIterator<Item = Reply>) {
        match self {
            Self::Ssm => sandbox.ssm.script(replies),
            Self::Preflight => sandbox.github.script(Endpoint::Installation, replies),
            Self::Token => sandbox.github.script(Endpoint::AccessTokens, replies),
        }
    }

    /// Returns the GitHub calls when this step fails after this many attempts.
    pub(crate) fn calls(self, times: usize) -> Vec<Endpoint> {
        match self {
            Self::Ssm => vec![],
            Self::Preflight => vec![Endpoint::Installation; times],
            Self::Token => [vec![Endpoint::Installation], vec![Endpoint::AccessTokens; times]].concat(),
        }
    }

    /// Returns the beginning of an error without a response.
    pub(crate) fn request(self) -> &'static str {
        match self {
            Self::Ssm => "read GitHub App parameters from SSM",
            Self::Preflight => "request GitHub repository installation",
            Self::Token => "request GitHub installation token",
        }
    }

    /// Returns the beginning of an error while reading a response.
    pub(crate) fn read(self) -> String {
        match self {
            Self::Ssm => self.request().to_owned(),
            _ => format!("read GitHub {} response", self.name()),
        }
    }

    /// Returns the name of the GitHub call in errors.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ssm => "parameters",
            Self::Preflight => "repository-installation",
            Self::Token => "installation-token",
        }
    }
}
