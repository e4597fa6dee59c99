//! Connections are opened while the function starts, and used by its first invocation.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail anywhere")]

mod common;

use std::time::Duration;

use common::{assert_nobody_was_called, launch};
use github_token_broker::clock;
use sandbox::{Door, Phase, Sandbox, scaled};

fn connections(sandbox: &Sandbox) -> (usize, usize) {
    (sandbox.ssm.connections(), sandbox.github.connections())
}

async fn assert_starts(sandbox: &Sandbox) {
    let phase = sandbox.lambda.ready().await;
    assert!(matches!(phase, Phase::Ready), "{phase:?}");
    assert_nobody_was_called(sandbox, "while it starts");
}

#[tokio::test]
async fn one_to_ssm_and_one_to_github_without_a_request_and_later_invocations_use_them_too() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    assert_starts(&sandbox).await;
    assert_eq!(connections(&sandbox), (1, 1), "at the end of the start");
    for _ in 0..3 {
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{} {}", invocation.text(), broker.captured().describe());
    }
    assert_eq!(connections(&sandbox), (1, 1), "after three invocations");
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn a_connection_that_its_peer_closed_is_replaced_without_an_error() {
    let sandbox = Sandbox::start().await;
    for (ssm, github, expected) in [
        (Door::Closing, Door::Open, (2, 1)),
        (Door::Open, Door::Closing, (1, 2)),
        (Door::Closing, Door::Closing, (2, 2)),
    ] {
        let before = connections(&sandbox);
        let calls_before = (sandbox.ssm.requests().len(), sandbox.github.requests().len());
        sandbox.ssm.set_doors([ssm, Door::Open]);
        sandbox.github.set_doors([github, Door::Open]);
        let broker = launch(&sandbox, |_| {});
        assert!(matches!(sandbox.lambda.ready().await, Phase::Ready));
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{expected:?}: {} {}", invocation.text(), broker.captured().describe());
        let after = connections(&sandbox);
        assert_eq!((after.0 - before.0, after.1 - before.1), expected);
        let calls = (sandbox.ssm.requests().len() - calls_before.0, sandbox.github.requests().len() - calls_before.1);
        assert_eq!(calls, (1, 2), "{expected:?}: nothing was asked twice");
        broker.stop().await;
    }
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn peers_that_do_not_answer_hold_the_start_up_for_less_than_a_second() {
    for (ssm, github) in [(Door::Silent, Door::Silent), (Door::Silent, Door::Open), (Door::Open, Door::Silent)] {
        let sandbox = Sandbox::start().await;
        sandbox.ssm.set_doors([ssm, Door::Open]);
        sandbox.github.set_doors([github, Door::Open]);
        let started = clock::instant();
        let broker = launch(&sandbox, |_| {});
        assert_starts(&sandbox).await;
        let took = started.elapsed();
        // Less than connecting may take, which is what it would wait for otherwise; the start of the process is in it.
        assert!(took < scaled(Duration::from_millis(1_900)), "{ssm:?}, {github:?}: {took:?}");
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{} {}", invocation.text(), broker.captured().describe());
    }
}

#[tokio::test]
async fn peers_that_cannot_be_connected_to_do_not_fail_the_start() {
    for door in [Door::Reset, Door::ForeignCertificate] {
        let sandbox = Sandbox::start().await;
        sandbox.ssm.set_doors([door, Door::Open]);
        sandbox.github.set_doors([door, Door::Open]);
        let broker = launch(&sandbox, |_| {});
        assert_starts(&sandbox).await;
        assert_eq!(connections(&sandbox), (1, 1), "{door:?}: tried once each");
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{door:?}: {} {}", invocation.text(), broker.captured().describe());
    }
}
