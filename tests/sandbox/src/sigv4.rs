//! Verifies AWS Signature Version 4:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;

use crate::app::{AWS_ACCESS_KEY_ID, AWS_REGION, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN};
use crate::ids::hex;
use crate::record::Recorded;

/// The parts of the `Authorization` header.
struct Authorization<'a> {
    scope: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

/// Verifies that the function's role signed this request for this service. The error is the reason why the signature is
/// invalid.
pub(crate) fn verify(request: &Recorded, service: &str) -> Result<(), String> {
    let authorization = authorization(request)?;
    let date = request.header("x-amz-date").ok_or("no x-amz-date")?;
    let day = date.get(..8).ok_or("a malformed x-amz-date")?;
    if request.header("x-amz-security-token") != Some(AWS_SESSION_TOKEN) {
        return Err("x-amz-security-token is missing or different".into());
    }
    let scope = format!("{day}/{AWS_REGION}/{service}/aws4_request");
    if authorization.scope != scope {
        return Err(format!("signed for {}, not for {scope}", authorization.scope));
    }
    for name in ["host", "x-amz-date", "x-amz-security-token", "x-amz-target"] {
        if !authorization.signed_headers.split(';').any(|signed| signed == name) {
            return Err(format!("the header {name} is not signed"));
        }
    }
    let canonical = canonical_request(request, authorization.signed_headers)?;
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(canonical.as_bytes()));
    if authorization.signature == hex(&sign(&signing_key(day, service), &to_sign)) {
        Ok(())
    } else {
        Err("the signature does not match".into())
    }
}

fn authorization(request: &Recorded) -> Result<Authorization<'_>, String> {
    let fields = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("AWS4-HMAC-SHA256 "))
        .ok_or("no Authorization header with AWS4-HMAC-SHA256")?;
    let field = |name: &str| {
        fields
            .split(',')
            .find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
            .ok_or_else(|| format!("no {name} in Authorization"))
    };
    let (access_key_id, scope) = field("Credential")?.split_once('/').ok_or("a Credential without a scope")?;
    if access_key_id != AWS_ACCESS_KEY_ID {
        return Err("signed with another access key".into());
    }
    Ok(Authorization { scope, signed_headers: field("SignedHeaders")?, signature: field("Signature")? })
}

/// Returns the canonical request. In the protocols that this crate serves, the path is `/` and there is no query.
fn canonical_request(request: &Recorded, signed_headers: &str) -> Result<String, String> {
    let mut canonical = format!("{}\n{}\n\n", request.method, request.path());
    for name in signed_headers.split(';') {
        let value = request.header(name).ok_or_else(|| format!("the signed header {name} is missing"))?;
        let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        canonical.extend([name, ":", &value, "\n"]);
    }
    Ok(format!("{canonical}\n{signed_headers}\n{}", sha256(&request.body)))
}

fn signing_key(day: &str, service: &str) -> Vec<u8> {
    [day, AWS_REGION, service, "aws4_request"]
        .iter()
        .fold(format!("AWS4{AWS_SECRET_ACCESS_KEY}").into_bytes(), |key, part| sign(&key, part))
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}
