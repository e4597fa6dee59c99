//! The preflight: whatever GitHub says of the installation, the caller learns it, and no token is requested.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use futures_util::future::join_all;
use sandbox::{AppKey, Broker, Door, Endpoint, Invocation, Outcome, Reply, Sandbox, app};
use serde_json::{Value, json};

const BOOTSTRAP: &str = env!("CARGO_BIN_EXE_bootstrap");
const MIB: usize = 1024 * 1024;

/// A broker that runs, and a preflight to script.
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

    /// One invocation with the preflight scripted so, and the calls that it made.
    async fn invoke(&self, replies: impl IntoIterator<Item = Reply>) -> (Invocation, Vec<Endpoint>) {
        let earlier = self.sandbox.github.calls().len();
        self.sandbox.github.script(Endpoint::Installation, replies);
        let invocation = self.sandbox.lambda.invoke("null").await;
        (invocation, self.sandbox.github.calls().split_off(earlier))
    }

    /// Error type, text and calls of one invocation.
    async fn failure(&self, reply: Reply) -> (String, String, Vec<Endpoint>) {
        let (invocation, calls) = self.invoke([reply]).await;
        (invocation.error_type(), invocation.error_message(), calls)
    }

    async fn assert_no_leaks(self) {
        assert_eq!(self.sandbox.leaks(&self.broker.stop().await, &[]), []);
    }
}

/// GitHub's good answer with one member changed.
fn with(member: &'static str, value: Value) -> Reply {
    Reply::edit(move |mut answer| {
        answer[member] = value.clone();
        answer
    })
}

fn refused(status: u16) -> String {
    format!("GitHub repository-installation request failed with status {status}")
}

#[tokio::test]
async fn a_status_that_does_not_pass_is_told_by_its_type_and_not_tried_again() {
    let scene = Scene::start().await;
    let elsewhere = format!("{}/repositories/1296269/installation", scene.sandbox.github.url());
    for (case, reply, status, error_type) in [
        ("300", Reply::status(300), 300, "GitHubRefused"),
        ("301", Reply::redirect(301, &elsewhere), 301, "RepositoryNotInstalled"),
        ("301 without a location", Reply::status(301), 301, "RepositoryNotInstalled"),
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
        ("401, no request left", Reply::status(401).header("x-ratelimit-remaining", "0"), 401, "GitHubRejectedApp"),
        ("404", Reply::status(404), 404, "RepositoryNotInstalled"),
        (
            "404, no request left",
            Reply::status(404).header("x-ratelimit-remaining", "0"),
            404,
            "RepositoryNotInstalled",
        ),
        ("408", Reply::status(408), 408, "GitHubRefused"),
        ("410", Reply::status(410), 410, "GitHubRefused"),
        ("418", Reply::status(418), 418, "GitHubRefused"),
        ("422", Reply::status(422), 422, "GitHubRefused"),
        ("451", Reply::status(451), 451, "GitHubRefused"),
        ("501", Reply::status(501), 501, "GitHubUnavailable"),
        ("505", Reply::status(505), 505, "GitHubUnavailable"),
        ("599", Reply::status(599), 599, "GitHubUnavailable"),
    ] {
        let expected = (error_type.to_owned(), refused(status), vec![Endpoint::Installation]);
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
        let expected = (error_type.to_owned(), refused(status), vec![Endpoint::Installation; 3]);
        assert_eq!(scene.failure(Reply::status(status)).await, expected, "{status}");
        scene.assert_no_leaks().await;
    }))
    .await;
}

#[tokio::test]
async fn the_last_attempts_status_is_told() {
    let scene = Scene::start().await;
    let (invocation, calls) = scene.invoke([500, 503, 404].map(Reply::status)).await;
    assert_eq!(invocation.error_message(), refused(404));
    assert_eq!(invocation.error_type(), "RepositoryNotInstalled");
    assert_eq!(calls, [Endpoint::Installation; 3]);

    let (invocation, calls) = scene.invoke([502, 401].map(Reply::status)).await;
    assert_eq!(invocation.error_message(), refused(401));
    assert_eq!(invocation.error_type(), "GitHubRejectedApp");
    assert_eq!(calls, [Endpoint::Installation; 2]);
}

#[tokio::test]
async fn a_token_follows_when_a_later_attempt_succeeds() {
    use Endpoint::{AccessTokens, Installation};

    let cases: [(&str, Vec<Reply>); 7] = [
        ("429", vec![Reply::status(429), Reply::good()]),
        ("500", vec![Reply::status(500), Reply::good()]),
        ("502", vec![Reply::status(502), Reply::good()]),
        ("503", vec![Reply::status(503), Reply::good()]),
        ("504", vec![Reply::status(504), Reply::good()]),
        ("reset", vec![Reply::reset(), Reply::good()]),
        ("503 and reset", vec![Reply::status(503), Reply::reset(), Reply::good()]),
    ];
    join_all(cases.map(async |(case, replies)| {
        let scene = Scene::start().await;
        let mut expected = vec![Installation; replies.len()];
        expected.push(AccessTokens);
        let (invocation, calls) = scene.invoke(replies).await;
        assert!(invocation.is_success(), "{case}: {}", invocation.text());
        assert_eq!(calls, expected, "{case}");
        scene.sandbox.assert_no_violations();
    }))
    .await;
}

