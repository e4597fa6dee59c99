//! The answer to a caller.

use secrecy::ExposeSecret;
use serde::{Serialize, Serializer};

use crate::config::{Permissions, Repository};
use crate::github::{ExpiresAt, InstallationToken};

/// The token and its scope, as callers read them.
#[derive(Serialize)]
pub(crate) struct TokenAnswer {
    #[serde(serialize_with = "exposed")]
    token: InstallationToken,
    expires_at: ExpiresAt,
    repositories: [String; 1],
    permissions: Permissions,
}

impl TokenAnswer {
    pub(super) fn new(token: InstallationToken, repository: &Repository, permissions: &Permissions) -> Self {
        let expires_at = token.expires_at().clone();
        Self { token, expires_at, repositories: [repository.to_string()], permissions: permissions.clone() }
    }

    /// Returns the time at which the token expires.
    pub(crate) fn expires_at(&self) -> &ExpiresAt {
        &self.expires_at
    }

    /// Returns the repository that the token is valid for, as `owner/name`.
    pub(crate) fn repositories(&self) -> &[String; 1] {
        &self.repositories
    }
}

fn exposed<S: Serializer>(token: &InstallationToken, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.secret().expose_secret())
}
