//! Requests are sent only to the configured hosts.

use sandbox::{Reply, Sandbox, app};
use serde_json::json;
use wiremock::matchers::{any, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::plain_peers::ssm_parameters;
use crate::scene::{Scene, assert_error, granting, launch, set};
use crate::steps::Step;

const BASE_URL: &str = "GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL";

#[tokio::test]
async fn redirects_of_github_are_not_followed() {
    let (scene, elsewhere) = (Scene::start().await, Sandbox::start().await);
    for status in [301, 302, 303, 307, 308] {
        for step in [Step::Preflight, Step::Token] {
            for location in ["/repos/octo-org/renamed/installation".to_owned(), elsewhere.github.url()] {
                let case = format!("{status} of {step:?} to {location}");
                let (invocation, calls) = scene.invoke_with(step, [Reply::redirect(status, &location)]).await;
                let message = format!("GitHub {} request failed with status {status}", step.name());
                let is_renamed = (status, step) == (301, Step::Preflight);
                let error_type = if is_renamed { "RepositoryNotInstalled" } else { "GitHubRefused" };
                assert_error(&invocation, &case, error_type, &message);
                assert_eq!(calls, step.calls(1), "{case}");
            }
        }
    }
    assert_eq!(elsewhere.github.connections(), 0);
    scene.end().await;
}

#[tokio::test]
async fn redirects_of_ssm_are_not_followed() {
    let (scene, elsewhere) = (Scene::start().await, Sandbox::start().await);
    for (earlier, status) in [301, 302, 307, 308].into_iter().enumerate() {
        let redirect = Reply::redirect(status, &elsewhere.ssm.url());
        let (invocation, calls) = scene.invoke_with(Step::Ssm, [redirect]).await;
        let message = "read GitHub App parameters from SSM: …";
        assert_error(&invocation, &status.to_string(), "ParametersUnreadable", message);
        assert_eq!((scene.sandbox.ssm.requests().len(), calls), (earlier + 1, vec![]), "{status}");
    }
    assert_eq!(elsewhere.ssm.connections(), 0);
}

#[tokio::test]
async fn the_base_urls_path_is_kept() {
    for (path, trailing) in [("", ""), ("", "/"), ("/api/v3", ""), ("/api/v3", "/"), ("/gh/a-b_c.d/api/v3", "/")] {
        let sandbox = Sandbox::start().await;
        sandbox.github.set_base_path(path);
        let url = format!("{}{trailing}", sandbox.github.url());
        let broker = launch(&sandbox, set(BASE_URL, &url));
        let scene = Scene { sandbox, broker };
        scene.mint(&url).await;
        let wide = granting("ghs_0123456789", &json!({ "permissions": { "administration": "write" } }));
        let (revoked, _) = scene.invoke_with(Step::Token, [wide]).await;
        assert_eq!(revoked.error_type(), "GrantMismatch", "{url}");
        let installation = format!("{path}/repos/octo-org/octo-repo/installation");
        let token = format!("{path}/app/installations/{}/access_tokens", app::INSTALLATION_ID);
        let expected = [&installation, &token, &installation, &token, &format!("{path}/installation/token")];
        let requests = scene.sandbox.github.requests();
        assert_eq!(requests.iter().map(|request| &request.target).collect::<Vec<_>>(), expected, "{url}");
        scene.end().await;
    }
}

#[tokio::test]
async fn http_without_tls_works_on_loopback() {
    let ssm = MockServer::start().await;
    Mock::given(any()).respond_with(ssm_parameters()).expect(1).mount(&ssm).await;
    let github = MockServer::start().await;
    let installation = ResponseTemplate::new(200).set_body_json(json!({ "id": app::INSTALLATION_ID }));
    Mock::given(method("GET")).respond_with(installation).mount(&github).await;
    let token = json!({ "token": "ghs_plain", "expires_at": "2026-04-23T16:48:32Z" });
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(201).set_body_json(token)).mount(&github).await;

    let scene = Scene::start_with(|env| {
        env.set("AWS_ENDPOINT_URL_SSM", ssm.uri()).set(BASE_URL, github.uri().replace("127.0.0.1", "LocalHost"));
    })
    .await;
    let invocation = scene.mint("without TLS").await;
    assert_eq!(
        invocation.text(),
        r#"{"token":"ghs_plain","expires_at":"2026-04-23T16:48:32Z","repositories":["octo-org/octo-repo"],"permissions":{"contents":"read"}}"#
    );
    let requests = github.received_requests().await.unwrap();
    let calls: Vec<String> = requests.iter().map(|one| format!("{} {}", one.method, one.url.path())).collect();
    assert_eq!(calls, ["GET /repos/octo-org/octo-repo/installation", "POST /app/installations/52345678/access_tokens"]);
}
