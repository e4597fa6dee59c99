//! Why no response came, in words that quote nothing.

use std::error::Error;

/// There is no response. The client's own text would show the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(pub(crate) &'static str);

impl From<&reqwest::Error> for NoAnswer {
    fn from(error: &reqwest::Error) -> Self {
        Self(reason_for(error))
    }
}

fn reason_for(error: &reqwest::Error) -> &'static str {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(reason) = reason_of(error) {
            return reason;
        }
        // An I/O error hides the error that it wraps from source().
        cause = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    if error.is_timeout() && !error.is_connect() {
        "no answer within 1 second"
    } else if error.is_timeout() {
        "connecting took too long"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection was closed before an answer"
    }
}

fn reason_of(error: &(dyn Error + 'static)) -> Option<&'static str> {
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
