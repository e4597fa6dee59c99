//! `bench`: the time and memory for a token, as medians of whole processes.

mod chart;
mod figures;
mod json;
mod measure;
mod report;
mod text;

use std::time::Duration;

use anyhow::Result;
use sandbox::bootstrap::{self, Profile};

use crate::args::BenchOptions;
use crate::{print, write};
use report::Plan;

/// Measures the binary, and the one to compare with.
pub(crate) async fn run(options: &BenchOptions) -> Result<()> {
    let against = options.against.as_deref().map(bootstrap::find).transpose()?;
    let program = bootstrap::find_or_build(options.bootstrap.as_deref(), Profile::Release).await?;
    // Measuring takes minutes, so files that cannot be written are reported first.
    for file in [&options.json, &options.svg].into_iter().flatten() {
        write(file, "")?;
    }
    let mut binaries = vec![("bootstrap", program)];
    binaries.extend(against.map(|path| ("other", path)));
    let BenchOptions { runs, invocations, period, .. } = *options;
    let plan = Plan { runs, invocations, period: Duration::from_millis(period.into()) };
    let report = measure::measure(&binaries, plan).await?;
    print(&text::render(&report))?;
    if let Some(file) = &options.json {
        write(file, &format!("{:#}\n", json::render(&report)))?;
    }
    if let Some(file) = &options.svg {
        write(file, &chart::render(&report)?)?;
    }
    Ok(())
}
