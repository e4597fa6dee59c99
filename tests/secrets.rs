//! Nobody gets to see a secret: not in the log, not in an error, at no level, from no library, and not when a peer
//! sends back what it was told.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail anywhere")]

mod common;

use std::time::Duration;

use common::{PlainServer, Request, launch, ssm_answer};
use futures_util::future::join_all;
use sandbox::lambda::{Post, Posted};
use sandbox::{AppKey, Broker, Door, Endpoint, Environment, Invocation, Outcome, Proxy, Reply, Sandbox, app, ssm};
use serde_json::{Value, json};

/// What stands in GitHub's and SSM's bodies where nobody should look for it.
const BODY: &str = "s3cret-of-a-peers-body";
/// How much of a secret in a row is too much.
const PIECE: usize = 16;
const PROXY_USER: &str = "proxy-user-s3cret";
const PROXY_PASSWORD: &str = "proxy-password-s3cret";

/// As talkative as the environment can make a Rust program.
fn talkative(env: &mut Environment) {
    env.set("GITHUB_TOKEN_BROKER_LOG_LEVEL", "debug")
        .set("AWS_LAMBDA_LOG_LEVEL", "TRACE")
        .set("RUST_LOG", "trace")
        .set("RUST_BACKTRACE", "full")
        .set("RUST_LIB_BACKTRACE", "1");
}

fn pieces(secret: &str) -> impl Iterator<Item = String> + '_ {
    secret
        .as_bytes()
        .chunks(PIECE)
        .filter(|piece| piece.len() == PIECE)
        .map(|piece| String::from_utf8_lossy(piece).into())
}

/// Everything that may not be seen, whole and in pieces. The header of a JWT is the same for everybody.
fn secrets(sandbox: &Sandbox, jwts_and_tokens: &[String]) -> Vec<String> {
    let of_bearer = |bearer: &String| bearer.split('.').skip(1).flat_map(pieces).collect::<Vec<_>>();
    let bearers = sandbox.github.bearers().into_iter().chain(jwts_and_tokens.iter().cloned());
    let mut secrets: Vec<String> = bearers.flat_map(|bearer| of_bearer(&bearer)).collect();
    for secret in sandbox.github.issued().iter().chain(jwts_and_tokens) {
        secrets.extend(pieces(secret.trim_start_matches("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9")));
    }
    for secret in [app::AWS_SECRET_ACCESS_KEY, app::AWS_SESSION_TOKEN] {
        secrets.extend(pieces(secret));
    }
    secrets.extend([app::AWS_ACCESS_KEY_ID, BODY, PROXY_USER, PROXY_PASSWORD].map(String::from));
    secrets.extend(AppKey::first().secret_lines().iter().flat_map(|line| pieces(line)).collect::<Vec<_>>());
    secrets
}

/// Stops the broker and searches all that it wrote and posted. Where a token was given out, it stands in its answer.
async fn assert_no_leaks(sandbox: &Sandbox, broker: Broker, case: &str, jwts_and_tokens: &[String]) {
    let captured = broker.stop().await;
    let output = String::from_utf8_lossy(&captured.stdout).into_owned();
    assert_eq!(sandbox.leaks(&captured, &[]), [], "{case}\n{output}");
    let posts = sandbox.lambda.posts();
    let is_answer = |post: &&Post| matches!(post.to, Posted::Response(_));
    let bodies = posts.iter().filter(|post| !is_answer(post)).map(|post| String::from_utf8_lossy(&post.body));
    let headers = posts.iter().map(|post| format!("{:?}", post.headers).into());
    let seen: String = [output.clone().into()].into_iter().chain(bodies).chain(headers).collect();
    let leaks: Vec<String> =
        secrets(sandbox, jwts_and_tokens).into_iter().filter(|piece| seen.contains(piece)).collect();
    assert_eq!(leaks, [""; 0], "{case}\n{seen}");
    assert_eq!(captured.stderr, b"", "{case}");
    // Only our own lines, whatever RUST_LOG says.
    for line in sandbox::process::log_lines(&captured) {
        assert!(line["msg"].is_string() && line["target"].is_null(), "{case}: {line}");
    }
}

type Setup = fn(&Sandbox);
/// What it is, how it comes about, and the error's type: empty where there is none.
type Case = (&'static str, Setup, &'static str);

