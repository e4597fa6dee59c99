//! The token call: a token that is not exactly what was asked for reaches nobody.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use futures_util::future::join_all;
use sandbox::{Broker, Endpoint, Invocation, Reply, Sandbox};
use serde_json::{Value, json};

const BOOTSTRAP: &str = env!("CARGO_BIN_EXE_bootstrap");
const MIB: usize = 1024 * 1024;
const ASKED_ONCE: [Endpoint; 2] = [Endpoint::Installation, Endpoint::AccessTokens];
const REVOKED: [Endpoint; 3] = [Endpoint::Installation, Endpoint::AccessTokens, Endpoint::Revoke];
const TOKEN: &str = "ghs_fixture_0123456789abcdefghijklmnopqrstuvwxyz";

/// A broker that runs, and a token call to script.
struct Scene {
    sandbox: Sandbox,
    broker: Broker,
}

impl Scene {
    async fn start() -> Self {
        let sandbox = Sandbox::start().await;
        let broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
        Self { sandbox, broker }
    }

    /// One invocation with the token call scripted so, and the calls that it made.
    async fn invoke(&self, replies: impl IntoIterator<Item = Reply>) -> (Invocation, Vec<Endpoint>) {
        let earlier = self.sandbox.github.calls().len();
        self.sandbox.github.script(Endpoint::AccessTokens, replies);
        let invocation = self.sandbox.lambda.invoke("null").await;
        (invocation, self.sandbox.github.calls().split_off(earlier))
    }

    /// Error type, text and calls of one invocation.
    async fn failure(&self, reply: Reply) -> (String, String, Vec<Endpoint>) {
        let (invocation, calls) = self.invoke([reply]).await;
        (invocation.error_type(), invocation.error_message(), calls)
    }

    async fn assert_no_leaks(self) {
        assert_eq!(self.sandbox.leaks(&self.broker.stop().await, &[TOKEN]), []);
    }
}

fn refused(status: u16) -> String {
    format!("GitHub installation-token request failed with status {status}")
}

fn asked(times: usize) -> Vec<Endpoint> {
    let mut calls = vec![Endpoint::AccessTokens; times];
    calls.insert(0, Endpoint::Installation);
    calls
}

/// GitHub's good answer with one member changed.
fn with(member: &'static str, value: Value) -> Reply {
    Reply::edit(move |mut answer| {
        answer[member] = value.clone();
        answer
    })
}

/// GitHub's good answer without some members.
fn without(members: &'static [&'static str]) -> Reply {
    Reply::edit(move |mut answer| {
        if let Some(object) = answer.as_object_mut() {
            object.retain(|name, _| !members.contains(&name.as_str()));
        }
        answer
    })
}

/// GitHub's good answer with the given token, and otherwise only what `grant` has.
fn granting(grant: &Value) -> Reply {
    let mut answer = json!({ "token": TOKEN, "expires_at": "2026-04-23T16:48:32Z" });
    for (name, value) in grant.as_object().into_iter().flatten() {
        answer[name] = value.clone();
    }
    Reply::json(201, &answer)
}

/// A token for another repository, to be revoked.
fn another_repository() -> Reply {
    granting(&json!({ "repositories": [{ "full_name": "octo-org/other" }] }))
}

#[tokio::test]
async fn a_status_that_does_not_pass_is_told_by_its_type_and_not_tried_again() {
    let scene = Scene::start().await;
    let elsewhere = format!("{}/app/installations/1/access_tokens", scene.sandbox.github.url());
    for (case, reply, status, error_type) in [
        ("300", Reply::status(300), 300, "GitHubRefused"),
        ("301", Reply::redirect(301, &elsewhere), 301, "GitHubRefused"),
        ("302", Reply::redirect(302, &elsewhere), 302, "GitHubRefused"),
        ("304", Reply::raw(304, ""), 304, "GitHubRefused"),
        ("307", Reply::redirect(307, &elsewhere), 307, "GitHubRefused"),
        ("308", Reply::redirect(308, &elsewhere), 308, "GitHubRefused"),
        ("400", Reply::status(400), 400, "GitHubRefused"),
        ("401", Reply::status(401), 401, "GitHubRejectedApp"),
        ("403", Reply::status(403), 403, "GitHubRefused"),
        ("403, some requests left", Reply::status(403).header("x-ratelimit-remaining", "17"), 403, "GitHubRefused"),
        ("403, no request left", Reply::status(403).header("x-ratelimit-remaining", "0"), 403, "GitHubRateLimited"),
        ("403 with Retry-After", Reply::status(403).header("retry-after", "1"), 403, "GitHubRateLimited"),
        ("404", Reply::status(404), 404, "GitHubRefused"),
        ("410", Reply::status(410), 410, "GitHubRefused"),
        ("418", Reply::status(418), 418, "GitHubRefused"),
        ("422", Reply::status(422), 422, "PermissionsNotGranted"),
        ("422, no request left", Reply::status(422).header("x-ratelimit-remaining", "0"), 422, "PermissionsNotGranted"),
        ("501", Reply::status(501), 501, "GitHubUnavailable"),
        ("505", Reply::status(505), 505, "GitHubUnavailable"),
        ("599", Reply::status(599), 599, "GitHubUnavailable"),
    ] {
        let expected = (error_type.to_owned(), refused(status), asked(1));
        assert_eq!(scene.failure(reply).await, expected, "{case}");
    }
    scene.assert_no_leaks().await;
}

