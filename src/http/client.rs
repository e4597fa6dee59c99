//! Sends requests to one peer.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::Request as HyperRequest;
use reqwest::{Body, Request, Response, Url};
use tokio::time::timeout;

use super::answer::Answer;
use super::connection::{Connection, SendError};
use super::dialer::Dialer;
use super::first_byte::FirstByte;
use super::idle::{Idle, Losses};
use super::no_answer::{NoAnswer, is_lost};
use super::outgoing;

/// The maximum time that init waits for connections. A slow peer must leave most of init's 10 s.
const PRECONNECT_LIMIT: Duration = Duration::from_millis(900);
/// The timeout of one attempt, from connecting to the last byte of the body.
pub(crate) const ATTEMPT_LIMIT: Duration = Duration::from_secs(3);

/// Sends requests to one peer over one persistent connection, which it opens during init.
///
/// Lambda runs init at full CPU speed, and invocations at a share of a core that depends on the function's memory.
/// Without a connection, a caller waits for DNS, TCP and TLS, so these are done during init. No request is sent only to
/// open a connection. Measured with peers 30 ms away, this saves 65 ms of the first invocation's 130 ms.
///
/// reqwest's own client is not used for requests: its pool measures idle time by the monotonic clock, and its errors do
/// not show whether part of a response was received.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    dialer: Dialer,
    idle: Arc<Idle<Connection>>,
    losses: Losses,
    is_preconnecting: Arc<AtomicBool>,
}

impl HttpClient {
    pub(super) fn new(dialer: Dialer, idle: Idle<Connection>, losses: Losses) -> Self {
        Self { dialer, idle: Arc::new(idle), losses, is_preconnecting: Arc::default() }
    }

    /// Opens the connection for `request` and keeps it for the client's first real request. `request` itself fails
    /// without being sent. Waits 0.9 s at most. If the peer is slow or unreachable, the first real request connects
    /// again and reports the error.
    pub(crate) async fn preconnect(&self, request: impl Future<Output = ()>) {
        let _preconnecting = Preconnecting::start(&self.is_preconnecting);
        // After the timeout, the first request opens a connection itself.
        let _ = timeout(PRECONNECT_LIMIT, request).await;
    }

    /// Returns whether init is still opening the connection. Until then, requests fail without being sent.
    pub(crate) fn is_preconnecting(&self) -> bool {
        self.is_preconnecting.load(Ordering::Relaxed)
    }

    /// Sends a request and waits for the head of the response. The caller enforces [`ATTEMPT_LIMIT`]. `first_byte`
    /// records whether any byte of a response was received.
    ///
    /// When an idle connection turns out to be dead, the request is sent once more over a new one, if the peer
    /// acknowledged nothing of the request and no byte of a response was received.
    ///
    /// # Errors
    ///
    /// [`NoAnswer`] with the reason.
    pub(crate) async fn send(&self, request: Request, first_byte: &FirstByte) -> Result<Answer, NoAnswer> {
        let url = request.url().clone();
        if self.is_preconnecting() {
            self.idle.keep(self.open(&url).await?);
            return Err(NoAnswer("the connection is kept for later"));
        }
        if let Some(mut connection) = self.idle.take()
            && connection.is_open().await
            && let Some(request) = request.try_clone()
        {
            match self.send_over(connection, outgoing::request(request)?, first_byte).await {
                Err(failure) if failure.is_unacknowledged && !first_byte.was_received() => {
                    if is_lost(&failure.error) {
                        self.losses.add();
                    }
                }
                result => return result.map_err(|failure| NoAnswer::from(&failure.error)),
            }
        }
        let connection = self.open(&url).await?;
        let result = self.send_over(connection, outgoing::request(request)?, first_byte).await;
        result.map_err(|failure| NoAnswer::from(&failure.error))
    }

    async fn open(&self, url: &Url) -> Result<Connection, NoAnswer> {
        let transport = self.dialer.dial(url).await?;
        Connection::new(transport).await.map_err(|error| NoAnswer::from(&error))
    }

    async fn send_over(
        &self,
        mut connection: Connection,
        request: HyperRequest<Body>,
        first_byte: &FirstByte,
    ) -> Result<Answer, SendError> {
        let response = connection.send(request, first_byte).await?;
        // The connection is reusable after the body was read, and closes if the body is dropped unread.
        self.idle.keep(connection);
        Ok(Answer::new(Response::from(response.map(Body::wrap))))
    }
}

/// Resets the flag when dropped, also by a panic.
struct Preconnecting<'a>(&'a AtomicBool);

impl<'a> Preconnecting<'a> {
    fn start(flag: &'a AtomicBool) -> Self {
        flag.store(true, Ordering::Relaxed);
        Self(flag)
    }
}

impl Drop for Preconnecting<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::atomic::{AtomicU64, AtomicUsize};
    use std::thread;
    use std::time::SystemTime;

    use reqwest::Method;

    use super::super::network::Network;
    use super::*;

    /// Starts a peer that answers every request, and returns its URL and the number of its connections.
    fn peer() -> (Url, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let connections = Arc::<AtomicUsize>::default();
        let counter = connections.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || answer(stream));
            }
        });
        (url, connections)
    }

    fn answer(mut stream: TcpStream) {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while stream.read(&mut byte).is_ok_and(|read| read == 1) {
            head.extend(byte);
            if head.ends_with(b"\r\n\r\n") {
                head.clear();
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_connection_is_reused_for_five_seconds() {
        static SECONDS: AtomicU64 = AtomicU64::new(0);
        let now = || SystemTime::UNIX_EPOCH + Duration::from_secs(SECONDS.load(Ordering::SeqCst));
        let client = Network::new(None, None, now).unwrap().client().unwrap();
        let (url, connections) = peer();
        // The monotonic clock hardly advances, as in a frozen process.
        for (pause, expected) in [(0, 1), (0, 1), (4, 1), (4, 1), (5, 2), (86_400, 3), (0, 3)] {
            SECONDS.fetch_add(pause, Ordering::SeqCst);
            let first_byte = FirstByte::default();
            let answer = client.send(Request::new(Method::GET, url.clone()), &first_byte).await.unwrap();
            assert_eq!(**answer.body().await.unwrap(), *b"ok");
            assert!(first_byte.was_received());
            assert_eq!(connections.load(Ordering::SeqCst), expected, "after {pause} s");
        }
    }
}
