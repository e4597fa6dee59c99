//! What the release binary costs: `bench`, `growth` and `limits`.

mod chart;
mod figures;
mod growth;
mod json;
mod limits;
mod machine;
mod measure;
mod options;
mod progress;
mod quota;
mod relay;
mod report;
mod size;
mod stage;
mod statistics;
mod svg;
mod table;
mod text;
mod watch;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use options::{BenchOptions, GrowthOptions, LimitsOptions};

use report::Plan;

use crate::cli::Mistake;

/// `bench`: this binary, and the one it is compared with.
pub(crate) async fn bench(bootstrap: PathBuf, against: Option<PathBuf>, options: &BenchOptions) -> Result<(), Mistake> {
    // Known before the minutes that measuring takes.
    for file in [&options.json, &options.svg].into_iter().flatten() {
        write(file, "")?;
    }
    let mut binaries = vec![("bootstrap", bootstrap)];
    binaries.extend(against.map(|path| ("other", path)));
    let BenchOptions { runs, invocations, period, .. } = *options;
    let plan = Plan { runs, invocations, period: Duration::from_millis(period.into()) };
    let report = measure::measure(&binaries, plan).await?;
    print!("{}", text::render(&report));
    if let Some(file) = &options.json {
        write(file, &format!("{:#}\n", json::render(&report)))?;
    }
    if let Some(file) = &options.svg {
        write(file, &chart::render(&report))?;
    }
    Ok(())
}

/// `growth`.
pub(crate) async fn growth(bootstrap: PathBuf, options: &GrowthOptions) -> Result<(), Mistake> {
    if let Some(file) = &options.json {
        write(file, "")?;
    }
    let growth = growth::measure(&bootstrap).await?;
    print!("{}", growth.text());
    if let Some(file) = &options.json {
        write(file, &format!("{:#}\n", growth.json()))?;
    }
    Ok(())
}

/// `limits`: whether all are kept.
pub(crate) async fn limits(bootstrap: PathBuf) -> Result<bool, Mistake> {
    let verdict = limits::check(&bootstrap).await?;
    println!("{}", verdict.text());
    Ok(verdict.is_good())
}

fn write(file: &Path, content: &str) -> Result<(), Mistake> {
    fs::write(file, content).map_err(|why| Mistake::because(&format!("cannot write {}", file.display()), &why))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "what is counted here is far below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}
