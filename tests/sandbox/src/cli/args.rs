//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::anyhow;
use clap::Parser;
use clap::error::ErrorKind;
use sandbox::bootstrap;

/// Runs github-token-broker on this machine.
///
/// Without options: builds the real `bootstrap`, starts it with stand-ins for Lambda, SSM and
/// GitHub on the loopback, invokes it once with `null`, describes each step on standard error, and
/// prints the token's JSON on standard output. No account, credentials or network are needed; the
/// token is not valid anywhere.
#[derive(Debug, Parser)]
#[expect(clippy::doc_markdown, reason = "clap prints it as it is")]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate option")]
#[command(name = "sandbox", version = bootstrap::version(), verbatim_doc_comment, after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Run this binary instead of building one
    #[arg(long, value_name = "PATH")]
    pub(super) bootstrap: Option<PathBuf>,

    /// The payload, byte for byte; the broker rejects everything but `null`
    #[arg(long, value_name = "TEXT", default_value = "null", allow_hyphen_values = true, conflicts_with = "serve")]
    payload: String,

    /// Keep everything running until Ctrl-C, for `aws lambda invoke`; prints the commands to try
    #[arg(long, conflicts_with = "live")]
    serve: bool,

    /// The port of `aws lambda invoke --endpoint-url` [default: any free port]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// The repository of the token
    #[arg(long, value_name = "OWNER/NAME", default_value = "octo-org/octo-repo", conflicts_with = "live")]
    pub(super) repository: Repository,

    /// Use the real SSM and GitHub, to check a configuration before deploying it
    ///
    /// Finds your AWS credentials and region in the same places as the AWS CLI (AWS_PROFILE, SSO, a
    /// credential process and so on). Reads the configuration from your GITHUB_TOKEN_BROKER_*
    /// variables, like the Lambda function, and also uses HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE,
    /// AWS_ENDPOINT_URL_SSM and AWS_IGNORE_CONFIGURED_ENDPOINT_URLS. Prints the endpoints that it
    /// calls, and which of parameters, key, installation and permissions is wrong, if any. On
    /// success it gets a real token, which it prints only with --show-token.
    #[arg(long, verbatim_doc_comment)]
    live: bool,

    /// Print the real token instead of its length and hash
    #[arg(long)]
    show_token: bool,

    /// Also print the broker's log (--serve always does)
    #[arg(long, conflicts_with = "serve")]
    pub(super) verbose: bool,
}

/// A repository's owner and name.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    pub(super) owner: String,
    pub(super) name: String,
}

impl FromStr for Repository {
    type Err = &'static str;

    /// Only separates the two: which characters a name may have is the broker's decision.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (owner, name) = text.split_once('/').ok_or("there is no /")?;
        if name.contains('/') {
            return Err("there is more than one /");
        }
        Ok(Self { owner: owner.into(), name: name.into() })
    }
}

const AFTER_HELP: &str = "\
Exit status: 0 with a token; 1 when the broker answered an error; 2 when the command cannot run as asked.

Examples:
  cargo run -p sandbox
  cargo run -p sandbox -- --payload '{}'
  cargo run -p sandbox -- --serve --port 9001
  AWS_PROFILE=ci GITHUB_TOKEN_BROKER_REPOSITORY_OWNER=octo-org GITHUB_TOKEN_BROKER_REPOSITORY_NAME=octo-repo \\
    cargo run -p sandbox -- --live";

/// A way to run the broker.
pub(super) enum Mode<'a> {
    /// One invocation.
    Once { payload: &'a str },
    /// Until Ctrl-C.
    Serve { port: u16 },
    /// One invocation with the real services.
    Live { payload: &'a str, show_token: bool },
}

/// A result of parsing other than arguments.
pub(super) enum ParseError {
    /// The output of `--help` or `--version`.
    Information(String),
    /// Invalid arguments.
    Usage(anyhow::Error),
}

impl Args {
    /// Parses the process's arguments.
    pub(super) fn parse() -> Result<Self, ParseError> {
        let args = Self::try_parse().map_err(|error| ParseError::from_clap(&error))?;
        // Checked here, because clap's `requires` only reports that an argument is missing.
        if args.show_token && !args.live {
            return Err(ParseError::Usage(anyhow!("--show-token requires --live (other tokens are always shown)")));
        }
        if args.port.is_some() && !args.serve {
            return Err(ParseError::Usage(anyhow!("--port requires --serve")));
        }
        Ok(args)
    }

    pub(super) fn mode(&self) -> Mode<'_> {
        if self.serve {
            Mode::Serve { port: self.port.unwrap_or_default() }
        } else if self.live {
            Mode::Live { payload: &self.payload, show_token: self.show_token }
        } else {
            Mode::Once { payload: &self.payload }
        }
    }
}

impl ParseError {
    /// Keeps help and version unchanged. Shortens an error to one line, without clap's usage.
    fn from_clap(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            return Self::Information(text);
        }
        let what = text.split("\n\n").next().unwrap_or_default();
        let what = what.strip_prefix("error: ").unwrap_or(what);
        Self::Usage(anyhow!("{what} (see --help)"))
    }
}
