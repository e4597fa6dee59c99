//! The App JWT: private key, claims and time go in, a signed token comes out. No I/O.
//!
//! A JWT with RS256 is three base64url texts and one RSA signature (RFC 7515, appendix A.2). It is
//! put together here over aws-lc-rs, which parses the key once for check, fingerprint and signature;
//! JWT libraries take DER and parse it again for every signature.

use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::parameter_store::ClientId;

/// Subtracted from the time for `iat`, in case GitHub's clock is behind ours; GitHub's advice, see
/// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>.
const CLOCK_DRIFT: Duration = Duration::from_mins(1);
/// Added to the time for `exp`. GitHub refuses more than 10 minutes; one is left for clocks that differ.
const LIFETIME: Duration = Duration::from_mins(9);
/// `{"alg":"RS256","typ":"JWT"}`; it never changes.
const HEADER: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";

/// What is wrong with the private key. No text shows any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrivateKeyError {
    /// No PEM block with its beginning and its end.
    #[error("decode GitHub App private key PEM")]
    NotPem,
    /// A PEM block, but not one of an unencrypted private key.
    #[error("parse GitHub App private key")]
    NotAPrivateKey,
    /// A private key of another kind, in PKCS#8.
    #[error("GitHub App private key must be RSA")]
    NotRsa,
    /// Too short to be safe, or longer than the cryptography library takes.
    #[error("GitHub App private key must be RSA with 2048 to 8192 bits")]
    WrongSize,
    /// The key was accepted and then did not sign.
    #[error("parse GitHub App private key")]
    DoesNotSign,
}

/// The App's private key, ready to sign.
pub struct PrivateKey {
    key_pair: KeyPair,
    fingerprint: String,
}

/// A signed App JWT.
pub struct AppJwt(SecretString);

#[derive(Serialize)]
struct Claims<'a> {
    iat: u64,
    exp: u64,
    iss: &'a str,
}

impl PrivateKey {
    /// Reads PEM as PKCS#1 (`RSA PRIVATE KEY`) or PKCS#8 (`PRIVATE KEY`), with text around it, any
    /// line ends, and line ends written as the two characters `\n`.
    ///
    /// # Errors
    ///
    /// [`PrivateKeyError`], by what is wrong.
    pub fn from_pem(pem: &SecretString) -> Result<Self, PrivateKeyError> {
        let der = private_key_der(pem.expose_secret())?;
        // By content: some tools write PKCS#1 below the label of PKCS#8.
        let key_pair = match KeyPair::from_pkcs8(&der).map_err(rejection) {
            Err(PrivateKeyError::NotAPrivateKey) => KeyPair::from_der(&der).map_err(rejection),
            result => result,
        }?;
        let fingerprint = fingerprint(&key_pair).ok_or(PrivateKeyError::NotAPrivateKey)?;
        Ok(Self { key_pair, fingerprint })
    }

    /// `SHA256:` and the base64 of the public key's SHA-256, as GitHub's settings page of the App
    /// shows it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// A JWT with which the App can authenticate for the next nine minutes.
    ///
    /// # Errors
    ///
    /// [`PrivateKeyError::DoesNotSign`] when the cryptography library refuses to sign.
    pub fn sign(&self, client_id: &ClientId, now: SystemTime) -> Result<AppJwt, PrivateKeyError> {
        let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let claims = Claims { iat: seconds(now - CLOCK_DRIFT), exp: seconds(now + LIFETIME), iss: client_id.as_str() };
        let claims = serde_json::to_vec(&claims).map_err(|_| PrivateKeyError::DoesNotSign)?;
        let mut jwt = format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(claims));
        let mut signature = vec![0; self.key_pair.public_modulus_len()];
        self.key_pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), jwt.as_bytes(), &mut signature)
            .map_err(|_| PrivateKeyError::DoesNotSign)?;
        jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jwt);
        Ok(AppJwt(jwt.into()))
    }
}

impl AppJwt {
    /// The JWT, for the `Authorization` header alone.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        &self.0
    }
}

/// The library tells its reasons as texts alone; the unit tests pin them.
fn rejection(error: KeyRejected) -> PrivateKeyError {
    match error.description_() {
        "WrongAlgorithm" => PrivateKeyError::NotRsa,
        "TooSmall" | "TooLarge" => PrivateKeyError::WrongSize,
        _ => PrivateKeyError::NotAPrivateKey,
    }
}

fn fingerprint(key_pair: &KeyPair) -> Option<String> {
    let public_key = key_pair.public_key().as_der().ok()?;
    Some(format!("SHA256:{}", STANDARD.encode(digest(&SHA256, public_key.as_ref()))))
}

/// The bytes of the first private key among the PEM blocks. One pass: the text may be anything.
fn private_key_der(text: &str) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    let text = Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"));
    let mut found = PrivateKeyError::NotPem;
    let mut block = None;
    for line in text.lines().map(str::trim) {
        if let Some(label) = marker("-----BEGIN ", line) {
            block = Some((label, Zeroizing::new(String::new())));
        } else if let Some(end) = marker("-----END ", line) {
            let Some((label, base64)) = block.take().filter(|(label, _)| *label == end) else { continue };
            if matches!(label, "RSA PRIVATE KEY" | "PRIVATE KEY") {
                return STANDARD.decode(&*base64).map(Zeroizing::new).map_err(|_| PrivateKeyError::NotAPrivateKey);
            }
            found = PrivateKeyError::NotAPrivateKey;
        } else if let Some((_, base64)) = &mut block {
            base64.push_str(line);
        }
    }
    Err(found)
}

fn marker<'a>(kind: &str, line: &'a str) -> Option<&'a str> {
    line.strip_prefix(kind)?.strip_suffix("-----")
}