#[tokio::test]
async fn a_status_that_may_pass_is_told_after_three_attempts() {
    let cases = [
        (429, "GitHubRateLimited"),
        (500, "GitHubUnavailable"),
        (502, "GitHubUnavailable"),
        (503, "GitHubUnavailable"),
        (504, "GitHubUnavailable"),
    ];
    join_all(cases.map(async |(status, error_type)| {
        let scene = Scene::start().await;
        let expected = (error_type.to_owned(), refused(status), asked(3));
        assert_eq!(scene.failure(Reply::status(status)).await, expected, "{status}");
        scene.assert_no_leaks().await;
    }))
    .await;
}

#[tokio::test]
async fn a_token_comes_when_a_later_attempt_succeeds() {
    let cases: [(&str, Vec<Reply>); 6] = [
        ("429", vec![Reply::status(429), Reply::good()]),
        ("500", vec![Reply::status(500), Reply::good()]),
        ("502 and 503", vec![Reply::status(502), Reply::status(503), Reply::good()]),
        ("504", vec![Reply::status(504), Reply::good()]),
        ("reset", vec![Reply::reset(), Reply::good()]),
        ("reset and 503", vec![Reply::reset(), Reply::status(503), Reply::good()]),
    ];
    join_all(cases.map(async |(case, replies)| {
        let scene = Scene::start().await;
        let expected = asked(replies.len());
        let (invocation, calls) = scene.invoke(replies).await;
        assert!(invocation.is_success(), "{case}: {}", invocation.text());
        assert_eq!(calls, expected, "{case}");
        scene.sandbox.assert_no_violations();
        // Each attempt asks for the same, body included.
        let bodies: Vec<_> = scene.sandbox.github.requests_to(Endpoint::AccessTokens);
        assert!(bodies.iter().all(|request| request.body == bodies[0].body), "{case}");
    }))
    .await;
}

