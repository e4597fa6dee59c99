//! The response is posted before Lambda's deadline, even with a very short timeout, and the next invocation works.

use std::time::Duration;

use futures_util::future::join_all;
use sandbox::{Outcome, Reply, ssm};

use crate::scene::Scene;
use crate::steps::{STEPS, Step};

#[tokio::test]
async fn without_time_the_first_step_is_named() {
    let scene = Scene::start().await;
    for ms in [0, 1, 5, 20, 60] {
        scene.sandbox.lambda.set_timeout(Duration::from_millis(ms));
        let (invocation, calls) = scene.invoke_with(Step::Ssm, [Reply::hang()]).await;
        // Lambda may have timed out the invocation already, but the log has the error.
        let line = scene.broker.log_of(&invocation).await;
        assert_eq!(line["error"], "read GitHub App parameters from SSM: deadline exceeded", "{ms} ms");
        assert_eq!(line["error_type"], "DeadlineExceeded", "{ms} ms");
        if invocation.outcome != Outcome::TimedOut {
            assert_eq!(invocation.error_type(), "DeadlineExceeded", "{ms} ms");
        }
        assert_eq!(calls, [], "{ms} ms");
    }
    scene.sandbox.lambda.set_timeout(Duration::from_secs(10));
    scene.mint("the next invocation").await;
}

#[tokio::test]
async fn an_invocation_after_a_timeout_gets_its_token() {
    let scene = Scene::start().await.ready().await;
    for step in STEPS {
        scene.sandbox.lambda.set_timeout(Duration::from_secs(1));
        let (invocation, _) = scene.invoke_with(step, [Reply::hang()]).await;
        assert_eq!(invocation.error_type(), "DeadlineExceeded", "{step:?}");
        scene.sandbox.lambda.set_timeout(Duration::from_secs(10));
        scene.mint(&format!("after {step:?}")).await;
    }
}

/// The SDK's backoff is random, so the deadline may precede the last attempt.
#[tokio::test]
async fn retries_of_ssm_end_before_the_deadline() {
    join_all([1, 3].map(async |seconds| {
        let scene = Scene::start().await.ready().await;
        scene.sandbox.lambda.set_timeout(Duration::from_secs(seconds));
        for reply in [Reply::reset(), Reply::raw(503, ""), ssm::error("ThrottlingException", "Rate exceeded")] {
            let case = format!("{reply:?}, {seconds} s");
            let (mut invocation, mut calls) = scene.invoke_with(Step::Ssm, [reply.clone()]).await;
            let margin_ms = if seconds < 2 { 250 } else { 500 };
            // A busy machine may delay a response. A bug would delay both runs.
            for _ in 0..2 {
                if invocation.margin_ms < margin_ms {
                    (invocation, calls) = scene.invoke_with(Step::Ssm, [reply.clone()]).await;
                }
            }
            let (error_type, text) = (invocation.error_type(), invocation.error_message());
            assert!(["DeadlineExceeded", "ParametersUnreadable"].contains(&&*error_type), "{case}: {error_type}");
            assert!(text.starts_with("read GitHub App parameters from SSM: "), "{case}: {text}");
            assert_eq!(calls, [], "{case}");
            assert!(invocation.margin_ms >= margin_ms, "{case}: {} ms before the deadline", invocation.margin_ms);
        }
    }))
    .await;
}
