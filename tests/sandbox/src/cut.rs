//! Cuts connections silently, like a NAT gateway that dropped its entry.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use socket2::{SockFilter, SockRef, Socket};
use tokio::net::TcpStream;

use crate::locks::lock;

/// The BPF instruction `BPF_RET | BPF_K`, whose operand is the number of bytes to keep of a packet.
/// <https://docs.kernel.org/networking/filter.html>
const KEEP: u16 = 0x06;

/// The open connections of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Established(Arc<Mutex<BTreeMap<usize, Socket>>>);

/// Removes a connection's entry when dropped. Drop the connection first.
pub(crate) struct Entry {
    number: usize,
    established: Established,
}

impl Established {
    pub(crate) fn add(&self, number: usize, stream: &TcpStream) -> io::Result<Entry> {
        lock(&self.0).insert(number, SockRef::from(stream).try_clone()?);
        Ok(Entry { number, established: self.clone() })
    }

    /// Drops every further packet of these connections before TCP receives it, so nothing is acknowledged.
    pub(crate) fn cut(&self) -> io::Result<()> {
        lock(&self.0).values().try_for_each(|socket| socket.attach_filter(&[SockFilter::new(KEEP, 0, 0, 0)]))
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        lock(&self.established.0).remove(&self.number);
    }
}
