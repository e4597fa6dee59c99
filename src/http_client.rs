//! The HTTP client for SSM and GitHub alike: one trust store, one proxy rule, one set of limits; and a
//! plainer one for the Lambda Runtime API.

use std::error::Error;
use std::fs::File;
use std::future::Future;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{NoProxy, Request, Response, StatusCode, redirect, retry};
use rustls::pki_types::CertificateDer;
use rustls::{CipherSuite, ClientConfig, RootCertStore};
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::config::{Config, ConfigError, Proxy};
use crate::pem;
use crate::preconnect::Preconnect;

/// How long connecting may take, TLS included.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How long the start of the function may wait for connections: with everything else, less than a second.
const PRECONNECT_LIMIT: Duration = Duration::from_millis(900);
/// How long one attempt may take, from connecting to the last byte of the answer.
pub const ATTEMPT_LIMIT: Duration = Duration::from_secs(3);
/// How many bytes of an answer's body are read at most.
pub const BODY_CAP: usize = 1024 * 1024;
/// How many bytes of a file of certificates are read at most; a system's bundle has a quarter of one.
const CA_FILE_CAP: u64 = 16 * 1024 * 1024;
/// What certificates are labelled with in PEM; the second one by old tools.
const CERTIFICATE_LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];
/// Where Linux distributions keep the bundle of certificates that the system trusts, Amazon Linux's first.
const SYSTEM_CA_FILES: [&str; 5] = [
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Hosts that no proxy stands before.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// Sends requests within the limits of this module.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    connections: Preconnect,
}

/// An answer whose head is there and whose body is not yet read.
pub struct Answer(Response);

/// No answer came, and why, in words that quote nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub &'static str);

/// The body of an answer could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It has more than [`BODY_CAP`] bytes.
    #[error("it has more than 1 MiB")]
    TooLong,
    /// The connection failed before its end.
    #[error("it broke off")]
    BrokenOff,
}

impl HttpClient {
    /// # Errors
    ///
    /// When `SSL_CERT_FILE` is not a readable file of PEM certificates.
    pub fn new(config: &Config, now: Clock) -> Result<Self, ConfigError> {
        let connections = Preconnect::new(now);
        let mut builder = base_client()
            .connector_layer(connections.clone())
            .tls_backend_preconfigured(tls(trust_store(config.ca_file.as_deref())?)?)
            // The environment's proxies are read by the configuration.
            .no_proxy();
        if let Some(proxy) = &config.proxy {
            builder = builder.proxy(https_proxy(proxy)?);
        }
        let client = builder.build().map_err(|_| ConfigError::HttpClient)?;
        Ok(Self { client, connections })
    }

    /// Runs `requests` while the function starts: their connections are opened and kept for the first
    /// requests to the same hosts, and the requests are not sent. A peer that is slow or cannot be
    /// reached is left for later.
    pub async fn preconnect(&self, requests: impl Future<Output = ()>) {
        self.connections.keep_connections_of(requests, PRECONNECT_LIMIT).await;
    }

    /// Whether connections are kept and requests not sent at the moment.
    #[must_use]
    pub fn is_preconnecting(&self) -> bool {
        self.connections.is_keeping()
    }

    /// Sends a request and waits for the head of the answer. The limit on the whole attempt is the
    /// caller's to keep, see [`ATTEMPT_LIMIT`].
    ///
    /// # Errors
    ///
    /// [`NoAnswer`] with the reason.
    pub async fn send(&self, request: Request) -> Result<Answer, NoAnswer> {
        self.client.execute(request).await.map(Answer).map_err(|error| NoAnswer(why(&error)))
    }
}

