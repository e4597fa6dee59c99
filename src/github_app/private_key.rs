//! Parses the App's private key from PEM into a validated RSA key pair.
//!
//! `jsonwebtoken`'s own PEM parser is not used: it does not validate an RSA key, so an invalid key fails only when it
//! signs.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use base64_simd::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::pem;

/// The reason why a text is not a usable private key. No message quotes any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PrivateKeyError {
    /// No complete PEM block.
    #[error("decode GitHub App private key PEM")]
    NotPem,
    /// PEM without an unencrypted private key.
    #[error("parse GitHub App private key")]
    NotAPrivateKey,
    /// A private key of another algorithm, in PKCS#8.
    #[error("GitHub App private key must be RSA")]
    NotRsa,
    /// Too short to be safe, or longer than the cryptography library accepts.
    #[error("GitHub App private key must be RSA with 2048 to 8192 bits")]
    WrongSize,
    /// A valid key with which signing failed.
    #[error("parse GitHub App private key")]
    DoesNotSign,
}

/// The App's private key, ready to sign.
pub(crate) struct PrivateKey {
    key_pair: Arc<KeyPair>,
    fingerprint: String,
}

impl PrivateKey {
    /// Parses PEM with PKCS#1 (`RSA PRIVATE KEY`) or PKCS#8 (`PRIVATE KEY`). Surrounding text is ignored. Line ends may
    /// be LF, CRLF or the two characters `\n`.
    ///
    /// # Errors
    ///
    /// [`PrivateKeyError`].
    pub(crate) fn from_pem(pem: &SecretString) -> Result<Self, PrivateKeyError> {
        let der = private_key_der(pem.expose_secret())?;
        // The content decides, not the label: some tools label PKCS#1 as PKCS#8.
        let key_pair = match KeyPair::from_pkcs8(&der).map_err(rejection) {
            Err(PrivateKeyError::NotAPrivateKey) => KeyPair::from_der(&der).map_err(rejection),
            result => result,
        }?;
        let fingerprint = fingerprint(&key_pair).ok_or(PrivateKeyError::NotAPrivateKey)?;
        Ok(Self { key_pair: Arc::new(key_pair), fingerprint })
    }

    /// Returns `SHA256:` and the base64 of the public key's SHA-256, as on the App's settings page on GitHub.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(super) fn key_pair(&self) -> Arc<KeyPair> {
        Arc::clone(&self.key_pair)
    }
}

/// Converts the library's error. It has only a text, which the unit tests pin.
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

/// Decodes the first private key among the PEM blocks.
fn private_key_der(text: &str) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    let text = with_line_ends(text);
    let mut blocks = pem::blocks(&text).peekable();
    if blocks.peek().is_none() {
        return Err(PrivateKeyError::NotPem);
    }
    let block = blocks.find(|block| matches!(block.label, "RSA PRIVATE KEY" | "PRIVATE KEY"));
    let block = block.ok_or(PrivateKeyError::NotAPrivateKey)?;
    let mut der = Zeroizing::new(Vec::with_capacity(block.size()));
    let decoded = block.decode(&mut der).filter(|()| is_one_der_value(&der));
    decoded.map(|()| der).ok_or(PrivateKeyError::NotAPrivateKey)
}

/// Replaces the two characters `\n` by line ends.
fn with_line_ends(text: &str) -> Zeroizing<String> {
    // Allocated at its full size: a buffer that grows leaves copies behind that are not wiped.
    let mut written = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        written.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('n') {
            written.push('\n');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('r') {
            rest = after;
        } else {
            written.push('\\');
        }
    }
    written.push_str(rest);
    written
}

/// Returns whether the bytes are exactly one DER value. The library ignores trailing bytes.
fn is_one_der_value(der: &[u8]) -> bool {
    let Some([_tag, first]) = der.first_chunk() else { return false };
    // From 0x81 on, this is the number of length bytes. RSA keys have two.
    let count = usize::from(first.saturating_sub(0x80));
    let Some((length, content)) = der.get(2..).and_then(|rest| rest.split_at_checked(count)) else { return false };
    let long = || length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    match count {
        0 => content.len() == usize::from(*first),
        1..=4 => content.len() == long(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a key that was generated with `openssl` for these tests only.
    macro_rules! fixture {
        ($name:literal) => {
            include_str!(concat!("../../tests/fixtures/test-fixture-", $name, ".pem"))
        };
    }

    const PEM: &str = fixture!("rsa-2048");

    fn read(pem: &str) -> Result<PrivateKey, PrivateKeyError> {
        PrivateKey::from_pem(&pem.into())
    }

    /// Expects the output of `openssl pkey -pubout -outform DER | openssl dgst -sha256 -binary | base64`, as GitHub
    /// documents:
    /// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/managing-private-keys-for-github-apps#verifying-private-keys>.
    #[test]
    fn the_fingerprint_is_the_one_github_shows() {
        let expected = "SHA256:OXyfvyRCqcHZjc/tPxopcD7pbjWesaa9wnbVZe82vf0=";
        assert_eq!(read(PEM).unwrap().fingerprint(), expected);
    }

    fn with_headers(headers: &str) -> String {
        PEM.replacen("-----\n", &format!("-----\n{headers}"), 1)
    }

    fn base64_on_one_line() -> String {
        let (end, spaced) = ("-----END RSA PRIVATE KEY-----", PEM.trim().replace('\n', " "));
        spaced.replacen("----- ", "-----\n", 1).replace(&format!(" {end}"), &format!("\n{end}\n"))
    }

    fn with_trailing_bytes(pem: &str, bytes: &[u8]) -> String {
        let block = pem::blocks(pem).next().unwrap();
        let mut der = Vec::new();
        block.decode(&mut der).unwrap();
        der.extend_from_slice(bytes);
        let label = block.label;
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode_to_string(der))
    }

    #[test]
    fn bytes_after_the_key_are_refused() {
        for pem in [PEM, fixture!("rsa-2048-pkcs8")] {
            assert!(read(&with_trailing_bytes(pem, b"")).is_ok());
            for bytes in [&b"\0"[..], b"\0\0\0\0", b"ghs_secret", &[0x30, 0]] {
                let error = read(&with_trailing_bytes(pem, bytes)).map(|_| ());
                assert_eq!(error, Err(PrivateKeyError::NotAPrivateKey), "{bytes:?}");
            }
        }
    }

    #[test]
    fn line_ends_and_surrounding_text_are_ignored() {
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
            ("spaces and tabs within lines", PEM.replace("MII", " M\tII ").replace('/', " /\t")),
            ("base64 on one line with spaces", base64_on_one_line()),
            ("headers", with_headers("Proc-Type: 4,CLEAR\nComment: a b\n\n")),
            ("headers with CRLF", with_headers("Comment: a b\n\n").replace('\n', "\r\n")),
            ("headers without a blank line", with_headers("Comment: a b\n")),
        ] {
            let key = read(&pem).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(key.fingerprint(), read(PEM).unwrap().fingerprint(), "{what}");
        }
    }

    #[test]
    fn unusable_keys_are_distinguished() {
        use PrivateKeyError::{NotAPrivateKey, NotPem, NotRsa, WrongSize};

        let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
        let half: String = PEM.split_inclusive('\n').take(12).collect();
        let public_key = "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n";
        for (what, pem, expected) in [
            ("nothing", "", NotPem),
            ("words", "not a key", NotPem),
            ("base64 without a block", "MIIEpAIBAAKCAQEA", NotPem),
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
    fn errors_do_not_quote_the_key() {
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
