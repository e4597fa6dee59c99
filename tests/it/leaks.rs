//! The search for secrets in everything that the function writes and posts.

use std::sync::OnceLock;

use sandbox::{AppKey, Captured, Environment, Invocation, Sandbox, app, process};
use serde_json::{Value, json};

/// Part of peers' bodies and of values that are stored by mistake. It must not be shown.
pub(crate) const BODY: &str = "s3cret-of-a-peers-body";
pub(crate) const PROXY_USER: &str = "proxy-user-s3cret";
pub(crate) const PROXY_PASSWORD: &str = "proxy-password-s3cret";
/// This many characters of a secret in a row are too many.
const PIECE: usize = 16;
/// The header of every JWT, `{"typ":"JWT","alg":"RS256"}` in either order, is no secret.
const JWT_HEADERS: [&str; 2] = ["eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9", "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9"];

/// Makes the function log as much as an environment can make a Rust program log.
pub(crate) fn talkative(env: &mut Environment) {
    env.set("GITHUB_TOKEN_BROKER_LOG_LEVEL", "debug")
        .set("AWS_LAMBDA_LOG_LEVEL", "TRACE")
        .set("RUST_LOG", "trace")
        .set("RUST_BACKTRACE", "full")
        .set("RUST_LIB_BACKTRACE", "1");
}

/// The body of an error answer, which must not be shown.
pub(crate) fn secret_body() -> Value {
    json!({ "message": BODY, "documentation_url": BODY, "errors": [{ "message": BODY }] })
}

/// What the function wrote since a point in time, and what it posted for an invocation.
pub(crate) fn output_since(captured: &Captured, start: usize, invocation: &Invocation) -> String {
    let written = String::from_utf8_lossy(&captured.stdout[start..]).into_owned();
    // A token may be in its own answer and nowhere else.
    let body = if invocation.is_success() { String::new() } else { invocation.text() };
    format!("{written}{}{body}{:?}", String::from_utf8_lossy(&captured.stderr), invocation.headers)
}

/// No secret of the fixture, none of these JWTs and tokens, and no part of one is in the text.
pub(crate) fn assert_hidden(text: &str, jwts_and_tokens: &[String], case: &str) {
    let of_peers = jwts_and_tokens.iter().flat_map(|secret| bearer_pieces(secret));
    let seen: Vec<String> = of_peers.chain(fixed().iter().cloned()).filter(|piece| text.contains(piece)).collect();
    assert_eq!(seen, [""; 0], "{case}\n{text}");
}

/// Nothing that the function wrote or posted so far shows a secret, and it wrote only its own log lines.
pub(crate) fn assert_none(sandbox: &Sandbox, captured: &Captured, further: &[&str], case: &str) {
    let further = [further, &[BODY, PROXY_USER, PROXY_PASSWORD]].concat();
    let mut leaks = sandbox.leaks(captured, &further);
    // Scripted tokens may be as short as one space.
    leaks.retain(|leak| leak.secret.len() >= PIECE);
    assert_eq!(leaks, [], "{case}\n{}", captured.describe());
    assert_eq!(captured.stderr, b"", "{case}");
    for line in process::log_lines(captured) {
        assert!(line["msg"].is_string() && line["target"].is_null(), "{case}: not the function's own line: {line}");
    }
}

/// The secrets that are the same in every test.
fn fixed() -> &'static [String] {
    static FIXED: OnceLock<Vec<String>> = OnceLock::new();
    FIXED.get_or_init(|| {
        let keys = [AppKey::first().secret_lines(), AppKey::second().secret_lines()].concat();
        let credentials = [app::AWS_SECRET_ACCESS_KEY, app::AWS_SESSION_TOKEN].map(String::from);
        let pieces = keys.iter().chain(&credentials).flat_map(|secret| pieces(secret));
        pieces.chain([app::AWS_ACCESS_KEY_ID, BODY, PROXY_USER, PROXY_PASSWORD].map(String::from)).collect()
    })
}

fn bearer_pieces(bearer: &str) -> Vec<String> {
    bearer.split('.').filter(|part| !JWT_HEADERS.contains(part)).flat_map(pieces).collect()
}

fn pieces(secret: &str) -> Vec<String> {
    let pieces = secret.as_bytes().chunks_exact(PIECE);
    pieces.map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
}
