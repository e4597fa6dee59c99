//! Looks up host names, with one thread for each name at most.
//!
//! The system's `getaddrinfo` blocks a thread until it ends, for up to a minute when a name server is silent, and cannot be
//! stopped. Attempts give up earlier. If each attempt started a lookup of its own, threads would pile up.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, spawn_blocking};

/// How many lookups can run: for SSM, GitHub, the Runtime API and the container credentials endpoint.
pub(crate) const THREADS: usize = 4;

/// The lookups of one client, which has one peer and so looks up one name.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup(Arc<Mutex<Option<Running>>>);

#[derive(Debug)]
struct Running {
    name: String,
    addresses: JoinHandle<io::Result<Vec<SocketAddr>>>,
}

impl Lookup {
    /// Joins the lookup that is running, or starts one.
    async fn addresses(self, name: String) -> io::Result<Vec<SocketAddr>> {
        let mut slot = self.0.lock().await;
        // A result for which no caller waited any more may be old.
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
        // The port is set by the caller.
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
