//! The private key: every usual form of it signs, and what cannot sign is told without showing anything of it.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use sandbox::{AppKey, Broker, Sandbox, app};

const BOOTSTRAP: &str = env!("CARGO_BIN_EXE_bootstrap");

const NOT_PEM: &str = "decode GitHub App private key PEM";
const NOT_A_KEY: &str = "parse GitHub App private key";
const NOT_RSA: &str = "GitHub App private key must be RSA";
const WRONG_SIZE: &str = "GitHub App private key must be RSA with 2048 to 8192 bits";

/// Keys made with the `openssl` command for these tests alone.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("fixtures/test-fixture-", $name, ".pem"))
    };
}

/// A broker that runs, and a private key to store.
struct Scene {
    sandbox: Sandbox,
    broker: Broker,
}

impl Scene {
    async fn start() -> Self {
        let sandbox = Sandbox::start().await;
        let broker = sandbox.launch(BOOTSTRAP.as_ref(), |_| {});
        Self { sandbox, broker }
    }

    /// Asserts that these keys are refused with these texts, that GitHub hears nothing of it, and that nothing of a
    /// key is shown.
    async fn assert_refused(self, cases: &[(&str, &str, &str)]) {
        for (case, pem, text) in cases {
            self.sandbox.ssm.put(app::PRIVATE_KEY_PARAM, *pem);
            let invocation = self.sandbox.lambda.invoke("null").await;
            let failure = (invocation.error_type(), invocation.error_message());
            assert_eq!(failure, ("PrivateKeyInvalid".to_owned(), (*text).to_owned()), "{case}");
            let line = self.broker.log_of(&invocation).await;
            assert_eq!((&line["error"], &line["error_type"]), (&(*text).into(), &"PrivateKeyInvalid".into()), "{case}");
        }
        assert_eq!(self.sandbox.github.requests().len(), 0);
        assert_eq!(self.sandbox.ssm.requests().len(), cases.len());
        let shown: Vec<&str> =
            cases.iter().flat_map(|(_, pem, _)| pem.lines()).filter(|line| line.len() > 15).collect();
        assert_eq!(self.sandbox.leaks(&self.broker.stop().await, &shown), []);
    }
}

fn half(pem: &str) -> String {
    pem.split_inclusive('\n').take(12).collect()
}

#[tokio::test]
async fn every_usual_form_of_the_key_signs() {
    let scene = Scene::start().await;
    let key = AppKey::first();
    let (pkcs1, pkcs8) = (key.pkcs1_pem(), key.pkcs8_pem());
    for (form, pem) in [("PKCS#1", pkcs1), ("PKCS#8", pkcs8)] {
        for (case, pem) in [
            ("as it is", pem.clone()),
            ("CRLF", pem.replace('\n', "\r\n")),
            ("no last line end", pem.trim_end().to_owned()),
            ("CRLF, no last line end", pem.trim_end().replace('\n', "\r\n")),
            ("LF as two characters", pem.replace('\n', "\\n")),
            ("LF as two characters, none at the end", pem.trim_end().replace('\n', "\\n")),
            ("blank lines around", format!("\n\n{pem}\n\n\n")),
            ("text around", format!("Bag Attributes\n    friendlyName: broker\n{pem}\nthe end\n")),
            ("another block before", format!("{}{pem}", key.public_pem())),
            ("another block after", format!("{pem}{}", key.public_pem())),
        ] {
            scene.sandbox.ssm.put(app::PRIVATE_KEY_PARAM, pem);
            let invocation = scene.sandbox.lambda.invoke("null").await;
            assert!(invocation.is_success(), "{form}, {case}: {}", invocation.text());
            let line = scene.broker.log_of(&invocation).await;
            assert_eq!(line["key_fingerprint"], key.fingerprint(), "{form}, {case}");
        }
    }
    scene.sandbox.assert_no_violations();
    assert_eq!(scene.sandbox.leaks(&scene.broker.stop().await, &[]), []);
}

