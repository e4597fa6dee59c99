//! Captures the complete output of a program.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;

use crate::locks::lock;

/// An output stream of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// The output of a program so far.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    /// The complete standard output.
    pub stdout: Vec<u8>,
    /// The complete standard error.
    pub stderr: Vec<u8>,
}

impl Captured {
    /// Returns the output of one stream.
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

    /// Returns the complete lines of a stream, without line ends.
    pub fn lines(&self, stream: Stream) -> Vec<String> {
        let bytes = self.stream(stream);
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        String::from_utf8_lossy(&bytes[..complete]).lines().map(String::from).collect()
    }

    /// Formats both streams for a message.
    pub fn describe(&self) -> String {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        format!("--- its standard output\n{}--- its standard error\n{}---", text(&self.stdout), text(&self.stderr))
    }
}

/// The growing output of a running program.
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
    /// Returns the output so far.
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

    /// Waits for a complete line of standard output that satisfies the condition. Skips the first `seen` lines.
    pub(crate) async fn line_after(&self, seen: usize, wanted: impl Fn(&str) -> bool) -> String {
        let mut grown = self.grown.subscribe();
        loop {
            let lines = self.captured().lines(Stream::Stdout);
            let found = lines.into_iter().skip(seen).find(|line| wanted(line));
            if let Some(line) = found {
                return line;
            }
            // Cannot fail, because `self` holds the sender.
            drop(grown.changed().await);
        }
    }
}
