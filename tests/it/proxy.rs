//! One proxy rule for SSM and GitHub, and no proxy for loopback hosts.

use std::time::Duration;

use base64_simd::STANDARD;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use sandbox::{ClosedPort, Environment, Outcome, Proxy, Sandbox, scaled};

use crate::init_fault::assert_refuses_to_start;
use crate::leaks::{self, PROXY_PASSWORD, PROXY_USER, enable_verbose_logging};
use crate::scene::{Scene, assert_error, launch, set};

const BASE_URL: &str = "GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL";
const SSM_URL: &str = "AWS_ENDPOINT_URL_SSM";
const PROXY_VARIABLES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
/// A name that never resolves: <https://www.rfc-editor.org/rfc/rfc6761#section-6.4>.
const SSM_HOST: &str = "ssm.broker.invalid";
const GITHUB_HOST: &str = "github.broker.invalid";

/// The number of functions with a short timeout that run at the same time.
const AT_ONCE: usize = 6;

/// Starts a proxy that tunnels connections for the names above to the stand-ins.
async fn proxy_to(sandbox: &Sandbox) -> Proxy {
    let proxy = Proxy::start().await;
    proxy.map(SSM_HOST, sandbox.ssm.address());
    proxy.map(GITHUB_HOST, sandbox.github.address());
    proxy
}

fn beyond_the_proxy(env: &mut Environment) -> &mut Environment {
    env.set(SSM_URL, format!("https://{SSM_HOST}")).set(BASE_URL, format!("https://{GITHUB_HOST}"))
}

/// Returns the requested targets, sorted because both connections may be opened at the same time.
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
async fn ssm_and_github_are_reached_through_the_proxy() {
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        for scheme in ["http://", ""] {
            let sandbox = Sandbox::start().await;
            let proxy = proxy_to(&sandbox).await;
            let value = format!("{scheme}{}", proxy.address());
            let broker = launch(&sandbox, |env| {
                beyond_the_proxy(env).set(variable, &value);
            });
            let scene = Scene { sandbox, broker };
            for _ in 0..2 {
                scene.mint(&value).await;
            }
            // One tunnel to each, reused by the next invocation.
            assert_eq!(targets(&proxy), both_hosts(), "{variable}={value}");
            assert!(proxy.requests().iter().all(|request| request.authorization.is_none()), "{variable}={value}");
            scene.end().await;
        }
    }
}

#[tokio::test]
async fn only_the_proxy_gets_the_proxys_credentials() {
    let (user, password) = ("proxyuser", "proxy@s3cret");
    let sandbox = Sandbox::start().await;
    let proxy = proxy_to(&sandbox).await;
    let broker = launch(&sandbox, |env| {
        enable_verbose_logging(env);
        beyond_the_proxy(env).set("HTTPS_PROXY", proxy.url_with(user, "proxy%40s3cret"));
    });
    let scene = Scene { sandbox, broker };
    let invocation = scene.mint("with credentials").await;
    scene.broker.log_of(&invocation).await;
    let encoded = STANDARD.encode_to_string(format!("{user}:{password}"));
    let basic = format!("Basic {encoded}");
    assert_eq!(targets(&proxy), both_hosts());
    let authorizations: Vec<_> = proxy.requests().into_iter().map(|request| request.authorization).collect();
    assert_eq!(authorizations, [Some(basic.clone()), Some(basic)]);
    for request in [scene.sandbox.ssm.requests(), scene.sandbox.github.requests()].concat() {
        assert!(request.header("proxy-authorization").is_none(), "{request:?}");
    }
    let secrets = [user, password, "proxy%40s3cret", "s3cret", &encoded];
    leaks::assert_none(&scene.sandbox, &scene.broker.stop().await, &secrets, "with credentials");
}

