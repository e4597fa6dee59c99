//! Checks requests against the contract, header by header.

use bytes::Bytes;
use http::Response;
use serde_json::json;

use super::{Endpoint, State, answers, jwt};
use crate::record::Recorded;

/// The headers of both App calls.
const HEADERS: [(&str, &str); 3] = [
    ("accept", "application/vnd.github+json"),
    ("user-agent", "github-token-broker"),
    ("x-github-api-version", "2022-11-28"),
];

/// A violation of the contract, and GitHub's refusal.
pub(super) struct Breach {
    pub(super) status: u16,
    pub(super) message: &'static str,
    pub(super) what: String,
}

impl Breach {
    fn unauthorized(what: impl Into<String>) -> Self {
        Self { status: 401, message: "A JSON web token could not be decoded", what: what.into() }
    }

    fn bad(what: impl Into<String>) -> Self {
        Self { status: 400, message: "Problems parsing JSON", what: what.into() }
    }
}

/// Returns the good response to a valid request.
pub(super) fn check(
    state: &State,
    endpoint: Endpoint,
    path: &str,
    request: &Recorded,
) -> Result<Response<Bytes>, Breach> {
    if request.target.contains('?') {
        return Err(Breach::bad("a query in the URL"));
    }
    match endpoint {
        Endpoint::Installation => installation(state, path, request),
        Endpoint::AccessTokens => access_tokens(state, path, request),
        Endpoint::Revoke => revoke(state, request),
    }
}

fn installation(state: &State, path: &str, request: &Recorded) -> Result<Response<Bytes>, Breach> {
    headers(request, &HEADERS)?;
    app(state, request)?;
    if !request.body.is_empty() {
        return Err(Breach::bad("an unexpected body"));
    }
    let installed = format!("/repos/{}/{}/installation", state.owner, state.repository);
    if !path.eq_ignore_ascii_case(&installed) {
        // Not a violation: a broker may be configured with a repository on which the App is not installed.
        return Ok(answers::refused(404, "Not Found"));
    }
    Ok(answers::installation(state))
}

fn access_tokens(state: &State, path: &str, request: &Recorded) -> Result<Response<Bytes>, Breach> {
    headers(request, &HEADERS)?;
    headers(request, &[("content-type", "application/json")])?;
    app(state, request)?;
    if path != format!("/app/installations/{}/access_tokens", state.installation) {
        return Err(Breach { status: 404, message: "Not Found", what: "another installation".into() });
    }
    let asked = json!({ "repositories": [state.repository], "permissions": state.permissions });
    if request.json() != asked {
        return Err(Breach::bad(format!("the body is {}, not {asked}", String::from_utf8_lossy(&request.body))));
    }
    Ok(answers::access_token(state))
}

fn revoke(state: &State, request: &Recorded) -> Result<Response<Bytes>, Breach> {
    headers(request, &HEADERS[1..2])?;
    match request.bearer() {
        Some(token) if state.issued.iter().any(|issued| issued == token) => Ok(answers::no_content()),
        _ => Err(Breach { status: 401, message: "Bad credentials", what: "not an issued token".into() }),
    }
}

fn headers(request: &Recorded, expected: &[(&str, &str)]) -> Result<(), Breach> {
    for (name, value) in expected {
        if request.header(name) != Some(value) {
            return Err(Breach::bad(format!("the header {name} is not {value}")));
        }
    }
    Ok(())
}

fn app(state: &State, request: &Recorded) -> Result<(), Breach> {
    let token = request.bearer().ok_or_else(|| Breach::unauthorized("no Authorization: Bearer"))?;
    jwt::verify(token, &state.client_id, &state.keys).map_err(Breach::unauthorized)
}
