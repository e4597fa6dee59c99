//! Searches for secrets in everything that the function writes and posts.

use std::sync::OnceLock;

use sandbox::{AppKey, Captured, Environment, Invocation, Sandbox, app, process};
use serde_json::{Value, json};

/// A part of peers' bodies and of values stored by mistake. It must not appear in any output.
pub(crate) const BODY: &str = "s3cret-of-a-peers-body";
pub(crate) const PROXY_USER: &str = "proxy-user-s3cret";
pub(crate) const PROXY_PASSWORD: &str = "proxy-password-s3cret";
/// This many consecutive characters of a secret are a leak.
const PIECE: usize = 16;
/// The header of every JWT, `{"typ":"JWT","alg":"RS256"}` in either order, which is not a secret.
const JWT_HEADERS: [&str; 2] = ["eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9", "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9"];

/// Sets all variables that could make a Rust program log more.
pub(crate) fn enable_verbose_logging(env: &mut Environment) {
    env.set("GITHUB_TOKEN_BROKER_LOG_LEVEL", "debug")
        .set("AWS_LAMBDA_LOG_LEVEL", "TRACE")
        .set("RUST_LOG", "trace")
        .set("RUST_BACKTRACE", "full")
        .set("RUST_LIB_BACKTRACE", "1");
}

/// Returns the body of an error response, which must not appear in any output.
pub(crate) fn secret_body() -> Value {
    json!({ "message": BODY, "documentation_url": BODY, "errors": [{ "message": BODY }] })
}

/// Returns the output since this position, and the response to an invocation.
pub(crate) fn output_since(captured: &Captured, start: usize, invocation: &Invocation) -> String {
    let written = String::from_utf8_lossy(&captured.stdout[start..]).into_owned();
    // A token may appear only in its own response.
    let body = if invocation.is_success() { String::new() } else { invocation.text() };
    format!("{written}{}{body}{:?}", String::from_utf8_lossy(&captured.stderr), invocation.headers)
}

/// Asserts that the text contains no part of the fixture's secrets or of these JWTs and tokens.
pub(crate) fn assert_hidden(text: &str, jwts_and_tokens: &[String], case: &str) {
    let of_peers = jwts_and_tokens.iter().flat_map(|secret| bearer_pieces(secret));
    let seen: Vec<String> = of_peers.chain(fixed().iter().cloned()).filter(|piece| text.contains(piece)).collect();
    assert_eq!(seen, [""; 0], "{case}\n{text}");
}

/// Asserts that the function has written only its own log lines, and that no secret is in anything written or posted.
pub(crate) fn assert_none(sandbox: &Sandbox, captured: &Captured, further: &[&str], case: &str) {
    let further = [further, &[BODY, PROXY_USER, PROXY_PASSWORD]].concat();
    let mut leaks = sandbox.leaks(captured, &further);
    // A scripted token may be a single space.
    leaks.retain(|leak| leak.secret.len() >= PIECE);
    assert_eq!(leaks, [], "{case}\n{}", captured.describe());
    assert_eq!(captured.stderr, b"", "{case}");
    for line in process::log_lines(captured) {
        assert!(
            line["msg"].is_string() && line["target"].is_null(),
            "{case}: not one of the function's log lines: {line}"
        );
    }
}

/// Returns the secrets that are the same in every test.
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
