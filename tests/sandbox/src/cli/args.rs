//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use super::mistake::Mistake;
use crate::bench::{BenchOptions, GrowthOptions, LimitsOptions};

/// Tries github-token-broker on this machine.
///
/// Without options: builds the real `bootstrap`, starts it against stand-ins for Lambda, SSM and
/// GitHub on the loopback, invokes it once with `null`, tells what happened on standard error, and
/// prints the token's JSON on standard output. No account, credentials or network are needed; the
/// token opens nothing.
#[derive(Debug, Parser)]
#[expect(clippy::doc_markdown, reason = "clap prints it as it is")]
#[command(name = "sandbox", verbatim_doc_comment, args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    /// Run this built broker instead of building one
    #[arg(long, value_name = "PATH")]
    pub(super) bootstrap: Option<PathBuf>,

    /// What to invoke it with, handed over as it is; everything but `null` is refused
    #[arg(long, value_name = "TEXT", default_value = "null", allow_hyphen_values = true, conflicts_with = "serve")]
    payload: String,

    /// Keep everything running until Ctrl-C, for `aws lambda invoke`; prints the commands to try
    #[arg(long, conflicts_with = "live")]
    serve: bool,

    /// Where `aws lambda invoke` finds it [default: any free port]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// Stand in for Lambda alone and use the real SSM and GitHub, to check before deploying
    ///
    /// Takes your AWS credentials and region from where the AWS CLI takes them (AWS_PROFILE, SSO, a
    /// credential process and so on), and the configuration from your GITHUB_TOKEN_BROKER_*
    /// variables, as the Lambda would; HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and
    /// AWS_ENDPOINT_URL_SSM count too. Tells which of parameters, key, installation and permissions
    /// is wrong, if one is. A good answer is a real token, shown only with --show-token.
    #[arg(long, verbatim_doc_comment)]
    live: bool,

    /// Print the real token, not only its length and hash
    #[arg(long)]
    show_token: bool,
}

/// What else the command does.
#[derive(Debug, Subcommand)]
enum Command {
    Bench(BenchOptions),
    Growth(GrowthOptions),
    Limits(LimitsOptions),
}

const AFTER_HELP: &str = "\
Exit status: 0 with a token; 1 when the broker answered an error, or is above a limit; 2 when the command cannot
run as asked.

Examples:
  cargo run -p sandbox
  cargo run -p sandbox -- --payload '{}'
  cargo run -p sandbox -- --serve --port 9001
  cargo run -p sandbox --release -- bench --against ../before/target/release/bootstrap
  AWS_PROFILE=ci GITHUB_TOKEN_BROKER_REPOSITORY_OWNER=octo-org GITHUB_TOKEN_BROKER_REPOSITORY_NAME=octo-repo \\
    cargo run -p sandbox -- --live";

/// One of the ways to run.
pub(super) enum Mode<'a> {
    /// Invoke it once and end.
    Once { payload: &'a str },
    /// Keep it up.
    Serve { port: u16 },
    /// Against the real services.
    Live { payload: &'a str, show_token: bool },
    /// What it costs.
    Bench(&'a BenchOptions),
    /// How cost grows.
    Growth(&'a GrowthOptions),
    /// Whether costs that repeat exactly are within their limits.
    Limits(&'a LimitsOptions),
}

/// What there is to say instead of arguments.
pub(super) enum Said {
    /// That was asked for, so it is the output.
    Help(String),
    /// That was wrong.
    Wrong(Mistake),
}

impl Args {
    /// The process's own arguments.
    pub(super) fn parse() -> Result<Self, Said> {
        let args = Self::try_parse().map_err(|error| Said::by_clap(&error))?;
        // Told here, since clap would only say that something is missing.
        if args.show_token && !args.live {
            return Err(Said::Wrong(Mistake::new("--show-token goes with --live (other tokens are always shown)")));
        }
        if args.port.is_some() && !args.serve {
            return Err(Said::Wrong(Mistake::new("--port goes with --serve")));
        }
        Ok(args)
    }

    pub(super) fn mode(&self) -> Mode<'_> {
        if let Some(command) = &self.command {
            match command {
                Command::Bench(options) => Mode::Bench(options),
                Command::Growth(options) => Mode::Growth(options),
                Command::Limits(options) => Mode::Limits(options),
            }
        } else if self.serve {
            Mode::Serve { port: self.port.unwrap_or_default() }
        } else if self.live {
            Mode::Live { payload: &self.payload, show_token: self.show_token }
        } else {
            Mode::Once { payload: &self.payload }
        }
    }
}

impl Said {
    /// Help as it is; a mistake in one line, without clap's usage below it.
    fn by_clap(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        if error.kind() == ErrorKind::DisplayHelp {
            return Self::Help(text);
        }
        let what = text.split("\n\n").next().unwrap_or_default();
        let what = what.strip_prefix("error: ").unwrap_or(what);
        Self::Wrong(Mistake::new(format!("{what} (--help tells more)")))
    }

    /// Tells it and gives the exit status for it.
    pub(super) fn into_exit_code(self) -> ExitCode {
        match self {
            Self::Help(text) => {
                println!("{}", text.trim_end());
                ExitCode::SUCCESS
            }
            Self::Wrong(mistake) => mistake.into_exit_code(),
        }
    }
}
