//! SSM refuses, or its response is unusable. GitHub is then not called.

use sandbox::{AppKey, Reply, app, ssm};
use serde_json::json;

use super::joined;
use super::row::Failure;
use crate::leaks::BODY;
use crate::steps::Step;

const MIB: usize = 1024 * 1024;
const DENIED: &str = "User: arn:aws:sts::123456789012:assumed-role/broker/github-token-broker is not authorized to \
                      perform: ssm:GetParameters on resource: \
                      arn:aws:ssm:eu-central-1:123456789012:parameter/github-token-broker/app/client-id because no \
                      identity-based policy allows the ssm:GetParameters action";

pub(super) fn rows() -> Vec<Failure> {
    joined([broken_off(), throttled(), refused(), codes(), statuses(), not_as_documented(), hidden()])
}

fn unreadable(name: &str, reply: Reply, why: &str) -> Failure {
    let message = format!("read GitHub App parameters from SSM: {why}");
    Failure::of(Step::Ssm, name, [reply], "ParametersUnreadable", message)
}

/// The SDK retries incomplete responses, but not responses that are too long.
fn broken_off() -> Vec<Failure> {
    let too_long = "the response is larger than 1 MiB";
    let rows = [
        ("reset", Reply::reset(), 3, "the connection was reset"),
        ("not HTTP", Reply::garbage(), 3, "the response is not HTTP"),
        ("cut off", Reply::good().truncated_length(), 3, "the response was cut off"),
        ("cut off in chunks", Reply::good().truncated_chunks(), 3, "the response was cut off"),
        ("a byte over 1 MiB", Reply::good().padded(MIB + 1), 1, too_long),
        ("a byte over 1 MiB, without length", Reply::good().padded_without_length(MIB + 1), 1, too_long),
        ("2 MiB", Reply::good().padded(2 * MIB), 1, too_long),
    ];
    rows.map(|(name, reply, attempts, why)| unreadable(name, reply, why).attempted(attempts).unanswered()).into()
}

/// Retried, because a retry may succeed.
fn throttled() -> Vec<Failure> {
    let error = |status: u16, code: &str, message: &str| ssm::error(code, message).with_status(status);
    let rows = [
        (error(400, "ThrottlingException", "Rate exceeded"), "ThrottlingException: Rate exceeded"),
        (error(500, "InternalServerError", "An error occurred."), "InternalServerError: An error occurred."),
        (error(503, "ServiceUnavailable", "later"), "ServiceUnavailable: later"),
        (Reply::raw(500, BODY), "status 500 without an AWS error code"),
        (Reply::raw(503, ""), "status 503 without an AWS error code"),
    ];
    rows.map(|(reply, why)| unreadable(why, reply, why).attempted(3)).into()
}

fn refused() -> Vec<Failure> {
    let rows = [
        ("AccessDeniedException", DENIED),
        ("ValidationException", "1 validation error detected: Value at 'names' failed to satisfy constraint"),
        ("UnrecognizedClientException", "The security token included in the request is invalid."),
        ("ExpiredTokenException", "The security token included in the request is expired"),
        ("InvalidKeyId", "The ciphertext refers to a customer master key that does not exist"),
        ("KMSAccessDeniedException", "kms:Decrypt"),
    ];
    rows.map(|(code, message)| unreadable(code, ssm::error(code, message), &format!("{code}: {message}"))).into()
}

/// The places in which AWS returns an error code.
fn codes() -> Vec<Failure> {
    let code = "AccessDeniedException";
    let with_url = format!("{code}:http://internal.amazon.com/coral/com.amazon.coral.validate/");
    let rows = [
        (
            "a code with its namespace",
            Reply::json(400, &json!({ "__type": "com.amazonaws.ssm#AccessDeniedException", "message": "m" })),
        ),
        ("Message with a capital", Reply::json(400, &json!({ "__type": code, "Message": "m" }))),
        ("a code in the header", Reply::json(400, &json!({ "message": "m" })).header("x-amzn-errortype", code)),
        (
            "a code with a URL in the header",
            Reply::json(400, &json!({ "message": "m" })).header("x-amzn-errortype", with_url),
        ),
    ];
    rows.map(|(name, reply)| unreadable(name, reply, "AccessDeniedException: m")).into()
}

fn statuses() -> Vec<Failure> {
    let rows = [301, 302, 400, 403, 404, 413];
    rows.map(|status| {
        let reply = Reply::raw(status, format!("<html>{BODY}</html>")).header("location", "https://elsewhere.example/");
        let why = format!("status {status} without an AWS error code");
        unreadable(&status.to_string(), reply, &why)
    })
    .into()
}

fn not_as_documented() -> Vec<Failure> {
    let rows = [
        "not JSON",
        BODY,
        "{",
        "[]",
        r#"{"Parameters":5}"#,
        r#"{"Parameters":[5]}"#,
        r#"{"Parameters":"s3cret-of-a-peers-body"}"#,
        r#"{"InvalidParameters":"/a"}"#,
    ];
    rows.map(|body| unreadable(body, Reply::raw(200, body), "the response does not match SSM's documentation")).into()
}

/// AWS's message quotes the request's signature or headers, or contains text that looks like a secret.
fn hidden() -> Vec<Failure> {
    let key = AppKey::first();
    let line = &key.secret_lines()[3];
    let (token, jwt) = ("ghs_0a1B", "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9");
    let rows = [
        ("the secret access key", app::AWS_SECRET_ACCESS_KEY),
        ("the session token", app::AWS_SESSION_TOKEN),
        ("PEM", &key.pkcs1_pem()),
        ("a line of PEM", line),
        ("a part of a line of PEM", &line[7..47]),
        ("the beginning of PEM", "-----BEGIN"),
        ("a JWT", jwt),
        ("a token", token),
        ("a fine-grained token", "github_pat_11AAAAAAA"),
    ];
    let rows = rows.map(|(name, secret)| {
        let message = format!("The request signature does not match. The canonical string was\nPOST {secret}\n");
        let reply = ssm::error("InvalidSignatureException", &message);
        let row = unreadable(&format!("a message with {name}"), reply, "InvalidSignatureException: (hidden)");
        row.hiding([secret.to_owned()])
    });
    let code = unreadable("a token as code", ssm::error(token, "m"), "status 400 without an AWS error code");
    let control = "InvalidKeyId: a b c";
    let control = unreadable("control characters", ssm::error("InvalidKeyId", "a\u{1b}b\rc"), control);
    rows.into_iter().chain([code, control]).collect()
}
