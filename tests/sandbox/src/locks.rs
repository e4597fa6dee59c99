//! Locks that a panicking test does not poison for the others' messages.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whoever panicked while holding it: what lies under our locks is whole after every statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
