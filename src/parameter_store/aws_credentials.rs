//! The credentials of the function's role: from the environment, or from the endpoint that Lambda names there.
//!
//! `aws-config`'s default chain is not used: it adds 0.8 MiB, reads profile files, and asks the instance metadata service.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, future};

use super::sdk_http_client;
use crate::config::ConfigError;
use crate::http::Network;

/// Provides credentials to the SDK, which keeps them until shortly before they expire.
#[derive(Clone, Debug)]
pub(super) struct AwsCredentials {
    chain: Arc<CredentialsProviderChain>,
    /// The last ones provided: what AWS's messages must not quote.
    last: Arc<Mutex<Option<Credentials>>>,
}

impl AwsCredentials {
    /// # Errors
    ///
    /// When the HTTP client for the endpoint cannot be set up.
    pub(super) fn new(has_container_credentials: bool, network: &Network) -> Result<Self, ConfigError> {
        let environment = EnvironmentVariableCredentialsProvider::new();
        let mut chain = CredentialsProviderChain::first_try("environment", environment);
        if has_container_credentials {
            let http_client = sdk_http_client::new(network.local_client()?);
            // Without a sleep implementation it does not retry: the endpoint is on this machine.
            let config = ProviderConfig::empty().with_http_client(http_client);
            chain = chain.or_else("container", EcsCredentialsProvider::builder().configure(&config).build());
        }
        Ok(Self { chain: Arc::new(chain), last: Arc::default() })
    }

    /// The parts of the last credentials.
    pub(super) fn secrets(&self) -> Vec<String> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = |last: &Credentials| {
            let session_token = last.session_token().unwrap_or_default();
            [last.access_key_id(), last.secret_access_key(), session_token].map(str::to_owned).to_vec()
        };
        last.as_ref().map(parts).unwrap_or_default()
    }

    async fn provide(&self) -> provider::Result {
        let credentials = self.chain.provide_credentials().await?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(credentials.clone());
        Ok(credentials)
    }
}

impl ProvideCredentials for AwsCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}
