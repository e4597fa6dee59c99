//! Runs rows and collects the observable effects of each.

use std::cell::RefCell;

use futures_util::StreamExt;
use futures_util::future::{join, join_all};
use futures_util::stream;
use sandbox::{AppKey, Broker, Endpoint, Environment, Invocation, Phase, Proxy, Reply, Sandbox, app, process};
use serde_json::Value;

use super::row::{Failure, with_id};
use crate::leaks::{self, PROXY_PASSWORD, PROXY_USER, enable_verbose_logging};
use crate::scene::{launch, lines_above_debug};
use crate::steps::STEPS;

/// The number of brokers that share the rows which do not need their own.
const SHARED: usize = 12;
/// The number of rows with their own broker that run at the same time.
const OWN: usize = 6;
/// The maximum number of runs of a row that depends on timing. A busy machine may make a run fail; a bug makes all of
/// them fail.
const ATTEMPTS_IF_TIMED: usize = 3;

const SSM_HOST: &str = "ssm.broker.invalid";
const GITHUB_HOST: &str = "github.broker.invalid";

/// Runs all rows: those with an environment on their own broker, the others on a few shared brokers.
pub(super) async fn check(rows: Vec<Failure>) {
    let (own, shared): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.environment.is_some());
    let lanes = join_all((0..SHARED.min(shared.len())).map(|_| Lane::start(None))).await;
    let queue = RefCell::new(shared.into_iter());
    let shared = join_all(lanes.into_iter().map(async |mut lane| {
        while let Some(row) = next(&queue) {
            lane.check(&row).await;
        }
        lane.end().await;
    }));
    let own = stream::iter(own).for_each_concurrent(OWN, async |row| check_alone(&row).await);
    join(shared, own).await;
}

fn next(queue: &RefCell<std::vec::IntoIter<Failure>>) -> Option<Failure> {
    queue.borrow_mut().next()
}

/// Uses a new broker for each attempt, because the connections of init are counted.
async fn check_alone(row: &Failure) {
    for attempt in 1..=ATTEMPTS_IF_TIMED {
        let mut lane = Lane::start(Some(row)).await;
        let observed = lane.observe(row).await;
        if attempt == ATTEMPTS_IF_TIMED || row.is_settled(&observed) {
            row.assert(&observed);
            return lane.end().await;
        }
    }
}

/// A broker and its peers. All secrets are within its reach, and it logs as much as possible.
struct Lane {
    sandbox: Sandbox,
    broker: Broker,
    /// The proxy, with credentials, between the broker and both peers.
    _proxy: Proxy,
    /// The invocations so far, by row.
    seen: Vec<(String, Invocation)>,
}

/// The counters before and after an invocation.
struct Counted {
    ssm: usize,
    github: usize,
    bearers: usize,
    issued: usize,
    stdout: usize,
}

/// One invocation and its observable effects.
pub(super) struct Observed {
    pub(super) invocation: Invocation,
    pub(super) line: Value,
    pub(super) ssm: usize,
    pub(super) github: Vec<Endpoint>,
    pub(super) connections: usize,
    pub(super) output: String,
    pub(super) jwts_and_tokens: Vec<String>,
}

impl Lane {
    /// Starts a broker for this row only, or without one for any row without an environment.
    async fn start(row: Option<&Failure>) -> Self {
        let sandbox = Sandbox::start().await;
        let proxy = Proxy::start().await;
        proxy.map(SSM_HOST, sandbox.ssm.address());
        proxy.map(GITHUB_HOST, sandbox.github.address());
        arrange(&sandbox, row);
        let broker = launch(&sandbox, |env| {
            behind(&proxy, env);
            if let Some(change) = row.and_then(|row| row.environment.as_ref()) {
                change(&sandbox, env);
            }
        });
        let phase = sandbox.lambda.ready().await;
        assert!(matches!(phase, Phase::Ready), "{phase:?} {}", broker.captured().describe());
        Self { sandbox, broker, _proxy: proxy, seen: Vec::new() }
    }

    async fn check(&mut self, row: &Failure) {
        for attempt in 1..=ATTEMPTS_IF_TIMED {
            let observed = self.observe(row).await;
            if attempt == ATTEMPTS_IF_TIMED || row.is_settled(&observed) {
                return row.assert(&observed);
            }
        }
    }

    async fn observe(&mut self, row: &Failure) -> Observed {
        arrange(&self.sandbox, Some(row));
        let before = self.count();
        let invocation = self.sandbox.lambda.invoke("null").await;
        let line = self.broker.log_of(&invocation).await;
        self.seen.push((row.name.clone(), invocation.clone()));
        let github = &self.sandbox.github;
        let bearers = github.bearers().split_off(before.bearers);
        Observed {
            line,
            ssm: self.sandbox.ssm.requests().len() - before.ssm,
            github: github.calls().split_off(before.github),
            connections: self.sandbox.ssm.connections() + github.connections(),
            output: leaks::output_since(&self.broker.captured(), before.stdout, &invocation),
            jwts_and_tokens: [bearers, github.issued().split_off(before.issued)].concat(),
            invocation,
        }
    }

    fn count(&self) -> Counted {
        Counted {
            ssm: self.sandbox.ssm.requests().len(),
            github: self.sandbox.github.calls().len(),
            bearers: self.sandbox.github.bearers().len(),
            issued: self.sandbox.github.issued().len(),
            stdout: self.broker.captured().stdout.len(),
        }
    }

    /// Stops the broker and checks all its output: one line for the start, one for each invocation, and no secret.
    async fn end(self) {
        let captured = self.broker.stop().await;
        let lines = lines_above_debug(process::log_lines(&captured));
        for (name, invocation) in &self.seen {
            let of_row = lines.iter().filter(|line| line["request_id"] == invocation.request_id);
            assert_eq!(of_row.count(), 1, "{name}: log lines\n{}", captured.describe());
        }
        assert_eq!(lines.len(), self.seen.len() + 1, "{}", captured.describe());
        leaks::assert_none(&self.sandbox, &captured, &[], "all rows together");
    }
}

/// Resets the peers and then sets up the row's failure.
fn arrange(sandbox: &Sandbox, row: Option<&Failure>) {
    for step in STEPS {
        step.script(sandbox, [with_id(step, Reply::good())]);
    }
    sandbox.github.script(Endpoint::Revoke, []);
    sandbox.github.set_keys([AppKey::first()]);
    sandbox.github.set_installation(app::INSTALLATION_ID);
    sandbox.ssm.put(app::CLIENT_ID_PARAM, app::CLIENT_ID);
    sandbox.ssm.put(app::INSTALLATION_ID_PARAM, app::INSTALLATION_ID.to_string());
    sandbox.ssm.put(app::PRIVATE_KEY_PARAM, AppKey::first().pkcs1_pem());
    if let Some(row) = row {
        sandbox.lambda.set_timeout(row.timeout);
        row.arrange.iter().for_each(|arrange| arrange(sandbox));
    }
}

fn behind(proxy: &Proxy, env: &mut Environment) {
    enable_verbose_logging(env);
    env.set("HTTPS_PROXY", proxy.url_with(PROXY_USER, PROXY_PASSWORD))
        .set("AWS_ENDPOINT_URL_SSM", format!("https://{SSM_HOST}"))
        .set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", format!("https://{GITHUB_HOST}"));
}
