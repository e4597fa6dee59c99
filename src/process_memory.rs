//! Protects the process's memory from core dumps and from other processes of the same user.
//!
//! Our own buffers are wiped when they are dropped. An allocator that wipes all memory (`zeroizing-alloc`) would leave
//! one copy of the key's PEM instead of two to four, and cost 5 to 12 % more CPU time in warm invocations. It is not
//! used, because one copy is enough for an attacker.

use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Disables core dumps. Afterwards only processes with `CAP_SYS_PTRACE`, such as root's, can attach to this one or read
/// its memory, see
/// <https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html>.
///
/// # Errors
///
/// The kernel's error.
pub(crate) fn protect() -> Result<(), Errno> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}
