//! One call to GitHub: its headers, its limits, and when it is made again.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{Method, Request, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::time::{Instant, sleep, timeout_at};
use zeroize::Zeroizing;

use super::error::{GitHubError, Phase, Refusal, Step, Unavailable};
use super::{Deadline, GitHub};
use crate::clock;
use crate::http_client::{ATTEMPT_LIMIT, Answer, BodyError};
use crate::peer_text::PeerText;
use crate::record::Record;
use crate::retry;

/// The version of GitHub's REST API that this program was written for, see
/// <https://docs.github.com/en/rest/about-the-rest-api/api-versions>.
const API_VERSION: HeaderValue = HeaderValue::from_static("2022-11-28");

/// What is asked of GitHub.
pub(super) struct Call<'a> {
    step: Step,
    method: Method,
    path: String,
    bearer: &'a SecretString,
    json: Option<Vec<u8>>,
}

impl<'a> Call<'a> {
    pub(super) fn new(step: Step, method: Method, path: String, bearer: &'a SecretString) -> Self {
        Self { step, method, path, bearer, json: None }
    }

    pub(super) fn with_json(mut self, body: &impl Serialize) -> Result<Self, GitHubError> {
        self.json = Some(serde_json::to_vec(body).map_err(|_| GitHubError::NotARequest(Phase::Request(self.step)))?);
        Ok(self)
    }
}

impl GitHub {
    /// Makes the call, again where that may help and the time left allows it, and returns the body
    /// of a 2xx answer.
    pub(super) async fn exchange(
        &self,
        call: &Call<'_>,
        deadline: &Deadline,
        record: &mut Record,
    ) -> Result<Zeroizing<Vec<u8>>, GitHubError> {
        let mut attempt = 1;
        loop {
            let result = self.attempt(call, deadline, record).await;
            let Err(failure) = &result else { return result };
            let pause = retry::pause_after(attempt, failure.asked_pause(), (self.jitter)());
            match pause.filter(|pause| failure.may_pass() && clock::instant() + *pause < deadline.for_work()) {
                Some(pause) => sleep(pause).await,
                None => return result,
            }
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        deadline: &Deadline,
        record: &mut Record,
    ) -> Result<Zeroizing<Vec<u8>>, GitHubError> {
        let limit = Limit::now(deadline);
        let phase = Phase::Request(call.step);
        if limit.is_over() {
            return Err(GitHubError::OutOfTime(phase));
        }
        let answer = timeout_at(limit.until, self.client.send(self.request(call)?))
            .await
            .map_err(|_| limit.passed(phase))?
            .map_err(|error| GitHubError::Unavailable(phase, Unavailable::NoAnswer(error)))?;
        if let Some(id) = answer.headers().get("x-github-request-id") {
            let id = String::from_utf8_lossy(id.as_bytes());
            record.github_request_id = Some(PeerText::new(&id, &[call.bearer.expose_secret()]));
        }
        if !answer.status().is_success() {
            return Err(self.refusal(call.step, &answer).into());
        }
        let phase = Phase::Read(call.step);
        timeout_at(limit.until, answer.body()).await.map_err(|_| limit.passed(phase))?.map_err(|error| match error {
            BodyError::TooLong => GitHubError::TooLong(phase),
            BodyError::BrokenOff => GitHubError::Unavailable(phase, Unavailable::BrokenOff),
        })
    }

    pub(super) fn request(&self, call: &Call<'_>) -> Result<Request, GitHubError> {
        let not_a_request = || GitHubError::NotARequest(Phase::Request(call.step));
        let url = self.base.join(&call.path).map_err(|_| not_a_request())?;
        let bearer = Zeroizing::new(format!("Bearer {}", call.bearer.expose_secret()));
        let mut authorization = HeaderValue::from_str(&bearer).map_err(|_| not_a_request())?;
        authorization.set_sensitive(true);
        let mut request = Request::new(call.method.clone(), url);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(USER_AGENT, HeaderValue::from_static("github-token-broker"));
        headers.insert("x-github-api-version", API_VERSION);
        if let Some(json) = &call.json {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(json.clone().into());
        }
        Ok(request)
    }

    fn refusal(&self, step: Step, answer: &Answer) -> Refusal {
        let headers = answer.headers();
        Refusal {
            step,
            status: answer.status(),
            retry_after: text(headers, RETRY_AFTER.as_str()).and_then(|value| retry::retry_after(value, (self.now)())),
            is_rate_limit: is_rate_limit(answer.status(), headers),
        }
    }
}

/// Until when an attempt may run, and what ends it then.
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
            GitHubError::OutOfTime(phase)
        } else {
            GitHubError::Unavailable(phase, Unavailable::TimedOut)
        }
    }
}

/// GitHub's two ways to say so:
/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>.
fn is_rate_limit(status: StatusCode, headers: &HeaderMap) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::FORBIDDEN
            && (headers.contains_key(RETRY_AFTER) || text(headers, "x-ratelimit-remaining") == Some("0"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
