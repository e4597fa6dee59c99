//! One invocation: read, sign, check, exchange.

use futures_util::future;
use secrecy::ExposeSecret;
use serde::{Serialize, Serializer};

use crate::app_jwt::PrivateKey;
use crate::clock::Clock;
use crate::config::{Permissions, Repository};
use crate::deadline::Deadline;
use crate::error::BrokerError;
use crate::github::{ExpiresAt, GitHub, InstallationToken};
use crate::http_client::HttpClient;
use crate::parameter_store::ParameterStore;
use crate::record::{Record, Stopwatch};

/// Gives out tokens for one repository with one set of permissions.
#[derive(Debug)]
pub struct Broker {
    parameter_store: ParameterStore,
    github: GitHub,
    repository: Repository,
    permissions: Permissions,
    now: Clock,
}

/// What a caller gets.
#[derive(Debug, Serialize)]
pub struct TokenAnswer {
    #[serde(serialize_with = "secret")]
    token: InstallationToken,
    expires_at: ExpiresAt,
    repositories: [String; 1],
    permissions: Permissions,
}

impl Broker {
    /// A broker for this repository and these permissions.
    #[must_use]
    pub fn new(
        parameter_store: ParameterStore,
        github: GitHub,
        repository: Repository,
        permissions: Permissions,
        now: Clock,
    ) -> Self {
        Self { parameter_store, github, repository, permissions, now }
    }

    /// Opens the connections that the first invocation will use.
    pub async fn preconnect(&self, http_client: &HttpClient) {
        // On the heap: the future of an SDK call is large.
        let requests = Box::pin(async {
            future::join(self.parameter_store.preconnect(), self.github.preconnect()).await;
        });
        http_client.preconnect(requests).await;
    }

    /// Reads the App's credentials, signs a JWT with them, checks the installation and exchanges the
    /// JWT for a token. Nothing is kept: what an operator overwrites counts from the next time.
    ///
    /// # Errors
    ///
    /// [`BrokerError`], by the step that failed. `record` learns what is worth logging on the way.
    pub async fn mint(&self, deadline: &Deadline, record: &mut Record) -> Result<TokenAnswer, BrokerError> {
        let watch = Stopwatch::start();
        let app = self.parameter_store.read(deadline, record).await;
        record.ssm_ms = Some(watch.ms());
        let app = app?;
        record.client_id = Some(app.client_id.clone());
        record.installation_id = Some(app.installation_id);

        let key = PrivateKey::from_pem(&app.private_key)?;
        record.key_fingerprint = Some(key.fingerprint().to_owned());
        let jwt = key.sign(&app.client_id, (self.now)())?;

        self.github.check_installation(&jwt, &self.repository, app.installation_id, deadline, record).await?;
        let token = self
            .github
            .create_token(&jwt, app.installation_id, &self.repository, &self.permissions, deadline, record)
            .await?;
        Ok(self.answer(token))
    }

    fn answer(&self, token: InstallationToken) -> TokenAnswer {
        TokenAnswer {
            expires_at: token.expires_at().clone(),
            token,
            repositories: [self.repository.to_string()],
            permissions: self.permissions.clone(),
        }
    }
}

impl TokenAnswer {
    /// The base64 of the token's SHA-256.
    #[must_use]
    pub fn token_sha256(&self) -> String {
        self.token.sha256()
    }

    /// When the token ends.
    #[must_use]
    pub fn expires_at(&self) -> &ExpiresAt {
        &self.expires_at
    }

    /// The repository that the token is good for, as `owner/name`.
    #[must_use]
    pub fn repositories(&self) -> &[String] {
        &self.repositories
    }
}

fn secret<S: Serializer>(token: &InstallationToken, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.secret().expose_secret())
}
