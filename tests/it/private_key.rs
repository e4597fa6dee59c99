//! Every usual format of the private key works.

use sandbox::{AppKey, app};

use crate::scene::Scene;

/// Reads a key that was generated with `openssl` for these tests.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/test-fixture-", $name, ".pem"))
    };
}
pub(crate) use fixture;

#[tokio::test]
async fn every_usual_format_of_the_key_works() {
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
            let invocation = scene.mint(&format!("{form}, {case}")).await;
            let line = scene.broker.log_of(&invocation).await;
            assert_eq!(line["key_fingerprint"], key.fingerprint(), "{form}, {case}");
        }
    }
    scene.end().await;
}

#[tokio::test]
async fn a_key_of_8192_bits_reaches_github() {
    let scene = Scene::start().await;
    scene.sandbox.ssm.put(app::PRIVATE_KEY_PARAM, fixture!("rsa-8192"));
    // The sandbox's GitHub rejects the JWT, because this is not the App's key.
    assert_eq!(scene.invoke().await.error_type(), "GitHubRejectedApp");
    let signature = scene.sandbox.github.bearers()[0].rsplit('.').next().map(str::len);
    assert_eq!(signature, Some(1024_usize.div_ceil(3) * 4 - 2));
}
