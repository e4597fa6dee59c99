//! The Lambda Runtime API, spoken to the letter, <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>;
//! and what happens when it is not as it should be.

use base64_simd::STANDARD;
use sandbox::lambda::{Post, Posted};
use sandbox::{Broker, Outcome, Reply, Sandbox};
use serde_json::Value;

use crate::invoke_api;
use crate::scene::{Scene, assert_no_requests, launch, set};

const ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE: &str = "lambda-runtime-deadline-ms";
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
const CLIENT_CONTEXT: &str = "lambda-runtime-client-context";
/// Centuries away.
const NEVER: &str = "9999999999999";
const UNREADABLE: &str = "the Lambda Runtime API gave no answer that can be read";

fn answered_with(status: u16) -> String {
    format!("the Lambda Runtime API answered with status {status}")
}

/// An invocation with these headers.
fn with_headers(headers: &[(&str, &str)], payload: &str) -> Reply {
    headers.iter().fold(Reply::raw(200, payload), |reply, (name, value)| reply.header(name, value))
}

/// An invocation with time in plenty.
fn invocation(id: &str, payload: &str) -> Reply {
    with_headers(&[(REQUEST_ID, id), (DEADLINE, NEVER)], payload)
}

/// The same as it goes over the wire, with another header, which need not be one that HTTP allows.
fn invocation_bytes(header: &str, rest: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{REQUEST_ID}: {ID}\r\n{DEADLINE}: {NEVER}\r\n{header}\r\n\r\n{rest}")
}

/// Runs the function until it ends, which is not a success. The Runtime API answers its polls with these replies, then
/// with status 500, and its posts with `post`. Returns its posts, and its lines of at least WARN.
async fn run(sandbox: &Sandbox, polls: impl IntoIterator<Item = Reply>, post: Reply) -> (Vec<Post>, Vec<Value>) {
    let earlier = sandbox.lambda.posts().len();
    sandbox.lambda.script_polls(polls.into_iter().chain([Reply::raw(500, "")]));
    sandbox.lambda.script_posts([post]);
    let broker = launch(sandbox, |_| {});
    let status = broker.wait_exit().await;
    assert_eq!(status.code(), Some(1), "{status}");
    assert_eq!(sandbox.leaks(&broker.captured(), &["MISTAKE"]), []);
    assert_eq!(broker.stderr(), "");
    (sandbox.lambda.posts().split_off(earlier), warnings(&broker))
}

fn accepted() -> Reply {
    Reply::raw(202, "")
}

fn warnings(broker: &Broker) -> Vec<Value> {
    broker.log_lines().into_iter().filter(|line| line["level"] == "WARN" || line["level"] == "ERROR").collect()
}

/// There is one line, and it gives the reason why the function ended.
#[track_caller]
fn assert_ended(lines: &[Value], error: &str) {
    let [line] = lines else { panic!("{error}: {lines:#?}") };
    assert_eq!([&line["level"], &line["msg"]], ["ERROR", "github-token-broker ended"]);
    assert_eq!([&line["error"], &line["error_type"]], [error, "InternalError"]);
}

/// The line reports that Lambda did not take the answer to this invocation.
#[track_caller]
fn assert_not_taken(line: &Value, error: &str, request_id: &str) {
    assert_eq!([&line["level"], &line["msg"]], ["ERROR", "post answer to Lambda"]);
    assert_eq!([&line["error"], &line["request_id"]], [error, request_id]);
}

