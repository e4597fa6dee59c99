//! Slow peers. The caller gets an error that names the step, well before Lambda's deadline.

use std::time::Duration;

use sandbox::{ClosedPort, Door, Reply, scaled, ssm};

use super::connections::behind;
use super::joined;
use super::row::{AT_START, Failure};
use crate::steps::{STEPS, Step};

const SECOND: Duration = Duration::from_secs(1);

pub(super) fn rows() -> Vec<Failure> {
    joined([
        attempts_of_three_seconds(),
        slow_connections(),
        ten_seconds(),
        after_a_failure(),
        retry_after(),
        resets(),
        stalls(),
        silence(),
    ])
}

fn out_of_time(step: Step, name: &str, beginning: &str, replies: impl IntoIterator<Item = Reply>) -> Failure {
    Failure::of(step, name, replies, "DeadlineExceeded", format!("{beginning}: deadline exceeded"))
}

fn out_of_time_after(step: Step, name: &str, after: &str, replies: impl IntoIterator<Item = Reply>) -> Failure {
    let message = format!("{}: deadline exceeded after {after}", step.request());
    Failure::of(step, name, replies, "DeadlineExceeded", message)
}

fn unavailable(step: Step) -> &'static str {
    if step == Step::Ssm { "ParametersUnreadable" } else { "GitHubUnavailable" }
}

/// With enough time, the attempts' own timeouts end the step. The token call is not retried once a byte of the response
/// was received.
fn attempts_of_three_seconds() -> Vec<Failure> {
    let slow = "it took longer than 3 seconds";
    let rows = [
        (Step::Ssm, "silent", Reply::hang(), false, "no response within 3 seconds"),
        (Step::Preflight, "silent", Reply::hang(), false, slow),
        (Step::Preflight, "a dripping body", Reply::good().dripping_body(), true, slow),
        (Step::Token, "a dripping head", Reply::good().dripping_head(), false, slow),
        (Step::Token, "silent after the head", Reply::good().hanging_after_head(), true, slow),
    ];
    rows.map(|(step, name, reply, is_answered, why)| {
        let beginning = if is_answered { step.read() } else { step.request().to_owned() };
        let row = Failure::of(step, format!("{name}, 20 s"), [reply], unavailable(step), format!("{beginning}: {why}"));
        let row = if is_answered { row } else { row.unanswered() };
        let row = row.within(20 * SECOND);
        if step == Step::Token {
            row.attempted(1).taking(3 * SECOND..scaled(5 * SECOND))
        } else {
            row.attempted(3).taking(9 * SECOND..scaled(14 * SECOND))
        }
    })
    .into()
}

/// Takes three attempts with two seconds for each connection, and the backoff between them.
fn slow_connections() -> Vec<Failure> {
    let rows = [Step::Ssm, Step::Preflight].map(|step| {
        let message = format!("{}: connecting timed out", step.request());
        let row = Failure::of(step, "three slow connections", [], unavailable(step), message)
            .unconnected()
            .connecting(AT_START + 3);
        behind(Door::Silent, row, step).within(20 * SECOND).taking(6 * SECOND..scaled(11 * SECOND))
    });
    rows.into()
}

/// Two attempts time out after three seconds each, the third one at the deadline.
fn ten_seconds() -> Vec<Failure> {
    let rows = STEPS.map(|step| {
        let after = "no response within 3 seconds";
        let row = out_of_time_after(step, "silent for 10 s", after, [Reply::hang()]).attempted(3).unanswered();
        if step == Step::Ssm { row.attempted_by_chance(2..=3) } else { row }
    });
    rows.into()
}

