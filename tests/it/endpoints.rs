//! The endpoints of SSM and GitHub: https, or http to a loopback host.

use futures_util::future::join_all;
use sandbox::{ClosedPort, Environment, Phase, Proxy, Sandbox};

use crate::init_fault::assert_refuses_to_start;
use crate::scene::{launch, set};

const BASE_URL: &str = "GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL";
const SSM_URL: &str = "AWS_ENDPOINT_URL_SSM";
const ALL_URL: &str = "AWS_ENDPOINT_URL";
const IGNORE_URLS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

/// Invalid base URLs and their errors. Secrets in the URLs must not be quoted.
const FAULTS: [(&[&str], &str); 4] = [
    (
        &["api.github.com", "api.github.com/api/v3", "/api/v3", "//api.github.com/api", "https://", "https:", "github"],
        "GitHub API base URL must be absolute",
    ),
    (
        &[
            "http://api.github.com",
            "http://ghes.example.com/api/v3",
            "HTTP://ghes.example.com",
            "http://10.0.0.1",
            "http://128.0.0.1",
            "http://126.255.255.255:80",
            "http://0.0.0.0",
            "http://[::2]",
            "http://[fe80::1]:8080",
            "http://localhost.example.com",
            "http://localhost.localdomain",
            "http://127.0.0.1.example.com",
            "http://xlocalhost",
            "ftp://127.0.0.1",
            "ws://localhost",
            "file://localhost/etc/passwd",
        ],
        "GitHub API base URL must use https unless the host is loopback",
    ),
    (
        &[
            "https://user@ghes.example.com",
            "https://user:password@ghes.example.com/api/v3",
            "https://:password@ghes.example.com",
            "http://user:password@127.0.0.1:8080",
            "https:user:secret@ghes.example.com/x://y",
            "https:/user:secret@ghes.example.com/x://y",
            "https:///user:secret@ghes.example.com",
            "https://ghes.example.com?a=b",
            "https://ghes.example.com/api/v3?a=b",
            "https://ghes.example.com#f",
            "https://ghes.example.com/api/v3/#f",
        ],
        "GitHub API base URL must not contain user info, a query or a fragment",
    ),
    (
        &[
            "https://secrethost:port",
            "https://secrethost:99999",
            "https://user:secret@[::1",
            "https://secret host/",
            "https://[secret]/",
            "https://secret%zz.example",
        ],
        "parse GitHub API base URL: …",
    ),
];

#[tokio::test]
async fn invalid_base_urls_are_rejected() {
    join_all(FAULTS.map(async |(values, expected)| {
        let sandbox = Sandbox::start().await;
        for value in values {
            let text = assert_refuses_to_start(&sandbox, value, expected, set(BASE_URL, *value)).await;
            assert!(!text.contains("secret") && !text.contains("password"), "{text}");
        }
    }))
    .await;
}

#[tokio::test]
async fn http_to_a_loopback_host_is_accepted() {
    let sandbox = Sandbox::start().await;
    for value in [
        "http://localhost:1",
        "http://LocalHost:1",
        "http://LOCALHOST",
        "http://127.0.0.1:8080/api/v3",
        "http://127.255.255.254",
        "http://[::1]:3",
        "HTTPS://ghes.example.com",
        " https://ghes.example.com:8443/api/v3/ ",
    ] {
        let broker = launch(&sandbox, set(BASE_URL, value));
        let phase = sandbox.lambda.ready().await;
        assert!(matches!(phase, Phase::Ready), "{value}: {phase:?} {}", broker.captured().describe());
        broker.stop().await;
    }
}

#[tokio::test]
async fn an_ssm_endpoint_is_https_or_loopback() {
    let sandbox = Sandbox::start().await;
    for variable in [SSM_URL, ALL_URL] {
        for value in [
            "http://ssm.eu-central-1.amazonaws.com",
            "http://10.0.0.1:4566",
            "http://localstack:4566",
            "http://localhost.example.com",
            "ftp://127.0.0.1",
            "ssm.eu-central-1.amazonaws.com",
            "https://",
            "https://host:port",
            "https:user:secret@host/x://y",
        ] {
            let case = format!("{variable}={value}");
            // The contract does not define the words around the name.
            let text = assert_refuses_to_start(&sandbox, &case, "…", |env| {
                env.remove(SSM_URL).set(variable, value);
            })
            .await;
            assert!(text.split([' ', ':']).any(|word| word == variable), "{case}: {text}");
        }
    }
}

