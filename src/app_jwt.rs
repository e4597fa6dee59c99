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
use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::parameter_store::ClientId;
use crate::pem;

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
        let mut jwt = format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode_to_string(claims));
        let mut signature = vec![0; self.key_pair.public_modulus_len()];
        self.key_pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), jwt.as_bytes(), &mut signature)
            .map_err(|_| PrivateKeyError::DoesNotSign)?;
        jwt.push('.');
        jwt.push_str(&URL_SAFE_NO_PAD.encode_to_string(signature));
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
    Some(format!("SHA256:{}", STANDARD.encode_to_string(digest(&SHA256, public_key.as_ref()))))
}

/// The bytes of the first private key among the PEM blocks.
fn private_key_der(text: &str) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    let text = Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"));
    let mut blocks = pem::blocks(&text).peekable();
    if blocks.peek().is_none() {
        return Err(PrivateKeyError::NotPem);
    }
    let block = blocks.find(|block| matches!(block.label, "RSA PRIVATE KEY" | "PRIVATE KEY"));
    block.and_then(|block| block.der()).map(Zeroizing::new).ok_or(PrivateKeyError::NotAPrivateKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ParameterName;

    /// Keys made with the `openssl` command for these tests alone.
    macro_rules! fixture {
        ($name:literal) => {
            include_str!(concat!("../tests/fixtures/test-fixture-", $name, ".pem"))
        };
    }

    const PEM: &str = fixture!("rsa-2048");

    fn client_id(text: &str) -> ClientId {
        let name: ParameterName = "/a".parse().unwrap();
        ClientId::new(&text.into(), &name).unwrap()
    }

    fn read(pem: &str) -> Result<PrivateKey, PrivateKeyError> {
        PrivateKey::from_pem(&pem.into())
    }

    /// As `openssl dgst -sha256 -sign` signs the same header and claims.
    #[test]
    fn a_jwt_is_the_same_to_the_byte_as_the_one_that_openssl_makes() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_776_962_912_999);
        let jwt = read(PEM).unwrap().sign(&client_id("Iv23liEXAMPLE0000000"), now).unwrap();
        let expected = concat!(
            "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.",
            "eyJpYXQiOjE3NzY5NjI4NTIsImV4cCI6MTc3Njk2MzQ1MiwiaXNzIjoiSXYyM2xpRVhBTVBMRTAwMDAwMDAifQ.",
            "LKduprFG18DE84MxQi8-fc30my7HgIuUSfBO6njszOBDLCzL2lzb-N0NKitfGn558zXJJVIf1kUKR9VC_Uwno52ldho0J2wq",
            "F3Sq1TKGmR5o5mfi39KiKyCVEAXgtuHlUIOG8huNr5fiYEoztcENBJiIujpZKJBPWx3sbH2K1iSPuuUtaapHV6wj3rZ-HQt7",
            "n8kOGL-MvZcGZ1n7WIRVQJUH2yVXAbcqYyrx-WVPWGjfJp0yImI7wBF3NWKzwkNS7OZvlggOHS9gDhsK-lzAtIcYbAe50FJH",
            "OgfpXhEObMLn-3FkmsVSvsaFrnusSJYa2go4A8p29UzzBSV0A8tiJg"
        );
        assert_eq!(jwt.secret().expose_secret(), expected);
    }

    #[test]
    fn a_jwt_says_who_from_a_minute_ago_until_in_nine_minutes_and_nothing_else() {
        for (client, milliseconds, header, claims) in [
            ("Iv1.a", 1_000_000, r#"{"alg":"RS256","typ":"JWT"}"#, r#"{"iat":940,"exp":1540,"iss":"Iv1.a"}"#),
            ("12345", 1_000_999, r#"{"alg":"RS256","typ":"JWT"}"#, r#"{"iat":940,"exp":1540,"iss":"12345"}"#),
            (r#"a"\b"#, 60_000, r#"{"alg":"RS256","typ":"JWT"}"#, r#"{"iat":0,"exp":600,"iss":"a\"\\b"}"#),
            ("a", 0, r#"{"alg":"RS256","typ":"JWT"}"#, r#"{"iat":0,"exp":540,"iss":"a"}"#),
        ] {
            let now = SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
            let jwt = read(PEM).unwrap().sign(&client_id(client), now).unwrap();
            let parts: Vec<Vec<u8>> = jwt
                .secret()
                .expose_secret()
                .split('.')
                .map(|part| URL_SAFE_NO_PAD.decode_to_vec(part).unwrap())
                .collect();
            assert_eq!(parts.len(), 3, "{client} at {milliseconds} ms");
            assert_eq!(String::from_utf8_lossy(&parts[0]), header, "{client} at {milliseconds} ms");
            assert_eq!(String::from_utf8_lossy(&parts[1]), claims, "{client} at {milliseconds} ms");
            assert_eq!(parts[2].len(), 2048 / 8, "{client} at {milliseconds} ms");
        }
    }

    /// `openssl pkey -pubout -outform DER | openssl dgst -sha256 -binary | base64`, as GitHub's documentation has it:
    /// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/managing-private-keys-for-github-apps#verifying-private-keys>.
    #[test]
    fn the_fingerprint_is_the_one_that_openssl_and_github_show() {
        let expected = "SHA256:OXyfvyRCqcHZjc/tPxopcD7pbjWesaa9wnbVZe82vf0=";
        assert_eq!(read(PEM).unwrap().fingerprint(), expected);
    }

    #[test]
    fn a_key_is_read_however_its_lines_end_and_whatever_stands_around_it() {
        let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (what, pem) in [
            ("as it is", PEM.to_owned()),
            ("CRLF", PEM.replace('\n', "\r\n")),
            ("two characters for LF", PEM.replace('\n', "\\n")),
            ("four characters for CRLF", PEM.replace('\n', "\\r\\n")),
            ("no last line end", PEM.trim_end().to_owned()),
            ("no last line end, two characters for LF", PEM.trim_end().replace('\n', "\\n")),
            ("blank lines", format!("\n\n{PEM}\n\n")),
            ("text", format!("Bag Attributes: none\n{PEM}that was it")),
            ("another block before", format!("{certificate}{PEM}")),
            ("another block after", format!("{PEM}{certificate}")),
            ("a block without end before", format!("-----BEGIN CERTIFICATE-----\nAAAA\n{PEM}")),
            ("spaces at the ends of lines", PEM.replace('\n', "  \n")),
        ] {
            let key = read(&pem).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(key.fingerprint(), read(PEM).unwrap().fingerprint(), "{what}");
        }
    }

    #[test]
    fn each_unusable_key_is_told_for_what_it_is() {
        use PrivateKeyError::{NotAPrivateKey, NotPem, NotRsa, WrongSize};

        let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
        let half: String = PEM.split_inclusive('\n').take(12).collect();
        let public_key = "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n";
        for (what, pem, expected) in [
            ("nothing", "", NotPem),
            ("words", "not a key", NotPem),
            ("base64 alone", "MIIEpAIBAAKCAQEA", NotPem),
            ("a beginning", begin, NotPem),
            ("an end", end, NotPem),
            ("end before beginning", &format!("{end}\n{begin}\n"), NotPem),
            ("another label's end", &PEM.replace(end, "-----END PRIVATE KEY-----"), NotPem),
            ("cut off", &half, NotPem),
            ("cut off and closed", &format!("{half}{end}\n"), NotAPrivateKey),
            ("an empty block", &format!("{begin}\n{end}\n"), NotAPrivateKey),
            ("a block that is not base64", &format!("{begin}\n!!!!\n{end}\n"), NotAPrivateKey),
            ("a block that is not DER", &format!("{begin}\nAAAA\n{end}\n"), NotAPrivateKey),
            ("a public key", public_key, NotAPrivateKey),
            ("encrypted PKCS#1", fixture!("encrypted-pkcs1"), NotAPrivateKey),
            ("encrypted PKCS#8", fixture!("encrypted-pkcs8"), NotAPrivateKey),
            ("SEC 1", fixture!("ec-p256-sec1"), NotAPrivateKey),
            ("PKCS#8 with Ed25519", fixture!("ed25519"), NotRsa),
            ("PKCS#8 with DSA", fixture!("dsa-1024"), NotRsa),
            ("PKCS#8 with RSA-PSS", fixture!("rsa-pss-2048"), NotRsa),
            ("512 bits", fixture!("rsa-512"), WrongSize),
            ("1024 bits", fixture!("rsa-1024"), WrongSize),
            ("1024 bits in PKCS#8", fixture!("rsa-1024-pkcs8"), WrongSize),
            ("2040 bits", fixture!("rsa-2040"), WrongSize),
            ("8256 bits", fixture!("rsa-8256"), WrongSize),
        ] {
            assert_eq!(read(pem).map(|_| ()), Err(expected), "{what}");
        }
    }

    #[test]
    fn the_longest_key_allowed_signs() {
        let key = read(fixture!("rsa-8192")).unwrap();
        let jwt = key.sign(&client_id("a"), SystemTime::UNIX_EPOCH).unwrap();
        let signature = jwt.secret().expose_secret().rsplit('.').next().unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode_to_vec(signature).unwrap().len(), 8192 / 8);
    }

    #[test]
    fn no_error_shows_anything_of_the_key() {
        for (error, text) in [
            (PrivateKeyError::NotPem, "decode GitHub App private key PEM"),
            (PrivateKeyError::NotAPrivateKey, "parse GitHub App private key"),
            (PrivateKeyError::NotRsa, "GitHub App private key must be RSA"),
            (PrivateKeyError::WrongSize, "GitHub App private key must be RSA with 2048 to 8192 bits"),
            (PrivateKeyError::DoesNotSign, "parse GitHub App private key"),
        ] {
            assert_eq!(error.to_string(), text, "{error:?}");
        }
    }
}
