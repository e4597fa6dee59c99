//! Simulates a distant peer with a relay on the loopback interface that delays all traffic.
//!
//! Each direction is delayed by half of the round trip. TCP's handshake takes no time on the loopback interface, so the
//! relay adds it: it forwards nothing from the client earlier than one round trip after the connection was opened. Each
//! direction has its own threads, which sleep more precisely than Tokio's timers with their resolution of 1 ms.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// More than the largest TLS record.
const PIECE: usize = 32 * 1024;

/// A relay that listens until it is dropped.
#[derive(Debug)]
pub(crate) struct Relay {
    address: SocketAddr,
    dropped: Arc<AtomicBool>,
}

/// Bytes in transit.
struct Parcel {
    arrival: Instant,
    bytes: Vec<u8>,
}

impl Relay {
    /// Forwards connections to `target`, with this round trip.
    pub(crate) fn start(target: SocketAddr, round_trip: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let dropped = Arc::<AtomicBool>::default();
        let is_dropped = dropped.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if is_dropped.load(Ordering::Relaxed) {
                    break;
                }
                // The client detects a failed connection.
                drop(connect(client, target, round_trip));
            }
        });
        Ok(Self { address, dropped })
    }

    /// Returns the URL of the listener.
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::Relaxed);
        // Unblocks the listener.
        drop(TcpStream::connect(self.address));
    }
}

fn connect(client: TcpStream, target: SocketAddr, round_trip: Duration) -> io::Result<()> {
    let opened = Instant::now();
    let server = TcpStream::connect(target)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    deliver(client.try_clone()?, server.try_clone()?, round_trip / 2, opened + round_trip);
    deliver(server, client, round_trip / 2, opened);
    Ok(())
}

/// Forwards bytes `delay` after they were sent, but no earlier than `delay` after `start`.
fn deliver(mut from: TcpStream, mut to: TcpStream, delay: Duration, start: Instant) {
    let (send, receive) = mpsc::channel::<Parcel>();
    thread::spawn(move || {
        let mut piece = vec![0; PIECE];
        while let Ok(read @ 1..) = from.read(&mut piece) {
            let arrival = Instant::now().max(start) + delay;
            if send.send(Parcel { arrival, bytes: piece[..read].to_vec() }).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        for parcel in receive {
            thread::sleep(parcel.arrival.saturating_duration_since(Instant::now()));
            if to.write_all(&parcel.bytes).is_err() {
                break;
            }
        }
        // The end of one stream closes the other.
        drop(to.shutdown(Shutdown::Both));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(40);

    #[test]
    fn tcps_handshake_takes_a_round_trip() {
        let echo = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let relay = Relay::start(echo.local_addr().unwrap(), ROUND_TRIP).unwrap();
        thread::spawn(move || {
            let (mut stream, _) = echo.accept().unwrap();
            let mut byte = [0];
            while stream.read_exact(&mut byte).is_ok() {
                stream.write_all(&byte).unwrap();
            }
        });
        let before = Instant::now();
        let mut client = TcpStream::connect(relay.address).unwrap();
        for round_trips in [2, 3] {
            client.write_all(b"x").unwrap();
            client.read_exact(&mut [0]).unwrap();
            let took = before.elapsed();
            // There is no upper bound, because it depends on the machine's load.
            assert!(took >= ROUND_TRIP * round_trips, "{took:?}");
        }
    }
}
