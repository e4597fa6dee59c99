//! The protocol of the Lambda Runtime API, <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>, and its
//! failures.

use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64_simd::STANDARD;
use sandbox::lambda::{Post, Posted};
use sandbox::{Broker, Outcome, Reply, Sandbox};
use serde_json::{Value, json};

use crate::clock;
use crate::invoke_api;
use crate::scene::{Scene, assert_no_requests, launch};

const ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE: &str = "lambda-runtime-deadline-ms";
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
const CLIENT_CONTEXT: &str = "lambda-runtime-client-context";
const COGNITO_IDENTITY: &str = "lambda-runtime-cognito-identity";
/// A deadline centuries away.
const NEVER: &str = "9999999999999";
const UNREADABLE: &str = "the Lambda Runtime API sent no readable response";

const CONTEXT_UNREADABLE: &str = "the client context or Cognito identity of an invocation cannot be read";
/// `lambda_runtime` panics on an error response of the Runtime API, because it lacks the headers of an invocation.
const NO_INVOCATION: &str = "lambda_runtime could not read an invocation";

fn answered_with(status: u16) -> String {
    format!("the Lambda Runtime API answered with status {status}")
}

/// Returns an invocation with these headers.
fn with_headers(headers: &[(&str, &str)], payload: &str) -> Reply {
    headers.iter().fold(Reply::raw(200, payload), |reply, (name, value)| reply.header(name, value))
}

/// Returns an invocation whose deadline is far away.
fn invocation(id: &str, payload: &str) -> Reply {
    with_headers(&[(REQUEST_ID, id), (DEADLINE, NEVER)], payload)
}

/// Returns the bytes of an invocation with an additional header, which HTTP need not allow.
fn invocation_bytes(header: &str, rest: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{REQUEST_ID}: {ID}\r\n{DEADLINE}: {NEVER}\r\n{header}\r\n\r\n{rest}")
}

/// Runs the function until it ends with a failure. The Runtime API sends these replies to its polls, then status 500,
/// and `post` to its posts. Returns its posts, and its log lines of at least WARN.
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

/// Asserts that there is one line, with the reason why the function ended.
#[track_caller]
fn assert_ended(lines: &[Value], error: &str) {
    let [line] = lines else { panic!("{error}: {lines:#?}") };
    assert_eq!([&line["level"], &line["msg"]], ["ERROR", "github-token-broker ended"]);
    assert_eq!([&line["error"], &line["error_type"]], [error, "InternalError"]);
}

/// Asserts that the line reports that Lambda did not accept the response to this invocation.
#[track_caller]
fn assert_not_accepted(line: &Value, error: &str, request_id: &str) {
    let expected = json!({
        "timestamp": line["timestamp"],
        "level": "ERROR",
        "msg": "post answer to Lambda",
        "error": error,
        "request_id": request_id,
    });
    assert_eq!(*line, expected);
}

#[tokio::test]
async fn responses_are_posted_to_their_invocations() {
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
        let headers = [INVOCATION_ID, "lambda-runtime-function-error-type"];
        (post.to.clone(), headers.map(|name| header(post, name)))
    });
    // lambda_runtime always sends this type in the header. Callers get the type in the body.
    let expected = [
        (Posted::Response(ID.into()), ["1f", ""]),
        (Posted::Error("second".into()), ["", "unhandled"]),
        (Posted::Error("third".into()), ["2e", "unhandled"]),
    ];
    let expected = expected.map(|(to, headers)| (to, headers.map(String::from)));
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    assert_eq!(posts[0].json()["token"], *sandbox.github.issued().last().unwrap());
    assert_eq!(posts[1].json()["errorType"], "InvocationInputRejected");
    assert_eq!(lines[0]["request_id"], "second");
    assert_ended(&lines[2..], NO_INVOCATION);
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
async fn a_response_that_is_not_accepted_is_one_line() {
    let sandbox = Sandbox::start().await;
    for status in [400, 410, 413, 500] {
        let invocations = [invocation(ID, "null"), invocation("second", "null")];
        let (posts, lines) = run(&sandbox, invocations, Reply::raw(status, "")).await;
        assert_eq!(posts.len(), 2, "{status}");
        assert_not_accepted(&lines[0], &answered_with(status), ID);
        assert_not_accepted(&lines[1], &answered_with(status), "second");
        assert_ended(&lines[2..], NO_INVOCATION);
    }
}

