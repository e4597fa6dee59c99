//! The faults of a stand-in: scripts of [`Reply`] for its requests and of [`Door`] for its connections.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

/// A scripted reply to one request. Its content comes from [`good`](Self::good), [`edit`](Self::edit),
/// [`status`](Self::status), [`json`](Self::json), [`raw`](Self::raw) or [`redirect`](Self::redirect).
/// [`with_status`](Self::with_status), [`header`](Self::header) and [`after`](Self::after) change it, and
/// [`hang`](Self::hang), [`dripping`](Self::dripping_body) and others change its delivery.
#[derive(Clone, Debug)]
pub struct Reply {
    content: Content,
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) delay: Duration,
    pub(crate) delivery: Delivery,
}

/// The content of a reply.
#[derive(Clone)]
enum Content {
    Good,
    Edited(Arc<dyn Fn(Value) -> Value + Send + Sync>),
    Fixed(Bytes),
}

/// The way in which a reply is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Delivery {
    Whole,
    Hang,
    HangAfterHead,
    DripHead,
    DripBody,
    Reset,
    TruncatedLength,
    TruncatedChunks,
    Padded { bytes: usize, content_length: bool },
    Garbage,
    AsIs,
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good => formatter.write_str("Good"),
            Self::Edited(_) => formatter.write_str("Edited"),
            Self::Fixed(body) => formatter.debug_tuple("Fixed").field(body).finish(),
        }
    }
}

impl Reply {
    fn new(content: Content) -> Self {
        Self { content, status: None, headers: Vec::new(), delay: Duration::ZERO, delivery: Delivery::Whole }
    }

    /// The service's usual response, or its refusal when the request is invalid.
    pub fn good() -> Self {
        Self::new(Content::Good)
    }

    /// The good response with changed JSON.
    pub fn edit(change: impl Fn(Value) -> Value + Send + Sync + 'static) -> Self {
        Self::new(Content::Edited(Arc::new(change)))
    }

    /// A status with a short JSON message, as in errors of GitHub and AWS.
    ///
    /// # Panics
    ///
    /// When it is not a status (100 to 999).
    pub fn status(status: u16) -> Self {
        Self::json(status, &serde_json::json!({ "message": "scripted by the sandbox" }))
    }

    /// A status with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, body.to_string()).header("content-type", "application/json; charset=utf-8")
    }

    /// A status with any body, without a content type.
    pub fn raw(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(Content::Fixed(Bytes::from(body.into()))).with_status(status)
    }

    /// A redirect to another place.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("location", location)
    }

    /// Reads the request and never responds.
    pub fn hang() -> Self {
        Self::good().delivered(Delivery::Hang)
    }

    /// Closes the connection by a TCP reset instead of responding.
    pub fn reset() -> Self {
        Self::good().delivered(Delivery::Reset)
    }

    /// Responds with bytes that are not HTTP.
    pub fn garbage() -> Self {
        Self::good().delivered(Delivery::Garbage)
    }

    /// Sends exactly these bytes, HTTP or not, and closes the connection.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::raw(200, bytes).delivered(Delivery::AsIs)
    }

    /// Replaces the status.
    ///
    /// # Panics
    ///
    /// When it is not a status (100 to 999).
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(StatusCode::from_u16(status).expect("a status from 100 to 999"));
        self
    }

    /// Sets a header. The value may be any bytes but control characters.
    ///
    /// # Panics
    ///
    /// When name or value are not valid in HTTP.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header value");
        self.headers.push((name, value));
        self
    }

    /// Delays the reply.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sends status and headers, then nothing more.
    #[must_use]
    pub fn hanging_after_head(self) -> Self {
        self.delivered(Delivery::HangAfterHead)
    }

    /// Sends the whole reply at one byte a second.
    #[must_use]
    pub fn dripping_head(self) -> Self {
        self.delivered(Delivery::DripHead)
    }

    /// Sends status and headers immediately, then the body at one byte a second.
    #[must_use]
    pub fn dripping_body(self) -> Self {
        self.delivered(Delivery::DripBody)
    }

    /// Announces a longer body than it sends, then closes the connection.
    #[must_use]
    pub fn truncated_length(self) -> Self {
        self.delivered(Delivery::TruncatedLength)
    }

    /// Sends the body as one chunk, then closes the connection without the last chunk.
    #[must_use]
    pub fn truncated_chunks(self) -> Self {
        self.delivered(Delivery::TruncatedChunks)
    }

    /// Pads the body with spaces to this many bytes, so that JSON stays valid, and sends a `Content-Length`.
    #[must_use]
    pub fn padded(self, bytes: usize) -> Self {
        self.delivered(Delivery::Padded { bytes, content_length: true })
    }

    /// Like [`padded`](Self::padded), but without a `Content-Length`: the end of the connection ends the body.
    #[must_use]
    pub fn padded_without_length(self, bytes: usize) -> Self {
        self.delivered(Delivery::Padded { bytes, content_length: false })
    }

    fn delivered(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// Returns this reply's status, headers and body. `good` is the service's own response.
    pub(crate) fn compose(&self, good: impl FnOnce() -> Response<Bytes>) -> Response<Bytes> {
        let mut response = match &self.content {
            Content::Good => good(),
            Content::Edited(change) => edited(good(), change.as_ref()),
            Content::Fixed(body) => Response::new(body.clone()),
        };
        if let Some(status) = self.status {
            *response.status_mut() = status;
        }
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

/// Edits a good response. Refusals are not edited, because the edit applies only to the good response.
fn edited(good: Response<Bytes>, change: &dyn Fn(Value) -> Value) -> Response<Bytes> {
    if !good.status().is_success() {
        return good;
    }
    good.map(|body| Bytes::from(change(serde_json::from_slice(&body).unwrap_or_default()).to_string()))
}

/// The behaviour of a server towards a new connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// Normal.
    #[default]
    Open,
    /// TLS with a certificate from an untrusted CA.
    ForeignCertificate,
    /// Accepts and never sends anything, so the TLS handshake never completes.
    Silent,
    /// Accepts, then resets.
    Reset,
    /// Completes TLS, then closes the connection before any request.
    Closing,
}

/// A sequence whose last item repeats.
#[derive(Debug)]
pub(crate) struct Script<T>(VecDeque<T>);

impl<T> Default for Script<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: Clone> Script<T> {
    pub(crate) fn replace(&mut self, steps: impl IntoIterator<Item = T>) {
        self.0 = steps.into_iter().collect();
    }

    /// Returns the next item, or `None` without a script.
    pub(crate) fn next(&mut self) -> Option<T> {
        if self.0.len() > 1 { self.0.pop_front() } else { self.0.front().cloned() }
    }
}
