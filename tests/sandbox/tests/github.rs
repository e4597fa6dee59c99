//! The GitHub stand-in responds as GitHub does and records violations of the contract.

mod client;

use client::{claims, client, json_of, jwt, preflight, signed, token_call};
use sandbox::{AppKey, Endpoint, Reply, Sandbox};
use serde_json::json;

#[tokio::test]
async fn a_correct_broker_gets_and_revokes_a_token() {
    let sandbox = Sandbox::start().await;
    let jwt = jwt(AppKey::first(), &claims());
    let installation = preflight(&sandbox, &jwt).send().await.unwrap();
    assert_eq!(installation.status(), 200);
    assert!(installation.headers().contains_key("x-github-request-id"));
    assert_eq!(json_of(installation).await["id"], sandbox::app::INSTALLATION_ID);
    let grant = token_call(&sandbox, &jwt).send().await.unwrap();
    assert_eq!(grant.status(), 201);
    let grant = json_of(grant).await;
    assert_eq!(grant["permissions"], json!({ "contents": "read", "metadata": "read" }));
    assert_eq!(grant["repositories"][0]["full_name"], "octo-org/octo-repo");
    let token = grant["token"].as_str().unwrap();
    assert!(token.starts_with("ghs_") && token.len() >= 520 && token.contains('.'), "{token}");
    let revoke = client(&sandbox.ca).delete(sandbox.github.url() + "/installation/token").bearer_auth(token);
    let revoked = revoke.header("user-agent", "github-token-broker").send().await.unwrap();
    assert_eq!(revoked.status(), 204);
    assert_eq!(sandbox.github.revoked(), [token]);
    assert_eq!(sandbox.github.calls(), [Endpoint::Installation, Endpoint::AccessTokens, Endpoint::Revoke]);
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn invalid_jwts_are_refused_and_recorded() {
    let now = claims();
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = now.clone();
        claims[name] = value;
        jwt(AppKey::first(), &claims)
    };
    let typ_alone = json!({ "typ": "JWT", "alg": "RS256", "kid": "1" });
    let table = [
        ("another key", jwt(AppKey::second(), &now), "no key of the App verifies the JWT"),
        ("a header more", signed(AppKey::first(), &typ_alone, &now), "header is not exactly"),
        ("a claim more", with("nbf", json!(1)), "claims are not exactly"),
        ("another issuer", with("iss", json!("Iv1.other")), "iss is not the client ID"),
        ("a longer life", with("exp", json!(now["exp"].as_i64().unwrap() + 1)), "valid for 601 s"),
        ("a fraction", with("iat", json!(1.5)), "whole seconds"),
        ("no JWT", "ghs_token".into(), "not a JWT"),
    ];
    for (case, jwt, breach) in table {
        let sandbox = Sandbox::start().await;
        let answer = preflight(&sandbox, &jwt).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{case}");
        assert!(
            matches!(sandbox.violations().as_slice(), [one] if one.contains(breach)),
            "{case}: {:?}",
            sandbox.violations()
        );
    }
}

#[tokio::test]
async fn headers_body_and_path_are_checked() {
    let sandbox = Sandbox::start().await;
    let jwt = jwt(AppKey::first(), &claims());
    let bare = client(&sandbox.ca).get(sandbox.github.url() + "/repos/octo-org/octo-repo/installation");
    assert_eq!(bare.bearer_auth(&jwt).send().await.unwrap().status(), 400);
    let wider = token_call(&sandbox, &jwt).body(r#"{"repositories":["octo-repo"]}"#);
    assert_eq!(wider.send().await.unwrap().status(), 400);
    let elsewhere = client(&sandbox.ca).get(sandbox.github.url() + "/app");
    assert_eq!(elsewhere.send().await.unwrap().status(), 404);
    assert_eq!(sandbox.violations().len(), 3);
}

#[tokio::test]
async fn a_base_path_is_part_of_the_url() {
    let sandbox = Sandbox::start().await;
    sandbox.github.set_base_path("/api/v3/");
    assert!(sandbox.github.url().ends_with("/api/v3"));
    let answer = preflight(&sandbox, &jwt(AppKey::first(), &claims())).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(sandbox.github.requests()[0].path(), "/api/v3/repos/octo-org/octo-repo/installation");
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn scripts_are_in_order_and_the_last_reply_repeats() {
    let sandbox = Sandbox::start().await;
    let moved = |mut installation: serde_json::Value| {
        installation["id"] = json!(456);
        installation
    };
    let script =
        [Reply::status(503).header("retry-after", "1"), Reply::redirect(301, "/elsewhere"), Reply::edit(moved)];
    sandbox.github.script(Endpoint::Installation, script);
    let jwt = jwt(AppKey::first(), &claims());
    let first = preflight(&sandbox, &jwt).send().await.unwrap();
    assert_eq!((first.status().as_u16(), &first.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert_eq!(preflight(&sandbox, &jwt).send().await.unwrap().status(), 301);
    for _ in 0..2 {
        assert_eq!(json_of(preflight(&sandbox, &jwt).send().await.unwrap()).await["id"], 456);
    }
}

#[tokio::test]
async fn a_scripted_token_is_recorded_as_issued() {
    let sandbox = Sandbox::start().await;
    let script = Reply::json(201, &json!({ "token": "ghs_scripted" }));
    sandbox.github.script(Endpoint::AccessTokens, [script]);
    token_call(&sandbox, &jwt(AppKey::first(), &claims())).send().await.unwrap();
    assert_eq!(sandbox.github.issued(), ["ghs_scripted"]);
}
