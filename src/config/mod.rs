//! The environment, read once at start and parsed into types that cannot hold an invalid value.

mod aws;
mod endpoint_url;
mod environment;
mod error;
mod lambda_runtime;
mod log_level;
mod no_proxy;
mod parameter_name;
mod permissions;
mod proxy;
mod repository;

use std::path::PathBuf;

pub(crate) use aws::{Aws, CredentialsSource};
pub(crate) use endpoint_url::EndpointUrl;
pub(crate) use environment::Environment;
pub(crate) use error::ConfigError;
pub(crate) use lambda_runtime::RuntimeApiAddress;
pub(crate) use log_level::LogLevel;
pub(crate) use parameter_name::{ParameterName, ParameterNames};
pub(crate) use permissions::Permissions;
pub(crate) use proxy::Proxy;
pub(crate) use repository::Repository;

use permissions::PermissionsError;

const BASE_URL: &str = "GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL";
const DEFAULT_BASE_URL: &str = "https://api.github.com";
const PERMISSIONS: &str = "GITHUB_TOKEN_BROKER_PERMISSIONS";
const DEFAULT_PERMISSIONS: &str = r#"{"contents":"read"}"#;
const OWN_VARIABLES: &str = "GITHUB_TOKEN_BROKER_";
/// Lambda's limit for all variables of a function, see
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution>.
const OWN_VARIABLES_CAP: usize = 4096;
const CA_FILE: &str = "SSL_CERT_FILE";

/// The function's configuration: one repository, one set of permissions, and the endpoints of SSM and GitHub.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) aws: Aws,
    /// The parameters that hold the GitHub App's credentials.
    pub(crate) parameters: ParameterNames,
    /// The repository that tokens are valid for.
    pub(crate) repository: Repository,
    /// The permissions that tokens have.
    pub(crate) permissions: Permissions,
    /// The base URL of GitHub's REST API.
    pub(crate) github_api_base_url: EndpointUrl,
    pub(crate) log_level: LogLevel,
    /// `SSL_CERT_FILE`: CA certificates to trust in addition to the system's.
    pub(crate) ca_file: Option<PathBuf>,
    /// The proxy for all hosts other than loopback.
    pub(crate) proxy: Option<Proxy>,
}

impl Config {
    /// Reads the variables in the order in which their errors are reported.
    ///
    /// # Errors
    ///
    /// The first error.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let region = aws::region(environment)?;
        let config = Self {
            parameters: ParameterNames::from_environment(environment)?,
            repository: Repository::from_environment(environment)?,
            permissions: permissions(environment)?,
            github_api_base_url: base_url(environment)?,
            log_level: LogLevel::from_environment(environment)?,
            aws: Aws::from_environment(region, environment)?,
            ca_file: environment.text(CA_FILE)?.map(PathBuf::from),
            proxy: Proxy::from_environment(environment)?,
        };
        lambda_runtime::check(environment)?;
        if environment.size_of(OWN_VARIABLES) > OWN_VARIABLES_CAP {
            return Err(ConfigError::TooLong(OWN_VARIABLES));
        }
        Ok(config)
    }
}

fn permissions(environment: &Environment) -> Result<Permissions, ConfigError> {
    let text = environment.text(PERMISSIONS)?.unwrap_or(DEFAULT_PERMISSIONS);
    text.parse().map_err(|error| match error {
        PermissionsError::NotAnObjectOfStrings(reason) => ConfigError::NotAnObjectOfStrings(PERMISSIONS, reason),
        PermissionsError::Empty => ConfigError::NoPermission(PERMISSIONS),
        PermissionsError::BlankEntry => ConfigError::BlankPermission(PERMISSIONS),
    })
}

fn base_url(environment: &Environment) -> Result<EndpointUrl, ConfigError> {
    let text = environment.text(BASE_URL)?.unwrap_or(DEFAULT_BASE_URL);
    text.parse().map_err(|error| ConfigError::endpoint("GitHub API base URL", error))
}
