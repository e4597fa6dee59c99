//! A connection to a peer that carries one request at a time.

use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use reqwest::Body;
use tokio::task::yield_now;

use super::dialer::Transport;
use super::first_byte::{Awaited, FirstByte, Watched};
use super::no_answer::is_lost;

/// An open HTTP/1.1 connection.
pub(super) struct Connection {
    sender: SendRequest<Body>,
    awaited: Awaited,
}

/// An error without a response.
pub(super) struct SendError {
    /// Whether the request was not sent completely, or the peer acknowledged nothing of it.
    pub(super) is_unacknowledged: bool,
    pub(super) error: hyper::Error,
}

impl Connection {
    /// Prepares HTTP/1.1 on an open transport without sending anything.
    pub(super) async fn new(transport: Box<dyn Transport>) -> hyper::Result<Self> {
        let awaited = Awaited::default();
        let (sender, driver) = http1::handshake(Watched { transport, awaited: awaited.clone() }).await?;
        // The task ends when the sender is dropped or the peer closes the connection.
        tokio::spawn(driver.with_upgrades());
        Ok(Self { sender, awaited })
    }

    /// Returns whether another request can be sent, after processing pending events such as the peer closing the
    /// connection.
    pub(super) async fn is_open(&mut self) -> bool {
        // The event loop polls the socket after the first yield, and the connection's task runs after the second.
        yield_now().await;
        yield_now().await;
        self.sender.ready().await.is_ok()
    }

    /// Sends a request and waits for the head of the response.
    pub(super) async fn send(
        &mut self,
        request: Request<Body>,
        first_byte: &FirstByte,
    ) -> Result<Response<Incoming>, SendError> {
        self.awaited.set(first_byte);
        self.sender.try_send_request(request).await.map_err(|error| {
            let is_unsent = error.message().is_some();
            let error = error.into_error();
            SendError { is_unacknowledged: is_unsent || is_lost(&error), error }
        })
    }
}
