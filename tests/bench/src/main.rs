//! The `bench` command: measures the broker's release binary.
#![forbid(unsafe_code)]
#![allow(clippy::indexing_slicing, reason = "a wrong index only ends a measurement")]

mod args;
mod bench;
mod broker;
mod growth;
mod limits;
mod machine;
mod progress;
mod size;
mod statistics;
mod table;
mod units;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use sandbox::bootstrap::{self, Profile};
use sandbox::stdout;

use args::{Args, Command};

/// The exit status when a number exceeds its limit.
const ABOVE_LIMIT: u8 = 1;
/// The exit status when the command cannot run here. Clap uses the same status for invalid arguments.
const FAILURE: u8 = 2;

fn main() -> ExitCode {
    let result = match Args::try_parse() {
        Ok(args) => run(&args),
        // Help and version. clap would not report that they cannot be printed.
        Err(text) if !text.use_stderr() => print(&text.render().to_string()).map(|()| ExitCode::SUCCESS),
        Err(error) => error.exit(),
    };
    result.unwrap_or_else(|error| {
        let text = format!("{error:#}");
        let words: Vec<&str> = text.split_whitespace().collect();
        // If standard error is gone, there is nowhere to report it.
        drop(writeln!(io::stderr(), "bench: {}", words.join(" ")));
        FAILURE.into()
    })
}

fn run(args: &Args) -> Result<ExitCode> {
    // Measuring takes minutes, so a closed standard output is reported first.
    stdout::check()?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the Tokio runtime")?;
    let success = runtime.block_on(run_command(&args.command))?;
    Ok(if success { ExitCode::SUCCESS } else { ABOVE_LIMIT.into() })
}

/// Runs the command and returns whether all numbers are within their limits.
async fn run_command(command: &Command) -> Result<bool> {
    match command {
        Command::Bench(options) => bench::run(options).await.map(|()| true),
        Command::Growth(options) => growth::run(options).await.map(|()| true),
        Command::Limits(options) => {
            let program = bootstrap::find_or_build(options.bootstrap.as_deref(), Profile::Release).await?;
            let verdict = limits::check(&program, options.invocations).await?;
            print(&(verdict.text() + "\n"))?;
            Ok(verdict.is_good())
        }
    }
}

fn print(text: &str) -> Result<()> {
    Ok(stdout::print(text)?)
}

fn write(file: &Path, content: &str) -> Result<()> {
    fs::write(file, content).with_context(|| format!("cannot write {}", file.display()))
}