#[tokio::test]
async fn without_an_answer_github_is_unavailable_after_three_attempts() {
    let scene = Scene::start().await;
    let expected = (
        "GitHubUnavailable".to_owned(),
        "request GitHub installation token: the connection was reset".to_owned(),
        asked(3),
    );
    assert_eq!(scene.failure(Reply::reset()).await, expected);

    let (error_type, text, _) = scene.failure(Reply::garbage()).await;
    assert_eq!(error_type, "GitHubUnavailable");
    assert_eq!(text, "request GitHub installation token: the answer is not HTTP");
    scene.assert_no_leaks().await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_asked_for_again() {
    let scene = Scene::start().await;
    for (case, reply) in [
        ("in a body with Content-Length", Reply::good().truncated_length()),
        ("in a chunked body", Reply::good().truncated_chunks()),
    ] {
        let expected = (
            "GitHubUnavailable".to_owned(),
            "read GitHub installation-token response: it broke off".to_owned(),
            asked(1),
        );
        assert_eq!(scene.failure(reply).await, expected, "{case}");
    }
    scene.assert_no_leaks().await;
}

#[tokio::test]
async fn at_most_a_mebibyte_is_read() {
    let scene = Scene::start().await;
    for (case, reply) in [
        ("a byte more, announced", Reply::good().padded(MIB + 1)),
        ("a byte more, unannounced", Reply::good().padded_without_length(MIB + 1)),
        ("8 MiB, announced", Reply::good().padded(8 * MIB)),
        ("8 MiB, unannounced", Reply::good().padded_without_length(8 * MIB)),
    ] {
        let expected = (
            "GitHubResponseInvalid".to_owned(),
            "read GitHub installation-token response: it has more than 1 MiB".to_owned(),
            asked(1),
        );
        assert_eq!(scene.failure(reply).await, expected, "{case}");
    }
    for (case, reply) in [
        ("a mebibyte, announced", Reply::good().padded(MIB)),
        ("a mebibyte, unannounced", Reply::good().padded_without_length(MIB)),
    ] {
        let (invocation, _) = scene.invoke([reply]).await;
        assert!(invocation.is_success(), "{case}: {}", invocation.text());
    }
}

#[tokio::test]
async fn an_answer_without_a_token_is_told_as_such() {
    let scene = Scene::start().await;
    for (case, reply) in [
        ("absent", without(&["token"])),
        ("null", with("token", Value::Null)),
        ("empty", with("token", "".into())),
        ("an empty object", Reply::raw(201, "{}")),
    ] {
        let expected = (
            "GitHubResponseInvalid".to_owned(),
            "GitHub installation-token response did not include a token".to_owned(),
            ASKED_ONCE.to_vec(),
        );
        assert_eq!(scene.failure(reply).await, expected, "{case}");
    }
}

#[tokio::test]
async fn an_answer_without_an_expiration_is_told_as_such() {
    let scene = Scene::start().await;
    for (case, reply) in [
        ("absent", without(&["expires_at"])),
        ("null", with("expires_at", Value::Null)),
        ("the zero time", with("expires_at", "0001-01-01T00:00:00Z".into())),
        ("the zero time with a fraction of nothing", with("expires_at", "0001-01-01T00:00:00.000Z".into())),
        ("the zero time with an offset of nothing", with("expires_at", "0001-01-01T00:00:00+00:00".into())),
        ("the zero time elsewhere", with("expires_at", "0001-01-01T02:00:00+02:00".into())),
    ] {
        let expected = (
            "GitHubResponseInvalid".to_owned(),
            "GitHub installation-token response did not include an expiration".to_owned(),
            ASKED_ONCE.to_vec(),
        );
        assert_eq!(scene.failure(reply).await, expected, "{case}");
    }
    scene.assert_no_leaks().await;
}

#[tokio::test]
async fn an_expiration_that_is_not_rfc_3339_is_told_without_quoting_it() {
    let scene = Scene::start().await;
    for expires_at in [
        "",
        " ",
        "never",
        "ghs_fixture_0123456789",
        "2026-04-23",
        "16:48:32Z",
        "2026-04-23T16:48:32",
        "2026-04-23T16:48Z",
        "2026-04-23T16:48:32.Z",
        "2026-04-23T16:48:32+0200",
        "2026-04-23T16:48:32+25:00",
        "2026-13-23T16:48:32Z",
        "2026-02-30T16:48:32Z",
        "2025-02-29T16:48:32Z",
        "2026-04-23T24:00:00Z",
        "2026-04-23T16:60:32Z",
        "2026-4-23T16:48:32Z",
        "26-04-23T16:48:32Z",
        " 2026-04-23T16:48:32Z",
        "2026-04-23T16:48:32Z ",
        "2026-04-23T16:48:32ZZ",
        "Thu, 23 Apr 2026 16:48:32 GMT",
        "1776962912",
    ] {
        let expected = (
            "GitHubResponseInvalid".to_owned(),
            "decode GitHub installation-token response: expires_at is not an RFC 3339 time".to_owned(),
            ASKED_ONCE.to_vec(),
        );
        assert_eq!(scene.failure(with("expires_at", expires_at.into())).await, expected, "{expires_at:?}");
    }
    scene.assert_no_leaks().await;
}

#[tokio::test]
async fn a_token_that_is_not_visible_ascii_is_refused() {
    let scene = Scene::start().await;
    for token in
        [" ", "ghs_a b", " ghs_ab", "ghs_ab\n", "ghs_\tab", "ghs_\u{0}ab", "ghs_\u{7f}ab", "ghs_é", "ghs_\u{200b}"]
    {
        let expected = (
            "GitHubResponseInvalid".to_owned(),
            "decode GitHub installation-token response: the token is not visible ASCII".to_owned(),
            ASKED_ONCE.to_vec(),
        );
        assert_eq!(scene.failure(with("token", token.into())).await, expected, "{token:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_what_it_should_be_is_told_without_quoting_it() {
    const NOT_JSON: &str = "it is not valid JSON";
    const ANOTHER_KIND: &str = "a value in it is not of the kind expected";
    let scene = Scene::start().await;
    for (case, reply, why) in [
        ("an empty body", Reply::raw(201, ""), NOT_JSON),
        ("204", Reply::raw(204, ""), NOT_JSON),
        ("the bare token", Reply::raw(201, TOKEN), NOT_JSON),
        ("HTML", Reply::raw(200, "<html></html>"), NOT_JSON),
        ("cut off", Reply::raw(201, format!(r#"{{"token":"{TOKEN}","expires_at":"2026-"#)), NOT_JSON),
        ("more behind it", Reply::raw(201, format!(r#"{{"token":"{TOKEN}"}} {{"#)), NOT_JSON),
        ("the token as a text", Reply::raw(201, format!("\"{TOKEN}\"")), ANOTHER_KIND),
        ("an array", Reply::raw(201, format!(r#"["{TOKEN}","2026-04-23T16:48:32Z"]"#)), ANOTHER_KIND),
        ("a token that is a number", with("token", 5.into()), ANOTHER_KIND),
        ("a token in an array", with("token", json!([TOKEN])), ANOTHER_KIND),
        ("an expiration that is a number", with("expires_at", 1_776_962_912.into()), ANOTHER_KIND),
        ("an expiration that is a bool", with("expires_at", true.into()), ANOTHER_KIND),
        ("repositories that are a text", with("repositories", "octo-org/octo-repo".into()), ANOTHER_KIND),
        ("a repository that is a text", with("repositories", json!(["octo-org/octo-repo"])), ANOTHER_KIND),
        ("a selection that is a bool", with("repository_selection", true.into()), ANOTHER_KIND),
        ("permissions that are an array", with("permissions", json!(["contents"])), ANOTHER_KIND),
        ("a level that is null", with("permissions", json!({ "contents": null })), ANOTHER_KIND),
        (
            "two tokens",
            Reply::raw(201, format!(r#"{{"token":"{TOKEN}","token":"{TOKEN}"}}"#)),
            "a name stands in it twice",
        ),
        (
            "a permission twice",
            Reply::raw(
                201,
                format!(
                    r#"{{"token":"{TOKEN}","expires_at":"2026-04-23T16:48:32Z",
                    "permissions":{{"contents":"read","contents":"read"}}}}"#
                ),
            ),
            "a name stands in it twice",
        ),
    ] {
        let (error_type, text, calls) = scene.failure(reply).await;
        assert_eq!(error_type, "GitHubResponseInvalid", "{case}");
        assert_eq!(text, format!("decode GitHub installation-token response: {why}"), "{case}");
        // Whether a token that could be read is revoked is another question.
        assert_eq!(calls[..2], ASKED_ONCE, "{case}");
    }
    let (error_type, _, calls) = scene.failure(Reply::raw(201, "null")).await;
    assert_eq!((error_type.as_str(), calls), ("GitHubResponseInvalid", ASKED_ONCE.to_vec()));
    scene.assert_no_leaks().await;
}

#[tokio::test]
async fn a_grant_of_exactly_what_was_asked_for_is_good() {
    let scene = Scene::start().await;
    let repository = json!([{ "full_name": "octo-org/octo-repo" }]);
    for grant in [
        json!({}),
        json!({ "repository_selection": "selected" }),
        json!({ "repositories": null, "repository_selection": null, "permissions": null }),
        json!({ "repositories": repository }),
        json!({ "repositories": repository, "repository_selection": "selected" }),
        json!({ "repositories": repository, "repository_selection": "all" }),
        json!({ "repositories": [{ "full_name": "OCTO-org/Octo-REPO" }] }),
        json!({ "permissions": { "contents": "read" } }),
        json!({ "permissions": { "metadata": "read", "contents": "read" } }),
        json!({ "repositories": repository, "permissions": { "contents": "read" }, "single_file": "a" }),
    ] {
        let (invocation, calls) = scene.invoke([granting(&grant)]).await;
        assert!(invocation.is_success(), "{grant}: {}", invocation.text());
        assert_eq!(calls, ASKED_ONCE, "{grant}");
        let answer = concat!(
            r#","expires_at":"2026-04-23T16:48:32Z","repositories":["octo-org/octo-repo"],"#,
            r#""permissions":{"contents":"read"}}"#
        );
        assert_eq!(invocation.text(), format!(r#"{{"token":"{TOKEN}"{answer}"#), "{grant}");
    }
    assert_eq!(scene.sandbox.github.revoked(), [""; 0]);
}

#[tokio::test]
async fn a_grant_of_anything_else_is_revoked_once_and_told() {
    let scene = Scene::start().await;
    let repository = |name: &str| json!({ "full_name": name });
    let own = "octo-org/octo-repo";
    for (number, (grant, difference)) in [
        (json!({ "repository_selection": "all" }), "all repositories of the installation"),
        (json!({ "repositories": null, "repository_selection": "all" }), "all repositories of the installation"),
        (json!({ "repositories": [] }), "no repository"),
        (json!({ "repositories": [repository("octo-org/other")] }), "repository octo-org/other"),
        (json!({ "repositories": [repository("other/octo-repo")] }), "repository other/octo-repo"),
        (json!({ "repositories": [repository("octo-repo")] }), "repository octo-repo"),
        (json!({ "repositories": [repository("octo-org/octo-repo2")] }), "repository octo-org/octo-repo2"),
        (json!({ "repositories": [repository(own), repository("octo-org/b")] }), "repository octo-org/b"),
        (json!({ "repositories": [repository("octo-org/b"), repository(own)] }), "repository octo-org/b"),
        (json!({ "permissions": {} }), "permission contents is missing"),
        (json!({ "permissions": { "metadata": "read" } }), "permission contents is missing"),
        (json!({ "permissions": { "contents": "write" } }), "permission contents: write instead of read"),
        (json!({ "permissions": { "contents": "Read" } }), "permission contents: Read instead of read"),
        (json!({ "permissions": { "contents": "read", "issues": "read" } }), "permission issues: read"),
        (json!({ "permissions": { "contents": "read", "metadata": "write" } }), "permission metadata: write"),
        (json!({ "repositories": [repository(own)], "permissions": {} }), "permission contents is missing"),
    ]
    .into_iter()
    .enumerate()
    {
        let (invocation, calls) = scene.invoke([granting(&grant)]).await;
        assert_eq!(invocation.error_type(), "GrantMismatch", "{grant}");
        let text = format!("GitHub granted another scope than configured: {difference}");
        assert_eq!(invocation.error_message(), text, "{grant}");
        assert_eq!(calls, REVOKED, "{grant}");
        assert_eq!(scene.sandbox.github.revoked(), vec![TOKEN; number + 1], "{grant}");
        let line = scene.broker.log_of(&invocation).await;
        assert_eq!((&line["error"], &line["revocation"]), (&json!(text), &json!("revoked")), "{grant}");
    }
    scene.sandbox.assert_no_violations();
    scene.assert_no_leaks().await;
}

#[tokio::test]
async fn every_permission_asked_for_must_be_granted_at_its_level() {
    let sandbox = Sandbox::start().await;
    sandbox.github.set_permissions(json!({ "contents": "read", "issues": "write", "metadata": "read" }));
    let broker = sandbox.launch(BOOTSTRAP.as_ref(), |env| {
        let permissions = r#"{"contents":"read","issues":"write","metadata":"read"}"#;
        env.set("GITHUB_TOKEN_BROKER_PERMISSIONS", permissions);
    });
    let scene = Scene { sandbox, broker };
    for (permissions, difference) in [
        (json!({ "contents": "read", "metadata": "read" }), "permission issues is missing"),
        (json!({ "contents": "read", "issues": "write" }), "permission metadata is missing"),
        (
            json!({ "contents": "read", "issues": "read", "metadata": "read" }),
            "permission issues: read instead of write",
        ),
        (
            json!({ "contents": "read", "issues": "write", "metadata": "read", "actions": "read" }),
            "permission actions: read",
        ),
    ] {
        let (error_type, text, calls) = scene.failure(granting(&json!({ "permissions": permissions }))).await;
        assert_eq!(error_type, "GrantMismatch", "{permissions}");
        assert_eq!(text, format!("GitHub granted another scope than configured: {difference}"), "{permissions}");
        assert_eq!(calls, REVOKED, "{permissions}");
    }
    let (invocation, _) = scene.invoke([Reply::good()]).await;
    assert!(invocation.is_success(), "{}", invocation.text());
}

#[tokio::test]
async fn a_revocation_authenticates_with_the_token_itself() {
    let scene = Scene::start().await;
    scene.invoke([another_repository()]).await;
    let requests = scene.sandbox.github.requests_to(Endpoint::Revoke);
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0].method.as_str(), requests[0].target.as_str()), ("DELETE", "/installation/token"));
    assert_eq!(requests[0].header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert_eq!(requests[0].body, "");
}

#[tokio::test]
async fn a_difference_that_shows_the_token_is_hidden() {
    let scene = Scene::start().await;
    for grant in [
        json!({ "repositories": [{ "full_name": TOKEN }] }),
        json!({ "repositories": [{ "full_name": format!("octo-org/{TOKEN}") }] }),
        json!({ "permissions": { "contents": TOKEN } }),
        json!({ "permissions": { "contents": "read", TOKEN: "read" } }),
    ] {
        let (error_type, text, _) = scene.failure(granting(&grant)).await;
        assert_eq!(error_type, "GrantMismatch", "{grant}");
        assert!(!text.contains(TOKEN), "{text}");
    }
    scene.assert_no_leaks().await;
}

#[tokio::test]
async fn a_failed_revocation_changes_nothing_for_the_caller_and_is_not_tried_again() {
    let cases = [
        ("401", Reply::status(401)),
        ("404", Reply::status(404)),
        ("429", Reply::status(429)),
        ("500", Reply::status(500)),
        ("503", Reply::status(503).header("retry-after", "1")),
        ("a redirect", Reply::redirect(302, "/elsewhere")),
        ("a reset", Reply::reset()),
        ("garbage", Reply::garbage()),
        ("a hanging peer", Reply::hang()),
        ("a dripping head", Reply::good().dripping_head()),
    ];
    join_all(cases.map(async |(case, revocation)| {
        let scene = Scene::start().await;
        scene.sandbox.lambda.set_timeout(sandbox::scaled(std::time::Duration::from_secs(2)));
        scene.sandbox.github.script(Endpoint::Revoke, [revocation]);
        let (invocation, calls) = scene.invoke([another_repository()]).await;
        assert_eq!(invocation.error_type(), "GrantMismatch", "{case}");
        let text = "GitHub granted another scope than configured: repository octo-org/other";
        assert_eq!(invocation.error_message(), text, "{case}");
        assert_eq!(calls, REVOKED, "{case}");
        assert!(invocation.margin_ms >= 500, "{case}: {} ms before the deadline", invocation.margin_ms);
        let line = scene.broker.log_of(&invocation).await;
        let outcome = line["revocation"].as_str().unwrap_or_default();
        assert!(outcome.starts_with("failed: "), "{case}: {line}");
        scene.assert_no_leaks().await;
    }))
    .await;
}

#[tokio::test]
async fn a_revocation_takes_no_longer_than_an_attempt() {
    let scene = Scene::start().await;
    scene.sandbox.github.script(Endpoint::Revoke, [Reply::hang()]);
    let (invocation, calls) = scene.invoke([another_repository()]).await;
    assert_eq!((invocation.error_type().as_str(), calls), ("GrantMismatch", REVOKED.to_vec()));
    assert!(invocation.elapsed < sandbox::scaled(std::time::Duration::from_secs(5)), "{:?}", invocation.elapsed);
}

#[tokio::test]
async fn half_a_second_is_kept_for_a_revocation_after_a_slow_token_call() {
    let scene = Scene::start().await;
    scene.sandbox.lambda.set_timeout(std::time::Duration::from_secs(3));
    let late = another_repository().after(std::time::Duration::from_millis(1_700));
    let (invocation, calls) = scene.invoke([late]).await;
    assert_eq!((invocation.error_type().as_str(), calls), ("GrantMismatch", REVOKED.to_vec()));
    assert_eq!(scene.sandbox.github.revoked(), [TOKEN]);
}

#[tokio::test]
async fn an_invocation_after_a_revoked_token_gets_its_own() {
    let scene = Scene::start().await;
    scene.invoke([another_repository()]).await;
    let (invocation, calls) = scene.invoke([Reply::good()]).await;
    assert!(invocation.is_success(), "{}", invocation.text());
    assert_eq!(calls, ASKED_ONCE);
    assert_ne!(invocation.json()["token"], TOKEN);
}
