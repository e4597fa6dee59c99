//! The process's memory: wiped when it is freed, in no core dump, and not readable by other processes of the same user.
//!
//! Libraries copy secrets: in buffers of HTTP and TLS that grow, and in the AWS SDK's JSON strings. An allocator that wipes
//! reaches them all: after 20 invocations one copy of the key's PEM is left instead of three, in the read buffer of the
//! connection to SSM.

use std::alloc::System;

use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

/// Turns core dumps off. Only processes with `CAP_SYS_PTRACE`, such as root's, can attach to or read this one then, see
/// <https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html>.
///
/// # Errors
///
/// The kernel's.
pub(crate) fn protect() -> Result<(), Errno> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}
