//! The token call's response has no token that may be returned.

use aws_lc_rs::digest::{SHA256, digest};
use base64_simd::STANDARD;
use sandbox::Reply;
use serde_json::{Value, json};

use super::joined;
use super::row::{Failure, REVOKED, TOKEN};
use crate::leaks::BODY;
use crate::steps::Step;

const NOT_JSON: &str = "it is not valid JSON";
const ANOTHER_KIND: &str = "a value has an unexpected type";
const TWICE: &str = "it has a duplicate key";
const NOT_RFC_3339: &str = "expires_at is not an RFC 3339 time";
const NOT_ASCII: &str = "the token is not visible ASCII";

pub(super) fn rows() -> Vec<Failure> {
    joined([without_a_token(), without_an_expiration(), not_rfc_3339(), not_ascii(), other_values(), other_bodies()])
}

fn invalid(name: &str, reply: Reply, message: impl Into<String>) -> Failure {
    Failure::of(Step::Token, name, [reply], "GitHubResponseInvalid", message).hiding([TOKEN.to_owned()])
}

fn undecodable(name: &str, reply: Reply, why: &str) -> Failure {
    invalid(name, reply, format!("decode GitHub installation-token response: {why}"))
}

/// Returns GitHub's good response with [`TOKEN`], edited.
fn edited(edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Reply {
    Reply::edit(move |mut answer| {
        answer["token"] = TOKEN.into();
        edit(&mut answer);
        answer
    })
}

/// Returns GitHub's good response with [`TOKEN`].
pub(super) fn good() -> Reply {
    edited(|_| {})
}

fn without(member: &'static str) -> Reply {
    edited(move |answer| drop(answer.as_object_mut().unwrap().remove(member)))
}

fn with(member: &'static str, value: impl Into<Value>) -> Reply {
    let value = value.into();
    edited(move |answer| answer[member] = value.clone())
}

fn without_a_token() -> Vec<Failure> {
    let rows = [
        ("no token", without("token")),
        ("a token that is null", with("token", Value::Null)),
        ("an empty token", with("token", "")),
        ("an empty object", Reply::raw(201, "{}")),
    ];
    rows.map(|(name, reply)| invalid(name, reply, "GitHub installation-token response did not include a token")).into()
}

fn without_an_expiration() -> Vec<Failure> {
    let rows = [
        ("no expiration", without("expires_at")),
        ("an expiration that is null", with("expires_at", Value::Null)),
        ("the zero time", with("expires_at", "0001-01-01T00:00:00Z")),
        ("the zero time with a fraction", with("expires_at", "0001-01-01T00:00:00.000Z")),
        ("the zero time with an offset of 0", with("expires_at", "0001-01-01T00:00:00+00:00")),
        ("the zero time elsewhere", with("expires_at", "0001-01-01T02:00:00+02:00")),
    ];
    let message = "GitHub installation-token response did not include an expiration";
    rows.map(|(name, reply)| invalid(name, reply, message).revoking(REVOKED)).into()
}

fn not_rfc_3339() -> Vec<Failure> {
    let rows = [
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
    ];
    let long = format!("2026-04-23T16:48:32.{}Z", "0".repeat(20));
    let rows = rows.map(|text| undecodable(&format!("expires_at = {text:?}"), with("expires_at", text), NOT_RFC_3339));
    let too_long = [("41 characters", long), ("the token as expiration", TOKEN.to_owned())]
        .map(|(name, text)| undecodable(name, with("expires_at", text), "expires_at has more than 40 characters"));
    rows.into_iter().chain(too_long).map(|row| row.revoking(REVOKED)).collect()
}

fn not_ascii() -> Vec<Failure> {
    let rows =
        [" ", "ghs_a b", " ghs_ab c", "ghs_a\nb", "ghs_\tab", "ghs_\u{0}ab", "ghs_\u{7f}ab", "ghs_é", "ghs_\u{200b}"];
    let rows = rows.map(|token| undecodable(&format!("token = {token:?}"), with("token", token), NOT_ASCII));
    let with_a_line_end = undecodable("the token with a line end", with("token", format!("{TOKEN}\n")), NOT_ASCII);
    rows.into_iter().chain([with_a_line_end.revoking(REVOKED)]).collect()
}

/// Responses with other invalid values, whose token is found and revoked.
fn other_values() -> Vec<Failure> {
    let number = undecodable("a token that is a number", with("token", 5), ANOTHER_KIND);
    let rows = [
        ("a token in an array", with("token", json!([TOKEN]))),
        ("an expiration that is a number", with("expires_at", 1_776_962_912)),
        ("an expiration that is a bool", with("expires_at", true)),
        ("repositories that are a string", with("repositories", "octo-org/octo-repo")),
        ("a repository that is a string", with("repositories", json!(["octo-org/octo-repo"]))),
        ("a selection that is a bool", with("repository_selection", true)),
        ("permissions that are an array", with("permissions", json!(["contents"]))),
        ("the token as permissions", with("permissions", TOKEN)),
        ("a level that is null", with("permissions", json!({ "contents": null }))),
    ];
    let rows = rows.map(|(name, reply)| undecodable(name, reply, ANOTHER_KIND).revoking(REVOKED));
    [number].into_iter().chain(rows).collect()
}

fn other_bodies() -> Vec<Failure> {
    let twice = format!(
        r#"{{"token":"{TOKEN}","expires_at":"2026-04-23T16:48:32Z","permissions":{{"contents":"read","contents":"read"}}}}"#
    );
    let rows = [
        ("an empty body", 201, String::new(), NOT_JSON),
        ("204", 204, String::new(), NOT_JSON),
        ("the bare token", 201, TOKEN.to_owned(), NOT_JSON),
        ("HTML", 200, format!("<html>{BODY}</html>"), NOT_JSON),
        ("a string", 201, format!("\"{TOKEN}\""), ANOTHER_KIND),
        ("an array", 201, format!(r#"["{TOKEN}","2026-04-23T16:48:32Z"]"#), ANOTHER_KIND),
        ("null", 201, "null".to_owned(), ANOTHER_KIND),
    ];
    let with_a_token = [
        ("incomplete JSON", 201, format!(r#"{{"token":"{TOKEN}","expires_at":"2026-"#), NOT_JSON),
        ("more behind it", 201, format!(r#"{{"token":"{TOKEN}"}} {{"#), NOT_JSON),
        ("an escaped key", 201, format!(r#"{{"tok\u0065n":"{TOKEN}","expires_at":"soon"}}"#), NOT_RFC_3339),
        ("two tokens", 201, format!(r#"{{"token":"{TOKEN}","token":"{TOKEN}"}}"#), TWICE),
        ("a permission twice", 201, twice, TWICE),
    ];
    let with_a_token = with_a_token
        .map(|(name, status, body, why)| undecodable(name, Reply::raw(status, body), why).revoking(REVOKED));
    let long = [("x", 11 * 1024 + 1), ("\"", 11 * 512 + 1), ("\\", 100_000)].map(|(character, count)| {
        let token = character.repeat(count);
        let hash = STANDARD.encode_to_string(digest(&SHA256, token.as_bytes()));
        let row =
            undecodable(&format!("{count} of {character}"), with("token", token), "the token has more than 11 KiB");
        row.revoking(REVOKED).logging("token_sha256", hash)
    });
    let with_status = [500, 404].map(|status| {
        let error_type = if status == 500 { "GitHubUnavailable" } else { "GitHubRefused" };
        let message = format!("GitHub installation-token request failed with status {status}");
        let reply = Reply::good().with_status(status);
        let attempts = if status == 500 { 3 } else { 1 };
        Failure::of(Step::Token, format!("a token with {status}"), [reply], error_type, message).attempted(attempts)
    });
    let rows = rows.map(|(name, status, body, why)| undecodable(name, Reply::raw(status, body), why));
    rows.into_iter().chain(with_a_token).chain(long).chain(with_status).collect()
}
