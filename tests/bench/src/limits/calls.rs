//! Counts a broker's system calls with strace.
//!
//! The number of waits for the network depends on timing, so the counts vary slightly. The minimum of several runs is
//! stable.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use crate::broker::{Conditions, TestBed};

const RUNS: usize = 5;
/// The number of invocations after the first one in each run.
const LATER: u32 = 10;
/// A part of the request that the broker sends when it is ready for an invocation.
const NEXT: &str = "/runtime/invocation/next";

/// The system calls of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Calls {
    init: u64,
    first: u64,
    later: u64,
}

/// Returns keys, meanings and counts, or the reason why there are none.
pub(super) async fn count(program: &Path) -> Result<Result<[(&'static str, &'static str, u64); 3], String>> {
    let mut min: Option<Calls> = None;
    for _ in 0..RUNS {
        let trace = match trace(program).await? {
            Ok(trace) => trace,
            Err(why) => return Ok(Err(why)),
        };
        let calls = calls(&trace).context("unexpected output of strace")?;
        min = Some(min.map_or(calls, |min| min.min(calls)));
    }
    let Calls { init, first, later } = min.context("no runs")?;
    Ok(Ok([
        ("system_calls_init", "system calls of init", init),
        ("system_calls_first", "system calls of the first invocation", first),
        ("system_calls_later", "system calls of a later invocation", later),
    ]))
}

/// Traces one process. With `-D`, strace is the process's grandchild, so that killing the process ends both.
async fn trace(program: &Path) -> Result<Result<String, String>> {
    let Some(strace) = strace() else {
        return Ok(Err("strace is not installed".into()));
    };
    let bed = TestBed::without_quota().await?;
    let directory = tempfile::tempdir().context("cannot create a temporary directory")?;
    let (script, output) = (directory.path().join("traced"), directory.path().join("trace"));
    let content = format!(
        "#!/bin/sh\nexec {} -D -f -qq -s 80 -o {} {}\n",
        quoted(Path::new(strace)),
        quoted(&output),
        quoted(program)
    );
    let written =
        fs::write(&script, content).and_then(|()| fs::set_permissions(&script, fs::Permissions::from_mode(0o755)));
    written.context("cannot write a script")?;
    if let Err(error) = bed.run(&script, Conditions::default(), LATER).await {
        return Ok(Err(format!("the broker does not run under strace ({error:#})")));
    }
    fs::read_to_string(&output).map(Ok).context("strace wrote nothing")
}

/// Returns the path of strace, because the broker's `PATH` is Lambda's.
fn strace() -> Option<&'static str> {
    ["/usr/bin/strace", "/bin/strace", "/usr/local/bin/strace"].into_iter().find(|path| Path::new(path).is_file())
}

/// Quotes a path for a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

impl Calls {
    fn min(self, other: Self) -> Self {
        Self { init: self.init.min(other.init), first: self.first.min(other.first), later: self.later.min(other.later) }
    }
}

/// Counts the system calls in a trace. Returns `None` with fewer than two invocations.
fn calls(trace: &str) -> Option<Calls> {
    let mut counts = vec![0];
    for line in trace.lines().filter(|line| is_call(line)) {
        *counts.last_mut()? += 1;
        if line.contains(NEXT) {
            counts.push(0);
        }
    }
    // The process is killed after its last request for an invocation.
    counts.pop();
    let (init, first) = (*counts.first()?, *counts.get(1)?);
    let later = counts.get(2..)?.iter().min()?;
    Some(Calls { init, first, later: *later })
}

/// Returns whether the line is `PID name(…` and not a signal, an exit or a resumed call.
fn is_call(line: &str) -> bool {
    let call = line.trim_start_matches(|character: char| character.is_ascii_digit()).trim_start();
    call.split_once('(').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "\
7  execve(\"/bootstrap\", [\"/bootstrap\"], 0x7 /* 1 var */) = 0
7  epoll_wait(3,  <unfinished ...>
8  futex(0x1, FUTEX_WAKE_PRIVATE, 1) = 0
7  <... epoll_wait resumed>[], 1024, 0) = 0
7  writev(6, [{iov_base=\"GET /2018-06-01/runtime/invocation/next HTTP/1.1\"}], 1) = 110
7  --- SIGCHLD {si_signo=SIGCHLD} ---
7  recvfrom(6, \"HTTP/1.1 200 OK\", 8192, 0, NULL, NULL) = 15
7  writev(6, [{iov_base=\"GET /2018-06-01/runtime/invocation/next HTTP/1.1\"}], 1) = 110
7  read(1, \"\", 1) = 0
7  read(1, \"\", 1) = 0
7  writev(6, [{iov_base=\"GET /2018-06-01/runtime/invocation/next HTTP/1.1\"}], 1) = 110
7  writev(6, [{iov_base=\"GET /2018-06-01/runtime/invocation/next HTTP/1.1\"}], 1) = 110
7  +++ killed by SIGKILL +++
";

    #[test]
    fn calls_are_counted_by_invocation() {
        assert_eq!(calls(TRACE), Some(Calls { init: 4, first: 2, later: 1 }));
        assert_eq!(calls(""), None);
    }

    #[test]
    fn a_path_is_one_word_for_a_shell() {
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
