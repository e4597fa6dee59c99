//! A response whose head has arrived, and its capped body.

use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use zeroize::Zeroizing;

/// How many bytes of a body are read at most.
const BODY_CAP: usize = 1024 * 1024;

/// A response whose body is not read yet.
pub(crate) struct Answer(Response);

/// The body of a response could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("it has more than 1 MiB")]
    TooLong,
    /// The connection failed before the body's end.
    #[error("it broke off")]
    BrokenOff,
}

impl Answer {
    pub(super) fn new(response: Response) -> Self {
        Self(response)
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// The body, of at most 1 MiB; wiped when dropped.
    ///
    /// # Errors
    ///
    /// [`BodyError`], by cause.
    pub(crate) async fn body(mut self) -> Result<Zeroizing<Vec<u8>>, BodyError> {
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
