//! The Lambda Runtime API, spoken to the letter, <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>;
//! and what happens when it is not as it should be.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail anywhere")]

mod common;

use std::sync::Mutex;

use common::{Answer, PlainServer, Request, assert_nobody_was_called, bytes_of, launch};
use sandbox::{Broker, Outcome, Sandbox};
use serde_json::Value;

const NEXT: &str = "GET /2018-06-01/runtime/invocation/next";
const ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";

/// An invocation with these further headers; its deadline is centuries away.
fn invocation(id: &str, headers: &[(&'static str, &str)], payload: &[u8]) -> Answer {
    let usual = [("lambda-runtime-aws-request-id", id), ("lambda-runtime-deadline-ms", "9999999999999")];
    let headers = usual.iter().chain(headers).map(|(name, value)| (*name, (*value).to_owned()));
    (200, headers.collect(), payload.to_vec())
}

/// A Runtime API that answers each request for an invocation with the next of these, and the one after them with status
/// 500, which ends the function; posts are taken with this status.
fn runtime_api(invocations: Vec<Answer>, post_status: u16) -> PlainServer {
    let invocations = Mutex::new(invocations.into_iter());
    PlainServer::start(move |request| {
        if request.call == NEXT {
            invocations.lock().unwrap().next().unwrap_or((500, Vec::new(), Vec::new()))
        } else {
            (post_status, Vec::new(), Vec::new())
        }
    })
}

/// Runs the function until it ends, which is not to be told as a success. Its posts, and its lines of at least WARN.
async fn run(sandbox: &Sandbox, runtime_api: &PlainServer) -> (Vec<Request>, Vec<Value>) {
    let broker = launch(sandbox, |env| {
        env.set("AWS_LAMBDA_RUNTIME_API", runtime_api.address().to_string());
    });
    let status = broker.wait_exit().await;
    assert_eq!(status.code(), Some(1), "{status}");
    assert_eq!(sandbox.leaks(&broker.captured(), &["MISTAKE"]), []);
    assert_eq!(broker.stderr(), "");
    let posts = runtime_api.requests().into_iter().filter(|request| request.call != NEXT).collect();
    (posts, warnings(&broker))
}

fn warnings(broker: &Broker) -> Vec<Value> {
    broker.log_lines().into_iter().filter(|line| line["level"] == "WARN" || line["level"] == "ERROR").collect()
}

fn assert_ended(lines: &[Value], error: &str) {
    let [line] = lines else { panic!("{error}: {lines:#?}") };
    assert_eq!([&line["level"], &line["msg"]], ["ERROR", "github-token-broker ended"]);
    assert_eq!([&line["error"], &line["error_type"]], [error, "InternalError"]);
}

#[tokio::test]
async fn an_answer_goes_to_its_invocation_with_the_ids_that_lambda_gave() {
    let sandbox = Sandbox::start().await;
    let runtime_api = runtime_api(
        vec![
            invocation(ID, &[("lambda-runtime-invocation-id", "1f")], b"null"),
            invocation("second", &[], b"{}"),
            invocation("third", &[("lambda-runtime-invocation-id", "2e")], b"0"),
        ],
        202,
    );
    let (posts, lines) = run(&sandbox, &runtime_api).await;
    let invocations = "POST /2018-06-01/runtime/invocation/";
    let seen: Vec<_> = posts
        .iter()
        .map(|post| (&*post.call, ["content-type", "lambda-runtime-invocation-id"].map(|name| post.header(name))))
        .collect();
    assert_eq!(
        seen,
        [
            (&*format!("{invocations}{ID}/response"), ["application/json", "1f"]),
            (&*format!("{invocations}second/error"), ["application/json", ""]),
            (&*format!("{invocations}third/error"), ["application/json", "2e"]),
        ]
    );
    let error_types = posts.iter().map(|post| post.header("lambda-runtime-function-error-type"));
    assert_eq!(error_types.collect::<Vec<_>>(), ["", "InvocationInputRejected", "InvocationInputRejected"]);
    let answer: Value = serde_json::from_slice(&posts[0].body).unwrap();
    assert_eq!(answer["token"], *sandbox.github.issued().last().unwrap());
    assert_eq!(lines[0]["request_id"], "second");
    assert_ended(&lines[2..], "the Lambda Runtime API answered with status 500");
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn an_answer_that_lambda_does_not_take_is_a_line_and_the_next_invocation_works() {
    let sandbox = Sandbox::start().await;
    for status in [400, 410, 413] {
        let runtime_api = runtime_api(vec![invocation(ID, &[], b"null"), invocation("second", &[], b"null")], status);
        let (posts, lines) = run(&sandbox, &runtime_api).await;
        assert_eq!(posts.len(), 2, "{status}");
        let expected = format!("the Lambda Runtime API answered with status {status}");
        for (line, request_id) in lines.iter().zip([ID, "second"]) {
            assert_eq!([&line["level"], &line["msg"]], ["ERROR", "post answer to Lambda"], "{status}");
            assert_eq!([&line["error"], &line["request_id"]], [&*expected, request_id], "{status}");
        }
        assert_ended(&lines[2..], "the Lambda Runtime API answered with status 500");
    }
}

#[tokio::test]
async fn an_api_that_fails_ends_the_function_with_one_line() {
    let sandbox = Sandbox::start().await;
    for status in [204, 302, 403, 404, 500, 503] {
        let runtime_api = runtime_api(vec![(status, vec![("location", "/elsewhere".into())], Vec::new())], 202);
        let (posts, lines) = run(&sandbox, &runtime_api).await;
        assert_eq!((posts.len(), runtime_api.requests().len()), (0, 1), "{status}");
        assert_ended(&lines, &format!("the Lambda Runtime API answered with status {status}"));
    }
    assert_nobody_was_called(&sandbox, "failing");

    let runtime_api = runtime_api(vec![invocation(ID, &[], b"null"), invocation("second", &[], b"null")], 500);
    let (posts, lines) = run(&sandbox, &runtime_api).await;
    assert_eq!(posts.len(), 1);
    assert_not_taken(&lines, "the Lambda Runtime API answered with status 500");
}

/// The line about an answer to invocation [`ID`], and the one about the end.
fn assert_not_taken(lines: &[Value], error: &str) {
    let [not_taken, ended] = lines else { panic!("{error}: {lines:#?}") };
    assert_eq!([&not_taken["level"], &not_taken["msg"]], ["ERROR", "post answer to Lambda"]);
    assert_eq!([&not_taken["error"], &not_taken["request_id"]], [error, ID]);
    assert_ended(std::slice::from_ref(ended), error);
}

/// A Runtime API that answers requests for an invocation and posts with these very bytes.
fn raw(next: Vec<u8>, posted: Option<Vec<u8>>) -> PlainServer {
    PlainServer::start_raw(move |request| if request.call == NEXT { Some(next.clone()) } else { posted.clone() })
}

#[tokio::test]
async fn an_invocation_that_breaks_off_or_is_not_http_ends_the_function_with_one_line() {
    let sandbox = Sandbox::start().await;
    let whole = bytes_of(invocation(ID, &[], b"null and more"));
    for (case, bytes) in [
        ("nothing", Vec::new()),
        ("garbage", b"SSH-2.0-OpenSSH_9.6\r\n\r\n".to_vec()),
        ("half a head", whole[..40].to_vec()),
        ("half a payload", whole[..whole.len() - " and more".len()].to_vec()),
    ] {
        let runtime_api = raw(bytes, Some(Vec::new()));
        let (posts, lines) = run(&sandbox, &runtime_api).await;
        assert_eq!(posts.len(), 0, "{case}");
        assert_ended(&lines, "the Lambda Runtime API gave no answer that can be read");
    }
    assert_nobody_was_called(&sandbox, "broken off");
}

#[tokio::test]
async fn a_post_without_an_answer_ends_the_function_after_two_seconds_at_most() {
    let sandbox = Sandbox::start().await;
    for (posted, error) in [
        (Some(Vec::new()), "the Lambda Runtime API gave no answer that can be read"),
        (None, "the Lambda Runtime API did not answer within 2 s"),
    ] {
        let runtime_api = raw(bytes_of(invocation(ID, &[], b"null")), posted);
        let (posts, lines) = run(&sandbox, &runtime_api).await;
        assert_eq!(posts.len(), 1, "{error}");
        assert_not_taken(&lines, error);
    }
}

#[tokio::test]
async fn a_payload_may_come_in_chunks() {
    let sandbox = Sandbox::start().await;
    let head = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\
         Lambda-Runtime-Aws-Request-Id: {ID}\r\nLambda-Runtime-Deadline-Ms: 9999999999999\r\n\r\n"
    );
    for (chunks, path) in
        [("1\r\nn\r\n3\r\null\r\n0\r\n\r\n", "response"), ("4\r\nnull\r\n1\r\nl\r\n0\r\n\r\n", "error")]
    {
        let runtime_api = raw([&head, chunks].concat().into_bytes(), Some(Vec::new()));
        let (posts, _) = run(&sandbox, &runtime_api).await;
        let [post] = posts.as_slice() else { panic!("{posts:#?}") };
        assert_eq!(post.call, format!("POST /2018-06-01/runtime/invocation/{ID}/{path}"));
    }
}

#[tokio::test]
async fn a_client_context_of_any_bytes_changes_nothing() {
    let sandbox = Sandbox::start().await;
    let broken_json = r#"{"client":"#;
    for context in [broken_json, "ghs_MISTAKE", "\x7f", "\x01", "\u{1b}[31m", "ä\u{fffd}", &"x".repeat(100_000)] {
        let answer = invocation(ID, &[("lambda-runtime-client-context", context)], b"null");
        let runtime_api = runtime_api(vec![answer], 202);
        let (posts, lines) = run(&sandbox, &runtime_api).await;
        let context: String = context.escape_debug().take(40).collect();
        let [post] = posts.as_slice() else { panic!("{context}: {posts:#?} {lines:#?}") };
        let answer: Value = serde_json::from_slice(&post.body).unwrap();
        assert_eq!(answer["token"], *sandbox.github.issued().last().unwrap(), "{context}");
    }
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn an_invocation_without_its_headers_ends_the_function_with_one_line() {
    let sandbox = Sandbox::start().await;
    let (id, deadline) = ("lambda-runtime-aws-request-id", "lambda-runtime-deadline-ms");
    let too_long = "x".repeat(129);
    for (headers, named) in [
        (vec![(deadline, "9999999999999")], id),
        (vec![(id, ""), (deadline, "9999999999999")], id),
        (vec![(id, "../../init/error?"), (deadline, "9999999999999")], id),
        (vec![(id, &*too_long), (deadline, "9999999999999")], id),
        (vec![(id, ID)], deadline),
        (vec![(id, ID), (deadline, "")], deadline),
        (vec![(id, ID), (deadline, "soon")], deadline),
        (vec![(id, ID), (deadline, "-1")], deadline),
        (vec![(id, ID), (deadline, "99999999999999999999")], deadline),
    ] {
        let owned = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let runtime_api = runtime_api(vec![(200, owned, b"null".to_vec())], 202);
        let (posts, lines) = run(&sandbox, &runtime_api).await;
        assert_eq!(posts.len(), 0, "{headers:?}");
        assert_ended(&lines, &format!("the Lambda Runtime API gave an invocation without a usable {named}"));
    }
    assert_nobody_was_called(&sandbox, "without headers");
}

#[tokio::test]
async fn one_connection_serves_many_invocations() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    for payload in ["null", "{}", "null", "null"] {
        let expected = if payload == "null" { Outcome::Response } else { Outcome::Error };
        assert_eq!(sandbox.lambda.invoke(payload).await.outcome, expected, "{}", broker.captured().describe());
    }
    assert_eq!(sandbox.lambda.runtime_api_connections(), 1);
}
