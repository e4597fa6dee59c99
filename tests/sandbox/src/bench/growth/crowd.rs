//! Several brokers at once, each with a Lambda of its own, all with the same SSM and GitHub.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use sandbox::{Broker, Invocation, Lambda, Phase, Sandbox};

use crate::cli::Mistake;

/// One of them.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) broker: Broker,
    lambda: Lambda,
    started: Instant,
}

/// Starts so many, and waits until all are ready. With each, how long its start took.
pub(super) async fn start(sandbox: &Sandbox, program: &Path, size: u32) -> Result<Vec<(Member, Duration)>, Mistake> {
    let mut members = Vec::new();
    for _ in 0..size {
        members.push(Member::start(sandbox, program).await?);
    }
    try_join_all(members.into_iter().map(Member::ready)).await
}

impl Member {
    async fn start(sandbox: &Sandbox, program: &Path) -> Result<Self, Mistake> {
        let lambda = Lambda::start(0).await.map_err(|why| Mistake::because("no free loopback port", &why))?;
        let mut environment = sandbox.environment();
        environment.set("AWS_LAMBDA_RUNTIME_API", lambda.runtime_api().to_string());
        let started = Instant::now();
        let broker = Broker::spawn(program, &environment, &lambda)
            .map_err(|why| Mistake::because(&format!("cannot start {}", program.display()), &why))?;
        Ok(Self { broker, lambda, started })
    }

    async fn ready(self) -> Result<(Self, Duration), Mistake> {
        match self.lambda.try_ready().await {
            Ok(Phase::Ready) => {
                let took = self.started.elapsed();
                Ok((self, took))
            }
            Ok(phase) => Err(Mistake::new(format!("a broker does not start: {phase:?}"))),
            Err(unanswered) => Err(Mistake::because("a broker is stuck", &unanswered)),
        }
    }

    /// Invokes it; an error is an answer, too.
    pub(super) async fn invoke(&self) -> Result<Invocation, Mistake> {
        self.lambda.try_invoke("null").await.map_err(|unanswered| Mistake::because("a broker is stuck", &unanswered))
    }
}
