//! The command lines of `bench`, `growth` and `limits`.

use std::path::PathBuf;

use clap::Args;

/// Measures whole processes of the release binary against the stand-ins, over TLS
///
/// From process start to the first token, and later invocations: wall and CPU time; the same with
/// the share of a core that 128 MB buy on Lambda (where control groups can be written: as root,
/// mostly), and with peers as far away as in the world; memory, sizes and connections. Medians of
/// several processes. The table goes to standard output.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct BenchOptions {
    /// Measure this built broker instead of building one (with --release)
    #[arg(long, value_name = "PATH")]
    pub(crate) bootstrap: Option<PathBuf>,

    /// Measure this one side by side, in turns, and show the ratio
    #[arg(long, value_name = "OTHER")]
    pub(crate) against: Option<PathBuf>,

    /// How many processes to start for each figure
    #[arg(long, value_name = "N", default_value_t = 21, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) runs: u32,

    /// How many invocations memory is looked at after; its growth counts from a tenth of them on
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    pub(crate) invocations: u32,

    /// How often the quota's share of a core is given out, in milliseconds
    ///
    /// AWS does not say how often it does; others observed 20 ms.
    #[arg(long, value_name = "MS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(15..=1_000))]
    pub(crate) period: u32,

    /// Write everything, each sample too, to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Draw a chart into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

/// Measures how cost grows: with invocations, with brokers at once, and when SSM throttles
#[derive(Debug, Args)]
pub(crate) struct GrowthOptions {
    /// Measure this built broker instead of building one (with --release)
    #[arg(long, value_name = "PATH")]
    pub(crate) bootstrap: Option<PathBuf>,

    /// Write everything to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// Compares what repeats exactly with the committed limits: sizes, crates, connections, system calls
#[derive(Debug, Args)]
pub(crate) struct LimitsOptions {
    /// Check this built broker instead of building one (with --release)
    #[arg(long, value_name = "PATH")]
    pub(crate) bootstrap: Option<PathBuf>,
}
