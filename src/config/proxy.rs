//! The proxy between this function and the world.

use std::fmt;

use reqwest::Url;

use super::environment::Environment;
use super::error::ConfigError;
use super::no_proxy::NoProxy;

/// `HTTPS_PROXY` and `NO_PROXY`, in capitals or not.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// May hold a user name and a password.
    url: Url,
    exceptions: NoProxy,
}

impl Proxy {
    /// # Errors
    ///
    /// [`ConfigError::ProxyUrl`] when the proxy's URL is not one of `http` or `https`.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some((variable, text)) = environment.first_of(["HTTPS_PROXY", "https_proxy"])? else {
            return Ok(None);
        };
        let exceptions = environment.first_of(["NO_PROXY", "no_proxy"])?.map(|(_, text)| NoProxy::new(text));
        let url = parse(text).ok_or(ConfigError::ProxyUrl(variable))?;
        Ok(Some(Self { url, exceptions: exceptions.unwrap_or_default() }))
    }

    /// The proxy's URL, which may hold credentials, for a URL that is reached through it. Plain http goes only to this machine,
    /// see [`super::EndpointUrl`].
    pub(crate) fn url_for(&self, url: &Url) -> Option<&Url> {
        (url.scheme() == "https" && !self.exceptions.covers(url)).then_some(&self.url)
    }
}

/// `host:port` without a scheme means `http://host:port`, as for other programs.
fn parse(text: &str) -> Option<Url> {
    let (start, rest) = text.split_once(':').unwrap_or((text, "//"));
    let is_scheme = ["http", "https"].iter().any(|scheme| start.eq_ignore_ascii_case(scheme));
    if is_scheme && !rest.starts_with("//") {
        return None;
    }
    let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("http://{text}")) }.ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").finish_non_exhaustive()
    }
}
