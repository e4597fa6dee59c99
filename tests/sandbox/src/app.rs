//! The fixture: a GitHub App, its installation and keys, the repository, and the Lambda's surroundings.

use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The App's client ID.
pub const CLIENT_ID: &str = "Iv23liSANDBOX0000000";
/// The App's installation.
pub const INSTALLATION_ID: u64 = 52_345_678;
/// Who owns the repository.
pub const REPOSITORY_OWNER: &str = "octo-org";
/// The repository's name.
pub const REPOSITORY_NAME: &str = "octo-repo";

/// The broker's default name for the client ID's parameter.
pub const CLIENT_ID_PARAM: &str = "/github-token-broker/app/client-id";
/// The broker's default name for the installation ID's parameter.
pub const INSTALLATION_ID_PARAM: &str = "/github-token-broker/app/installation-id";
/// The broker's default name for the private key's parameter.
pub const PRIVATE_KEY_PARAM: &str = "/github-token-broker/app/private-key-pem";

/// Where the function runs.
pub const AWS_REGION: &str = "eu-central-1";
/// Whose it is.
pub const AWS_ACCOUNT_ID: &str = "123456789012";
/// The function role's access key ID.
pub const AWS_ACCESS_KEY_ID: &str = "ASIASANDBOXFIXTURE00";
/// The function role's secret access key.
pub const AWS_SECRET_ACCESS_KEY: &str = "sandbox+secret/access+key+fixture/000000";
/// The function role's session token.
pub const AWS_SESSION_TOKEN: &str = "IQoJsandbox//session+token+fixture+of+no+account+000000000000==";

/// How long PEM's lines are.
const PEM_LINE: usize = 64;
/// What PKCS#8 puts before the PKCS#1 key of 2048 bits: version, algorithm, and the headers of sequence and string.
/// <https://www.rfc-editor.org/rfc/rfc5208#section-5>
const PKCS8_PREFIX: usize = 26;

/// One of the App's RSA-2048 keys. Making one takes a moment, so each is made once per process.
#[derive(Debug)]
pub struct AppKey {
    pkcs8: Vec<u8>,
    spki: Vec<u8>,
    verification: Vec<u8>,
}

impl AppKey {
    /// The App's key.
    pub fn first() -> &'static Self {
        static KEY: OnceLock<AppKey> = OnceLock::new();
        KEY.get_or_init(Self::generate)
    }

    /// Another key, to take the first one's place, or which GitHub does not know.
    pub fn second() -> &'static Self {
        static KEY: OnceLock<AppKey> = OnceLock::new();
        KEY.get_or_init(Self::generate)
    }

    /// A key that nobody else has.
    ///
    /// # Panics
    ///
    /// When the system has no randomness.
    pub fn generate() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().expect("an RSA key has a PKCS#8 form");
        let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("an RSA key has a public form");
        Self {
            pkcs8: pkcs8.as_ref().to_vec(),
            spki: spki.as_ref().to_vec(),
            verification: pair.public_key().as_ref().to_vec(),
        }
    }

    /// `RSA PRIVATE KEY`, as GitHub gives it.
    pub fn pkcs1_pem(&self) -> String {
        pem("RSA PRIVATE KEY", &self.pkcs8[PKCS8_PREFIX..])
    }

    /// `PRIVATE KEY`.
    pub fn pkcs8_pem(&self) -> String {
        pem("PRIVATE KEY", &self.pkcs8)
    }

    /// `PUBLIC KEY`: what somebody might store by mistake.
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.spki)
    }

    /// The public key, as `SubjectPublicKeyInfo` in DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// `SHA256:` and the base64 of the public key's SHA-256, as GitHub's settings page shows it.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", BASE64_STANDARD.encode(digest(&SHA256, &self.spki)))
    }

    /// The public key as aws-lc-rs verifies with it (PKCS#1 in DER).
    pub(crate) fn verification_key(&self) -> &[u8] {
        &self.verification
    }

    /// The lines of its private PEM forms. None of them may ever be seen outside SSM's answer.
    pub fn secret_lines(&self) -> Vec<String> {
        let text = self.pkcs1_pem() + &self.pkcs8_pem();
        text.lines().filter(|line| !line.starts_with('-') && line.len() == PEM_LINE).map(String::from).collect()
    }
}

/// A P-256 key as `PRIVATE KEY`: PKCS#8, but not RSA.
///
/// # Panics
///
/// When the system has no randomness.
pub fn elliptic_curve_pem() -> String {
    rcgen::KeyPair::generate().expect("a P-256 key").serialize_pem().replace('\r', "")
}

/// A PEM block with LF line ends.
pub fn pem(label: &str, der: &[u8]) -> String {
    let body = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = body.as_bytes().chunks(PEM_LINE).filter_map(|line| str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
