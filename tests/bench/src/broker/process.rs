//! Reads a process's CPU time and memory from `/proc`.

use std::fs;
use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::sleep;

/// A process whose CPU time does not change for this long is waiting.
const SETTLED: Duration = Duration::from_millis(2);
/// The maximum number of checks.
const TRIES: u32 = 100;

/// Returns the CPU time of all threads, user and system, in nanoseconds. Threads that have ended are not included, but
/// the broker ends none while it is measured.
/// <https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat>
pub(crate) fn cpu_time(process: u32) -> io::Result<Duration> {
    let mut total = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        match fs::read_to_string(thread?.path().join("schedstat")) {
            Ok(schedstat) => total += scheduled(&schedstat)?,
            // The thread has ended meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

/// Returns the CPU time once the process waits. The kernel updates a thread's time when the thread stops running.
pub(crate) async fn settled_cpu_time(process: u32) -> io::Result<Duration> {
    let mut before = cpu_time(process)?;
    for _ in 0..TRIES {
        sleep(SETTLED).await;
        let now = cpu_time(process)?;
        if now == before {
            break;
        }
        before = now;
    }
    Ok(before)
}

/// Returns the peak resident memory in bytes (`VmHWM`).
pub(crate) fn peak_memory(process: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    kib(&status, "VmHWM").ok_or_else(|| io::Error::other("no VmHWM in /proc/PID/status"))
}

/// Returns the resident anonymous memory in bytes: heap and stacks, without the pages of files.
pub(crate) fn anonymous_memory(process: u32) -> io::Result<u64> {
    kib(&rollup(process)?, "Anonymous").ok_or_else(|| io::Error::other("no Anonymous in /proc/PID/smaps_rollup"))
}

/// Returns the proportional set size in bytes: a page that n processes share counts as 1/n.
pub(crate) fn proportional_memory(process: u32) -> io::Result<u64> {
    kib(&rollup(process)?, "Pss").ok_or_else(|| io::Error::other("no Pss in /proc/PID/smaps_rollup"))
}

/// Reads the process's memory statistics. The broker does not allow other processes of its user to read them.
fn rollup(process: u32) -> io::Result<String> {
    let file = format!("/proc/{process}/smaps_rollup");
    match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let output = Command::new("sudo").args(["-n", "cat", &file]).stderr(Stdio::null()).output();
            let output = output.ok().filter(|output| output.status.success());
            let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
            text.ok_or_else(|| {
                io::Error::other(format!("{file} can be read only by root, or by sudo without a password"))
            })
        }
        result => result,
    }
}

fn scheduled(schedstat: &str) -> io::Result<Duration> {
    let nanoseconds = schedstat.split(' ').next().and_then(|field| field.parse().ok());
    nanoseconds
        .map(Duration::from_nanos)
        .ok_or_else(|| io::Error::other("/proc/PID/task/TID/schedstat holds no number"))
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
    fn proc_files_are_parsed() {
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