/// The message has the failure of the attempt before the last one.
fn after_a_failure() -> Vec<Failure> {
    let throttled = ssm::error("ThrottlingException", "Rate exceeded");
    let rows = [
        (Step::Ssm, throttled, "ThrottlingException: Rate exceeded"),
        (Step::Ssm, Reply::raw(503, ""), "status 503 without an AWS error code"),
        (Step::Ssm, Reply::reset(), "the connection was reset"),
        (Step::Preflight, Reply::status(503), "status 503"),
        (Step::Preflight, Reply::reset(), "the connection was reset"),
        (Step::Token, Reply::status(429), "status 429"),
        (Step::Token, Reply::reset(), "the connection was reset"),
    ];
    rows.map(|(step, reply, after)| {
        let row = out_of_time_after(step, &format!("{after}, then silent"), after, [reply, Reply::hang()]);
        let row = row.attempted(2).within(Duration::from_millis(2_900));
        // SSM's ID is recorded when the call ends, GitHub's with each response.
        if step == Step::Ssm || after.starts_with("the connection") { row.unanswered() } else { row }
    })
    .into()
}

/// The function does not wait for a pause that is longer than the time left.
fn retry_after() -> Vec<Failure> {
    let rows = [
        (Step::Preflight, 429, "60", 10, "GitHubRateLimited"),
        (Step::Preflight, 503, "60", 10, "GitHubUnavailable"),
        (Step::Preflight, 503, "2", 3, "GitHubUnavailable"),
        (Step::Preflight, 429, "9", 10, "GitHubRateLimited"),
        (Step::Preflight, 429, "99999999999999999999999", 10, "GitHubRateLimited"),
        (Step::Preflight, 429, "9223372036854775807", 10, "GitHubRateLimited"),
        (Step::Token, 503, "18446744073709551615", 10, "GitHubUnavailable"),
        (Step::Preflight, 429, "Fri, 31 Dec 9999 23:59:59 GMT", 10, "GitHubRateLimited"),
        (Step::Token, 429, "60", 10, "GitHubRateLimited"),
        (Step::Token, 504, "3600", 10, "GitHubUnavailable"),
    ];
    rows.map(|(step, status, retry_after, seconds, error_type)| {
        let name = format!("{status}, Retry-After: {retry_after}, {seconds} s");
        let message = format!("GitHub {} request failed with status {status}", step.name());
        let reply = Reply::status(status).header("retry-after", retry_after);
        Failure::of(step, name, [reply], error_type, message)
            .within(seconds * SECOND)
            .taking(Duration::ZERO..scaled(Duration::from_millis(1_900)))
    })
    .into()
}

/// Three attempts that are reset take little time.
fn resets() -> Vec<Failure> {
    let (step, closed) = (Step::Preflight, ClosedPort::reserve().unwrap());
    let message = |why: &str| format!("{}: the connection was {why}", step.request());
    vec![
        Failure::of(step, "reset, 3 s", [Reply::reset()], unavailable(step), message("reset"))
            .attempted(3)
            .unanswered()
            .within(3 * SECOND),
        Failure::of(step, "refused, 3 s", [], unavailable(step), message("refused"))
            .unconnected()
            .within(3 * SECOND)
            .started_with(move |_, env| {
                env.set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", closed.url());
            }),
    ]
}

fn stalls() -> Vec<Failure> {
    let timeouts = [3 * SECOND, SECOND].into_iter();
    timeouts.flat_map(|timeout| STEPS.into_iter().flat_map(move |step| stalls_of(step, timeout))).collect()
}

/// Peers that never send a complete response.
fn stalls_of(step: Step, timeout: Duration) -> Vec<Failure> {
    let (before, after) = (step.request(), &*step.read());
    let rows = [
        ("silent", Reply::hang(), before),
        ("a dripping head", Reply::good().dripping_head(), before),
        ("a dripping body", Reply::good().dripping_body(), after),
        ("silent after the head", Reply::good().hanging_after_head(), after),
    ];
    rows.map(|(name, reply, beginning)| {
        let row = out_of_time(step, &format!("{name}, {timeout:?}"), beginning, [reply]).within(timeout);
        if beginning == before { row.unanswered() } else { row }
    })
    .into()
}

/// Peers that accept connections and never complete them.
fn silence() -> Vec<Failure> {
    let timeouts = [SECOND, 2 * SECOND].into_iter();
    let rows = timeouts.flat_map(|timeout| {
        [Step::Ssm, Step::Preflight].map(|step| {
            let row = out_of_time(step, &format!("no connection, {timeout:?}"), step.request(), []).unconnected();
            behind(Door::Silent, row, step).within(timeout)
        })
    });
    rows.collect()
}
