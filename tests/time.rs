//! Time: whatever SSM and GitHub do, the answer is posted before Lambda's deadline, and it names the step.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use futures_util::future::{join, join_all};
use github_token_broker::clock::system_clock;
use sandbox::{
    Broker, ClosedPort, Door, Endpoint, Environment, Invocation, Outcome, Phase, Reply, Sandbox, scaled, ssm,
};

const BOOTSTRAP: &str = env!("CARGO_BIN_EXE_bootstrap");
const MS: fn(u64) -> Duration = Duration::from_millis;

/// A step that a peer can stall.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Ssm,
    Preflight,
    Token,
}

const STEPS: [Step; 3] = [Step::Ssm, Step::Preflight, Step::Token];

impl Step {
    /// What comes before the colon of an error: no answer, or one that has begun.
    fn text(self, answer_has_begun: bool) -> &'static str {
        match (self, answer_has_begun) {
            (Self::Ssm, _) => "read GitHub App parameters from SSM",
            (Self::Preflight, false) => "request GitHub repository installation",
            (Self::Preflight, true) => "read GitHub repository-installation response",
            (Self::Token, false) => "request GitHub installation token",
            (Self::Token, true) => "read GitHub installation-token response",
        }
    }

    /// GitHub's calls when this step is asked so often and fails.
    fn calls(self, times: usize) -> Vec<Endpoint> {
        match self {
            Self::Ssm => vec![],
            Self::Preflight => vec![Endpoint::Installation; times],
            Self::Token => [vec![Endpoint::Installation], vec![Endpoint::AccessTokens; times]].concat(),
        }
    }
}

/// A broker that runs and has finished starting.
struct Scene {
    sandbox: Sandbox,
    broker: Broker,
}

impl Scene {
    async fn start(timeout: Duration) -> Self {
        Self::start_with(timeout, |_| {}, |_| {}).await
    }

    async fn start_with(
        timeout: Duration,
        prepare: impl FnOnce(&Sandbox),
        change: impl FnOnce(&mut Environment),
    ) -> Self {
        let sandbox = Sandbox::start().await;
        sandbox.lambda.set_timeout(timeout);
        prepare(&sandbox);
        let broker = sandbox.launch(BOOTSTRAP.as_ref(), change);
        assert!(matches!(sandbox.lambda.ready().await, Phase::Ready), "{}", broker.stdout());
        Self { sandbox, broker }
    }

    fn script(&self, step: Step, replies: impl IntoIterator<Item = Reply>) {
        match step {
            Step::Ssm => self.sandbox.ssm.script(replies),
            Step::Preflight => self.sandbox.github.script(Endpoint::Installation, replies),
            Step::Token => self.sandbox.github.script(Endpoint::AccessTokens, replies),
        }
    }

    /// One invocation with one step scripted so (good again afterwards), and GitHub's calls.
    async fn invoke(&self, step: Step, replies: impl IntoIterator<Item = Reply>) -> (Invocation, Vec<Endpoint>) {
        let earlier = self.sandbox.github.calls().len();
        self.script(step, replies);
        let invocation = self.sandbox.lambda.invoke("null").await;
        self.script(step, []);
        (invocation, self.sandbox.github.calls().split_off(earlier))
    }

    /// From each of a step's requests to the next.
    fn pauses(&self, endpoint: Endpoint) -> Vec<Duration> {
        let requests = self.sandbox.github.requests_to(endpoint);
        requests.windows(2).map(|pair| pair[1].at - pair[0].at).collect()
    }
}

/// How long before the deadline an answer must have been posted.
fn margin_ms(timeout: Duration) -> i64 {
    let ms = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
    if ms < 2_000 { ms / 4 } else { 500 }
}

fn assert_in_time(invocation: &Invocation, timeout: Duration, case: &str) {
    assert!(
        invocation.margin_ms >= margin_ms(timeout),
        "{case}: {} ms before the deadline: {}",
        invocation.margin_ms,
        invocation.text()
    );
}

