//! Catches panics and drops their text, which may quote a secret.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

thread_local! {
    /// The file and line of the last panic of this thread.
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Installs a hook that prints nothing and stores the location.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(|location| format!("{}:{}", location.file(), location.line()));
        LOCATION.with(|last| last.replace(location));
    }));
}

/// A caught panic, without its text.
#[derive(Debug)]
pub(crate) struct Panicked {
    /// The source file and line, if known.
    pub(crate) location: Option<String>,
}

/// Polls a future and catches its panic.
///
/// # Errors
///
/// [`Panicked`] after a panic.
pub(crate) async fn catch<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(future).catch_unwind().await.map_err(panicked)
}

/// Calls a function and catches its panic.
///
/// # Errors
///
/// [`Panicked`] after a panic.
pub(crate) fn catch_blocking<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    std::panic::catch_unwind(AssertUnwindSafe(run)).map_err(panicked)
}

fn panicked(_text: Box<dyn Any + Send>) -> Panicked {
    Panicked { location: LOCATION.with(RefCell::take) }
}
