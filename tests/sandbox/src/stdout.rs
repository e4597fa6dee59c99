//! The standard output of the workspace's commands. What cannot be written there is an error: `println!` panics, and a
//! closed standard output takes everything without a word.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Why nothing can be printed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum StdoutError {
    #[error("standard output is closed (or is /dev/null, opened for reading, too)")]
    Closed,
    #[error("cannot write to standard output")]
    Write(#[source] io::Error),
}

/// Prints a text, whole.
///
/// # Errors
///
/// When standard output is closed, full, or a pipe that is not read any more.
pub fn print(text: &str) -> Result<(), StdoutError> {
    check()?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(StdoutError::Write)
}

/// Whether there is a standard output, for a command that works for long before it prints.
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

/// Rust's runtime opens `/dev/null` in the place of a closed standard output, for reading and writing. A shell's
/// `> /dev/null` is for writing only. Without `/proc`, the two look the same.
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
    fn only_a_writable_and_readable_null_device_is_a_replacement() {
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
