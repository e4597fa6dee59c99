//! The runs, interleaved, so that what else the machine does meets both binaries alike.

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use super::figures;
use super::machine::{self, Machine};
use super::progress;
use super::report::{Plan, Report, Samples};
use super::stage::{Costs, Stage, Surroundings};
use super::{milliseconds, number, size, watch};
use crate::cli::Mistake;

/// Later invocations in a run, at full speed and with near peers; a few milliseconds each.
const LATER: u32 = 50;
/// Later invocations in a run with far peers: they take long, and their wall time hardly differs.
const LATER_FAR: u32 = 5;
/// Later invocations in a run under the quota alone: many periods' worth, so that the share left at their begin counts little.
const LATER_QUOTA: u32 = 100;
/// How many processes are looked at for memory: what they take hardly differs.
const MEMORY_RUNS: u32 = 3;
const NEAR: Surroundings = Surroundings { far: false, quota: false };
const QUOTA: Surroundings = Surroundings { far: false, quota: true };
const FAR: Surroundings = Surroundings { far: true, quota: false };
const FAR_QUOTA: Surroundings = Surroundings { far: true, quota: true };

/// Measures one binary, or two side by side.
pub(super) async fn measure(binaries: &[(&'static str, PathBuf)], plan: Plan) -> Result<Report, Mistake> {
    let load = machine::load_average();
    let stage = Stage::set(plan.period).await?;
    let Plan { runs, invocations, .. } = plan;
    let surroundings = match stage.no_quota() {
        None => vec![NEAR, QUOTA, FAR, FAR_QUOTA],
        Some(_) => vec![NEAR, FAR],
    };
    let mut samples: Vec<_> = binaries.iter().map(|(name, _)| Samples::new(name)).collect();
    let programs: Vec<&Path> = binaries.iter().map(|(_, path)| path.as_path()).collect();
    let steps = (runs as usize * surroundings.len() + runs.min(MEMORY_RUNS) as usize) * programs.len();
    let bar = progress::bar(steps as u64);
    warm_up(&stage, &programs).await?;
    for run in 0..runs {
        for at in &surroundings {
            for index in order(run, programs.len()) {
                add_run(&mut samples[index], &stage, programs[index], *at, &bar).await?;
            }
        }
    }
    for run in 0..runs.min(MEMORY_RUNS) {
        for index in order(run, programs.len()) {
            bar.set_message("memory over many invocations");
            add_memory(&mut samples[index], &stage, programs[index], invocations).await?;
            bar.inc(1);
        }
    }
    for (samples, program) in samples.iter_mut().zip(programs) {
        add_sizes(samples, program)?;
    }
    bar.finish_and_clear();
    let left_out =
        stage.no_quota().map(|why| format!("the rows with a CPU quota: no control group can be written ({why})"));
    Ok(Report { machine: Machine::here(), plan, load, binaries: samples, left_out: left_out.into_iter().collect() })
}

/// Reads the files into the kernel's cache, and lets the stand-ins make their certificates.
async fn warm_up(stage: &Stage, programs: &[&Path]) -> Result<(), Mistake> {
    for program in programs {
        stage.run(program, NEAR, 1).await?;
    }
    Ok(())
}

/// Forwards in one run, backwards in the next.
fn order(run: u32, binaries: usize) -> impl Iterator<Item = usize> {
    (0..binaries).map(move |index| if run.is_multiple_of(2) { index } else { binaries - 1 - index })
}

async fn add_run(
    samples: &mut Samples,
    stage: &Stage,
    program: &Path,
    at: Surroundings,
    bar: &ProgressBar,
) -> Result<(), Mistake> {
    bar.set_message(match (at.quota, at.far) {
        (false, false) => "full speed, near peers",
        (true, false) => "128 MB quota",
        (false, true) => "far peers",
        (true, true) => "quota and far peers",
    });
    let later = match (at.quota, at.far) {
        (false, false) => LATER,
        (true, false) => LATER_QUOTA,
        (_, true) => LATER_FAR,
    };
    let costs = stage.run(program, at, later).await?;
    add_costs(samples, at, &costs);
    bar.inc(1);
    Ok(())
}

fn add_costs(samples: &mut Samples, at: Surroundings, costs: &Costs) {
    let Costs { init, first, later } = costs;
    let cold_wall = init.wall + first.wall;
    let figures: &[_] = match (at.quota, at.far) {
        (false, false) => &[
            (&figures::COLD_WALL, cold_wall),
            (&figures::COLD_CPU, init.cpu + first.cpu),
            (&figures::INIT_WALL, init.wall),
            (&figures::INIT_CPU, init.cpu),
            (&figures::FIRST_WALL, first.wall),
            (&figures::FIRST_CPU, first.cpu),
            (&figures::LATER_WALL, later.wall),
            (&figures::LATER_CPU, later.cpu),
        ],
        (true, false) => &[
            (&figures::QUOTA_COLD, cold_wall),
            (&figures::QUOTA_FIRST, first.wall),
            (&figures::QUOTA_LATER, later.wall),
        ],
        (false, true) => &[
            (&figures::FAR_INIT, init.wall),
            (&figures::FAR_FIRST, first.wall),
            (&figures::FAR_COLD, cold_wall),
            (&figures::FAR_LATER, later.wall),
        ],
        (true, true) => &[(&figures::FAR_QUOTA_COLD, cold_wall), (&figures::FAR_QUOTA_LATER, later.wall)],
    };
    for (figure, took) in figures {
        samples.add(figure, milliseconds(*took));
    }
}

/// Its growth counts from a tenth of the invocations on, so that what is made once is there.
async fn add_memory(samples: &mut Samples, stage: &Stage, program: &Path, invocations: u32) -> Result<(), Mistake> {
    let connections = || stage.sandbox.ssm.connections() + stage.sandbox.github.connections();
    let connections_before = connections();
    let broker = stage.start(program, NEAR).await?;
    let memory =
        || -> std::io::Result<_> { Ok((watch::peak_memory(broker.id())?, watch::anonymous_memory(broker.id())?)) };
    let memory = || memory().map_err(|why| Mistake::because("the kernel tells no memory", &why));
    for _ in 0..invocations / 10 {
        stage.invoke(&broker).await?;
    }
    let early = memory()?;
    for _ in invocations / 10..invocations {
        stage.invoke(&broker).await?;
    }
    let late = memory()?;
    samples.add(&figures::PEAK_MEMORY, number(late.0));
    samples.add(&figures::PEAK_GROWTH, number(late.0) - number(early.0));
    samples.add(&figures::OWN_GROWTH, number(late.1) - number(early.1));
    samples.add(&figures::CONNECTIONS, number((connections() - connections_before) as u64));
    broker.stop().await;
    Ok(())
}

fn add_sizes(samples: &mut Samples, program: &Path) -> Result<(), Mistake> {
    let unreadable = |why| Mistake::because(&format!("cannot read {}", program.display()), &why);
    samples.add(&figures::BINARY, number(watch::bytes(program).map_err(unreadable)?));
    samples.add(&figures::ZIP, number(size::zipped(program).map_err(unreadable)?));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binaries_take_turns_in_going_first() {
        assert_eq!(order(0, 2).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(order(1, 2).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(order(1, 1).collect::<Vec<_>>(), [0]);
    }
}
