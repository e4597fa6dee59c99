//! What Lambda sets, checked before `lambda_runtime` reads it: that panics on what it does not like.

use std::net::SocketAddr;

use crate::config::ConfigError;
use crate::environment::Environment;

/// The variable that tells a program that it runs under Lambda.
pub const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// Where the Lambda Runtime API is: a host and a port, as the authority of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeApi(String);

impl RuntimeApi {
    /// `None` when this process does not run under Lambda.
    ///
    /// # Errors
    ///
    /// When the variable holds something other than a host and a port.
    pub fn from_environment(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(text) = environment.text(RUNTIME_API)? else { return Ok(None) };
        if is_host_and_port(text) {
            Ok(Some(Self(text.to_owned())))
        } else {
            Err(ConfigError::RuntimeApiAddress(RUNTIME_API))
        }
    }

    /// `host:port`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.0
    }
}

/// Checks the other variables without which `lambda_runtime` does not start.
///
/// # Errors
///
/// The first that is missing or malformed.
pub fn check(environment: &Environment) -> Result<(), ConfigError> {
    const MEMORY: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
    environment.required("AWS_LAMBDA_FUNCTION_NAME")?;
    environment.required("AWS_LAMBDA_FUNCTION_VERSION")?;
    match environment.required(MEMORY)?.parse::<i32>() {
        Ok(1..) => Ok(()),
        _ => Err(ConfigError::NotMegabytes(MEMORY)),
    }
}

fn is_host_and_port(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "80"));
    text.parse::<SocketAddr>().is_ok() || is_host(host) && is_port(port)
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
}

/// The number's own parser takes a plus sign.
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}
