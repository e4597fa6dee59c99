//! There is no input: `null` or nothing, by its raw bytes, and anything else is refused before anybody is asked.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail anywhere")]

mod common;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use base64_simd::STANDARD;
use common::{assert_nobody_was_called, launch, set};
use sandbox::{Endpoint, Outcome, Sandbox};
use serde_json::{Value, json};

const REFUSAL: &str = "github-token-broker does not accept invocation input";
/// The most that Lambda hands to a function.
const SIX_MB: usize = 6 * 1024 * 1024;

fn refusal() -> Value {
    json!({ "errorType": "InvocationInputRejected", "errorMessage": REFUSAL })
}

/// A payload for a message, which need not show all of 6 MB.
fn shown(payload: &[u8]) -> String {
    format!("{} bytes: {}", payload.len(), payload[..payload.len().min(40)].escape_ascii())
}

#[tokio::test]
async fn nothing_and_null_get_a_token() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    let mut spaces = vec![b' '; SIX_MB - 4];
    spaces.extend_from_slice(b"null");
    let payloads: [&[u8]; 10] =
        [b"null", b"", b" ", b"\t", b"\r\n", b" \t\r\n \n", b" null", b"null\n", b"\r\n\tnull \t", &spaces];
    for (calls_before, payload) in payloads.iter().enumerate() {
        let invocation = sandbox.lambda.invoke(*payload).await;
        assert!(invocation.is_success(), "{}: {}", shown(payload), invocation.text());
        assert_eq!(sandbox.ssm.requests().len(), calls_before + 1, "{}", shown(payload));
        assert_eq!(sandbox.github.calls().len(), 2 * (calls_before + 1), "{}", shown(payload));
    }
    sandbox.assert_no_violations();
    assert_eq!(broker.stop().await.stderr, b"");
}

#[tokio::test]
async fn anything_else_is_refused_with_one_warning_and_no_call() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    let six_mb = [b"\"".to_vec(), vec![b'x'; SIX_MB - 2], b"\"".to_vec()].concat();
    let six_mb_of_no_json = vec![b'n'; SIX_MB];
    let nested = b"[".repeat(100_000);
    let payloads: [&[u8]; 41] = [
        b"{}",
        b" {} ",
        b"[]",
        b"0",
        b"-1",
        b"false",
        b"true",
        b"\"\"",
        b"\"null\"",
        b"{\"repository\":\"octo-org/other\"}",
        b"nulll",
        b"nul",
        b"n",
        b"NULL",
        b"Null",
        b"null null",
        b"null,",
        b"nullnull",
        b"n ull",
        b"null\0",
        b"\0null",
        b"\0",
        b"null;",
        b"//null",
        b"null // nothing",
        b"undefined",
        b"None",
        b"'null'",
        b"{",
        b"{\"a\":",
        b"\x0bnull",
        b"\x0cnull",
        b"\xc2\xa0null",
        b"\xc2\xa0",
        b"\xe2\x80\x8b",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbfnull",
        b"\xff\xfen\0u\0l\0l\0",
        b"\xc3\x28",
        &six_mb,
        &six_mb_of_no_json,
    ];
    for payload in payloads.into_iter().chain([&nested[..]]) {
        let invocation = sandbox.lambda.invoke(payload).await;
        assert_eq!(invocation.outcome, Outcome::Error, "{}", shown(payload));
        assert_eq!(invocation.json(), refusal(), "{}", shown(payload));
        let line = broker.log_of(&invocation).await;
        let expected = json!({
            "timestamp": line["timestamp"],
            "level": "WARN",
            "msg": "rejected non-empty invocation payload",
            "error_type": "InvocationInputRejected",
            "request_id": invocation.request_id,
        });
        assert_eq!(line, expected, "{}", shown(payload));
    }
    assert_nobody_was_called(&sandbox, "refused payloads");

    assert!(sandbox.lambda.invoke("null").await.is_success(), "the next invocation works");
    let captured = broker.stop().await;
    assert_eq!(captured.stderr, b"");
    let lines = sandbox::process::log_lines(&captured);
    let warnings = lines.iter().filter(|line| line["level"] == "WARN").count();
    assert_eq!((warnings, lines.len()), (42, 44), "a line for the start, for each refusal and for the token");
}

#[tokio::test]
async fn what_a_payload_says_is_shown_nowhere() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |env| {
        env.set("GITHUB_TOKEN_BROKER_LOG_LEVEL", "debug").set("RUST_LOG", "trace").set("RUST_BACKTRACE", "full");
    });
    for payload in [r#"{"token":"ghs_MISTAKE"}"#, r#""ghs_MISTAKE""#, "ghs_MISTAKE", r#"{"ghs_MISTAKE"#] {
        assert_eq!(sandbox.lambda.invoke(payload).await.json(), refusal(), "{payload}");
    }
    assert_eq!(sandbox.leaks(&broker.stop().await, &["MISTAKE"]), []);
}