#[tokio::test]
async fn endpoint_switches_exclude_a_custom_endpoint() {
    for switch in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"] {
        for variable in [SSM_URL, ALL_URL] {
            let sandbox = Sandbox::start().await;
            let set = |env: &mut Environment, value: &str| {
                env.remove(SSM_URL).set(variable, sandbox.ssm.url()).set(switch, value);
            };
            let expected = format!("{switch} and {variable} must not both be set");
            assert_refuses_to_start(&sandbox, &expected, &expected, |env| set(env, "true")).await;
            let broker = launch(&sandbox, |env| set(env, "false"));
            let invocation = sandbox.lambda.invoke("null").await;
            assert!(invocation.is_success(), "{switch}=false: {}", invocation.text());
            broker.stop().await;
        }
    }
}

#[tokio::test]
async fn the_endpoint_for_ssm_precedes_the_general_one() {
    let closed = ClosedPort::reserve().unwrap();
    let sandbox = Sandbox::start().await;
    let (ssm, nowhere) = (sandbox.ssm.url(), closed.url());
    for (for_ssm, for_all, ignore) in [
        (Some(ssm.as_str()), None, None),
        (Some(&ssm), Some(nowhere.as_str()), None),
        (None, Some(&*ssm), None),
        (Some(" "), Some(&*ssm), None),
        (Some(&ssm), None, Some("false")),
        (None, Some(&*ssm), Some(" ")),
    ] {
        let case = format!("{for_ssm:?} {for_all:?} {ignore:?}");
        let broker = launch(&sandbox, |env| {
            env.remove(SSM_URL);
            for (name, value) in [(SSM_URL, for_ssm), (ALL_URL, for_all), (IGNORE_URLS, ignore)] {
                value.map(|value| env.set(name, value));
            }
        });
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{case}: {}", invocation.text());
        broker.stop().await;
    }
}

#[tokio::test]
async fn ssms_host_is_the_one_of_the_aws_sdks() {
    let closed = ClosedPort::reserve().unwrap();
    for (variables, host) in [
        (&[][..], "ssm.eu-central-1.amazonaws.com"),
        (&[("AWS_REGION", " us-gov-west-1 ")], "ssm.us-gov-west-1.amazonaws.com"),
        (&[("AWS_REGION", "cn-north-1")], "ssm.cn-north-1.amazonaws.com.cn"),
        (&[("AWS_REGION", "us-east-1"), ("AWS_USE_FIPS_ENDPOINT", "true")], "ssm-fips.us-east-1.amazonaws.com"),
        (&[(ALL_URL, ""), (SSM_URL, "closed"), (IGNORE_URLS, "true")], "ssm.eu-central-1.amazonaws.com"),
        (&[(ALL_URL, "closed"), (IGNORE_URLS, "TRUE")], "ssm.eu-central-1.amazonaws.com"),
    ] {
        let sandbox = Sandbox::start().await;
        let proxy = Proxy::start().await;
        proxy.map(host, sandbox.ssm.address());
        let broker = launch(&sandbox, |env| {
            env.remove(SSM_URL).set("HTTPS_PROXY", proxy.url());
            for (name, value) in variables {
                env.set(*name, if *value == "closed" { closed.url() } else { (*value).to_owned() });
            }
        });
        // SSM rejects signatures for other regions than the fixture's, but this test needs only the host.
        sandbox.lambda.invoke("null").await;
        broker.stop().await;
        let targets: Vec<String> = proxy.requests().into_iter().map(|connect| connect.target).collect();
        assert_eq!(targets, [format!("{host}:443")], "{variables:?}");
        assert_eq!(sandbox.ssm.requests().len(), 1, "{variables:?}");
    }
}