/// Invokes once, over a proxy with credentials, and looks for secrets.
async fn run((case, setup, error_type): Case) {
    let sandbox = Sandbox::start().await;
    let proxy = Proxy::start().await;
    proxy.map("ssm.example.test", sandbox.ssm.address());
    proxy.map("github.example.test", sandbox.github.address());
    setup(&sandbox);
    let broker = launch(&sandbox, |env| {
        talkative(env);
        env.set("HTTPS_PROXY", proxy.url_with(PROXY_USER, PROXY_PASSWORD))
            .set("AWS_ENDPOINT_URL_SSM", "https://ssm.example.test")
            .set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", "https://github.example.test");
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert_eq!(invocation.error_type(), error_type, "{case}: {}", invocation.text());
    assert!(!proxy.requests().is_empty(), "{case}");
    broker.log_of(&invocation).await;
    assert_no_leaks(&sandbox, broker, case, &[]).await;
}

fn body() -> Value {
    json!({ "message": BODY, "documentation_url": BODY, "errors": [{ "message": BODY }] })
}

/// A time that is too short for a peer that hangs.
fn hurry(sandbox: &Sandbox) {
    sandbox.lambda.set_timeout(sandbox::scaled(Duration::from_secs(1)));
}

fn edited_token(change: fn(&mut Value)) -> Reply {
    Reply::edit(move |mut answer| {
        change(&mut answer);
        answer
    })
}

#[tokio::test]
async fn nothing_is_seen_on_success() {
    run(("success", |_| {}, "")).await;
    run((
        "a second attempt",
        |s| s.github.script(Endpoint::Installation, [Reply::json(503, &body()), Reply::good()]),
        "",
    ))
    .await;
}

#[tokio::test]
async fn nothing_is_seen_when_ssm_fails() {
    let cases: [Case; 11] = [
        (
            "access denied",
            |s| s.ssm.script([ssm::error("AccessDeniedException", "User is not authorized")]),
            "ParametersUnreadable",
        ),
        ("status without a code", |s| s.ssm.script([Reply::raw(403, BODY)]), "ParametersUnreadable"),
        ("not JSON", |s| s.ssm.script([Reply::raw(200, BODY)]), "ParametersUnreadable"),
        (
            "JSON of another kind",
            |s| s.ssm.script([Reply::json(200, &json!({ "Parameters": BODY }))]),
            "ParametersUnreadable",
        ),
        ("cut off", |s| s.ssm.script([Reply::good().truncated_length()]), "ParametersUnreadable"),
        ("too long", |s| s.ssm.script([Reply::good().padded(2 << 20)]), "ParametersUnreadable"),
        ("reset", |s| s.ssm.script([Reply::reset()]), "ParametersUnreadable"),
        ("foreign certificate", |s| s.ssm.set_doors([Door::ForeignCertificate]), "ParametersUnreadable"),
        ("missing", |s| s.ssm.remove(app::PRIVATE_KEY_PARAM), "ParametersMissing"),
        (
            "hangs after half an answer",
            |s| {
                hurry(s);
                s.ssm.script([Reply::good().hanging_after_head()]);
            },
            "DeadlineExceeded",
        ),
        (
            "hangs",
            |s| {
                hurry(s);
                s.ssm.script([Reply::hang()]);
            },
            "DeadlineExceeded",
        ),
    ];
    join_all(cases.map(run)).await;
}

#[tokio::test]
async fn nothing_is_seen_of_parameters_that_are_not_what_they_should_be() {
    let cases: [Case; 12] = [
        ("empty", |s| s.ssm.put(app::INSTALLATION_ID_PARAM, ""), "ParameterInvalid"),
        (
            "the key as installation ID",
            |s| s.ssm.put(app::INSTALLATION_ID_PARAM, AppKey::first().pkcs1_pem()),
            "ParameterInvalid",
        ),
        ("words as installation ID", |s| s.ssm.put(app::INSTALLATION_ID_PARAM, BODY), "ParameterInvalid"),
        ("not PEM", |s| s.ssm.put(app::PRIVATE_KEY_PARAM, BODY), "PrivateKeyInvalid"),
        (
            "base64 alone",
            |s| s.ssm.put(app::PRIVATE_KEY_PARAM, AppKey::first().secret_lines().concat()),
            "PrivateKeyInvalid",
        ),
        (
            "without its end",
            |s| {
                let pem = AppKey::first().pkcs1_pem();
                s.ssm.put(app::PRIVATE_KEY_PARAM, &pem[..pem.len() / 2]);
            },
            "PrivateKeyInvalid",
        ),
        (
            "a line lost",
            |s| {
                let pem = AppKey::first().pkcs1_pem();
                let lines: Vec<&str> = pem.lines().enumerate().filter(|(i, _)| *i != 5).map(|(_, line)| line).collect();
                s.ssm.put(app::PRIVATE_KEY_PARAM, lines.join("\n"));
            },
            "PrivateKeyInvalid",
        ),
        (
            "not base64 in one place",
            |s| {
                s.ssm.put(
                    app::PRIVATE_KEY_PARAM,
                    AppKey::first().pkcs8_pem().replacen("AA", "A*", 1).replacen("MII", "M!I", 1),
                );
            },
            "PrivateKeyInvalid",
        ),
        (
            "another label",
            |s| {
                s.ssm.put(
                    app::PRIVATE_KEY_PARAM,
                    AppKey::first().pkcs1_pem().replace("RSA PRIVATE", "ENCRYPTED PRIVATE"),
                );
            },
            "PrivateKeyInvalid",
        ),
        ("a public key", |s| s.ssm.put(app::PRIVATE_KEY_PARAM, AppKey::first().public_pem()), "PrivateKeyInvalid"),
        (
            "an elliptic-curve key",
            |s| s.ssm.put(app::PRIVATE_KEY_PARAM, app::elliptic_curve_pem()),
            "PrivateKeyInvalid",
        ),
        ("another App's key", |s| s.ssm.put(app::PRIVATE_KEY_PARAM, AppKey::second().pkcs1_pem()), "GitHubRejectedApp"),
    ];
    join_all(cases.map(run)).await;
}

#[tokio::test]
async fn nothing_is_seen_of_a_key_in_the_client_ids_place() {
    for value in [AppKey::first().pkcs1_pem(), AppKey::first().secret_lines().concat()] {
        let sandbox = Sandbox::start().await;
        sandbox.ssm.put(app::CLIENT_ID_PARAM, &value);
        let broker = launch(&sandbox, talkative);
        let invocation = sandbox.lambda.invoke("null").await;
        assert_ne!(invocation.outcome, Outcome::Response);
        assert_no_leaks(&sandbox, broker, "key as client ID", &[]).await;
        // Nor does it leave for GitHub, as a JWT's issuer.
        assert_eq!(sandbox.github.requests().len(), 0);
    }
}

#[tokio::test]
async fn nothing_is_seen_when_the_preflight_fails() {
    let cases: [Case; 14] = [
        ("401", |s| s.github.script(Endpoint::Installation, [Reply::json(401, &body())]), "GitHubRejectedApp"),
        ("403", |s| s.github.script(Endpoint::Installation, [Reply::json(403, &body())]), "GitHubRefused"),
        ("404", |s| s.github.script(Endpoint::Installation, [Reply::json(404, &body())]), "RepositoryNotInstalled"),
        (
            "rate limit",
            |s| s.github.script(Endpoint::Installation, [Reply::json(403, &body()).header("retry-after", "60")]),
            "GitHubRateLimited",
        ),
        ("500", |s| s.github.script(Endpoint::Installation, [Reply::json(500, &body())]), "GitHubUnavailable"),
        (
            "redirect",
            |s| {
                let location = format!("https://{BODY}.example.test/");
                s.github.script(Endpoint::Installation, [Reply::redirect(302, &location)]);
            },
            "GitHubRefused",
        ),
        ("not JSON", |s| s.github.script(Endpoint::Installation, [Reply::raw(200, BODY)]), "GitHubResponseInvalid"),
        (
            "an ID of another kind",
            |s| s.github.script(Endpoint::Installation, [Reply::json(200, &json!({ "id": BODY }))]),
            "GitHubResponseInvalid",
        ),
        ("no ID", |s| s.github.script(Endpoint::Installation, [Reply::json(200, &body())]), "GitHubResponseInvalid"),
        (
            "another installation",
            |s| s.github.script(Endpoint::Installation, [Reply::json(200, &json!({ "id": 1, "account": BODY }))]),
            "InstallationMismatch",
        ),
        (
            "suspended",
            |s| {
                let suspended = json!({ "id": app::INSTALLATION_ID, "suspended_at": BODY, "suspended_by": BODY });
                s.github.script(Endpoint::Installation, [Reply::json(200, &suspended)]);
            },
            "InstallationSuspended",
        ),
        ("garbage", |s| s.github.script(Endpoint::Installation, [Reply::garbage()]), "GitHubUnavailable"),
        (
            "cut off",
            |s| s.github.script(Endpoint::Installation, [Reply::good().truncated_chunks()]),
            "GitHubUnavailable",
        ),
        (
            "hangs",
            |s| {
                hurry(s);
                s.github.script(Endpoint::Installation, [Reply::hang()]);
            },
            "DeadlineExceeded",
        ),
    ];
    join_all(cases.map(run)).await;
}

#[tokio::test]
async fn nothing_is_seen_when_the_token_call_fails() {
    fn answers(sandbox: &Sandbox, reply: Reply) {
        sandbox.github.script(Endpoint::AccessTokens, [reply]);
    }
    let cases: [Case; 17] = [
        ("422", |s| answers(s, Reply::json(422, &body())), "PermissionsNotGranted"),
        ("401", |s| answers(s, Reply::json(401, &body())), "GitHubRejectedApp"),
        ("500 with a token", |s| answers(s, Reply::good().with_status(500)), "GitHubUnavailable"),
        ("404 with a token", |s| answers(s, Reply::good().with_status(404)), "GitHubRefused"),
        ("no expiration", |s| answers(s, edited_token(|a| a["expires_at"] = Value::Null)), "GitHubResponseInvalid"),
        (
            "the token as expiration",
            |s| answers(s, edited_token(|a| a["expires_at"] = a["token"].clone())),
            "GitHubResponseInvalid",
        ),
        (
            "the token as permissions",
            |s| answers(s, edited_token(|a| a["permissions"] = a["token"].clone())),
            "GitHubResponseInvalid",
        ),
        (
            "the token as a list",
            |s| answers(s, edited_token(|a| a["token"] = json!([a["token"]]))),
            "GitHubResponseInvalid",
        ),
        (
            "the token with a line end",
            |s| answers(s, edited_token(|a| a["token"] = format!("{}\n", a["token"].as_str().unwrap()).into())),
            "GitHubResponseInvalid",
        ),
        ("cut off", |s| answers(s, Reply::good().truncated_length()), "GitHubUnavailable"),
        ("too long", |s| answers(s, Reply::good().padded(2 << 20)), "GitHubResponseInvalid"),
        (
            "another repository",
            |s| answers(s, edited_token(|a| a["repositories"][0]["full_name"] = "octo-org/other".into())),
            "GrantMismatch",
        ),
        (
            "the token as repository",
            |s| answers(s, edited_token(|a| a["repositories"][0]["full_name"] = a["token"].clone())),
            "GrantMismatch",
        ),
        (
            "the token as a permission's name",
            |s| {
                answers(
                    s,
                    edited_token(|a| {
                        let name = a["token"].as_str().unwrap().to_owned();
                        a["permissions"][name] = "read".into();
                    }),
                );
            },
            "GrantMismatch",
        ),
        (
            "the token as a permission's level",
            |s| answers(s, edited_token(|a| a["permissions"]["contents"] = a["token"].clone())),
            "GrantMismatch",
        ),
        (
            "a revocation that fails",
            |s| {
                s.github.script(Endpoint::Revoke, [Reply::json(500, &body())]);
                answers(s, edited_token(|a| a["permissions"]["issues"] = "write".into()));
            },
            "GrantMismatch",
        ),
        (
            "hangs after half an answer",
            |s| {
                hurry(s);
                answers(s, Reply::good().hanging_after_head());
            },
            "DeadlineExceeded",
        ),
    ];
    join_all(cases.map(run)).await;
}

#[tokio::test]
async fn nothing_is_seen_of_a_faulty_configuration() {
    let sandbox = Sandbox::start().await;
    for (variable, value) in [
        ("GITHUB_TOKEN_BROKER_PERMISSIONS", BODY.to_owned()),
        ("GITHUB_TOKEN_BROKER_REPOSITORY_OWNER", format!("{BODY}/")),
        ("GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM", AppKey::first().pkcs1_pem()),
        ("GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM", AppKey::first().pkcs1_pem()),
        ("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", format!("https://user:{BODY}@ghes.example.com")),
        ("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", format!("https://user:{BODY}@ghes.example.com:port")),
        ("AWS_ENDPOINT_URL_SSM", format!("http://user:{BODY}@ssm.example.com")),
        ("AWS_REGION", format!("{BODY}/")),
        ("SSL_CERT_FILE", format!("/{BODY}")),
        ("HTTPS_PROXY", format!("ftp://user:{BODY}@proxy.example.com")),
    ] {
        let broker = launch(&sandbox, |env| {
            talkative(env);
            env.set(variable, value);
        });
        assert_eq!(sandbox.lambda.invoke("null").await.outcome, Outcome::InitError, "{variable}");
        broker.wait_exit().await;
        assert_no_leaks(&sandbox, broker, variable, &[]).await;
    }
}

const TOKEN: &str =
    "ghs_1234567_hostile.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.9876543210zyxwvutsrqp";
const GITHUB_ID: &str = "x-github-request-id";
const AWS_ID: &str = "x-amzn-requestid";

/// A GitHub that is bent on showing what it was told. `echo` makes of a secret what its headers and texts say.
fn hostile_github(step: &'static str, echo: Echo) -> PlainServer {
    PlainServer::start(move |request: &Request| {
        let jwt = request.bearer().to_owned();
        let is_preflight = request.call.starts_with("GET ");
        let installation = json!({ "id": app::INSTALLATION_ID });
        let mut token = json!({
            "token": TOKEN,
            "expires_at": "2026-04-23T16:48:32Z",
            "repositories": [{ "full_name": "octo-org/octo-repo" }],
            "permissions": { "contents": "read" },
        });
        let (mut status, mut headers, mut body) =
            (200, vec![], if is_preflight { &installation } else { &token }.clone());
        match (step, is_preflight) {
            ("refuses the preflight", true) => {
                (status, body) = (404, json!({ "message": echo(&jwt) }));
                headers = vec![(GITHUB_ID, echo(&jwt)), ("location", echo(&jwt)), ("server", jwt.clone())];
            }
            ("refuses the token", false) => {
                (status, body) = (422, json!({ "message": echo(&jwt) }));
                headers = vec![(GITHUB_ID, echo(&jwt)), ("retry-after", echo(&jwt))];
            }
            ("answers with the JWT", true) => {
                headers = vec![(GITHUB_ID, echo(&jwt))];
                body = json!({ "id": echo(&jwt) });
            }
            ("mints with the JWT as request ID", _) => headers = vec![(GITHUB_ID, echo(&jwt))],
            ("mints with the token as request ID", false) => headers = vec![(GITHUB_ID, echo(TOKEN))],
            ("another repository, the JWT", false) => token["repositories"][0]["full_name"] = echo(&jwt).into(),
            ("another repository, the token", false) => token["repositories"][0]["full_name"] = echo(TOKEN).into(),
            ("another permission, the JWT", false) => token["permissions"][echo(&jwt)] = "read".into(),
            ("another permission, the token", false) => token["permissions"][echo(TOKEN)] = "read".into(),
            ("another level, the JWT", false) => token["permissions"]["contents"] = echo(&jwt).into(),
            ("another level, the token", false) => token["permissions"]["contents"] = echo(TOKEN).into(),
            ("wide, and the token as request ID", false) => {
                headers = vec![(GITHUB_ID, echo(TOKEN))];
                token["permissions"]["issues"] = "write".into();
            }
            ("no expiration, and the token as request ID", false) => {
                headers = vec![(GITHUB_ID, echo(TOKEN))];
                token["expires_at"] = Value::Null;
            }
            ("the token as expiration", false) => token["expires_at"] = echo(TOKEN).into(),
            _ => {}
        }
        if !is_preflight && status == 200 && body["token"].is_string() {
            body = token;
        }
        (status, headers, body.to_string().into_bytes())
    })
}

type Echo = fn(&str) -> String;

/// How a peer may dress up what it shows.
const ECHOES: [(&str, Echo); 5] = [
    ("as it is", str::to_owned),
    ("its end", |secret| secret[secret.len() - 60..].to_owned()),
    ("its middle", |secret| secret[secret.len() / 2 - 20..secret.len() / 2 + 20].to_owned()),
    ("within more", |secret| format!("id={secret};x")),
    ("with spaces", |secret| secret.chars().flat_map(|c| [c, ' ']).collect()),
];

async fn against(github: &PlainServer, sandbox: &Sandbox) -> (Broker, Invocation) {
    let broker = launch(sandbox, |env| {
        talkative(env);
        env.set("GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL", github.url());
    });
    let invocation = sandbox.lambda.invoke("null").await;
    broker.log_of(&invocation).await;
    (broker, invocation)
}

#[tokio::test]
async fn a_github_that_echoes_jwt_or_token_is_not_quoted() {
    let steps = [
        ("refuses the preflight", "RepositoryNotInstalled"),
        ("refuses the token", "PermissionsNotGranted"),
        ("answers with the JWT", "GitHubResponseInvalid"),
        ("mints with the JWT as request ID", ""),
        ("mints with the token as request ID", ""),
        ("another repository, the JWT", "GrantMismatch"),
        ("another repository, the token", "GrantMismatch"),
        ("another permission, the JWT", "GrantMismatch"),
        ("another permission, the token", "GrantMismatch"),
        ("another level, the JWT", "GrantMismatch"),
        ("another level, the token", "GrantMismatch"),
        ("wide, and the token as request ID", "GrantMismatch"),
        ("no expiration, and the token as request ID", "GitHubResponseInvalid"),
        ("the token as expiration", "GitHubResponseInvalid"),
    ];
    join_all(steps.map(|(step, error_type)| async move {
        for (dress, echo) in ECHOES {
            let case = format!("{step}, {dress}");
            let sandbox = Sandbox::start().await;
            let github = hostile_github(step, echo);
            let (broker, invocation) = against(&github, &sandbox).await;
            assert_eq!(invocation.error_type(), error_type, "{case}: {}", invocation.text());
            let jwts = github.requests().into_iter().map(|request| request.bearer().to_owned());
            let secrets: Vec<String> = jwts.chain([TOKEN.to_owned()]).collect();
            assert_no_leaks(&sandbox, broker, &case, &secrets).await;
        }
    }))
    .await;
}

#[tokio::test]
async fn an_ssm_that_echoes_the_sessions_credentials_is_not_quoted() {
    let error = |code: String, message: String| json!({ "__type": code, "message": message }).to_string().into_bytes();
    let code = || "InvalidSignatureException".to_owned();
    let cases = ["request ID", "request ID of a refusal", "message", "code", "names", "authorization in the message"];
    for case in cases {
        for (dress, echo) in ECHOES {
            let sandbox = Sandbox::start().await;
            let ssm = PlainServer::start(move |request| {
                let token = echo(request.header("x-amz-security-token"));
                let authorization = request.header("authorization").to_owned();
                match case {
                    "request ID" => ssm_answer(vec![(AWS_ID, token)]),
                    "request ID of a refusal" => (400, vec![(AWS_ID, token)], error(code(), "no".into())),
                    "message" => (400, vec![], error(code(), format!("The canonical string was '{token}'"))),
                    "code" => (400, vec![], error(token, "no".into())),
                    "names" => {
                        let names = json!({ "InvalidParameters": [token, "/a"], "Parameters": [] });
                        (200, vec![], names.to_string().into_bytes())
                    }
                    _ => (400, vec![], error(code(), echo(&authorization))),
                }
            });
            // What follows fails, so that the request ID is logged.
            sandbox.github.script(Endpoint::Installation, [Reply::status(404)]);
            let broker = launch(&sandbox, |env| {
                talkative(env);
                env.set("AWS_ENDPOINT_URL_SSM", ssm.url());
            });
            let invocation = sandbox.lambda.invoke("null").await;
            broker.log_of(&invocation).await;
            assert_eq!(invocation.outcome, Outcome::Error, "{case}, {dress}: {}", invocation.text());
            assert_eq!(ssm.requests()[0].header("x-amz-security-token"), app::AWS_SESSION_TOKEN);
            assert_no_leaks(&sandbox, broker, &format!("{case}, {dress}"), &[]).await;
        }
    }
}
