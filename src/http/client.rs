//! HTTP clients, one for each peer.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{NoProxy, Request, redirect, retry};
use rustls::{CipherSuite, ClientConfig, RootCertStore};

use super::answer::Answer;
use super::no_answer::NoAnswer;
use super::preconnect::Preconnect;
use super::trust_store::trust_store;
use crate::clock::Clock;
use crate::config::{ConfigError, Proxy};

/// How long connecting may take, TLS included.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How long init may wait for connections, so that a slow peer leaves most of init's 10 s.
const PRECONNECT_LIMIT: Duration = Duration::from_millis(900);
/// How long one attempt may take, from connecting to the last byte of the body.
pub(crate) const ATTEMPT_LIMIT: Duration = Duration::from_secs(3);
/// How long a request to an endpoint on this machine may take.
const LOCAL_LIMIT: Duration = Duration::from_secs(1);
/// Hosts that are never reached through a proxy.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// What the clients share: TLS settings, trust store and proxy.
pub(crate) struct Network {
    tls: ClientConfig,
    proxy: Option<reqwest::Proxy>,
    now: Clock,
}

/// Sends requests to one peer.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    client: reqwest::Client,
    preconnect: Preconnect,
}

impl Network {
    /// # Errors
    ///
    /// When `ca_file` is not a readable file of PEM certificates.
    pub(crate) fn new(ca_file: Option<&Path>, proxy: Option<&Proxy>, now: Clock) -> Result<Self, ConfigError> {
        Ok(Self { tls: tls(trust_store(ca_file)?)?, proxy: proxy.map(https_proxy).transpose()?, now })
    }

    /// A client for one peer, through the proxy if there is one.
    ///
    /// # Errors
    ///
    /// When the HTTP library refuses its settings.
    pub(crate) fn client(&self) -> Result<HttpClient, ConfigError> {
        let preconnect = Preconnect::new(self.now);
        let builder = base_client().tls_backend_preconfigured(self.tls.clone()).connector_layer(preconnect.clone());
        let builder = match &self.proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        };
        Ok(HttpClient { client: builder.build().map_err(|_| ConfigError::HttpClient)?, preconnect })
    }

    /// A client for an endpoint that is normally on this machine: without a proxy, and with a limit of 1 s for each request.
    ///
    /// # Errors
    ///
    /// When the HTTP library refuses its settings.
    pub(crate) fn local_client(&self) -> Result<HttpClient, ConfigError> {
        let builder = base_client().tls_backend_preconfigured(self.tls.clone()).timeout(LOCAL_LIMIT);
        let client = builder.build().map_err(|_| ConfigError::HttpClient)?;
        Ok(HttpClient { client, preconnect: Preconnect::new(self.now) })
    }
}

impl HttpClient {
    /// Opens the connection for `request` and keeps it for the client's first real request; `request` itself fails without
    /// being sent. Waits 0.9 s at most: a peer that is slow or unreachable is left for the first real request to report.
    pub(crate) async fn preconnect(&self, request: impl Future<Output = ()>) {
        self.preconnect.run(request, PRECONNECT_LIMIT).await;
    }

    /// Whether init is still opening the connection; requests then fail without being sent.
    pub(crate) fn is_preconnecting(&self) -> bool {
        self.preconnect.is_running()
    }

    /// Sends a request and waits for the head of the response. The caller limits the attempt, see [`ATTEMPT_LIMIT`].
    ///
    /// # Errors
    ///
    /// [`NoAnswer`] with the reason.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, NoAnswer> {
        self.client.execute(request).await.map(Answer::new).map_err(|error| NoAnswer::from(&error))
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
fn base_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .http1_only()
        .connect_timeout(CONNECT_LIMIT)
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

fn https_proxy(proxy: &Proxy) -> Result<reqwest::Proxy, ConfigError> {
    let direct = NoProxy::from_string(&format!("{LOOPBACK},{}", proxy.exceptions()));
    // Plain http goes only to this machine, see EndpointUrl.
    Ok(reqwest::Proxy::https(proxy.url().clone()).map_err(|_| ConfigError::HttpClient)?.no_proxy(direct))
}
