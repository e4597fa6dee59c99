//! Where the Lambda Runtime API is.

use std::net::SocketAddr;

use super::ConfigError;
use crate::environment::Environment;

/// The variable that tells a program that it runs under Lambda.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// A host and a port, as the authority of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeApiAddress(String);

impl RuntimeApiAddress {
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

    /// The URL that the API's paths are appended to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/2018-06-01/runtime/", self.0)
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
