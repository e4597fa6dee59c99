//! The stored private key cannot sign. GitHub is then not called, and no part of the value is quoted.

use sandbox::{AppKey, app};

use super::joined;
use super::row::Failure;
use crate::leaks::BODY;
use crate::private_key::fixture;
use crate::steps::Step;

const NOT_PEM: &str = "decode GitHub App private key PEM";
const NOT_A_KEY: &str = "parse GitHub App private key";
const NOT_RSA: &str = "GitHub App private key must be RSA";
const WRONG_SIZE: &str = "GitHub App private key must be RSA with 2048 to 8192 bits";

pub(super) fn rows() -> Vec<Failure> {
    joined([not_pem(), not_keys(), damaged(), not_rsa(), wrong_sizes()])
}

/// Creates a row for each value. No line that is long enough to be a secret may be quoted.
fn table<const N: usize>(message: &str, values: [(&str, String); N]) -> Vec<Failure> {
    values
        .map(|(name, value)| {
            let name = format!("private key: {name}");
            let shown: Vec<String> = value.lines().filter(|line| line.len() > 15).map(String::from).collect();
            Failure::of(Step::Ssm, name, [], "PrivateKeyInvalid", message)
                .logging_app()
                .hiding(shown)
                .given(move |sandbox| sandbox.ssm.put(app::PRIVATE_KEY_PARAM, value.clone()))
        })
        .into()
}

fn not_pem() -> Vec<Failure> {
    let key = AppKey::first();
    let pem = key.pkcs1_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    table(
        NOT_PEM,
        [
            ("words", "this is not a key".into()),
            ("one word", BODY.into()),
            ("base64 without its lines around", base64),
            ("base64 of both forms", key.secret_lines().concat()),
            ("JSON", r#"{"private_key":"none"}"#.into()),
            ("cut off after a line", half(&pem)),
            ("cut off within a line", pem[..pem.len() / 2].into()),
            ("cut off, LF as two characters", half(&pem).replace('\n', "\\n")),
            ("an end of another kind", pem.replace("-----END RSA PRIVATE KEY-----", "-----END CERTIFICATE-----")),
            ("an OpenSSH public key", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 nobody@example.test".into()),
        ],
    )
}

fn not_keys() -> Vec<Failure> {
    let key = AppKey::first();
    table(
        NOT_A_KEY,
        [
            ("no DER", app::pem("RSA PRIVATE KEY", b"not DER at all, and long enough")),
            ("no base64", "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n".into()),
            ("nothing in it", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n".into()),
            ("a public key", key.public_pem()),
            ("a public key below the wrong label", app::pem("PRIVATE KEY", key.spki_der())),
            ("a certificate", app::pem("CERTIFICATE", key.spki_der())),
            ("encrypted PKCS#8", fixture!("encrypted-pkcs8").into()),
            ("encrypted PKCS#1", fixture!("encrypted-pkcs1").into()),
            ("the label of an encrypted key", key.pkcs1_pem().replace("RSA PRIVATE", "ENCRYPTED PRIVATE")),
        ],
    )
}

fn damaged() -> Vec<Failure> {
    let key = AppKey::first();
    let (pkcs1, pkcs8) = (key.pkcs1_pem(), key.pkcs8_pem());
    let without_a_line: Vec<&str> = pkcs1.lines().enumerate().filter(|(i, _)| *i != 5).map(|(_, line)| line).collect();
    table(
        NOT_A_KEY,
        [
            ("cut off and closed", half(&pkcs1) + "-----END RSA PRIVATE KEY-----\n"),
            ("a line lost", without_a_line.join("\n")),
            ("another length in the DER", pkcs8.replacen("MII", "MIJ", 1)),
            ("not base64 in one place", pkcs8.replacen("AA", "A*", 1).replacen("MII", "M!I", 1)),
        ],
    )
}

fn not_rsa() -> Vec<Failure> {
    let pkcs8 = table(
        NOT_RSA,
        [
            ("Ed25519", fixture!("ed25519").into()),
            ("P-256", app::elliptic_curve_pem()),
            ("DSA", fixture!("dsa-1024").into()),
        ],
    );
    // Before PKCS#8, elliptic curve keys had their own label.
    joined([pkcs8, table(NOT_A_KEY, [("P-256 as SEC 1", fixture!("ec-p256-sec1").into())])])
}

fn wrong_sizes() -> Vec<Failure> {
    table(
        WRONG_SIZE,
        [
            ("512 bits", fixture!("rsa-512").into()),
            ("1024 bits", fixture!("rsa-1024").into()),
            ("1024 bits in PKCS#8", fixture!("rsa-1024-pkcs8").into()),
            ("1024 bits, CRLF", fixture!("rsa-1024").replace('\n', "\r\n")),
            ("2040 bits", fixture!("rsa-2040").into()),
            ("8256 bits", fixture!("rsa-8256").into()),
        ],
    )
}

fn half(pem: &str) -> String {
    pem.split_inclusive('\n').take(12).collect()
}
