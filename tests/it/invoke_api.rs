//! Responses to callers of Lambda's Invoke API, <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use base64_simd::STANDARD;
use sandbox::Sandbox;
use serde_json::Value;

use crate::payload::{REFUSAL, SIX_MB, shown};
use crate::scene::{BOTH_CALLS, Scene, set};

const FUNCTION: &str = "github-token-broker";

/// A response of the Invoke API.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The headers by lower-case name.
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Invokes a function with a plain HTTP request.
pub(crate) async fn invoke(sandbox: &Sandbox, function: &str, headers: &str, payload: &[u8]) -> Answer {
    let address = sandbox.lambda.invoke_url().trim_start_matches("http://").to_owned();
    let head = format!(
        "POST /2015-03-31/functions/{function}/invocations HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-length: {}\r\n{headers}\r\n",
        payload.len()
    );
    let request = [head.as_bytes(), payload].concat();
    let exchange = move || {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(&request)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map(|_| answer)
    };
    parse(&tokio::task::spawn_blocking(exchange).await.unwrap().unwrap())
}

fn parse(answer: &[u8]) -> Answer {
    let end_of_head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&answer[..end_of_head]).unwrap();
    let (status_line, lines) = head.split_once("\r\n").unwrap();
    let headers = lines.lines().filter_map(|line| line.split_once(": "));
    Answer {
        status: status_line.split(' ').nth(1).unwrap().parse().unwrap(),
        headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
        body: answer[end_of_head + 4..].to_vec(),
    }
}

#[tokio::test]
async fn only_null_gets_a_token() {
    let scene = Scene::start().await;
    // Lambda sends `{}` to the function when a caller sends no payload.
    for (payload, gets_token) in
        [("null", true), (" null\n", true), ("{}", false), ("\"x\"", false), ("", false), ("[null]", false)]
    {
        let earlier = scene.sandbox.github.calls().len();
        let answer = invoke(&scene.sandbox, FUNCTION, "", payload.as_bytes()).await;
        assert_eq!(answer.status, 200, "{payload:?}");
        assert_eq!(answer.header("x-amz-executed-version"), Some("$LATEST"), "{payload:?}");
        let calls = scene.sandbox.github.calls().split_off(earlier);
        if gets_token {
            assert_eq!(answer.header("x-amz-function-error"), None, "{payload:?}");
            let issued = scene.sandbox.github.issued();
            assert_eq!(answer.json()["token"], *issued.last().unwrap(), "{payload:?}");
            assert_eq!(calls, BOTH_CALLS, "{payload:?}");
        } else {
            assert_eq!(answer.header("x-amz-function-error"), Some("Unhandled"), "{payload:?}");
            let body = answer.json();
            assert_eq!(body["errorType"], "InvocationInputRejected", "{payload:?}");
            assert_eq!(body["errorMessage"], REFUSAL, "{payload:?}");
            assert_eq!(calls, [], "{payload:?}");
        }
    }
}

#[tokio::test]
async fn lambda_rejects_invalid_or_large_payloads() {
    let scene = Scene::start().await;
    let too_large = vec![b' '; SIX_MB + 1];
    for (function, payload, status, error_type) in [
        (FUNCTION, &b"nulll"[..], 400, "InvalidRequestContentException"),
        (FUNCTION, &too_large, 413, "RequestTooLargeException"),
        ("another", b"null", 404, "ResourceNotFoundException"),
    ] {
        let answer = invoke(&scene.sandbox, function, "", payload).await;
        assert_eq!(
            (answer.status, answer.header("x-amzn-errortype")),
            (status, Some(error_type)),
            "{}",
            shown(payload)
        );
        assert_eq!(answer.header("x-amz-function-error"), None, "{}", shown(payload));
    }
    assert!(scene.sandbox.lambda.posts().is_empty(), "the function was not invoked");
}

#[tokio::test]
async fn a_caller_can_request_the_log() {
    let scene = Scene::start_with(set("GITHUB_TOKEN_BROKER_LOG_LEVEL", "warn")).await;
    let answer = invoke(&scene.sandbox, FUNCTION, "X-Amz-Log-Type: Tail\r\n", b"{}").await;
    assert_eq!(answer.status, 200);
    let log = STANDARD.decode_to_vec(answer.header("x-amz-log-result").unwrap()).unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(log.contains(r#""msg":"rejected non-empty invocation payload""#), "{log}");
}
