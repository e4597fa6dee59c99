//! What the kernel tells about a process.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

/// How long the CPU time must stand still for the process to count as waiting.
const STILL: Duration = Duration::from_millis(2);
/// How often that is tried: a process under a CPU quota stands still for longer than [`STILL`] anyway.
const TRIES: u32 = 100;

/// CPU time of all threads, user and system, to the nanosecond. That of threads which ended is not in it; the broker
/// ends none.
/// <https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat>
pub(super) fn cpu_time(process: u32) -> io::Result<Duration> {
    let mut total = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        total += scheduled(&fs::read_to_string(thread?.path().join("schedstat"))?)?;
    }
    Ok(total)
}

/// CPU time once the process waits: the kernel adds up what a thread used when it stops running.
pub(super) async fn settled_cpu_time(process: u32) -> io::Result<Duration> {
    let mut before = cpu_time(process)?;
    for _ in 0..TRIES {
        sleep(STILL).await;
        let now = cpu_time(process)?;
        if now == before {
            break;
        }
        before = now;
    }
    Ok(before)
}

/// The most memory that it had resident, in bytes (`VmHWM`).
pub(super) fn peak_memory(process: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    kib(&status, "VmHWM").ok_or_else(|| io::Error::other("no VmHWM in /proc/PID/status"))
}

/// The memory that is its own and resident now, in bytes, counted page by page.
pub(super) fn anonymous_memory(process: u32) -> io::Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    kib(&rollup, "Anonymous").ok_or_else(|| io::Error::other("no Anonymous in /proc/PID/smaps_rollup"))
}

/// Its share of all memory: pages that several processes have count in parts.
pub(super) fn proportional_memory(process: u32) -> io::Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    kib(&rollup, "Pss").ok_or_else(|| io::Error::other("no Pss in /proc/PID/smaps_rollup"))
}

/// The CPU time of this process itself, which plays everybody else.
pub(super) fn own_cpu_time() -> io::Result<Duration> {
    cpu_time(std::process::id())
}

/// A file's length.
pub(super) fn bytes(file: &Path) -> io::Result<u64> {
    fs::metadata(file).map(|metadata| metadata.len())
}

fn scheduled(schedstat: &str) -> io::Result<Duration> {
    let nanoseconds = schedstat.split(' ').next().and_then(|field| field.parse().ok());
    nanoseconds.map(Duration::from_nanos).ok_or_else(|| io::Error::other("/proc/PID/task/TID/schedstat is not numbers"))
}

fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_read() {
        assert_eq!(scheduled("5123456 99 7\n").unwrap(), Duration::from_nanos(5_123_456));
        assert!(scheduled("").is_err());
        assert_eq!(kib("VmPeak:\t  9 kB\nVmHWM:\t    8396 kB\n", "VmHWM"), Some(8396 * 1024));
        assert_eq!(kib("VmHWM:\t    8396 kB\n", "Vm"), None);
    }

    #[test]
    fn this_process_uses_cpu_time_and_memory() {
        assert!(cpu_time(std::process::id()).unwrap() > Duration::ZERO);
        assert!(peak_memory(std::process::id()).unwrap() > 0);
        assert!(cpu_time(u32::MAX).is_err());
    }
}
