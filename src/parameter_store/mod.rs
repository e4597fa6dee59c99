//! Reads the GitHub App's credentials from SSM Parameter Store.

mod app_credentials;
mod aws_credentials;
mod error;
mod last_failure;
mod sdk_http_client;

pub(crate) use app_credentials::AppCredentials;
pub(crate) use error::ParameterStoreError;

use aws_sdk_ssm::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_ssm::config::timeout::TimeoutConfig;
use aws_sdk_ssm::config::{BehaviorVersion, Region, SharedCredentialsProvider, StalledStreamProtectionConfig};
use aws_sdk_ssm::operation::RequestId as _;
use aws_sdk_ssm::operation::get_parameters::builders::GetParametersFluentBuilder;
use tracing::Span;

use crate::config::{Aws, ConfigError, ParameterNames};
use crate::deadline::Deadline;
use crate::http::{ATTEMPT_LIMIT, HttpClient, Network};
use crate::known_secrets::KnownSecrets;
use crate::logging::UNSET;
use crate::peer_text::RequestId;
use aws_credentials::AwsCredentials;
use error::Unreadable;
use last_failure::LastFailure;

/// The maximum number of attempts in the SDK's standard retry mode.
const SSM_ATTEMPTS: u32 = 3;

/// Reads the GitHub App's credentials from SSM on every invocation.
pub(crate) struct ParameterStore {
    client: aws_sdk_ssm::Client,
    http_client: HttpClient,
    names: ParameterNames,
    known_secrets: KnownSecrets,
}

impl ParameterStore {
    /// Creates the SSM client.
    ///
    /// # Errors
    ///
    /// When an HTTP client cannot be set up.
    pub(crate) fn new(
        aws: Aws,
        names: ParameterNames,
        known_secrets: KnownSecrets,
        network: &Network,
    ) -> Result<Self, ConfigError> {
        let http_client = network.client()?;
        let credentials = AwsCredentials::new(aws.credentials, known_secrets.clone(), network)?;
        let mut config = aws_sdk_ssm::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(aws.region))
            .use_fips(aws.use_fips)
            .use_dual_stack(aws.use_dual_stack)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(sdk_http_client::new(http_client.clone()))
            // The SDK would keep the skew for the life of the process: one wrong date from SSM would make all later
            // requests fail.
            .disable_clock_skew_correction(true)
            .retry_config(RetryConfig::standard().with_max_attempts(SSM_ATTEMPTS))
            .retry_partition(retry_budget())
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_LIMIT).build())
            // It detects slow bodies, which the timeout of an attempt already limits.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(endpoint) = &aws.endpoint {
            config = config.endpoint_url(endpoint.as_str());
        }
        Ok(Self { client: aws_sdk_ssm::Client::from_conf(config.build()), http_client, names, known_secrets })
    }

    /// Reads client ID, installation ID and private key with one `GetParameters`. Records AWS's request ID.
    ///
    /// # Errors
    ///
    /// [`ParameterStoreError`].
    pub(crate) async fn read(&self, deadline: &Deadline) -> Result<AppCredentials, ParameterStoreError> {
        let last_failure = LastFailure::new(self.known_secrets.clone());
        let call = self.request().customize().interceptor(last_failure.clone()).send();
        let answer = deadline.work(call).await.map_err(|_| match last_failure.take() {
            Some(failure) => ParameterStoreError::OutOfTimeAfter(failure),
            None => ParameterStoreError::OutOfTime,
        })?;
        let id = answer.request_id().and_then(|id| id.parse::<RequestId>().ok());
        Span::current().record("aws_request_id", id.as_ref().map_or(UNSET, RequestId::as_str));
        let output = answer.map_err(|error| Unreadable::call(&error, &self.known_secrets))?;
        AppCredentials::from_output(output, &self.names)
    }

    /// Opens the connection for the first request without sending anything. This also does the work that the SDK does
    /// only once.
    pub(crate) async fn preconnect(&self) {
        // Boxed, because the future of an SDK call is large.
        let request = Box::pin(async {
            // Always an error: the client opens the connection and does not send the request.
            let _ = self.request().send().await;
        });
        self.http_client.preconnect(request).await;
    }

    fn request(&self) -> GetParametersFluentBuilder {
        let names = self.names.in_order().map(|name| name.as_str().to_owned());
        self.client.get_parameters().set_names(Some(names.to_vec())).with_decryption(true)
    }
}

/// Returns a retry budget without a limit, because the limit of two retries per invocation is enough. The SDK's own
/// budget covers the life of a client: after some 25 invocations without a response, there would be no more retries.
fn retry_budget() -> RetryPartition {
    RetryPartition::custom("invocation").token_bucket(TokenBucket::unlimited()).build()
}
