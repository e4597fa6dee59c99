//! The command: arguments in, one of the ways to run the broker, an exit status out.
//!
//! Standard output gets the token's JSON and nothing else; all that is told to a person goes to standard error.

mod advice;
mod args;
mod aws;
mod aws_http;
mod bootstrap;
mod live;
mod mistake;
mod once;
mod serve;
mod story;

use std::process::ExitCode;

use args::{Args, Mode};
use bootstrap::Profile::{Dev, Release};
pub(crate) use mistake::Mistake;

use crate::bench;

/// The function answered an error.
const FUNCTION_ERROR: u8 = 1;
/// The command was not used as it should be, or cannot run here.
const MISTAKE: u8 = 2;

/// Runs the command.
pub(crate) fn main() -> ExitCode {
    let args = match Args::parse() {
        Ok(args) => args,
        Err(said) => return said.into_exit_code(),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => return Mistake::new(format!("no event loop: {why}")).into_exit_code(),
    };
    match runtime.block_on(run(args)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => FUNCTION_ERROR.into(),
        Err(mistake) => mistake.into_exit_code(),
    }
}

/// Whether the function answered with a token, or its costs are within the limits.
async fn run(args: Args) -> Result<bool, Mistake> {
    let given = args.bootstrap.as_deref();
    match args.mode() {
        Mode::Once { payload } => once::run(&bootstrap::path(given, Dev).await?, payload).await,
        Mode::Serve { port } => serve::run(&bootstrap::path(given, Dev).await?, port).await,
        Mode::Live { payload, show_token } => {
            // Credentials first: nobody wants to wait for a build to learn that they are missing.
            let environment = live::environment().await?;
            live::run(&bootstrap::path(given, Dev).await?, environment, payload, show_token).await
        }
        Mode::Bench(options) => {
            let against = options.against.as_deref().map(bootstrap::given).transpose()?;
            let bootstrap = bootstrap::path(options.bootstrap.as_deref(), Release).await?;
            bench::bench(bootstrap, against, options).await.map(|()| true)
        }
        Mode::Growth(options) => {
            let bootstrap = bootstrap::path(options.bootstrap.as_deref(), Release).await?;
            bench::growth(bootstrap, options).await.map(|()| true)
        }
        Mode::Limits(options) => {
            let bootstrap = bootstrap::path(options.bootstrap.as_deref(), Release).await?;
            bench::limits(bootstrap).await
        }
    }
}
