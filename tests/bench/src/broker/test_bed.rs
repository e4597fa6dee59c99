//! The conditions of a measurement: near or distant stand-ins, and a CPU quota.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sandbox::{Broker, Environment, Phase, Sandbox};

use super::process;
use super::quota::{Groups, Quota};
use super::relay::Relay;

/// The approximate round trip from Europe to GitHub's nearest site.
pub(crate) const GITHUB_ROUND_TRIP: Duration = Duration::from_millis(30);
/// The approximate round trip within an AWS region.
pub(crate) const SSM_ROUND_TRIP: Duration = Duration::from_millis(2);

/// The error of a broker that neither responds nor exits.
const STUCK: &str = "the broker is stuck";

/// The stand-ins, which serve one broker at a time.
#[derive(Debug)]
pub(crate) struct TestBed {
    pub(crate) sandbox: Sandbox,
    distant_ssm: Relay,
    distant_github: Relay,
    groups: Result<Groups, String>,
    period: Duration,
}

/// The conditions of one process.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Conditions {
    /// Whether SSM and GitHub have realistic round trips.
    pub(crate) distant: bool,
    /// Whether the process gets only Lambda's share of a core for 128 MB after init.
    pub(crate) quota: bool,
}

impl Conditions {
    /// Describes the conditions in a few words.
    pub(crate) fn describe(self) -> &'static str {
        match (self.quota, self.distant) {
            (false, false) => "full speed, near peers",
            (true, false) => "128 MB quota",
            (false, true) => "distant peers",
            (true, true) => "quota and distant peers",
        }
    }
}

/// A duration and its CPU time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

/// The costs of a process. CPU time is measured only without a quota and with near peers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Costs {
    /// The cost until the process polls for its first invocation.
    pub(crate) init: Cost,
    /// The cost from the first invocation's delivery to its response.
    pub(crate) first: Cost,
    /// The average cost of the later invocations.
    pub(crate) later: Cost,
}

impl TestBed {
    /// Starts the stand-ins. `period` is the period of the quota.
    pub(crate) async fn start(period: Duration) -> Result<Self> {
        let sandbox = Sandbox::start_at(0).await.context("no free loopback port")?;
        let relay = |to, round_trip| Relay::start(to, round_trip).context("cannot start a relay to the stand-ins");
        let distant_ssm = relay(sandbox.ssm.address(), SSM_ROUND_TRIP)?;
        let distant_github = relay(sandbox.github.address(), GITHUB_ROUND_TRIP)?;
        Ok(Self { sandbox, distant_ssm, distant_github, groups: Groups::find(), period })
    }

    /// Starts the stand-ins, for measurements without a quota.
    pub(crate) async fn without_quota() -> Result<Self> {
        let bed = Self::start(Duration::ZERO).await?;
        Ok(Self { groups: Err("not needed".into()), ..bed })
    }

    /// Like [`without_quota`](Self::without_quota), after one invocation: the stand-ins have their certificates and the
    /// kernel has the binary in its cache.
    pub(crate) async fn warmed_up(program: &Path) -> Result<Self> {
        let bed = Self::without_quota().await?;
        bed.run(program, Conditions::default(), 1).await?;
        Ok(bed)
    }

    /// Returns the reason why this machine has no quota, if it has none.
    pub(crate) fn quota_error(&self) -> Option<&str> {
        self.groups.as_ref().err().map(String::as_str)
    }

    /// Returns the number of connections to SSM and GitHub.
    pub(crate) fn connections(&self) -> u64 {
        (self.sandbox.ssm.connections() + self.sandbox.github.connections()) as u64
    }

    /// Starts a broker, invokes it once and then `later` more times, and stops it.
    pub(crate) async fn run(&self, program: &Path, conditions: Conditions, later: u32) -> Result<Costs> {
        let quota = self.quota(conditions)?;
        let started = Instant::now();
        let broker = self.launch(program, conditions).await?;
        let init_wall = started.elapsed();
        let measured = !conditions.distant && !conditions.quota;
        let cpu = async || if measured { settled_cpu_time(&broker).await } else { Ok(Duration::ZERO) };
        let init_cpu = cpu().await?;
        if let Some(quota) = &quota {
            quota.enter(broker.id()).context("cannot move the broker into the control group")?;
        }
        let first_wall = self.invoke(&broker).await?;
        let cold_cpu = cpu().await?;
        let later_wall = self.invoke_times(&broker, later).await?;
        let all_cpu = cpu().await?;
        broker.stop().await;
        Ok(Costs {
            init: Cost { wall: init_wall, cpu: init_cpu },
            first: Cost { wall: first_wall, cpu: cold_cpu.saturating_sub(init_cpu) },
            later: Cost { wall: later_wall / later.max(1), cpu: all_cpu.saturating_sub(cold_cpu) / later.max(1) },
        })
    }

    /// Starts a broker and waits until it is ready.
    pub(crate) async fn launch(&self, program: &Path, conditions: Conditions) -> Result<Broker> {
        let broker = Broker::spawn(program, &self.environment(conditions), &self.sandbox.lambda)
            .with_context(|| format!("cannot start {}", program.display()))?;
        match self.sandbox.lambda.try_ready().await.context(STUCK)? {
            Phase::Ready => Ok(broker),
            phase => bail!("{} did not start: {phase}", program.display()),
        }
    }

    /// Invokes the broker and returns the duration. Fails when the broker returns an error.
    pub(crate) async fn invoke(&self, broker: &Broker) -> Result<Duration> {
        let invocation = self.sandbox.lambda.try_invoke("null").await.context(STUCK)?;
        if !invocation.is_success() {
            bail!("the broker returned no token: {} {}", invocation.text(), broker.stderr());
        }
        Ok(invocation.elapsed)
    }

    /// Invokes the broker repeatedly and returns the total duration.
    pub(crate) async fn invoke_times(&self, broker: &Broker, times: u32) -> Result<Duration> {
        let mut took = Duration::ZERO;
        for _ in 0..times {
            took += self.invoke(broker).await?;
        }
        Ok(took)
    }

    fn environment(&self, conditions: Conditions) -> Environment {
        let mut environment = self.sandbox.environment();
        if conditions.distant {
            environment
                .set("AWS_ENDPOINT_URL_SSM", self.distant_ssm.url())
                .set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", self.distant_github.url());
        }
        environment
    }

    fn quota(&self, conditions: Conditions) -> Result<Option<Quota>> {
        match &self.groups {
            Ok(groups) if conditions.quota => {
                groups.create(self.period).map(Some).context("cannot create a control group")
            }
            _ => Ok(None),
        }
    }
}

/// Returns the CPU time of a broker, see [`process::settled_cpu_time`].
pub(crate) async fn settled_cpu_time(broker: &Broker) -> Result<Duration> {
    process::settled_cpu_time(broker.id()).await.context("cannot read the CPU time")
}