#[tokio::test]
async fn without_an_answer_github_is_unavailable_after_three_attempts() {
    let scene = Scene::start().await;
    let expected = (
        "GitHubUnavailable".to_owned(),
        "request GitHub repository installation: the connection was reset".to_owned(),
        vec![Endpoint::Installation; 3],
    );
    assert_eq!(scene.failure(Reply::reset()).await, expected);

    let (error_type, text, _) = scene.failure(Reply::garbage()).await;
    assert_eq!(error_type, "GitHubUnavailable");
    assert_eq!(text, "request GitHub repository installation: the answer is not HTTP");
    scene.assert_no_leaks().await;
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_is_tried_three_times() {
    for (door, why) in [
        (Door::Reset, "the connection was reset"),
        (Door::ForeignCertificate, "the server's certificate is not valid or not trusted"),
    ] {
        let sandbox = Sandbox::start().await;
        sandbox.github.set_doors([door]);
        let broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
        sandbox.lambda.ready().await;
        let earlier = sandbox.github.connections();
        let invocation = sandbox.lambda.invoke("null").await;
        let text = format!("request GitHub repository installation: {why}");
        assert_eq!((invocation.error_type(), invocation.error_message()), ("GitHubUnavailable".into(), text));
        assert_eq!((sandbox.github.connections() - earlier, sandbox.github.calls()), (3, vec![]), "{door:?}");
        assert_eq!(sandbox.leaks(&broker.stop().await, &[]), []);
    }
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
            "read GitHub repository-installation response: it broke off".to_owned(),
            vec![Endpoint::Installation],
        );
        assert_eq!(scene.failure(reply).await, expected, "{case}");
    }
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
            "read GitHub repository-installation response: it has more than 1 MiB".to_owned(),
            vec![Endpoint::Installation],
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
    let (invocation, _) = scene.invoke([Reply::status(404).padded(8 * MIB)]).await;
    assert_eq!(invocation.error_message(), refused(404), "an error's body is not read");
}

