//! Builds the HTTP clients from shared settings.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{ClientBuilder, redirect, retry};
use rustls::{CipherSuite, ClientConfig, RootCertStore};

use super::client::HttpClient;
use super::dialer::Dialer;
use super::idle::{Idle, Losses};
use super::local_client::LocalClient;
use super::lookup::Lookup;
use super::trust_store::trust_store;
use crate::clock::Clock;
use crate::config::{ConfigError, Proxy};

/// The timeout for connecting, TLS included.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// `TCP_USER_TIMEOUT`: how long sent data may remain unacknowledged. It closes a connection that was cut silently and
/// does not affect slow responses, because the peer's kernel acknowledges data. Linux measures from the first
/// retransmission, after 0.2 s, and checks at each one: a cut connection is closed after 0.93 s (measured). While
/// connecting, a host that does not answer is given up after 1 s, when the first packet has been sent twice.
const UNACKNOWLEDGED_LIMIT: Duration = Duration::from_millis(500);
/// The timeout of a request to an endpoint on this machine.
const LOCAL_LIMIT: Duration = Duration::from_secs(1);

/// TLS settings, trust store and proxy.
pub(crate) struct Network {
    tls: ClientConfig,
    proxy: Option<reqwest::Proxy>,
    losses: Losses,
    now: Clock,
}

impl Network {
    /// Loads the trust store and prepares the TLS settings.
    ///
    /// # Errors
    ///
    /// When `ca_file` is not a readable file of PEM certificates.
    pub(crate) fn new(ca_file: Option<&Path>, proxy: Option<&Proxy>, now: Clock) -> Result<Self, ConfigError> {
        let tls = tls(trust_store(ca_file)?)?;
        Ok(Self { tls, proxy: proxy.cloned().map(https_proxy), losses: Losses::default(), now })
    }

    /// Creates a client for one peer that uses the proxy if there is one.
    ///
    /// # Errors
    ///
    /// When the HTTP library rejects its settings.
    pub(crate) fn client(&self) -> Result<HttpClient, ConfigError> {
        let builder = base_client().tls_backend_preconfigured(self.tls.clone()).tcp_user_timeout(UNACKNOWLEDGED_LIMIT);
        let builder = match &self.proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        };
        let dialer = Dialer::new(builder).map_err(|_| ConfigError::HttpClient)?;
        Ok(HttpClient::new(dialer, Idle::new(self.losses.clone(), self.now), self.losses.clone()))
    }

    /// Creates a client for an endpoint that is normally on this machine: without a proxy, and with a timeout of 1 s.
    ///
    /// # Errors
    ///
    /// When the HTTP library rejects its settings.
    pub(crate) fn local_client(&self) -> Result<LocalClient, ConfigError> {
        let builder = base_client().tls_backend_preconfigured(self.tls.clone()).timeout(LOCAL_LIMIT);
        builder.build().map(LocalClient::new).map_err(|_| ConfigError::HttpClient)
    }
}

/// Creates a client for plain HTTP to this machine.
///
/// # Errors
///
/// When the HTTP library rejects its settings.
pub(crate) fn plain_client() -> Result<reqwest::Client, ConfigError> {
    let builder = base_client().tls_backend_preconfigured(tls(RootCertStore::empty())?);
    builder.build().map_err(|_| ConfigError::HttpClient)
}

#[expect(clippy::disallowed_methods, reason = "the only place that builds a client")]
fn base_client() -> ClientBuilder {
    reqwest::Client::builder()
        .http1_only()
        .connect_timeout(CONNECT_LIMIT)
        .dns_resolver(Lookup::default())
        .redirect(redirect::Policy::none())
        .referer(false)
        // reqwest's retries support neither backoff nor Retry-After.
        .retry(retry::never())
        // The configuration reads the proxy variables.
        .no_proxy()
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, ConfigError> {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    // Prefers AES-128, as browsers do: its cipher suite uses SHA-256, for which processors have instructions.
    provider.cipher_suites.sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    let mut tls = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| ConfigError::HttpClient)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

fn https_proxy(proxy: Proxy) -> reqwest::Proxy {
    reqwest::Proxy::custom(move |url| proxy.url_for(url).cloned())
}
