//! The `sandbox` command: runs the real `bootstrap` on this machine.
#![forbid(unsafe_code)]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a panic only ends the command")]

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
