//! Writes to the standard output of the workspace's commands and reports errors. `println!` would panic instead, and a
//! closed standard output would hide them.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// The reason why nothing can be printed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages document the variants")]
pub enum StdoutError {
    #[error("standard output is closed (or is /dev/null opened for reading and writing)")]
    Closed,
    #[error("cannot write to standard output")]
    Write(#[source] io::Error),
}

/// Prints the complete text.
///
/// # Errors
///
/// When standard output is closed, full, or a pipe without a reader.
pub fn print(text: &str) -> Result<(), StdoutError> {
    check()?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(StdoutError::Write)
}

/// Checks that standard output is open. For commands that run for a long time before they print.
///
/// # Errors
///
/// When it is closed.
pub fn check() -> Result<(), StdoutError> {
    let descriptors = Path::new("/proc/self");
    let target = fs::read_link(descriptors.join("fd/1")).unwrap_or_default();
    let info = fs::read_to_string(descriptors.join("fdinfo/1")).unwrap_or_default();
    if is_replacement(&target, &info) { Err(StdoutError::Closed) } else { Ok(()) }
}

/// Returns whether standard output was closed. Rust's runtime then replaces it by `/dev/null`, opened for reading and
/// writing. A shell's `> /dev/null` opens it for writing only. Without `/proc`, both look the same.
fn is_replacement(target: &Path, info: &str) -> bool {
    const ACCESS_MODE: u32 = 0o3;
    const READ_WRITE: u32 = 0o2;
    let flags = info.lines().find_map(|line| u32::from_str_radix(line.strip_prefix("flags:")?.trim(), 8).ok());
    target == Path::new("/dev/null") && flags.is_some_and(|flags| flags & ACCESS_MODE == READ_WRITE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replacement_is_readable_and_writable() {
        for (target, info, expected) in [
            ("/dev/null", "pos:\t0\nflags:\t0100002\nmnt_id:\t5\n", true),
            ("/dev/null", "pos:\t0\nflags:\t0100001\nmnt_id:\t5\n", false),
            ("/dev/pts/0", "pos:\t0\nflags:\t0100002\nmnt_id:\t5\n", false),
            ("", "", false),
        ] {
            assert_eq!(is_replacement(Path::new(target), info), expected, "{target} {info}");
        }
    }
}
