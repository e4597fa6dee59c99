//! The endpoints of GitHub's REST API that a broker needs.

mod answers;
mod error;
mod exchange;
mod grant;

use reqwest::{Method, Request};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::time::timeout;

pub use answers::{ExpiresAt, InstallationToken};
pub use error::{GitHubError, GrantDifference, Step};

use crate::app_jwt::AppJwt;
use crate::clock::Clock;
use crate::config::{EndpointUrl, Permissions, Repository};
use crate::deadline::Deadline;
use crate::http_client::{ATTEMPT_LIMIT, HttpClient};
use crate::parameter_store::InstallationId;
use crate::record::{Record, Stopwatch};
use exchange::Call;

/// A random number from 0 to 1.
pub type Jitter = fn() -> f64;

/// GitHub, as this App and for this repository.
#[derive(Debug)]
pub struct GitHub {
    client: HttpClient,
    base: EndpointUrl,
    now: Clock,
    jitter: Jitter,
}

/// The body of the token call,
/// <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>.
#[derive(Serialize)]
struct TokenRequest<'a> {
    repositories: [&'a str; 1],
    permissions: &'a Permissions,
}

impl GitHub {
    /// GitHub at this base URL, over this client.
    #[must_use]
    pub fn new(client: HttpClient, base: EndpointUrl, now: Clock, jitter: Jitter) -> Self {
        Self { client, base, now, jitter }
    }

    /// Makes a request for the sake of the connection: to be run by [`HttpClient::preconnect`] alone,
    /// which does not send it.
    pub async fn preconnect(&self) {
        if let Ok(url) = self.base.join("/") {
            // It fails, since it is not sent.
            let _ = self.client.send(Request::new(Method::HEAD, url)).await;
        }
    }

    /// Checks that the App's installation on the repository is the configured one and not suspended,
    /// so that a wrong parameter is told as such, and no token is made.
    ///
    /// # Errors
    ///
    /// [`GitHubError`], by what must be mended. `record` learns GitHub's request ID and the time taken.
    pub async fn check_installation(
        &self,
        jwt: &AppJwt,
        repository: &Repository,
        configured: InstallationId,
        deadline: &Deadline,
        record: &mut Record,
    ) -> Result<(), GitHubError> {
        let watch = Stopwatch::start();
        let path = format!("/repos/{}/{}/installation", repository.owner(), repository.name());
        let call = Call::new(Step::Installation, Method::GET, path, jwt.secret());
        let body = self.exchange(&call, deadline, record).await;
        record.preflight_ms = Some(watch.ms());
        answers::installation(&body?)?.must_be(configured)
    }

    /// Makes a token for the repository and the permissions, and checks what was granted. A token
    /// with another scope is revoked and never returned.
    ///
    /// # Errors
    ///
    /// [`GitHubError`], by what must be mended. `record` learns GitHub's request ID, the time taken
    /// and what became of a token that was revoked.
    pub async fn create_token(
        &self,
        jwt: &AppJwt,
        installation: InstallationId,
        repository: &Repository,
        permissions: &Permissions,
        deadline: &Deadline,
        record: &mut Record,
    ) -> Result<InstallationToken, GitHubError> {
        let watch = Stopwatch::start();
        let path = format!("/app/installations/{installation}/access_tokens");
        let request = TokenRequest { repositories: [repository.name()], permissions };
        let call = Call::new(Step::Token, Method::POST, path, jwt.secret()).with_json(&request)?;
        let body = self.exchange(&call, deadline, record).await;
        record.token_ms = Some(watch.ms());
        let body = body?;
        let decoded = answers::token(&body);
        // A request ID came with the token and may show it, also where the rest cannot be read.
        let secret = match &decoded {
            Ok((token, _)) => token.secret().expose_secret(),
            Err(_) => std::str::from_utf8(&body).unwrap_or_default(),
        };
        record.github_request_id = record.github_request_id.take().map(|id| id.hiding(secret));
        let (token, grant) = decoded?;
        if let Err(difference) = grant.must_be(repository, permissions, &token.secrets_with(jwt)) {
            record.token_sha256 = Some(token.sha256());
            record.revocation = Some(self.revoke(token.secret(), deadline).await);
            return Err(GitHubError::Grant(difference));
        }
        Ok(token)
    }

    /// Revokes a token, once and as well as can be; returns what became of it, for the log.
    /// <https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token>.
    async fn revoke(&self, token: &SecretString, deadline: &Deadline) -> &'static str {
        let call = Call::new(Step::Revocation, Method::DELETE, "/installation/token".to_owned(), token);
        let Ok(request) = self.request(&call) else { return "failed: the request could not be built" };
        match deadline.revocation(timeout(ATTEMPT_LIMIT, self.client.send(request))).await {
            Err(_) => "failed: deadline exceeded",
            Ok(Err(_)) => "failed: it took longer than 3 seconds",
            Ok(Ok(Err(_))) => "failed: no answer",
            Ok(Ok(Ok(answer))) if answer.status().is_success() => "revoked",
            Ok(Ok(Ok(_))) => "failed: GitHub refused",
        }
    }
}

impl InstallationToken {
    /// What no text of GitHub may show.
    fn secrets_with<'a>(&'a self, jwt: &'a AppJwt) -> [&'a str; 2] {
        [self.secret().expose_secret(), jwt.secret().expose_secret()]
    }
}
