//! A panic's text may hold a secret, so nobody gets to see it: not the log, not the caller.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

thread_local! {
    /// Where this thread panicked last: a file of the source and a line.
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps panics from printing their text; remembers where they were.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(|location| format!("{}:{}", location.file(), location.line()));
        LOCATION.with(|last| last.replace(location));
    }));
}

/// A caught panic: where it was, and nothing that it said.
#[derive(Debug)]
pub(crate) struct Panicked {
    /// The file of the source and the line, where known.
    pub(crate) location: Option<String>,
}

/// Runs `future` and catches its panic.
///
/// # Errors
///
/// [`Panicked`] when it did.
pub(crate) async fn catch<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(future).catch_unwind().await.map_err(panicked)
}

/// Runs `run` and catches its panic.
///
/// # Errors
///
/// [`Panicked`] when it did.
pub(crate) fn catch_blocking<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    std::panic::catch_unwind(AssertUnwindSafe(run)).map_err(panicked)
}

fn panicked(_text: Box<dyn Any + Send>) -> Panicked {
    Panicked { location: LOCATION.with(RefCell::take) }
}