#[tokio::test]
async fn an_api_that_fails_ends_the_function() {
    let sandbox = Sandbox::start().await;
    for status in [302, 403, 404, 500, 503] {
        let earlier = sandbox.lambda.polls();
        let failing = Reply::raw(status, "").header("location", "/elsewhere");
        let (posts, lines) = run(&sandbox, [failing], accepted()).await;
        assert_eq!((posts.len(), sandbox.lambda.polls() - earlier), (0, 1), "{status}");
        assert_ended(&lines, NO_INVOCATION);
        let location = lines[0]["panic_location"].as_str().unwrap();
        assert!(location.contains("lambda_runtime"), "{location}");
    }
    // With the headers of an invocation, lambda_runtime would handle these as invocations.
    for status in [202, 404, 500] {
        let headers = [(REQUEST_ID, ID), (DEADLINE, NEVER)];
        let reply = headers.iter().fold(Reply::raw(status, "null"), |reply, (name, value)| reply.header(name, value));
        let (posts, lines) = run(&sandbox, [reply], accepted()).await;
        assert_eq!(posts.len(), 0, "{status}");
        assert_ended(&lines, &answered_with(status));
    }
    assert_no_requests(&sandbox, "failing");
}

/// A slow standard output must not delay a caller.
#[tokio::test]
async fn the_line_is_written_after_the_response() {
    let scene = Scene::start().await.ready().await;
    for payload in ["null", "{}"] {
        // Lambda receives the response immediately and acknowledges it after 300 ms.
        scene.sandbox.lambda.script_posts([Reply::good().after(Duration::from_millis(300))]);
        let invocation = scene.sandbox.lambda.invoke(payload).await;
        let posted = DateTime::from(clock::system_clock());
        let line = scene.broker.log_of(&invocation).await;
        let written = DateTime::from_str(line["timestamp"].as_str().unwrap(), Format::DateTimeWithOffset).unwrap();
        let ms = |time: DateTime| time.to_millis().unwrap();
        assert!(ms(written) >= ms(posted) + 200, "{payload}: posted at {posted:?}, {line}");
    }
}

