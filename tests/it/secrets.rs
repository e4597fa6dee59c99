//! No output contains a secret: not on success, not with an invalid configuration, and not when a peer echoes secrets.
//! The rows of `failures` assert the same for failures.

use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use sandbox::{AppKey, Broker, Endpoint, Outcome, Proxy, Reply, Sandbox, app, ssm};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::leaks::{self, BODY, PROXY_PASSWORD, PROXY_USER, enable_verbose_logging, secret_body};
use crate::plain_peers::{header, ssm_parameters};
use crate::scene::{Scene, launch};
use crate::steps::Step;

/// Opaque and long, like GitHub's newer tokens.
const TOKEN: &str =
    "ghs_1234567_hostile.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.9876543210zyxwvutsrqp";
const GITHUB_ID: &str = "x-github-request-id";
const AWS_ID: &str = "x-amzn-requestid";

#[tokio::test]
async fn success_returns_the_token_only_to_the_caller() {
    let proxy = Proxy::start().await;
    let scene = Scene::start_with(|env| {
        enable_verbose_logging(env);
        env.set("HTTPS_PROXY", proxy.url_with(PROXY_USER, PROXY_PASSWORD))
            .set("AWS_ENDPOINT_URL_SSM", "https://ssm.example.test")
            .set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", "https://github.example.test");
    })
    .await;
    proxy.map("ssm.example.test", scene.sandbox.ssm.address());
    proxy.map("github.example.test", scene.sandbox.github.address());
    for replies in [vec![Reply::good()], vec![Reply::json(503, &secret_body()), Reply::good()]] {
        scene.sandbox.github.script(Endpoint::Installation, replies);
        let start = scene.broker.captured().stdout.len();
        let invocation = scene.mint("success").await;
        scene.broker.log_of(&invocation).await;
        let output = leaks::output_since(&scene.broker.captured(), start, &invocation);
        let jwts_and_tokens = [scene.sandbox.github.bearers(), scene.sandbox.github.issued()].concat();
        leaks::assert_hidden(&output, &jwts_and_tokens, "success");
    }
    assert!(!proxy.requests().is_empty());
    leaks::assert_none(&scene.sandbox, &scene.broker.stop().await, &[], "success");
}

#[tokio::test]
async fn an_invalid_configuration_is_not_quoted() {
    let sandbox = Sandbox::start().await;
    for (variable, value) in [
        ("GITHUB_TOKEN_BROKER_PERMISSIONS", BODY.to_owned()),
        ("GITHUB_TOKEN_BROKER_REPOSITORY_OWNER", format!("{BODY}/")),
        ("GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM", AppKey::first().pkcs1_pem()),
        ("GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM", AppKey::first().pkcs1_pem()),
        ("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", format!("https://user:{BODY}@ghes.example.com")),
        ("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", format!("https://user:{BODY}@ghes.example.com:port")),
        ("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", format!("https:user:{BODY}@ghes.example.com/x://y")),
        ("AWS_ENDPOINT_URL_SSM", format!("http://user:{BODY}@ssm.example.com")),
        ("AWS_REGION", format!("{BODY}/")),
        ("SSL_CERT_FILE", format!("/{BODY}")),
        ("HTTPS_PROXY", format!("ftp://user:{BODY}@proxy.example.com")),
    ] {
        let broker = launch(&sandbox, |env| {
            enable_verbose_logging(env);
            env.set(variable, value);
        });
        let invocation = sandbox.lambda.invoke("null").await;
        assert_eq!(invocation.outcome, Outcome::InitError, "{variable}");
        broker.wait_exit().await;
        leaks::assert_hidden(&leaks::output_since(&broker.captured(), 0, &invocation), &[], variable);
        leaks::assert_none(&sandbox, &broker.stop().await, &[], variable);
    }
}

/// Transforms a secret before a hostile peer echoes it.
type Echo = fn(&str) -> String;

const ECHOES: [(&str, Echo); 5] = [
    ("as it is", str::to_owned),
    ("its end", |secret| secret[secret.len() - 60..].to_owned()),
    ("its middle", |secret| secret[secret.len() / 2 - 20..secret.len() / 2 + 20].to_owned()),
    ("within more", |secret| format!("id={secret};x")),
    ("with spaces", |secret| secret.chars().flat_map(|c| [c, ' ']).collect()),
];

/// A hostile GitHub that echoes the JWT that it received, or its own token.
#[derive(Clone, Copy)]
struct Hostile {
    at: At,
    shows: Shows,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Preflight,
    TokenCall,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shows {
    Jwt,
    Token,
}

/// The place in which the secret is echoed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Refusal(u16),
    InstallationId,
    RequestId,
    RequestIdOfAWideGrant,
    RequestIdWithoutExpiration,
    Expiration,
    Repository,
    Permission,
    Level,
}