/// A POST to the Invoke API, as any HTTP client sends it; status, headers by lower-case name, body.
async fn post(
    sandbox: &Sandbox,
    path: &str,
    headers: &str,
    payload: &[u8],
) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let address = sandbox.lambda.invoke_url().trim_start_matches("http://").to_owned();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        payload.len()
    );
    let request = [head.as_bytes(), payload].concat();
    let exchange = move || {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(&request)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map(|_| answer)
    };
    let answer = tokio::task::spawn_blocking(exchange).await.unwrap().unwrap();
    let end_of_head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&answer[..end_of_head]).unwrap();
    let (status_line, lines) = head.split_once("\r\n").unwrap();
    let status = status_line.split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.lines().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    (status, headers, answer[end_of_head + 4..].to_vec())
}

const INVOCATIONS: &str = "/2015-03-31/functions/github-token-broker/invocations";

fn header<'a>(headers: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    headers.get(name).map(String::as_str)
}

#[tokio::test]
async fn a_caller_of_lambda_gets_a_token_for_null_alone() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    // What a caller leaves out, Lambda makes `{}`: so nothing is not `null` here.
    for (payload, gets_token) in
        [("null", true), (" null\n", true), ("{}", false), ("\"x\"", false), ("", false), ("[null]", false)]
    {
        let calls_before = sandbox.github.calls().len();
        let (status, headers, body) = post(&sandbox, INVOCATIONS, "", payload.as_bytes()).await;
        assert_eq!(status, 200, "{payload:?}");
        assert_eq!(header(&headers, "x-amz-executed-version"), Some("$LATEST"), "{payload:?}");
        let function_error = header(&headers, "x-amz-function-error");
        let body: Value = serde_json::from_slice(&body).unwrap();
        let calls = sandbox.github.calls().split_off(calls_before);
        if gets_token {
            assert_eq!(function_error, None, "{payload:?}");
            assert!(sandbox.github.issued().iter().any(|token| body["token"] == token.as_str()), "{payload:?}: {body}");
            assert_eq!(calls, [Endpoint::Installation, Endpoint::AccessTokens], "{payload:?}");
        } else {
            assert_eq!(function_error, Some("Unhandled"), "{payload:?}");
            assert_eq!(body, refusal(), "{payload:?}");
            assert_eq!(calls, [], "{payload:?}");
        }
    }
    drop(broker);
}

#[tokio::test]
async fn what_a_caller_tells_of_itself_changes_nothing() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, set("GITHUB_TOKEN_BROKER_LOG_LEVEL", "debug"));
    let contexts: [&[u8]; 8] = [
        br#"{"client":{"installation_id":"1"},"custom":{"ghs_MISTAKE":"1"},"env":{}}"#,
        b"{}",
        b"null",
        b"[]",
        b"ghs_MISTAKE",
        br#"{"client":"ghs_MISTAKE""#,
        b"\"\xff\"",
        &[b'x'; 3_583],
    ];
    for context in contexts {
        let header = format!("X-Amz-Client-Context: {}\r\n", STANDARD.encode_to_string(context));
        let (status, headers, body) = post(&sandbox, INVOCATIONS, &header, b"null").await;
        assert_eq!((status, self::header(&headers, "x-amz-function-error")), (200, None), "{}", context.escape_ascii());
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["token"], *sandbox.github.issued().last().unwrap(), "{}", context.escape_ascii());
    }
    sandbox.assert_no_violations();
    assert_eq!(sandbox.leaks(&broker.stop().await, &["MISTAKE"]), []);
}

#[tokio::test]
async fn lambda_itself_refuses_what_is_not_json_or_too_large() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    let too_large = vec![b' '; SIX_MB + 1];
    for (payload, expected_status, expected_type) in
        [(&b"nulll"[..], 400, "InvalidRequestContentException"), (&too_large, 413, "RequestTooLargeException")]
    {
        let (status, headers, _) = post(&sandbox, INVOCATIONS, "", payload).await;
        assert_eq!(status, expected_status, "{}", shown(payload));
        assert_eq!(header(&headers, "x-amzn-errortype"), Some(expected_type), "{}", shown(payload));
        assert_eq!(header(&headers, "x-amz-function-error"), None, "{}", shown(payload));
    }
    let (status, ..) = post(&sandbox, "/2015-03-31/functions/another/invocations", "", b"null").await;
    assert_eq!(status, 404);
    assert!(sandbox.lambda.posts().is_empty(), "the function heard nothing of it");
    drop(broker);
}

#[tokio::test]
async fn a_caller_that_asks_for_the_log_reads_the_warning() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, set("GITHUB_TOKEN_BROKER_LOG_LEVEL", "warn"));
    let (status, headers, _) = post(&sandbox, INVOCATIONS, "X-Amz-Log-Type: Tail\r\n", b"{}").await;
    assert_eq!(status, 200);
    let log = STANDARD.decode_to_vec(header(&headers, "x-amz-log-result").unwrap()).unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(log.contains(r#""msg":"rejected non-empty invocation payload""#), "{log}");
    drop(broker);
}
