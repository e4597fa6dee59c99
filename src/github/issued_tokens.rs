//! Finds the tokens in a rejected response, so that they can be revoked.
//!
//! A parser fails on a response that is cut off, is not JSON or has a duplicate `token`, so this module also searches
//! for the member's name.

use std::iter;

use memchr::memmem;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::json::Object;

const MEMBER: &[u8] = br#""token""#;
/// The maximum number of tokens to revoke for one response. GitHub's responses have one.
const TOKENS_CAP: usize = 4;

/// A JSON object with one `token` and any other members. The name may contain escapes.
#[derive(Deserialize)]
struct Lenient {
    token: SecretString,
}

/// Returns the distinct values of all `token` members at any depth: trimmed strings of visible ASCII characters.
pub(super) fn in_response(body: &[u8]) -> Vec<SecretString> {
    let parsed = serde_json::from_slice(body).ok().and_then(|Object(Lenient { token })| usable(&token));
    let found = memmem::find_iter(body, MEMBER).map(|at| body.get(at + MEMBER.len()..).and_then(value));
    let mut tokens: Vec<SecretString> = Vec::new();
    for token in iter::once(parsed).chain(found) {
        let is_new = |token: &SecretString| tokens.iter().all(|other| other.expose_secret() != token.expose_secret());
        if let Some(token) = token.filter(is_new) {
            tokens.push(token);
        }
        if tokens.len() == TOKENS_CAP {
            break;
        }
    }
    tokens
}

/// Returns the string after a colon, or the first string of an array.
fn value(text: &[u8]) -> Option<SecretString> {
    let value = text.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let value = value.strip_prefix(b"[").map_or(value, <[u8]>::trim_ascii_start);
    let string = value.get(..string_length(value)?)?;
    usable(&serde_json::from_slice(string).ok()?)
}

/// Trims a token and checks that it can be sent in a header.
fn usable(token: &SecretString) -> Option<SecretString> {
    let token = token.expose_secret().trim();
    (!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())).then(|| token.into())
}

/// Returns the length of the JSON string at the start of a text, including its quotes.
fn string_length(text: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    let is_end = |byte: &u8| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    };
    Some(text.strip_prefix(b"\"")?.iter().position(is_end)? + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Vec<String> {
        in_response(body.as_bytes()).iter().map(|token| token.expose_secret().to_owned()).collect()
    }

    #[test]
    fn tokens_are_found_in_any_response() {
        for (body, expected) in [
            (r#"{"token":"ghs_a"}"#, &["ghs_a"][..]),
            (r#" { "token" : "ghs_a" , "expires_at": 5}"#, &["ghs_a"]),
            (r#"{"token":"ghs_a","token":"ghs_b","token":"ghs_a"}"#, &["ghs_a", "ghs_b"]),
            (r#"{"tok\u0065n":"ghs_a","expires_at":5}"#, &["ghs_a"]),
            (r#"{"token":["ghs_a"]}"#, &["ghs_a"]),
            (r#"{"token":{"token":"ghs_a"}}"#, &["ghs_a"]),
            (r#"{"token":"ghs_a","expires_at":"2026-"#, &["ghs_a"]),
            (r#"[{"token":"ghs_a"}] {"#, &["ghs_a"]),
            (r#"{"token":"\u0067hs_a\n"}"#, &["ghs_a"]),
            (r#"{"token":"gh\\\"s_a"}"#, &[r#"gh\"s_a"#]),
            ("\u{feff}{\"token\":\t\"ghs_a\"}", &["ghs_a"]),
            (r#"{"token":"1","token":"2","token":"3","token":"4","token":"5"}"#, &["1", "2", "3", "4"]),
        ] {
            assert_eq!(found(body), expected, "{body}");
        }
    }

    #[test]
    fn other_values_are_not_tokens() {
        for body in [
            "",
            "ghs_a",
            r#""ghs_a""#,
            r#"{"token":null}"#,
            r#"{"token":5}"#,
            r#"{"token":""}"#,
            r#"{"token":" "}"#,
            r#"{"token":"ghs_a b"}"#,
            r#"{"token":"é"}"#,
            r#"{"token":"ghs_"#,
            r#"{"token":"ghs_\"#,
            r#"{"token":"\x"}"#,
            r#"{"token"}"#,
            r#"{"a":"\"token\":\"ghs_a\""}"#,
            r#""token""#,
            r#"{"tokens":"ghs_a"}"#,
        ] {
            assert_eq!(found(body), [""; 0], "{body}");
        }
        assert!(in_response(b"{\"token\":\"gh\xffs\"}").is_empty());
    }
}
