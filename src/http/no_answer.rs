//! The reason why a request got no response, in our own words.

use std::error::Error;

/// An error without a response. The HTTP client's own text would quote the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(pub(crate) &'static str);

const NOT_TRUSTED: &str = "the server's certificate is not valid or not trusted";
/// The peer closed the connection before or within the head of the response.
const CLOSED: &str = "the connection was closed before a response";

impl From<&reqwest::Error> for NoAnswer {
    fn from(error: &reqwest::Error) -> Self {
        Self(reason_in(error).unwrap_or_else(|| {
            if error.is_timeout() && !error.is_connect() {
                "no response within 1 second"
            } else if error.is_timeout() {
                "connecting timed out"
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

/// Returns whether `TCP_USER_TIMEOUT` closed the connection.
pub(super) fn is_lost(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
}

/// Finds the reason in an error or one of its sources.
fn reason_in(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(reason) = reason_of(error) {
            return Some(reason);
        }
        // source() of an I/O error skips the error that it wraps.
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
        return Some("the response is not HTTP");
    }
    // The types of these errors are private.
    match error.to_string().as_str() {
        "dns error" => Some("the host name could not be resolved"),
        "tunnel error: failed to create underlying connection" => Some(proxy_reason(error)),
        text if text.contains("proxy auth") => Some("the proxy requires authentication"),
        text if text.contains("tunnel") => Some("the proxy refused the tunnel"),
        _ => None,
    }
}

/// Returns the reason why there is no connection to the proxy.
fn proxy_reason(error: &(dyn Error + 'static)) -> &'static str {
    match error.source().and_then(reason_in) {
        Some(NOT_TRUSTED) => "the proxy's certificate is not valid or not trusted",
        Some("the TLS handshake failed") => "the TLS handshake with the proxy failed",
        Some("the connection was refused") => "the proxy refused the connection",
        Some("the host name could not be resolved") => "the proxy's host name could not be resolved",
        _ => "the proxy cannot be reached",
    }
}
