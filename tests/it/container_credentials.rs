//! AWS credentials from the endpoint in `AWS_CONTAINER_CREDENTIALS_FULL_URI`, which Lambda provides for `SnapStart` and
//! Managed Instances.

use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use sandbox::{ClosedPort, Environment, Outcome, Sandbox, app};
use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::clock;
use crate::init_fault::assert_refuses_to_start;
use crate::scene::{Scene, assert_error, launch};

const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const AUTHORIZATION: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN: &str = "container-token-0123456789abcdef";
const NONE_FROM_THERE: &str =
    "read GitHub App parameters from SSM: no AWS credentials from AWS_CONTAINER_CREDENTIALS_FULL_URI: ";

/// Returns the function role's credentials, which expire after this time.
fn credentials(expire_in: Duration) -> ResponseTemplate {
    let expiration = DateTime::from(clock::system_clock() + expire_in).fmt(Format::DateTime).unwrap();
    ResponseTemplate::new(200).set_body_json(json!({
        "AccessKeyId": app::AWS_ACCESS_KEY_ID,
        "SecretAccessKey": app::AWS_SECRET_ACCESS_KEY,
        "Token": app::AWS_SESSION_TOKEN,
        "Expiration": expiration,
    }))
}

/// Starts an endpoint that sends this response to requests with the authorization token.
async fn endpoint(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let request = Mock::given(method("GET")).and(path("/credentials")).and(header("authorization", TOKEN));
    request.respond_with(answer).mount(&server).await;
    server
}

fn requests_credentials(env: &mut Environment, uri: &str) {
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        env.remove(name);
    }
    env.set(FULL_URI, uri).set(AUTHORIZATION, TOKEN);
}

async fn started(server: &MockServer) -> Scene {
    let uri = format!("{}/credentials", server.uri());
    Scene::start_with(|env| requests_credentials(env, &uri)).await.ready().await
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn credentials_are_requested_once_until_they_expire() {
    let server = endpoint(credentials(Duration::from_hours(1))).await;
    let scene = started(&server).await;
    assert_eq!(requests(&server).await, 1, "during init");
    for _ in 0..3 {
        scene.mint("with the endpoint's credentials").await;
    }
    assert_eq!(requests(&server).await, 1);
    assert_eq!((scene.sandbox.ssm.connections(), scene.sandbox.github.connections()), (1, 1));
    scene.end().await;
}

#[tokio::test]
async fn expired_credentials_are_requested_again() {
    let server = endpoint(credentials(Duration::from_secs(1))).await;
    let scene = started(&server).await;
    for invocations in 1..=3 {
        scene.mint("with credentials that expire soon").await;
        assert_eq!(requests(&server).await, 1 + invocations);
    }
    scene.end().await;
}

#[tokio::test]
async fn the_environments_credentials_come_first() {
    let server = endpoint(credentials(Duration::from_hours(1))).await;
    let scene = Scene::start_with(|env| {
        env.set(FULL_URI, server.uri()).set(AUTHORIZATION, TOKEN);
    });
    let scene = scene.await;
    scene.mint("with the environment's credentials").await;
    assert_eq!(requests(&server).await, 0);
    scene.end().await;
}

#[tokio::test]
async fn the_authorization_token_may_be_in_a_file() {
    let server = endpoint(credentials(Duration::from_hours(1))).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, TOKEN).unwrap();
    let scene = Scene::start_with(|env| {
        requests_credentials(env, &format!("{}/credentials", server.uri()));
        env.remove(AUTHORIZATION).set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.path());
    });
    let scene = scene.await;
    scene.mint("with the file's token").await;
    scene.end().await;
}

#[tokio::test]
async fn a_proxy_is_not_used_for_the_endpoint() {
    let server = endpoint(credentials(Duration::from_hours(1))).await;
    let closed = ClosedPort::reserve().unwrap();
    let scene = Scene::start_with(|env| {
        requests_credentials(env, &format!("{}/credentials", server.uri()));
        env.set("HTTPS_PROXY", closed.url()).set("HTTP_PROXY", closed.url()).set("http_proxy", closed.url());
    });
    let scene = scene.await;
    scene.mint("loopback hosts need no proxy").await;
    scene.end().await;
}

/// Asserts the error of an invocation with credentials from this URI.
async fn assert_fails(case: &str, uri: &str, reason: &str) {
    let scene = Scene::start_with(|env| requests_credentials(env, uri)).await;
    let invocation = scene.invoke().await;
    assert_error(&invocation, case, "ParametersUnreadable", &format!("{NONE_FROM_THERE}{reason}"));
    assert_eq!(scene.sandbox.ssm.requests().len(), 0, "{case}");
    assert_eq!(scene.sandbox.leaks(&scene.broker.stop().await, &[TOKEN, "MISTAKE"]), [], "{case}");
}

#[tokio::test]
async fn an_endpoint_without_credentials_is_named() {
    let mistake = json!({ "code": "MISTAKE", "message": "ghs_MISTAKE" });
    for (case, answer) in [
        ("404", ResponseTemplate::new(404)),
        ("an error", ResponseTemplate::new(200).set_body_json(mistake)),
        ("not JSON", ResponseTemplate::new(200).set_body_string("ghs_MISTAKE")),
        ("500", ResponseTemplate::new(500)),
    ] {
        let server = endpoint(answer).await;
        let uri = format!("{}/credentials", server.uri());
        assert_fails(case, &uri, "the endpoint did not provide any").await;
    }
}

