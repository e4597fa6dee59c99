//! Verifies an App's JWT. Stricter than GitHub: only the exact claims of the contract are accepted.
//!
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::app::AppKey;

/// The number of seconds by which `iat` is before the current time, to allow for clock drift.
const BACKDATED: i64 = 60;
/// The number of seconds from `iat` to `exp`.
const LIFETIME: i64 = 600;
/// The maximum age of a JWT in seconds, to allow for retries and a slow machine.
const SLACK: i64 = 15;

/// Verifies a JWT. The error is the reason why it is invalid.
pub(super) fn verify(token: &str, client_id: &str, keys: &[&AppKey]) -> Result<(), String> {
    let (signed, signature) = token.rsplit_once('.').ok_or("not a JWT")?;
    let (header, claims) = signed.split_once('.').ok_or("not a JWT")?;
    verify_signature(signed, &decode(signature)?, keys)?;
    if parse(header)? != json!({ "alg": "RS256", "typ": "JWT" }) {
        return Err("the JWT's header is not exactly alg RS256 and typ JWT".into());
    }
    verify_claims(&parse(claims)?, client_id)
}

fn verify_signature(signed: &str, signature: &[u8], keys: &[&AppKey]) -> Result<(), String> {
    let verifies = |key: &&AppKey| {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.verification_key())
            .verify(signed.as_bytes(), signature)
            .is_ok()
    };
    if keys.iter().any(verifies) { Ok(()) } else { Err("no key of the App verifies the JWT".into()) }
}

fn verify_claims(claims: &Value, client_id: &str) -> Result<(), String> {
    if claims["iss"] != client_id {
        return Err("the JWT's iss is not the client ID".into());
    }
    let (Some(issued), Some(expires)) = (claims["iat"].as_i64(), claims["exp"].as_i64()) else {
        return Err("the JWT's iat and exp are not whole seconds".into());
    };
    if claims.as_object().is_none_or(|claims| claims.len() != 3) {
        return Err("the JWT's claims are not exactly iat, exp and iss".into());
    }
    if expires - issued != LIFETIME {
        return Err(format!("the JWT is valid for {} s, not {LIFETIME} s", expires - issued));
    }
    let age = now() - issued - BACKDATED;
    if (-SLACK..=SLACK).contains(&age) { Ok(()) } else { Err(format!("the JWT's iat is {age} s off")) }
}

fn parse(part: &str) -> Result<Value, String> {
    serde_json::from_slice(&decode(part)?).map_err(|_| "a part of the JWT is not JSON".into())
}

fn decode(part: &str) -> Result<Vec<u8>, String> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| "a part of the JWT is not base64url without padding".into())
}

fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}
