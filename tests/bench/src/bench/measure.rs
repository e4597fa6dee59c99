//! Runs the measurements. Two binaries alternate, so that other load on the machine affects them equally.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use indicatif::ProgressBar;

use super::figures;
use super::report::{Plan, Report, Samples};
use crate::broker::test_bed::Costs;
use crate::broker::{Conditions, TestBed, process};
use crate::machine::{self, Machine};
use crate::progress;
use crate::size;
use crate::units::{milliseconds, number};

/// The number of later invocations in a run at full speed with near peers.
const LATER: u32 = 50;
/// The number of later invocations in a run with distant peers. They take long, and their wall time hardly varies.
const LATER_DISTANT: u32 = 5;
/// The number of later invocations in a run with only the quota. With this many, the unused quota at their beginning
/// has little effect.
const LATER_QUOTA: u32 = 100;
/// The number of processes whose memory is measured. It hardly varies.
const MEMORY_RUNS: u32 = 3;
const NEAR: Conditions = Conditions { distant: false, quota: false };
const QUOTA: Conditions = Conditions { distant: false, quota: true };
const DISTANT: Conditions = Conditions { distant: true, quota: false };
const DISTANT_QUOTA: Conditions = Conditions { distant: true, quota: true };

/// Measures one binary, or two side by side.
pub(super) async fn measure(binaries: &[(&'static str, PathBuf)], plan: Plan) -> Result<Report> {
    let load = machine::load_average();
    let bed = TestBed::start(plan.period).await?;
    let left_out = bed.quota_error().map(|why| format!("the rows with a CPU quota: no control group ({why})"));
    let mut session = Session::new(&bed, binaries, plan);
    session.warm_up().await?;
    session.measure_times().await?;
    session.measure_memory().await?;
    session.measure_sizes()?;
    session.bar.finish_and_clear();
    let left_out = left_out.into_iter().collect();
    Ok(Report { machine: Machine::here(), plan, load, binaries: session.samples, left_out })
}

/// A measurement in progress.
struct Session<'a> {
    bed: &'a TestBed,
    plan: Plan,
    conditions: &'static [Conditions],
    programs: Vec<&'a Path>,
    samples: Vec<Samples>,
    bar: ProgressBar,
}

impl<'a> Session<'a> {
    fn new(bed: &'a TestBed, binaries: &'a [(&'static str, PathBuf)], plan: Plan) -> Self {
        let conditions: &[_] = match bed.quota_error() {
            None => &[NEAR, QUOTA, DISTANT, DISTANT_QUOTA],
            Some(_) => &[NEAR, DISTANT],
        };
        let runs = u64::from(plan.runs) * conditions.len() as u64 + u64::from(plan.runs.min(MEMORY_RUNS));
        Self {
            bed,
            plan,
            conditions,
            programs: binaries.iter().map(|(_, path)| path.as_path()).collect(),
            samples: binaries.iter().map(|(name, _)| Samples::new(name)).collect(),
            bar: progress::bar(runs * binaries.len() as u64),
        }
    }

    /// Runs each binary once, so that the kernel has the binaries in its cache and the stand-ins have their
    /// certificates.
    async fn warm_up(&self) -> Result<()> {
        for program in &self.programs {
            self.bed.run(program, NEAR, 1).await?;
        }
        Ok(())
    }

    async fn measure_times(&mut self) -> Result<()> {
        for run in 0..self.plan.runs {
            for at in self.conditions {
                self.bar.set_message(at.describe());
                for index in order(run, self.programs.len()) {
                    let costs = self.bed.run(self.programs[index], *at, later(*at)).await?;
                    add_costs(&mut self.samples[index], *at, &costs);
                    self.bar.inc(1);
                }
            }
        }
        Ok(())
    }

    async fn measure_memory(&mut self) -> Result<()> {
        self.bar.set_message("memory over many invocations");
        for run in 0..self.plan.runs.min(MEMORY_RUNS) {
            for index in order(run, self.programs.len()) {
                add_memory(&mut self.samples[index], self.bed, self.programs[index], self.plan.invocations).await?;
                self.bar.inc(1);
            }
        }
        Ok(())
    }

    fn measure_sizes(&mut self) -> Result<()> {
        for (samples, program) in self.samples.iter_mut().zip(&self.programs) {
            let sizes = size::sizes(program)?;
            samples.add(&figures::BINARY, number(sizes.binary));
            samples.add(&figures::ZIP, number(sizes.zip));
        }
        Ok(())
    }
}

/// Returns the indices of the binaries, in reverse order in every other run.
fn order(run: u32, binaries: usize) -> impl Iterator<Item = usize> {
    (0..binaries).map(move |index| if run.is_multiple_of(2) { index } else { binaries - 1 - index })
}

/// Returns the number of later invocations in a run.
fn later(at: Conditions) -> u32 {
    match (at.quota, at.distant) {
        (false, false) => LATER,
        (true, false) => LATER_QUOTA,
        (_, true) => LATER_DISTANT,
    }
}

fn add_costs(samples: &mut Samples, at: Conditions, costs: &Costs) {
    let Costs { init, first, later } = costs;
    let cold_wall = init.wall + first.wall;
    let figures: &[_] = match (at.quota, at.distant) {
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
            (&figures::DISTANT_INIT, init.wall),
            (&figures::DISTANT_FIRST, first.wall),
            (&figures::DISTANT_COLD, cold_wall),
            (&figures::DISTANT_LATER, later.wall),
        ],
        (true, true) => &[(&figures::DISTANT_QUOTA_COLD, cold_wall), (&figures::DISTANT_QUOTA_LATER, later.wall)],
    };
    for (figure, took) in figures {
        samples.add(figure, milliseconds(*took));
    }
}

/// Measures memory. Growth is measured from a tenth of the invocations on, which excludes one-time allocations.
async fn add_memory(samples: &mut Samples, bed: &TestBed, program: &Path, invocations: u32) -> Result<()> {
    let connections_before = bed.connections();
    let broker = bed.launch(program, NEAR).await?;
    bed.invoke_times(&broker, invocations / 10).await?;
    let (early_peak, early_anonymous) = memory(broker.id())?;
    bed.invoke_times(&broker, invocations - invocations / 10).await?;
    let (peak, anonymous) = memory(broker.id())?;
    samples.add(&figures::PEAK_MEMORY, peak);
    samples.add(&figures::PEAK_GROWTH, peak - early_peak);
    samples.add(&figures::ANONYMOUS_GROWTH, anonymous - early_anonymous);
    samples.add(&figures::CONNECTIONS, number(bed.connections() - connections_before));
    broker.stop().await;
    Ok(())
}

/// Returns peak and anonymous memory.
fn memory(process: u32) -> Result<(f64, f64)> {
    let peak = process::peak_memory(process).context("cannot read the peak memory")?;
    let anonymous = process::anonymous_memory(process).context("cannot read the anonymous memory")?;
    Ok((number(peak), number(anonymous)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_alternate_in_being_first() {
        assert_eq!(order(0, 2).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(order(1, 2).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(order(1, 1).collect::<Vec<_>>(), [0]);
    }
}
