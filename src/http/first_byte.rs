//! Records whether any byte of a response was received.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use zeroize::Zeroize;

/// The size of the first read, which is the size that hyper requests. With less, hyper's buffer would grow and keep
/// earlier responses.
const FIRST_READ: usize = 8 * 1024;

/// Whether any byte of the response to a request was received. If so, a request that creates something must not be
/// retried.
#[derive(Clone, Debug, Default)]
pub(crate) struct FirstByte(Arc<AtomicBool>);

impl FirstByte {
    pub(crate) fn was_received(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The [`FirstByte`] of the request that waits for a response.
#[derive(Clone, Debug, Default)]
pub(super) struct Awaited(Arc<Mutex<FirstByte>>);

impl Awaited {
    pub(super) fn set(&self, first_byte: &FirstByte) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = first_byte.clone();
    }

    fn get(&self) -> FirstByte {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A transport that records the first byte of each response.
pub(super) struct Watched<T> {
    pub(super) transport: T,
    pub(super) awaited: Awaited,
}

impl<T: Read + Unpin> Read for Watched<T> {
    /// Reads the beginning of a response into a separate buffer, because a cursor does not show how much was read.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let first_byte = self.awaited.get();
        let transport = Pin::new(&mut self.transport);
        if first_byte.was_received() || cursor.remaining() == 0 {
            return transport.poll_read(context, cursor);
        }
        let mut bytes = [0; FIRST_READ];
        let (room, _) = bytes.split_at_mut(cursor.remaining().min(FIRST_READ));
        let mut buffer = ReadBuf::new(room);
        ready!(transport.poll_read(context, buffer.unfilled()))?;
        let length = buffer.filled().len();
        if let Some(read) = bytes.get_mut(..length).filter(|read| !read.is_empty()) {
            first_byte.0.store(true, Ordering::Relaxed);
            cursor.put_slice(read);
            read.zeroize();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: Write + Unpin> Write for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.transport).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.transport).poll_write_vectored(context, slices)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// A transport with some bytes and then the end of file.
    struct Text(&'static [u8]);

    impl Read for Text {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            mut cursor: ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            let (read, rest) = self.0.split_at(self.0.len().min(cursor.remaining()));
            cursor.put_slice(read);
            self.0 = rest;
            Poll::Ready(Ok(()))
        }
    }

    fn read(watched: &mut Watched<Text>) -> Vec<u8> {
        let mut bytes = [0; 16];
        let mut buffer = ReadBuf::new(&mut bytes);
        let polled = Pin::new(watched).poll_read(&mut Context::from_waker(Waker::noop()), buffer.unfilled());
        assert!(matches!(polled, Poll::Ready(Ok(()))));
        buffer.filled().to_vec()
    }

    #[test]
    fn the_end_of_file_is_not_a_byte() {
        let mut watched = Watched { transport: Text(b""), awaited: Awaited::default() };
        assert_eq!(read(&mut watched), b"");
        assert!(!watched.awaited.get().was_received(), "the end of file is not a byte");
        watched.transport = Text(b"HTTP/1.1");
        assert_eq!([read(&mut watched), read(&mut watched)].concat(), b"HTTP/1.1");
        assert!(watched.awaited.get().was_received());
        let next = FirstByte::default();
        watched.awaited.set(&next);
        assert!(!next.was_received(), "each request has its own");
        watched.transport = Text(b"H");
        read(&mut watched);
        assert!(next.was_received());
    }
}
