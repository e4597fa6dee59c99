//! Connections that are cut without a word, as by a NAT gateway that forgot them.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use socket2::{SockFilter, SockRef, Socket};
use tokio::net::TcpStream;

use crate::locks::lock;

/// The BPF instruction `BPF_RET | BPF_K`: of a packet, keep as many bytes as its operand says.
/// <https://docs.kernel.org/networking/filter.html>
const KEEP: u16 = 0x06;

/// A server's connections, as long as they live.
#[derive(Clone, Debug, Default)]
pub(crate) struct Established(Arc<Mutex<BTreeMap<usize, Socket>>>);

/// A connection's entry, which ends when this is dropped. Drop the connection first.
pub(crate) struct Entry {
    number: usize,
    established: Established,
}

impl Established {
    pub(crate) fn add(&self, number: usize, stream: &TcpStream) -> io::Result<Entry> {
        lock(&self.0).insert(number, SockRef::from(stream).try_clone()?);
        Ok(Entry { number, established: self.clone() })
    }

    /// Drops every packet that comes over these connections from now on, before TCP sees it: nothing is acknowledged.
    pub(crate) fn cut(&self) -> io::Result<()> {
        lock(&self.0).values().try_for_each(|socket| socket.attach_filter(&[SockFilter::new(KEEP, 0, 0, 0)]))
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        lock(&self.established.0).remove(&self.number);
    }
}
