//! A request to GitHub's REST API.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use reqwest::{Method, Request};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use super::error::GitHubError;
use super::step::{Phase, Step};
use crate::config::EndpointUrl;
use crate::http::FirstByte;

/// The version of GitHub's REST API that this program uses, see
/// <https://docs.github.com/en/rest/about-the-rest-api/api-versions>.
const API_VERSION: HeaderValue = HeaderValue::from_static("2022-11-28");

/// A request that is not sent yet, and the step that its errors name.
pub(super) struct Call<'a> {
    pub(super) step: Step,
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
        self.json = Some(serde_json::to_vec(body).map_err(|_| self.invalid_request())?);
        Ok(self)
    }

    /// Returns whether a retry after this failure cannot create anything twice. A POST is not retried once a byte of
    /// the response was received, because GitHub may have created the token. After an error status it has not.
    pub(super) fn is_safe_to_retry(&self, failure: &GitHubError, first_byte: &FirstByte) -> bool {
        self.method != Method::POST || matches!(failure, GitHubError::Refused(_)) || !first_byte.was_received()
    }

    /// Builds the request for this base URL.
    pub(super) fn request(&self, base: &EndpointUrl) -> Result<Request, GitHubError> {
        let url = base.join(&self.path).map_err(|_| self.invalid_request())?;
        let mut request = Request::new(self.method.clone(), url);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        headers.insert(AUTHORIZATION, self.authorization()?);
        headers.insert(USER_AGENT, HeaderValue::from_static("github-token-broker"));
        headers.insert("x-github-api-version", API_VERSION);
        if let Some(json) = &self.json {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(json.clone().into());
        }
        Ok(request)
    }

    fn authorization(&self) -> Result<HeaderValue, GitHubError> {
        let text = Zeroizing::new(format!("Bearer {}", self.bearer.expose_secret()));
        let mut value = HeaderValue::from_str(&text).map_err(|_| self.invalid_request())?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn invalid_request(&self) -> GitHubError {
        GitHubError::InvalidRequest(Phase::Request(self.step))
    }
}
