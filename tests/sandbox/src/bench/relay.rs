//! A far peer: a relay on the loopback that delivers late.
//!
//! Each direction is late by half of the round trip. TCP's own handshake takes no time on the loopback, so what the
//! client sends counts as sent one round trip after the connection came about at the earliest. Threads sleep more
//! precisely than the event loop, whose timers count in milliseconds.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// More than any record of TLS.
const PIECE: usize = 32 * 1024;

/// Listens until it is dropped.
#[derive(Debug)]
pub(super) struct Relay {
    address: SocketAddr,
    ends: Arc<AtomicBool>,
}

/// Bytes on their way.
struct Parcel {
    arrival: Instant,
    bytes: Vec<u8>,
}

impl Relay {
    /// A way to `target` with this round trip.
    pub(super) fn start(target: SocketAddr, round_trip: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let ends = Arc::<AtomicBool>::default();
        let has_ended = ends.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if has_ended.load(Ordering::Relaxed) {
                    break;
                }
                // A connection that fails is the client's to notice.
                drop(connect(client, target, round_trip));
            }
        });
        Ok(Self { address, ends })
    }

    /// Where it listens, as a URL.
    pub(super) fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // Wakes the listener up.
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

/// Carries bytes from one end to the other, `delay` after they were sent; none counts as sent before `start`.
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
        // The end of the other side's stream ends this one's.
        drop(to.shutdown(Shutdown::Both));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(40);

    #[test]
    fn the_first_answer_takes_two_round_trips_and_the_next_one() {
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
            // Never early; how late depends on what else the machine does.
            assert!(took >= ROUND_TRIP * round_trips, "{took:?}");
        }
    }
}
