//! Provides the credentials of the function's role from the environment, or from the endpoint that Lambda provides.
//!
//! `aws-config`'s default chain is not used: it adds 0.8 MiB, reads profile files, and queries the instance metadata
//! service.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};

use super::sdk_http_client;
use crate::config::{ConfigError, CredentialsSource};
use crate::http::Network;
use crate::known_secrets::KnownSecrets;

/// The credentials contain characters that are invalid in a header. The SDK would panic on them.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the AWS credentials have unsupported characters")]
pub(super) struct UnsupportedCharacters;

/// Provides credentials to the SDK, which caches them until shortly before they expire.
#[derive(Clone, Debug)]
pub(super) struct AwsCredentials {
    source: CredentialsSource,
    container: ProviderConfig,
    /// Receives the current credentials, so that AWS's messages can be searched for them.
    known_secrets: KnownSecrets,
}

impl AwsCredentials {
    /// Creates the provider for a source.
    ///
    /// # Errors
    ///
    /// When the HTTP client for the endpoint cannot be set up.
    pub(super) fn new(
        source: CredentialsSource,
        known_secrets: KnownSecrets,
        network: &Network,
    ) -> Result<Self, ConfigError> {
        // Without a sleep implementation, the provider does not retry. Under Lambda, the endpoint is on the same
        // machine.
        let container = match source {
            CredentialsSource::Container => {
                ProviderConfig::empty().with_http_client(sdk_http_client::new(network.local_client()?))
            }
            CredentialsSource::Environment | CredentialsSource::Nowhere => ProviderConfig::empty(),
        };
        Ok(Self { source, container, known_secrets })
    }

    /// Builds the chain. One is built for each call, because the endpoint's provider would cache a failed DNS lookup.
    fn chain(&self) -> Option<CredentialsProviderChain> {
        match self.source {
            CredentialsSource::Environment => {
                Some(CredentialsProviderChain::first_try("environment", EnvironmentVariableCredentialsProvider::new()))
            }
            CredentialsSource::Container => {
                let provider = EcsCredentialsProvider::builder().configure(&self.container).build();
                Some(CredentialsProviderChain::first_try("container", provider))
            }
            CredentialsSource::Nowhere => None,
        }
    }

    async fn provide(&self) -> provider::Result {
        let Some(chain) = self.chain() else { return Err(CredentialsError::not_loaded("no source is configured")) };
        let credentials = checked(&chain.provide_credentials().await?)?;
        let session_token = credentials.session_token().unwrap_or_default();
        let parts = [credentials.access_key_id(), credentials.secret_access_key(), session_token];
        self.known_secrets.set_aws_credentials(parts);
        Ok(credentials)
    }
}

/// Trims the credentials and checks their characters.
fn checked(credentials: &Credentials) -> Result<Credentials, CredentialsError> {
    let access_key_id = credentials.access_key_id().trim();
    let secret_access_key = credentials.secret_access_key().trim();
    let session_token = credentials.session_token().map(str::trim);
    let parts = [access_key_id, secret_access_key, session_token.unwrap_or_default()];
    if !parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(CredentialsError::provider_error(UnsupportedCharacters));
    }
    let session_token = session_token.map(str::to_owned);
    Ok(Credentials::new(access_key_id, secret_access_key, session_token, credentials.expiry(), "Lambda"))
}

impl ProvideCredentials for AwsCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}