impl Answer {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The answer's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// The body, of at most [`BODY_CAP`] bytes; wiped when dropped.
    ///
    /// # Errors
    ///
    /// [`BodyError`], by what is wrong.
    pub async fn body(mut self) -> Result<Zeroizing<Vec<u8>>, BodyError> {
        let announced = self.0.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        if announced > BODY_CAP {
            return Err(BodyError::TooLong);
        }
        let mut body = Zeroizing::new(Vec::with_capacity(announced));
        while let Some(chunk) = self.0.chunk().await.map_err(|_| BodyError::BrokenOff)? {
            if body.len() + chunk.len() > BODY_CAP {
                return Err(BodyError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// A client for the Lambda Runtime API, which is never reached through a proxy or over TLS.
///
/// # Errors
///
/// When it cannot be set up.
pub fn for_runtime_api() -> Result<reqwest::Client, ConfigError> {
    base_client()
        .no_proxy()
        .tls_backend_preconfigured(tls(RootCertStore::empty())?)
        // The answer to a request for an invocation may take hours, most of them frozen, and probes of the
        // connection would only give it up for dead.
        .tcp_keepalive(None)
        .tcp_keepalive_interval(None)
        .tcp_keepalive_retries(None)
        .tcp_user_timeout(None)
        // A caller's client context is a header of its invocation, and may hold bytes that no header may.
        .http1_ignore_invalid_headers_in_responses(true)
        .build()
        .map_err(|_| ConfigError::HttpClient)
}

#[expect(clippy::disallowed_methods, reason = "the one place where a client is made")]
fn base_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .http1_only()
        .connect_timeout(CONNECT_LIMIT)
        .redirect(redirect::Policy::none())
        .referer(false)
        // It knows neither a pause nor Retry-After; retry.rs does.
        .retry(retry::never())
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, ConfigError> {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    // AES-128 first, as browsers have it: with it goes SHA-256, for which processors have instructions.
    provider.cipher_suites.sort_by_key(|suite| suite.suite() != CipherSuite::TLS13_AES_128_GCM_SHA256);
    let mut tls = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| ConfigError::HttpClient)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

/// The system's certificates and those in `SSL_CERT_FILE`. Where there is neither, no peer is
/// trusted, and the first request says so.
fn trust_store(ca_file: Option<&Path>) -> Result<RootCertStore, ConfigError> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = SYSTEM_CA_FILES.iter().find_map(|file| read_capped(Path::new(file)).ok()) {
        add_certificates(&mut roots, &pem);
    }
    if let Some(file) = ca_file {
        let pem = read_capped(file).map_err(|why| ConfigError::UnreadableFile("SSL_CERT_FILE", why))?;
        if add_certificates(&mut roots, &pem) == 0 {
            return Err(ConfigError::NoCertificate("SSL_CERT_FILE"));
        }
    }
    Ok(roots)
}

fn read_capped(file: &Path) -> Result<String, &'static str> {
    let io_why = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist",
        std::io::ErrorKind::PermissionDenied => "permission denied",
        std::io::ErrorKind::IsADirectory => "it is a directory",
        _ => "reading it failed",
    };
    let mut bytes = Vec::new();
    File::open(file).map_err(io_why)?.take(CA_FILE_CAP + 1).read_to_end(&mut bytes).map_err(io_why)?;
    if bytes.len() as u64 > CA_FILE_CAP {
        return Err("it has more than 16 MiB");
    }
    // Bundles may have names in other encodings between their certificates.
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Adds the PEM certificates that can be used as trust anchors, and returns how many.
fn add_certificates(roots: &mut RootCertStore, pem: &str) -> usize {
    let certificates = pem::blocks(pem).filter(|block| CERTIFICATE_LABELS.contains(&block.label));
    let der = certificates.filter_map(|block| block.der().map(CertificateDer::from));
    let (added, _ignored) = roots.add_parsable_certificates(der);
    added
}

fn https_proxy(proxy: &Proxy) -> Result<reqwest::Proxy, ConfigError> {
    let direct = NoProxy::from_string(&format!("{LOOPBACK},{}", proxy.exceptions()));
    // Plain http goes to this very machine alone, see EndpointUrl.
    Ok(reqwest::Proxy::https(proxy.url().clone()).map_err(|_| ConfigError::HttpClient)?.no_proxy(direct))
}

/// Why no answer came. The client's own text would show the URL.
fn why(error: &reqwest::Error) -> &'static str {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(why) = why_of(error) {
            return why;
        }
        // An I/O error hides the error that it wraps from source().
        cause = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    if error.is_timeout() {
        "connecting took too long"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection was closed before an answer"
    }
}

fn why_of(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(match error {
            rustls::Error::InvalidCertificate(_) => "the server's certificate is not valid or not trusted",
            _ => "the TLS handshake failed",
        });
    }
    if let Some(error) = error.downcast_ref::<std::io::Error>() {
        return match error.kind() {
            std::io::ErrorKind::ConnectionRefused => Some("the connection was refused"),
            std::io::ErrorKind::ConnectionReset => Some("the connection was reset"),
            std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable => {
                Some("the host cannot be reached")
            }
            _ => None,
        };
    }
    // These errors have no type that could be named.
    match error.to_string().as_str() {
        "dns error" => Some("the host's name was not found"),
        text if text.contains("proxy auth") => Some("the proxy wants other credentials"),
        text if text.contains("tunnel") => Some("the proxy did not let the request through"),
        text if text.starts_with("invalid HTTP") || text == "message head is too large" => {
            Some("the answer is not HTTP")
        }
        _ => None,
    }
}
