//! SSM's region and endpoint, and where AWS credentials come from.

use super::endpoint_url::EndpointUrl;
use super::environment::Environment;
use super::error::ConfigError;

const REGION: &str = "AWS_REGION";
/// Where Lambda offers credentials when it does not set them in the environment: `SnapStart` and Managed Instances.
const CONTAINER_CREDENTIALS: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
/// Read by the credentials providers of `aws-config`; here only checked.
const CREDENTIALS: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/// What the AWS SDK needs. `aws-config`'s own loader is not used: it reads profile files, and accepts endpoints from them
/// without the checks of [`EndpointUrl`].
#[derive(Debug)]
pub(crate) struct Aws {
    /// Such as `eu-central-1`.
    pub(crate) region: String,
    /// Whether the container credentials endpoint is asked where the environment has no credentials.
    pub(crate) has_container_credentials: bool,
    /// An endpoint other than the region's.
    pub(crate) endpoint: Option<EndpointUrl>,
    /// `AWS_USE_FIPS_ENDPOINT`.
    pub(crate) use_fips: bool,
    /// `AWS_USE_DUALSTACK_ENDPOINT`.
    pub(crate) use_dual_stack: bool,
}

impl Aws {
    pub(super) fn from_environment(region: String, environment: &Environment) -> Result<Self, ConfigError> {
        let endpoint = endpoint(environment)?;
        for variable in CREDENTIALS {
            environment.text(variable)?;
        }
        Ok(Self {
            region,
            has_container_credentials: environment.text(CONTAINER_CREDENTIALS)?.is_some(),
            endpoint,
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
