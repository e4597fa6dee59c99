//! Measures concurrent brokers on this machine.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;

use super::crowd::{self, Member};
use super::{Rows, Section};
use crate::broker::test_bed::settled_cpu_time;
use crate::broker::{TestBed, process};
use crate::progress;
use crate::statistics::Summary;
use crate::units::Unit::{Bytes, Count, Milliseconds};
use crate::units::{milliseconds, number};

const SIZES: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];
/// The number of invocations of each broker after its first, concurrent with those of the other brokers.
const LATER: u32 = 20;

/// Measures crowds of growing size.
pub(super) async fn measure(program: &Path) -> Result<Section> {
    let bed = TestBed::warmed_up(program).await?;
    let mut rows = Rows::new([
        ("brokers", "concurrent brokers", Count),
        ("cold_wall_ms", "start to token, median", Milliseconds),
        ("cold_wall_last_ms", "slowest", Milliseconds),
        ("cold_cpu_ms", "CPU each", Milliseconds),
        ("later_cpu_ms", "later: CPU each", Milliseconds),
        ("tokens_per_second", "tokens per second", Count),
        ("stand_ins_cpu_ms", "stand-ins' CPU each", Milliseconds),
        ("memory", "memory each (PSS)", Bytes),
    ]);
    let bar = progress::bar(SIZES.len() as u64);
    for size in SIZES {
        bar.set_message(format!("{size} concurrent brokers"));
        rows.rows.push(measure_crowd(&bed, program, size).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(rows.section(format!(
        "Concurrent brokers on this machine, which also runs the stand-ins; later: {LATER} more invocations of each broker"
    )))
}

async fn measure_crowd(bed: &TestBed, program: &Path, size: u32) -> Result<[f64; 8]> {
    let crowd = crowd::start(&bed.sandbox, program, size).await?;
    let (members, inits): (Vec<Member>, Vec<Duration>) = crowd.into_iter().unzip();
    let firsts = try_join_all(members.iter().map(|member| tokens(member, 1))).await?;
    let cold: Vec<f64> = inits.into_iter().zip(firsts).map(|(init, first)| milliseconds(init + first)).collect();
    let cold = Summary::of(&cold).context("no brokers")?;
    let cold_cpu = cpu(&members).await?;
    let stand_ins_before = stand_ins_cpu()?;
    let before = Instant::now();
    try_join_all(members.iter().map(|member| tokens(member, LATER))).await?;
    let (took, stand_ins) = (before.elapsed(), stand_ins_cpu()?.saturating_sub(stand_ins_before));
    let later_cpu = cpu(&members).await?.saturating_sub(cold_cpu);
    let memory = memory(&members)?;
    for member in members {
        member.broker.stop().await;
    }
    let invocations = size * LATER;
    Ok([
        f64::from(size),
        cold.median,
        cold.max,
        milliseconds(cold_cpu / size),
        milliseconds(later_cpu / invocations),
        (f64::from(invocations) / took.as_secs_f64()).round(),
        milliseconds(stand_ins / invocations),
        memory.median,
    ])
}

/// Invokes a broker repeatedly and returns the total duration.
async fn tokens(member: &Member, times: u32) -> Result<Duration> {
    let mut took = Duration::ZERO;
    for _ in 0..times {
        let invocation = member.invoke().await?;
        if !invocation.is_success() {
            bail!("a broker returned no token: {}", invocation.text());
        }
        took += invocation.elapsed;
    }
    Ok(took)
}

/// Returns the CPU time of all brokers.
async fn cpu(members: &[Member]) -> Result<Duration> {
    let times = try_join_all(members.iter().map(|member| settled_cpu_time(&member.broker))).await?;
    Ok(times.into_iter().sum())
}

/// Returns the CPU time of this process, which runs the stand-ins.
fn stand_ins_cpu() -> Result<Duration> {
    process::cpu_time(std::process::id()).context("cannot read the CPU time")
}

/// Summarises the proportional set sizes.
fn memory(members: &[Member]) -> Result<Summary> {
    let sizes = members.iter().map(|member| process::proportional_memory(member.broker.id()).map(number));
    let sizes: Vec<f64> = sizes.collect::<Result<_, _>>().context("cannot read the memory")?;
    Summary::of(&sizes).context("no brokers")
}
