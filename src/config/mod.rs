//! The environment, read once at start, as types that cannot hold a wrong value.

mod aws;
mod endpoint_url;
mod error;
mod log_level;
mod parameter_name;
mod permissions;
mod proxy;
mod repository;
mod runtime_api_address;

use std::path::PathBuf;

pub use aws::{Aws, AwsCredentials};
pub use endpoint_url::{EndpointUrl, EndpointUrlError};
pub use error::ConfigError;
pub use log_level::LogLevel;
pub use parameter_name::{ParameterName, ParameterNames};
pub use permissions::{Permissions, PermissionsError};
pub use proxy::Proxy;
pub use repository::Repository;
pub use runtime_api_address::RuntimeApiAddress;

use crate::environment::Environment;

const BASE_URL: &str = "GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL";
const DEFAULT_BASE_URL: &str = "https://api.github.com";
const PERMISSIONS: &str = "GITHUB_TOKEN_BROKER_PERMISSIONS";
const DEFAULT_PERMISSIONS: &str = r#"{"contents":"read"}"#;
const CA_FILE: &str = "SSL_CERT_FILE";

/// Everything that the deployer fixed: one repository, one set of permissions, and the way there.
#[derive(Debug)]
pub struct Config {
    /// Where SSM is and who asks it.
    pub aws: Aws,
    /// The parameters that hold the GitHub App's credentials.
    pub parameters: ParameterNames,
    /// The repository that tokens are good for.
    pub repository: Repository,
    /// The permissions that tokens carry.
    pub permissions: Permissions,
    /// The base of GitHub's REST API.
    pub github_api_base_url: EndpointUrl,
    /// The least severe level that is logged.
    pub log_level: LogLevel,
    /// A warning for the log: the log level was not understood.
    pub log_level_warning: Option<&'static str>,
    /// `SSL_CERT_FILE`: certificates to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The proxy for hosts other than this machine.
    pub proxy: Option<Proxy>,
}

impl Config {
    /// Reads the variables in the order in which their faults are told.
    ///
    /// # Errors
    ///
    /// The first fault found.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let region = aws::region(environment)?;
        let parameters = ParameterNames::from_environment(environment)?;
        let repository = Repository::from_environment(environment)?;
        let permissions = permissions(environment)?;
        let github_api_base_url = base_url(environment)?;
        let (log_level, log_level_warning) = LogLevel::from_environment(environment)?;
        Ok(Self {
            aws: Aws::from_environment(region, environment)?,
            parameters,
            repository,
            permissions,
            github_api_base_url,
            log_level,
            log_level_warning,
            ca_file: environment.text(CA_FILE)?.map(PathBuf::from),
            proxy: Proxy::from_environment(environment)?,
        })
    }
}

fn permissions(environment: &Environment) -> Result<Permissions, ConfigError> {
    let text = environment.text(PERMISSIONS)?.unwrap_or(DEFAULT_PERMISSIONS);
    text.parse().map_err(|error| match error {
        PermissionsError::NotAnObjectOfStrings(why) => ConfigError::NotAnObjectOfStrings(PERMISSIONS, why),
        PermissionsError::Empty => ConfigError::NoPermission(PERMISSIONS),
        PermissionsError::BlankEntry => ConfigError::BlankPermission(PERMISSIONS),
    })
}

fn base_url(environment: &Environment) -> Result<EndpointUrl, ConfigError> {
    let text = environment.text(BASE_URL)?.unwrap_or(DEFAULT_BASE_URL);
    text.parse().map_err(|error| ConfigError::endpoint("GitHub API base URL", error))
}
