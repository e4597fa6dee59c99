//! Connections that are cut silently, as while Lambda freezes the process, cost the next invocation at most 1.5 s.
//!
//! A cut peer drops every packet: it acknowledges nothing, and neither closes nor resets the connection. The clock does not
//! advance here, so each test is about a connection that looks good; how long one is reused is a test of `src/http/`.

use std::time::Duration;

use sandbox::{Sandbox, scaled};

use crate::scene::Scene;

/// What the documentation promises beyond the round trips, which take a few milliseconds here.
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

/// Mints a token after the connections were cut, within the bound, and without a request too many.
async fn assert_recovers(scene: &Scene, case: &str, cut: Cut) {
    let (ssm, github) = (scene.sandbox.ssm.requests().len(), scene.sandbox.github.calls().len());
    cut(&scene.sandbox);
    let invocation = scene.mint(case).await;
    assert!(invocation.elapsed < scaled(BOUND), "{case}: {:?}", invocation.elapsed);
    let requests = (scene.sandbox.ssm.requests().len() - ssm, scene.sandbox.github.calls().len() - github);
    assert_eq!(requests, (1, 2), "{case}");
}

#[tokio::test]
async fn the_next_invocation_replaces_them() {
    for (case, cut) in CUTS {
        let scene = Scene::start().await;
        // Less than one attempt may take.
        scene.sandbox.lambda.set_timeout(scaled(Duration::from_secs(3)));
        scene.mint("before").await;
        assert_recovers(&scene, case, cut).await;
        scene.mint("after").await;
        scene.end().await;
    }
}

#[tokio::test]
async fn those_of_init_are_replaced() {
    for (case, cut) in CUTS {
        let scene = Scene::start().await.ready().await;
        assert_recovers(&scene, case, cut).await;
        scene.end().await;
    }
}
