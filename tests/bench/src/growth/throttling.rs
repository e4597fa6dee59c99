//! Measures concurrent callers while SSM throttles.
//!
//! Lambda runs concurrent invocations in separate environments, so each caller has its own broker, which is already
//! started.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use comfy_table::Table;
use futures_util::future::try_join_all;
use sandbox::{Invocation, Recorded, Reply, Sandbox, ssm};
use serde_json::json;
use tokio::select;
use tokio::time::interval;

use super::{Section, crowd};
use crate::broker::TestBed;
use crate::{progress, table};

const CALLERS: u32 = 200;
/// SSM's default throughput for `GetParameters`, per account and region.
/// <https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm>
const REQUESTS_PER_SECOND: u32 = 40;
/// The header whose value is the same in all attempts of an operation.
const OPERATION: &str = "amz-sdk-invocation-id";
/// The length of the windows in which requests are counted.
const WINDOW: Duration = Duration::from_millis(100);

/// The outcome of the measurement.
struct Outcome {
    /// The number of callers for each response.
    answers: BTreeMap<String, usize>,
    /// The number of brokers for each number of requests to SSM.
    attempts: BTreeMap<usize, usize>,
    /// The number of requests to SSM in each window.
    windows: Vec<usize>,
    /// The time until the last caller got its response.
    last: Duration,
}

/// Lets all callers invoke their brokers at the same time.
pub(super) async fn measure(program: &Path) -> Result<Section> {
    let bar = progress::bar(1);
    bar.set_message(format!("{CALLERS} callers, SSM throttled"));
    let bed = TestBed::warmed_up(program).await?;
    let sandbox = &bed.sandbox;
    let crowd = crowd::start(sandbox, program, CALLERS).await?;
    let earlier = sandbox.ssm.requests().len();
    let before = Instant::now();
    let invocations = select! {
        invocations = try_join_all(crowd.iter().map(|(member, _)| member.invoke())) => invocations?,
        () = throttle(sandbox) => Vec::new(),
    };
    let last = before.elapsed();
    let requests = sandbox.ssm.requests().split_off(earlier);
    for (member, _) in crowd {
        member.broker.stop().await;
    }
    bar.finish_and_clear();
    Ok(Outcome::of(&invocations, &requests, before, last).section())
}

/// Accepts one request in each of the [`REQUESTS_PER_SECOND`] parts of a second and refuses the others. Unused parts
/// are not carried over.
async fn throttle(sandbox: &Sandbox) {
    let refusal = ssm::error("ThrottlingException", "Rate exceeded");
    let mut parts = interval(Duration::from_secs(1) / REQUESTS_PER_SECOND);
    loop {
        parts.tick().await;
        sandbox.ssm.script([Reply::good(), refusal.clone()]);
    }
}

impl Outcome {
    fn of(invocations: &[Invocation], requests: &[Recorded], start: Instant, last: Duration) -> Self {
        let operations = count(requests.iter().map(|request| request.header(OPERATION).unwrap_or_default()));
        Self {
            answers: count(invocations.iter().map(answer)),
            attempts: count(operations.into_values()),
            windows: windows(requests, start),
            last,
        }
    }

    fn section(&self) -> Section {
        let mut table: Table = table::new(["", "callers"]);
        for (answer, callers) in &self.answers {
            table.add_row([answer.clone(), callers.to_string()]);
        }
        for (attempts, callers) in &self.attempts {
            table.add_row([format!("requests to SSM: {attempts}"), callers.to_string()]);
        }
        let windows: Vec<_> = self.windows.iter().map(ToString::to_string).collect();
        let title = format!(
            "{CALLERS} concurrent callers, each with its own broker, which is ready; SSM answers \
             {REQUESTS_PER_SECOND} requests per second and refuses the others. The last answer came after {:.1} s. \
             Requests to SSM in each {} ms: {}",
            self.last.as_secs_f64(),
            WINDOW.as_millis(),
            windows.join(" "),
        );
        let attempts = self.attempts.iter().map(|(attempts, callers)| (attempts.to_string(), *callers));
        let json = json!({
            "callers": CALLERS,
            "requests_per_second": REQUESTS_PER_SECOND,
            "answers": self.answers,
            "attempts": attempts.collect::<BTreeMap<_, _>>(),
            "window_ms": WINDOW.as_millis(),
            "requests_per_window": self.windows,
            "last_answer_s": self.last.as_secs_f64(),
        });
        Section { title, table, json }
    }
}

fn answer(invocation: &Invocation) -> String {
    if invocation.is_success() {
        "a token".into()
    } else {
        format!("{}: {}", invocation.error_type(), invocation.error_message())
    }
}

/// Counts the occurrences of each item.
fn count<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

/// Returns the number of requests in each window.
fn windows(requests: &[Recorded], start: Instant) -> Vec<usize> {
    let windows = requests.iter().map(|request| request.at.duration_since(start).as_millis() / WINDOW.as_millis());
    let counts = count(windows);
    let last = counts.keys().max().copied().unwrap_or_default();
    (0..=last).map(|window| counts.get(&window).copied().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_items_are_counted_together() {
        assert_eq!(count(["b", "a", "b"].into_iter()), BTreeMap::from([("a", 1), ("b", 2)]));
    }
}