#[tokio::test]
async fn unsupported_characters_are_an_error() {
    let server = endpoint(ResponseTemplate::new(200).set_body_json(json!({
        "AccessKeyId": "AKIA\nMISTAKE",
        "SecretAccessKey": "MISTAKE",
        "Token": "MISTAKE",
        "Expiration": "2999-01-01T00:00:00Z",
    })));
    let server = server.await;
    let text = "read GitHub App parameters from SSM: the AWS credentials have unsupported characters";
    let scene = started(&server).await;
    assert_error(&scene.invoke().await, "from the endpoint", "ParametersUnreadable", text);
    scene.end().await;

    let scene = Scene::start_with(|env| {
        env.set("AWS_SESSION_TOKEN", "a b");
    });
    let scene = scene.await.ready().await;
    assert_error(&scene.invoke().await, "from the environment", "ParametersUnreadable", text);
    scene.end().await;
}

#[tokio::test]
async fn whitespace_around_credentials_is_ignored() {
    let scene = Scene::start_with(|env| {
        env.set("AWS_ACCESS_KEY_ID", format!(" {}\n", app::AWS_ACCESS_KEY_ID))
            .set("AWS_SECRET_ACCESS_KEY", format!("{}\n", app::AWS_SECRET_ACCESS_KEY))
            .set("AWS_SESSION_TOKEN", format!("{}\n", app::AWS_SESSION_TOKEN));
    });
    let scene = scene.await;
    scene.mint("with a last newline").await;
    scene.end().await;
}

#[tokio::test]
async fn a_token_file_that_cannot_be_read_is_named() {
    let server = endpoint(credentials(Duration::from_hours(1))).await;
    for file in ["/nowhere/token", ""] {
        let scene = Scene::start_with(|env| {
            requests_credentials(env, &format!("{}/credentials", server.uri()));
            env.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file);
        });
        let scene = scene.await;
        let reason = "the file in AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read";
        let text = format!("{NONE_FROM_THERE}{reason}");
        assert_error(&scene.invoke().await, file, "ParametersUnreadable", &text);
        scene.end().await;
    }
    assert_eq!(requests(&server).await, 0);
}

#[tokio::test]
async fn no_other_source_is_used() {
    let sandbox = Sandbox::start().await;
    for value in ["/credentials", ""] {
        let text = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must not be set";
        let change = |env: &mut Environment| {
            requests_credentials(env, "http://127.0.0.1/credentials");
            env.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", value);
        };
        assert_refuses_to_start(&sandbox, value, text, change).await;
    }
    let scene = Scene::start_with(|env| {
        env.remove("AWS_SECRET_ACCESS_KEY").set("SECRET_ACCESS_KEY", app::AWS_SECRET_ACCESS_KEY);
    });
    let scene = scene.await;
    let invocation = scene.invoke().await;
    assert!(invocation.error_message().contains("no AWS credentials in AWS_ACCESS_KEY_ID"), "{}", invocation.text());
    scene.end().await;
}

#[tokio::test]
async fn an_unusable_endpoint_is_named() {
    let closed = ClosedPort::reserve().unwrap();
    let invalid = "the URL or the authorization token is not valid";
    for (case, uri, reason) in [
        ("closed", format!("http://{}/credentials", closed.address()), "the connection was refused"),
        ("another machine", "http://192.0.2.1/credentials".to_owned(), invalid),
        ("not a URL", "MISTAKE MISTAKE".to_owned(), invalid),
    ] {
        assert_fails(case, &uri, reason).await;
    }
}

#[tokio::test]
async fn a_hanging_endpoint_delays_init_by_a_second() {
    let server = endpoint(credentials(Duration::from_hours(1)).set_delay(Duration::from_hours(1))).await;
    let start = clock::instant();
    let scene = started(&server).await;
    assert!(start.elapsed() < sandbox::scaled(Duration::from_secs(5)), "init took {:?}", start.elapsed());
    let invocation = scene.invoke().await;
    assert_error(
        &invocation,
        "hangs",
        "ParametersUnreadable",
        &format!("{NONE_FROM_THERE}no response within 1 second"),
    );
    assert_eq!(requests(&server).await, 2, "one during init, and one for the invocation");
    assert!(invocation.elapsed < sandbox::scaled(Duration::from_secs(2)), "took {:?}", invocation.elapsed);
    scene.sandbox.lambda.set_timeout(Duration::from_secs(1));
    let invocation = scene.invoke().await;
    let text = "read GitHub App parameters from SSM: deadline exceeded";
    assert_error(&invocation, "1 s", "DeadlineExceeded", text);
}

#[tokio::test]
async fn a_blank_url_is_treated_as_unset() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |env| requests_credentials(env, " "));
    let invocation = sandbox.lambda.invoke("null").await;
    assert_eq!(invocation.outcome, Outcome::Error, "{}", broker.captured().describe());
    assert!(invocation.error_message().contains("AWS_CONTAINER_CREDENTIALS_FULL_URI is not set"));
}
