//! The preflight finds no installation or another one than configured. The token is then not requested.

use sandbox::{AppKey, Reply, app};
use serde_json::{Value, json};

use super::joined;
use super::row::Failure;
use crate::leaks::{BODY, secret_body};
use crate::scene::with;
use crate::steps::Step;

const NOT_JSON: &str = "it is not valid JSON";
const ANOTHER_KIND: &str = "a value has an unexpected type";
const TWICE: &str = "it has a duplicate key";

pub(super) fn rows() -> Vec<Failure> {
    joined([without_an_id(), not_as_documented(), other_installations(), unknown_to_github()])
}

fn answered(reply: Reply, name: &str, error_type: &'static str, message: impl Into<String>) -> Failure {
    Failure::of(Step::Preflight, name, [reply], error_type, message)
}

fn without_an_id() -> Vec<Failure> {
    let of_secrets = secret_body().to_string();
    let rows = ["{}", r#"{"id":0}"#, r#"{"id":null}"#, r#"{"ID":52345678}"#, r#" {"app_id":52345678} "#, &of_secrets];
    let message = "GitHub repository-installation response did not include an installation ID";
    rows.map(|body| answered(Reply::raw(200, body), body, "GitHubResponseInvalid", message)).into()
}

fn not_as_documented() -> Vec<Failure> {
    let rows: [(&[u8], &str); 24] = [
        (b"", NOT_JSON),
        (b" ", NOT_JSON),
        (BODY.as_bytes(), NOT_JSON),
        (b"<html>52345678</html>", NOT_JSON),
        (br#"{"id":52345678"#, NOT_JSON),
        (br#"{"id":52345678}}"#, NOT_JSON),
        (br#"{"id":052345678}"#, NOT_JSON),
        (b"{'id':52345678}", NOT_JSON),
        (b"\xef\xbb\xbf{\"id\":52345678}", NOT_JSON),
        (b"{\"id\":\"\xff\"}", NOT_JSON),
        (br#"{"id":"52345678"}"#, ANOTHER_KIND),
        (br#"{"id":"s3cret-of-a-peers-body"}"#, ANOTHER_KIND),
        (br#"{"id":-1}"#, ANOTHER_KIND),
        (br#"{"id":52345678.5}"#, ANOTHER_KIND),
        (br#"{"id":18446744073709551616}"#, ANOTHER_KIND),
        (br#"{"id":[52345678]}"#, ANOTHER_KIND),
        (br#"{"id":{}}"#, ANOTHER_KIND),
        (br#"{"id":true}"#, ANOTHER_KIND),
        (b"[]", ANOTHER_KIND),
        (b"[52345678]", ANOTHER_KIND),
        (b"52345678", ANOTHER_KIND),
        (b"null", ANOTHER_KIND),
        (br#"{"id":52345678,"id":52345678}"#, TWICE),
        (br#"{"id":1,"suspended_at":null,"suspended_at":null}"#, TWICE),
    ];
    let mut rows: Vec<Failure> = rows.map(|(body, why)| undecodable(body, why)).into();
    rows.push(undecodable(br#""52345678""#, ANOTHER_KIND));
    rows
}

fn undecodable(body: &[u8], why: &str) -> Failure {
    let message = format!("decode GitHub repository-installation response: {why}");
    answered(Reply::raw(200, body), &body.escape_ascii().to_string(), "GitHubResponseInvalid", message)
}

fn other_installations() -> Vec<Failure> {
    let configured = app::INSTALLATION_ID;
    let mismatch = |found: u64, reply: Reply| {
        let message =
            format!("GitHub repository installation {found} does not match configured installation {configured}");
        answered(reply, &format!("installation {found}"), "InstallationMismatch", message)
    };
    let found = [1, configured - 1, configured + 1, u64::MAX].map(|found| mismatch(found, with("id", found)));
    let others = [
        mismatch(7, Reply::json(200, &json!({ "id": 7, "account": BODY }))),
        Failure::of(
            Step::Preflight,
            "installation 456 instead of 123",
            [],
            "InstallationMismatch",
            "GitHub repository installation 456 does not match configured installation 123",
        )
        .given(|sandbox| {
            sandbox.ssm.put(app::INSTALLATION_ID_PARAM, "123");
            sandbox.github.set_installation(456);
        })
        .logging("installation_id", 123),
        suspended("suspended", with("suspended_at", "2026-04-20T15:03:10Z")),
        suspended(
            "suspended in other words",
            Reply::json(200, &json!({ "id": configured, "suspended_at": BODY, "suspended_by": BODY })),
        ),
    ];
    found.into_iter().chain(others).collect()
}

fn suspended(name: &str, reply: Reply) -> Failure {
    let message = format!("GitHub App installation {} is suspended", app::INSTALLATION_ID);
    answered(reply, name, "InstallationSuspended", message)
}

/// Installations that GitHub does not find.
fn unknown_to_github() -> Vec<Failure> {
    let refused = |status: u16| format!("GitHub repository-installation request failed with status {status}");
    vec![
        Failure::of(Step::Preflight, "a key that was deleted", [], "GitHubRejectedApp", refused(401))
            .given(|sandbox| sandbox.github.set_keys([AppKey::second()])),
        Failure::of(Step::Preflight, "another App's key", [], "GitHubRejectedApp", refused(401))
            .given(|sandbox| sandbox.ssm.put(app::PRIVATE_KEY_PARAM, AppKey::second().pkcs1_pem()))
            .logging("key_fingerprint", Value::from(AppKey::second().fingerprint())),
        Failure::of(Step::Preflight, "a repository without the App", [], "RepositoryNotInstalled", refused(404))
            .started_with(|_, env| {
                env.set("GITHUB_TOKEN_BROKER_REPOSITORY_NAME", "another.repo_-");
            }),
    ]
}
