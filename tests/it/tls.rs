//! One trust store for SSM and GitHub: the system's certificates and those of `SSL_CERT_FILE`. Rows of `failures`
//! assert that servers of other CAs get no request.

use std::path::{Path, PathBuf};
use std::process::Command;

use sandbox::{AppKey, CertificateAuthority, Sandbox};

use crate::init_fault::assert_refuses_to_start;
use crate::scene::{launch, set};

/// Creates a file next to the sandbox's certificate. It is deleted with the sandbox.
fn file(sandbox: &Sandbox, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = sandbox.ca.pem_path().with_file_name(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[tokio::test]
async fn ssl_cert_file_without_certificates_is_an_error() {
    let sandbox = Sandbox::start().await;
    let certificate = sandbox.ca.pem().to_owned();
    let directory = sandbox.ca.pem_path().parent().unwrap().to_owned();
    let garbage = "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
    for (case, path) in [
        ("missing", directory.join("missing.pem")),
        ("below a file", sandbox.ca.pem_path().join("x.pem")),
        ("a directory", directory.clone()),
        ("empty", file(&sandbox, "empty.pem", "")),
        ("text", file(&sandbox, "text.pem", "no certificate")),
        ("a key", file(&sandbox, "key.pem", AppKey::first().pkcs8_pem())),
        ("no certificate within", file(&sandbox, "garbage.pem", garbage)),
        ("without its end", file(&sandbox, "cut.pem", &certificate[..certificate.len() / 2])),
        ("not text", file(&sandbox, "binary.pem", [0, 0xff, 0xfe, 0])),
    ] {
        let change = set("SSL_CERT_FILE", &path);
        let text = assert_refuses_to_start(&sandbox, case, "SSL_CERT_FILE …", change).await;
        assert!(!text.contains(path.to_str().unwrap()), "{case}: {text}");
    }
}

#[tokio::test]
async fn ssl_cert_file_must_be_a_regular_file() {
    let sandbox = Sandbox::start().await;
    let (directory, fifo) = (sandbox.ca.pem_path().parent().unwrap(), sandbox.ca.pem_path().with_file_name("fifo"));
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let link = fifo.with_file_name("link");
    std::os::unix::fs::symlink(&fifo, &link).unwrap();
    for (path, reason) in [
        (directory, "it is a directory"),
        (&fifo, "it is not a regular file"),
        (&link, "it is not a regular file"),
        (Path::new("/dev/null"), "it is not a regular file"),
        (Path::new("/dev/zero"), "it is not a regular file"),
    ] {
        let expected = format!("SSL_CERT_FILE names a file that cannot be read: {reason}");
        assert_refuses_to_start(&sandbox, reason, &expected, set("SSL_CERT_FILE", path)).await;
    }
    let link = sandbox.ca.pem_path().with_file_name("link.pem");
    std::os::unix::fs::symlink(sandbox.ca.pem_path(), &link).unwrap();
    let broker = launch(&sandbox, set("SSL_CERT_FILE", link));
    assert!(sandbox.lambda.invoke("null").await.is_success(), "a link to one is good: {}", broker.stdout());
}

#[tokio::test]
async fn ssl_cert_file_may_hold_several_certificates() {
    let sandbox = Sandbox::start().await;
    let (own, other) = (sandbox.ca.pem(), CertificateAuthority::new());
    for (case, content) in [
        ("only one", own.to_owned()),
        ("the second", format!("# company\n{}\n\n{own}", other.pem())),
        ("the first, with CRLF", format!("subject=/CN=x\n{own}{}", other.pem()).replace('\n', "\r\n")),
        (
            "after an invalid certificate",
            format!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{own}"),
        ),
        ("with a key", format!("{}{own}", AppKey::second().pkcs8_pem())),
    ] {
        let path = file(&sandbox, "bundle.pem", content);
        let broker = launch(&sandbox, set("SSL_CERT_FILE", path));
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{case}: {}", invocation.text());
        broker.stop().await;
    }
}

#[tokio::test]
async fn sslkeylogfile_is_ignored() {
    let sandbox = Sandbox::start().await;
    let path = sandbox.ca.pem_path().with_file_name("keys.log");
    for exists in [false, true] {
        if exists {
            std::fs::write(&path, "").unwrap();
        }
        let broker = launch(&sandbox, set("SSLKEYLOGFILE", &path));
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{}", invocation.text());
        broker.stop().await;
        assert_eq!(std::fs::read(&path).ok(), exists.then(Vec::new));
    }
}
