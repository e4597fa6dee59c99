//! Connections that are cut silently, as may happen while Lambda freezes the process, delay the next invocation by at
//! most 1.5 s.
//!
//! A cut peer drops every packet: none is acknowledged, and the connection is neither closed nor reset. The connections
//! here are idle for less than 5 s, so the function reuses them. Unit tests of `src/http/` cover longer pauses.

use std::time::Duration;

use sandbox::{Sandbox, scaled};

use crate::scene::Scene;

/// The documented bound. Round trips take only a few milliseconds here.
const BOUND: Duration = Duration::from_millis(1_500);

type Cut = fn(&Sandbox);

const CUTS: [(&str, Cut); 3] = [
    ("SSM's", |sandbox| sandbox.ssm.cut_connections()),
    ("GitHub's", |sandbox| sandbox.github.cut_connections()),
    ("both", |sandbox| {
        sandbox.ssm.cut_connections();
        sandbox.github.cut_connections();
    }),
];

/// Asserts that after a cut a token is issued within the bound and without an additional request.
async fn assert_recovers(scene: &Scene, case: &str, cut: Cut) {
    let (ssm, github) = (scene.sandbox.ssm.requests().len(), scene.sandbox.github.calls().len());
    cut(&scene.sandbox);
    let invocation = scene.mint(case).await;
    assert!(invocation.elapsed < scaled(BOUND), "{case}: {:?}", invocation.elapsed);
    let requests = (scene.sandbox.ssm.requests().len() - ssm, scene.sandbox.github.calls().len() - github);
    assert_eq!(requests, (1, 2), "{case}");
}

#[tokio::test]
async fn the_next_invocation_replaces_lost_connections() {
    for (case, cut) in CUTS {
        let scene = Scene::start().await;
        // Shorter than the timeout of one attempt.
        scene.sandbox.lambda.set_timeout(scaled(Duration::from_secs(3)));
        scene.mint("before").await;
        assert_recovers(&scene, case, cut).await;
        scene.mint("after").await;
        scene.end().await;
    }
}

#[tokio::test]
async fn lost_connections_of_init_are_replaced() {
    for (case, cut) in CUTS {
        let scene = Scene::start().await.ready().await;
        assert_recovers(&scene, case, cut).await;
        scene.end().await;
    }
}
