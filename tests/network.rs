//! One trust store and one proxy rule for SSM and GitHub alike, and nothing goes where it was not sent.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail anywhere")]

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64_simd::STANDARD;
use common::{PlainServer, assert_nobody_was_called, assert_refuses_to_start, is_text, launch, set, ssm_answer};
use futures_util::future::join_all;
use sandbox::{CertificateAuthority, Door, Endpoint, Environment, Invocation, Outcome, Proxy, Reply, Sandbox, app};
use serde_json::json;

const BASE_URL: &str = "GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL";
const SSM_URL: &str = "AWS_ENDPOINT_URL_SSM";
const PROXY_VARIABLES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
/// No resolver knows it: <https://www.rfc-editor.org/rfc/rfc6761#section-6.4>.
const SSM_HOST: &str = "ssm.broker.invalid";
const GITHUB_HOST: &str = "github.broker.invalid";

/// A file beside the sandbox's certificate; it goes when the sandbox does.
fn file(sandbox: &Sandbox, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = sandbox.ca.pem_path().with_file_name(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[track_caller]
fn assert_success(invocation: &Invocation, case: &str) {
    assert!(invocation.is_success(), "{case}: {}", invocation.text());
}

#[track_caller]
fn assert_error(invocation: &Invocation, case: &str, error_type: &str, message: &str) {
    assert_eq!(invocation.outcome, Outcome::Error, "{case}: {}", invocation.text());
    assert_eq!(invocation.error_type(), error_type, "{case}: {}", invocation.text());
    assert!(is_text(&invocation.error_message(), message), "{case}: {} instead of {message}", invocation.text());
}

/// A proxy that leads the names above to the stand-ins.
async fn proxy_to(sandbox: &Sandbox) -> Proxy {
    let proxy = Proxy::start().await;
    proxy.map(SSM_HOST, sandbox.ssm.address());
    proxy.map(GITHUB_HOST, sandbox.github.address());
    proxy
}

fn beyond_the_proxy(env: &mut Environment) -> &mut Environment {
    env.set(SSM_URL, format!("https://{SSM_HOST}")).set(BASE_URL, format!("https://{GITHUB_HOST}"))
}

/// Sorted: both connections may be opened at the same time.
fn targets(proxy: &Proxy) -> Vec<String> {
    let requests = proxy.requests().into_iter();
    let mut targets: Vec<String> = requests.map(|request| format!("{} {}", request.method, request.target)).collect();
    targets.sort();
    targets
}

fn both_hosts() -> [String; 2] {
    [GITHUB_HOST, SSM_HOST].map(|host| format!("CONNECT {host}:443"))
}

#[tokio::test]
async fn ssl_cert_file_that_cannot_be_read_or_holds_no_certificate_is_a_fault() {
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
        ("a key", file(&sandbox, "key.pem", sandbox::AppKey::first().pkcs8_pem())),
        ("no certificate within", file(&sandbox, "garbage.pem", garbage)),
        ("without its end", file(&sandbox, "cut.pem", &certificate[..certificate.len() / 2])),
        ("not text", file(&sandbox, "binary.pem", [0, 0xff, 0xfe, 0])),
    ] {
        let text = assert_refuses_to_start(&sandbox, case, "SSL_CERT_FILE …", |env| {
            env.set("SSL_CERT_FILE", &path);
        })
        .await;
        assert!(!text.contains(path.to_str().unwrap()), "{case}: {text}");
    }
}

#[tokio::test]
async fn ssl_cert_file_may_hold_several_certificates_and_text_around_them() {
    let sandbox = Sandbox::start().await;
    let (own, other) = (sandbox.ca.pem(), CertificateAuthority::new());
    for (case, content) in [
        ("alone", own.to_owned()),
        ("the second", format!("# company\n{}\n\n{own}", other.pem())),
        ("the first, with CRLF", format!("subject=/CN=x\n{own}{}", other.pem()).replace('\n', "\r\n")),
        ("after one that is none", format!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{own}")),
        ("with a key", format!("{}{own}", sandbox::AppKey::second().pkcs8_pem())),
    ] {
        let path = file(&sandbox, "bundle.pem", content);
        let broker = launch(&sandbox, set("SSL_CERT_FILE", path));
        assert_success(&sandbox.lambda.invoke("null").await, case);
        broker.stop().await;
    }
}

#[tokio::test]
async fn a_server_of_an_authority_that_is_not_trusted_hears_nothing() {
    let other = CertificateAuthority::new();
    let cases = [("another authority's", Some(other.pem_path())), ("none", None), ("blank", Some(Path::new(" ")))];
    join_all(cases.map(|(case, path)| async move {
        let sandbox = Sandbox::start().await;
        let broker = launch(&sandbox, |env| {
            match path {
                Some(path) => env.set("SSL_CERT_FILE", path),
                None => env.remove("SSL_CERT_FILE"),
            };
        });
        let invocation = sandbox.lambda.invoke("null").await;
        assert_error(&invocation, case, "ParametersUnreadable", "read GitHub App parameters from SSM: …");
        assert_nobody_was_called(&sandbox, case);
        drop(broker);
    }))
    .await;
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    sandbox.github.set_doors([Door::ForeignCertificate]);
    let invocation = sandbox.lambda.invoke("null").await;
    assert_error(&invocation, "GitHub", "GitHubUnavailable", "request GitHub repository installation: …");
    assert!(sandbox.github.requests().is_empty());
    drop(broker);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_not_taken() {
    let sandbox = Sandbox::start().await;
    // The stand-ins' certificates are for 127.0.0.1; this address leads there too.
    let url = sandbox.github.url().replace("127.0.0.1", "0.0.0.0");
    let broker = launch(&sandbox, set(BASE_URL, url));
    let invocation = sandbox.lambda.invoke("null").await;
    assert_error(&invocation, "0.0.0.0", "GitHubUnavailable", "request GitHub repository installation: …");
    assert!(sandbox.github.connections() > 0 && sandbox.github.requests().is_empty());
    drop(broker);
}

#[tokio::test]
async fn ssm_and_github_are_reached_through_the_proxy() {
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        for scheme in ["http://", ""] {
            let sandbox = Sandbox::start().await;
            let proxy = proxy_to(&sandbox).await;
            let value = format!("{scheme}{}", proxy.address());
            let broker = launch(&sandbox, |env| {
                beyond_the_proxy(env).set(variable, &value);
            });
            for _ in 0..2 {
                assert_success(&sandbox.lambda.invoke("null").await, variable);
            }
            // One tunnel each, kept between invocations.
            assert_eq!(targets(&proxy), both_hosts(), "{variable}={value}");
            assert!(proxy.requests().iter().all(|request| request.authorization.is_none()), "{variable}={value}");
            sandbox.assert_no_violations();
            drop(broker);
        }
    }
}

#[tokio::test]
async fn the_proxys_credentials_are_for_the_proxy_alone() {
    let sandbox = Sandbox::start().await;
    let proxy = proxy_to(&sandbox).await;
    let broker = launch(&sandbox, |env| {
        beyond_the_proxy(env)
            .set("HTTPS_PROXY", proxy.url_with("proxyuser", "proxy%40s3cret"))
            .set("GITHUB_TOKEN_BROKER_LOG_LEVEL", "debug")
            .set("RUST_LOG", "trace");
    });
    assert_success(&sandbox.lambda.invoke("null").await, "with credentials");
    let basic = format!("Basic {}", STANDARD.encode_to_string("proxyuser:proxy@s3cret"));
    assert_eq!(targets(&proxy), both_hosts());
    let authorizations: Vec<_> = proxy.requests().into_iter().map(|request| request.authorization).collect();
    assert_eq!(authorizations, [Some(basic.clone()), Some(basic)]);
    for request in [sandbox.ssm.requests(), sandbox.github.requests()].concat() {
        assert!(request.header("proxy-authorization").is_none(), "{request:?}");
    }
    assert_eq!(leaks(&sandbox, &broker.stop().await), []);
}

fn leaks(sandbox: &Sandbox, captured: &sandbox::Captured) -> Vec<sandbox::Leak> {
    let basic = STANDARD.encode_to_string("proxyuser:proxy@s3cret");
    sandbox.leaks(captured, &["proxyuser", "proxy@s3cret", "proxy%40s3cret", "s3cret", &basic])
}

#[tokio::test]
async fn a_proxy_that_refuses_is_an_error_of_the_step() {
    let cases = [
        (None, "ParametersUnreadable", "read GitHub App parameters from SSM: …"),
        (Some(SSM_HOST), "GitHubUnavailable", "request GitHub repository installation: …"),
    ];
    join_all(cases.map(|(let_through, error_type, message)| async move {
        let sandbox = Sandbox::start().await;
        let proxy = Proxy::start().await;
        if let Some(host) = let_through {
            proxy.map(host, sandbox.ssm.address());
        }
        let broker = launch(&sandbox, |env| {
            beyond_the_proxy(env).set("HTTPS_PROXY", proxy.url_with("proxyuser", "proxy%40s3cret"));
        });
        let invocation = sandbox.lambda.invoke("null").await;
        assert_error(&invocation, "refused", error_type, message);
        assert_eq!(sandbox.github.connections(), 0, "{message}");
        assert_eq!(leaks(&sandbox, &broker.stop().await), []);
    }))
    .await;
}

#[tokio::test]
async fn a_proxy_that_wants_other_credentials_is_told_from_one_that_refuses() {
    for (status, why) in [
        (407, "the proxy wants other credentials"),
        (403, "the proxy did not let the request through"),
        (502, "the proxy did not let the request through"),
    ] {
        let sandbox = Sandbox::start().await;
        let proxy = PlainServer::start(move |_| (status, Vec::new(), Vec::new()));
        let broker = launch(&sandbox, |env| {
            beyond_the_proxy(env).set("HTTPS_PROXY", format!("http://proxyuser:s3cret@{}", proxy.address()));
        });
        let invocation = sandbox.lambda.invoke("null").await;
        let message = format!("read GitHub App parameters from SSM: {why}");
        assert_error(&invocation, why, "ParametersUnreadable", &message);
        assert!(proxy.requests().iter().all(|request| request.call.starts_with("CONNECT ")), "{status}");
        assert_eq!(leaks(&sandbox, &broker.stop().await), []);
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_an_error_of_the_step() {
    let sandbox = Sandbox::start().await;
    let closed = sandbox::ClosedPort::reserve().unwrap();
    let broker = launch(&sandbox, |env| {
        beyond_the_proxy(env).set("HTTPS_PROXY", format!("http://user:s3cret@{}", closed.address()));
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert_error(&invocation, "closed", "ParametersUnreadable", "read GitHub App parameters from SSM: …");
    assert_eq!(sandbox.leaks(&broker.stop().await, &["s3cret"]), []);
}

#[tokio::test]
async fn a_malformed_proxy_url_is_a_fault_that_shows_none_of_it() {
    let sandbox = Sandbox::start().await;
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        for value in [
            "ftp://user:s3cret@proxy.example",
            "socks5://user:s3cret@proxy.example",
            "http://user:s3cret@",
            "http://user:s3cret@proxy.example:port",
            "http://user:s3cret@proxy example",
        ] {
            let case = format!("{variable}={value}");
            let text = assert_refuses_to_start(&sandbox, &case, &format!("{variable} …"), |env| {
                env.set(variable, value);
            })
            .await;
            assert!(!text.contains("s3cret"), "{case}: {text}");
        }
    }
}

/// What an invocation with GitHub at this host asks the proxy for; it need not succeed.
async fn asked_of_the_proxy(github: &str, change: impl FnOnce(&mut Environment)) -> Vec<String> {
    let sandbox = Sandbox::start().await;
    let proxy = proxy_to(&sandbox).await;
    // Long enough for a first attempt, too short to wait for names that nobody knows.
    sandbox.lambda.set_timeout(sandbox::scaled(Duration::from_secs(1)));
    let broker = launch(&sandbox, |env| {
        env.set(BASE_URL, github).set("HTTPS_PROXY", proxy.url());
        change(env);
    });
    let invocation = sandbox.lambda.invoke("null").await;
    let reached_github = invocation.error_message().contains("GitHub repository");
    assert!(invocation.is_success() || reached_github, "{}", invocation.text());
    broker.stop().await;
    let mut targets = targets(&proxy);
    // Attempts are repeated.
    targets.dedup();
    targets
}

#[tokio::test]
async fn hosts_in_no_proxy_are_reached_directly() {
    // 0.0.0.0 leads to this machine, where nobody listens, and is no loopback address.
    let (name, address) = (format!("{GITHUB_HOST}:443"), "0.0.0.0:1".to_owned());
    let cases = [
        ("NO_PROXY", GITHUB_HOST, &name, false),
        ("no_proxy", GITHUB_HOST, &name, false),
        ("NO_PROXY", "broker.invalid", &name, false),
        ("NO_PROXY", ".broker.invalid", &name, false),
        ("NO_PROXY", " other.example , github.broker.invalid ", &name, false),
        ("NO_PROXY", "*", &name, false),
        ("NO_PROXY", "github.other.invalid", &name, true),
        ("NO_PROXY", "hub.broker.invalid", &name, true),
        ("NO_PROXY", "10.0.0.0/8,169.254.169.254", &name, true),
        ("NO_PROXY", " ", &name, true),
        ("NO_PROXY", "", &address, true),
        ("NO_PROXY", "0.0.0.0", &address, false),
        ("NO_PROXY", "0.0.0.0/8", &address, false),
        ("NO_PROXY", "10.0.0.0/8", &address, true),
    ];
    join_all(cases.map(|(variable, value, host, is_proxied)| async move {
        let asked = asked_of_the_proxy(&format!("https://{host}"), set(variable, value)).await;
        let expected = if is_proxied { vec![format!("CONNECT {host}")] } else { vec![] };
        assert_eq!(asked, expected, "{variable}={value:?} and {host}");
    }))
    .await;
}

#[tokio::test]
async fn ssm_too_is_reached_directly_when_it_is_in_no_proxy() {
    let sandbox = Sandbox::start().await;
    let proxy = proxy_to(&sandbox).await;
    sandbox.lambda.set_timeout(sandbox::scaled(Duration::from_secs(1)));
    let broker = launch(&sandbox, |env| {
        beyond_the_proxy(env).set("HTTPS_PROXY", proxy.url()).set("NO_PROXY", SSM_HOST);
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.error_message().starts_with("read GitHub App parameters from SSM: "), "{}", invocation.text());
    assert!(!targets(&proxy).iter().any(|target| target.contains(SSM_HOST)), "{:?}", targets(&proxy));
    drop(broker);
}

#[tokio::test]
async fn this_machine_is_never_reached_through_a_proxy() {
    let sandbox = Sandbox::start().await;
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "LocalHost"] {
        for no_proxy in [None, Some("other.example")] {
            let proxy = Proxy::start().await;
            let broker = launch(&sandbox, |env| {
                let to_host = |url: String| url.replace("127.0.0.1", host);
                env.set(SSM_URL, to_host(sandbox.ssm.url())).set(BASE_URL, to_host(sandbox.github.url()));
                for variable in PROXY_VARIABLES {
                    env.set(variable, proxy.url());
                }
                no_proxy.map(|value| env.set("NO_PROXY", value));
            });
            assert_success(&sandbox.lambda.invoke("null").await, host);
            assert_eq!(proxy.requests(), [], "{host} {no_proxy:?}");
            broker.stop().await;
        }
    }
    // Nobody listens at these; the proxy must not hear of them either.
    let urls = ["https://127.0.0.2:1", "http://127.0.0.1:1", "https://[::1]:1", "http://[::1]:1"];
    join_all(urls.map(|url| async move {
        assert_eq!(asked_of_the_proxy(url, |_| {}).await, [""; 0], "{url}");
    }))
    .await;
}

#[tokio::test]
async fn the_runtime_api_is_never_reached_through_a_proxy() {
    let sandbox = Sandbox::start().await;
    let proxy = Proxy::start().await;
    // Lambda's Runtime API has no loopback address (169.254.100.1); this one is none either, and leads here.
    let runtime_api = sandbox.lambda.runtime_api().to_string().replace("127.0.0.1", "0.0.0.0");
    let with_proxies = |env: &mut Environment| {
        env.set("AWS_LAMBDA_RUNTIME_API", &runtime_api);
        for variable in PROXY_VARIABLES {
            env.set(variable, proxy.url());
        }
    };
    let broker = launch(&sandbox, with_proxies);
    assert_success(&sandbox.lambda.invoke("null").await, "response");
    assert_eq!(sandbox.lambda.invoke("{}").await.error_type(), "InvocationInputRejected");
    broker.stop().await;

    let broker = launch(&sandbox, |env| {
        with_proxies(env);
        env.remove("AWS_REGION");
    });
    assert_eq!(sandbox.lambda.invoke("null").await.outcome, Outcome::InitError);
    assert_eq!(proxy.requests(), []);
    drop(broker);
}

#[tokio::test]
async fn githubs_redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        for (endpoint, step, calls) in [
            (Endpoint::Installation, "repository-installation", &[Endpoint::Installation][..]),
            (Endpoint::AccessTokens, "installation-token", &[Endpoint::Installation, Endpoint::AccessTokens]),
        ] {
            let sandbox = Sandbox::start().await;
            let elsewhere = Sandbox::start().await;
            for location in ["/repos/octo-org/renamed/installation".to_owned(), elsewhere.github.url()] {
                let case = format!("{status} of {endpoint:?} to {location}");
                sandbox.github.script(endpoint, [Reply::redirect(status, &location)]);
                let before = sandbox.github.calls().len();
                let broker = launch(&sandbox, |_| {});
                let invocation = sandbox.lambda.invoke("null").await;
                let message = format!("GitHub {step} request failed with status {status}");
                let is_renamed = (status, endpoint) == (301, Endpoint::Installation);
                let error_type = if is_renamed { "RepositoryNotInstalled" } else { "GitHubRefused" };
                assert_error(&invocation, &case, error_type, &message);
                assert_eq!(sandbox.github.calls()[before..], *calls, "{case}");
                broker.stop().await;
            }
            assert_eq!(elsewhere.github.connections(), 0, "{status}");
            sandbox.assert_no_violations();
        }
    }
}

#[tokio::test]
async fn ssms_redirects_are_not_followed() {
    let sandbox = Sandbox::start().await;
    let elsewhere = Sandbox::start().await;
    for status in [301, 302, 307, 308] {
        sandbox.ssm.script([Reply::redirect(status, &elsewhere.ssm.url())]);
        let before = sandbox.ssm.requests().len();
        let broker = launch(&sandbox, |_| {});
        let invocation = sandbox.lambda.invoke("null").await;
        let message = "read GitHub App parameters from SSM: …";
        assert_error(&invocation, &status.to_string(), "ParametersUnreadable", message);
        assert_eq!(sandbox.ssm.requests().len() - before, 1, "{status}");
        broker.stop().await;
    }
    assert_eq!((elsewhere.ssm.connections(), sandbox.github.requests().len()), (0, 0));
}

#[tokio::test]
async fn sslkeylogfile_is_ignored() {
    let sandbox = Sandbox::start().await;
    let path = sandbox.ca.pem_path().with_file_name("keys.log");
    let broker = launch(&sandbox, set("SSLKEYLOGFILE", &path));
    assert_success(&sandbox.lambda.invoke("null").await, "SSLKEYLOGFILE");
    broker.stop().await;
    assert!(!path.exists());
    // Nor is one written to that is there.
    std::fs::write(&path, "").unwrap();
    let broker = launch(&sandbox, set("SSLKEYLOGFILE", &path));
    assert_success(&sandbox.lambda.invoke("null").await, "SSLKEYLOGFILE");
    broker.stop().await;
    assert_eq!(std::fs::read(&path).unwrap(), b"");
}

#[tokio::test]
async fn a_path_in_the_base_url_is_kept_and_a_trailing_slash_does_no_harm() {
    for (path, trailing) in [("", ""), ("", "/"), ("/api/v3", ""), ("/api/v3", "/"), ("/gh/a-b_c.d/api/v3", "/")] {
        let sandbox = Sandbox::start().await;
        sandbox.github.set_base_path(path);
        let wide = Reply::edit(|mut answer| {
            answer["permissions"]["administration"] = json!("write");
            answer
        });
        sandbox.github.script(Endpoint::AccessTokens, [Reply::good(), wide]);
        let url = format!("{}{trailing}", sandbox.github.url());
        let broker = launch(&sandbox, set(BASE_URL, &url));
        assert_success(&sandbox.lambda.invoke("null").await, &url);
        assert_eq!(sandbox.lambda.invoke("null").await.error_type(), "GrantMismatch", "{url}");
        let installation = format!("{path}/repos/octo-org/octo-repo/installation");
        let token = format!("{path}/app/installations/{}/access_tokens", app::INSTALLATION_ID);
        let expected = [&installation, &token, &installation, &token, &format!("{path}/installation/token")];
        let targets: Vec<String> = sandbox.github.requests().into_iter().map(|request| request.target).collect();
        assert_eq!(targets.iter().collect::<Vec<_>>(), expected, "{url}");
        sandbox.assert_no_violations();
        drop(broker);
    }
}

#[tokio::test]
async fn several_invocations_need_two_connections() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    for _ in 0..5 {
        assert_success(&sandbox.lambda.invoke("null").await, "one of five");
    }
    assert_eq!((sandbox.ssm.requests().len(), sandbox.github.calls().len()), (5, 10));
    assert_eq!((sandbox.ssm.connections(), sandbox.github.connections()), (1, 1));
    drop(broker);
}

#[tokio::test]
async fn http_without_tls_works_on_this_machine() {
    let sandbox = Sandbox::start().await;
    let ssm = PlainServer::start(|_| ssm_answer(vec![]));
    let github = PlainServer::start(|request| {
        let body = if request.call.starts_with("GET ") {
            json!({ "id": app::INSTALLATION_ID })
        } else {
            json!({ "token": "ghs_plain", "expires_at": "2026-04-23T16:48:32Z" })
        };
        (200, vec![], body.to_string().into_bytes())
    });
    let broker = launch(&sandbox, |env| {
        env.set(SSM_URL, ssm.url()).set(BASE_URL, github.url().replace("127.0.0.1", "LocalHost"));
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert_eq!(
        invocation.text(),
        r#"{"token":"ghs_plain","expires_at":"2026-04-23T16:48:32Z","repositories":["octo-org/octo-repo"],"permissions":{"contents":"read"}}"#
    );
    let calls: Vec<String> = github.requests().into_iter().map(|request| request.call).collect();
    assert_eq!(calls, ["GET /repos/octo-org/octo-repo/installation", "POST /app/installations/52345678/access_tokens"]);
    assert_eq!(ssm.requests().len(), 1);
    drop(broker);
}
