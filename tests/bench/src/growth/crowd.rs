//! Concurrent brokers, each with its own Lambda stand-in, all with the same SSM and GitHub.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;
use sandbox::{Broker, Invocation, Lambda, Phase, Sandbox};

const STUCK: &str = "a broker is stuck";

/// One of the concurrent brokers.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) broker: Broker,
    lambda: Lambda,
    started: Instant,
}

/// Starts `size` brokers and waits until all are ready. Returns each with the duration of its init.
pub(super) async fn start(sandbox: &Sandbox, program: &Path, size: u32) -> Result<Vec<(Member, Duration)>> {
    let mut members = Vec::new();
    for _ in 0..size {
        members.push(Member::start(sandbox, program).await?);
    }
    try_join_all(members.into_iter().map(Member::ready)).await
}

impl Member {
    async fn start(sandbox: &Sandbox, program: &Path) -> Result<Self> {
        let lambda = Lambda::start(0).await.context("no free loopback port")?;
        let mut environment = sandbox.environment();
        environment.set("AWS_LAMBDA_RUNTIME_API", lambda.runtime_api().to_string());
        let started = Instant::now();
        let broker = Broker::spawn(program, &environment, &lambda)
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { broker, lambda, started })
    }

    async fn ready(self) -> Result<(Self, Duration)> {
        match self.lambda.try_ready().await.context(STUCK)? {
            Phase::Ready => {
                let took = self.started.elapsed();
                Ok((self, took))
            }
            phase => bail!("a broker did not start: {phase}"),
        }
    }

    /// Invokes the broker. An error of the broker is also a result.
    pub(super) async fn invoke(&self) -> Result<Invocation> {
        self.lambda.try_invoke("null").await.context(STUCK)
    }
}
