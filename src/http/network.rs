//! What the HTTP clients share, and how they are built.

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

/// How long connecting may take, TLS included.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How long a peer's machine may leave a packet unacknowledged (`TCP_USER_TIMEOUT`). It acknowledges without the peer's program,
/// so a slow answer is not affected; a connection that was cut silently ends then. Linux counts from the first repetition, after
/// 0.2 s, and checks when it repeats: a cut connection is given up after 0.93 s (measured). While connecting, a machine that
/// does not answer is given up after 1 s, when the first packet has been sent twice.
const UNACKNOWLEDGED_LIMIT: Duration = Duration::from_millis(500);
/// How long a request to an endpoint on this machine may take.
const LOCAL_LIMIT: Duration = Duration::from_secs(1);

/// TLS settings, trust store and proxy.
pub(crate) struct Network {
    tls: ClientConfig,
    proxy: Option<reqwest::Proxy>,
    losses: Losses,
    now: Clock,
}

impl Network {
    /// # Errors
    ///
    /// When `ca_file` is not a readable file of PEM certificates.
    pub(crate) fn new(ca_file: Option<&Path>, proxy: Option<&Proxy>, now: Clock) -> Result<Self, ConfigError> {
        let tls = tls(trust_store(ca_file)?)?;
        Ok(Self { tls, proxy: proxy.cloned().map(https_proxy), losses: Losses::default(), now })
    }

    /// A client for one peer, through the proxy if there is one.
    ///
    /// # Errors
    ///
    /// When the HTTP library refuses its settings.
    pub(crate) fn client(&self) -> Result<HttpClient, ConfigError> {
        let builder = base_client().tls_backend_preconfigured(self.tls.clone()).tcp_user_timeout(UNACKNOWLEDGED_LIMIT);
        let builder = match &self.proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        };
        let dialer = Dialer::new(builder).map_err(|_| ConfigError::HttpClient)?;
        Ok(HttpClient::new(dialer, Idle::new(self.losses.clone(), self.now), self.losses.clone()))
    }

    /// A client for an endpoint that is normally on this machine: without a proxy, and with a limit of 1 s for each request.
    ///
    /// # Errors
    ///
    /// When the HTTP library refuses its settings.
    pub(crate) fn local_client(&self) -> Result<LocalClient, ConfigError> {
        let builder = base_client().tls_backend_preconfigured(self.tls.clone()).timeout(LOCAL_LIMIT);
        builder.build().map(LocalClient::new).map_err(|_| ConfigError::HttpClient)
    }
}

/// A client for plain HTTP to this machine.
///
/// # Errors
///
/// When the HTTP library refuses its settings.
pub(crate) fn plain_client() -> Result<reqwest::Client, ConfigError> {
    let builder = base_client().tls_backend_preconfigured(tls(RootCertStore::empty())?);
    builder.build().map_err(|_| ConfigError::HttpClient)
}

#[expect(clippy::disallowed_methods, reason = "the one place where a client is built")]
fn base_client() -> ClientBuilder {
    reqwest::Client::builder()
        .http1_only()
        .connect_timeout(CONNECT_LIMIT)
        .dns_resolver(Lookup::default())
        .redirect(redirect::Policy::none())
        .referer(false)
        // reqwest's retries know neither backoff nor Retry-After.
        .retry(retry::never())
        // The environment's proxies are read by the configuration.
        .no_proxy()
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, ConfigError> {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    // AES-128 first, as in browsers: its cipher suite uses SHA-256, for which processors have instructions.
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
