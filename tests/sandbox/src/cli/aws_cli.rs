//! The AWS CLI of this machine.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::task::{JoinHandle, spawn};
use tokio::time::timeout;

/// The timeout of `aws --version`, which starts Python.
const LIMIT: Duration = Duration::from_secs(10);

/// The major version. The versions differ in the encoding of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AwsCli {
    One,
    Two,
}

/// Returns the version of the CLI in `PATH`, if any. The command starts immediately, so that it runs while the broker
/// starts.
pub(super) fn installed() -> impl Future<Output = Option<AwsCli>> {
    let asked: JoinHandle<Option<AwsCli>> = spawn(async {
        let mut command = Command::new("aws");
        command.arg("--version").stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(LIMIT, command.output()).await.ok()?.ok()?;
        major(&output.stdout)
    });
    async { asked.await.ok().flatten() }
}

/// Parses the major version of `aws-cli/2.31.0 Python/3.13.7 Linux/6.8.0 …`.
fn major(output: &[u8]) -> Option<AwsCli> {
    match output.strip_prefix(b"aws-cli/")? {
        [b'1', b'.', ..] => Some(AwsCli::One),
        [b'2', b'.', ..] => Some(AwsCli::Two),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_decides() {
        for (output, expected) in [
            ("aws-cli/1.45.11 Python/3.11.7 Linux/6.18.44 botocore/1.43.11\n", Some(AwsCli::One)),
            ("aws-cli/2.31.0 Python/3.13.7 Linux/6.8.0 exe/x86_64.ubuntu.24\n", Some(AwsCli::Two)),
            ("aws-cli/20.1\n", None),
            ("", None),
        ] {
            assert_eq!(major(output.as_bytes()), expected, "{output}");
        }
    }
}
