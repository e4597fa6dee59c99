//! The `sandbox` command: tries the real `bootstrap` on one's own machine, and measures it.
#![forbid(unsafe_code)]

mod bench;
mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
