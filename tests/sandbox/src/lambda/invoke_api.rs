//! The Invoke API: what callers such as `aws lambda invoke` talk to. Signatures are not looked at, so `curl` works too.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::runtime_api::function_arn;
use super::{FUNCTION_NAME, FUNCTION_VERSION, Invocation, MEMORY_SIZE_MB, Service};
use crate::app::{AWS_ACCOUNT_ID, AWS_REGION};
use crate::ids;
use crate::locks::lock;
use crate::output::Stream;
use crate::server::{Handler, json_response};

/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_PAYLOAD: usize = 6_291_456;
/// How much of the log `LogType=Tail` gives.
const TAIL: usize = 4096;
/// How long to wait for the line that the function wrote just before it answered: pipe and socket are not in step.
const LOG_LAG: Duration = Duration::from_millis(250);

pub(super) fn handler(service: Arc<Service>) -> Handler {
    Arc::new(move |request| {
        let service = service.clone();
        Box::pin(async move { invoke(service, &request).await.unwrap_or_else(Refusal::into_response).into() })
    })
}

/// An error of the service, not of the function.
struct Refusal {
    status: StatusCode,
    error_type: &'static str,
    body: Value,
}

impl Refusal {
    fn new(status: StatusCode, error_type: &'static str, message: &str) -> Self {
        Self { status, error_type, body: json!({ "Type": "User", "message": message }) }
    }

    fn into_response(self) -> Response<Bytes> {
        let mut response = json_response(self.status, &self.body);
        response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(self.error_type));
        with_request_id(response, &ids::uuid())
    }
}

async fn invoke(service: Arc<Service>, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    check_function(request)?;
    let payload = payload(request.body())?;
    let context = client_context(request)?;
    match header(request, "x-amz-invocation-type") {
        "" | "RequestResponse" => {
            Ok(wait(&service, payload, context, header(request, "x-amz-log-type") == "Tail").await)
        }
        "Event" => {
            tokio::spawn(async move { service.invoke(payload, context).await.map(drop) });
            Ok(empty(StatusCode::ACCEPTED))
        }
        "DryRun" => Ok(empty(StatusCode::NO_CONTENT)),
        other => Err(invalid_parameter(&format!("Value '{other}' at 'invocationType' failed to satisfy constraint"))),
    }
}

/// A name, a partial or a whole ARN, with or without `:$LATEST`, names the only function there is.
fn check_function(request: &Request<Bytes>) -> Result<(), Refusal> {
    let name = request
        .uri()
        .path()
        .strip_prefix("/2015-03-31/functions/")
        .and_then(|rest| rest.strip_suffix("/invocations"))
        .filter(|_| request.method() == Method::POST)
        .ok_or_else(|| not_found(&format!("{} {}", request.method(), request.uri().path())))?;
    let name = percent_decode_str(name).decode_utf8_lossy();
    let qualifier = request.uri().query().and_then(|query| query.strip_prefix("Qualifier="));
    let qualifier = percent_decode_str(qualifier.unwrap_or(FUNCTION_VERSION)).decode_utf8_lossy();
    let unqualified = name.strip_suffix(":$LATEST").unwrap_or(&name);
    let partial_arn = format!("{AWS_ACCOUNT_ID}:function:{FUNCTION_NAME}");
    if qualifier == FUNCTION_VERSION && [FUNCTION_NAME, &partial_arn, &function_arn()].contains(&unqualified) {
        return Ok(());
    }
    let arn = format!("arn:aws:lambda:{AWS_REGION}:{AWS_ACCOUNT_ID}:function:{}", unqualified.replace(':', "_"));
    Err(not_found(&format!("Function not found: {arn}")))
}

/// Lambda hands a function `{}` when the caller sends nothing, and only JSON otherwise.
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
        Err(why) => {
            let message = format!("Could not parse request body into json: Could not parse payload into json: {why}");
            Err(Refusal::new(StatusCode::BAD_REQUEST, "InvalidRequestContentException", &message))
        }
    }
}

/// The caller's client context: base64 here, decoded for the function. Lambda does not look inside.
fn client_context(request: &Request<Bytes>) -> Result<Option<HeaderValue>, Refusal> {
    let encoded = header(request, "x-amz-client-context");
    let decoded = BASE64_STANDARD.decode(encoded).ok().and_then(|context| HeaderValue::try_from(context).ok());
    let context = decoded.ok_or_else(|| invalid_parameter("Client context must be a valid Base64-encoded JSON"))?;
    Ok(Some(context).filter(|context| !context.is_empty()))
}

async fn wait(service: &Service, payload: Vec<u8>, context: Option<HeaderValue>, tail: bool) -> Response<Bytes> {
    let before = lock(&service.output).captured().stdout.len();
    let invocation = match service.invoke(payload, context).await {
        Ok(invocation) => invocation,
        Err(unanswered) => return service_exception(&unanswered.to_string()),
    };
    let mut response = Response::new(Bytes::from(invocation.body.clone()));
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("x-amz-executed-version", HeaderValue::from_static(FUNCTION_VERSION));
    if !invocation.is_success() {
        headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
    }
    if tail {
        let log = BASE64_STANDARD.encode(service.log_tail(&invocation, before).await);
        headers.insert("x-amz-log-result", HeaderValue::try_from(log).expect("base64 is visible ASCII"));
    }
    with_request_id(response, &invocation.request_id)
}

impl Service {
    /// The last of what the function logged during an invocation, between Lambda's own lines.
    async fn log_tail(&self, invocation: &Invocation, before: usize) -> Vec<u8> {
        let id = &invocation.request_id;
        let output = lock(&self.output).clone();
        // Without such a line the tail is shorter, as Lambda's may be.
        drop(timeout(LOG_LAG, output.line_after(0, |line| line.contains(id.as_str()))).await);
        let captured = output.captured();
        let milliseconds = invocation.elapsed.as_secs_f64() * 1000.0;
        let mut log = format!("START RequestId: {id} Version: {FUNCTION_VERSION}\n").into_bytes();
        log.extend_from_slice(captured.stream(Stream::Stdout).get(before..).unwrap_or_default());
        let report = format!(
            "END RequestId: {id}\nREPORT RequestId: {id}\tDuration: {milliseconds:.2} ms\tBilled Duration: {} ms\t\
             Memory Size: {MEMORY_SIZE_MB} MB\n",
            milliseconds.ceil(),
        );
        log.extend_from_slice(report.as_bytes());
        log.split_off(log.len().saturating_sub(TAIL))
    }
}

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn not_found(message: &str) -> Refusal {
    Refusal {
        status: StatusCode::NOT_FOUND,
        error_type: "ResourceNotFoundException",
        // Of all of Lambda's errors, this one spells it `Message`.
        body: json!({ "Type": "User", "Message": message }),
    }
}

fn invalid_parameter(message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message)
}

fn service_exception(message: &str) -> Response<Bytes> {
    let message = format!("the sandbox gave up: {message}");
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", &message).into_response()
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
