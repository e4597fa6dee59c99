//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use sandbox::bootstrap;

/// Measures the time, memory and size of github-token-broker's release binary
#[derive(Debug, Parser)]
#[command(name = "bench", version = bootstrap::version(), propagate_version = true, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Bench(BenchOptions),
    Growth(GrowthOptions),
    Limits(LimitsOptions),
}

const AFTER_HELP: &str = "\
Exit status: 0; 1 when something is above its limit; 2 when the command cannot run as asked.

Examples:
  cargo run -p bench --release -- bench --against ../before/target/release/bootstrap
  cargo run -p bench -- limits";

/// Measures whole processes of the release binary with the stand-ins, over TLS
///
/// Wall and CPU time from process start to the first token and of later invocations; the same with
/// the share of a core that Lambda gives to 128 MB (where control groups can be written, which
/// mostly needs root) and with distant peers; memory, sizes and connections. The figures are
/// medians of several processes. The table goes to standard output.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct BenchOptions {
    /// Measure this binary instead of building one (with --release)
    #[arg(long, value_name = "PATH")]
    pub(crate) bootstrap: Option<PathBuf>,

    /// Also measure this binary, alternately, and print the ratio
    #[arg(long, value_name = "OTHER")]
    pub(crate) against: Option<PathBuf>,

    /// The number of processes to start for each figure
    #[arg(long, value_name = "N", default_value_t = 21, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) runs: u32,

    /// The number of invocations after which memory is measured; its growth is measured from a tenth of them on
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    pub(crate) invocations: u32,

    /// The period of the CPU quota, in milliseconds
    ///
    /// AWS does not publish Lambda's period; others observed 20 ms.
    #[arg(long, value_name = "MS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(15..=1_000))]
    pub(crate) period: u32,

    /// Write all results, with all samples, as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Write an SVG chart to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

/// Measures how cost grows with invocations and with concurrent brokers, and what happens when SSM throttles
#[derive(Debug, clap::Args)]
pub(crate) struct GrowthOptions {
    /// Measure this binary instead of building one (with --release)
    #[arg(long, value_name = "PATH")]
    pub(crate) bootstrap: Option<PathBuf>,

    /// Write all results as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// Compares sizes, crates, connections, system calls and memory growth with the committed limits
#[derive(Debug, clap::Args)]
pub(crate) struct LimitsOptions {
    /// Check this binary instead of building one (with --release)
    #[arg(long, value_name = "PATH")]
    pub(crate) bootstrap: Option<PathBuf>,

    /// The number of invocations over which the growth of memory is measured, after a quarter as many
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(4..=1_000_000))]
    pub(crate) invocations: u32,
}
