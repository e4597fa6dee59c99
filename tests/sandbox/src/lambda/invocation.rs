//! The result of an invocation.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use http::HeaderMap;
use serde_json::{Value, json};

use super::{Delivery, Phase};

/// The path to which the function posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// `/runtime/invocation/{request ID}/response`
    Response(String),
    /// `/runtime/invocation/{request ID}/error`
    Error(String),
    /// `/runtime/init/error`
    InitError,
}

/// One POST to the Runtime API.
#[derive(Clone, Debug)]
pub struct Post {
    /// The path.
    pub to: Posted,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// The time at which it had been read completely.
    pub at: Instant,
}

impl Post {
    /// Parses the body as JSON; `null` when it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The outcome of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function posted a response.
    Response,
    /// The function posted an error.
    Error,
    /// The function posted an init error.
    InitError,
    /// Lambda's error: the deadline has passed.
    TimedOut,
    /// Lambda's error: the process has exited.
    Exited,
}

/// An invocation from its delivery to its end.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Lambda's request ID.
    pub request_id: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The function's post, or Lambda's own error.
    pub body: Vec<u8>,
    /// The headers of the function's post. Empty without a post.
    pub headers: HeaderMap,
    /// The time from the post to the deadline in milliseconds. Negative after the deadline; 0 when the function never
    /// got the invocation.
    pub margin_ms: i64,
    /// The time from the delivery to the end.
    pub elapsed: Duration,
}

impl Invocation {
    pub(super) fn posted(request_id: String, post: Post, delivery: Delivery) -> Self {
        let outcome = match post.to {
            Posted::Response(_) => Outcome::Response,
            Posted::Error(_) => Outcome::Error,
            Posted::InitError => Outcome::InitError,
        };
        Self {
            request_id,
            outcome,
            body: post.body,
            headers: post.headers,
            margin_ms: signed_ms(post.at, delivery.deadline),
            elapsed: post.at - delivery.at,
        }
    }

    pub(super) fn timed_out(request_id: String, delivery: Delivery) -> Self {
        let seconds = (delivery.deadline - delivery.at).as_secs_f64();
        let text = format!("RequestId: {request_id} Error: Task timed out after {seconds:.2} seconds");
        Self::by_lambda(request_id, Outcome::TimedOut, "Sandbox.Timedout", &text, Some(delivery))
    }

    pub(super) fn ended(request_id: String, phase: Phase, delivery: Option<Delivery>) -> Self {
        let status = match phase {
            Phase::InitError(post) => {
                let invocation = Self::by_lambda(request_id, Outcome::InitError, "", "", delivery);
                return Self { body: post.body, headers: post.headers, ..invocation };
            }
            Phase::Exited(status) => Some(status),
            Phase::Starting | Phase::Ready => None,
        };
        let text = format!("RequestId: {request_id} Error: Runtime exited {}", reason(status));
        Self::by_lambda(request_id, Outcome::Exited, "Runtime.ExitError", &text, delivery)
    }

    fn by_lambda(id: String, outcome: Outcome, error_type: &str, text: &str, delivery: Option<Delivery>) -> Self {
        let now = Instant::now();
        Self {
            request_id: id,
            outcome,
            body: json!({ "errorType": error_type, "errorMessage": text }).to_string().into_bytes(),
            headers: HeaderMap::new(),
            margin_ms: delivery.map_or(0, |delivery| signed_ms(now, delivery.deadline)),
            elapsed: delivery.map_or(Duration::ZERO, |delivery| now - delivery.at),
        }
    }

    /// Returns whether the function posted a response.
    pub fn is_success(&self) -> bool {
        self.outcome == Outcome::Response
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Parses the body as JSON; `null` when it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns `errorType`, or an empty text without one.
    pub fn error_type(&self) -> String {
        self.json()["errorType"].as_str().unwrap_or_default().into()
    }

    /// Returns `errorMessage`, or an empty text without one.
    pub fn error_message(&self) -> String {
        self.json()["errorMessage"].as_str().unwrap_or_default().into()
    }
}

/// Returns Lambda's text for an exit status.
fn reason(status: Option<ExitStatus>) -> String {
    let Some(status) = status.filter(|status| !status.success()) else {
        return "without providing a reason".into();
    };
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("with error: exit status {code}"),
        (None, Some(9)) => "with error: signal: killed".into(),
        (None, Some(6)) => "with error: signal: aborted".into(),
        (None, Some(11)) => "with error: signal: segmentation fault".into(),
        (None, signal) => format!("with error: signal: {}", signal.unwrap_or_default()),
    }
}

fn signed_ms(from: Instant, to: Instant) -> i64 {
    let ms = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    if to >= from { ms(to - from) } else { -ms(from - to) }
}
