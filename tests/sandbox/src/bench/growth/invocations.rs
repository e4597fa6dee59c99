//! Many invocations in one process.

use std::path::Path;
use std::time::Duration;

use super::super::figures::Unit::{Bytes, Count, Milliseconds};
use super::super::stage::{Stage, Surroundings, settled_cpu_time};
use super::super::{milliseconds, number, progress, watch};
use super::{Rows, Section};
use crate::cli::Mistake;

/// After how many invocations a row is written.
const MARKS: [u32; 4] = [1, 10, 100, 1_000];

/// One process; each row is about the invocations since the row before.
pub(super) async fn measure(program: &Path) -> Result<Section, Mistake> {
    let stage = Stage::unlimited().await?;
    // So that the stand-ins have their certificates and the kernel has the file.
    stage.run(program, Surroundings::default(), 1).await?;
    let broker = stage.start(program, Surroundings::default()).await?;
    let mut rows = Rows::new([
        ("invocations", "invocations", Count),
        ("wall_ms", "wall each", Milliseconds),
        ("cpu_ms", "CPU each", Milliseconds),
        ("peak_memory", "peak memory", Bytes),
        ("anonymous_memory", "anonymous memory", Bytes),
        ("connections", "connections", Count),
    ]);
    let bar = progress::bar(u64::from(MARKS[MARKS.len() - 1]));
    bar.set_message("invocations in one process");
    let connections = || number((stage.sandbox.ssm.connections() + stage.sandbox.github.connections()) as u64);
    let connections_before = connections() - 2.0;
    let mut done = 0;
    for mark in MARKS {
        let cpu_before = settled_cpu_time(&broker).await?;
        let mut wall = Duration::ZERO;
        for _ in done..mark {
            wall += stage.invoke(&broker).await?;
            bar.inc(1);
        }
        let cpu = settled_cpu_time(&broker).await?.saturating_sub(cpu_before);
        let memory = |read: fn(u32) -> std::io::Result<u64>| {
            read(broker.id()).map(number).map_err(|why| Mistake::because("the kernel tells no memory", &why))
        };
        rows.rows.push([
            f64::from(mark),
            milliseconds(wall / (mark - done)),
            milliseconds(cpu / (mark - done)),
            memory(watch::peak_memory)?,
            memory(watch::anonymous_memory)?,
            connections() - connections_before,
        ]);
        done = mark;
    }
    bar.finish_and_clear();
    broker.stop().await;
    Ok(rows.section("Invocations in one process; each row is about those since the row above"))
}