#[tokio::test]
async fn answers_go_to_their_invocations() {
    let sandbox = Sandbox::start().await;
    let invocations = [
        invocation(ID, "null").header(INVOCATION_ID, "1f"),
        invocation("second", "{}"),
        invocation("third", "0").header(INVOCATION_ID, "2e"),
    ];
    let (posts, lines) = run(&sandbox, invocations, accepted()).await;
    let header =
        |post: &Post, name: &str| post.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let seen = posts.iter().map(|post| {
        let headers = ["content-type", INVOCATION_ID, "lambda-runtime-function-error-type"];
        (post.to.clone(), headers.map(|name| header(post, name)))
    });
    let expected = [
        (Posted::Response(ID.into()), ["application/json", "1f", ""]),
        (Posted::Error("second".into()), ["application/json", "", "InvocationInputRejected"]),
        (Posted::Error("third".into()), ["application/json", "2e", "InvocationInputRejected"]),
    ];
    let expected = expected.map(|(to, headers)| (to, headers.map(String::from)));
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    assert_eq!(posts[0].json()["token"], *sandbox.github.issued().last().unwrap());
    assert_eq!(lines[0]["request_id"], "second");
    assert_ended(&lines[2..], &answered_with(500));
    sandbox.assert_no_violations();
}

#[tokio::test]
async fn one_connection_serves_many_invocations() {
    let scene = Scene::start().await;
    for payload in ["null", "{}", "null", "null"] {
        let expected = if payload == "null" { Outcome::Response } else { Outcome::Error };
        let invocation = scene.sandbox.lambda.invoke(payload).await;
        assert_eq!(invocation.outcome, expected, "{}", scene.broker.captured().describe());
    }
    assert_eq!(scene.sandbox.lambda.runtime_api_connections(), 1);
}

