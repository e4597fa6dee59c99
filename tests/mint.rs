//! `null` in, a scoped token out: what is answered, and what is asked of SSM and GitHub for it.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use base64_simd::URL_SAFE_NO_PAD;
use github_token_broker::clock::system_clock;
use sandbox::{AppKey, Endpoint, Recorded, Reply, Sandbox, app};
use serde_json::{Value, json};

const BOOTSTRAP: &str = env!("CARGO_BIN_EXE_bootstrap");
const BOTH_CALLS: [Endpoint; 2] = [Endpoint::Installation, Endpoint::AccessTokens];

/// GitHub's good answer with another token and another end.
fn token_reply(token: &'static str, expires_at: &'static str) -> Reply {
    Reply::edit(move |mut answer| {
        answer["token"] = token.into();
        answer["expires_at"] = expires_at.into();
        answer
    })
}

fn unix_seconds() -> u64 {
    system_clock().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The names of a request's headers, sorted.
fn header_names(request: &Recorded) -> Vec<&str> {
    let mut names: Vec<&str> = request.headers.keys().map(AsRef::as_ref).collect();
    names.sort_unstable();
    names
}

/// A part of a JWT, as the JSON that it encodes.
fn jwt_part(jwt: &str, part: usize) -> Value {
    let bytes = jwt.split('.').nth(part).and_then(|text| URL_SAFE_NO_PAD.decode_to_vec(text).ok()).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

#[tokio::test]
async fn null_gets_the_token_json_to_the_byte() {
    let sandbox = Sandbox::start().await;
    sandbox.github.script(Endpoint::AccessTokens, [token_reply("ghs_16C7e42F292c6912E7", "2026-04-23T16:48:32Z")]);
    let broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.is_success(), "{}", invocation.text());
    assert_eq!(
        invocation.text(),
        concat!(
            r#"{"token":"ghs_16C7e42F292c6912E7","expires_at":"2026-04-23T16:48:32Z","#,
            r#""repositories":["octo-org/octo-repo"],"permissions":{"contents":"read"}}"#
        )
    );
    assert_eq!(sandbox.github.calls(), BOTH_CALLS);
    assert_eq!(sandbox.ssm.requests().len(), 1);
    sandbox.assert_no_violations();
    assert_eq!(sandbox.leaks(&broker.stop().await, &[]), []);
}

#[tokio::test]
async fn permissions_are_asked_for_and_answered_sorted_by_name() {
    let sandbox = Sandbox::start().await;
    let permissions = json!({ "pull_requests": "write", "actions": "read", "issues": "write", "contents": "read" });
    sandbox.github.set_permissions(permissions);
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |env| {
        let unsorted = r#"{"pull_requests":"write","actions":"read","issues":"write","contents":"read"}"#;
        env.set("GITHUB_TOKEN_BROKER_PERMISSIONS", unsorted);
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.is_success(), "{}", invocation.text());
    let sorted = r#""permissions":{"actions":"read","contents":"read","issues":"write","pull_requests":"write"}}"#;
    assert!(invocation.text().ends_with(sorted), "{}", invocation.text());
    let asked = sandbox.github.requests_to(Endpoint::AccessTokens);
    assert_eq!(String::from_utf8_lossy(&asked[0].body), format!(r#"{{"repositories":["octo-repo"],{sorted}"#));
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn the_answer_has_the_configured_permissions_and_not_metadata_that_github_adds() {
    let sandbox = Sandbox::start().await;
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.is_success(), "{}", invocation.text());
    assert_eq!(invocation.json()["permissions"], json!({ "contents": "read" }));
}

#[tokio::test]
async fn the_answer_names_the_repository_as_configured_whatever_its_case_at_github() {
    let sandbox = Sandbox::start().await;
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |env| {
        env.set("GITHUB_TOKEN_BROKER_REPOSITORY_OWNER", "Octo-ORG");
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.is_success(), "{}", invocation.text());
    assert_eq!(invocation.json()["repositories"], json!(["Octo-ORG/octo-repo"]));
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn expires_at_is_answered_as_github_gave_it() {
    let sandbox = Sandbox::start().await;
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
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
        sandbox.github.script(Endpoint::AccessTokens, [token_reply("ghs_0123456789", expires_at)]);
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{expires_at}: {}", invocation.text());
        assert_eq!(invocation.json()["expires_at"], expires_at);
    }
}

#[tokio::test]
async fn a_token_is_answered_whole_however_long_it_is_and_whatever_it_is_made_of() {
    let sandbox = Sandbox::start().await;
    let broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
    let visible: String = ('!'..='~').collect();
    for token in [
        "x".to_owned(),
        format!("ghs_{}", "a".repeat(36)),
        format!("ghs_1234567_{}.{}-_.{}", "h".repeat(60), "p".repeat(360), "s".repeat(86)),
        format!("ghs_{}", "0123456789abcdef".repeat(256)),
        visible,
    ] {
        let scripted = token.clone();
        let reply = Reply::edit(move |mut answer| {
            answer["token"] = scripted.as_str().into();
            answer
        });
        sandbox.github.script(Endpoint::AccessTokens, [reply]);
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{token}: {}", invocation.text());
        assert_eq!(invocation.json()["token"], token);
        assert_eq!(broker.log_of(&invocation).await["msg"], "minted GitHub installation token", "{token}");
    }
}

#[tokio::test]
async fn an_answer_without_the_optional_parts_is_good() {
    let sandbox = Sandbox::start().await;
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
    let body = br#"{"token":"ghs_0123456789","expires_at":"2026-04-23T16:48:32Z"}"#;
    sandbox.github.script(Endpoint::AccessTokens, [Reply::raw(201, body)]);
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.is_success(), "{}", invocation.text());
    assert_eq!(sandbox.github.calls(), BOTH_CALLS);
}

#[tokio::test]
async fn every_2xx_status_is_good() {
    let sandbox = Sandbox::start().await;
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
    for status in [200, 201, 202, 203, 206] {
        sandbox.github.script(Endpoint::Installation, [Reply::good().with_status(status)]);
        sandbox.github.script(Endpoint::AccessTokens, [Reply::good().with_status(status)]);
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{status}: {}", invocation.text());
    }
}

#[tokio::test]
async fn ssm_is_asked_once_for_the_three_names_in_order_and_decrypted() {
    let sandbox = Sandbox::start().await;
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
    assert!(sandbox.lambda.invoke("null").await.is_success());
    let requests = sandbox.ssm.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
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
async fn ssm_is_asked_for_the_configured_names() {
    let sandbox = Sandbox::start().await;
    // Neither the alphabet's order nor the default's: what counts is which is which.
    let (client_id, installation_id, private_key) = ("/z/first", "/m.m/second_2", "/a/-/third");
    sandbox.ssm.put(client_id, app::CLIENT_ID);
    sandbox.ssm.put(installation_id, app::INSTALLATION_ID.to_string());
    sandbox.ssm.put(private_key, AppKey::first().pkcs1_pem());
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |env| {
        env.set("GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM", client_id)
            .set("GITHUB_TOKEN_BROKER_INSTALLATION_ID_PARAM", installation_id)
            .set("GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM", private_key);
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.is_success(), "{}", invocation.text());
    let names: Vec<Value> = sandbox.ssm.requests().iter().map(|request| request.json()["Names"].clone()).collect();
    assert_eq!(names, [json!([client_id, installation_id, private_key])]);
}

#[tokio::test]
async fn github_is_asked_with_exactly_the_documented_requests() {
    let sandbox = Sandbox::start().await;
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
    assert!(sandbox.lambda.invoke("null").await.is_success());
    let requests = sandbox.github.requests();
    assert_eq!(requests.len(), 2);

    let common = [
        ("accept", "application/vnd.github+json"),
        ("user-agent", "github-token-broker"),
        ("x-github-api-version", "2022-11-28"),
        ("host", &sandbox.github.address().to_string()),
    ];
    for request in &requests {
        for (name, value) in common {
            assert_eq!(request.header(name), Some(value), "{name} of {} {}", request.method, request.target);
        }
    }

    let preflight = &requests[0];
    assert_eq!(preflight.method, "GET");
    assert_eq!(preflight.target, "/repos/octo-org/octo-repo/installation");
    assert_eq!(preflight.body, "");
    assert_eq!(header_names(preflight), ["accept", "authorization", "host", "user-agent", "x-github-api-version"]);

    let token_call = &requests[1];
    assert_eq!(token_call.method, "POST");
    assert_eq!(token_call.target, format!("/app/installations/{}/access_tokens", app::INSTALLATION_ID));
    assert_eq!(token_call.body, r#"{"repositories":["octo-repo"],"permissions":{"contents":"read"}}"#);
    assert_eq!(token_call.header("content-type"), Some("application/json"));
    assert_eq!(token_call.header("content-length"), Some(token_call.body.len().to_string().as_str()));
    let names = header_names(token_call);
    let expected =
        ["accept", "authorization", "content-length", "content-type", "host", "user-agent", "x-github-api-version"];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn both_calls_carry_the_same_jwt_with_the_documented_header_and_claims() {
    let sandbox = Sandbox::start().await;
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
    let before = unix_seconds();
    assert!(sandbox.lambda.invoke("null").await.is_success());
    let after = unix_seconds();

    let bearers = sandbox.github.bearers();
    assert_eq!(bearers.len(), 2);
    assert_eq!(bearers[0], bearers[1]);
    let jwt = &bearers[0];
    assert_eq!(jwt.split('.').count(), 3);
    assert_eq!(jwt_part(jwt, 0), json!({ "alg": "RS256", "typ": "JWT" }));
    let claims = jwt_part(jwt, 1);
    let issued_at = claims["iat"].as_u64().unwrap();
    assert!((before - 60..=after - 60).contains(&issued_at), "{issued_at} is not a minute before {before}..={after}");
    assert_eq!(claims, json!({ "iat": issued_at, "exp": issued_at + 600, "iss": app::CLIENT_ID }));
    // The signature was verified by the sandbox.
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn a_key_replaced_between_two_invocations_counts_from_the_second() {
    let sandbox = Sandbox::start().await;
    let broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
    let first = sandbox.lambda.invoke("null").await;
    assert!(first.is_success(), "{}", first.text());
    assert_eq!(broker.log_of(&first).await["key_fingerprint"], AppKey::first().fingerprint());

    sandbox.replace_key(AppKey::second());
    let second = sandbox.lambda.invoke("null").await;
    assert!(second.is_success(), "{}", second.text());
    assert_eq!(broker.log_of(&second).await["key_fingerprint"], AppKey::second().fingerprint());

    assert_ne!(first.json()["token"], second.json()["token"]);
    assert_eq!(sandbox.github.calls(), [BOTH_CALLS, BOTH_CALLS].concat());
    assert_eq!(sandbox.ssm.requests().len(), 2);
    sandbox.assert_no_violations();
    assert_eq!(sandbox.leaks(&broker.stop().await, &[]), []);
}

#[tokio::test]
async fn every_overwritten_parameter_counts_from_the_next_invocation() {
    let sandbox = Sandbox::start().await;
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
    assert!(sandbox.lambda.invoke("null").await.is_success());

    sandbox.ssm.put(app::CLIENT_ID_PARAM, "Iv23liANOTHER0000000");
    sandbox.github.set_client_id("Iv23liANOTHER0000000");
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.is_success(), "client ID: {}", invocation.text());
    assert_eq!(jwt_part(&sandbox.github.bearers()[2], 1)["iss"], "Iv23liANOTHER0000000");

    sandbox.ssm.put(app::INSTALLATION_ID_PARAM, "777");
    sandbox.github.set_installation(777);
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.is_success(), "installation ID: {}", invocation.text());
    assert_eq!(sandbox.github.requests()[5].target, "/app/installations/777/access_tokens");
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn an_invocation_after_a_failed_one_gets_its_token() {
    let sandbox = Sandbox::start().await;
    let broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
    sandbox.ssm.put(app::PRIVATE_KEY_PARAM, "not a key");
    assert_eq!(sandbox.lambda.invoke("null").await.error_type(), "PrivateKeyInvalid");
    sandbox.ssm.put(app::PRIVATE_KEY_PARAM, AppKey::first().pkcs1_pem());
    assert!(sandbox.lambda.invoke("null").await.is_success(), "after a bad key");

    sandbox.github.script(Endpoint::Installation, [Reply::status(404)]);
    assert_eq!(sandbox.lambda.invoke("null").await.error_type(), "RepositoryNotInstalled");
    sandbox.github.script(Endpoint::Installation, []);
    assert!(sandbox.lambda.invoke("null").await.is_success(), "after a refused preflight");

    assert_eq!(sandbox.lambda.invoke("{}").await.error_type(), "InvocationInputRejected");
    assert!(sandbox.lambda.invoke("null").await.is_success(), "after a refused payload");

    sandbox.github.script(Endpoint::AccessTokens, [Reply::good().truncated_length()]);
    assert_eq!(sandbox.lambda.invoke("null").await.error_type(), "GitHubUnavailable");
    sandbox.github.script(Endpoint::AccessTokens, []);
    assert!(sandbox.lambda.invoke("null").await.is_success(), "after a broken connection");
    assert_eq!(sandbox.leaks(&broker.stop().await, &[]), []);
}