/// What a peer does that never ends, and whether its answer has begun then.
fn stalls() -> [(&'static str, Reply, bool); 4] {
    [
        ("hanging", Reply::hang(), false),
        ("dripping head", Reply::good().dripping_head(), false),
        ("dripping body", Reply::good().dripping_body(), true),
        ("hanging after the head", Reply::good().hanging_after_head(), true),
    ]
}

#[tokio::test]
async fn a_step_that_stalls_is_named_before_a_short_deadline() {
    // One after the other, for a second is short on a busy machine.
    each_stalls(Duration::from_secs(3), &STEPS.map(|step| vec![step])).await;
    each_stalls(Duration::from_secs(1), &[STEPS.to_vec()]).await;
}

/// Each way to stall in each list of steps, all lists at the same time.
async fn each_stalls(timeout: Duration, lists: &[Vec<Step>]) {
    let lanes = stalls().into_iter().flat_map(|stall| lists.iter().map(move |steps| (stall.clone(), steps)));
    // All are up before the clock starts for the first.
    let lanes = join_all(lanes.map(async |lane| (Scene::start(timeout).await, lane))).await;
    join_all(lanes.into_iter().map(async |(scene, ((stall, reply, answer_has_begun), steps))| {
        for step in steps {
            let case = format!("{step:?} {stall}, {timeout:?}");
            let (mut invocation, mut calls) = scene.invoke(*step, [reply.clone()]).await;
            // A busy machine may delay an answer now and then; a broker that is late is late each time.
            for _ in 0..2 {
                if invocation.margin_ms < margin_ms(timeout) {
                    (invocation, calls) = scene.invoke(*step, [reply.clone()]).await;
                }
            }
            let text = format!("{}: deadline exceeded", step.text(answer_has_begun));
            let failure = (invocation.error_type(), invocation.error_message());
            assert_eq!(failure, ("DeadlineExceeded".to_owned(), text), "{case}");
            assert_eq!(calls, step.calls(1), "{case}");
            assert_in_time(&invocation, timeout, &case);
        }
        assert_eq!(scene.sandbox.leaks(&scene.broker.stop().await, &[]), []);
    }))
    .await;
}

#[tokio::test]
async fn a_connection_that_never_comes_about_is_told_before_a_short_deadline() {
    let lanes = [1, 2].into_iter().flat_map(|seconds| [Step::Ssm, Step::Preflight].map(|step| (seconds, step)));
    join_all(lanes.map(async |(seconds, step)| {
        let timeout = Duration::from_secs(seconds);
        let case = format!("{step:?}, {timeout:?}");
        let silent = |sandbox: &Sandbox| match step {
            Step::Ssm => sandbox.ssm.set_doors([Door::Silent]),
            _ => sandbox.github.set_doors([Door::Silent]),
        };
        let scene = Scene::start_with(timeout, silent, |_| {}).await;
        let (invocation, calls) = scene.invoke(step, []).await;
        let text = format!("{}: deadline exceeded", step.text(false));
        assert_eq!(
            (invocation.error_type(), invocation.error_message()),
            ("DeadlineExceeded".to_owned(), text),
            "{case}"
        );
        assert_eq!(calls, [], "{case}");
        assert_in_time(&invocation, timeout, &case);
    }))
    .await;
}

#[tokio::test]
async fn a_peer_that_resets_or_refuses_is_told_before_a_short_deadline() {
    let github = ["reset", "refused"].map(async |fault| {
        let timeout = Duration::from_secs(3);
        let closed = ClosedPort::reserve().unwrap();
        let scene = Scene::start_with(
            timeout,
            |_| {},
            |env| {
                if fault == "refused" {
                    env.set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", closed.url());
                }
            },
        )
        .await;
        let (invocation, _) = scene.invoke(Step::Preflight, [Reply::reset()]).await;
        let text = format!("request GitHub repository installation: the connection was {fault}");
        assert_eq!((invocation.error_type(), invocation.error_message()), ("GitHubUnavailable".to_owned(), text));
        assert_in_time(&invocation, timeout, fault);
    });
    // How long the SDK pauses is a matter of chance, so the deadline may come first.
    let ssm = [1, 3].map(async |seconds| {
        let timeout = Duration::from_secs(seconds);
        let scene = Scene::start(timeout).await;
        for reply in [Reply::reset(), Reply::raw(503, ""), ssm::error("ThrottlingException", "Rate exceeded")] {
            let case = format!("{reply:?}, {timeout:?}");
            let (invocation, calls) = scene.invoke(Step::Ssm, [reply]).await;
            let error_type = invocation.error_type();
            assert!(
                ["DeadlineExceeded", "ParametersUnreadable"].contains(&error_type.as_str()),
                "{case}: {error_type}"
            );
            let text = invocation.error_message();
            assert!(text.starts_with("read GitHub App parameters from SSM: "), "{case}: {text}");
            assert_eq!(calls, [], "{case}");
            assert_in_time(&invocation, timeout, &case);
        }
    });
    join(join_all(github), join_all(ssm)).await;
}

/// The two that take the longest wait together.
#[tokio::test]
async fn an_attempt_ends_after_three_seconds_and_the_third_one_with_the_time() {
    join(three_attempts_of_three_seconds(), three_attempts_in_ten_seconds()).await;
}

async fn three_attempts_in_ten_seconds() {
    join_all(STEPS.map(async |step| {
        let timeout = Duration::from_secs(10);
        let scene = Scene::start(timeout).await;
        let (invocation, calls) = scene.invoke(step, [Reply::hang()]).await;
        let text = format!("{}: deadline exceeded", step.text(false));
        assert_eq!((invocation.error_type(), invocation.error_message()), ("DeadlineExceeded".to_owned(), text));
        assert_eq!(calls, step.calls(3), "{step:?}");
        assert_in_time(&invocation, timeout, &format!("{step:?}"));
        if step == Step::Ssm {
            let asked = scene.sandbox.ssm.requests().len();
            assert!((2..=3).contains(&asked), "{asked}");
        }
    }))
    .await;
}

/// With time in plenty it is not the deadline that ends them.
async fn three_attempts_of_three_seconds() {
    let timeout = Duration::from_secs(20);
    let cases = [
        (Step::Ssm, Reply::hang(), "read GitHub App parameters from SSM: no answer within 3 seconds"),
        (Step::Preflight, Reply::hang(), "request GitHub repository installation: it took longer than 3 seconds"),
        (
            Step::Preflight,
            Reply::good().dripping_body(),
            "read GitHub repository-installation response: it took longer than 3 seconds",
        ),
        (
            Step::Token,
            Reply::good().dripping_head(),
            "request GitHub installation token: it took longer than 3 seconds",
        ),
        (
            Step::Token,
            Reply::good().hanging_after_head(),
            "read GitHub installation-token response: it took longer than 3 seconds",
        ),
    ];
    let stalls = cases.map(async |(step, reply, text)| {
        let scene = Scene::start(timeout).await;
        let (invocation, calls) = scene.invoke(step, [reply]).await;
        let error_type = if step == Step::Ssm { "ParametersUnreadable" } else { "GitHubUnavailable" };
        assert_eq!((invocation.error_type().as_str(), invocation.error_message().as_str()), (error_type, text));
        assert_eq!(calls, step.calls(3), "{text}");
        let asked = scene.sandbox.ssm.requests().len();
        assert_eq!(asked, if step == Step::Ssm { 3 } else { 1 }, "{text}");
        assert!(invocation.elapsed >= Duration::from_secs(9), "{text}: {:?}", invocation.elapsed);
        assert!(invocation.elapsed < scaled(Duration::from_secs(14)), "{text}: {:?}", invocation.elapsed);
    });
    let connections = [Step::Ssm, Step::Preflight].map(async |step| {
        let silent = |sandbox: &Sandbox| match step {
            Step::Ssm => sandbox.ssm.set_doors([Door::Silent]),
            _ => sandbox.github.set_doors([Door::Silent]),
        };
        let scene = Scene::start_with(timeout, silent, |_| {}).await;
        let accepted = || match step {
            Step::Ssm => scene.sandbox.ssm.connections(),
            _ => scene.sandbox.github.connections(),
        };
        let earlier = accepted();
        let (invocation, _) = scene.invoke(step, []).await;
        let error_type = if step == Step::Ssm { "ParametersUnreadable" } else { "GitHubUnavailable" };
        let text = format!("{}: connecting took too long", step.text(false));
        assert_eq!((invocation.error_type(), invocation.error_message()), (error_type.to_owned(), text));
        assert_eq!(accepted() - earlier, 3, "{step:?}");
        // Two seconds for each connection, three attempts, and the pauses.
        assert!(invocation.elapsed >= Duration::from_secs(6), "{step:?}: {:?}", invocation.elapsed);
        assert!(invocation.elapsed < scaled(Duration::from_secs(11)), "{step:?}: {:?}", invocation.elapsed);
    });
    join(join_all(stalls), join_all(connections)).await;
}

#[tokio::test]
async fn a_slow_answer_within_three_seconds_is_waited_for_and_a_slower_one_is_asked_for_again() {
    let scripts: [(&str, Vec<Reply>); 3] = [
        ("slow", vec![Reply::good().after(MS(2_500))]),
        ("slower, then good", vec![Reply::good().after(MS(4_000)), Reply::good()]),
        ("hanging, then good", vec![Reply::hang(), Reply::good()]),
    ];
    let lanes = STEPS.into_iter().flat_map(|step| scripts.clone().map(|script| (step, script)));
    join_all(lanes.map(async |(step, (script, replies))| {
        let scene = Scene::start(Duration::from_secs(10)).await;
        let attempts = replies.len();
        let (invocation, calls) = scene.invoke(step, replies).await;
        assert!(invocation.is_success(), "{step:?} {script}: {}", invocation.text());
        let expected = match step {
            Step::Ssm => Step::Token.calls(1),
            Step::Preflight => [step.calls(attempts), vec![Endpoint::AccessTokens]].concat(),
            Step::Token => step.calls(attempts),
        };
        assert_eq!(calls, expected, "{step:?} {script}");
        let asked = scene.sandbox.ssm.requests().len();
        assert_eq!(asked, if step == Step::Ssm { attempts } else { 1 }, "{step:?} {script}");
    }))
    .await;
}

#[tokio::test]
async fn github_is_not_asked_again_at_once() {
    let scene = Scene::start(Duration::from_secs(10)).await;
    scene.invoke(Step::Preflight, [Reply::status(503)]).await;
    let pauses = scene.pauses(Endpoint::Installation);
    assert_eq!(pauses.len(), 2);
    assert!(pauses.iter().all(|pause| *pause >= MS(100)), "{pauses:?}");
}

#[tokio::test]
async fn retry_after_is_honoured_in_seconds_and_as_a_date() {
    let http_date = |time: SystemTime| DateTime::from(time).fmt(Format::HttpDate).unwrap();
    let cases = [
        (Step::Preflight, 429, "1".to_owned(), MS(1_000)),
        (Step::Preflight, 503, "1".to_owned(), MS(1_000)),
        (Step::Preflight, 500, "2".to_owned(), MS(2_000)),
        (Step::Token, 429, "1".to_owned(), MS(1_000)),
        (Step::Token, 502, "1".to_owned(), MS(1_000)),
        // A date has no fractions of a second, and some time passes until it is sent.
        (Step::Preflight, 429, http_date(system_clock() + MS(5_000)), MS(1_000)),
        (Step::Preflight, 429, http_date(system_clock() - MS(60_000)), MS(100)),
        (Step::Preflight, 429, "0".to_owned(), MS(100)),
        (Step::Preflight, 429, "soon".to_owned(), MS(100)),
    ];
    join_all(cases.map(async |(step, status, retry_after, pause)| {
        let case = format!("{step:?}, {status}, Retry-After: {retry_after}");
        let scene = Scene::start(Duration::from_secs(10)).await;
        let refusal = Reply::status(status).header("retry-after", &retry_after);
        let (invocation, _) = scene.invoke(step, [refusal, Reply::good()]).await;
        assert!(invocation.is_success(), "{case}: {}", invocation.text());
        let endpoint = if step == Step::Token { Endpoint::AccessTokens } else { Endpoint::Installation };
        let pauses = scene.pauses(endpoint);
        assert_eq!(pauses.len(), 1, "{case}");
        assert!(pauses[0] >= pause, "{case}: {pauses:?}");
        if pause <= MS(100) {
            assert!(pauses[0] < scaled(MS(1_000)), "{case}: {pauses:?}");
        }
    }))
    .await;
}

#[tokio::test]
async fn retry_after_counts_for_each_attempt() {
    let scene = Scene::start(Duration::from_secs(10)).await;
    let refusal = Reply::status(429).header("retry-after", "1");
    let (invocation, calls) = scene.invoke(Step::Token, [refusal]).await;
    assert_eq!(invocation.error_message(), "GitHub installation-token request failed with status 429");
    assert_eq!(calls, Step::Token.calls(3));
    let pauses = scene.pauses(Endpoint::AccessTokens);
    assert!(pauses.iter().all(|pause| *pause >= MS(1_000)), "{pauses:?}");
}

#[tokio::test]
async fn a_retry_after_beyond_the_time_left_is_not_waited_for() {
    let name = |step| if step == Step::Token { "installation-token" } else { "repository-installation" };
    let cases = [
        (Step::Preflight, 429, "60", 10, "GitHubRateLimited"),
        (Step::Preflight, 503, "60", 10, "GitHubUnavailable"),
        (Step::Preflight, 503, "2", 3, "GitHubUnavailable"),
        (Step::Preflight, 429, "9", 10, "GitHubRateLimited"),
        (Step::Preflight, 429, "99999999999999999999999", 10, "GitHubRateLimited"),
        (Step::Preflight, 429, "Fri, 31 Dec 9999 23:59:59 GMT", 10, "GitHubRateLimited"),
        (Step::Token, 429, "60", 10, "GitHubRateLimited"),
        (Step::Token, 504, "3600", 10, "GitHubUnavailable"),
    ];
    join_all(cases.map(async |(step, status, retry_after, seconds, error_type)| {
        let case = format!("{step:?}, {status}, Retry-After: {retry_after}, {seconds} s");
        let scene = Scene::start(Duration::from_secs(seconds)).await;
        let refusal = Reply::status(status).header("retry-after", retry_after);
        let (invocation, calls) = scene.invoke(step, [refusal]).await;
        let text = format!("GitHub {} request failed with status {status}", name(step));
        assert_eq!((invocation.error_type(), invocation.error_message()), (error_type.to_owned(), text), "{case}");
        assert_eq!(calls, step.calls(1), "{case}");
        assert!(invocation.elapsed < scaled(MS(1_900)), "{case}: {:?}", invocation.elapsed);
    }))
    .await;
}

#[tokio::test]
async fn however_little_time_there_is_the_step_is_named_and_the_next_invocation_works() {
    let scene = Scene::start(Duration::ZERO).await;
    for ms in [0, 1, 5, 20, 60] {
        scene.sandbox.lambda.set_timeout(MS(ms));
        let (invocation, calls) = scene.invoke(Step::Ssm, [Reply::hang()]).await;
        // Lambda may have given up by then, but the log knows.
        let line = scene.broker.log_of(&invocation).await;
        assert_eq!(line["error"], "read GitHub App parameters from SSM: deadline exceeded", "{ms} ms");
        assert_eq!(line["error_type"], "DeadlineExceeded", "{ms} ms");
        if invocation.outcome != Outcome::TimedOut {
            assert_eq!(invocation.error_type(), "DeadlineExceeded", "{ms} ms");
        }
        assert_eq!(calls, [], "{ms} ms");
    }
    scene.sandbox.lambda.set_timeout(Duration::from_secs(10));
    let (invocation, _) = scene.invoke(Step::Ssm, []).await;
    assert!(invocation.is_success(), "{}", invocation.text());
}

#[tokio::test]
async fn an_invocation_after_one_whose_time_ran_out_gets_its_token() {
    let timeout = Duration::from_secs(1);
    let scene = Scene::start(timeout).await;
    for step in STEPS {
        let (invocation, _) = scene.invoke(step, [Reply::hang()]).await;
        assert_eq!(invocation.error_type(), "DeadlineExceeded", "{step:?}");
        scene.sandbox.lambda.set_timeout(Duration::from_secs(10));
        let (invocation, _) = scene.invoke(step, []).await;
        assert!(invocation.is_success(), "after {step:?}: {}", invocation.text());
        scene.sandbox.lambda.set_timeout(timeout);
    }
}
