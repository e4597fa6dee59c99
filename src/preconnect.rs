//! Connections that are opened while the function starts, and used by its first invocation.
//!
//! Lambda runs a function's start at full speed and its invocations at the share of a core that their
//! memory buys, and a caller waits for name look-up, TCP and TLS like for anything else. So these are
//! done before the first invocation. Nothing is sent over a connection before its first request: no
//! request is made only to have a connection.
//!
//! The HTTP client has no such function, but takes a layer around whatever opens its connections. While
//! the function starts, this layer keeps each new connection and lets the request that wanted it fail;
//! from then on, it hands out the kept one where it would open the first.

use std::any::Any;
use std::collections::HashMap;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use hyper::rt::{Read, ReadBuf};
use tokio::time::timeout;
use tower::{BoxError, Layer, Service};

use crate::clock::Clock;

/// How long a kept connection is good for. Lambda may freeze the process between its start and its
/// first invocation, for minutes; peers close connections that ask nothing.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// Keeps the connections that are opened while the function starts.
#[derive(Clone, Debug)]
pub struct Preconnect {
    kept: Arc<Mutex<HashMap<String, Kept>>>,
    is_keeping: Arc<AtomicBool>,
    now: Clock,
}

/// See [`Preconnect`].
#[derive(Clone, Debug)]
pub struct PreconnectService<S> {
    connector: S,
    connections: Preconnect,
}

/// The connection's type has no name outside of the HTTP client.
#[derive(Debug)]
struct Kept {
    connection: Box<dyn Any + Send>,
    since: SystemTime,
}

/// The connection is kept for later; the request for which it was opened is not sent.
#[derive(Debug, thiserror::Error)]
#[error("the connection is kept for later")]
struct KeptForLater;

impl Preconnect {
    /// Keeps nothing yet.
    #[must_use]
    pub fn new(now: Clock) -> Self {
        Self { kept: Arc::default(), is_keeping: Arc::default(), now }
    }

    /// Runs `requests` for as long as `limit`; their connections are kept, and they are not sent.
    pub async fn keep_connections_of(&self, requests: impl Future<Output = ()>, limit: Duration) {
        self.is_keeping.store(true, Ordering::Relaxed);
        // What is not there by then is not waited for.
        let _ = timeout(limit, requests).await;
        self.is_keeping.store(false, Ordering::Relaxed);
    }

    /// Whether connections are kept at the moment.
    #[must_use]
    pub fn is_keeping(&self) -> bool {
        self.is_keeping.load(Ordering::Relaxed)
    }

    fn keep(&self, origin: String, connection: impl Any + Send) {
        let kept = Kept { connection: Box::new(connection), since: (self.now)() };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(origin, kept);
    }

    fn take<C: Any + Read + Unpin>(&self, origin: &str) -> Option<C> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(origin)?;
        // By the time of day: the monotonic clock may stand still while the process is frozen.
        let is_good = (self.now)().duration_since(kept.since).is_ok_and(|age| age < GOOD_FOR);
        let mut connection = kept.connection.downcast().ok().filter(|_| is_good)?;
        is_open(&mut *connection).then_some(*connection)
    }
}

/// A peer that was asked nothing has nothing to say: what can be read is the connection's end.
fn is_open(connection: &mut (impl Read + Unpin)) -> bool {
    let mut byte = [0];
    let mut buffer = ReadBuf::new(&mut byte);
    Pin::new(connection).poll_read(&mut Context::from_waker(Waker::noop()), buffer.unfilled()).is_pending()
}

impl<S> Layer<S> for Preconnect {
    type Service = PreconnectService<S>;

    fn layer(&self, connector: S) -> Self::Service {
        PreconnectService { connector, connections: self.clone() }
    }
}

impl<S, R> Service<R> for PreconnectService<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: Read + Unpin + Send + 'static,
    S::Future: Send + 'static,
    R: Debug,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        // The request shows its origin in no other way.
        let origin = format!("{request:?}");
        let connections = self.connections.clone();
        if connections.is_keeping() {
            let connecting = self.connector.call(request);
            return Box::pin(async move {
                connections.keep(origin, connecting.await?);
                Err(KeptForLater.into())
            });
        }
        if let Some(connection) = connections.take(&origin) {
            return Box::pin(std::future::ready(Ok(connection)));
        }
        Box::pin(self.connector.call(request))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use tower::{ServiceExt, service_fn};

    use super::*;

    const LONG: Duration = Duration::from_mins(1);
    /// The connection that its peer closes.
    const CLOSED: u64 = 2;

    /// A connection with a number.
    struct Numbered(u64);

    impl Read for Numbered {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: hyper::rt::ReadBufCursor<'_>,
        ) -> Poll<std::io::Result<()>> {
            if self.0 == CLOSED { Poll::Ready(Ok(())) } else { Poll::Pending }
        }
    }

    fn connector(
        connections: &Preconnect,
    ) -> impl Service<&'static str, Response = Numbered, Error = BoxError> + use<> {
        let opened = Arc::new(AtomicU64::new(0));
        connections.layer(service_fn(move |_origin| {
            let number = opened.fetch_add(1, Ordering::Relaxed) + 1;
            async move { Ok::<_, BoxError>(Numbered(number)) }
        }))
    }

    #[tokio::test]
    async fn a_kept_connection_is_used_once_for_its_origin_alone_and_while_it_is_open() {
        let connections = Preconnect::new(|| SystemTime::UNIX_EPOCH);
        let mut connector = connector(&connections);
        connections
            .keep_connections_of(
                async {
                    for origin in ["https://a", "https://closed", "https://b"] {
                        let error = connector.ready().await.unwrap().call(origin).await.err().unwrap();
                        assert_eq!(error.to_string(), "the connection is kept for later");
                    }
                },
                LONG,
            )
            .await;
        for (origin, number) in [
            ("https://b", 3),
            ("https://c", 4),
            ("https://b", 5),
            ("https://closed", 6),
            ("https://a", 1),
            ("https://a", 7),
        ] {
            assert_eq!(connector.ready().await.unwrap().call(origin).await.unwrap().0, number, "{origin}");
        }
    }

    #[tokio::test]
    async fn an_old_connection_is_replaced() {
        static SECONDS: AtomicU64 = AtomicU64::new(100);
        let connections =
            Preconnect::new(|| SystemTime::UNIX_EPOCH + Duration::from_secs(SECONDS.load(Ordering::Relaxed)));
        for (seconds, expected) in [(100, 1), (104, 1), (105, 2), (1_000, 2), (99, 2)] {
            SECONDS.store(100, Ordering::Relaxed);
            let mut connector = connector(&connections);
            connections
                .keep_connections_of(
                    async {
                        connector.ready().await.unwrap().call("https://a").await.err().unwrap();
                    },
                    LONG,
                )
                .await;
            SECONDS.store(seconds, Ordering::Relaxed);
            let number = connector.ready().await.unwrap().call("https://a").await.unwrap().0;
            assert_eq!(number, expected, "at second {seconds}");
        }
    }
}
