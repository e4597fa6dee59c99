//! Signs App JWTs from a key, a client ID and a time.
//!
//! `jsonwebtoken`'s own signer parses the key for each signature, does not support PKCS#8 and takes 0.2 ms of CPU
//! time per invocation. So this module provides a signer that uses the key pair which was already parsed for the key's
//! validation and fingerprint.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as SignatureError, Signer};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde::Serialize;

use super::client_id::ClientId;
use super::private_key::{PrivateKey, PrivateKeyError};

/// Subtracted from the current time for `iat`, in case GitHub's clock is behind ours, as GitHub recommends:
/// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>.
const CLOCK_DRIFT: Duration = Duration::from_mins(1);
/// Added to the current time for `exp`. GitHub rejects more than 10 minutes; the remaining minute allows for clock
/// drift.
const LIFETIME: Duration = Duration::from_mins(9);

/// A signed App JWT.
pub(crate) struct AppJwt(SecretString);

#[derive(Serialize)]
struct Claims<'a> {
    iat: u64,
    exp: u64,
    iss: &'a str,
}

impl AppJwt {
    /// Signs a JWT that authenticates the App for nine minutes.
    ///
    /// # Errors
    ///
    /// [`PrivateKeyError::DoesNotSign`] when the cryptography library fails to sign.
    pub(crate) fn sign(key: &PrivateKey, client_id: &ClientId, now: SystemTime) -> Result<Self, PrivateKeyError> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let iat = now.saturating_sub(CLOCK_DRIFT).as_secs();
        let claims = Claims { iat, exp: now.saturating_add(LIFETIME).as_secs(), iss: client_id.as_str() };
        // Fails only when an earlier invocation has already installed it.
        let _ = PROVIDER.install_default();
        SIGNING_KEY.set(Some(key.key_pair()));
        let jwt = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &EncodingKey::from_rsa_der(&[]));
        jwt.map(|jwt| Self(jwt.into())).map_err(|_| PrivateKeyError::DoesNotSign)
    }

    /// Returns the JWT. Only for the `Authorization` header.
    pub(crate) fn secret(&self) -> &SecretString {
        &self.0
    }
}

thread_local! {
    /// Passes the key to the next call of [`signer`], because `jsonwebtoken` takes a plain `fn`, which cannot capture
    /// it.
    static SIGNING_KEY: RefCell<Option<Arc<KeyPair>>> = const { RefCell::new(None) };
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    key_utils: KeyUtils::new_unimplemented(),
};

struct Rs256(Arc<KeyPair>);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "CryptoProvider prescribes the signature")]
fn signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    let key_pair = SIGNING_KEY.take().ok_or(ErrorKind::InvalidAlgorithm)?;
    Ok(Box::new(Rs256(key_pair)))
}

impl JwtSigner for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

impl Signer<Vec<u8>> for Rs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.map(|()| signature).map_err(|_| SignatureError::new())
    }
}

#[cfg(test)]
mod tests {
    use base64_simd::URL_SAFE_NO_PAD;
    use secrecy::ExposeSecret;

    use super::*;

    const PEM: &str = include_str!("../../tests/fixtures/test-fixture-rsa-2048.pem");
    const LONGEST_PEM: &str = include_str!("../../tests/fixtures/test-fixture-rsa-8192.pem");

    fn jwt(pem: &str, client_id: &str, unix_ms: u64) -> String {
        let key = PrivateKey::from_pem(&pem.into()).unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(unix_ms);
        AppJwt::sign(&key, &client_id.parse().unwrap(), now).unwrap().secret().expose_secret().to_owned()
    }

    fn part(jwt: &str, index: usize) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode_to_vec(jwt.split('.').nth(index).unwrap()).unwrap()
    }

    /// Compares with the signature of `openssl dgst -sha256 -sign` over the same header and claims.
    #[test]
    fn the_signature_is_the_one_of_openssl() {
        let expected = concat!(
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.",
            "eyJpYXQiOjE3NzY5NjI4NTIsImV4cCI6MTc3Njk2MzQ1MiwiaXNzIjoiSXYyM2xpRVhBTVBMRTAwMDAwMDAifQ.",
            "d7mT1onjcF4-xCPu4JsM3D6pGOx3X676G8vHZ-JFYFowgAZ_Xt5MapnccbpRUDZWVIb2LfDamVROPPKuaqYimS3ld1YI_Fbn",
            "KTfG4OnlV10qd2URj9Ab0VKXc5pXg8m7Cb0ImdLM341-xm7q5CItkBxBbOLnb1hYQ1fPs0TQkKObxal4LFkOffZud4cSLO4p",
            "E3zXVKg8mBnx667kcaaEpgURR6_pG_TkqWpzCxNWvwdvhhPKMF57R7GerI_ua3064OtFkS0NuzOt9mIJW4b0cVpfLDorA9QC",
            "6ppGArGkA95Rgltki2p26eN1nep1Gqlj-NkKk2CYUXelYQeLMMrbxA"
        );
        assert_eq!(jwt(PEM, "Iv23liEXAMPLE0000000", 1_776_962_912_999), expected);
    }

    #[test]
    fn claims_are_exactly_iat_exp_iss() {
        for (client_id, unix_ms, claims) in [
            ("Iv1.a", 1_000_000, r#"{"iat":940,"exp":1540,"iss":"Iv1.a"}"#),
            ("12345", 1_000_999, r#"{"iat":940,"exp":1540,"iss":"12345"}"#),
            ("a", 60_000, r#"{"iat":0,"exp":600,"iss":"a"}"#),
            ("a", 0, r#"{"iat":0,"exp":540,"iss":"a"}"#),
        ] {
            let jwt = jwt(PEM, client_id, unix_ms);
            assert_eq!(jwt.split('.').count(), 3, "{client_id} at {unix_ms} ms");
            assert_eq!(String::from_utf8_lossy(&part(&jwt, 0)), r#"{"typ":"JWT","alg":"RS256"}"#);
            assert_eq!(String::from_utf8_lossy(&part(&jwt, 1)), claims, "{client_id} at {unix_ms} ms");
        }
    }

    #[test]
    fn the_signature_is_as_long_as_the_key() {
        assert_eq!(part(&jwt(PEM, "a", 0), 2).len(), 2048 / 8);
        assert_eq!(part(&jwt(LONGEST_PEM, "a", 0), 2).len(), 8192 / 8);
    }
}
