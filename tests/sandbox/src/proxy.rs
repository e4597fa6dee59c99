//! A stand-in for a company's HTTP proxy. It supports only `CONNECT`.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::locks::lock;
use crate::wire::reset;

/// The maximum size of a request head.
const MAX_HEAD: usize = 16 * 1024;

/// One request to the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// `CONNECT`, or another method that was tried.
    pub method: String,
    /// Host and port, as in the request line.
    pub target: String,
    /// The `Proxy-Authorization` header.
    pub authorization: Option<String>,
}

/// The proxy stand-in. It opens tunnels only to mapped hosts, so no traffic leaves the machine.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct State {
    hosts: HashMap<String, SocketAddr>,
    refusal: u16,
    requests: Vec<Connect>,
}

impl Default for State {
    fn default() -> Self {
        Self { hosts: HashMap::new(), refusal: 502, requests: Vec::new() }
    }
}

impl Proxy {
    /// Starts the proxy.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free loopback port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::<Mutex<State>>::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, state.clone()));
        Self { address, state, _tasks: tasks }
    }

    /// Tunnels requests for the host to this address, for any port.
    pub fn map(&self, host: &str, address: SocketAddr) {
        lock(&self.state).hosts.insert(host.to_ascii_lowercase(), address);
    }

    /// Sets the status for requests to other hosts instead of 502.
    pub fn refuse_with(&self, status: u16) {
        lock(&self.state).refusal = status;
    }

    /// Returns all requests so far.
    pub fn requests(&self) -> Vec<Connect> {
        lock(&self.state).requests.clone()
    }

    /// Returns the address of the listener.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the value for `HTTPS_PROXY`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the value for `HTTPS_PROXY` with percent-encoded credentials.
    pub fn url_with(&self, user: &str, password: &str) -> String {
        format!("http://{user}:{password}@{}", self.address)
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut tunnels = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        // Either side may close a tunnel at any time.
        tunnels.spawn(async move { drop(serve(stream, &state).await) });
        while tunnels.try_join_next().is_some() {}
    }
}

async fn serve(mut client: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let request = parse(&read_head(&mut client).await?);
    let host = request.target.rsplit_once(':').map_or("", |(host, _)| host).to_ascii_lowercase();
    let is_connect = request.method == "CONNECT";
    let (address, refusal) = {
        let mut state = lock(state);
        state.requests.push(request);
        (state.hosts.get(&host).copied().filter(|_| is_connect), state.refusal)
    };
    let Some(address) = address else {
        let refusal = format!("HTTP/1.1 {refusal} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        return client.write_all(refusal.as_bytes()).await;
    };
    let mut server = TcpStream::connect(address).await?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    if copy_bidirectional(&mut client, &mut server).await.is_err() {
        // Passes the reset on, so that a peer's fault looks the same through the proxy.
        reset(&client)?;
        reset(&server)?;
    }
    Ok(())
}

/// Reads the request head byte by byte, so that nothing after it is read.
async fn read_head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn parse(head: &str) -> Connect {
    let mut lines = head.lines();
    let mut request_line = lines.next().unwrap_or_default().split(' ').map(String::from);
    let authorization = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"))
        .map(|(_, value)| value.trim().to_owned());
    Connect {
        method: request_line.next().unwrap_or_default(),
        target: request_line.next().unwrap_or_default(),
        authorization,
    }
}
