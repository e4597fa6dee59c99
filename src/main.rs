//! The Lambda's `bootstrap`: wiring only.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use github_token_broker::clock::system_clock;
use github_token_broker::config::RuntimeApiAddress;
use github_token_broker::environment::Environment;
use github_token_broker::{panics, startup};

/// Not run by Lambda.
const NOT_UNDER_LAMBDA: u8 = 2;

fn main() -> ExitCode {
    panics::install_hook();
    panics::catch_blocking(start).unwrap_or_else(|panicked| {
        startup::log_panic(system_clock, panicked);
        ExitCode::FAILURE
    })
}

fn start() -> ExitCode {
    let environment = Environment::of_process();
    let address = match RuntimeApiAddress::from_environment(&environment) {
        Ok(Some(address)) => address,
        Ok(None) => return not_under_lambda(),
        Err(error) => {
            startup::log_fault(system_clock, &error);
            return ExitCode::FAILURE;
        }
    };
    match tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build() {
        Ok(runtime) => runtime.block_on(startup::run(&environment, &address, system_clock, fastrand::f64)),
        Err(_) => startup::log_end(system_clock, "the operating system refused what an event loop needs", None),
    }
    // A function that ends has failed: Lambda's run until they are killed.
    ExitCode::FAILURE
}

#[expect(clippy::print_stderr, reason = "a person reads it; Lambda never does")]
fn not_under_lambda() -> ExitCode {
    eprintln!(
        "github-token-broker {} is an AWS Lambda function and runs only there; \
         to try it on this machine, run `cargo run -p sandbox` in its repository.",
        env!("CARGO_PKG_VERSION")
    );
    ExitCode::from(NOT_UNDER_LAMBDA)
}