#[tokio::test]
async fn without_a_complete_pem_block_there_is_nothing_to_decode() {
    let pem = AppKey::first().pkcs1_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let wrong_end = pem.replace("-----END RSA PRIVATE KEY-----", "-----END CERTIFICATE-----");
    let cases = [
        ("words", "this is not a key", NOT_PEM),
        ("base64 without its lines around", &base64, NOT_PEM),
        ("JSON", r#"{"private_key":"none"}"#, NOT_PEM),
        ("cut off", &half(&pem), NOT_PEM),
        ("cut off, LF as two characters", &half(&pem).replace('\n', "\\n"), NOT_PEM),
        ("an end of another kind", &wrong_end, NOT_PEM),
        ("an OpenSSH public key", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 nobody@example.test", NOT_PEM),
    ];
    Scene::start().await.assert_refused(&cases).await;
}

#[tokio::test]
async fn a_pem_block_without_a_readable_private_key_cannot_be_parsed() {
    let key = AppKey::first();
    let (pkcs1, pkcs8) = (key.pkcs1_pem(), key.pkcs8_pem());
    let closed_early = half(&pkcs1) + "-----END RSA PRIVATE KEY-----\n";
    let certificate = app::pem("CERTIFICATE", key.spki_der());
    let damaged = pkcs8.replacen("MII", "MIJ", 1);
    let cases = [
        ("cut off and closed", closed_early.as_str(), NOT_A_KEY),
        ("no DER", &app::pem("RSA PRIVATE KEY", b"not DER at all, and long enough"), NOT_A_KEY),
        ("no base64", "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n", NOT_A_KEY),
        ("nothing in it", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", NOT_A_KEY),
        ("damaged", &damaged, NOT_A_KEY),
        ("a public key", &key.public_pem(), NOT_A_KEY),
        ("a public key below the wrong label", &app::pem("PRIVATE KEY", key.spki_der()), NOT_A_KEY),
        ("a certificate", &certificate, NOT_A_KEY),
        ("encrypted PKCS#8", fixture!("encrypted-pkcs8"), NOT_A_KEY),
        ("encrypted PKCS#1", fixture!("encrypted-pkcs1"), NOT_A_KEY),
    ];
    Scene::start().await.assert_refused(&cases).await;
}

#[tokio::test]
async fn pkcs8_of_another_kind_is_not_rsa() {
    let cases = [
        ("Ed25519", fixture!("ed25519"), NOT_RSA),
        ("P-256", &app::elliptic_curve_pem(), NOT_RSA),
        ("DSA", fixture!("dsa-1024"), NOT_RSA),
    ];
    Scene::start().await.assert_refused(&cases).await;
}

#[tokio::test]
async fn an_rsa_key_that_is_too_short_or_too_long_is_refused() {
    let cases = [
        ("512 bits", fixture!("rsa-512"), WRONG_SIZE),
        ("1024 bits", fixture!("rsa-1024"), WRONG_SIZE),
        ("1024 bits in PKCS#8", fixture!("rsa-1024-pkcs8"), WRONG_SIZE),
        ("1024 bits, CRLF", &fixture!("rsa-1024").replace('\n', "\r\n"), WRONG_SIZE),
        ("2040 bits", fixture!("rsa-2040"), WRONG_SIZE),
        ("8256 bits", fixture!("rsa-8256"), WRONG_SIZE),
    ];
    Scene::start().await.assert_refused(&cases).await;
}

/// Elliptic curves before PKCS#8 have a label of their own: neither a key as documented nor PKCS#8 of another kind.
#[tokio::test]
async fn a_key_in_sec_1_is_refused() {
    let scene = Scene::start().await;
    scene.sandbox.ssm.put(app::PRIVATE_KEY_PARAM, fixture!("ec-p256-sec1"));
    let invocation = scene.sandbox.lambda.invoke("null").await;
    assert_eq!(invocation.error_type(), "PrivateKeyInvalid");
    assert_eq!(scene.sandbox.github.requests().len(), 0);
}

#[tokio::test]
async fn a_key_of_the_longest_allowed_size_reaches_github() {
    let scene = Scene::start().await;
    scene.sandbox.ssm.put(app::PRIVATE_KEY_PARAM, fixture!("rsa-8192"));
    let invocation = scene.sandbox.lambda.invoke("null").await;
    // It is not the App's key.
    assert_eq!(invocation.error_type(), "GitHubRejectedApp");
    let signature = scene.sandbox.github.bearers()[0].rsplit('.').next().map(str::len);
    assert_eq!(signature, Some(1024_usize.div_ceil(3) * 4 - 2));
}
