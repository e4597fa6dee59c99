//! Looks up host names with at most one thread for each name.
//!
//! The system's `getaddrinfo` blocks its thread, for up to a minute when a name server does not answer, and cannot be
//! cancelled. Attempts time out earlier. If each attempt started its own lookup, threads would pile up.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, spawn_blocking};

/// The maximum number of concurrent lookups: for SSM, GitHub, the Runtime API and the container credentials endpoint.
pub(crate) const THREADS: usize = 4;

/// The running lookup of one client. A client has one peer and therefore looks up one name.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup(Arc<Mutex<Option<Running>>>);

#[derive(Debug)]
struct Running {
    name: String,
    addresses: JoinHandle<io::Result<Vec<SocketAddr>>>,
}

impl Lookup {
    /// Waits for the lookup that is already running, or starts one.
    async fn addresses(self, name: String) -> io::Result<Vec<SocketAddr>> {
        let mut slot = self.0.lock().await;
        // A finished lookup that no caller waited for may be out of date.
        let running = slot.take().filter(|running| running.name == name && !running.addresses.is_finished());
        let running = slot.insert(running.unwrap_or_else(|| Running::start(name)));
        let addresses = (&mut running.addresses).await;
        *slot = None;
        addresses.map_err(io::Error::other)?
    }
}

impl Running {
    fn start(name: String) -> Self {
        let host = name.clone();
        // reqwest sets the port.
        let addresses = spawn_blocking(move || Ok((host.as_str(), 0).to_socket_addrs()?.collect()));
        Self { name, addresses }
    }
}

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.clone().addresses(name.as_str().to_owned());
        Box::pin(async move { Ok(Box::new(addresses.await?.into_iter()) as Addrs) })
    }
}
