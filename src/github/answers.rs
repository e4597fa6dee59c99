//! GitHub's answers, read strictly.

use std::num::NonZeroU64;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64_simd::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::error::{GitHubError, Step};
use super::grant::Grant;
use crate::json::{self, Object, UniqueMap};
use crate::parameter_store::InstallationId;

/// What Go's zero time looks like; some gateway in between may send it for "none".
const ZERO_TIME_SECONDS: i64 = -62_135_596_800;

/// An installation token and when it ends.
#[derive(Debug)]
pub struct InstallationToken {
    secret: SecretString,
    expires_at: ExpiresAt,
}

/// When a token ends, as GitHub wrote it: RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ExpiresAt(String);

/// The installation that covers a repository.
pub(super) struct Installation {
    id: NonZeroU64,
    is_suspended: bool,
}

/// <https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app>
#[derive(Deserialize)]
struct InstallationAnswer {
    id: Option<u64>,
    suspended_at: Option<IgnoredAny>,
}

/// <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>
#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<SecretString>,
    expires_at: Option<String>,
    repositories: Option<Vec<Object<RepositoryAnswer>>>,
    repository_selection: Option<String>,
    permissions: Option<UniqueMap<String>>,
}

#[derive(Deserialize)]
struct RepositoryAnswer {
    #[serde(default)]
    full_name: String,
}

/// Reads the preflight's answer.
pub(super) fn installation(body: &[u8]) -> Result<Installation, GitHubError> {
    let answer: InstallationAnswer = decode(Step::Installation, body)?;
    let id = answer.id.and_then(NonZeroU64::new);
    let id = id.ok_or(GitHubError::Incomplete(Step::Installation, "an installation ID"))?;
    Ok(Installation { id, is_suspended: answer.suspended_at.is_some() })
}

impl Installation {
    /// The configured one, and not suspended.
    pub(super) fn must_be(&self, configured: InstallationId) -> Result<(), GitHubError> {
        if self.id.get() != configured.number() {
            Err(GitHubError::OtherInstallation { found: self.id.get(), configured })
        } else if self.is_suspended {
            Err(GitHubError::Suspended(configured))
        } else {
            Ok(())
        }
    }
}

/// Reads the token call's answer.
pub(super) fn token(body: &[u8]) -> Result<(InstallationToken, Grant), GitHubError> {
    let answer: TokenAnswer = decode(Step::Token, body)?;
    let secret = answer.token.filter(|token| !token.expose_secret().is_empty());
    let secret = secret.ok_or(GitHubError::Incomplete(Step::Token, "a token"))?;
    if !secret.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(GitHubError::NotAsDocumented(Step::Token, "the token is not visible ASCII"));
    }
    let expires_at = answer.expires_at.ok_or(GitHubError::Incomplete(Step::Token, "an expiration"))?.parse()?;
    let repositories = answer.repositories.map(|list| list.into_iter().map(|Object(one)| one.full_name).collect());
    let grant = Grant {
        repositories,
        repository_selection: answer.repository_selection,
        permissions: answer.permissions.map(|UniqueMap(entries)| entries),
    };
    Ok((InstallationToken { secret, expires_at }, grant))
}

fn decode<'de, T: Deserialize<'de>>(step: Step, body: &'de [u8]) -> Result<T, GitHubError> {
    let Object(answer) = serde_json::from_slice(body).map_err(|e| GitHubError::NotAsDocumented(step, json::why(&e)))?;
    Ok(answer)
}

impl FromStr for ExpiresAt {
    type Err = GitHubError;

    fn from_str(text: &str) -> Result<Self, GitHubError> {
        let time = DateTime::from_str(text, Format::DateTimeWithOffset)
            .map_err(|_| GitHubError::NotAsDocumented(Step::Token, "expires_at is not an RFC 3339 time"))?;
        if time.secs() == ZERO_TIME_SECONDS {
            return Err(GitHubError::Incomplete(Step::Token, "an expiration"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl InstallationToken {
    /// The token itself, for the answer and its own revocation alone.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// When it ends.
    #[must_use]
    pub fn expires_at(&self) -> &ExpiresAt {
        &self.expires_at
    }

    /// The base64 of its SHA-256, which GitHub's audit log calls `hashed_token`, see
    /// <https://docs.github.com/en/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/identifying-audit-log-events-performed-by-an-access-token>.
    #[must_use]
    pub fn sha256(&self) -> String {
        STANDARD.encode_to_string(digest(&SHA256, self.secret.expose_secret().as_bytes()))
    }
}
