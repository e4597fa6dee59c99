//! A small HTTP/1.1 server on a free loopback port, with doors and wires that can misbehave.

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

/// An answer and how it is put on the wire.
pub(crate) struct Answer {
    response: Response<Bytes>,
    delivery: Delivery,
}

impl Answer {
    /// What a scripted reply comes to, its delay included.
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

/// A future that may move between threads.
pub(crate) type Promise<T> = Pin<Box<dyn Future<Output = T> + Send>>;
/// What answers a server's requests.
pub(crate) type Handler = Arc<dyn Fn(Request<Bytes>) -> Promise<Answer> + Send + Sync>;

/// One listening server; dropped, it stops, its connections with it.
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

    /// Listens with TLS and certificates of this authority.
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

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many TCP connections it accepted.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Cuts the connections that are open, without a word to the peer.
    pub(crate) fn cut_connections(&self) {
        self.established.cut().expect("a socket takes a packet filter");
    }

    /// How it meets the connections to come; the last repeats.
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
        // That a peer breaks off or refuses our certificate is its right, and often what a test wants.
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

/// Serves requests until the peer leaves, or until an answer takes the connection over to break it.
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

/// A JSON answer.
pub(crate) fn json_response(status: StatusCode, body: &serde_json::Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

/// A port that stays reserved and refuses every connection, as long as this lives.
#[derive(Debug)]
pub struct ClosedPort {
    address: SocketAddr,
    _socket: TcpSocket,
}

impl ClosedPort {
    /// Reserves one.
    ///
    /// # Errors
    ///
    /// When the system has no free port.
    pub fn reserve() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self { address: socket.local_addr()?, _socket: socket })
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `https://127.0.0.1:…`, where nobody answers.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}
