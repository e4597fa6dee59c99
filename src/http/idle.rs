//! Keeps a client's idle connection for its next request.
//!
//! Lambda freezes the process between invocations, for seconds or for hours, without notice. Meanwhile a peer, a NAT
//! gateway or a firewall may drop the connection silently, and a request over it would time out. So a connection is
//! reused only for a few seconds by the wall clock: the monotonic clock may stop while the process is frozen.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::clock::Clock;

/// The maximum time for which a connection may be idle and be reused. Invocations with shorter pauses share their
/// connections.
const MAX_IDLE: Duration = Duration::from_secs(5);

/// The number of lost connections of all clients. A loss has probably cut the other idle connections too, so they are
/// dropped.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses(Arc<AtomicU64>);

impl Losses {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Keeps a connection between two requests. One slot is enough because a client has only one peer.
pub(super) struct Idle<C> {
    slot: Mutex<Option<Kept<C>>>,
    losses: Losses,
    now: Clock,
}

struct Kept<C> {
    connection: C,
    since: SystemTime,
    losses: u64,
}

impl<C> Idle<C> {
    pub(super) fn new(losses: Losses, now: Clock) -> Self {
        Self { slot: Mutex::default(), losses, now }
    }

    pub(super) fn keep(&self, connection: C) {
        let kept = Kept { connection, since: (self.now)(), losses: self.losses.count() };
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    /// Takes the connection. Returns `None` when it was idle for too long or another connection was lost meanwhile.
    pub(super) fn take(&self) -> Option<C> {
        let kept = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let is_recent = (self.now)().duration_since(kept.since).is_ok_and(|age| age < MAX_IDLE);
        (is_recent && kept.losses == self.losses.count()).then_some(kept.connection)
    }
}

impl<C> std::fmt::Debug for Idle<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Idle").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_used_once() {
        let idle = Idle::new(Losses::default(), || SystemTime::UNIX_EPOCH);
        assert_eq!(idle.take(), None);
        idle.keep(1);
        assert_eq!([idle.take(), idle.take()], [Some(1), None]);
    }

    #[test]
    fn an_old_connection_is_not_reused() {
        static MS: AtomicU64 = AtomicU64::new(0);
        let now = || SystemTime::UNIX_EPOCH + Duration::from_millis(MS.load(Ordering::Relaxed));
        let idle = Idle::new(Losses::default(), now);
        for (ms, is_reused) in
            [(100_000, true), (104_999, true), (105_000, false), (9_000_000_000, false), (99_999, false)]
        {
            MS.store(100_000, Ordering::Relaxed);
            idle.keep(());
            MS.store(ms, Ordering::Relaxed);
            assert_eq!(idle.take().is_some(), is_reused, "at {ms} ms");
        }
    }

    #[test]
    fn a_loss_ends_all_that_are_idle() {
        let losses = Losses::default();
        let [ssm, github] = [(); 2].map(|()| Idle::new(losses.clone(), || SystemTime::UNIX_EPOCH));
        ssm.keep(());
        github.keep(());
        losses.add();
        assert_eq!((ssm.take(), github.take()), (None, None));
        ssm.keep(());
        assert_eq!(ssm.take(), Some(()), "those opened since are good");
    }
}
