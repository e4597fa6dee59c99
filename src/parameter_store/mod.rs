//! SSM Parameter Store → the GitHub App's credentials.

mod connector;
mod credentials;
mod error;

use aws_sdk_ssm::config::retry::RetryConfig;
use aws_sdk_ssm::config::timeout::TimeoutConfig;
use aws_sdk_ssm::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use aws_sdk_ssm::operation::RequestId;
use aws_sdk_ssm::operation::get_parameters::GetParametersOutput;
use aws_sdk_ssm::operation::get_parameters::builders::GetParametersFluentBuilder;
use secrecy::{ExposeSecret, SecretString};

pub use credentials::{AppCredentials, ClientId, InstallationId};
pub use error::ParameterStoreError;

use crate::config::{Aws, AwsCredentials, ParameterName, ParameterNames};
use crate::deadline::Deadline;
use crate::http_client::{ATTEMPT_LIMIT, HttpClient};
use crate::peer_text::PeerText;
use crate::record::Record;

/// How often SSM is asked at most, by the SDK's standard retry mode.
const ATTEMPTS: u32 = 3;

/// Reads the GitHub App's credentials from SSM, anew each time.
#[derive(Debug)]
pub struct ParameterStore {
    client: aws_sdk_ssm::Client,
    names: ParameterNames,
    credentials: Option<AwsCredentials>,
}

impl ParameterStore {
    /// A reader of these parameters, over this client.
    #[must_use]
    pub fn new(aws: Aws, names: ParameterNames, http_client: HttpClient) -> Self {
        let mut config = aws_sdk_ssm::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(aws.region))
            .use_fips(aws.use_fips)
            .use_dual_stack(aws.use_dual_stack)
            .http_client(connector::http_client(http_client))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_LIMIT).build())
            // It watches for slow bodies; the attempt's limit does that here.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(endpoint) = &aws.endpoint {
            config = config.endpoint_url(endpoint.as_str());
        }
        if let Some(credentials) = &aws.credentials {
            config = config.credentials_provider(sdk_credentials(credentials));
        }
        Self { client: aws_sdk_ssm::Client::from_conf(config.build()), names, credentials: aws.credentials }
    }

    /// Client ID, installation ID and private key, as they stand in SSM now.
    ///
    /// # Errors
    ///
    /// [`ParameterStoreError`], by what must be mended. `record` learns AWS's request ID.
    pub async fn read(&self, deadline: &Deadline, record: &mut Record) -> Result<AppCredentials, ParameterStoreError> {
        let credentials = self.credentials.as_ref().ok_or(ParameterStoreError::NoCredentials)?;
        let answer = deadline.work(self.request().send()).await.map_err(|_| ParameterStoreError::OutOfTime)?;
        let request_id = answer.request_id().map(|id| PeerText::new(id, &credentials.secrets()));
        record.aws_request_id = request_id;
        let output = answer.map_err(|error| error::unreadable(&error, credentials))?;
        self.app_credentials(output, credentials)
    }

    /// Asks as [`ParameterStore::read`] does, for the sake of the connection: to be run by
    /// [`HttpClient::preconnect`] alone, which does not send the request. What the SDK does only once is
    /// done then, too.
    pub async fn preconnect(&self) {
        if self.credentials.is_some() {
            // It fails, since it is not sent.
            let _ = self.request().send().await;
        }
    }

    fn request(&self) -> GetParametersFluentBuilder {
        let names = self.names.in_order().map(|name| name.as_str().to_owned());
        self.client.get_parameters().set_names(Some(names.to_vec())).with_decryption(true)
    }

    fn app_credentials(
        &self,
        mut output: GetParametersOutput,
        credentials: &AwsCredentials,
    ) -> Result<AppCredentials, ParameterStoreError> {
        let unknown = output.invalid_parameters.take().unwrap_or_default();
        if !unknown.is_empty() {
            return Err(ParameterStoreError::missing(&unknown, credentials));
        }
        let client_id = take(&mut output, &self.names.client_id)?;
        let installation_id = take(&mut output, &self.names.installation_id)?;
        let private_key = take(&mut output, &self.names.private_key)?;
        Ok(AppCredentials {
            client_id: ClientId::new(&client_id, &self.names.client_id)?,
            installation_id: InstallationId::new(&installation_id, &self.names.installation_id)?,
            private_key,
        })
    }
}

/// The parameter's value, taken out of SSM's answer, in which parameters stand in any order.
fn take(output: &mut GetParametersOutput, name: &ParameterName) -> Result<SecretString, ParameterStoreError> {
    let parameters = output.parameters.iter_mut().flatten();
    parameters
        .filter(|parameter| parameter.name() == Some(name.as_str()))
        .find_map(|parameter| parameter.value.take())
        .filter(|value| !value.is_empty())
        .map(SecretString::from)
        .ok_or_else(|| ParameterStoreError::Empty(name.clone()))
}

fn sdk_credentials(credentials: &AwsCredentials) -> Credentials {
    Credentials::new(
        &credentials.access_key_id,
        credentials.secret_access_key.expose_secret(),
        credentials.session_token.as_ref().map(|token| token.expose_secret().to_owned()),
        None,
        "environment",
    )
}
