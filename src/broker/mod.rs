//! One invocation: read the App's credentials, sign a JWT, check the installation, exchange the JWT for a token.

mod error;
mod token_answer;

pub(crate) use error::BrokerError;
pub(crate) use token_answer::TokenAnswer;

use futures_util::future;
use tracing::Span;

use crate::clock::{Clock, Stopwatch};
use crate::config::{Permissions, Repository};
use crate::deadline::Deadline;
use crate::github::GitHub;
use crate::github_app::{AppJwt, PrivateKey};
use crate::known_secrets::KnownSecrets;
use crate::parameter_store::{AppCredentials, ParameterStore};

/// Issues tokens for one repository with one set of permissions.
pub(crate) struct Broker {
    parameter_store: ParameterStore,
    github: GitHub,
    repository: Repository,
    permissions: Permissions,
    known_secrets: KnownSecrets,
    now: Clock,
}

impl Broker {
    pub(crate) fn new(
        parameter_store: ParameterStore,
        github: GitHub,
        repository: Repository,
        permissions: Permissions,
        known_secrets: KnownSecrets,
        now: Clock,
    ) -> Self {
        Self { parameter_store, github, repository, permissions, known_secrets, now }
    }

    /// Opens the connections that the first invocation will use. Ignores failures: that invocation connects again and
    /// reports them.
    pub(crate) async fn preconnect(&self) {
        future::join(self.parameter_store.preconnect(), self.github.preconnect()).await;
    }

    /// Issues a token. Nothing is cached between calls, so an overwritten parameter takes effect immediately. The steps
    /// record their log fields on the current span.
    ///
    /// # Errors
    ///
    /// [`BrokerError`] of the step that failed.
    pub(crate) async fn mint(&self, deadline: &Deadline) -> Result<TokenAnswer, BrokerError> {
        let app = self.read_credentials(deadline).await?;
        let jwt = self.sign(&app)?;
        let installation = app.installation_id;
        self.github.check_installation(&jwt, &self.repository, installation, deadline).await?;
        let token = self.github.create_token(&jwt, installation, &self.repository, &self.permissions, deadline).await?;
        Ok(TokenAnswer::new(token, &self.repository, &self.permissions))
    }

    /// Parses the key, signs a JWT and drops the key.
    fn sign(&self, app: &AppCredentials) -> Result<AppJwt, BrokerError> {
        let key = PrivateKey::from_pem(&app.private_key)?;
        Span::current().record("key_fingerprint", key.fingerprint());
        let jwt = AppJwt::sign(&key, &app.client_id, (self.now)())?;
        self.known_secrets.add_jwt(jwt.secret());
        Ok(jwt)
    }

    async fn read_credentials(&self, deadline: &Deadline) -> Result<AppCredentials, BrokerError> {
        let (span, watch) = (Span::current(), Stopwatch::start());
        let app = self.parameter_store.read(deadline).await;
        span.record("ssm_ms", watch.ms());
        let app = app?;
        self.known_secrets.set_private_key(&app.private_key);
        span.record("client_id", app.client_id.as_str());
        span.record("installation_id", app.installation_id.number());
        Ok(app)
    }
}