/// All cases, each with its error type, which is empty where a token is returned nevertheless.
const HOSTILE: [(At, Shows, Place, &str); 15] = [
    (At::Preflight, Shows::Jwt, Place::Refusal(404), "RepositoryNotInstalled"),
    (At::Preflight, Shows::Jwt, Place::InstallationId, "GitHubResponseInvalid"),
    (At::Preflight, Shows::Jwt, Place::RequestId, ""),
    (At::TokenCall, Shows::Jwt, Place::Refusal(422), "PermissionsNotGranted"),
    (At::TokenCall, Shows::Jwt, Place::RequestId, ""),
    (At::TokenCall, Shows::Token, Place::RequestId, ""),
    (At::TokenCall, Shows::Jwt, Place::Repository, "GrantMismatch"),
    (At::TokenCall, Shows::Token, Place::Repository, "GrantMismatch"),
    (At::TokenCall, Shows::Jwt, Place::Permission, "GrantMismatch"),
    (At::TokenCall, Shows::Token, Place::Permission, "GrantMismatch"),
    (At::TokenCall, Shows::Jwt, Place::Level, "GrantMismatch"),
    (At::TokenCall, Shows::Token, Place::Level, "GrantMismatch"),
    (At::TokenCall, Shows::Token, Place::RequestIdOfAWideGrant, "GrantMismatch"),
    (At::TokenCall, Shows::Token, Place::RequestIdWithoutExpiration, "GitHubResponseInvalid"),
    (At::TokenCall, Shows::Token, Place::Expiration, "GitHubResponseInvalid"),
];

impl Hostile {
    fn answer(self, request: &Request, echo: Echo) -> ResponseTemplate {
        let at = if request.method.as_str() == "GET" { At::Preflight } else { At::TokenCall };
        let good = if at == At::Preflight { json!({ "id": app::INSTALLATION_ID }) } else { granted() };
        if at != self.at || request.method.as_str() == "DELETE" {
            return ResponseTemplate::new(200).set_body_json(good);
        }
        let shown = match self.shows {
            Shows::Jwt => echo(header(request, "authorization").trim_start_matches("Bearer ")),
            Shows::Token => echo(TOKEN),
        };
        self.show(&shown, good)
    }

    fn show(self, shown: &str, mut body: Value) -> ResponseTemplate {
        let mut answer = ResponseTemplate::new(200);
        match self.place {
            Place::Refusal(status) => {
                answer = ResponseTemplate::new(status).insert_header("location", shown).insert_header(GITHUB_ID, shown);
                answer = answer.insert_header("retry-after", shown).insert_header("server", shown);
                body = json!({ "message": shown });
            }
            Place::InstallationId => body["id"] = shown.into(),
            Place::RequestId => {}
            Place::RequestIdOfAWideGrant => body["permissions"]["issues"] = "write".into(),
            Place::RequestIdWithoutExpiration => body["expires_at"] = Value::Null,
            Place::Expiration => body["expires_at"] = shown.into(),
            Place::Repository => body["repositories"][0]["full_name"] = shown.into(),
            Place::Permission => body["permissions"][shown] = "read".into(),
            Place::Level => body["permissions"]["contents"] = shown.into(),
        }
        answer.insert_header(GITHUB_ID, shown).set_body_json(body)
    }
}

fn granted() -> Value {
    json!({
        "token": TOKEN,
        "expires_at": "2026-04-23T16:48:32Z",
        "repositories": [{ "full_name": "octo-org/octo-repo" }],
        "permissions": { "contents": "read" },
    })
}

