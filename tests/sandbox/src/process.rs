//! Runs the broker as Lambda does: as a child process with a cleared environment.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use crate::environment::Environment;
use crate::lambda::{Invocation, Lambda};
use crate::limits;
use crate::output::{Captured, Output, Stream};

/// A running broker. Killed when dropped.
#[derive(Debug)]
pub struct Broker {
    id: u32,
    output: Output,
    exit: watch::Receiver<Option<ExitStatus>>,
    kill: Option<oneshot::Sender<()>>,
}

impl Broker {
    /// Starts a program with exactly this environment. `lambda` is notified of its exit and uses its output as the
    /// function's log. If `SANDBOX_EMULATOR` is set, that command runs the program.
    ///
    /// # Errors
    ///
    /// When the program cannot be started.
    pub fn spawn(program: &Path, environment: &Environment, lambda: &Lambda) -> io::Result<Self> {
        let mut child = command(program, environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id();
        let output = Output::default();
        lambda.starting(id, output.clone());
        let (kill, killed) = oneshot::channel();
        let (exited, exit) = watch::channel(None);
        let (on_exit, captured) = (lambda.on_exit(), output.clone());
        tokio::spawn(async move {
            if let Ok(status) = watch_over(&mut child, &captured, killed).await {
                on_exit(status);
                exited.send_replace(Some(status));
            }
        });
        Ok(Self { id: id.unwrap_or_default(), output, exit, kill: Some(kill) })
    }

    /// Returns the process ID.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Returns the output so far.
    pub fn captured(&self) -> Captured {
        self.output.captured()
    }

    /// Returns standard output so far.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.captured().stdout).into_owned()
    }

    /// Returns standard error so far.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.captured().stderr).into_owned()
    }

    /// Returns the log lines so far. Lines that were just written may not have been read yet, see
    /// [`log_of`](Self::log_of) and [`stop`](Self::stop).
    ///
    /// # Panics
    ///
    /// When a line of standard output is not a JSON object.
    pub fn log_lines(&self) -> Vec<Value> {
        log_lines(&self.captured())
    }

    /// Waits without a timeout for the line of standard output after the first `seen` ones.
    pub async fn line_after(&self, seen: usize) -> String {
        self.output.line_after(seen, |_| true).await
    }

    /// Waits for a log line and returns it.
    ///
    /// # Panics
    ///
    /// When there is none within the outer limit.
    pub async fn wait_for_log(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let line = self.output.line_after(0, |line| serde_json::from_str(line).is_ok_and(|line| wanted(&line)));
        let line = timeout(limits::outer(), line).await.unwrap_or_else(|_| self.stuck("the log line"));
        serde_json::from_str(&line).expect("a line that was parsed before")
    }

    /// Waits for the log line that has an invocation's `request_id`.
    ///
    /// # Panics
    ///
    /// When there is none within the outer limit.
    pub async fn log_of(&self, invocation: &Invocation) -> Value {
        self.wait_for_log(|line| line["request_id"] == invocation.request_id).await
    }

    /// Waits until the process has exited and its output is complete.
    ///
    /// # Panics
    ///
    /// When it does not end within the outer limit.
    pub async fn wait_exit(&self) -> ExitStatus {
        match timeout(limits::outer(), self.exit()).await {
            Ok(status) => status,
            Err(_) => self.stuck("the program's exit"),
        }
    }

    /// Waits without a timeout until the process has exited and its output is complete.
    ///
    /// # Panics
    ///
    /// When the system reports no exit status.
    pub async fn exit(&self) -> ExitStatus {
        let mut exit = self.exit.clone();
        let exited = exit.wait_for(Option::is_some).await;
        exited.ok().and_then(|status| *status).expect("the system reports the exit status of a child")
    }

    /// Kills the process and returns its complete output.
    pub async fn stop(mut self) -> Captured {
        self.kill.take();
        self.wait_exit().await;
        self.captured()
    }

    fn stuck(&self, waited_for: &str) -> ! {
        let limit = limits::outer().as_secs();
        panic!("{waited_for} did not arrive within {limit} s\n{}", self.captured().describe())
    }
}

/// Returns the log lines in captured output.
///
/// # Panics
///
/// When a line of standard output is not a JSON object.
pub fn log_lines(captured: &Captured) -> Vec<Value> {
    let parse = |line: &String| match serde_json::from_str(line) {
        Ok(value @ Value::Object(_)) => value,
        _ => panic!("standard output has a line that is not a JSON object: {line}"),
    };
    captured.lines(Stream::Stdout).iter().map(parse).collect()
}

fn command(program: &Path, environment: &Environment) -> Command {
    let mut environment = environment.clone();
    let mut command = match std::env::var_os("SANDBOX_EMULATOR").filter(|emulator| !emulator.is_empty()) {
        None => Command::new(program),
        Some(emulator) => {
            // The path of the other architecture's libraries for the emulator.
            environment.inherit("QEMU_LD_PREFIX");
            let mut command = Command::new(emulator);
            command.arg(program);
            command
        }
    };
    command.env_clear().envs(environment.iter());
    command
}

/// Captures both streams and waits for the exit. Kills the process when `killed` is dropped.
async fn watch_over(child: &mut Child, output: &Output, killed: oneshot::Receiver<()>) -> io::Result<ExitStatus> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let capture = async {
        let stdout = async {
            if let Some(pipe) = stdout {
                output.capture(pipe, Stream::Stdout).await;
            }
        };
        let stderr = async {
            if let Some(pipe) = stderr {
                output.capture(pipe, Stream::Stderr).await;
            }
        };
        tokio::join!(stdout, stderr)
    };
    let end = async {
        tokio::select! {
            status = child.wait() => status,
            _ = killed => {
                child.start_kill()?;
                child.wait().await
            }
        }
    };
    tokio::join!(capture, end).1
}
