//! Opens connections.
//!
//! reqwest does DNS, TCP, the proxy's tunnel and TLS. It has no function to open a connection without a request, but it
//! accepts a layer around its connector. This layer takes each new connection and makes its request fail, so reqwest
//! sends nothing.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use hyper::rt::{Read, Write};
use reqwest::{ClientBuilder, Method, Request, Url};
use tower::{BoxError, Layer, Service};

use super::no_answer::NoAnswer;

/// A newly opened connection. Its type is private to reqwest.
pub(super) trait Transport: Read + Write + Send + Unpin {}

impl<T: Read + Write + Send + Unpin> Transport for T {}

type Opened = Box<dyn Transport>;

/// Opens connections to one peer.
#[derive(Clone, Debug)]
pub(super) struct Dialer {
    client: reqwest::Client,
    handover: Handover,
    /// Held while a connection is opened, so that each caller gets its own.
    dialing: Arc<tokio::sync::Mutex<()>>,
}

/// The slot in which the layer leaves a connection.
#[derive(Clone, Default)]
struct Handover(Arc<Mutex<Option<Opened>>>);

/// The service of the layer, which takes each connection out of reqwest.
#[derive(Clone)]
struct HandoverService<S> {
    connector: S,
    handover: Handover,
}

/// The layer took the connection, so the request is not sent.
#[derive(Debug, thiserror::Error)]
#[error("the connection was handed over")]
struct HandedOver;

impl Dialer {
    pub(super) fn new(builder: ClientBuilder) -> reqwest::Result<Self> {
        let handover = Handover::default();
        let client = builder.connector_layer(handover.clone()).build()?;
        Ok(Self { client, handover, dialing: Arc::default() })
    }

    /// Opens a connection to the host of `url`.
    ///
    /// # Errors
    ///
    /// [`NoAnswer`] with the reason.
    pub(super) async fn dial(&self, url: &Url) -> Result<Opened, NoAnswer> {
        let _guard = self.dialing.lock().await;
        // A connection that is left over was opened for a caller that stopped waiting.
        self.handover.take();
        let result = self.client.execute(Request::new(Method::HEAD, url.clone())).await;
        match (self.handover.take(), result) {
            (Some(connection), _) => Ok(connection),
            (None, Err(error)) => Err(NoAnswer::from(&error)),
            (None, Ok(_)) => Err(NoAnswer("no connection")),
        }
    }
}

impl Handover {
    fn put(&self, connection: Opened) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    fn take(&self) -> Option<Opened> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl std::fmt::Debug for Handover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handover").finish_non_exhaustive()
    }
}

impl<S> Layer<S> for Handover {
    type Service = HandoverService<S>;

    fn layer(&self, connector: S) -> Self::Service {
        HandoverService { connector, handover: self.clone() }
    }
}

impl<S, R> Service<R> for HandoverService<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: Transport + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let (connecting, handover) = (self.connector.call(request), self.handover.clone());
        Box::pin(async move {
            handover.put(Box::new(connecting.await?));
            Err(HandedOver.into())
        })
    }
}
