//! The command: arguments in, one of the ways to run the broker, an exit status out.
//!
//! Standard output gets only the token's JSON; everything else goes to standard error.

mod advice;
mod args;
mod aws;
mod aws_http;
mod live;
mod once;
mod serve;
mod story;

use std::process::ExitCode;

use anyhow::{Context, Result};
use args::{Args, Mode, ParseError};
use sandbox::bootstrap::{self, Profile};

/// The function answered an error.
const FUNCTION_ERROR: u8 = 1;
/// The command was used wrongly, or cannot run here.
const FAILURE: u8 = 2;

/// Runs the command.
pub(crate) fn main() -> ExitCode {
    match Args::parse() {
        Ok(args) => run(&args).unwrap_or_else(|error| fail(&error)),
        Err(ParseError::Help(text)) => {
            println!("{}", text.trim_end());
            ExitCode::SUCCESS
        }
        Err(ParseError::Usage(error)) => fail(&error),
    }
}

/// Prints an error and its causes in one line.
fn fail(error: &anyhow::Error) -> ExitCode {
    let text = format!("{error:#}");
    let words: Vec<&str> = text.split_whitespace().collect();
    eprintln!("sandbox: {}", words.join(" "));
    FAILURE.into()
}

fn run(args: &Args) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no event loop")?;
    let success = runtime.block_on(run_mode(args))?;
    Ok(if success { ExitCode::SUCCESS } else { FUNCTION_ERROR.into() })
}

/// Whether the function answered with a token.
async fn run_mode(args: &Args) -> Result<bool> {
    let build = async || bootstrap::find_or_build(args.bootstrap.as_deref(), Profile::Dev).await;
    match args.mode() {
        Mode::Once { payload } => once::run(&build().await?, payload).await,
        Mode::Serve { port } => serve::run(&build().await?, port).await,
        Mode::Live { payload, show_token } => {
            // First the credentials: nobody wants to wait for a build to learn that they are missing.
            let identity = live::identity().await?;
            live::run(&build().await?, identity, payload, show_token).await
        }
    }
}
