//! `null` gets a scoped token: the response, and the requests to SSM and GitHub.

use base64_simd::URL_SAFE_NO_PAD;
use sandbox::{AppKey, Endpoint, Recorded, Reply, app};
use serde_json::{Value, json};

use crate::clock::unix_seconds;
use crate::scene::{BOTH_CALLS, Scene, granting, set, with};
use crate::steps::Step;

const MIB: usize = 1024 * 1024;
const TOKEN: &str = "ghs_16C7e42F292c6912E7";

/// Returns the names of a request's headers, sorted.
fn header_names(request: &Recorded) -> Vec<&str> {
    let mut names: Vec<&str> = request.headers.keys().map(AsRef::as_ref).collect();
    names.sort_unstable();
    names
}

/// Decodes a part of a JWT as JSON.
fn jwt_part(jwt: &str, part: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode_to_vec(jwt.split('.').nth(part).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn null_gets_exactly_the_documented_json() {
    let scene = Scene::start().await;
    scene.sandbox.github.script(Endpoint::AccessTokens, [granting(TOKEN, &json!({}))]);
    let invocation = scene.mint("null").await;
    assert_eq!(
        invocation.text(),
        concat!(
            r#"{"token":"ghs_16C7e42F292c6912E7","expires_at":"2026-04-23T16:48:32Z","#,
            r#""repositories":["octo-org/octo-repo"],"permissions":{"contents":"read"}}"#
        )
    );
    assert_eq!(scene.sandbox.github.calls(), BOTH_CALLS);
    assert_eq!(scene.sandbox.ssm.requests().len(), 1);
    scene.end().await;
}

#[tokio::test]
async fn the_repository_is_returned_as_configured() {
    let scene = Scene::start_with(set("GITHUB_TOKEN_BROKER_REPOSITORY_OWNER", "Octo-ORG")).await;
    assert_eq!(scene.mint("another case").await.json()["repositories"], json!(["Octo-ORG/octo-repo"]));
    scene.end().await;
}

#[tokio::test]
async fn expires_at_is_returned_unchanged() {
    let scene = Scene::start().await;
    for expires_at in [
        "2026-04-23T16:48:32Z",
        "2026-04-23T16:48:32.5Z",
        "2026-04-23T16:48:32.000Z",
        "2026-04-23T16:48:32.123456789Z",
        "2026-04-23T18:48:32+02:00",
        "2026-04-23T11:18:32.250-05:30",
        "2026-04-23T16:48:32+00:00",
        "2026-04-23T16:48:32-00:00",
        "2024-02-29T23:59:59Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:01Z",
    ] {
        let answer = scene.mint_with(expires_at, Step::Token, [with("expires_at", expires_at)]).await;
        assert_eq!(answer["expires_at"], expires_at);
    }
}

#[tokio::test]
async fn tokens_of_any_length_are_returned() {
    let scene = Scene::start().await;
    let visible: String = ('!'..='~').collect();
    for token in [
        "x".to_owned(),
        format!("ghs_{}", "a".repeat(36)),
        format!("ghs_1234567_{}.{}-_.{}", "h".repeat(60), "p".repeat(360), "s".repeat(86)),
        format!("ghs_{}", "0123456789abcdef".repeat(256)),
        visible,
        "x".repeat(11 * 1024),
    ] {
        scene.sandbox.github.script(Endpoint::AccessTokens, [with("token", token.as_str())]);
        let invocation = scene.mint(&token).await;
        assert_eq!(invocation.json()["token"], token);
        assert_eq!(scene.broker.log_of(&invocation).await["msg"], "minted GitHub installation token", "{token}");
    }
}

#[tokio::test]
async fn a_grant_of_the_configured_scope_is_accepted() {
    let scene = Scene::start().await;
    let own = json!([{ "full_name": "octo-org/octo-repo" }]);
    for grant in [
        json!({}),
        json!({ "repository_selection": "selected" }),
        json!({ "repositories": null, "repository_selection": null, "permissions": null }),
        json!({ "repositories": own }),
        json!({ "repositories": own, "repository_selection": "selected" }),
        json!({ "repositories": [{ "full_name": "OCTO-org/Octo-REPO" }] }),
        json!({ "permissions": { "contents": "read" } }),
        json!({ "permissions": { "metadata": "read", "contents": "read" } }),
        json!({ "repositories": own, "permissions": { "contents": "read" }, "single_file": "a" }),
    ] {
        let answer = scene.mint_with(&grant.to_string(), Step::Token, [granting(TOKEN, &grant)]).await;
        let (repositories, permissions) = (json!(["octo-org/octo-repo"]), json!({ "contents": "read" }));
        assert_eq!((&answer["repositories"], &answer["permissions"]), (&repositories, &permissions), "{grant}");
        assert_eq!((&answer["token"], &answer["expires_at"]), (&json!(TOKEN), &json!("2026-04-23T16:48:32Z")));
    }
    assert_eq!(scene.sandbox.github.calls(), BOTH_CALLS.repeat(9));
    assert_eq!(scene.sandbox.github.revoked(), [""; 0]);
    scene.end().await;
}

#[tokio::test]
async fn an_installation_that_is_not_suspended_is_accepted() {
    let scene = Scene::start().await;
    for body in [json!({ "id": app::INSTALLATION_ID, "suspended_at": null }), json!({ "id": app::INSTALLATION_ID })] {
        scene.mint_with(&body.to_string(), Step::Preflight, [Reply::json(200, &body)]).await;
    }
    scene.end().await;
}

#[tokio::test]
async fn responses_of_one_mebibyte_are_read() {
    let scene = Scene::start().await;
    for step in crate::steps::STEPS {
        scene.mint_with("with length", step, [Reply::good().padded(MIB)]).await;
        scene.mint_with("without length", step, [Reply::good().padded_without_length(MIB)]).await;
    }
    scene.end().await;
}

#[tokio::test]
async fn every_2xx_status_is_accepted() {
    let scene = Scene::start().await;
    for status in [200, 201, 202, 203, 206] {
        scene.sandbox.github.script(Endpoint::Installation, [Reply::good().with_status(status)]);
        scene.sandbox.github.script(Endpoint::AccessTokens, [Reply::good().with_status(status)]);
        scene.mint(&status.to_string()).await;
    }
}

#[tokio::test]
async fn ssm_receives_one_request_for_three_names() {
    let scene = Scene::start().await;
    scene.mint("default names").await;
    let requests = scene.sandbox.ssm.requests();
    let [request] = requests.as_slice() else { panic!("{requests:#?}") };
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/"));
    assert_eq!(request.header("x-amz-target"), Some("AmazonSSM.GetParameters"));
    let names = [
        "/github-token-broker/app/client-id",
        "/github-token-broker/app/installation-id",
        "/github-token-broker/app/private-key-pem",
    ];
    assert_eq!(request.json(), json!({ "Names": names, "WithDecryption": true }));
}

#[tokio::test]
async fn github_receives_exactly_the_documented_requests() {
    let scene = Scene::start().await;
    scene.mint("requests").await;
    let requests = scene.sandbox.github.requests();
    let [preflight, token_call] = requests.as_slice() else { panic!("{requests:#?}") };
    let common = [
        ("accept", "application/vnd.github+json"),
        ("user-agent", "github-token-broker"),
        ("x-github-api-version", "2022-11-28"),
        ("host", &scene.sandbox.github.address().to_string()),
    ];
    for request in &requests {
        for (name, value) in common {
            assert_eq!(request.header(name), Some(value), "{name} of {} {}", request.method, request.target);
        }
    }

    assert_eq!((preflight.method.as_str(), &*preflight.target), ("GET", "/repos/octo-org/octo-repo/installation"));
    assert_eq!(preflight.body, "");
    assert_eq!(header_names(preflight), ["accept", "authorization", "host", "user-agent", "x-github-api-version"]);

    assert_eq!(token_call.method, "POST");
    assert_eq!(token_call.target, format!("/app/installations/{}/access_tokens", app::INSTALLATION_ID));
    assert_eq!(token_call.body, r#"{"repositories":["octo-repo"],"permissions":{"contents":"read"}}"#);
    assert_eq!(token_call.header("content-type"), Some("application/json"));
    assert_eq!(token_call.header("content-length"), Some(token_call.body.len().to_string().as_str()));
    let expected =
        ["accept", "authorization", "content-length", "content-type", "host", "user-agent", "x-github-api-version"];
    assert_eq!(header_names(token_call), expected);
}

#[tokio::test]
async fn both_calls_carry_the_same_jwt() {
    let scene = Scene::start().await;
    scene.mint("JWT").await;
    let bearers = scene.sandbox.github.bearers();
    let [preflight, token_call] = bearers.as_slice() else { panic!("{bearers:#?}") };
    assert_eq!(preflight, token_call);
    assert_eq!(preflight.split('.').count(), 3);
    assert_eq!(jwt_part(preflight, 0), json!({ "alg": "RS256", "typ": "JWT" }));
    // The sandbox verifies the signature.
    scene.end().await;
}

#[tokio::test]
async fn claims_are_exactly_iat_exp_iss() {
    let scene = Scene::start().await;
    let before = unix_seconds();
    scene.mint("claims").await;
    let after = unix_seconds();
    let claims = jwt_part(&scene.sandbox.github.bearers()[0], 1);
    let issued_at = claims["iat"].as_u64().unwrap();
    assert!((before - 60..=after - 60).contains(&issued_at), "{issued_at} is not a minute before {before}..={after}");
    assert_eq!(claims, json!({ "iat": issued_at, "exp": issued_at + 600, "iss": app::CLIENT_ID }));
}

#[tokio::test]
async fn a_new_key_takes_effect_immediately() {
    let scene = Scene::start().await;
    let mut tokens = Vec::new();
    for key in [AppKey::first(), AppKey::second(), AppKey::first()] {
        scene.sandbox.replace_key(key);
        let invocation = scene.mint(&key.fingerprint()).await;
        assert_eq!(scene.broker.log_of(&invocation).await["key_fingerprint"], key.fingerprint());
        tokens.push(invocation.json()["token"].clone());
    }
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!(scene.sandbox.github.calls(), BOTH_CALLS.repeat(3));
    assert_eq!(scene.sandbox.ssm.requests().len(), 3);
    scene.end().await;
}

#[tokio::test]
async fn new_ids_take_effect_immediately() {
    let scene = Scene::start().await;
    scene.mint("the fixture's IDs").await;

    scene.sandbox.ssm.put(app::CLIENT_ID_PARAM, "Iv23liANOTHER0000000");
    scene.sandbox.github.set_client_id("Iv23liANOTHER0000000");
    scene.mint("another client ID").await;
    assert_eq!(jwt_part(&scene.sandbox.github.bearers()[2], 1)["iss"], "Iv23liANOTHER0000000");

    scene.sandbox.ssm.put(app::INSTALLATION_ID_PARAM, "777");
    scene.sandbox.github.set_installation(777);
    scene.mint("another installation ID").await;
    assert_eq!(scene.sandbox.github.requests()[5].target, "/app/installations/777/access_tokens");
    scene.end().await;
}

#[tokio::test]
async fn an_invocation_after_a_failed_one_gets_its_token() {
    let scene = Scene::start().await;
    scene.sandbox.ssm.put(app::PRIVATE_KEY_PARAM, "not a key");
    assert_eq!(scene.invoke().await.error_type(), "PrivateKeyInvalid");
    scene.sandbox.ssm.put(app::PRIVATE_KEY_PARAM, AppKey::first().pkcs1_pem());
    scene.mint("after a bad key").await;

    assert_eq!(scene.sandbox.lambda.invoke("{}").await.error_type(), "InvocationInputRejected");
    scene.mint("after a refused payload").await;

    let denied = sandbox::ssm::error("AccessDeniedException", "no");
    let another_repository = granting(TOKEN, &json!({ "repositories": [{ "full_name": "octo-org/other" }] }));
    for (step, reply, error_type) in [
        (Step::Ssm, denied, "ParametersUnreadable"),
        (Step::Preflight, Reply::status(404), "RepositoryNotInstalled"),
        (Step::Token, Reply::good().truncated_length(), "GitHubUnavailable"),
        (Step::Token, another_repository, "GrantMismatch"),
    ] {
        let (invocation, _) = scene.invoke_with(step, [reply]).await;
        assert_eq!(invocation.error_type(), error_type);
        assert_ne!(scene.mint(&format!("after {error_type}")).await.json()["token"], TOKEN);
    }
    scene.end().await;
}
