//! Tests the main path with Moto: the AWS SDK writes the parameters, and the real binary reads them.
//!
//! Needs Docker: `cargo test --features integration --test it moto`.

use sandbox::app::{self, AppKey};
use sandbox::{Broker, Endpoint, Invocation, Moto, Reply, Sandbox};
use serde_json::json;

use crate::scene::{BOTH_CALLS, assert_error, launch, set};

#[tokio::test]
async fn a_secure_string_beside_strings_gives_a_token() {
    let world = World::start().await;
    world.moto.put_string(app::CLIENT_ID_PARAM, app::CLIENT_ID).await;
    world.moto.put_string(app::INSTALLATION_ID_PARAM, &app::INSTALLATION_ID.to_string()).await;
    world.moto.put_secure_string(app::PRIVATE_KEY_PARAM, &AppKey::first().pkcs1_pem()).await;
    let broker = world.launch();
    world.assert_token(&world.invoke().await);
    world.assert_clean(broker, &BOTH_CALLS).await;
}

#[tokio::test]
async fn three_secure_strings_give_a_token() {
    let world = World::start().await;
    world.moto.put_secure_string(app::CLIENT_ID_PARAM, app::CLIENT_ID).await;
    world.moto.put_secure_string(app::INSTALLATION_ID_PARAM, &app::INSTALLATION_ID.to_string()).await;
    world.moto.put_secure_string(app::PRIVATE_KEY_PARAM, &AppKey::first().pkcs8_pem()).await;
    let broker = world.launch();
    world.assert_token(&world.invoke().await);
    world.assert_clean(broker, &BOTH_CALLS).await;
}

#[tokio::test]
async fn a_missing_parameter_is_named_until_it_is_written() {
    let world = World::start().await;
    world.moto.put_string(app::CLIENT_ID_PARAM, app::CLIENT_ID).await;
    world.moto.put_secure_string(app::PRIVATE_KEY_PARAM, &AppKey::first().pkcs1_pem()).await;
    let broker = world.launch();
    assert_error(
        &world.invoke().await,
        "Moto",
        "ParametersMissing",
        "missing GitHub App SSM parameters: [/github-token-broker/app/installation-id]",
    );
    world.moto.put_string(app::INSTALLATION_ID_PARAM, &app::INSTALLATION_ID.to_string()).await;
    world.assert_token(&world.invoke().await);
    world.assert_clean(broker, &BOTH_CALLS).await;
}

#[tokio::test]
async fn a_malformed_key_is_refused_before_any_call() {
    let world = World::with_parameters().await;
    world.moto.put_secure_string(app::PRIVATE_KEY_PARAM, "not a key").await;
    let broker = world.launch();
    assert_error(&world.invoke().await, "Moto", "PrivateKeyInvalid", "decode GitHub App private key PEM");
    world.assert_clean(broker, &[]).await;
}

#[tokio::test]
async fn another_installation_gets_no_token() {
    let world = World::with_parameters().await;
    world.moto.put_string(app::INSTALLATION_ID_PARAM, "123").await;
    world.sandbox.github.set_installation(456);
    let broker = world.launch();
    assert_error(
        &world.invoke().await,
        "Moto",
        "InstallationMismatch",
        "GitHub repository installation 456 does not match configured installation 123",
    );
    world.assert_clean(broker, &[Endpoint::Installation]).await;
}

#[tokio::test]
async fn a_403_from_github_is_reported() {
    let world = World::with_parameters().await;
    world.sandbox.github.script(Endpoint::AccessTokens, [Reply::status(403)]);
    let broker = world.launch();
    assert_error(
        &world.invoke().await,
        "Moto",
        "GitHubRefused",
        "GitHub installation-token request failed with status 403",
    );
    world.assert_clean(broker, &BOTH_CALLS).await;
}

/// The sandbox with Moto instead of its own SSM.
struct World {
    sandbox: Sandbox,
    moto: Moto,
}

impl World {
    async fn start() -> Self {
        Self { sandbox: Sandbox::start().await, moto: Moto::start().await }
    }

    /// Starts with the parameters that the documentation's commands create.
    async fn with_parameters() -> Self {
        let world = Self::start().await;
        world.moto.put_string(app::CLIENT_ID_PARAM, app::CLIENT_ID).await;
        world.moto.put_string(app::INSTALLATION_ID_PARAM, &app::INSTALLATION_ID.to_string()).await;
        world.moto.put_secure_string(app::PRIVATE_KEY_PARAM, &AppKey::first().pkcs1_pem()).await;
        world
    }

    fn launch(&self) -> Broker {
        launch(&self.sandbox, set("AWS_ENDPOINT_URL_SSM", self.moto.url()))
    }

    async fn invoke(&self) -> Invocation {
        self.sandbox.lambda.invoke("null").await
    }

    fn assert_token(&self, invocation: &Invocation) {
        assert!(invocation.is_success(), "{}", invocation.text());
        let answer = invocation.json();
        assert_eq!(json!([answer["token"]]), json!(self.sandbox.github.issued()));
        assert_eq!(answer["repositories"], json!(["octo-org/octo-repo"]));
        assert_eq!(answer["permissions"], json!({"contents": "read"}));
    }

    /// Asserts that GitHub received exactly these calls, all valid, that the sandbox's own SSM received none, and that
    /// nothing leaked.
    async fn assert_clean(&self, broker: Broker, calls: &[Endpoint]) {
        assert_eq!(self.sandbox.github.calls(), calls);
        assert_eq!(self.sandbox.ssm.requests().len(), 0);
        self.sandbox.assert_no_violations();
        assert_eq!(self.sandbox.leaks(&broker.stop().await, &["not a key"]), []);
    }
}
