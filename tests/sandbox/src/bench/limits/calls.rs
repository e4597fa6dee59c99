//! How many system calls a broker makes, by strace.
//!
//! How often a program waits for the network depends on who is faster, so the numbers differ by a few from run to run.
//! The least of several runs repeats.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::super::stage::{Stage, Surroundings};
use crate::cli::Mistake;

const RUNS: usize = 5;
/// In each run, after the first invocation.
const LATER: u32 = 10;
/// What the broker sends when it is ready for an invocation.
const NEXT: &str = "/runtime/invocation/next";

/// What one run made.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Calls {
    init: u64,
    first: u64,
    later: u64,
}

/// Names, meanings and numbers; or why there are none.
pub(super) async fn count(program: &Path) -> Result<Result<[(&'static str, &'static str, u64); 3], String>, Mistake> {
    let mut least: Option<Calls> = None;
    for _ in 0..RUNS {
        let trace = match trace(program).await? {
            Ok(trace) => trace,
            Err(why) => return Ok(Err(why)),
        };
        let calls = calls(&trace).ok_or_else(|| Mistake::new("strace's output is not as expected"))?;
        least = Some(least.map_or(calls, |least| least.min(calls)));
    }
    let Calls { init, first, later } = least.unwrap_or(Calls { init: 0, first: 0, later: 0 });
    Ok(Ok([
        ("system_calls_init", "system calls of init", init),
        ("system_calls_first", "system calls of the first invocation", first),
        ("system_calls_later", "system calls of a later invocation", later),
    ]))
}

/// One process under strace, which is its grandchild (`-D`): so killing the process ends both.
async fn trace(program: &Path) -> Result<Result<String, String>, Mistake> {
    let Some(strace) = strace() else {
        return Ok(Err("strace is not installed".into()));
    };
    let stage = Stage::unlimited().await?;
    let directory = tempfile::tempdir().map_err(|why| Mistake::because("no temporary directory", &why))?;
    let (script, output) = (directory.path().join("traced"), directory.path().join("trace"));
    let content = format!(
        "#!/bin/sh\nexec {} -D -f -qq -s 80 -o {} {}\n",
        quoted(Path::new(strace)),
        quoted(&output),
        quoted(program)
    );
    let written =
        fs::write(&script, content).and_then(|()| fs::set_permissions(&script, fs::Permissions::from_mode(0o755)));
    written.map_err(|why| Mistake::because("cannot write a script", &why))?;
    if let Err(mistake) = stage.run(&script, Surroundings::default(), LATER).await {
        return Ok(Err(format!("the broker does not run under strace ({mistake})")));
    }
    fs::read_to_string(&output).map(Ok).map_err(|why| Mistake::because("strace wrote nothing", &why))
}

/// Where it is on Linux. The broker's own PATH is Lambda's.
fn strace() -> Option<&'static str> {
    ["/usr/bin/strace", "/bin/strace", "/usr/local/bin/strace"].into_iter().find(|path| Path::new(path).is_file())
}

/// For a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

impl Calls {
    fn min(self, other: Self) -> Self {
        Self { init: self.init.min(other.init), first: self.first.min(other.first), later: self.later.min(other.later) }
    }
}

/// `None` when there are less than two invocations.
fn calls(trace: &str) -> Option<Calls> {
    let mut counts = vec![0];
    for line in trace.lines().filter(|line| is_call(line)) {
        *counts.last_mut()? += 1;
        if line.contains(NEXT) {
            counts.push(0);
        }
    }
    // Behind the last request for an invocation there is only the end.
    counts.pop();
    let (init, first) = (*counts.first()?, *counts.get(1)?);
    let later = counts.get(2..)?.iter().min()?;
    Some(Calls { init, first, later: *later })
}

/// `PID name(…`, in contrast to signals, ends, and calls resumed.
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
    fn calls_are_counted_between_requests_for_invocations() {
        assert_eq!(calls(TRACE), Some(Calls { init: 4, first: 2, later: 1 }));
        assert_eq!(calls(""), None);
    }

    #[test]
    fn a_path_is_one_word_for_a_shell() {
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
