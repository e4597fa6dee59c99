//! Sends requests to an endpoint that is normally on this machine.

use reqwest::Request;

use super::answer::Answer;
use super::no_answer::NoAnswer;

/// Sends requests without a proxy and with a timeout of 1 s.
#[derive(Clone, Debug)]
pub(crate) struct LocalClient(reqwest::Client);

impl LocalClient {
    pub(super) fn new(client: reqwest::Client) -> Self {
        Self(client)
    }

    /// Sends a request and waits for the head of the response.
    ///
    /// # Errors
    ///
    /// [`NoAnswer`] with the reason.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, NoAnswer> {
        self.0.execute(request).await.map(Answer::new).map_err(|error| NoAnswer::from(&error))
    }
}
