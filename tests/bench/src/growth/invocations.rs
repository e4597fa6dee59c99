//! Measures many invocations in one process.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use sandbox::Broker;

use super::{Rows, Section};
use crate::broker::test_bed::settled_cpu_time;
use crate::broker::{Conditions, TestBed, process};
use crate::progress;
use crate::units::Unit::{Bytes, Count, Milliseconds};
use crate::units::{milliseconds, number};

/// The numbers of invocations after which a row is measured.
const MARKS: [u32; 4] = [1, 10, 100, 1_000];

/// Measures one process. Each row covers the invocations since the previous row.
pub(super) async fn measure(program: &Path) -> Result<Section> {
    let bed = TestBed::warmed_up(program).await?;
    let connections_before = bed.connections();
    let broker = bed.launch(program, Conditions::default()).await?;
    let mut rows = Rows::new([
        ("invocations", "invocations", Count),
        ("wall_ms", "wall each", Milliseconds),
        ("cpu_ms", "CPU each", Milliseconds),
        ("peak_memory", "peak memory", Bytes),
        ("anonymous_memory", "anonymous memory", Bytes),
        ("connections", "connections", Count),
    ]);
    let bar = progress::bar(MARKS.into_iter().max().unwrap_or_default().into());
    bar.set_message("invocations in one process");
    let mut done = 0;
    for mark in MARKS {
        let (wall, cpu) = invoke(&bed, &broker, mark - done, &bar).await?;
        rows.rows.push([
            f64::from(mark),
            milliseconds(wall / (mark - done)),
            milliseconds(cpu / (mark - done)),
            number(process::peak_memory(broker.id()).context("cannot read the peak memory")?),
            number(process::anonymous_memory(broker.id()).context("cannot read the anonymous memory")?),
            number(bed.connections() - connections_before),
        ]);
        done = mark;
    }
    bar.finish_and_clear();
    broker.stop().await;
    Ok(rows.section("Invocations in one process; each row is about those since the row above"))
}

/// Returns the wall time and the CPU time of several invocations.
async fn invoke(bed: &TestBed, broker: &Broker, times: u32, bar: &ProgressBar) -> Result<(Duration, Duration)> {
    let cpu_before = settled_cpu_time(broker).await?;
    let mut wall = Duration::ZERO;
    for _ in 0..times {
        wall += bed.invoke(broker).await?;
        bar.inc(1);
    }
    Ok((wall, settled_cpu_time(broker).await?.saturating_sub(cpu_before)))
}
