//! The fixture: a GitHub App, its installation and keys, the repository, and the function's AWS account.

use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The App's client ID.
pub const CLIENT_ID: &str = "Iv23liSANDBOX0000000";
/// The ID of the App's installation.
pub const INSTALLATION_ID: u64 = 52_345_678;
/// The repository's owner.
pub const REPOSITORY_OWNER: &str = "octo-org";
/// The repository's name.
pub const REPOSITORY_NAME: &str = "octo-repo";

/// The broker's default name for the client ID's parameter.
pub const CLIENT_ID_PARAM: &str = "/github-token-broker/app/client-id";
/// The broker's default name for the installation ID's parameter.
pub const INSTALLATION_ID_PARAM: &str = "/github-token-broker/app/installation-id";
/// The broker's default name for the private key's parameter.
pub const PRIVATE_KEY_PARAM: &str = "/github-token-broker/app/private-key-pem";

/// The function's region.
pub const AWS_REGION: &str = "eu-central-1";
/// The function's account.
pub const AWS_ACCOUNT_ID: &str = "123456789012";
/// The function role's access key ID.
pub const AWS_ACCESS_KEY_ID: &str = "ASIASANDBOXFIXTURE00";
/// The function role's secret access key.
pub const AWS_SECRET_ACCESS_KEY: &str = "sandbox+secret/access+key+fixture/000000";
/// The function role's session token.
pub const AWS_SESSION_TOKEN: &str = "IQoJsandbox//session+token+fixture+of+no+account+000000000000==";

/// The length of PEM lines.
const PEM_LINE: usize = 64;
/// The length of the PKCS#8 prefix before a PKCS#1 key of 2048 bits: version, algorithm, and the headers of sequence
/// and string.
/// <https://www.rfc-editor.org/rfc/rfc5208#section-5>
const PKCS8_PREFIX: usize = 26;

/// One of the App's RSA-2048 keys. Generating a key is slow, so each is generated once per process.
#[derive(Debug)]
pub struct AppKey {
    pkcs8: Vec<u8>,
    spki: Vec<u8>,
    verification: Vec<u8>,
}

impl AppKey {
    /// Returns the App's key.
    pub fn first() -> &'static Self {
        static KEY: OnceLock<AppKey> = OnceLock::new();
        KEY.get_or_init(Self::generate)
    }

    /// Returns a second key, for key rotation or as a key that GitHub does not know.
    pub fn second() -> &'static Self {
        static KEY: OnceLock<AppKey> = OnceLock::new();
        KEY.get_or_init(Self::generate)
    }

    /// Generates a new key.
    ///
    /// # Panics
    ///
    /// When the system provides no random bytes.
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

    /// Returns the key as `RSA PRIVATE KEY`, the format in which GitHub provides it.
    pub fn pkcs1_pem(&self) -> String {
        pem("RSA PRIVATE KEY", &self.pkcs8[PKCS8_PREFIX..])
    }

    /// Returns the key as `PRIVATE KEY`.
    pub fn pkcs8_pem(&self) -> String {
        pem("PRIVATE KEY", &self.pkcs8)
    }

    /// Returns the `PUBLIC KEY`, which might be stored by mistake.
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.spki)
    }

    /// Returns the public key as `SubjectPublicKeyInfo` in DER.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// Returns `SHA256:` and the base64 of the public key's SHA-256, as on the App's settings page on GitHub.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", BASE64_STANDARD.encode(digest(&SHA256, &self.spki)))
    }

    /// Returns the public key in the format that aws-lc-rs verifies with: PKCS#1 in DER.
    pub(crate) fn verification_key(&self) -> &[u8] {
        &self.verification
    }

    /// Returns the lines of the key's private PEM formats. None of them may appear outside SSM's response.
    pub fn secret_lines(&self) -> Vec<String> {
        let text = self.pkcs1_pem() + &self.pkcs8_pem();
        text.lines().filter(|line| !line.starts_with('-') && line.len() == PEM_LINE).map(String::from).collect()
    }
}

/// Generates a P-256 key as `PRIVATE KEY`: PKCS#8, but not RSA.
///
/// # Panics
///
/// When the system provides no random bytes.
pub fn elliptic_curve_pem() -> String {
    rcgen::KeyPair::generate().expect("a P-256 key").serialize_pem().replace('\r', "")
}

/// Formats a PEM block with LF line ends.
pub fn pem(label: &str, der: &[u8]) -> String {
    let body = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = body.as_bytes().chunks(PEM_LINE).filter_map(|line| str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
