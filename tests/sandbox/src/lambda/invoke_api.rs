//! The Invoke API for callers such as `aws lambda invoke`. It does not check signatures, so `curl` works too.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::refusal::{Refusal, invalid_content, not_found, violation};
use super::report::{self, Report};
use super::{FUNCTION_VERSION, Invocation, Service, target};
use crate::ids;
use crate::locks::lock;
use crate::output::Stream;
use crate::server::Handler;

/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_PAYLOAD: usize = 6_291_456;
/// In base64: <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
const MAX_CLIENT_CONTEXT: usize = 3583;
const INVOCATION_TYPES: [&str; 3] = ["Event", "RequestResponse", "DryRun"];
const LOG_TYPES: [&str; 2] = ["None", "Tail"];
/// The number of bytes of the log that `LogType=Tail` returns.
const TAIL: usize = 4096;
/// The time to wait for the line that the function writes right after its response.
const LOG_LAG: Duration = Duration::from_millis(250);

pub(super) fn handler(service: Arc<Service>) -> Handler {
    Arc::new(move |request| {
        let service = service.clone();
        Box::pin(async move { invoke(service, &request).await.unwrap_or_else(refused).into() })
    })
}

fn refused(refusal: Refusal) -> Response<Bytes> {
    with_request_id(refusal.into_response(), &ids::uuid())
}

async fn invoke(service: Arc<Service>, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    target::check(request, function_name(request)?)?;
    let invocation_type = one_of(request, "x-amz-invocation-type", "invocationType", &INVOCATION_TYPES)?;
    let tail = one_of(request, "x-amz-log-type", "logType", &LOG_TYPES)? == "Tail";
    let payload = payload(request.body())?;
    let context = client_context(request)?;
    match invocation_type {
        "Event" => {
            // Lambda passes a client context to synchronous invocations only.
            tokio::spawn(async move { service.invoke(payload, None).await.map(drop) });
            Ok(empty(StatusCode::ACCEPTED))
        }
        "DryRun" => Ok(empty(StatusCode::NO_CONTENT)),
        _ => Ok(wait(&service, payload, context, tail).await),
    }
}

/// Returns a header's value, which must be one of these, or an empty text without one.
fn one_of<'a>(request: &'a Request<Bytes>, name: &str, parameter: &str, values: &[&str]) -> Result<&'a str, Refusal> {
    let value = header(request, name);
    if value.is_empty() || values.contains(&value) {
        return Ok(value);
    }
    let constraint = format!("Member must satisfy enum value set: [{}]", values.join(", "));
    Err(Refusal::validation(&[violation(parameter, value, &constraint)]))
}

/// Returns the function's name from the path.
fn function_name(request: &Request<Bytes>) -> Result<&str, Refusal> {
    let path = request.uri().path();
    path.strip_prefix("/2015-03-31/functions/")
        .and_then(|rest| rest.strip_suffix("/invocations"))
        .filter(|_| request.method() == Method::POST)
        .ok_or_else(|| not_found(&format!("{} {path}", request.method())))
}

/// Returns the function's payload: `{}` when the caller sends none, and otherwise only JSON.
fn payload(body: &Bytes) -> Result<Vec<u8>, Refusal> {
    if body.len() > MAX_PAYLOAD {
        let message = format!("Request must be smaller than {MAX_PAYLOAD} bytes for the InvokeFunction operation");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", &message));
    }
    if body.is_empty() {
        return Ok(b"{}".to_vec());
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(_) => Ok(body.to_vec()),
        Err(why) => Err(invalid_content(&format!(
            "Could not parse request body into json: Could not parse payload into json: {why}"
        ))),
    }
}

/// Decodes the caller's client context from base64 to the JSON object that the function gets.
fn client_context(request: &Request<Bytes>) -> Result<Option<HeaderValue>, Refusal> {
    let Some(encoded) = request.headers().get("x-amz-client-context").filter(|encoded| !encoded.is_empty()) else {
        return Ok(None);
    };
    if encoded.len() > MAX_CLIENT_CONTEXT {
        // AWS documents the limit, but not the text.
        return Err(invalid_content(&format!("Client context must be at most {MAX_CLIENT_CONTEXT} bytes in Base64.")));
    }
    let decoded = BASE64_STANDARD.decode(encoded).ok();
    let object = decoded.filter(|context| serde_json::from_slice::<Map<String, Value>>(context).is_ok());
    let context = object.and_then(|context| HeaderValue::try_from(in_one_line(context)).ok());
    let text = "Client context must be a valid Base64-encoded JSON object.";
    context.map(Some).ok_or_else(|| invalid_content(text))
}

/// Removes line ends, which a header cannot contain. In JSON they are only between tokens.
fn in_one_line(mut json: Vec<u8>) -> Vec<u8> {
    for byte in json.iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n')) {
        *byte = b' ';
    }
    json
}

async fn wait(service: &Service, payload: Vec<u8>, context: Option<HeaderValue>, tail: bool) -> Response<Bytes> {
    let before = lock(&service.output).captured().stdout.len();
    let invocation = match service.invoke(payload, context).await {
        Ok(invocation) => invocation,
        Err(unanswered) => return service_exception(&unanswered.to_string()),
    };
    let init = lock(&service.init).take();
    let mut response = Response::new(Bytes::from(invocation.body.clone()));
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("x-amz-executed-version", HeaderValue::from_static(FUNCTION_VERSION));
    if !invocation.is_success() {
        headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
    }
    if tail {
        let log = BASE64_STANDARD.encode(service.log_tail(&invocation, before, init).await);
        headers.insert("x-amz-log-result", HeaderValue::try_from(log).expect("base64 is visible ASCII"));
    }
    with_request_id(response, &invocation.request_id)
}

impl Service {
    /// Returns the end of the function's log of an invocation, between Lambda's own lines.
    async fn log_tail(&self, invocation: &Invocation, before: usize, init: Option<Duration>) -> Vec<u8> {
        let id = &invocation.request_id;
        let output = lock(&self.output).clone();
        // Without such a line the tail is shorter, as it may be in Lambda.
        drop(timeout(LOG_LAG, output.line_after(0, |line| line.contains(id.as_str()))).await);
        let captured = output.captured();
        let process = *lock(&self.process);
        let report =
            Report { duration: invocation.elapsed, init, max_memory_mb: process.and_then(report::max_memory_mb) };
        let mut log = report::start(id).into_bytes();
        log.extend_from_slice(captured.stream(Stream::Stdout).get(before..).unwrap_or_default());
        log.extend_from_slice(report.end(id).as_bytes());
        log.split_off(log.len().saturating_sub(TAIL))
    }
}

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn service_exception(message: &str) -> Response<Bytes> {
    let message = format!("the sandbox gave up: {message}");
    refused(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", &message))
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    with_request_id(response, &ids::uuid())
}

fn with_request_id(mut response: Response<Bytes>, id: &str) -> Response<Bytes> {
    let id = HeaderValue::from_str(id).expect("a UUID is visible ASCII");
    response.headers_mut().insert("x-amzn-requestid", id);
    response
}