/// Asserts the error of an invocation behind a proxy that opens tunnels to these hosts only and refuses others with
/// this status.
async fn assert_refused(hosts: &[&str], status: u16, error_type: &str, message: &str) {
    let sandbox = Sandbox::start().await;
    let proxy = Proxy::start().await;
    proxy.refuse_with(status);
    for host in hosts {
        proxy.map(host, sandbox.ssm.address());
    }
    let broker = launch(&sandbox, |env| {
        beyond_the_proxy(env).set("HTTPS_PROXY", proxy.url_with(PROXY_USER, PROXY_PASSWORD));
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert_error(&invocation, &format!("{hosts:?}, {status}"), error_type, message);
    broker.log_of(&invocation).await;
    assert!(proxy.requests().iter().all(|request| request.method == "CONNECT"), "{status}");
    assert_eq!(sandbox.github.connections(), 0, "{message}");
    let encoded = STANDARD.encode_to_string(format!("{PROXY_USER}:{PROXY_PASSWORD}"));
    leaks::assert_none(&sandbox, &broker.stop().await, &[&encoded], message);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named() {
    let refused = "the proxy refused the tunnel";
    let (ssm, github) = ("read GitHub App parameters from SSM", "request GitHub repository installation");
    let cases: [(&[&str], u16, &str, String); 5] = [
        (&[], 407, "ParametersUnreadable", format!("{ssm}: the proxy requires authentication")),
        (&[], 403, "ParametersUnreadable", format!("{ssm}: {refused}")),
        (&[], 502, "ParametersUnreadable", format!("{ssm}: {refused}")),
        (&[SSM_HOST], 407, "GitHubUnavailable", format!("{github}: the proxy requires authentication")),
        (&[SSM_HOST], 502, "GitHubUnavailable", format!("{github}: {refused}")),
    ];
    join_all(
        cases.iter().map(|(hosts, status, error_type, message)| assert_refused(hosts, *status, error_type, message)),
    )
    .await;
}

#[tokio::test]
async fn a_proxy_that_is_down_is_an_error_of_the_step() {
    let sandbox = Sandbox::start().await;
    let closed = ClosedPort::reserve().unwrap();
    let broker = launch(&sandbox, |env| {
        beyond_the_proxy(env).set("HTTPS_PROXY", format!("http://{PROXY_USER}:{PROXY_PASSWORD}@{}", closed.address()));
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert_error(&invocation, "closed", "ParametersUnreadable", "read GitHub App parameters from SSM: …");
    broker.log_of(&invocation).await;
    leaks::assert_none(&sandbox, &broker.stop().await, &[], "closed");
}

/// Returns the reason in the SSM error of an invocation behind this proxy.
async fn behind_a_broken_proxy(proxy: String) -> String {
    let sandbox = Sandbox::start().await;
    let _broker = launch(&sandbox, |env| {
        beyond_the_proxy(env).set("HTTPS_PROXY", proxy);
    });
    sandbox.lambda.invoke("null").await.error_message()
}

#[tokio::test]
async fn a_proxy_without_a_connection_is_named() {
    let (elsewhere, closed) = (Sandbox::start().await, ClosedPort::reserve().unwrap());
    let cases = [
        // The certificate comes from another sandbox's CA, which is not trusted.
        (elsewhere.github.url(), "the proxy's certificate is not valid or not trusted"),
        (closed.url(), "the proxy refused the connection"),
        (closed.url().replace("https", "http"), "the proxy refused the connection"),
    ];
    join_all(cases.map(|(proxy, why)| async move {
        let text = behind_a_broken_proxy(proxy.clone()).await;
        assert_eq!(text, format!("read GitHub App parameters from SSM: {why}"), "{proxy}");
    }))
    .await;
}

#[tokio::test]
async fn a_malformed_proxy_url_is_not_shown() {
    let sandbox = Sandbox::start().await;
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        for value in [
            "ftp://user:s3cret@proxy.example",
            "socks5://user:s3cret@proxy.example",
            "http://user:s3cret@",
            "http://user:s3cret@proxy.example:port",
            "http://user:s3cret@proxy example",
            "https:user:s3cret@proxy.example",
            "HTTP:/user:s3cret@proxy.example",
        ] {
            let case = format!("{variable}={value}");
            let expected = format!("{variable} …");
            let text = assert_refuses_to_start(&sandbox, &case, &expected, set(variable, value)).await;
            assert!(!text.contains("s3cret"), "{case}: {text}");
        }
    }
}

/// Returns the targets that an invocation with GitHub at this host requests from the proxy. The invocation need not
/// succeed.
async fn requested_of_the_proxy(github: &str, change: impl FnOnce(&mut Environment)) -> Vec<String> {
    let sandbox = Sandbox::start().await;
    let proxy = proxy_to(&sandbox).await;
    // Long enough for a first attempt, and too short to wait for names that do not resolve.
    sandbox.lambda.set_timeout(scaled(Duration::from_secs(1)));
    let broker = launch(&sandbox, |env| {
        env.set(BASE_URL, github).set("HTTPS_PROXY", proxy.url());
        change(env);
    });
    let invocation = sandbox.lambda.invoke("null").await;
    let reached_github = invocation.error_message().contains("GitHub repository");
    assert!(invocation.is_success() || reached_github, "{}", invocation.text());
    broker.stop().await;
    let mut targets = targets(&proxy);
    // Retries request the same target.
    targets.dedup();
    targets
}

#[tokio::test]
async fn hosts_in_no_proxy_are_reached_directly() {
    // 0.0.0.0 is not a loopback address, but connects to this machine, where nothing listens on port 1.
    let (name, address) = (format!("{GITHUB_HOST}:443"), "0.0.0.0:1".to_owned());
    let cases = [
        ("NO_PROXY", GITHUB_HOST, &name, false),
        ("no_proxy", GITHUB_HOST, &name, false),
        ("NO_PROXY", "broker.invalid", &name, false),
        ("NO_PROXY", ".broker.invalid", &name, false),
        ("NO_PROXY", "*.broker.invalid", &name, false),
        ("NO_PROXY", "github.broker.invalid:443", &name, false),
        ("NO_PROXY", "github.broker.invalid:8443", &name, true),
        ("NO_PROXY", "0.0.0.0:1", &address, false),
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
    let check = async |(variable, value, host, is_proxied): (_, &str, &String, _)| {
        let requested = requested_of_the_proxy(&format!("https://{host}"), set(variable, value)).await;
        let expected = if is_proxied { vec![format!("CONNECT {host}")] } else { vec![] };
        assert_eq!(requested, expected, "{variable}={value:?} and {host}");
    };
    stream::iter(cases).for_each_concurrent(AT_ONCE, check).await;
}

#[tokio::test]
async fn ssm_in_no_proxy_is_reached_directly() {
    let sandbox = Sandbox::start().await;
    let proxy = proxy_to(&sandbox).await;
    sandbox.lambda.set_timeout(scaled(Duration::from_secs(1)));
    let _broker = launch(&sandbox, |env| {
        beyond_the_proxy(env).set("HTTPS_PROXY", proxy.url()).set("NO_PROXY", SSM_HOST);
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.error_message().starts_with("read GitHub App parameters from SSM: "), "{}", invocation.text());
    assert!(!targets(&proxy).iter().any(|target| target.contains(SSM_HOST)), "{:?}", targets(&proxy));
}

#[tokio::test]
async fn loopback_hosts_are_never_reached_through_a_proxy() {
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
            let invocation = sandbox.lambda.invoke("null").await;
            assert!(invocation.is_success(), "{host}: {}", invocation.text());
            assert_eq!(proxy.requests(), [], "{host} {no_proxy:?}");
            broker.stop().await;
        }
    }
    // Nothing listens on these. The proxy must get no request for them either.
    let urls = ["https://127.0.0.2:1", "http://127.0.0.1:1", "https://[::1]:1", "http://[::1]:1"];
    join_all(urls.map(|url| async move {
        assert_eq!(requested_of_the_proxy(url, |_| {}).await, [""; 0], "{url}");
    }))
    .await;
}

#[tokio::test]
async fn the_runtime_api_is_reached_without_a_proxy() {
    let sandbox = Sandbox::start().await;
    let proxy = Proxy::start().await;
    // Lambda's Runtime API does not have a loopback address (169.254.100.1). 0.0.0.0 is not one either, but reaches the
    // stand-in.
    let runtime_api = sandbox.lambda.runtime_api().to_string().replace("127.0.0.1", "0.0.0.0");
    let with_proxies = |env: &mut Environment| {
        env.set("AWS_LAMBDA_RUNTIME_API", &runtime_api);
        for variable in PROXY_VARIABLES {
            env.set(variable, proxy.url());
        }
    };
    let broker = launch(&sandbox, with_proxies);
    assert!(sandbox.lambda.invoke("null").await.is_success());
    assert_eq!(sandbox.lambda.invoke("{}").await.error_type(), "InvocationInputRejected");
    broker.stop().await;

    let _broker = launch(&sandbox, |env| {
        with_proxies(env);
        env.remove("AWS_REGION");
    });
    assert_eq!(sandbox.lambda.invoke("null").await.outcome, Outcome::InitError);
    assert_eq!(proxy.requests(), []);
}
