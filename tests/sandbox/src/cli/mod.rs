//! The command line: parses the arguments, runs the broker and returns the exit status.
//!
//! Only the token's JSON is written to standard output, everything else to standard error. If standard error is gone,
//! there is nowhere to report it, and the command continues.

/// Writes a line to standard error.
macro_rules! say {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        drop(writeln!(std::io::stderr(), $($argument)*));
    }};
}

mod advice;
mod args;
mod aws;
mod aws_cli;
mod aws_http;
mod endpoints;
mod instructions;
mod live;
mod once;
mod serve;
mod story;

use std::process::ExitCode;

use anyhow::{Context, Result};
use args::{Args, Mode, ParseError};
use sandbox::bootstrap::{self, Profile};
use sandbox::stdout;

/// The exit status when the function returned an error.
const FUNCTION_ERROR: u8 = 1;
/// The exit status when the arguments are invalid or the command cannot run here.
const FAILURE: u8 = 2;

/// Runs the command.
pub(crate) fn main() -> ExitCode {
    match Args::parse() {
        Ok(args) => run(&args).unwrap_or_else(|error| fail(&error)),
        Err(ParseError::Information(text)) => match stdout::print(&text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.into()),
        },
        Err(ParseError::Usage(error)) => fail(&error),
    }
}

/// Prints an error and its causes in one line.
fn fail(error: &anyhow::Error) -> ExitCode {
    let text = format!("{error:#}");
    let words: Vec<&str> = text.split_whitespace().collect();
    say!("sandbox: {}", words.join(" "));
    FAILURE.into()
}

fn run(args: &Args) -> Result<ExitCode> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the Tokio runtime")?;
    let success = runtime.block_on(run_mode(args))?;
    Ok(if success { ExitCode::SUCCESS } else { FUNCTION_ERROR.into() })
}

/// Runs the selected mode and returns whether the function issued a token.
async fn run_mode(args: &Args) -> Result<bool> {
    let build = async || bootstrap::find_or_build(args.bootstrap.as_deref(), Profile::Dev).await;
    match args.mode() {
        Mode::Once { payload } => {
            stdout::check()?;
            once::run(&build().await?, &args.repository, payload, args.verbose).await
        }
        Mode::Serve { port } => serve::run(&build().await?, &args.repository, port).await,
        Mode::Live { payload, show_token } => {
            stdout::check()?;
            // Before the build, so that missing credentials are reported immediately.
            let identity = live::identity().await?;
            live::run(&build().await?, identity, payload, show_token, args.verbose).await
        }
    }
}
