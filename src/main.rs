//! The function's `bootstrap` executable.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    github_token_broker::run()
}
