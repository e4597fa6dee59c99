//! Permissions are a JSON object of strings. The configured ones are requested and returned.

use sandbox::{Endpoint, Sandbox};
use serde_json::json;

use crate::init_fault::assert_refuses_to_start;
use crate::scene::{Scene, set};

const PERMISSIONS: &str = "GITHUB_TOKEN_BROKER_PERMISSIONS";

/// Values that are not a JSON object of strings, or have a duplicate key.
const NOT_PERMISSIONS: [&str; 26] = [
    "contents",
    "contents=read",
    "[]",
    r#"["contents","read"]"#,
    r#"[["contents","read"]]"#,
    r#""read""#,
    "5",
    "true",
    "{",
    r#"{"contents":"read""#,
    r#"{"contents":"read"}}"#,
    r#"{"contents":"read",}"#,
    r"{'contents':'read'}",
    r#"{"contents":true}"#,
    r#"{"contents":null}"#,
    r#"{"contents":1}"#,
    r#"{"contents":["read"]}"#,
    r#"{"contents":{"a":"b"}}"#,
    r#"{"contents":"read","contents":"read"}"#,
    r#"{"contents":"read","\u0063ontents":"write"}"#,
    "\u{feff}{\"contents\":\"read\"}",
    "ghs_MISTAKENLYPASTED",
    r#""ghs_MISTAKENLYPASTED""#,
    r#"{"ghs_MISTAKENLYPASTED":5}"#,
    r#"{"a":["ghs_MISTAKENLYPASTED"]}"#,
    r#"{"ghs_MISTAKENLYPASTED":"a","ghs_MISTAKENLYPASTED":"b"}"#,
];

#[tokio::test]
async fn permissions_are_a_json_object_of_strings() {
    let sandbox = Sandbox::start().await;
    let expected = "GITHUB_TOKEN_BROKER_PERMISSIONS must be a JSON object of string-to-string entries: …";
    for value in NOT_PERMISSIONS {
        let text = assert_refuses_to_start(&sandbox, value, expected, set(PERMISSIONS, value)).await;
        assert!(!text.contains("MISTAKENLY"), "{text}");
    }
}

#[tokio::test]
async fn permissions_are_requested_and_returned_sorted() {
    for (text, sorted) in [
        (r#"{"contents":"write"}"#, r#"{"contents":"write"}"#),
        (
            " {\n\"pull_requests\" : \"write\",\"actions\":\"read\",\"contents\":\"read\"}\n",
            r#"{"actions":"read","contents":"read","pull_requests":"write"}"#,
        ),
        (
            r#"{"pull_requests":"write","actions":"read","issues":"write","contents":"read"}"#,
            r#"{"actions":"read","contents":"read","issues":"write","pull_requests":"write"}"#,
        ),
        (r#"{"\u0069ssues":"r\u0065ad"}"#, r#"{"issues":"read"}"#),
        (r#"{"metadata":"read"}"#, r#"{"metadata":"read"}"#),
    ] {
        let scene = Scene::start_with(set(PERMISSIONS, text)).await;
        scene.sandbox.github.set_permissions(serde_json::from_str(text).unwrap());
        let invocation = scene.mint(text).await;
        let ending = format!(r#","permissions":{sorted}}}"#);
        assert!(invocation.text().ends_with(&ending), "{text}: {}", invocation.text());
        let requests = scene.sandbox.github.requests_to(Endpoint::AccessTokens);
        let body = String::from_utf8_lossy(&requests[0].body);
        assert_eq!(body, format!(r#"{{"repositories":["octo-repo"],"permissions":{sorted}}}"#), "{text}");
        scene.end().await;
    }
}

#[tokio::test]
async fn metadata_that_github_adds_is_not_returned() {
    let scene = Scene::start().await;
    assert_eq!(scene.mint("metadata").await.json()["permissions"], json!({ "contents": "read" }));
}
