//! Writes responses that a correct HTTP server would never send.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::server::TlsStream;

use crate::faults::Delivery;

/// The pause between the bytes of a dripping response.
const DRIP: Duration = Duration::from_secs(1);
/// The number of bytes that a truncated response announces and does not send.
const MISSING: usize = 64;
/// The number of bytes of a padded body that are written at once.
const PIECE: usize = 64 * 1024;

/// A connection, with or without TLS.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Returns the underlying TCP connection.
    fn tcp(&self) -> &TcpStream;
}

impl Transport for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Transport for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Bytes to write at once, and the action after them.
pub(crate) struct Fault {
    at_once: Vec<u8>,
    then: Then,
}

enum Then {
    Hang,
    Drip(Vec<u8>),
    Pad(usize),
    Close,
    Reset,
}

impl Fault {
    /// Returns the fault for this delivery, or `None` for a normal one.
    pub(crate) fn new(delivery: Delivery, answer: &Response<Bytes>) -> Option<Self> {
        let body = answer.body();
        let with_length = |length: usize| head(answer, &format!("content-length: {length}\r\n"));
        let (at_once, then) = match delivery {
            Delivery::Whole => return None,
            Delivery::Hang => (Vec::new(), Then::Hang),
            Delivery::HangAfterHead => (with_length(body.len()), Then::Hang),
            Delivery::DripHead => (Vec::new(), Then::Drip(join(with_length(body.len()), body))),
            Delivery::DripBody => (with_length(body.len()), Then::Drip(body.to_vec())),
            Delivery::Reset => (Vec::new(), Then::Reset),
            Delivery::TruncatedLength => (join(with_length(body.len() + MISSING), body), Then::Close),
            Delivery::TruncatedChunks => (one_chunk(answer), Then::Close),
            Delivery::Padded { bytes, content_length } => {
                let head = if content_length { with_length(bytes) } else { head(answer, "connection: close\r\n") };
                (join(head, body), Then::Pad(bytes.saturating_sub(body.len())))
            }
            Delivery::Garbage => (b"\x15\x03\x01 this is not HTTP\r\n\r\n".to_vec(), Then::Close),
            Delivery::AsIs => (body.to_vec(), Then::Close),
        };
        Some(Self { at_once, then })
    }

    /// Applies the fault to a connection from which a complete request was read.
    pub(crate) async fn play(self, mut stream: impl Transport) -> io::Result<()> {
        stream.write_all(&self.at_once).await?;
        stream.flush().await?;
        match self.then {
            Then::Hang => hang(stream).await,
            Then::Drip(bytes) => drip(stream, &bytes).await,
            Then::Pad(bytes) => pad(stream, bytes).await,
            Then::Close => stream.shutdown().await,
            Then::Reset => reset(stream.tcp()),
        }
    }
}

/// Keeps the connection open until the peer closes it.
pub(crate) async fn hang(mut stream: impl Transport) -> io::Result<()> {
    copy(&mut stream, &mut sink()).await.map(drop)
}

/// Makes closing this connection send a TCP reset.
pub(crate) fn reset(stream: &TcpStream) -> io::Result<()> {
    stream.set_zero_linger()
}

async fn drip(mut stream: impl Transport, bytes: &[u8]) -> io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
        sleep(DRIP).await;
    }
    hang(stream).await
}

async fn pad(mut stream: impl Transport, bytes: usize) -> io::Result<()> {
    let mut spaces = tokio::io::repeat(b' ').take(bytes as u64);
    let mut piece = vec![0; PIECE];
    loop {
        let read = spaces.read(&mut piece).await?;
        if read == 0 {
            return stream.shutdown().await;
        }
        stream.write_all(&piece[..read]).await?;
    }
}

/// Formats the status line and the headers, including the given framing.
fn head(answer: &Response<Bytes>, framing: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n{framing}", answer.status()).into_bytes();
    for (name, value) in answer.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn one_chunk(answer: &Response<Bytes>) -> Vec<u8> {
    let mut bytes = head(answer, "transfer-encoding: chunked\r\n");
    bytes.extend_from_slice(format!("{:x}\r\n", answer.body().len()).as_bytes());
    join(join(bytes, answer.body()), b"\r\n")
}

fn join(mut first: Vec<u8>, second: &[u8]) -> Vec<u8> {
    first.extend_from_slice(second);
    first
}
