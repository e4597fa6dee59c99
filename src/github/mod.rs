//! The endpoints of GitHub's REST API that a broker needs.

mod call;
mod error;
mod exchange;
mod grant;
mod refusal;
mod response;
mod retry;
mod step;

pub(crate) use error::GitHubError;
pub(crate) use response::{ExpiresAt, InstallationToken};

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tracing::Span;

use crate::clock::{Clock, Stopwatch};
use crate::config::{EndpointUrl, Permissions, Repository};
use crate::deadline::Deadline;
use crate::github_app::{AppJwt, InstallationId};
use crate::http::HttpClient;
use call::Call;
use error::Unavailable;
use exchange::{Exchange, Jitter};
use step::Step;

/// GitHub's REST API.
pub(crate) struct GitHub {
    exchange: Exchange,
}

/// The body of the token call,
/// <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>.
#[derive(Serialize)]
struct TokenRequest<'a> {
    repositories: [&'a str; 1],
    permissions: &'a Permissions,
}

impl GitHub {
    pub(crate) fn new(client: HttpClient, base: EndpointUrl, now: Clock, jitter: Jitter) -> Self {
        Self { exchange: Exchange::new(client, base, now, jitter) }
    }

    /// Opens a connection for the first request, and sends nothing over it.
    pub(crate) async fn preconnect(&self) {
        self.exchange.preconnect().await;
    }

    /// Checks that the App's installation on the repository is the configured one and not suspended. Records GitHub's request
    /// ID and the duration.
    ///
    /// # Errors
    ///
    /// [`GitHubError`], by cause. The caller must not request a token.
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
        let body = self.exchange.send(&call, deadline).await;
        Span::current().record("preflight_ms", watch.ms());
        response::installation(&body?)?.must_be(configured)
    }

    /// Creates a token for the repository and the permissions, and checks the scope that GitHub granted. Records GitHub's
    /// request ID, the duration and the token's hash.
    ///
    /// # Errors
    ///
    /// [`GitHubError`], by cause. A token with another scope is revoked, and the outcome recorded.
    pub(crate) async fn create_token(
        &self,
        jwt: &AppJwt,
        installation: InstallationId,
        repository: &Repository,
        permissions: &Permissions,
        deadline: &Deadline,
    ) -> Result<InstallationToken, GitHubError> {
        let (span, watch) = (Span::current(), Stopwatch::start());
        let path = format!("/app/installations/{installation}/access_tokens");
        let request = TokenRequest { repositories: [repository.name()], permissions };
        let call = Call::new(Step::Token, Method::POST, path, jwt.secret()).with_json(&request)?;
        let body = self.exchange.send(&call, deadline).await;
        span.record("token_ms", watch.ms());
        let (token, grant) = response::token(&body?)?;
        span.record("token_sha256", token.sha256());
        let secrets = [token.secret().expose_secret(), jwt.secret().expose_secret()];
        if let Err(difference) = grant.must_be(repository, permissions, &secrets) {
            span.record("revocation", self.revoke(token.secret(), deadline).await);
            return Err(GitHubError::Grant(difference));
        }
        Ok(token)
    }

    /// Revokes a token, with one attempt, and returns the outcome for the log.
    /// <https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token>.
    async fn revoke(&self, token: &SecretString, deadline: &Deadline) -> &'static str {
        let call = Call::new(Step::Revocation, Method::DELETE, "/installation/token".to_owned(), token);
        match deadline.revocation(self.exchange.send_once(&call)).await {
            Ok(Ok(status)) if status.is_success() => "revoked",
            Ok(Ok(_)) => "failed: GitHub refused",
            Ok(Err(GitHubError::Unavailable(_, Unavailable::TimedOut))) => "failed: it took longer than 3 seconds",
            Ok(Err(_)) => "failed: no answer",
            Err(_) => "failed: deadline exceeded",
        }
    }
}
