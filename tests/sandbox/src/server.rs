//! A small HTTP/1.1 server on a free loopback port that can simulate faults.

use std::future::{pending, poll_fn};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::select;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::cut::Established;
use crate::faults::{Delivery, Door, Reply, Script};
use crate::locks::lock;
use crate::tls::CertificateAuthority;
use crate::wire::{Fault, Transport, hang, reset};

/// A response and its delivery.
pub(crate) struct Answer {
    response: Response<Bytes>,
    delivery: Delivery,
}

impl Answer {
    /// Creates the response for a scripted reply, after its delay.
    pub(crate) async fn scripted(reply: &Reply, response: Response<Bytes>) -> Self {
        if !reply.delay.is_zero() {
            tokio::time::sleep(reply.delay).await;
        }
        Self { response, delivery: reply.delivery }
    }
}

impl From<Response<Bytes>> for Answer {
    fn from(response: Response<Bytes>) -> Self {
        Self { response, delivery: Delivery::Whole }
    }
}

/// A boxed future that is `Send`.
pub(crate) type Promise<T> = Pin<Box<dyn Future<Output = T> + Send>>;
/// Handles a server's requests.
pub(crate) type Handler = Arc<dyn Fn(Request<Bytes>) -> Promise<Answer> + Send + Sync>;

/// A listening server. Stops and closes its connections when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    doors: Arc<Mutex<Script<Door>>>,
    established: Established,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Listens without TLS.
    pub(crate) async fn plain(port: u16, handler: Handler) -> io::Result<Self> {
        Self::start(port, None, handler).await
    }

    /// Listens with TLS and certificates of this CA.
    pub(crate) async fn tls(authority: &CertificateAuthority, handler: Handler) -> io::Result<Self> {
        Self::start(0, Some(authority.acceptor()), handler).await
    }

    async fn start(port: u16, tls: Option<TlsAcceptor>, handler: Handler) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let connections = Arc::<AtomicUsize>::default();
        let doors = Arc::<Mutex<Script<Door>>>::default();
        let established = Established::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, tls, handler, connections.clone(), doors.clone(), established.clone()));
        Ok(Self { address, connections, doors, established, _tasks: tasks })
    }

    /// Returns the address of the listener.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the number of accepted TCP connections.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Cuts the open connections silently.
    pub(crate) fn cut_connections(&self) {
        self.established.cut().expect("a socket takes a packet filter");
    }

    /// Sets the behaviour for further connections. The last one repeats.
    pub(crate) fn set_doors(&self, doors: impl IntoIterator<Item = Door>) {
        lock(&self.doors).replace(doors);
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handler: Handler,
    connections: Arc<AtomicUsize>,
    doors: Arc<Mutex<Script<Door>>>,
    established: Established,
) {
    let mut conversations = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let number = connections.fetch_add(1, Ordering::SeqCst);
        let entry = established.add(number, &stream);
        let door = lock(&doors).next().unwrap_or_default();
        let (tls, handler) = (tls.clone(), handler.clone());
        // Ignored: the peer may close the connection or reject our certificate, and many tests expect that.
        conversations.spawn(async move {
            drop(meet(stream, door, tls, handler).await);
            drop(entry);
        });
        while conversations.try_join_next().is_some() {}
    }
}

async fn meet(mut stream: TcpStream, door: Door, tls: Option<TlsAcceptor>, handler: Handler) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match (door, tls) {
        (Door::Reset, _) => reset(&stream),
        (Door::Silent, _) => hang(stream).await,
        (Door::Closing, None) => stream.shutdown().await,
        (Door::Closing, Some(tls)) => tls.accept(stream).await?.shutdown().await,
        (Door::Open, None) => converse(stream, handler).await,
        (Door::Open, Some(tls)) => converse(tls.accept(stream).await?, handler).await,
        (Door::ForeignCertificate, _) => {
            let foreign = CertificateAuthority::new().acceptor();
            converse(foreign.accept(stream).await?, handler).await
        }
    }
}

/// Serves requests until the peer disconnects or a reply breaks the connection.
async fn converse(stream: impl Transport, handler: Handler) -> io::Result<()> {
    let (seize, mut seized) = mpsc::channel(1);
    let service = service_fn(move |request| -> Promise<io::Result<Response<Full<Bytes>>>> {
        Box::pin(serve(request, handler.clone(), seize.clone()))
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let fault = select! {
        _ = poll_fn(|context| connection.poll_without_shutdown(context)) => None,
        fault = seized.recv() => fault,
    };
    let mut stream = connection.into_parts().io.into_inner();
    match fault {
        None => stream.shutdown().await,
        Some(fault) => fault.play(stream).await,
    }
}

async fn serve(
    request: Request<Incoming>,
    handler: Handler,
    seize: mpsc::Sender<Fault>,
) -> io::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let answer = handler(Request::from_parts(head, body)).await;
    match Fault::new(answer.delivery, &answer.response) {
        None => Ok(answer.response.map(Full::new)),
        Some(fault) => {
            drop(seize.send(fault).await);
            pending().await
        }
    }
}

/// Creates a JSON response.
pub(crate) fn json_response(status: StatusCode, body: &serde_json::Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

/// A reserved port that refuses every connection until this is dropped.
#[derive(Debug)]
pub struct ClosedPort {
    address: SocketAddr,
    _socket: TcpSocket,
}

impl ClosedPort {
    /// Reserves a port.
    ///
    /// # Errors
    ///
    /// When the system has no free port.
    pub fn reserve() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self { address: socket.local_addr()?, _socket: socket })
    }

    /// Returns the port's address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns `https://127.0.0.1:…`, where nothing listens.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}
