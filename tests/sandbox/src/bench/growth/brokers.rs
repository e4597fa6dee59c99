//! Many brokers at once on this machine.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use super::super::figures::Unit::{Bytes, Count, Milliseconds};
use super::super::stage::{Stage, Surroundings, settled_cpu_time};
use super::super::statistics::Summary;
use super::super::{milliseconds, number, progress, watch};
use super::crowd::{self, Member};
use super::{Rows, Section};
use crate::cli::Mistake;

const SIZES: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Invocations of each broker after its first, all brokers at once.
const LATER: u32 = 20;

/// Crowds of growing size.
pub(super) async fn measure(program: &Path) -> Result<Section, Mistake> {
    let stage = Stage::unlimited().await?;
    stage.run(program, Surroundings::default(), 1).await?;
    let mut rows = Rows::new([
        ("brokers", "brokers at once", Count),
        ("cold_wall_ms", "start to token, median", Milliseconds),
        ("cold_wall_last_ms", "the last", Milliseconds),
        ("cold_cpu_ms", "CPU each", Milliseconds),
        ("later_cpu_ms", "later: CPU each", Milliseconds),
        ("tokens_per_second", "tokens a second", Count),
        ("stand_ins_cpu_ms", "stand-ins' CPU each", Milliseconds),
        ("memory", "memory each (PSS)", Bytes),
    ]);
    let bar = progress::bar(SIZES.len() as u64);
    for size in SIZES {
        bar.set_message(format!("{size} brokers at once"));
        rows.rows.push(crowd_of(&stage, program, size).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let title = format!(
        "Brokers at once on this machine, which also runs the stand-ins; later: {LATER} more invocations of each broker"
    );
    Ok(rows.section(title))
}

async fn crowd_of(stage: &Stage, program: &Path, size: u32) -> Result<[f64; 8], Mistake> {
    let crowd = crowd::start(&stage.sandbox, program, size).await?;
    let (members, inits): (Vec<Member>, Vec<Duration>) = crowd.into_iter().unzip();
    let firsts = try_join_all(members.iter().map(|member| tokens(member, 1))).await?;
    let cold: Vec<f64> = inits.into_iter().zip(firsts).map(|(init, first)| milliseconds(init + first)).collect();
    let cold = Summary::of(&cold).unwrap_or(NONE);
    let cold_cpu = cpu(&members).await?;
    let own_before = own_cpu()?;
    let before = Instant::now();
    try_join_all(members.iter().map(|member| tokens(member, LATER))).await?;
    let (took, own) = (before.elapsed(), own_cpu()?.saturating_sub(own_before));
    let later_cpu = cpu(&members).await?.saturating_sub(cold_cpu);
    let memory = members.iter().map(|member| watch::proportional_memory(member.broker.id()));
    let memory: Vec<f64> = memory
        .map(|bytes| bytes.map(number).map_err(|why| Mistake::because("the kernel tells no memory", &why)))
        .collect::<Result<_, _>>()?;
    for member in members {
        member.broker.stop().await;
    }
    let invocations = size * LATER;
    Ok([
        f64::from(size),
        cold.median,
        cold.most,
        milliseconds(cold_cpu / size),
        milliseconds(later_cpu / invocations),
        (f64::from(invocations) / took.as_secs_f64()).round(),
        milliseconds(own / invocations),
        Summary::of(&memory).unwrap_or(NONE).median,
    ])
}

/// A crowd of none has no costs.
const NONE: Summary = Summary { median: 0.0, lower_quartile: 0.0, upper_quartile: 0.0, least: 0.0, most: 0.0 };

/// Gets so many tokens, one after the other, and tells how long that took.
async fn tokens(member: &Member, number: u32) -> Result<Duration, Mistake> {
    let mut took = Duration::ZERO;
    for _ in 0..number {
        let invocation = member.invoke().await?;
        if !invocation.is_success() {
            return Err(Mistake::new(format!("a broker gave no token: {}", invocation.text())));
        }
        took += invocation.elapsed;
    }
    Ok(took)
}

async fn cpu(members: &[Member]) -> Result<Duration, Mistake> {
    let times = try_join_all(members.iter().map(|member| settled_cpu_time(&member.broker))).await?;
    Ok(times.into_iter().sum())
}

fn own_cpu() -> Result<Duration, Mistake> {
    watch::own_cpu_time().map_err(|why| Mistake::because("the kernel tells no CPU time", &why))
}
