//! Where SSM is and who asks it, from the variables that Lambda sets.

use std::fmt;

use secrecy::SecretString;

use super::{ConfigError, EndpointUrl};
use crate::environment::Environment;

const REGION: &str = "AWS_REGION";

/// What the AWS SDK needs. It is taken from the environment here, since inside Lambda it stands
/// nowhere else, and the SDK's own search would cost start-up time.
#[derive(Debug)]
pub struct Aws {
    /// Such as `eu-central-1`.
    pub region: String,
    /// Absent when the environment has none; then reading the parameters fails.
    pub credentials: Option<AwsCredentials>,
    /// Another endpoint than the region's.
    pub endpoint: Option<EndpointUrl>,
    /// `AWS_USE_FIPS_ENDPOINT`.
    pub use_fips: bool,
    /// `AWS_USE_DUALSTACK_ENDPOINT`.
    pub use_dual_stack: bool,
}

/// Credentials of the function's role.
pub struct AwsCredentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: SecretString,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<SecretString>,
}

impl Aws {
    pub(super) fn from_environment(region: String, environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            region,
            endpoint: endpoint(environment)?,
            credentials: AwsCredentials::from_environment(environment)?,
            use_fips: environment.is_true("AWS_USE_FIPS_ENDPOINT")?,
            use_dual_stack: environment.is_true("AWS_USE_DUALSTACK_ENDPOINT")?,
        })
    }
}

/// The region becomes a part of SSM's host name, so it must not be able to name another host.
pub(super) fn region(environment: &Environment) -> Result<String, ConfigError> {
    let text = environment.required(REGION)?;
    if text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        Ok(text.to_owned())
    } else {
        Err(ConfigError::UnsupportedCharacters(REGION))
    }
}

/// The variables and their order are those of every AWS SDK, see
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>.
fn endpoint(environment: &Environment) -> Result<Option<EndpointUrl>, ConfigError> {
    if environment.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")? {
        return Ok(None);
    }
    let Some((variable, text)) = environment.first_of(["AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL"])? else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|error| ConfigError::endpoint(variable, error))
}

impl AwsCredentials {
    fn from_environment(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let access_key_id = environment.text("AWS_ACCESS_KEY_ID")?;
        let secret_access_key = environment.text("AWS_SECRET_ACCESS_KEY")?;
        let session_token = environment.text("AWS_SESSION_TOKEN")?;
        let (Some(access_key_id), Some(secret_access_key)) = (access_key_id, secret_access_key) else {
            return Ok(None);
        };
        Ok(Some(Self {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.into(),
            session_token: session_token.map(Into::into),
        }))
    }
}

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsCredentials").finish_non_exhaustive()
    }
}
