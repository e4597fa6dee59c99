//! The Lambda Runtime API: where invocations come from, and where their results go.
//!
//! These few calls are made here rather than by `lambda_runtime`, which reads more of an invocation
//! than this program needs: a client context that it does not expect, which is any caller's to send,
//! ends its process; it parses a payload as JSON before its handler sees the bytes; and it sets an
//! environment variable for each invocation, whose old value is never freed.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Serialize;

use crate::config::{ConfigError, RuntimeApiAddress};
use crate::error::Diagnostic;
use crate::http_client;
use crate::payload::{Payload, PayloadReader};

/// How long Lambda may take to take an answer: it is on the same machine.
const POST_LIMIT: Duration = Duration::from_secs(2);

/// How many bytes of the answer to a post are read at most; Lambda's has some twenty.
const ANSWER_CAP: usize = 64 * 1024;
/// Lambda's are UUIDs, of 36 characters.
const REQUEST_ID_CAP: usize = 128;
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE_MS: &str = "lambda-runtime-deadline-ms";
/// Not yet in Lambda's documentation; its own runtimes echo it, so that Lambda can tell a late answer
/// from that of the invocation which runs now.
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");

/// A client of the Lambda Runtime API.
#[derive(Clone, Debug)]
pub struct RuntimeApi {
    client: reqwest::Client,
    /// It ends with a slash.
    base: String,
}

/// What the function is to do once.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Lambda's ID of the invocation.
    pub request_id: RequestId,
    /// When Lambda kills the process.
    pub deadline: SystemTime,
    /// What the rule on payloads says of this one.
    pub payload: Payload,
    /// What [`INVOCATION_ID`] said, if there was one.
    echoed: Option<HeaderValue>,
}

/// Lambda's ID of an invocation: ASCII letters, digits and `-`, so that it can stand in a URL's path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestId(String);

/// What is wrong with the Runtime API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeApiError {
    /// No connection.
    #[error("the Lambda Runtime API cannot be reached")]
    Unreachable,
    /// No answer to a post within 2 s.
    #[error("the Lambda Runtime API did not answer within 2 s")]
    TooSlow,
    /// The connection was closed before the end of an answer, or that is not HTTP.
    #[error("the Lambda Runtime API gave no answer that can be read")]
    Unreadable,
    /// A status that is not the one for a success.
    #[error("the Lambda Runtime API answered with status {}", .0.as_u16())]
    Status(StatusCode),
    /// An invocation without a header that all have, or with another value than they have.
    #[error("the Lambda Runtime API gave an invocation without a usable {0}")]
    Header(&'static str),
}

impl RuntimeApi {
    /// # Errors
    ///
    /// When the HTTP client cannot be set up.
    pub fn new(address: &RuntimeApiAddress) -> Result<Self, ConfigError> {
        Ok(Self { client: http_client::for_runtime_api()?, base: address.url() })
    }

    /// Waits for an invocation, for as long as there is none.
    ///
    /// # Errors
    ///
    /// [`RuntimeApiError`]; the process is then to end, so that Lambda starts another.
    pub async fn next(&self) -> Result<Invocation, RuntimeApiError> {
        let answer = send(self.client.get(format!("{}invocation/next", self.base))).await?;
        match answer.status() {
            StatusCode::OK => Invocation::read(answer).await,
            status => Err(RuntimeApiError::Status(status)),
        }
    }

    /// Posts what came of an invocation.
    ///
    /// # Errors
    ///
    /// [`RuntimeApiError`] when Lambda did not take it.
    pub async fn answer(
        &self,
        invocation: &Invocation,
        result: &Result<impl Serialize, Diagnostic>,
    ) -> Result<(), RuntimeApiError> {
        let id = &invocation.request_id.0;
        let mut request = match result {
            Ok(response) => self.post(&format!("invocation/{id}/response"), response),
            Err(diagnostic) => self.post_error(&format!("invocation/{id}/error"), diagnostic),
        };
        if let Some(id) = &invocation.echoed {
            request = request.header(INVOCATION_ID, id);
        }
        taken(request).await
    }

    /// Tells Lambda why this function could not start, so that callers read the reason instead of
    /// `Runtime.ExitError`.
    ///
    /// # Errors
    ///
    /// [`RuntimeApiError`] when Lambda did not take it; the log has the reason all the same.
    pub async fn init_error(&self, diagnostic: &Diagnostic) -> Result<(), RuntimeApiError> {
        taken(self.post_error("init/error", diagnostic)).await
    }

    fn post_error(&self, path: &str, diagnostic: &Diagnostic) -> RequestBuilder {
        self.post(path, diagnostic).header(ERROR_TYPE, diagnostic.error_type.to_string())
    }

    fn post(&self, path: &str, body: &impl Serialize) -> RequestBuilder {
        // Strings and maps of strings, which always are JSON.
        let json = serde_json::to_vec(body).unwrap_or_default();
        let request = self.client.post(format!("{}{path}", self.base)).timeout(POST_LIMIT);
        request.header(CONTENT_TYPE, "application/json").body(json)
    }
}

async fn taken(request: RequestBuilder) -> Result<(), RuntimeApiError> {
    let mut answer = send(request).await?;
    // Read to its end, so that the connection can be used again; it says nothing of use.
    let mut left = ANSWER_CAP;
    while let Ok(Some(bytes)) = answer.chunk().await {
        let Some(rest) = left.checked_sub(bytes.len()) else { break };
        left = rest;
    }
    let status = answer.status();
    if status.is_success() { Ok(()) } else { Err(RuntimeApiError::Status(status)) }
}

async fn send(request: RequestBuilder) -> Result<Response, RuntimeApiError> {
    request.send().await.map_err(|error| match error {
        error if error.is_connect() => RuntimeApiError::Unreachable,
        error if error.is_timeout() => RuntimeApiError::TooSlow,
        _ => RuntimeApiError::Unreadable,
    })
}

impl RuntimeApiError {
    /// Whether it is about one answer alone, as when that came too late. Otherwise the process cannot
    /// go on, see <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.
    #[must_use]
    pub fn is_about_one_answer(self) -> bool {
        matches!(self, Self::Status(status) if status.is_client_error())
    }
}

impl Invocation {
    /// An invocation as [`RuntimeApi::next`] gives it.
    #[must_use]
    pub fn new(request_id: RequestId, deadline: SystemTime, payload: Payload) -> Self {
        Self { request_id, deadline, payload, echoed: None }
    }

    async fn read(mut answer: Response) -> Result<Self, RuntimeApiError> {
        let header = |name| {
            let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
            value.ok_or(RuntimeApiError::Header(name))
        };
        let request_id = header(REQUEST_ID)?.parse().map_err(|()| RuntimeApiError::Header(REQUEST_ID))?;
        let deadline = header(DEADLINE_MS)?.parse().ok().map(Duration::from_millis);
        let deadline = deadline.and_then(|since_1970| SystemTime::UNIX_EPOCH.checked_add(since_1970));
        let deadline = deadline.ok_or(RuntimeApiError::Header(DEADLINE_MS))?;
        let echoed = answer.headers().get(INVOCATION_ID).cloned();
        let mut payload = PayloadReader::default();
        while let Some(bytes) = answer.chunk().await.map_err(|_| RuntimeApiError::Unreadable)? {
            payload.push(&bytes);
        }
        Ok(Self { echoed, ..Self::new(request_id, deadline, payload.verdict()) })
    }
}

impl FromStr for RequestId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_id = (1..=REQUEST_ID_CAP).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_id { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}
