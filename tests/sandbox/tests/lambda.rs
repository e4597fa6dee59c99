//! Tests the Lambda stand-in with a function that polls the Runtime API and callers of the Invoke API.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic fails the test, as intended")]

mod client;

use std::future::pending;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use client::json_of;
use reqwest::{Client, Response};
use sandbox::lambda::Posted;
use sandbox::{Lambda, Outcome, Phase, Reply, TraceIds};
use tokio::task::{AbortHandle, JoinHandle, spawn};

struct Function(AbortHandle);

impl Drop for Function {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts a function that accepts `null`, returns its trace ID or client context for those words, and rejects other
/// payloads with their length.
fn function(lambda: &Lambda) -> Function {
    let base = format!("http://{}/2018-06-01/runtime", lambda.runtime_api());
    let task: JoinHandle<()> = spawn(async move {
        let client = plain_client();
        loop {
            let next = client.get(format!("{base}/invocation/next")).send().await.unwrap();
            let id = next.headers()["lambda-runtime-aws-request-id"].to_str().unwrap().to_owned();
            assert!(next.headers()["lambda-runtime-deadline-ms"].to_str().unwrap().parse::<u64>().is_ok());
            let trace_id = next.headers()["lambda-runtime-trace-id"].to_str().unwrap().to_owned();
            let context = next.headers().get("lambda-runtime-client-context").map(|it| it.to_str().unwrap().to_owned());
            let payload = next.bytes().await.unwrap();
            let (to, body) = match payload.as_ref() {
                b"null" => ("response", r#"{"ok":true}"#.to_owned()),
                b"\"trace ID\"" => ("response", trace_id),
                b"\"context\"" => ("response", context.unwrap_or_default()),
                b"\"hang\"" => pending().await,
                other => ("error", format!(r#"{{"errorType":"Refused","errorMessage":"{} bytes"}}"#, other.len())),
            };
            let posted = client.post(format!("{base}/invocation/{id}/{to}")).body(body).send().await.unwrap();
            assert_eq!(posted.status(), 202);
        }
    });
    Function(task.abort_handle())
}

/// Creates a client with an empty trust store, because everything here is plain HTTP.
fn plain_client() -> Client {
    client::client(&sandbox::CertificateAuthority::new())
}

async fn invoke(lambda: &Lambda, name: &str, payload: impl Into<reqwest::Body>, headers: &[(&str, &str)]) -> Response {
    let url = format!("{}/2015-03-31/functions/{name}/invocations", lambda.invoke_url());
    let request = headers.iter().fold(plain_client().post(url), |request, (name, value)| request.header(*name, *value));
    request.body(payload).send().await.unwrap()
}

fn error_type(response: &Response) -> &str {
    response.headers()["x-amzn-errortype"].to_str().unwrap()
}

#[tokio::test]
async fn a_response_has_lambdas_headers() {
    let lambda = Lambda::start(0).await.unwrap();
    let _function = function(&lambda);
    let answer = invoke(&lambda, "github-token-broker", "null", &[]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-amz-executed-version"], "$LATEST");
    assert!(!answer.headers().contains_key("x-amz-function-error"));
    assert_eq!(answer.text().await.unwrap(), r#"{"ok":true}"#);
    assert!(matches!(lambda.ready().await, Phase::Ready));
}

#[tokio::test]
async fn errors_are_unhandled_and_no_payload_is_an_object() {
    let lambda = Lambda::start(0).await.unwrap();
    let _function = function(&lambda);
    let answer = invoke(&lambda, "github-token-broker", "", &[("x-amz-log-type", "Tail")]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-amz-function-error"], "Unhandled");
    let log = BASE64_STANDARD.decode(answer.headers()["x-amz-log-result"].as_bytes()).unwrap();
    assert!(String::from_utf8(log).unwrap().starts_with("START RequestId: "));
    assert_eq!(json_of(answer).await["errorMessage"], "2 bytes");
}

#[tokio::test]
async fn invalid_requests_never_reach_the_function() {
    let lambda = Lambda::start(0).await.unwrap();
    let name = "github-token-broker";
    let no_json = invoke(&lambda, name, "nulll", &[]).await;
    assert_eq!((no_json.status().as_u16(), error_type(&no_json)), (400, "InvalidRequestContentException"));
    let too_long = invoke(&lambda, name, vec![b' '; 6_291_457], &[]).await;
    assert_eq!((too_long.status().as_u16(), error_type(&too_long)), (413, "RequestTooLargeException"));
    let dry = invoke(&lambda, name, "null", &[("x-amz-invocation-type", "DryRun")]).await;
    assert_eq!(dry.status(), 204);
    assert!(lambda.posts().is_empty());
}

/// Returns status, type and text of the Invoke API's response. Asserts that the function was not invoked.
async fn refusal(lambda: &Lambda, target: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
    let url = format!("{}/2015-03-31/functions/{target}", lambda.invoke_url());
    let request = headers.iter().fold(plain_client().post(url), |request, (name, value)| request.header(*name, *value));
    let answer = request.body("null").send().await.unwrap();
    let (status, error_type) = (answer.status().as_u16(), error_type(&answer).to_owned());
    let body = json_of(answer).await;
    let text = [&body["message"], &body["Message"]].into_iter().find_map(|text| text.as_str()).unwrap().to_owned();
    assert_eq!(lambda.polls(), 0);
    (status, error_type, text)
}

#[tokio::test]
async fn an_unknown_function_is_named_with_its_qualifier() {
    let lambda = Lambda::start(0).await.unwrap();
    let arn = "arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3A";
    let own = "github-token-broker";
    for (target, found) in [
        ("other/invocations".into(), "other:$LATEST"),
        (format!("{own}:3/invocations"), "github-token-broker:3"),
        (format!("{own}/invocations?Qualifier=prod"), "github-token-broker:prod"),
        (format!("{arn}other%3Aprod/invocations"), "other:prod"),
        (format!("{arn}{own}/invocations?a=b&Qualifier=%24LATEST.PUBLISHED"), "github-token-broker:$LATEST.PUBLISHED"),
    ] {
        let text = format!("Function not found: arn:aws:lambda:eu-central-1:123456789012:function:{found}");
        assert_eq!(refusal(&lambda, &target, &[]).await, (404, "ResourceNotFoundException".into(), text), "{target}");
    }
    let elsewhere = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Agithub-token-broker/invocations";
    let text = "Functions from 'us-east-1' are not reachable in this region ('eu-central-1')";
    assert_eq!(refusal(&lambda, elsewhere, &[]).await, (404, "ResourceNotFoundException".into(), text.into()));
    let text = "The derived qualifier from the function name does not match the specified qualifier.";
    let both = refusal(&lambda, &format!("{own}:3/invocations?Qualifier=4"), &[]).await;
    assert_eq!(both, (400, "InvalidParameterValueException".into(), text.into()));
}

#[tokio::test]
async fn invalid_parameters_are_rejected_as_by_the_model() {
    let lambda = Lambda::start(0).await.unwrap();
    let own = "github-token-broker/invocations";
    let long = "q".repeat(129);
    let qualifier = r"Member must satisfy regular expression pattern: \$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+";
    let length = "Member must have length less than or equal to 128";
    let types = "Member must satisfy enum value set: [Event, RequestResponse, DryRun]";
    let logs = "Member must satisfy enum value set: [None, Tail]";
    for (query, headers, parameter, value, constraint) in [
        ("?Qualifier=a%20b", &[][..], "qualifier", "a b", qualifier),
        ("?Qualifier=1.0", &[], "qualifier", "1.0", qualifier),
        (&format!("?Qualifier={long}"), &[], "qualifier", &long, length),
        ("", &[("x-amz-invocation-type", "Later")], "invocationType", "Later", types),
        ("", &[("x-amz-log-type", "All")], "logType", "All", logs),
    ] {
        let (status, error_type, text) = refusal(&lambda, &format!("{own}{query}"), headers).await;
        assert_eq!((status, error_type.as_str()), (400, "ValidationException"), "{value}");
        let violation = format!("Value '{value}' at '{parameter}' failed to satisfy constraint: {constraint}");
        assert_eq!(text, format!("1 validation error detected: {violation}"));
    }
    let (status, error_type, text) = refusal(&lambda, "a%20b/invocations?Qualifier=%21", &[]).await;
    assert_eq!((status, error_type.as_str()), (400, "ValidationException"));
    assert!(text.starts_with("2 validation errors detected: Value 'a b' at 'functionName' failed"), "{text}");
    assert!(text.contains("; Value '!' at 'qualifier' failed"), "{text}");
}

#[tokio::test]
async fn a_client_context_is_a_json_object_in_base64() {
    let lambda = Lambda::start(0).await.unwrap();
    let object = |length: usize| format!(r#"{{"custom":{{"a":"{}"}}}}"#, "a".repeat(length));
    // 3,580 and 3,584 bytes.
    let (longest, longer) = (BASE64_STANDARD.encode(object(2665)), BASE64_STANDARD.encode(object(2668)));
    let invalid = "Client context must be a valid Base64-encoded JSON object.";
    for (context, text) in [
        ("{}", invalid),
        (&BASE64_STANDARD.encode("no JSON"), invalid),
        (&BASE64_STANDARD.encode("[]"), invalid),
        (&BASE64_STANDARD.encode("null"), invalid),
        (&BASE64_STANDARD.encode("{}{}"), invalid),
        (&longer, "Client context must be at most 3583 bytes in Base64."),
    ] {
        let answer = refusal(&lambda, "github-token-broker/invocations", &[("x-amz-client-context", context)]).await;
        assert_eq!(answer, (400, "InvalidRequestContentException".into(), text.into()), "{context}");
    }
    assert!(longest.len() <= 3583 && longer.len() == 3584, "{} {}", longest.len(), longer.len());
    let _function = function(&lambda);
    let lines = BASE64_STANDARD.encode("{\r\n  \"custom\": {}\n}");
    for context in [&longest, &lines] {
        let answer = invoke(&lambda, "github-token-broker", "\"context\"", &[("x-amz-client-context", context)]).await;
        let expected = String::from_utf8(BASE64_STANDARD.decode(context).unwrap()).unwrap().replace(['\r', '\n'], " ");
        assert_eq!(answer.text().await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_function_is_also_found_by_its_arn() {
    let lambda = Lambda::start(0).await.unwrap();
    let _function = function(&lambda);
    let arn = "arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Agithub-token-broker";
    for name in [arn, "123456789012%3Afunction%3Agithub-token-broker", "github-token-broker%3A%24LATEST"] {
        assert_eq!(invoke(&lambda, name, "null", &[]).await.status(), 200, "{name}");
    }
}

#[tokio::test]
async fn events_are_accepted_and_run() {
    let lambda = Lambda::start(0).await.unwrap();
    let _function = function(&lambda);
    let answer = invoke(&lambda, "github-token-broker", "null", &[("x-amz-invocation-type", "Event")]).await;
    assert_eq!(answer.status(), 202);
    // Invocations are handled in order, so the event was first.
    assert!(lambda.invoke("null").await.is_success());
    assert_eq!(lambda.posts().len(), 2);
}

#[tokio::test]
async fn raw_bytes_reach_the_function() {
    let lambda = Lambda::start(0).await.unwrap();
    let _function = function(&lambda);
    lambda.set_timeout(Duration::from_secs(5));
    for payload in [&b""[..], b"\xff\xfe", b"nulll"] {
        let invocation = lambda.invoke(payload).await;
        assert_eq!(invocation.outcome, Outcome::Error);
        assert_eq!(invocation.error_type(), "Refused");
        assert_eq!(invocation.error_message(), format!("{} bytes", payload.len()));
        assert!((1..=5000).contains(&invocation.margin_ms), "{invocation:?}");
    }
}

#[tokio::test]
async fn trace_ids_change_unless_they_are_constant() {
    let lambda = Lambda::start(0).await.unwrap();
    let _function = function(&lambda);
    let two = async || [lambda.invoke("\"trace ID\"").await.text(), lambda.invoke("\"trace ID\"").await.text()];
    let [first, second] = two().await;
    assert!(first.starts_with("Root=1-") && first.ends_with(";Sampled=0"), "{first}");
    assert_ne!(first, second);
    lambda.set_trace_ids(TraceIds::Constant);
    let [third, fourth] = two().await;
    assert_eq!(third, fourth);
    assert_eq!(third.len(), first.len());
}

#[tokio::test]
async fn a_function_that_hangs_times_out() {
    let lambda = Lambda::start(0).await.unwrap();
    let _function = function(&lambda);
    lambda.set_timeout(Duration::from_millis(100));
    let invocation = lambda.invoke("\"hang\"").await;
    assert_eq!(invocation.outcome, Outcome::TimedOut);
    assert_eq!(invocation.error_type(), "Sandbox.Timedout");
    let text = format!("RequestId: {} Error: Task timed out after 0.10 seconds", invocation.request_id);
    assert_eq!(invocation.error_message(), text);
}

#[tokio::test]
async fn every_invoker_gets_the_init_error() {
    let lambda = Lambda::start(0).await.unwrap();
    let url = format!("http://{}/2018-06-01/runtime/init/error", lambda.runtime_api());
    let body = r#"{"errorType":"ConfigurationInvalid","errorMessage":"AWS_REGION is required"}"#;
    assert_eq!(plain_client().post(url).body(body).send().await.unwrap().status(), 202);
    assert!(matches!(lambda.ready().await, Phase::InitError(_)));
    let invocation = lambda.invoke("null").await;
    assert_eq!((invocation.outcome, invocation.text().as_str()), (Outcome::InitError, body));
    assert_eq!(lambda.init_error().unwrap()["errorType"], "ConfigurationInvalid");
}

#[tokio::test]
async fn scripts_reply_to_polls_and_posts() {
    let lambda = Lambda::start(0).await.unwrap();
    let base = format!("http://{}/2018-06-01/runtime", lambda.runtime_api());
    lambda.script_polls([
        Reply::raw(200, "null").header("lambda-runtime-aws-request-id", "scripted"),
        Reply::status(500),
    ]);
    lambda.script_posts([Reply::status(413)]);
    let client = plain_client();
    let poll = async || client.get(format!("{base}/invocation/next")).send().await.unwrap();
    let invocation = poll().await;
    assert_eq!(invocation.headers()["lambda-runtime-aws-request-id"], "scripted");
    assert_eq!(invocation.bytes().await.unwrap(), "null");
    let posted = client.post(format!("{base}/invocation/scripted/response")).body("{}").send().await.unwrap();
    assert_eq!(posted.status(), 413);
    assert_eq!(lambda.posts()[0].to, Posted::Response("scripted".into()));
    assert_eq!(poll().await.status(), 500);
    assert_eq!(lambda.polls(), 2);
}