#[tokio::test]
async fn a_truncated_invocation_ends_the_function() {
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
async fn a_post_without_a_response_ends_the_function() {
    let sandbox = Sandbox::start().await;
    for (answer, error) in
        [(Reply::bytes(""), UNREADABLE), (Reply::hang(), "the Lambda Runtime API did not answer within 2 s")]
    {
        let start = clock::instant();
        let (posts, lines) = run(&sandbox, [invocation(ID, "null")], answer).await;
        assert!(start.elapsed() < sandbox::scaled(Duration::from_secs(5)), "{error}: took {:?}", start.elapsed());
        assert_eq!(posts.len(), 1, "{error}");
        assert_not_accepted(&lines[0], error, ID);
        assert_ended(&lines[1..], error);
    }
}

#[tokio::test]
async fn an_invocation_without_headers_ends_the_function() {
    let sandbox = Sandbox::start().await;
    let too_long = "x".repeat(129);
    let unusable = |name| format!("the Lambda Runtime API sent an invocation without a valid {name}");
    for (headers, error) in [
        (vec![(DEADLINE, NEVER)], NO_INVOCATION.to_owned()),
        (vec![(REQUEST_ID, ""), (DEADLINE, NEVER)], unusable(REQUEST_ID)),
        (vec![(REQUEST_ID, "../../init/error?"), (DEADLINE, NEVER)], unusable(REQUEST_ID)),
        (vec![(REQUEST_ID, &*too_long), (DEADLINE, NEVER)], unusable(REQUEST_ID)),
        (vec![(REQUEST_ID, ID)], NO_INVOCATION.to_owned()),
        (vec![(REQUEST_ID, ID), (DEADLINE, "")], unusable(DEADLINE)),
        (vec![(REQUEST_ID, ID), (DEADLINE, "soon")], unusable(DEADLINE)),
        (vec![(REQUEST_ID, ID), (DEADLINE, "-1")], unusable(DEADLINE)),
        (vec![(REQUEST_ID, ID), (DEADLINE, "99999999999999999999")], unusable(DEADLINE)),
    ] {
        let (posts, lines) = run(&sandbox, [with_headers(&headers, "null")], accepted()).await;
        assert_eq!(posts.len(), 0, "{headers:?}");
        assert_ended(&lines, &error);
    }
    assert_no_requests(&sandbox, "without headers");
}

/// Tests headers that the function receives, including bytes that HTTP does not allow.
#[tokio::test]
async fn an_unreadable_context_is_one_error_line() {
    let sandbox = Sandbox::start().await;
    let (broken_json, long) = (r#"{"client":"ghs_MISTAKE""#, "x".repeat(100_000));
    let values =
        [r#"{"custom":{"a":1}}"#, broken_json, "ghs_MISTAKE", "\x7f", "\x01", "\0", "a\rb", "ä\u{fffd}", &long];
    for header in [CLIENT_CONTEXT, COGNITO_IDENTITY] {
        for value in values {
            let headers = format!("content-length: 4\r\n{header}: {value}");
            let (posts, lines) = run(&sandbox, [Reply::bytes(invocation_bytes(&headers, "null"))], accepted()).await;
            let case: String = value.escape_debug().take(40).collect();
            assert_eq!(posts.len(), 0, "{case}");
            assert_eq!(lines.len(), 1, "{case}: {lines:#?}");
            assert_ended(&lines, CONTEXT_UNREADABLE);
        }
    }
    assert_no_requests(&sandbox, "with an unreadable context");
}

#[tokio::test]
async fn a_readable_context_changes_nothing() {
    let sandbox = Sandbox::start().await;
    let client = r#"{"client":{"installation_id":"1","app_title":"a","app_version_name":"1","app_version_code":"1","app_package_name":"p"},"custom":{"ghs_MISTAKE":"1"}}"#;
    for (header, value) in [
        (CLIENT_CONTEXT, client),
        (CLIENT_CONTEXT, "{}"),
        (CLIENT_CONTEXT, ""),
        (COGNITO_IDENTITY, r#"{"cognitoIdentityId":"ghs_MISTAKE","cognitoIdentityPoolId":"b"}"#),
    ] {
        let (posts, _) = run(&sandbox, [invocation(ID, "null").header(header, value)], accepted()).await;
        let [post] = posts.as_slice() else { panic!("{value}: {posts:#?}") };
        assert_eq!(post.json()["token"], *sandbox.github.issued().last().unwrap(), "{value}");
    }
    sandbox.assert_no_violations();
}

/// Tests contexts that a caller sends. Lambda starts a new process for the next invocation.
#[tokio::test]
async fn the_invocation_after_an_unreadable_context_works() {
    let Scene { sandbox, broker } = Scene::start().await;
    let header = format!("X-Amz-Client-Context: {}\r\n", STANDARD.encode_to_string(br#"{"custom":{"ghs_MISTAKE":1}}"#));
    let answer = invoke_api::invoke(&sandbox, "github-token-broker", &header, b"null").await;
    assert_eq!((answer.status, answer.header("x-amz-function-error")), (200, Some("Unhandled")));
    assert_eq!(answer.json()["errorType"], "Runtime.ExitError");
    assert_eq!(broker.wait_exit().await.code(), Some(1));
    assert_ended(&warnings(&broker), CONTEXT_UNREADABLE);
    assert_eq!(sandbox.leaks(&broker.captured(), &["MISTAKE"]), []);

    let next = Scene { broker: launch(&sandbox, |_| {}), sandbox };
    next.mint("after an unreadable context").await;
    next.end().await;
}
