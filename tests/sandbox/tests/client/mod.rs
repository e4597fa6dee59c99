//! A plain HTTP client, and the requests of a correct broker.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as intended")]

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::{Client, RequestBuilder};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore};
use sandbox::{AppKey, CertificateAuthority, Sandbox, app};
use serde_json::{Value, json};

/// Creates a client that trusts only this CA and does not follow redirects.
pub(crate) fn client(authority: &CertificateAuthority) -> Client {
    builder(authority).no_proxy().build().unwrap()
}

pub(crate) fn builder(authority: &CertificateAuthority) -> reqwest::ClientBuilder {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder().tls_backend_preconfigured(config).redirect(reqwest::redirect::Policy::none())
}

/// Returns the claims that the contract requires.
pub(crate) fn claims() -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    json!({ "iat": now - 60, "exp": now + 540, "iss": app::CLIENT_ID })
}

/// Returns a JWT signed by this key.
pub(crate) fn jwt(key: &AppKey, claims: &Value) -> String {
    signed(key, &json!({ "typ": "JWT", "alg": "RS256" }), claims)
}

pub(crate) fn signed(key: &AppKey, header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
    let text = format!("{}.{}", encode(header), encode(claims));
    let der = PrivatePkcs8KeyDer::from_pem_slice(key.pkcs8_pem().as_bytes()).unwrap();
    let pair = KeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// Returns a correct preflight request.
pub(crate) fn preflight(sandbox: &Sandbox, jwt: &str) -> RequestBuilder {
    let url = format!("{}/repos/octo-org/octo-repo/installation", sandbox.github.url());
    with_headers(client(&sandbox.ca).get(url), jwt)
}

/// Returns a correct token call.
pub(crate) fn token_call(sandbox: &Sandbox, jwt: &str) -> RequestBuilder {
    let url = format!("{}/app/installations/{}/access_tokens", sandbox.github.url(), app::INSTALLATION_ID);
    with_headers(client(&sandbox.ca).post(url), jwt)
        .header("content-type", "application/json")
        .body(r#"{"repositories":["octo-repo"],"permissions":{"contents":"read"}}"#)
}

fn with_headers(request: RequestBuilder, jwt: &str) -> RequestBuilder {
    request
        .header("accept", "application/vnd.github+json")
        .header("user-agent", "github-token-broker")
        .header("x-github-api-version", "2022-11-28")
        .bearer_auth(jwt)
}

/// Parses a response's body as JSON.
pub(crate) async fn json_of(response: reqwest::Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}
