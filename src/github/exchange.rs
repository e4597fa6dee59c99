//! Requests and responses: time limits and retries.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, Request, StatusCode};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::Span;
use zeroize::Zeroizing;

use super::call::Call;
use super::error::{After, GitHubError, Unavailable};
use super::refusal::Refusal;
use super::retry;
use super::step::Phase;
use crate::clock::{self, Clock};
use crate::config::EndpointUrl;
use crate::deadline::Deadline;
use crate::http::{ATTEMPT_LIMIT, Answer, BodyError, FirstByte, HttpClient};
use crate::logging::UNSET;
use crate::peer_text::RequestId;

/// A random number from 0 to 1.
pub(crate) type Jitter = fn() -> f64;

/// A body, or as much of it as was read; wiped when dropped.
pub(super) type Body = Zeroizing<Vec<u8>>;

/// A call that failed, and as much of a 2xx response's body as was read: it may hold a token.
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

    /// Opens a connection for the first request, and sends nothing over it.
    pub(super) async fn preconnect(&self) {
        let request = async {
            if let Ok(url) = self.base.join("/") {
                // It fails, because the client opens its connection and does not send it.
                let _ = self.client.send(Request::new(Method::HEAD, url), &FirstByte::default()).await;
            }
        };
        self.client.preconnect(request).await;
    }

    /// Sends a call, with retries while the time left allows them, and returns the body of a 2xx response.
    pub(super) async fn send(&self, call: &Call<'_>, deadline: &Deadline) -> Result<Body, Failed> {
        let (mut attempt, mut after) = (1, After::Nothing);
        loop {
            let first_byte = FirstByte::default();
            let failed = match self.attempt(call, deadline, &first_byte).await {
                Ok(body) => return Ok(body),
                Err(failed) => failed,
            };
            let may_repeat = failed.error.is_retryable() && call.may_be_repeated(&failed.error, &first_byte);
            let pause = retry::pause_after(attempt, failed.error.retry_after(), (self.jitter)());
            match pause.filter(|pause| may_repeat && fits(*pause, deadline)) {
                Some(pause) => sleep(pause).await,
                None => return Err(Failed { error: failed.error.preceded_by(after), ..failed }),
            }
            after = failed.error.as_precedent();
            attempt += 1;
        }
    }

    /// Sends a call without retries, within the limit of one attempt, and returns the status.
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
        // Outside of the future that reads it, so that the part that was read survives the time limit.
        let mut read = Body::default();
        let result = timeout_at(limit.until, answer.read_body(&mut read)).await;
        let phase = Phase::Read(call.step);
        let error = match result {
            Ok(Ok(())) => return Ok(read),
            Ok(Err(BodyError::TooLong)) => GitHubError::TooLong(phase),
            Ok(Err(BodyError::BrokenOff)) => GitHubError::Unavailable(phase, Unavailable::BrokenOff),
            Err(_) => limit.passed(phase),
        };
        Err(Failed { error, read })
    }

    /// Waits for the head of a 2xx response.
    async fn head(&self, call: &Call<'_>, limit: &Limit, first_byte: &FirstByte) -> Result<Answer, GitHubError> {
        let phase = Phase::Request(call.step);
        if limit.is_over() {
            return Err(limit.passed(phase));
        }
        let answer = timeout_at(limit.until, self.client.send(call.request(&self.base)?, first_byte))
            .await
            .map_err(|_| limit.passed(phase))?
            .map_err(|error| GitHubError::Unavailable(phase, error.into()))?;
        record_request_id(answer.headers());
        if !answer.status().is_success() {
            return Err(Refusal::new(call.step, answer.status(), answer.headers(), (self.now)()).into());
        }
        Ok(answer)
    }
}

/// Whether time is left after this pause. GitHub may ask for one that overflows the clock.
fn fits(pause: Duration, deadline: &Deadline) -> bool {
    clock::instant().checked_add(pause).is_some_and(|end| end < deadline.for_work())
}

fn record_request_id(headers: &HeaderMap) {
    let text = headers.get("x-github-request-id").and_then(|id| id.to_str().ok());
    let id = text.and_then(|id| id.parse::<RequestId>().ok());
    Span::current().record("github_request_id", id.as_ref().map_or(UNSET, RequestId::as_str));
}

/// Until when an attempt may run, and whether that is the invocation's deadline.
struct Limit {
    until: Instant,
    is_deadline: bool,
}

impl Limit {
    fn now(deadline: &Deadline) -> Self {
        let attempt = clock::instant() + ATTEMPT_LIMIT;
        Self { until: attempt.min(deadline.for_work()), is_deadline: deadline.for_work() <= attempt }
    }

    fn is_over(&self) -> bool {
        self.until <= clock::instant()
    }

    fn passed(&self, phase: Phase) -> GitHubError {
        if self.is_deadline {
            GitHubError::OutOfTime(phase, After::Nothing)
        } else {
            GitHubError::Unavailable(phase, Unavailable::TimedOut)
        }
    }
}
