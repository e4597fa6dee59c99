//! Where brokers are measured: the stand-ins, near or far, and a share of a core, or all of it.

use std::path::Path;
use std::time::{Duration, Instant};

use sandbox::{Broker, Environment, Phase, Sandbox};

use super::quota::{Groups, Quota};
use super::relay::Relay;
use super::watch;
use crate::cli::Mistake;

/// From Europe to GitHub's nearest place, and back, roughly.
pub(super) const GITHUB_ROUND_TRIP: Duration = Duration::from_millis(30);
/// Within a region of AWS, and back, roughly.
pub(super) const SSM_ROUND_TRIP: Duration = Duration::from_millis(2);

/// The stand-ins, which serve one broker after the other.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) sandbox: Sandbox,
    far_ssm: Relay,
    far_github: Relay,
    groups: Result<Groups, String>,
    period: Duration,
}

/// What a broker meets with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Surroundings {
    /// The peers are as far away as in the world.
    pub(super) far: bool,
    /// From the end of its start, it has the share of a core that 128 MB buy.
    pub(super) quota: bool,
}

/// What something took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    pub(super) wall: Duration,
    pub(super) cpu: Duration,
}

/// What a process took. CPU time is counted only without a quota and with near peers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    /// Until it asked for its first invocation.
    pub(super) init: Cost,
    /// From the first invocation's delivery to its answer.
    pub(super) first: Cost,
    /// The same, on the average of the later ones.
    pub(super) later: Cost,
}

impl Stage {
    /// Puts everything up; `period` is the quota's.
    pub(super) async fn set(period: Duration) -> Result<Self, Mistake> {
        let sandbox = Sandbox::start_at(0).await.map_err(|why| Mistake::because("no free loopback port", &why))?;
        let relay = |to, round_trip| {
            Relay::start(to, round_trip).map_err(|why| Mistake::because("no relay to the stand-ins", &why))
        };
        let far_ssm = relay(sandbox.ssm.address(), SSM_ROUND_TRIP)?;
        let far_github = relay(sandbox.github.address(), GITHUB_ROUND_TRIP)?;
        Ok(Self { sandbox, far_ssm, far_github, groups: Groups::find(), period })
    }

    /// Puts everything up but a quota.
    pub(super) async fn unlimited() -> Result<Self, Mistake> {
        let stage = Self::set(Duration::ZERO).await?;
        Ok(Self { groups: Err("not asked for".into()), ..stage })
    }

    /// Why no quota can be set here, if none can.
    pub(super) fn no_quota(&self) -> Option<&str> {
        self.groups.as_ref().err().map(String::as_str)
    }

    /// Starts a broker, invokes it once, then `later` times more, and ends it.
    pub(super) async fn run(&self, program: &Path, at: Surroundings, later: u32) -> Result<Costs, Mistake> {
        let quota = self.quota(at)?;
        let started = Instant::now();
        let broker = self.start(program, at).await?;
        let init_wall = started.elapsed();
        let counted = !at.far && !at.quota;
        let cpu = async || if counted { settled_cpu_time(&broker).await } else { Ok(Duration::ZERO) };
        let init_cpu = cpu().await?;
        if let Some(quota) = &quota {
            quota
                .enter(broker.id())
                .map_err(|why| Mistake::because("the control group does not take the broker", &why))?;
        }
        let first_wall = self.invoke(&broker).await?;
        let cold_cpu = cpu().await?;
        let mut later_wall = Duration::ZERO;
        for _ in 0..later {
            later_wall += self.invoke(&broker).await?;
        }
        let all_cpu = cpu().await?;
        broker.stop().await;
        Ok(Costs {
            init: Cost { wall: init_wall, cpu: init_cpu },
            first: Cost { wall: first_wall, cpu: cold_cpu.saturating_sub(init_cpu) },
            later: Cost { wall: later_wall / later.max(1), cpu: all_cpu.saturating_sub(cold_cpu) / later.max(1) },
        })
    }

    /// Starts a broker and waits until it is ready.
    pub(super) async fn start(&self, program: &Path, at: Surroundings) -> Result<Broker, Mistake> {
        let broker = Broker::spawn(program, &self.environment(at), &self.sandbox.lambda)
            .map_err(|why| Mistake::because(&format!("cannot start {}", program.display()), &why))?;
        match self.sandbox.lambda.try_ready().await {
            Ok(Phase::Ready) => Ok(broker),
            Ok(phase) => Err(Mistake::new(format!("{} does not start: {phase:?}", program.display()))),
            Err(unanswered) => Err(Mistake::because("the broker is stuck", &unanswered)),
        }
    }

    /// Invokes the broker and tells how long that took; it must give a token.
    pub(super) async fn invoke(&self, broker: &Broker) -> Result<Duration, Mistake> {
        let invocation = self.sandbox.lambda.try_invoke("null").await;
        let invocation = invocation.map_err(|unanswered| Mistake::because("the broker is stuck", &unanswered))?;
        if invocation.is_success() {
            return Ok(invocation.elapsed);
        }
        let last_words = broker.stderr();
        Err(Mistake::new(format!("the broker gave no token: {} {last_words}", invocation.text())))
    }

    fn environment(&self, at: Surroundings) -> Environment {
        let mut environment = self.sandbox.environment();
        if at.far {
            environment
                .set("AWS_ENDPOINT_URL_SSM", self.far_ssm.url())
                .set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", self.far_github.url());
        }
        environment
    }

    fn quota(&self, at: Surroundings) -> Result<Option<Quota>, Mistake> {
        match &self.groups {
            Ok(groups) if at.quota => {
                let quota = groups.create(self.period);
                quota.map(Some).map_err(|why| Mistake::because("the control group cannot be made", &why))
            }
            _ => Ok(None),
        }
    }
}

/// See [`watch::settled_cpu_time`].
pub(super) async fn settled_cpu_time(broker: &Broker) -> Result<Duration, Mistake> {
    watch::settled_cpu_time(broker.id()).await.map_err(|why| Mistake::because("the kernel tells no CPU time", &why))
}