#[tokio::test]
async fn a_payload_may_come_in_chunks() {
    let sandbox = Sandbox::start().await;
    for (chunks, to) in [
        ("1\r\nn\r\n3\r\null\r\n0\r\n\r\n", Posted::Response(ID.into())),
        ("4\r\nnull\r\n1\r\nl\r\n0\r\n\r\n", Posted::Error(ID.into())),
    ] {
        let bytes = invocation_bytes("transfer-encoding: chunked\r\nconnection: close", chunks);
        let (posts, _) = run(&sandbox, [Reply::bytes(bytes)], accepted()).await;
        let [post] = posts.as_slice() else { panic!("{posts:#?}") };
        assert_eq!(post.to, to);
    }
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_one_line() {
    let sandbox = Sandbox::start().await;
    for status in [400, 410, 413] {
        let invocations = [invocation(ID, "null"), invocation("second", "null")];
        let (posts, lines) = run(&sandbox, invocations, Reply::raw(status, "")).await;
        assert_eq!(posts.len(), 2, "{status}");
        assert_not_taken(&lines[0], &answered_with(status), ID);
        assert_not_taken(&lines[1], &answered_with(status), "second");
        assert_ended(&lines[2..], &answered_with(500));
    }
}

#[tokio::test]
async fn an_api_that_fails_ends_the_function() {
    let sandbox = Sandbox::start().await;
    for status in [204, 302, 403, 404, 500, 503] {
        let earlier = sandbox.lambda.polls();
        let failing = Reply::raw(status, "").header("location", "/elsewhere");
        let (posts, lines) = run(&sandbox, [failing], accepted()).await;
        assert_eq!((posts.len(), sandbox.lambda.polls() - earlier), (0, 1), "{status}");
        assert_ended(&lines, &answered_with(status));
    }
    assert_no_requests(&sandbox, "failing");

    let invocations = [invocation(ID, "null"), invocation("second", "null")];
    let (posts, lines) = run(&sandbox, invocations, Reply::raw(500, "")).await;
    assert_eq!(posts.len(), 1);
    assert_not_taken(&lines[0], &answered_with(500), ID);
    assert_ended(&lines[1..], &answered_with(500));
}

#[tokio::test]
async fn an_invocation_that_breaks_off_ends_the_function() {
    let sandbox = Sandbox::start().await;
    let whole = invocation_bytes("content-length: 13", "null and more");
    for (case, bytes) in [
        ("nothing", ""),
        ("not HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n"),
        ("half a head", &whole[..40]),
        ("half a payload", &whole[..whole.len() - " and more".len()]),
    ] {
        let (posts, lines) = run(&sandbox, [Reply::bytes(bytes)], Reply::bytes("")).await;
        assert_eq!(posts.len(), 0, "{case}");
        assert_ended(&lines, UNREADABLE);
    }
    assert_no_requests(&sandbox, "broken off");
}

#[tokio::test]
async fn a_post_without_an_answer_ends_the_function() {
    let sandbox = Sandbox::start().await;
    for (answer, error) in
        [(Reply::bytes(""), UNREADABLE), (Reply::hang(), "the Lambda Runtime API did not answer within 2 s")]
    {
        let (posts, lines) = run(&sandbox, [invocation(ID, "null")], answer).await;
        assert_eq!(posts.len(), 1, "{error}");
        assert_not_taken(&lines[0], error, ID);
        assert_ended(&lines[1..], error);
    }
}

#[tokio::test]
async fn an_invocation_without_its_headers_ends_the_function() {
    let sandbox = Sandbox::start().await;
    let too_long = "x".repeat(129);
    for (headers, named) in [
        (vec![(DEADLINE, NEVER)], REQUEST_ID),
        (vec![(REQUEST_ID, ""), (DEADLINE, NEVER)], REQUEST_ID),
        (vec![(REQUEST_ID, "../../init/error?"), (DEADLINE, NEVER)], REQUEST_ID),
        (vec![(REQUEST_ID, &*too_long), (DEADLINE, NEVER)], REQUEST_ID),
        (vec![(REQUEST_ID, ID)], DEADLINE),
        (vec![(REQUEST_ID, ID), (DEADLINE, "")], DEADLINE),
        (vec![(REQUEST_ID, ID), (DEADLINE, "soon")], DEADLINE),
        (vec![(REQUEST_ID, ID), (DEADLINE, "-1")], DEADLINE),
        (vec![(REQUEST_ID, ID), (DEADLINE, "99999999999999999999")], DEADLINE),
    ] {
        let (posts, lines) = run(&sandbox, [with_headers(&headers, "null")], accepted()).await;
        assert_eq!(posts.len(), 0, "{headers:?}");
        assert_ended(&lines, &format!("the Lambda Runtime API gave an invocation without a usable {named}"));
    }
    assert_no_requests(&sandbox, "without headers");
}

/// As the function gets it, also with bytes that HTTP does not allow.
#[tokio::test]
async fn a_client_context_of_any_bytes_changes_nothing() {
    let sandbox = Sandbox::start().await;
    let (broken_json, long) = (r#"{"client":"#, "x".repeat(100_000));
    for context in [broken_json, "ghs_MISTAKE", "\x7f", "\x01", "\u{1b}[31m", "ä\u{fffd}", &long] {
        let headers = format!("content-length: 4\r\n{CLIENT_CONTEXT}: {context}");
        let (posts, lines) = run(&sandbox, [Reply::bytes(invocation_bytes(&headers, "null"))], accepted()).await;
        let context: String = context.escape_debug().take(40).collect();
        let [post] = posts.as_slice() else { panic!("{context}: {posts:#?} {lines:#?}") };
        assert_eq!(post.json()["token"], *sandbox.github.issued().last().unwrap(), "{context}");
    }
    sandbox.assert_no_violations();
}

/// As a caller sends it.
#[tokio::test]
async fn a_callers_client_context_changes_nothing() {
    let scene = Scene::start_with(set("GITHUB_TOKEN_BROKER_LOG_LEVEL", "debug")).await;
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
        let answer = invoke_api::invoke(&scene.sandbox, "github-token-broker", &header, b"null").await;
        let function_error = answer.header("x-amz-function-error");
        assert_eq!((answer.status, function_error), (200, None), "{}", context.escape_ascii());
        assert_eq!(
            answer.json()["token"],
            *scene.sandbox.github.issued().last().unwrap(),
            "{}",
            context.escape_ascii()
        );
    }
    scene.sandbox.assert_no_violations();
    assert_eq!(scene.sandbox.leaks(&scene.broker.stop().await, &["MISTAKE"]), []);
}
