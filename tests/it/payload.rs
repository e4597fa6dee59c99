//! The function accepts no input: only `null` or an empty payload, compared as raw bytes. Anything else is rejected
//! before any call.

use sandbox::{Outcome, process};
use serde_json::json;

use crate::leaks::{self, enable_verbose_logging};
use crate::scene::{BOTH_CALLS, Scene, assert_no_requests};

/// The caller's error message when the payload is rejected.
pub(crate) const REFUSAL: &str = "github-token-broker does not accept invocation input";
/// The maximum size of a payload that Lambda passes to a function.
pub(crate) const SIX_MB: usize = 6 * 1024 * 1024;

/// Shortens a payload for an assertion message.
pub(crate) fn shown(payload: &[u8]) -> String {
    format!("{} bytes: {}", payload.len(), payload[..payload.len().min(40)].escape_ascii())
}

#[tokio::test]
async fn empty_and_null_get_a_token() {
    let scene = Scene::start().await;
    let mut spaces = vec![b' '; SIX_MB - 4];
    spaces.extend_from_slice(b"null");
    let payloads: [&[u8]; 10] =
        [b"null", b"", b" ", b"\t", b"\r\n", b" \t\r\n \n", b" null", b"null\n", b"\r\n\tnull \t", &spaces];
    for (earlier, payload) in payloads.iter().enumerate() {
        let invocation = scene.sandbox.lambda.invoke(*payload).await;
        assert!(invocation.is_success(), "{}: {}", shown(payload), invocation.text());
        assert_eq!(scene.sandbox.ssm.requests().len(), earlier + 1, "{}", shown(payload));
        assert_eq!(scene.sandbox.github.calls(), BOTH_CALLS.repeat(earlier + 1), "{}", shown(payload));
    }
    scene.end().await;
}

#[tokio::test]
async fn anything_else_is_rejected_without_a_call() {
    let scene = Scene::start().await;
    let six_mb = [b"\"".to_vec(), vec![b'x'; SIX_MB - 2], b"\"".to_vec()].concat();
    let six_mb_of_no_json = vec![b'n'; SIX_MB];
    let nested = b"[".repeat(100_000);
    let payloads: [&[u8]; 42] = [
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
        &nested,
    ];
    for payload in payloads {
        let invocation = scene.sandbox.lambda.invoke(payload).await;
        assert_eq!(invocation.outcome, Outcome::Error, "{}", shown(payload));
        let refusal = json!({ "errorType": "InvocationInputRejected", "errorMessage": REFUSAL });
        assert_eq!(invocation.json(), refusal, "{}", shown(payload));
        let line = scene.broker.log_of(&invocation).await;
        let expected = json!({
            "timestamp": line["timestamp"],
            "level": "WARN",
            "msg": "rejected non-empty invocation payload",
            "error_type": "InvocationInputRejected",
            "request_id": invocation.request_id,
        });
        assert_eq!(line, expected, "{}", shown(payload));
    }
    assert_no_requests(&scene.sandbox, "refused payloads");

    let minted = scene.mint("the next invocation").await;
    scene.broker.log_of(&minted).await;
    let lines = process::log_lines(&scene.end().await);
    let warnings = lines.iter().filter(|line| line["level"] == "WARN").count();
    assert_eq!((warnings, lines.len()), (42, 44), "a line for the start, for each refusal and for the token");
}

#[tokio::test]
async fn a_payload_is_never_quoted() {
    let scene = Scene::start_with(enable_verbose_logging).await;
    for payload in [r#"{"token":"ghs_MISTAKE"}"#, r#""ghs_MISTAKE""#, "ghs_MISTAKE", r#"{"ghs_MISTAKE"#] {
        let invocation = scene.sandbox.lambda.invoke(payload).await;
        assert_eq!(invocation.error_message(), REFUSAL, "{payload}");
        scene.broker.log_of(&invocation).await;
    }
    leaks::assert_none(&scene.sandbox, &scene.broker.stop().await, &["MISTAKE"], "payloads");
}
