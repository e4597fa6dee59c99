//! A status other than 2xx.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::retry;
use super::step::Step;
use crate::error_type::ErrorType;

/// A status other than 2xx. The body is not read, because it may quote secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("GitHub {step} request failed with status {}", .status.as_u16())]
pub(crate) struct Refusal {
    step: Step,
    status: StatusCode,
    /// GitHub's `Retry-After`.
    pub(super) retry_after: Option<Duration>,
    /// Whether GitHub's rate limit was exceeded.
    is_rate_limit: bool,
}

impl Refusal {
    pub(super) fn new(step: Step, status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Self {
        let retry_after = text(headers, RETRY_AFTER.as_str()).and_then(|value| retry::retry_after(value, now));
        Self { step, status, retry_after, is_rate_limit: is_rate_limit(status, headers) }
    }

    pub(super) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    pub(super) fn error_type(&self) -> ErrorType {
        match (self.status.as_u16(), self.step) {
            _ if self.is_rate_limit => ErrorType::GitHubRateLimited,
            (401, _) => ErrorType::GitHubRejectedApp,
            (301 | 404, Step::Installation) => ErrorType::RepositoryNotInstalled,
            (422, Step::Token) => ErrorType::PermissionsNotGranted,
            (500.., _) => ErrorType::GitHubUnavailable,
            _ => ErrorType::GitHubRefused,
        }
    }

    /// Returns whether a retry may succeed.
    pub(super) fn is_retryable(&self) -> bool {
        matches!(self.status.as_u16(), 429 | 500 | 502 | 503 | 504)
    }
}

/// Returns whether the rate limit was exceeded. GitHub reports that in two ways:
/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>.
fn is_rate_limit(status: StatusCode, headers: &HeaderMap) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::FORBIDDEN
            && (headers.contains_key(RETRY_AFTER) || text(headers, "x-ratelimit-remaining") == Some("0"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
