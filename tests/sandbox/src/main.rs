//! The `sandbox` command: tries the real `bootstrap` on one's own machine.
#![forbid(unsafe_code)]

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
