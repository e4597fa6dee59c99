//! The proxy for outgoing HTTPS requests.

use std::fmt;

use reqwest::Url;

use super::environment::Environment;
use super::error::ConfigError;
use super::no_proxy::NoProxy;

/// The proxy of `HTTPS_PROXY` and the exceptions of `NO_PROXY`, both in upper or lower case.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// May contain a user name and a password.
    url: Url,
    exceptions: NoProxy,
}

impl Proxy {
    /// Reads the proxy and its exceptions; `None` when there is no proxy.
    ///
    /// # Errors
    ///
    /// [`ConfigError::ProxyUrl`] when the proxy's URL is neither `http` nor `https`.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some((variable, text)) = environment.first_of(["HTTPS_PROXY", "https_proxy"])? else {
            return Ok(None);
        };
        let exceptions = environment.first_of(["NO_PROXY", "no_proxy"])?.map(|(_, text)| NoProxy::new(text));
        let url = parse(text).ok_or(ConfigError::ProxyUrl(variable))?;
        Ok(Some(Self { url, exceptions: exceptions.unwrap_or_default() }))
    }

    /// Returns the proxy's URL, which may contain credentials, or `None` when `url` is requested directly. Plain http
    /// is allowed only to loopback hosts, see [`super::EndpointUrl`], so it never uses the proxy.
    pub(crate) fn url_for(&self, url: &Url) -> Option<&Url> {
        (url.scheme() == "https" && !self.exceptions.covers(url)).then_some(&self.url)
    }
}

/// Parses a proxy's URL. `host:port` without a scheme means `http://host:port`, as in other programs.
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
