//! SSM's region and endpoint, and the source of AWS credentials.

use super::endpoint_url::EndpointUrl;
use super::environment::Environment;
use super::error::ConfigError;

const REGION: &str = "AWS_REGION";
/// The credentials endpoint that Lambda provides instead of environment variables with `SnapStart` and Managed
/// Instances.
const CONTAINER_CREDENTIALS: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
/// Must not be set: `aws-config`'s provider would prefer it and request credentials from another host.
const RELATIVE_CONTAINER_CREDENTIALS: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FIPS: &str = "AWS_USE_FIPS_ENDPOINT";
const DUAL_STACK: &str = "AWS_USE_DUALSTACK_ENDPOINT";
const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// Read by the credentials providers of `aws-config`; only checked for UTF-8 here.
const OPTIONAL_CREDENTIALS: [&str; 3] =
    ["AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];

/// The source of AWS credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CredentialsSource {
    Environment,
    /// The endpoint in `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    Container,
    Nowhere,
}

/// The settings of the AWS SDK. `aws-config`'s own loader is not used: it reads profile files, and accepts endpoints
/// from them without the checks of [`EndpointUrl`].
#[derive(Debug)]
pub(crate) struct Aws {
    /// Such as `eu-central-1`.
    pub(crate) region: String,
    pub(crate) credentials: CredentialsSource,
    /// A custom endpoint instead of the region's.
    pub(crate) endpoint: Option<EndpointUrl>,
    /// `AWS_USE_FIPS_ENDPOINT`.
    pub(crate) use_fips: bool,
    /// `AWS_USE_DUALSTACK_ENDPOINT`.
    pub(crate) use_dual_stack: bool,
}

impl Aws {
    pub(super) fn from_environment(region: String, environment: &Environment) -> Result<Self, ConfigError> {
        let (endpoint, variable) = endpoint(environment)?.unzip();
        let (use_fips, use_dual_stack) = (environment.is_true(FIPS)?, environment.is_true(DUAL_STACK)?);
        // Together with a custom endpoint, the SDK ignores or rejects these switches.
        match variable {
            Some(variable) if use_fips => return Err(ConfigError::Conflict(FIPS, variable)),
            Some(variable) if use_dual_stack => return Err(ConfigError::Conflict(DUAL_STACK, variable)),
            _ => {}
        }
        let credentials = CredentialsSource::from_environment(environment)?;
        Ok(Self { region, credentials, endpoint, use_fips, use_dual_stack })
    }
}

impl CredentialsSource {
    fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let (access_key_id, secret) = (environment.text(ACCESS_KEY_ID)?, environment.text(SECRET_ACCESS_KEY)?);
        for variable in OPTIONAL_CREDENTIALS {
            environment.text(variable)?;
        }
        let endpoint = environment.text(CONTAINER_CREDENTIALS)?;
        if access_key_id.is_some() && secret.is_some() {
            Ok(Self::Environment)
        } else if endpoint.is_none() {
            Ok(Self::Nowhere)
        } else if environment.has(RELATIVE_CONTAINER_CREDENTIALS) {
            Err(ConfigError::MustBeUnset(RELATIVE_CONTAINER_CREDENTIALS))
        } else {
            Ok(Self::Container)
        }
    }
}

/// Reads the region. It becomes part of SSM's host name, so its characters are restricted: it must not redirect
/// requests to another host.
pub(super) fn region(environment: &Environment) -> Result<String, ConfigError> {
    let text = environment.required(REGION)?;
    if text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        Ok(text.to_owned())
    } else {
        Err(ConfigError::UnsupportedCharacters(REGION))
    }
}

/// Returns the custom endpoint and its variable. All AWS SDKs use the same variables in the same order, see
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>.
fn endpoint(environment: &Environment) -> Result<Option<(EndpointUrl, &'static str)>, ConfigError> {
    if environment.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")? {
        return Ok(None);
    }
    let Some((variable, text)) = environment.first_of(["AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL"])? else {
        return Ok(None);
    };
    text.parse().map(|endpoint| Some((endpoint, variable))).map_err(|error| ConfigError::endpoint(variable, error))
}
