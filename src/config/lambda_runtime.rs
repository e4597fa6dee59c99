//! The variables that `lambda_runtime` reads. They are checked first, because it panics on an invalid value.

use std::net::SocketAddr;

use super::environment::Environment;
use super::error::ConfigError;

const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";
const FUNCTION_VERSION: &str = "AWS_LAMBDA_FUNCTION_VERSION";
const MEMORY_SIZE: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

/// The host and port of the Lambda Runtime API, as the authority of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuntimeApiAddress(String);

impl RuntimeApiAddress {
    /// Reads the address; `None` when this process does not run under Lambda.
    ///
    /// # Errors
    ///
    /// When the variable holds something other than a host and a port.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(text) = environment.text(RUNTIME_API)? else { return Ok(None) };
        // lambda_runtime does not trim the value.
        if environment.is_trimmed(RUNTIME_API) && is_host_and_port(text) {
            Ok(Some(Self(text.to_owned())))
        } else {
            Err(ConfigError::RuntimeApiAddress(RUNTIME_API))
        }
    }

    /// Returns the base URL of the API.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/2018-06-01/runtime/", self.0)
    }
}

/// Checks the other variables that Lambda always sets.
pub(super) fn check(environment: &Environment) -> Result<(), ConfigError> {
    environment.required(FUNCTION_NAME)?;
    environment.required(FUNCTION_VERSION)?;
    let megabytes = environment.required(MEMORY_SIZE)?;
    if environment.is_trimmed(MEMORY_SIZE) && megabytes.parse::<i32>().is_ok() {
        Ok(())
    } else {
        Err(ConfigError::NotANumber(MEMORY_SIZE))
    }
}

fn is_host_and_port(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "80"));
    text.parse::<SocketAddr>().is_ok() || is_host(host) && is_port(port)
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
}

/// Checks the digits, because the number parser also accepts a plus sign.
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}
