//! Parses GitHub's response bodies strictly.

use std::num::NonZeroU64;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64_simd::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::error::GitHubError;
use super::grant::Grant;
use super::step::Step;
use crate::github_app::InstallationId;
use crate::json::{self, Object, UniqueMap};

/// Go's zero time, 0001-01-01T00:00:00Z, which a gateway may send for "none".
const ZERO_TIME_SECONDS: i64 = -62_135_596_800;
/// The maximum size of a token in bytes of JSON, which keeps a response to a caller below 16 KiB. GitHub's tokens have
/// about 520 bytes at most.
const TOKEN_CAP: usize = 11 * 1024;
/// The maximum number of characters of `expires_at`. RFC 3339 with nanoseconds and an offset takes 35.
const EXPIRES_AT_CAP: usize = 40;

/// An installation token and its expiry.
pub(crate) struct InstallationToken {
    secret: SecretString,
    expires_at: ExpiresAt,
}

/// The time at which a token expires, in RFC 3339, unchanged from GitHub's response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct ExpiresAt(String);

/// The installation that covers a repository.
pub(super) struct Installation {
    id: NonZeroU64,
    is_suspended: bool,
}

/// The response to the preflight,
/// <https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app>.
#[derive(Deserialize)]
struct InstallationResponse {
    id: Option<u64>,
    suspended_at: Option<IgnoredAny>,
}

/// The response to the token call,
/// <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>.
#[derive(Deserialize)]
struct TokenResponse {
    token: Option<SecretString>,
    expires_at: Option<String>,
    repositories: Option<Vec<Object<RepositoryResponse>>>,
    repository_selection: Option<String>,
    permissions: Option<UniqueMap<String>>,
}

#[derive(Deserialize)]
struct RepositoryResponse {
    #[serde(default)]
    full_name: String,
}

/// Parses the preflight's response.
pub(super) fn installation(body: &[u8]) -> Result<Installation, GitHubError> {
    let response: InstallationResponse = decode(Step::Installation, body)?;
    let id = response.id.and_then(NonZeroU64::new);
    let id = id.ok_or(GitHubError::Incomplete(Step::Installation, "an installation ID"))?;
    Ok(Installation { id, is_suspended: response.suspended_at.is_some() })
}

impl Installation {
    /// Checks that this is the configured installation and that it is not suspended.
    pub(super) fn check(&self, configured: InstallationId) -> Result<(), GitHubError> {
        if self.id.get() != configured.number() {
            Err(GitHubError::OtherInstallation { found: self.id.get(), configured })
        } else if self.is_suspended {
            Err(GitHubError::Suspended(configured))
        } else {
            Ok(())
        }
    }
}

/// Parses the token call's response.
pub(super) fn token(body: &[u8]) -> Result<(InstallationToken, Grant), GitHubError> {
    let response: TokenResponse = decode(Step::Token, body)?;
    let secret = response.token.filter(|token| !token.expose_secret().is_empty());
    let secret = secret.ok_or(GitHubError::Incomplete(Step::Token, "a token"))?;
    if !secret.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(GitHubError::NotAsDocumented(Step::Token, "the token is not visible ASCII"));
    }
    if json_size(secret.expose_secret()) > TOKEN_CAP {
        return Err(GitHubError::NotAsDocumented(Step::Token, "the token has more than 11 KiB"));
    }
    let expires_at = response.expires_at.ok_or(GitHubError::Incomplete(Step::Token, "an expiration"))?.parse()?;
    let repositories = response.repositories.map(|list| list.into_iter().map(|Object(one)| one.full_name).collect());
    let grant = Grant {
        repositories,
        repository_selection: response.repository_selection,
        permissions: response.permissions.map(|UniqueMap(entries)| entries),
    };
    Ok((InstallationToken { secret, expires_at }, grant))
}

/// Returns the number of bytes that visible ASCII characters take in JSON.
fn json_size(text: &str) -> usize {
    text.bytes().map(|byte| if b"\"\\".contains(&byte) { 2 } else { 1 }).sum()
}

fn decode<'de, T: Deserialize<'de>>(step: Step, body: &'de [u8]) -> Result<T, GitHubError> {
    let result = serde_json::from_slice(body);
    let Object(response) = result.map_err(|error| GitHubError::NotAsDocumented(step, json::reason(&error)))?;
    Ok(response)
}

impl ExpiresAt {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExpiresAt {
    type Err = GitHubError;

    fn from_str(text: &str) -> Result<Self, GitHubError> {
        if text.len() > EXPIRES_AT_CAP {
            return Err(GitHubError::NotAsDocumented(Step::Token, "expires_at has more than 40 characters"));
        }
        let time = DateTime::from_str(text, Format::DateTimeWithOffset)
            .map_err(|_| GitHubError::NotAsDocumented(Step::Token, "expires_at is not an RFC 3339 time"))?;
        if time.secs() == ZERO_TIME_SECONDS {
            return Err(GitHubError::Incomplete(Step::Token, "an expiration"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl InstallationToken {
    /// Returns the token itself. Only for the response to the caller and for its own revocation.
    pub(crate) fn secret(&self) -> &SecretString {
        &self.secret
    }

    pub(crate) fn expires_at(&self) -> &ExpiresAt {
        &self.expires_at
    }
}

/// Returns the base64 of a token's SHA-256, which GitHub's audit log calls `hashed_token`, see
/// <https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/identifying-audit-log-events-performed-by-an-access-token>.
pub(super) fn sha256(token: &SecretString) -> String {
    STANDARD.encode_to_string(digest(&SHA256, token.expose_secret().as_bytes()))
}
