//! GitHub's responses, as documented.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::State;
use crate::ids;
use crate::server::json_response;

/// The number of random bytes in a token, which give at least 520 characters, as in GitHub's newer tokens.
const TOKEN_BYTES: usize = 393;

/// Returns a refusal with GitHub's usual body.
///
/// # Panics
///
/// When it is not a status.
pub(super) fn refused(status: u16, message: &str) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).expect("a status");
    let body = json!({
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": status.as_str(),
    });
    json_response(status, &body)
}

pub(super) fn no_content() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

pub(super) fn installation(state: &State) -> Response<Bytes> {
    let State { client_id, installation: id, owner, .. } = state;
    let body = json!({
        "id": id,
        "client_id": client_id,
        "account": account(owner),
        "repository_selection": "selected",
        "access_tokens_url": format!("https://api.github.com/app/installations/{id}/access_tokens"),
        "repositories_url": "https://api.github.com/installation/repositories",
        "html_url": format!("https://github.com/organizations/{owner}/settings/installations/{id}"),
        "app_id": 1_234_567,
        "app_slug": "token-broker-sandbox",
        "target_id": 9_919,
        "target_type": "Organization",
        "permissions": granted(state),
        "events": [],
        "created_at": "2026-01-05T09:12:44.000Z",
        "updated_at": "2026-04-20T15:03:10.000Z",
        "single_file_name": null,
        "has_multiple_single_files": false,
        "single_file_paths": [],
        "suspended_by": null,
        "suspended_at": null,
    });
    json_response(StatusCode::OK, &body)
}

pub(super) fn access_token(state: &State) -> Response<Bytes> {
    let body = json!({
        "token": new_token(),
        "expires_at": in_an_hour(),
        "permissions": granted(state),
        "repository_selection": "selected",
        "repositories": [repository(state)],
    });
    json_response(StatusCode::CREATED, &body)
}

/// Adds GitHub's usual headers, unless the script set others.
pub(super) fn with_usual_headers(mut response: Response<Bytes>) -> Response<Bytes> {
    let defaults = [
        ("server", "github.com".to_owned()),
        ("x-github-media-type", "github.v3; format=json".to_owned()),
        ("x-github-api-version-selected", "2022-11-28".to_owned()),
        ("x-github-request-id", ids::github_request_id()),
        ("x-ratelimit-limit", "5000".to_owned()),
        ("x-ratelimit-remaining", "4994".to_owned()),
        ("x-ratelimit-reset", (OffsetDateTime::now_utc().unix_timestamp() + 3600).to_string()),
        ("x-ratelimit-used", "6".to_owned()),
        ("x-ratelimit-resource", "core".to_owned()),
    ];
    for (name, value) in defaults {
        let value = HeaderValue::try_from(value).expect("visible ASCII");
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Generates a token in the format of GitHub's stateless tokens: `ghs_`, the App's ID, and random parts with dots.
fn new_token() -> String {
    let random = BASE64_URL_SAFE_NO_PAD.encode(ids::random::<TOKEN_BYTES>());
    let (first, rest) = random.split_at(48);
    let (second, third) = rest.split_at(300);
    format!("ghs_1234567_{first}.{second}-_.{third}")
}

/// # Panics
///
/// In the year 10000.
fn in_an_hour() -> String {
    let expiration = OffsetDateTime::now_utc() + Duration::HOUR;
    let whole_seconds = expiration.replace_nanosecond(0).expect("0 is a nanosecond");
    whole_seconds.format(&Rfc3339).expect("a date with a year of four digits")
}

/// Returns the requested permissions and `metadata: read`, which GitHub always adds.
fn granted(state: &State) -> Value {
    let mut permissions = state.permissions.clone();
    if let Some(permissions) = permissions.as_object_mut() {
        permissions.entry("metadata").or_insert_with(|| "read".into());
    }
    permissions
}

fn account(login: &str) -> Value {
    json!({
        "login": login,
        "id": 9_919,
        "node_id": "MDEyOk9yZ2FuaXphdGlvbjk5MTk=",
        "avatar_url": "https://avatars.githubusercontent.com/u/9919?v=4",
        "url": format!("https://api.github.com/users/{login}"),
        "html_url": format!("https://github.com/{login}"),
        "type": "Organization",
        "user_view_type": "public",
        "site_admin": false,
    })
}

fn repository(state: &State) -> Value {
    let State { owner, repository, .. } = state;
    json!({
        "id": 1_296_269,
        "node_id": "MDEwOlJlcG9zaXRvcnkxMjk2MjY5",
        "name": repository,
        "full_name": format!("{owner}/{repository}"),
        "private": true,
        "owner": account(owner),
        "html_url": format!("https://github.com/{owner}/{repository}"),
        "description": null,
        "fork": false,
        "url": format!("https://api.github.com/repos/{owner}/{repository}"),
        "default_branch": "main",
        "visibility": "private",
        "archived": false,
        "disabled": false,
        "permissions": { "admin": false, "maintain": false, "push": false, "triage": false, "pull": true },
        "created_at": "2011-01-26T19:01:12Z",
        "updated_at": "2026-04-20T15:03:10Z",
        "pushed_at": "2026-04-23T08:00:00Z",
        "size": 108,
        "topics": [],
    })
}
