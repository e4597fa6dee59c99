//! Why no response came, in words that quote nothing.

use std::error::Error;

/// There is no response. The client's own text would show the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(pub(crate) &'static str);

const NOT_TRUSTED: &str = "the server's certificate is not valid or not trusted";
/// Closed by the peer before any byte of an answer, or within its head.
const CLOSED: &str = "the connection was closed before an answer";

impl From<&reqwest::Error> for NoAnswer {
    fn from(error: &reqwest::Error) -> Self {
        Self(reason_in(error).unwrap_or_else(|| {
            if error.is_timeout() && !error.is_connect() {
                "no answer within 1 second"
            } else if error.is_timeout() {
                "connecting took too long"
            } else if error.is_connect() {
                "no connection"
            } else {
                CLOSED
            }
        }))
    }
}

impl From<&hyper::Error> for NoAnswer {
    fn from(error: &hyper::Error) -> Self {
        let is_lost = is_lost(error);
        Self(reason_in(error).unwrap_or(if is_lost { "the connection was lost" } else { CLOSED }))
    }
}

/// Whether the peer's machine acknowledged nothing for the time of `TCP_USER_TIMEOUT`.
pub(super) fn is_lost(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
}

/// The reason that an error or one of its sources gives.
fn reason_in(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(reason) = reason_of(error) {
            return Some(reason);
        }
        // An I/O error hides the error that it wraps from source().
        cause = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn reason_of(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(match error {
            rustls::Error::InvalidCertificate(_) => NOT_TRUSTED,
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
    if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
        return Some("the answer is not HTTP");
    }
    // These errors have no type that could be named.
    match error.to_string().as_str() {
        "dns error" => Some("the host's name was not found"),
        "tunnel error: failed to create underlying connection" => Some(proxy_reason(error)),
        text if text.contains("proxy auth") => Some("the proxy wants other credentials"),
        text if text.contains("tunnel") => Some("the proxy did not let the request through"),
        _ => None,
    }
}

/// Why there is no connection to the proxy.
fn proxy_reason(error: &(dyn Error + 'static)) -> &'static str {
    match error.source().and_then(reason_in) {
        Some(NOT_TRUSTED) => "the proxy's certificate is not valid or not trusted",
        Some("the TLS handshake failed") => "the TLS handshake with the proxy failed",
        Some("the connection was refused") => "the proxy refused the connection",
        Some("the host's name was not found") => "the proxy's name was not found",
        _ => "the proxy cannot be reached",
    }
}
