//! The endpoints of GitHub's REST API that a broker calls.

mod call;
mod error;
mod exchange;
mod grant;
mod issued_tokens;
mod refusal;
mod response;
mod retry;
mod step;

pub(crate) use error::GitHubError;
pub(crate) use response::{ExpiresAt, InstallationToken};

use futures_util::future;
use reqwest::Method;
use secrecy::SecretString;
use serde::Serialize;
use tracing::Span;

use crate::clock::{Clock, Stopwatch};
use crate::config::{EndpointUrl, Permissions, Repository};
use crate::deadline::Deadline;
use crate::github_app::{AppJwt, InstallationId};
use crate::http::HttpClient;
use crate::known_secrets::KnownSecrets;
use call::Call;
use error::Unavailable;
use exchange::{Exchange, Jitter};
use step::Step;

/// The outcome of a successful revocation in the log.
const REVOKED: &str = "revoked";

/// Calls GitHub's REST API.
pub(crate) struct GitHub {
    exchange: Exchange,
    known_secrets: KnownSecrets,
}

/// The request body of the token call, see
/// <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>.
#[derive(Serialize)]
struct TokenRequest<'a> {
    repositories: [&'a str; 1],
    permissions: &'a Permissions,
}

impl GitHub {
    pub(crate) fn new(
        client: HttpClient,
        base: EndpointUrl,
        known_secrets: KnownSecrets,
        now: Clock,
        jitter: Jitter,
    ) -> Self {
        Self { exchange: Exchange::new(client, base, now, jitter), known_secrets }
    }

    /// Opens the connection for the first request without sending anything.
    pub(crate) async fn preconnect(&self) {
        self.exchange.preconnect().await;
    }

    /// Checks that the App's installation on the repository is the configured one and not suspended. Records GitHub's
    /// request ID and the duration.
    ///
    /// # Errors
    ///
    /// [`GitHubError`]. The caller must then not request a token.
    pub(crate) async fn check_installation(
        &self,
        jwt: &AppJwt,
        repository: &Repository,
        configured: InstallationId,
        deadline: &Deadline,
    ) -> Result<(), GitHubError> {
        let watch = Stopwatch::start();
        let path = format!("/repos/{}/{}/installation", repository.owner(), repository.name());
        let call = Call::new(Step::Installation, Method::GET, path, jwt.secret());
        let sent = self.exchange.send(&call, deadline).await;
        Span::current().record("preflight_ms", watch.ms());
        let body = sent.map_err(|failed| failed.error)?;
        response::installation(&body)?.check(configured)
    }

    /// Creates a token for the repository and the permissions, and checks the granted scope. Records GitHub's request
    /// ID, the duration and the token's hash.
    ///
    /// # Errors
    ///
    /// [`GitHubError`]. When a 2xx response is rejected, its token is revoked and the outcome is recorded.
    pub(crate) async fn create_token(
        &self,
        jwt: &AppJwt,
        installation: InstallationId,
        repository: &Repository,
        permissions: &Permissions,
        deadline: &Deadline,
    ) -> Result<InstallationToken, GitHubError> {
        let watch = Stopwatch::start();
        let path = format!("/app/installations/{installation}/access_tokens");
        let request = TokenRequest { repositories: [repository.name()], permissions };
        let call = Call::new(Step::Token, Method::POST, path, jwt.secret()).with_json(&request)?;
        let sent = self.exchange.send(&call, deadline).await;
        Span::current().record("token_ms", watch.ms());
        let (error, body) = match sent {
            Ok(body) => match self.accept(&body, repository, permissions) {
                Ok(token) => return Ok(token),
                Err(error) => (error, body),
            },
            Err(failed) => (failed.error, failed.read),
        };
        self.revoke(&issued_tokens::in_response(&body), deadline).await;
        Err(error)
    }

    fn accept(
        &self,
        body: &[u8],
        repository: &Repository,
        permissions: &Permissions,
    ) -> Result<InstallationToken, GitHubError> {
        let (token, grant) = response::token(body)?;
        self.known_secrets.add_token(token.secret());
        grant.check(repository, permissions, &self.known_secrets).map_err(GitHubError::Grant)?;
        Span::current().record("token_sha256", response::sha256(token.secret()));
        Ok(token)
    }

    /// Revokes tokens, and records the outcome and their hashes, separated by spaces.
    async fn revoke(&self, tokens: &[SecretString], deadline: &Deadline) {
        if tokens.is_empty() {
            return;
        }
        // Revocation may fail, so later messages of peers are searched for the token.
        for token in tokens {
            self.known_secrets.add_token(token);
        }
        let hashes: Vec<String> = tokens.iter().map(response::sha256).collect();
        Span::current().record("token_sha256", hashes.join(" "));
        let outcomes = future::join_all(tokens.iter().map(|token| self.revoke_one(token, deadline))).await;
        let failed = outcomes.iter().find(|outcome| **outcome != REVOKED);
        Span::current().record("revocation", failed.unwrap_or(&REVOKED));
    }

    /// Revokes a token with one attempt and returns the outcome for the log.
    /// <https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token>.
    async fn revoke_one(&self, token: &SecretString, deadline: &Deadline) -> &'static str {
        let call = Call::new(Step::Revocation, Method::DELETE, "/installation/token".to_owned(), token);
        match deadline.revocation(self.exchange.send_once(&call)).await {
            Ok(Ok(status)) if status.is_success() => REVOKED,
            Ok(Ok(_)) => "failed: GitHub refused",
            Ok(Err(GitHubError::Unavailable(_, Unavailable::TimedOut))) => "failed: it took longer than 3 seconds",
            Ok(Err(_)) => "failed: no answer",
            Err(_) => "failed: deadline exceeded",
        }
    }
}
