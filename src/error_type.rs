//! The stable names of errors.

use std::fmt;

/// The `errorType` of an error response. Each name calls for one remedy and stays the same within a major version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorType {
    /// The caller must send `null`.
    InvocationInputRejected,
    /// The operator must fix the function's environment variables.
    ConfigurationInvalid,
    /// A peer was slow, or the function's timeout is too short.
    DeadlineExceeded,
    /// The operator must create the SSM parameters, or fix their names.
    ParametersMissing,
    /// The operator must fix a parameter's value.
    ParameterInvalid,
    /// The role's permissions, the network or SSM are at fault.
    ParametersUnreadable,
    /// The operator must store the App's private key again.
    PrivateKeyInvalid,
    /// Callers request too many tokens.
    GitHubRateLimited,
    /// Client ID and private key do not belong together, or the App was deleted.
    GitHubRejectedApp,
    /// The App is not installed on the repository, or the repository's name is wrong.
    RepositoryNotInstalled,
    /// The operator must fix the installation ID.
    InstallationMismatch,
    /// The owner of the installation suspended it.
    InstallationSuspended,
    /// The App lacks a permission, or the installation has not accepted it.
    PermissionsNotGranted,
    /// GitHub refused for another reason, which the status indicates.
    GitHubRefused,
    /// The network or GitHub is at fault. A retry may succeed.
    GitHubUnavailable,
    /// Something other than GitHub's API answered.
    GitHubResponseInvalid,
    /// GitHub granted another scope than requested. The token was not returned.
    GrantMismatch,
    /// A bug in this program.
    InternalError,
}

impl ErrorType {
    /// Returns the name that callers see.
    pub(crate) fn name(self) -> String {
        self.to_string()
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
