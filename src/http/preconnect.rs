//! A connection that is opened during init and used by the first request.
//!
//! Lambda runs a function's init at full speed and its invocations at the share of a core that their memory buys, and a caller
//! waits for DNS, TCP and TLS. So these are done during init. Nothing is sent over a connection before its first request: no
//! request is made only to have a connection.
//!
//! No HTTP client has such a function. `reqwest` accepts a layer around the service that opens its connections: while this
//! layer runs, it keeps a new connection and lets the request that wanted it fail; afterwards it returns the kept connection
//! instead of opening one. Measured with peers at 30 ms, this takes 65 ms off the first invocation's 130 ms.
//!
//! A client has one peer, so there is one slot, and no key by which it could be mistaken for another peer's.

use std::any::Any;
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

/// How long a kept connection is used. Lambda may freeze the process for minutes between init and the first invocation, and
/// peers close idle connections.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// Keeps the connection that is opened during init.
#[derive(Clone, Debug)]
pub(super) struct Preconnect {
    slot: Arc<Mutex<Option<Kept>>>,
    is_running: Arc<AtomicBool>,
    now: Clock,
}

/// See [`Preconnect`].
#[derive(Clone, Debug)]
pub(super) struct PreconnectService<S> {
    connector: S,
    preconnect: Preconnect,
}

/// The connection's type has no name outside of the HTTP client.
#[derive(Debug)]
struct Kept {
    connection: Box<dyn Any + Send>,
    since: SystemTime,
}

/// The connection is kept, and the request for which it was opened is not sent.
#[derive(Debug, thiserror::Error)]
#[error("the connection is kept for later")]
struct KeptForLater;

impl Preconnect {
    pub(super) fn new(now: Clock) -> Self {
        Self { slot: Arc::default(), is_running: Arc::default(), now }
    }

    /// Polls `request` until `limit`; its connection is kept.
    pub(super) async fn run(&self, request: impl Future<Output = ()>, limit: Duration) {
        self.is_running.store(true, Ordering::Relaxed);
        // A connection that is not there by then is opened by the first request.
        let _ = timeout(limit, request).await;
        self.is_running.store(false, Ordering::Relaxed);
    }

    pub(super) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Relaxed)
    }

    fn keep(&self, connection: impl Any + Send) {
        let kept = Kept { connection: Box::new(connection), since: (self.now)() };
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    fn take<C: Any + Read + Unpin>(&self) -> Option<C> {
        let kept = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        // By the time of day: the monotonic clock may stop while the process is frozen.
        let is_good = (self.now)().duration_since(kept.since).is_ok_and(|age| age < GOOD_FOR);
        let mut connection = kept.connection.downcast().ok().filter(|_| is_good)?;
        is_open(&mut *connection).then_some(*connection)
    }
}

/// A peer that has received nothing sends nothing: readable bytes mean that it closed the connection.
fn is_open(connection: &mut (impl Read + Unpin)) -> bool {
    let mut byte = [0];
    let mut buffer = ReadBuf::new(&mut byte);
    Pin::new(connection).poll_read(&mut Context::from_waker(Waker::noop()), buffer.unfilled()).is_pending()
}

impl<S> Layer<S> for Preconnect {
    type Service = PreconnectService<S>;

    fn layer(&self, connector: S) -> Self::Service {
        PreconnectService { connector, preconnect: self.clone() }
    }
}

impl<S, R> Service<R> for PreconnectService<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: Read + Unpin + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        if self.preconnect.is_running() {
            let (connecting, preconnect) = (self.connector.call(request), self.preconnect.clone());
            return Box::pin(async move {
                preconnect.keep(connecting.await?);
                Err(KeptForLater.into())
            });
        }
        if let Some(connection) = self.preconnect.take() {
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

    /// A connection with a number; its peer may have closed it.
    struct Numbered {
        number: u64,
        is_closed: bool,
    }

    impl Read for Numbered {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: hyper::rt::ReadBufCursor<'_>,
        ) -> Poll<std::io::Result<()>> {
            if self.is_closed { Poll::Ready(Ok(())) } else { Poll::Pending }
        }
    }

    /// Opens numbered connections, of which the first is closed or not.
    fn connector(
        preconnect: &Preconnect,
        is_first_closed: bool,
    ) -> impl Service<(), Response = Numbered, Error = BoxError> + use<> {
        let opened = Arc::new(AtomicU64::new(0));
        preconnect.layer(service_fn(move |()| {
            let number = opened.fetch_add(1, Ordering::Relaxed) + 1;
            async move { Ok::<_, BoxError>(Numbered { number, is_closed: is_first_closed && number == 1 }) }
        }))
    }

    async fn preconnect(
        preconnect: &Preconnect,
        connector: &mut impl Service<(), Response = Numbered, Error = BoxError>,
    ) {
        let request = async {
            let error = connector.ready().await.unwrap().call(()).await.err().unwrap();
            assert_eq!(error.to_string(), "the connection is kept for later");
        };
        preconnect.run(request, LONG).await;
    }

    async fn connect(connector: &mut impl Service<(), Response = Numbered, Error = BoxError>) -> u64 {
        connector.ready().await.unwrap().call(()).await.unwrap().number
    }

    #[tokio::test]
    async fn an_open_connection_is_used_once() {
        for (is_first_closed, expected) in [(false, [1, 2, 3]), (true, [2, 3, 4])] {
            let slot = Preconnect::new(|| SystemTime::UNIX_EPOCH);
            let mut connector = connector(&slot, is_first_closed);
            preconnect(&slot, &mut connector).await;
            for number in expected {
                assert_eq!(connect(&mut connector).await, number, "the first is closed: {is_first_closed}");
            }
        }
    }

    #[tokio::test]
    async fn an_old_connection_is_replaced() {
        static SECONDS: AtomicU64 = AtomicU64::new(100);
        let now = || SystemTime::UNIX_EPOCH + Duration::from_secs(SECONDS.load(Ordering::Relaxed));
        for (seconds, expected) in [(100, 1), (104, 1), (105, 2), (1_000, 2), (99, 2)] {
            let slot = Preconnect::new(now);
            SECONDS.store(100, Ordering::Relaxed);
            let mut connector = connector(&slot, false);
            preconnect(&slot, &mut connector).await;
            SECONDS.store(seconds, Ordering::Relaxed);
            assert_eq!(connect(&mut connector).await, expected, "at second {seconds}");
        }
    }
}