#[tokio::test]
async fn an_answer_without_an_id_is_told_as_such() {
    let scene = Scene::start().await;
    for body in ["{}", r#"{"id":0}"#, r#"{"id":null}"#, r#"{"ID":52345678}"#, r#" {"app_id":52345678} "#] {
        let expected = (
            "GitHubResponseInvalid".to_owned(),
            "GitHub repository-installation response did not include an installation ID".to_owned(),
            vec![Endpoint::Installation],
        );
        assert_eq!(scene.failure(Reply::raw(200, body)).await, expected, "{body}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_what_it_should_be_is_told_without_quoting_it() {
    const NOT_JSON: &str = "it is not valid JSON";
    const ANOTHER_KIND: &str = "a value in it is not of the kind expected";
    let scene = Scene::start().await;
    for (body, why) in [
        ("", NOT_JSON),
        (" ", NOT_JSON),
        ("<html>52345678</html>", NOT_JSON),
        (r#"{"id":52345678"#, NOT_JSON),
        (r#"{"id":52345678}}"#, NOT_JSON),
        (r#"{"id":052345678}"#, NOT_JSON),
        ("{'id':52345678}", NOT_JSON),
        ("\u{feff}{\"id\":52345678}", NOT_JSON),
        (r#"{"id":"52345678"}"#, ANOTHER_KIND),
        (r#"{"id":-1}"#, ANOTHER_KIND),
        (r#"{"id":52345678.5}"#, ANOTHER_KIND),
        (r#"{"id":18446744073709551616}"#, ANOTHER_KIND),
        (r#"{"id":[52345678]}"#, ANOTHER_KIND),
        (r#"{"id":{}}"#, ANOTHER_KIND),
        (r#"{"id":true}"#, ANOTHER_KIND),
        ("[]", ANOTHER_KIND),
        ("[52345678]", ANOTHER_KIND),
        ("52345678", ANOTHER_KIND),
        (r#""52345678""#, ANOTHER_KIND),
        (r#"{"id":52345678,"id":52345678}"#, "a name stands in it twice"),
        (r#"{"id":1,"suspended_at":null,"suspended_at":null}"#, "a name stands in it twice"),
    ] {
        let expected = (
            "GitHubResponseInvalid".to_owned(),
            format!("decode GitHub repository-installation response: {why}"),
            vec![Endpoint::Installation],
        );
        assert_eq!(scene.failure(Reply::raw(200, body)).await, expected, "{body}");
    }
    // As an object without an ID, or as no object: both fit.
    let (error_type, _, calls) = scene.failure(Reply::raw(200, "null")).await;
    assert_eq!((error_type.as_str(), calls), ("GitHubResponseInvalid", vec![Endpoint::Installation]));
    let (error_type, text, _) = scene.failure(Reply::raw(200, b"{\"id\":\"\xff\"}")).await;
    assert_eq!(error_type, "GitHubResponseInvalid");
    assert!(text.starts_with("decode GitHub repository-installation response: "), "not UTF-8: {text}");
    scene.assert_no_leaks().await;
}

#[tokio::test]
async fn another_installation_is_told_with_both_ids() {
    let scene = Scene::start().await;
    let configured = app::INSTALLATION_ID;
    for found in [1, configured - 1, configured + 1, u64::MAX] {
        let expected = (
            "InstallationMismatch".to_owned(),
            format!("GitHub repository installation {found} does not match configured installation {configured}"),
            vec![Endpoint::Installation],
        );
        assert_eq!(scene.failure(with("id", found.into())).await, expected);
    }
    scene.sandbox.ssm.put(app::INSTALLATION_ID_PARAM, "123");
    scene.sandbox.github.set_installation(456);
    let expected = (
        "InstallationMismatch".to_owned(),
        "GitHub repository installation 456 does not match configured installation 123".to_owned(),
        vec![Endpoint::Installation],
    );
    assert_eq!(scene.failure(Reply::good()).await, expected);
}

#[tokio::test]
async fn a_suspended_installation_is_told_as_such() {
    let scene = Scene::start().await;
    let (error_type, text, calls) = scene.failure(with("suspended_at", "2026-04-20T15:03:10Z".into())).await;
    assert_eq!(error_type, "InstallationSuspended");
    assert_eq!(text, format!("GitHub App installation {} is suspended", app::INSTALLATION_ID));
    assert_eq!(calls, [Endpoint::Installation]);
    for (case, body) in [
        ("null", json!({ "id": app::INSTALLATION_ID, "suspended_at": null })),
        ("absent", json!({ "id": app::INSTALLATION_ID })),
    ] {
        let (invocation, _) = scene.invoke([Reply::json(200, &body)]).await;
        assert!(invocation.is_success(), "suspended_at is {case}: {}", invocation.text());
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let scene = Scene::start().await;
    let other = Sandbox::start().await;
    for status in [301, 302, 303, 307, 308] {
        let target = format!("{}/repos/octo-org/octo-repo/installation", other.github.url());
        let (invocation, calls) = scene.invoke([Reply::redirect(status, &target)]).await;
        assert_eq!(invocation.error_message(), refused(status));
        assert_eq!(calls, [Endpoint::Installation], "{status}");
    }
    assert_eq!(other.github.connections(), 0);
}

#[tokio::test]
async fn a_key_that_github_does_not_know_is_a_rejected_app() {
    let scene = Scene::start().await;
    scene.sandbox.github.set_keys([AppKey::second()]);
    let expected = ("GitHubRejectedApp".to_owned(), refused(401), vec![Endpoint::Installation]);
    assert_eq!(scene.failure(Reply::good()).await, expected);
    scene.assert_no_leaks().await;
}

#[tokio::test]
async fn a_repository_without_the_app_is_not_installed() {
    let sandbox = Sandbox::start().await;
    let _broker = sandbox.launch(BOOTSTRAP.as_ref(), |env| {
        env.set("GITHUB_TOKEN_BROKER_REPOSITORY_NAME", "another.repo_-");
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert_eq!((invocation.error_type(), invocation.error_message()), ("RepositoryNotInstalled".into(), refused(404)));
    let targets: Vec<String> = sandbox.github.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/repos/octo-org/another.repo_-/installation"]);
}

#[tokio::test]
async fn an_error_is_posted_as_type_and_text_and_nothing_else() {
    let scene = Scene::start().await;
    let (invocation, _) = scene.invoke([Reply::status(404)]).await;
    assert_eq!(invocation.outcome, Outcome::Error);
    let expected = json!({ "errorType": "RepositoryNotInstalled", "errorMessage": refused(404) });
    assert_eq!(invocation.json(), expected);
}

#[tokio::test]
async fn nothing_of_an_error_answers_body_is_shown() {
    let scene = Scene::start().await;
    let body = json!({ "message": "do-not-show-this-message", "documentation_url": "https://do-not-show.example" });
    for status in [302, 400, 401, 403, 404, 422, 501] {
        scene.invoke([Reply::json(status, &body)]).await;
    }
    let captured = scene.broker.stop().await;
    assert_eq!(scene.sandbox.leaks(&captured, &["do-not-show"]), []);
}
