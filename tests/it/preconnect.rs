//! Connections are opened during init and used by the first invocation.

use std::time::Duration;

use sandbox::{Door, Phase, Sandbox, scaled};

use crate::clock;
use crate::scene::{Scene, assert_no_requests, launch};

fn connections(sandbox: &Sandbox) -> (usize, usize) {
    (sandbox.ssm.connections(), sandbox.github.connections())
}

/// Starts a function whose connections meet these doors, asserts that no peer got a request, and returns the duration
/// of init.
async fn started_behind(ssm: Door, github: Door) -> (Scene, Duration) {
    let sandbox = Sandbox::start().await;
    sandbox.ssm.set_doors([ssm, Door::Open]);
    sandbox.github.set_doors([github, Door::Open]);
    let started = clock::instant();
    let broker = launch(&sandbox, |_| {});
    let phase = sandbox.lambda.ready().await;
    assert!(matches!(phase, Phase::Ready), "{phase:?}");
    let took = started.elapsed();
    assert_no_requests(&sandbox, "while it starts");
    (Scene { sandbox, broker }, took)
}

#[tokio::test]
async fn one_connection_to_each_serves_all_invocations() {
    let (scene, _) = started_behind(Door::Open, Door::Open).await;
    assert_eq!(connections(&scene.sandbox), (1, 1), "at the end of the start");
    for _ in 0..5 {
        scene.mint("one of five").await;
    }
    assert_eq!((scene.sandbox.ssm.requests().len(), scene.sandbox.github.calls().len()), (5, 10));
    assert_eq!(connections(&scene.sandbox), (1, 1), "after five invocations");
    scene.end().await;
}

#[tokio::test]
async fn a_closed_connection_is_replaced() {
    for (ssm, github, expected) in [
        (Door::Closing, Door::Open, (2, 1)),
        (Door::Open, Door::Closing, (1, 2)),
        (Door::Closing, Door::Closing, (2, 2)),
    ] {
        let (scene, _) = started_behind(ssm, github).await;
        scene.mint(&format!("{ssm:?} {github:?}")).await;
        assert_eq!(connections(&scene.sandbox), expected);
        let requests = (scene.sandbox.ssm.requests().len(), scene.sandbox.github.requests().len());
        assert_eq!(requests, (1, 2), "{expected:?}: nothing was sent twice");
        scene.end().await;
    }
}

#[tokio::test]
async fn silent_peers_delay_init_by_less_than_a_second() {
    for (ssm, github) in [(Door::Silent, Door::Silent), (Door::Silent, Door::Open), (Door::Open, Door::Silent)] {
        let (scene, took) = started_behind(ssm, github).await;
        // Less than the connect timeout, although it includes the start of the process.
        assert!(took < scaled(Duration::from_millis(1_900)), "{ssm:?}, {github:?}: {took:?}");
        scene.mint(&format!("{ssm:?}, {github:?}")).await;
    }
}

#[tokio::test]
async fn unreachable_peers_do_not_fail_init() {
    for door in [Door::Reset, Door::ForeignCertificate] {
        let (scene, _) = started_behind(door, door).await;
        assert_eq!(connections(&scene.sandbox), (1, 1), "{door:?}: one attempt each");
        scene.mint(&format!("{door:?}")).await;
    }
}
