//! Temporary failures are retried with backoff, within the deadline.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use futures_util::future::join_all;
use sandbox::{Endpoint, Reply, scaled, ssm};

use crate::clock::system_clock;
use crate::scene::{BOTH_CALLS, Scene};
use crate::steps::Step;

const MS: fn(u64) -> Duration = Duration::from_millis;

/// Returns the pauses between a step's requests.
fn pauses(scene: &Scene, endpoint: Endpoint) -> Vec<Duration> {
    let requests = scene.sandbox.github.requests_to(endpoint);
    requests.windows(2).map(|pair| pair[1].at - pair[0].at).collect()
}

/// Returns sequences of replies, the last of which is good.
fn scripts() -> [(&'static str, Step, Vec<Reply>); 17] {
    let throttled = || ssm::error("ThrottlingException", "Rate exceeded");
    [
        ("throttled", Step::Ssm, vec![throttled(), Reply::good()]),
        ("500", Step::Ssm, vec![Reply::raw(500, ""), Reply::good()]),
        ("reset", Step::Ssm, vec![Reply::reset(), Reply::good()]),
        ("throttled, then 502", Step::Ssm, vec![throttled(), Reply::raw(502, ""), Reply::good()]),
        ("429", Step::Preflight, vec![Reply::status(429), Reply::good()]),
        ("500", Step::Preflight, vec![Reply::status(500), Reply::good()]),
        ("502", Step::Preflight, vec![Reply::status(502), Reply::good()]),
        ("503", Step::Preflight, vec![Reply::status(503), Reply::good()]),
        ("504", Step::Preflight, vec![Reply::status(504), Reply::good()]),
        ("reset", Step::Preflight, vec![Reply::reset(), Reply::good()]),
        ("503, then reset", Step::Preflight, vec![Reply::status(503), Reply::reset(), Reply::good()]),
        ("429", Step::Token, vec![Reply::status(429), Reply::good()]),
        ("500", Step::Token, vec![Reply::status(500), Reply::good()]),
        ("502, then 503", Step::Token, vec![Reply::status(502), Reply::status(503), Reply::good()]),
        ("504", Step::Token, vec![Reply::status(504), Reply::good()]),
        ("reset", Step::Token, vec![Reply::reset(), Reply::good()]),
        ("reset, then 503", Step::Token, vec![Reply::reset(), Reply::status(503), Reply::good()]),
    ]
}

/// Asserts the calls to SSM and GitHub in an invocation in which one step needs several attempts.
async fn assert_attempts(scene: &Scene, case: &str, step: Step, replies: Vec<Reply>) {
    let attempts = replies.len();
    let (invocation, calls) = scene.invoke_with(step, replies).await;
    assert!(invocation.is_success(), "{case}: {}", invocation.text());
    let expected = match step {
        Step::Ssm => BOTH_CALLS.to_vec(),
        Step::Preflight => [step.calls(attempts), vec![Endpoint::AccessTokens]].concat(),
        Step::Token => step.calls(attempts),
    };
    assert_eq!(calls, expected, "{case}");
    let to_ssm = scene.sandbox.ssm.requests().len();
    assert_eq!(to_ssm, if step == Step::Ssm { attempts } else { 1 }, "{case}");
}

#[tokio::test]
async fn a_retry_gets_a_token() {
    join_all(scripts().map(async |(script, step, replies)| {
        let case = format!("{step:?}: {script}");
        let scene = Scene::start().await;
        assert_attempts(&scene, &case, step, replies).await;
        // Retries of the token call have the same body.
        let requests = scene.sandbox.github.requests_to(Endpoint::AccessTokens);
        assert!(requests.iter().all(|request| request.body == requests[0].body), "{case}");
        scene.end().await;
    }))
    .await;
}

#[tokio::test]
async fn a_response_may_take_three_seconds() {
    let scripts: [(&str, Vec<Reply>); 3] = [
        ("slow", vec![Reply::good().after(MS(2_500))]),
        ("slower, then good", vec![Reply::good().after(MS(4_000)), Reply::good()]),
        ("silent, then good", vec![Reply::hang(), Reply::good()]),
    ];
    let lanes = crate::steps::STEPS.into_iter().flat_map(|step| scripts.clone().map(|script| (step, script)));
    join_all(lanes.map(async |(step, (script, replies))| {
        let scene = Scene::start().await.ready().await;
        assert_attempts(&scene, &format!("{step:?}: {script}"), step, replies).await;
    }))
    .await;
}

/// The SDK's own budget would be used up after some 20 invocations.
#[tokio::test]
async fn each_invocation_has_its_own_retry_budget() {
    let scene = Scene::start().await;
    let failing = Reply::raw(500, "").header("x-amz-retry-after", "0");
    for earlier in 0..30 {
        scene.invoke_with(Step::Ssm, [failing.clone()]).await;
        assert_eq!(scene.sandbox.ssm.requests().len(), (earlier + 1) * 3, "after {earlier} failures");
    }
    scene.end().await;
}

#[tokio::test]
async fn github_is_retried_with_backoff() {
    let scene = Scene::start().await;
    scene.invoke_with(Step::Preflight, [Reply::status(503)]).await;
    let pauses = pauses(&scene, Endpoint::Installation);
    assert_eq!(pauses.len(), 2);
    assert!(pauses.iter().all(|pause| *pause >= MS(100)), "{pauses:?}");
}

#[tokio::test]
async fn retry_after_is_seconds_or_a_date() {
    let http_date = |time: SystemTime| DateTime::from(time).fmt(Format::HttpDate).unwrap();
    let cases = [
        (Step::Preflight, 429, "1".to_owned(), MS(1_000)),
        (Step::Preflight, 503, "1".to_owned(), MS(1_000)),
        (Step::Preflight, 500, "2".to_owned(), MS(2_000)),
        (Step::Token, 429, "1".to_owned(), MS(1_000)),
        (Step::Token, 502, "1".to_owned(), MS(1_000)),
        // A date has whole seconds, and some time passes before it is sent.
        (Step::Preflight, 429, http_date(system_clock() + MS(5_000)), MS(1_000)),
        (Step::Preflight, 429, http_date(system_clock() - MS(60_000)), MS(100)),
        (Step::Preflight, 429, "0".to_owned(), MS(100)),
        (Step::Preflight, 429, "soon".to_owned(), MS(100)),
    ];
    join_all(cases.map(async |(step, status, retry_after, pause)| {
        let case = format!("{step:?}, {status}, Retry-After: {retry_after}");
        let scene = Scene::start().await.ready().await;
        let refusal = Reply::status(status).header("retry-after", &retry_after);
        scene.mint_with(&case, step, [refusal, Reply::good()]).await;
        let endpoint = if step == Step::Token { Endpoint::AccessTokens } else { Endpoint::Installation };
        let pauses = pauses(&scene, endpoint);
        assert_eq!(pauses.len(), 1, "{case}");
        assert!(pauses[0] >= pause, "{case}: {pauses:?}");
        if pause <= MS(100) {
            assert!(pauses[0] < scaled(MS(1_000)), "{case}: {pauses:?}");
        }
    }))
    .await;
}

#[tokio::test]
async fn retry_after_applies_to_each_attempt() {
    let scene = Scene::start().await;
    let refusal = Reply::status(429).header("retry-after", "1");
    let (invocation, calls) = scene.invoke_with(Step::Token, [refusal]).await;
    assert_eq!(invocation.error_message(), "GitHub installation-token request failed with status 429");
    assert_eq!(calls, Step::Token.calls(3));
    let pauses = pauses(&scene, Endpoint::AccessTokens);
    assert!(pauses.iter().all(|pause| *pause >= MS(1_000)), "{pauses:?}");
}

/// By default, the AWS SDK would adjust its clock to SSM's for the life of the process.
#[tokio::test]
async fn a_wrong_date_of_ssm_is_ignored() {
    let scene = Scene::start().await;
    let wrong = "Thu, 31 Dec 2099 23:59:59 GMT";
    let refusal = ssm::error("AccessDeniedException", "no").header("date", wrong);
    for reply in [Reply::good().header("date", wrong), refusal, Reply::raw(503, "").header("date", wrong)] {
        scene.sandbox.ssm.script([reply, Reply::good()]);
        scene.invoke().await;
        scene.mint("after a wrong date").await;
    }
    let requests = scene.sandbox.ssm.requests();
    let signed_at: Vec<&str> = requests.iter().map(|request| request.header("x-amz-date").unwrap()).collect();
    assert!(signed_at.iter().all(|date| !date.starts_with("2099")), "{signed_at:?}");
    scene.end().await;
}