/// Starts a peer whose responses depend on the request.
async fn peer(answer: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// Invokes the function, asserts that no output contains these secrets, and returns the error type.
async fn assert_hidden(
    sandbox: &Sandbox,
    broker: &Broker,
    case: &str,
    secrets: impl AsyncFn() -> Vec<String>,
) -> String {
    let start = broker.captured().stdout.len();
    let invocation = sandbox.lambda.invoke("null").await;
    broker.log_of(&invocation).await;
    leaks::assert_hidden(&leaks::output_since(&broker.captured(), start, &invocation), &secrets().await, case);
    invocation.error_type()
}

#[tokio::test]
async fn a_github_that_echoes_secrets_is_not_quoted() {
    join_all(HOSTILE.map(async |(at, shows, place, error_type)| {
        let sandbox = Sandbox::start().await;
        let echo = Arc::new(Mutex::new(ECHOES[0].1));
        let now = echo.clone();
        let hostile = Hostile { at, shows, place };
        let github = peer(move |request| hostile.answer(request, *now.lock().unwrap())).await;
        let broker = launch(&sandbox, |env| {
            enable_verbose_logging(env);
            env.set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", github.uri());
        });
        for (dress, dressed) in ECHOES {
            *echo.lock().unwrap() = dressed;
            let case = format!("{at:?}, {shows:?}, {place:?}, {dress}");
            let bearers = async || {
                let requests = github.received_requests().await.unwrap();
                let bearers = requests.iter().map(|request| header(request, "authorization").replace("Bearer ", ""));
                bearers.chain([TOKEN.to_owned()]).collect()
            };
            assert_eq!(assert_hidden(&sandbox, &broker, &case, bearers).await, error_type, "{case}");
        }
        leaks::assert_none(&sandbox, &broker.stop().await, &[], "hostile GitHub");
    }))
    .await;
}

#[tokio::test]
async fn an_ssm_that_echoes_credentials_is_not_quoted() {
    let error = |code: &str, message: &str| {
        ResponseTemplate::new(400).set_body_json(json!({ "__type": code, "message": message }))
    };
    let code = "InvalidSignatureException";
    let places = ["request ID", "request ID of a refusal", "message", "code", "names", "authorization in the message"];
    join_all(places.map(async |place| {
        let sandbox = Sandbox::start().await;
        let echo = Arc::new(Mutex::new(ECHOES[0].1));
        let now = echo.clone();
        let ssm = peer(move |request| {
            let echo = *now.lock().unwrap();
            let token = echo(header(request, "x-amz-security-token"));
            match place {
                "request ID" => ssm_parameters().insert_header(AWS_ID, token),
                "request ID of a refusal" => error(code, "no").insert_header(AWS_ID, token),
                "message" => error(code, &format!("The canonical string was '{token}'")),
                "code" => error(&token, "no"),
                "names" => ResponseTemplate::new(200)
                    .set_body_json(json!({ "InvalidParameters": [token, "/a"], "Parameters": [] })),
                _ => error(code, &echo(header(request, "authorization"))),
            }
        })
        .await;
        // The next step fails, so that the request ID is logged.
        sandbox.github.script(Endpoint::Installation, [Reply::status(404)]);
        let broker = launch(&sandbox, |env| {
            enable_verbose_logging(env);
            env.set("AWS_ENDPOINT_URL_SSM", ssm.uri());
        });
        for (dress, dressed) in ECHOES {
            *echo.lock().unwrap() = dressed;
            let bearers = async || sandbox.github.bearers();
            let error_type = assert_hidden(&sandbox, &broker, &format!("{place}, {dress}"), bearers).await;
            assert_ne!(error_type, "", "{place}, {dress}");
        }
        let requests = ssm.received_requests().await.unwrap();
        assert!(requests.iter().all(|one| header(one, "x-amz-security-token") == app::AWS_SESSION_TOKEN));
        leaks::assert_none(&sandbox, &broker.stop().await, &[], place);
    }))
    .await;
}

/// SSM's second response quotes a part of a bearer of the first invocation. Any such part is hidden.
#[tokio::test]
async fn bearers_of_the_last_invocation_are_not_quoted() {
    const PART: usize = 12;
    let scene = Scene::start().await;
    for start in [0, 1, 5, 7, 11, 20, 28] {
        scene.sandbox.ssm.script([]);
        scene.mint("before").await;
        let token = scene.sandbox.github.issued().pop().unwrap();
        let jwt = scene.sandbox.github.bearers().pop().unwrap();
        // Counted from the end, because a JWT's beginning is always the same.
        let parts = [token, jwt].map(|bearer| bearer[bearer.len() - start - PART..bearer.len() - start].to_owned());
        for part in parts {
            scene.sandbox.ssm.script([ssm::error("InvalidKeyId", &format!("/key/~{part}~"))]);
            let invocation = scene.invoke().await;
            let expected = "read GitHub App parameters from SSM: InvalidKeyId: (hidden)";
            assert_eq!(invocation.error_message(), expected, "{part}");
        }
    }
    scene.end().await;
}

#[tokio::test]
async fn a_refused_token_is_not_quoted_either() {
    let opaque = "opaque-0123456789-abcdefghijklmnopqrstuvwxyz";
    let scene = Scene::start().await;
    let twice = format!(r#"{{"token":"{opaque}","token":"{opaque}"}}"#);
    let (invocation, _) = scene.invoke_with(Step::Token, [Reply::raw(201, twice)]).await;
    assert_eq!(invocation.error_type(), "GitHubResponseInvalid");
    scene.sandbox.ssm.script([ssm::error("InvalidKeyId", &format!("/key/{opaque}"))]);
    let expected = "read GitHub App parameters from SSM: InvalidKeyId: (hidden)";
    assert_eq!(scene.invoke().await.error_message(), expected);
    scene.end().await;
}
