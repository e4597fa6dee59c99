//! A response whose head was received, and its body of limited size.

use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use zeroize::Zeroizing;

/// The maximum number of bytes that are read of a body.
const BODY_CAP: usize = 1024 * 1024;

/// A response whose body has not been read yet.
pub(crate) struct Answer(Response);

/// The body of a response could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("it is larger than 1 MiB")]
    TooLong,
    /// The connection was closed before the end of the body.
    #[error("it was cut off")]
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

    /// Reads a body of at most 1 MiB into a buffer that is wiped when dropped.
    ///
    /// # Errors
    ///
    /// [`BodyError`].
    pub(crate) async fn body(self) -> Result<Zeroizing<Vec<u8>>, BodyError> {
        let mut body = Zeroizing::default();
        self.read_body(&mut body).await?;
        Ok(body)
    }

    /// Reads the body into an empty buffer. After an error, the buffer holds the part that was read, at most 1 MiB.
    ///
    /// # Errors
    ///
    /// [`BodyError`].
    pub(crate) async fn read_body(mut self, body: &mut Zeroizing<Vec<u8>>) -> Result<(), BodyError> {
        let announced = self.0.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        reserve(body, announced.min(BODY_CAP));
        let broken_off = if announced > BODY_CAP { BodyError::TooLong } else { BodyError::BrokenOff };
        while let Some(chunk) = self.0.chunk().await.map_err(|_| broken_off)? {
            let fitting = chunk.get(..BODY_CAP - body.len()).unwrap_or(&chunk);
            reserve(body, fitting.len());
            body.extend_from_slice(fitting);
            if fitting.len() < chunk.len() {
                return Err(BodyError::TooLong);
            }
        }
        Ok(())
    }
}

/// Reserves capacity for more bytes. A vector that grows by itself leaves its old buffer behind without wiping it.
fn reserve(buffer: &mut Zeroizing<Vec<u8>>, more: usize) {
    let needed = buffer.len() + more;
    if needed > buffer.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * buffer.len())));
        larger.extend_from_slice(buffer);
        *buffer = larger;
    }
}
