//! The proxy between this function and the world.

use std::fmt;

use reqwest::Url;

use super::environment::Environment;
use super::error::ConfigError;

/// `HTTPS_PROXY` and `NO_PROXY`, in capitals or not.
pub(crate) struct Proxy {
    /// May hold a user name and a password.
    url: Url,
    exceptions: String,
}

impl Proxy {
    /// # Errors
    ///
    /// [`ConfigError::ProxyUrl`] when the proxy's URL is not one of `http` or `https`.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some((variable, text)) = environment.first_of(["HTTPS_PROXY", "https_proxy"])? else {
            return Ok(None);
        };
        let exceptions = environment.first_of(["NO_PROXY", "no_proxy"])?.map(|(_, text)| text);
        let url = parse(text).ok_or(ConfigError::ProxyUrl(variable))?;
        Ok(Some(Self { url, exceptions: exceptions.unwrap_or_default().to_owned() }))
    }

    /// The proxy's URL; it may hold credentials.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Hosts that are reached directly, comma-separated.
    pub(crate) fn exceptions(&self) -> &str {
        &self.exceptions
    }
}

/// `host:port` without a scheme means `http://host:port`, as for other programs.
fn parse(text: &str) -> Option<Url> {
    let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("http://{text}")) }.ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").finish_non_exhaustive()
    }
}
