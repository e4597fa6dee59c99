//! Sends requests to GitHub, with timeouts and retries.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, Request, StatusCode};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::Span;
use zeroize::Zeroizing;

use super::call::Call;
use super::error::{GitHubError, PreviousFailure, Unavailable};
use super::refusal::Refusal;
use super::retry;
use super::step::Phase;
use crate::clock::{self, Clock};
use crate::config::EndpointUrl;
use crate::deadline::Deadline;
use crate::http::{ATTEMPT_LIMIT, Answer, BodyError, FirstByte, HttpClient};
use crate::logging::UNSET;
use crate::peer_text::RequestId;

/// Returns a random number from 0 to 1.
pub(crate) type Jitter = fn() -> f64;

/// A body, or the part of it that was read. Wiped when dropped.
pub(super) type Body = Zeroizing<Vec<u8>>;

/// A failed call, and the part of a 2xx response's body that was read: it may contain a token.
pub(super) struct Failed {
    pub(super) error: GitHubError,
    pub(super) read: Body,
}

/// Sends calls to one base URL.
pub(super) struct Exchange {
    client: HttpClient,
    base: EndpointUrl,
    now: Clock,
    jitter: Jitter,
}

impl Exchange {
    pub(super) fn new(client: HttpClient, base: EndpointUrl, now: Clock, jitter: Jitter) -> Self {
        Self { client, base, now, jitter }
    }

    /// Opens the connection for the first request without sending anything.
    pub(super) async fn preconnect(&self) {
        let request = async {
            if let Ok(url) = self.base.join("/") {
                // Always an error: the client opens the connection and does not send the request.
                let _ = self.client.send(Request::new(Method::HEAD, url), &FirstByte::default()).await;
            }
        };
        self.client.preconnect(request).await;
    }

    /// Sends a call, retries it while the time left allows, and returns the body of a 2xx response.
    pub(super) async fn send(&self, call: &Call<'_>, deadline: &Deadline) -> Result<Body, Failed> {
        let (mut attempt, mut previous) = (1, PreviousFailure::None);
        loop {
            let first_byte = FirstByte::default();
            let failed = match self.attempt(call, deadline, &first_byte).await {
                Ok(body) => return Ok(body),
                Err(failed) => failed,
            };
            let may_retry = failed.error.is_retryable() && call.is_safe_to_retry(&failed.error, &first_byte);
            let pause = retry::pause_after(attempt, failed.error.retry_after(), (self.jitter)());
            match pause.filter(|pause| may_retry && fits(*pause, deadline)) {
                Some(pause) => sleep(pause).await,
                None => return Err(Failed { error: failed.error.with_previous(previous), ..failed }),
            }
            previous = failed.error.as_previous();
            attempt += 1;
        }
    }

    /// Sends a call without retries, within the timeout of one attempt, and returns the status.
    pub(super) async fn send_once(&self, call: &Call<'_>) -> Result<StatusCode, GitHubError> {
        let phase = Phase::Request(call.step);
        let first_byte = FirstByte::default();
        let answer = timeout(ATTEMPT_LIMIT, self.client.send(call.request(&self.base)?, &first_byte)).await;
        let answer = answer.map_err(|_| GitHubError::Unavailable(phase, Unavailable::TimedOut))?;
        answer.map(|answer| answer.status()).map_err(|error| GitHubError::Unavailable(phase, error.into()))
    }

    async fn attempt(&self, call: &Call<'_>, deadline: &Deadline, first_byte: &FirstByte) -> Result<Body, Failed> {
        let limit = Limit::now(deadline);
        let answer =
            self.head(call, &limit, first_byte).await.map_err(|error| Failed { error, read: Body::default() })?;
        // Declared outside the future that fills it, so that the part that was read survives the timeout.
        let mut read = Body::default();
        let result = timeout_at(limit.until, answer.read_body(&mut read)).await;
        let phase = Phase::Read(call.step);
        let error = match result {
            Ok(Ok(())) => return Ok(read),
            Ok(Err(BodyError::TooLong)) => GitHubError::TooLong(phase),
            Ok(Err(BodyError::BrokenOff)) => GitHubError::Unavailable(phase, Unavailable::BrokenOff),
            Err(_) => limit.exceeded(phase),
        };
        Err(Failed { error, read })
    }

    /// Sends one attempt and waits for the head of a 2xx response.
    async fn head(&self, call: &Call<'_>, limit: &Limit, first_byte: &FirstByte) -> Result<Answer, GitHubError> {
        let phase = Phase::Request(call.step);
        if limit.is_exceeded() {
            return Err(limit.exceeded(phase));
        }
        let answer = timeout_at(limit.until, self.client.send(call.request(&self.base)?, first_byte))
            .await
            .map_err(|_| limit.exceeded(phase))?
            .map_err(|error| GitHubError::Unavailable(phase, error.into()))?;
        record_request_id(answer.headers());
        if !answer.status().is_success() {
            return Err(Refusal::new(call.step, answer.status(), answer.headers(), (self.now)()).into());
        }
        Ok(answer)
    }
}

/// Returns whether the pause ends before the deadline. GitHub may request a pause that overflows the clock.
fn fits(pause: Duration, deadline: &Deadline) -> bool {
    clock::instant().checked_add(pause).is_some_and(|end| end < deadline.for_work())
}

fn record_request_id(headers: &HeaderMap) {
    let text = headers.get("x-github-request-id").and_then(|id| id.to_str().ok());
    let id = text.and_then(|id| id.parse::<RequestId>().ok());
    Span::current().record("github_request_id", id.as_ref().map_or(UNSET, RequestId::as_str));
}

/// The end of an attempt, and whether it is the invocation's deadline.
struct Limit {
    until: Instant,
    is_deadline: bool,
}

impl Limit {
    fn now(deadline: &Deadline) -> Self {
        let attempt = clock::instant() + ATTEMPT_LIMIT;
        Self { until: attempt.min(deadline.for_work()), is_deadline: deadline.for_work() <= attempt }
    }

    fn is_exceeded(&self) -> bool {
        self.until <= clock::instant()
    }

    fn exceeded(&self, phase: Phase) -> GitHubError {
        if self.is_deadline {
            GitHubError::OutOfTime(phase, PreviousFailure::None)
        } else {
            GitHubError::Unavailable(phase, Unavailable::TimedOut)
        }
    }
}
