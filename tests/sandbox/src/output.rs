//! What a program writes, kept whole.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;

use crate::locks::lock;

/// Where a program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What a program has written so far.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    /// Standard output, whole.
    pub stdout: Vec<u8>,
    /// Standard error, whole.
    pub stderr: Vec<u8>,
}

impl Captured {
    /// One of the two.
    pub fn stream(&self, stream: Stream) -> &[u8] {
        match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }

    fn stream_mut(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// The complete lines of a stream, without their ends.
    pub fn lines(&self, stream: Stream) -> Vec<String> {
        let bytes = self.stream(stream);
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        String::from_utf8_lossy(&bytes[..complete]).lines().map(String::from).collect()
    }

    /// Both streams, for a message to a person.
    pub fn describe(&self) -> String {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        format!("--- its standard output\n{}--- its standard error\n{}---", text(&self.stdout), text(&self.stderr))
    }
}

/// A running program's output, which notifies when it grows.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    captured: Arc<Mutex<Captured>>,
    grown: watch::Sender<()>,
}

impl Default for Output {
    fn default() -> Self {
        Self { captured: Arc::default(), grown: watch::Sender::new(()) }
    }
}

impl Output {
    /// What there is so far.
    pub(crate) fn captured(&self) -> Captured {
        lock(&self.captured).clone()
    }

    /// Reads a stream to its end.
    pub(crate) async fn capture(&self, mut pipe: impl AsyncRead + Unpin, stream: Stream) {
        let mut piece = vec![0; 8192];
        while let Ok(read @ 1..) = pipe.read(&mut piece).await {
            lock(&self.captured).stream_mut(stream).extend_from_slice(&piece[..read]);
            self.grown.send_replace(());
        }
    }

    /// Waits until a complete line of standard output satisfies the condition, the first `seen` left aside.
    pub(crate) async fn line_after(&self, seen: usize, wanted: impl Fn(&str) -> bool) -> String {
        let mut grown = self.grown.subscribe();
        loop {
            let lines = self.captured().lines(Stream::Stdout);
            let found = lines.into_iter().skip(seen).find(|line| wanted(line));
            if let Some(line) = found {
                return line;
            }
            // `self` holds the sender, so this waits for as long as the caller does.
            drop(grown.changed().await);
        }
    }
}
