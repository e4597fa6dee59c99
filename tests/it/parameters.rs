//! Parameters are found by name, and surrounding whitespace is ignored where that is safe.

use sandbox::{Reply, app};
use serde_json::{Value, json};

use crate::scene::Scene;
use crate::steps::Step;

/// Returns SSM's good response with a changed list of parameters.
fn with_parameters(change: impl Fn(&mut Vec<Value>) + Send + Sync + 'static) -> Reply {
    Reply::edit(move |mut answer| {
        change(answer["Parameters"].as_array_mut().unwrap());
        answer
    })
}

#[tokio::test]
async fn parameters_come_in_any_order() {
    let scene = Scene::start().await;
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let reply = with_parameters(move |parameters| {
            *parameters = order.iter().map(|index| parameters[*index].clone()).collect();
        });
        scene.mint_with(&format!("{order:?}"), Step::Ssm, [reply]).await;
    }
    let with_another = with_parameters(|parameters| {
        parameters.insert(0, json!({ "Name": "/github-token-broker/app", "Value": "1", "Type": "String" }));
    });
    scene.mint_with("one that was not requested", Step::Ssm, [with_another]).await;
    scene.end().await;
}

#[tokio::test]
async fn whitespace_around_the_ids_is_ignored() {
    let scene = Scene::start().await;
    let installation_id = app::INSTALLATION_ID;
    for (before, after) in [("", "\n"), ("", "\r\n"), (" ", " "), ("\n\t ", "\n\n")] {
        scene.sandbox.ssm.put(app::CLIENT_ID_PARAM, format!("{before}{}{after}", app::CLIENT_ID));
        scene.sandbox.ssm.put(app::INSTALLATION_ID_PARAM, format!("{before}{installation_id}{after}"));
        scene.mint(&format!("{before:?} {after:?}")).await;
    }
    scene.end().await;
}

#[tokio::test]
async fn an_installation_id_has_up_to_64_bits() {
    let scene = Scene::start().await;
    for id in [1, 9, 10, u64::from(u32::MAX) + 1, (1 << 53) + 1, u64::MAX] {
        scene.sandbox.ssm.put(app::INSTALLATION_ID_PARAM, id.to_string());
        scene.sandbox.github.set_installation(id);
        scene.mint(&id.to_string()).await;
    }
    scene.end().await;
}

#[tokio::test]
async fn a_client_id_is_used_unchanged() {
    let scene = Scene::start().await;
    for client_id in ["Iv1.8a61f9b3a7aba766", "Iv23liABCDEFGHIJKLMN", "1234567", "x", &"x".repeat(40)] {
        scene.sandbox.ssm.put(app::CLIENT_ID_PARAM, client_id);
        scene.sandbox.github.set_client_id(client_id);
        scene.mint(client_id).await;
    }
    scene.end().await;
}
