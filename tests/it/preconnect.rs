//! Connections are opened while the function starts, and used by its first invocation.

use std::time::Duration;

use sandbox::{Door, Phase, Sandbox, scaled};

use crate::clock;
use crate::scene::{Scene, assert_no_requests, launch};

fn connections(sandbox: &Sandbox) -> (usize, usize) {
    (sandbox.ssm.connections(), sandbox.github.connections())
}

/// A function that has started with connections that met these doors, and how long that took. No peer got a request.
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
async fn silent_peers_delay_the_start_by_less_than_a_second() {
    for (ssm, github) in [(Door::Silent, Door::Silent), (Door::Silent, Door::Open), (Door::Open, Door::Silent)] {
        let (scene, took) = started_behind(ssm, github).await;
        // Less than connecting may take; the start of the process is in it.
        assert!(took < scaled(Duration::from_millis(1_900)), "{ssm:?}, {github:?}: {took:?}");
        scene.mint(&format!("{ssm:?}, {github:?}")).await;
    }
}

#[tokio::test]
async fn unreachable_peers_do_not_fail_the_start() {
    for door in [Door::Reset, Door::ForeignCertificate] {
        let (scene, _) = started_behind(door, door).await;
        assert_eq!(connections(&scene.sandbox), (1, 1), "{door:?}: one attempt each");
        scene.mint(&format!("{door:?}")).await;
    }
}
