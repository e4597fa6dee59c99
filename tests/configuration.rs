//! The environment is read once, strictly: what is wrong is told in one sentence, and nothing runs on a guess.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail anywhere")]

mod common;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use common::{assert_refuses_to_start, launch, set, unset};
use sandbox::lambda::Posted;
use sandbox::{ClosedPort, Endpoint, Environment, Proxy, Sandbox, app};
use serde_json::{Value, json};

const OWNER: &str = "GITHUB_TOKEN_BROKER_REPOSITORY_OWNER";
const NAME: &str = "GITHUB_TOKEN_BROKER_REPOSITORY_NAME";
const CLIENT_ID_PARAM: &str = "GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM";
const INSTALLATION_ID_PARAM: &str = "GITHUB_TOKEN_BROKER_INSTALLATION_ID_PARAM";
const PRIVATE_KEY_PARAM: &str = "GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM";
const PERMISSIONS: &str = "GITHUB_TOKEN_BROKER_PERMISSIONS";
const BASE_URL: &str = "GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL";
const LOG_LEVEL: &str = "GITHUB_TOKEN_BROKER_LOG_LEVEL";

/// Values that count as unset.
const BLANKS: [&str; 4] = ["", " ", "   ", "\t\r\n "];

/// Each value in this variable is refused with this text.
async fn assert_refused(variable: &str, values: &[&str], expected: &str) {
    let sandbox = Sandbox::start().await;
    for value in values {
        let case = format!("{variable}={value:?}");
        assert_refuses_to_start(&sandbox, &case, expected, set(variable, *value)).await;
    }
}

/// Invokes a broker with this environment and returns the token answer.
async fn answer(sandbox: &Sandbox, case: &str, change: impl FnOnce(&mut Environment)) -> Value {
    let broker = launch(sandbox, change);
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.is_success(), "{case}: {} {}", invocation.text(), broker.captured().describe());
    assert_eq!(sandbox.violations(), [""; 0], "{case}");
    broker.stop().await;
    invocation.json()
}

/// The names that SSM was asked for last.
fn names_asked_for(sandbox: &Sandbox) -> Value {
    sandbox.ssm.requests().last().unwrap().json()["Names"].clone()
}

#[tokio::test]
async fn a_required_variable_that_is_unset_or_blank_is_named() {
    let sandbox = Sandbox::start().await;
    for variable in ["AWS_REGION", OWNER, NAME] {
        let expected = format!("{variable} is required");
        assert_refuses_to_start(&sandbox, &format!("no {variable}"), &expected, unset(variable)).await;
        for blank in BLANKS {
            let case = format!("{variable}={blank:?}");
            assert_refuses_to_start(&sandbox, &case, &expected, set(variable, blank)).await;
        }
    }
}

#[tokio::test]
async fn an_optional_variable_that_is_blank_counts_as_unset() {
    let sandbox = Sandbox::start().await;
    let variables = [
        CLIENT_ID_PARAM,
        INSTALLATION_ID_PARAM,
        PRIVATE_KEY_PARAM,
        PERMISSIONS,
        LOG_LEVEL,
        "AWS_LAMBDA_LOG_LEVEL",
        "AWS_ENDPOINT_URL",
        "HTTPS_PROXY",
        "NO_PROXY",
    ];
    let each_alone = variables.iter().map(|variable| (std::slice::from_ref(variable), " "));
    for (variables, blank) in each_alone.chain(BLANKS.map(|blank| (&variables[..], blank))) {
        let case = format!("{variables:?}={blank:?}");
        let answer = answer(&sandbox, &case, |env| {
            for variable in variables {
                env.set(*variable, blank);
            }
        })
        .await;
        assert_eq!(answer["permissions"], json!({ "contents": "read" }), "{case}");
        let defaults = json!([app::CLIENT_ID_PARAM, app::INSTALLATION_ID_PARAM, app::PRIVATE_KEY_PARAM]);
        assert_eq!(names_asked_for(&sandbox), defaults, "{case}");
    }
}

#[tokio::test]
async fn without_options_the_documented_defaults_hold() {
    for blank in [None, Some(" ")] {
        let sandbox = Sandbox::start().await;
        // The proxy makes it visible which hosts are meant, and leads to the stand-ins instead.
        let proxy = Proxy::start().await;
        proxy.map("api.github.com", sandbox.github.address());
        proxy.map("ssm.eu-central-1.amazonaws.com", sandbox.ssm.address());
        let answer = answer(&sandbox, &format!("{blank:?}"), |env| {
            env.set("HTTPS_PROXY", proxy.url());
            for variable in [BASE_URL, "AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL"] {
                match blank {
                    None => env.remove(variable),
                    Some(blank) => env.set(variable, blank),
                };
            }
        })
        .await;
        assert_eq!(answer["permissions"], json!({ "contents": "read" }));
        let mut hosts: Vec<String> = proxy.requests().into_iter().map(|connect| connect.target).collect();
        hosts.sort();
        assert_eq!(hosts, ["api.github.com:443", "ssm.eu-central-1.amazonaws.com:443"], "{blank:?}");
        assert_eq!(
            names_asked_for(&sandbox),
            json!([
                "/github-token-broker/app/client-id",
                "/github-token-broker/app/installation-id",
                "/github-token-broker/app/private-key-pem"
            ])
        );
    }
}

#[tokio::test]
async fn a_value_that_is_not_utf8_is_a_fault_of_its_variable() {
    let sandbox = Sandbox::start().await;
    for variable in [
        "AWS_REGION",
        OWNER,
        NAME,
        CLIENT_ID_PARAM,
        INSTALLATION_ID_PARAM,
        PRIVATE_KEY_PARAM,
        PERMISSIONS,
        BASE_URL,
        LOG_LEVEL,
        "AWS_ENDPOINT_URL_SSM",
        "AWS_ENDPOINT_URL",
        "SSL_CERT_FILE",
    ] {
        for bytes in [&b"\xff"[..], b"octo-org\xc3", b" \xed\xa0\x80 "] {
            let case = format!("{variable}={bytes:?}");
            let expected = format!("{variable} is not valid UTF-8");
            let value = OsString::from_vec(bytes.to_vec());
            assert_refuses_to_start(&sandbox, &case, &expected, set(variable, value)).await;
        }
    }
}

#[tokio::test]
async fn variables_that_are_none_of_ours_may_hold_anything() {
    let sandbox = Sandbox::start().await;
    let not_utf8 = || OsString::from_vec(b"\xff\xfe".to_vec());
    answer(&sandbox, "not UTF-8", |env| {
        env.set("UNRELATED", not_utf8()).set(not_utf8(), "x");
    })
    .await;
}

#[tokio::test]
async fn the_first_fault_in_the_documented_order_is_told() {
    let sandbox = Sandbox::start().await;
    let good = sandbox.environment();
    let good = |name: &str| good.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.clone());
    // Everything is wrong at first; then one variable after the other is mended.
    let mut faults = vec![
        ("AWS_REGION", "", "AWS_REGION is required"),
        (CLIENT_ID_PARAM, "a", "GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM must be an absolute literal SSM parameter path"),
        (
            INSTALLATION_ID_PARAM,
            "b",
            "GITHUB_TOKEN_BROKER_INSTALLATION_ID_PARAM must be an absolute literal SSM parameter path",
        ),
        (
            PRIVATE_KEY_PARAM,
            "c",
            "GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM must be an absolute literal SSM parameter path",
        ),
        (OWNER, "", "GITHUB_TOKEN_BROKER_REPOSITORY_OWNER is required"),
        (NAME, "a/b", "GITHUB_TOKEN_BROKER_REPOSITORY_NAME contains unsupported characters"),
        (PERMISSIONS, "{}", "GITHUB_TOKEN_BROKER_PERMISSIONS must request at least one permission"),
        (BASE_URL, "api.github.com", "GitHub API base URL must be absolute"),
    ];
    while let [(variable, _, expected), ..] = faults[..] {
        assert_refuses_to_start(&sandbox, variable, expected, |env| {
            for (variable, value, _) in &faults {
                env.set(*variable, *value);
            }
        })
        .await;
        faults.remove(0);
        assert!(good(variable).is_some() || variable.ends_with("PARAM") || variable == PERMISSIONS);
    }
    // An owner with unsupported characters comes before a name that is not there.
    assert_refuses_to_start(&sandbox, "both", &format!("{OWNER} contains unsupported characters"), |env| {
        env.set(OWNER, "a b").remove(NAME);
    })
    .await;
}

#[tokio::test]
async fn owner_and_name_have_githubs_characters_alone() {
    for variable in [OWNER, NAME] {
        let expected = format!("{variable} contains unsupported characters");
        let values =
            ["a/b", "a b", "a\tb", "a%2e", "%2e%2e", "ä", "a:b", "a\\b", "a?b", "a#b", "a@b", "a*", "a,b", "é"];
        assert_refused(variable, &values, &expected).await;
        assert_refused(variable, &[".", "..", " .. "], &format!(r#"{variable} must not be "." or "..""#)).await;
    }
}

#[tokio::test]
async fn owner_and_name_reach_github_as_they_are_without_the_white_space_around_them() {
    for (owner, name) in [
        ("octo-org", "octo-repo"),
        (" octo-org\n", "\t octo-repo "),
        ("A_b.c-9", "9-c.b_A"),
        ("...", ".github"),
        ("-", "_"),
        ("a..b", "..a"),
    ] {
        let sandbox = Sandbox::start().await;
        sandbox.github.set_repository(owner.trim(), name.trim());
        let case = format!("{owner:?} {name:?}");
        let answer = answer(&sandbox, &case, |env| {
            env.set(OWNER, owner).set(NAME, name);
        })
        .await;
        let (owner, name) = (owner.trim(), name.trim());
        assert_eq!(answer["repositories"], json!([format!("{owner}/{name}")]), "{case}");
        let requests = sandbox.github.requests();
        assert_eq!(requests[0].target, format!("/repos/{owner}/{name}/installation"), "{case}");
        assert_eq!(requests[1].json()["repositories"], json!([name]), "{case}");
    }
}

#[tokio::test]
async fn parameter_names_are_absolute_and_literal() {
    for variable in [CLIENT_ID_PARAM, INSTALLATION_ID_PARAM, PRIVATE_KEY_PARAM] {
        let expected = format!("{variable} must be an absolute literal SSM parameter path");
        let values = [
            "/",
            "a",
            "app/client-id",
            "/a b",
            "/a:3",
            "/a:label",
            "/a*",
            "/a,b",
            "/ä",
            "/a\nb",
            "/{{a}}",
            "/a\\b",
            "arn:aws:ssm:eu-central-1:123456789012:parameter/a",
        ];
        assert_refused(variable, &values, &expected).await;
    }
}

#[tokio::test]
async fn ssm_is_asked_for_the_configured_names_in_the_documented_order() {
    for names in [["/c", "/i", "/p"], [" /z/client\n", "/A_b.c-9/d", "//"], ["/x/", "/y/..", "/-"]] {
        let sandbox = Sandbox::start().await;
        let [client_id, installation_id, private_key] = names.map(str::trim);
        sandbox.ssm.put(client_id, app::CLIENT_ID);
        sandbox.ssm.put(installation_id, app::INSTALLATION_ID.to_string());
        sandbox.ssm.put(private_key, sandbox::AppKey::first().pkcs1_pem());
        answer(&sandbox, &format!("{names:?}"), |env| {
            env.set(CLIENT_ID_PARAM, names[0]).set(INSTALLATION_ID_PARAM, names[1]).set(PRIVATE_KEY_PARAM, names[2]);
        })
        .await;
        assert_eq!(names_asked_for(&sandbox), json!([client_id, installation_id, private_key]), "{names:?}");
        assert_eq!(sandbox.ssm.requests().len(), 1, "{names:?}");
    }
}

#[tokio::test]
async fn permissions_are_a_json_object_of_strings_with_no_key_twice() {
    let values = [
        "contents",
        "contents=read",
        "[]",
        r#"["contents","read"]"#,
        r#"[["contents","read"]]"#,
        r#""read""#,
        "5",
        "true",
        "{",
        r#"{"contents":"read""#,
        r#"{"contents":"read"}}"#,
        r#"{"contents":"read",}"#,
        r"{'contents':'read'}",
        r#"{"contents":true}"#,
        r#"{"contents":null}"#,
        r#"{"contents":1}"#,
        r#"{"contents":["read"]}"#,
        r#"{"contents":{"a":"b"}}"#,
        r#"{"contents":"read","contents":"read"}"#,
        r#"{"contents":"read","\u0063ontents":"write"}"#,
        "\u{feff}{\"contents\":\"read\"}",
    ];
    let expected = "GITHUB_TOKEN_BROKER_PERMISSIONS must be a JSON object of string-to-string entries: …";
    assert_refused(PERMISSIONS, &values, expected).await;
    let expected = "GITHUB_TOKEN_BROKER_PERMISSIONS must request at least one permission";
    assert_refused(PERMISSIONS, &["{}", "null", " null\n", "{ }"], expected).await;
    let expected = "GITHUB_TOKEN_BROKER_PERMISSIONS entries must have non-empty keys and values";
    let values = [r#"{"":"read"}"#, r#"{"contents":""}"#, r#"{"":""}"#, r#"{"contents":"read","issues":""}"#];
    assert_refused(PERMISSIONS, &values, expected).await;
}

#[tokio::test]
async fn github_is_asked_for_the_configured_permissions_and_callers_read_them_sorted() {
    for (text, sorted) in [
        (r#"{"contents":"write"}"#, r#"{"contents":"write"}"#),
        (
            " {\n\"pull_requests\" : \"write\",\"actions\":\"read\",\"contents\":\"read\"}\n",
            r#"{"actions":"read","contents":"read","pull_requests":"write"}"#,
        ),
        (r#"{"\u0069ssues":"r\u0065ad"}"#, r#"{"issues":"read"}"#),
        (r#"{"metadata":"read"}"#, r#"{"metadata":"read"}"#),
    ] {
        let sandbox = Sandbox::start().await;
        sandbox.github.set_permissions(serde_json::from_str(text).unwrap());
        let broker = launch(&sandbox, set(PERMISSIONS, text));
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{text}: {}", invocation.text());
        let ending = format!(r#","permissions":{sorted}}}"#);
        assert!(invocation.text().ends_with(&ending), "{text}: {}", invocation.text());
        let asked = sandbox.github.requests_to(Endpoint::AccessTokens)[0].json();
        assert_eq!(asked["permissions"], serde_json::from_str::<Value>(sorted).unwrap(), "{text}");
        sandbox.assert_no_violations();
        drop(broker);
    }
}

#[tokio::test]
async fn a_fault_in_the_permissions_quotes_nothing_of_them() {
    let sandbox = Sandbox::start().await;
    for value in [
        "ghs_MISTAKENLYPASTED",
        r#""ghs_MISTAKENLYPASTED""#,
        r#"{"ghs_MISTAKENLYPASTED":5}"#,
        r#"{"a":["ghs_MISTAKENLYPASTED"]}"#,
        r#"{"ghs_MISTAKENLYPASTED":"a","ghs_MISTAKENLYPASTED":"b"}"#,
    ] {
        let text = assert_refuses_to_start(&sandbox, value, &format!("{PERMISSIONS} …"), |env| {
            env.set(PERMISSIONS, value);
        })
        .await;
        assert!(!text.contains("MISTAKENLY"), "{text}");
    }
}

#[tokio::test]
async fn the_base_url_is_absolute() {
    let values =
        ["api.github.com", "api.github.com/api/v3", "/api/v3", "//api.github.com/api", "https://", "https:", "github"];
    assert_refused(BASE_URL, &values, "GitHub API base URL must be absolute").await;
}

#[tokio::test]
async fn the_base_url_uses_https_unless_the_host_is_loopback() {
    let values = [
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
    ];
    assert_refused(BASE_URL, &values, "GitHub API base URL must use https unless the host is loopback").await;
}

#[tokio::test]
async fn the_base_url_has_no_user_info_query_or_fragment() {
    let values = [
        "https://user@ghes.example.com",
        "https://user:password@ghes.example.com/api/v3",
        "https://:password@ghes.example.com",
        "http://user:password@127.0.0.1:8080",
        "https://ghes.example.com?a=b",
        "https://ghes.example.com/api/v3?a=b",
        "https://ghes.example.com#f",
        "https://ghes.example.com/api/v3/#f",
    ];
    assert_refused(BASE_URL, &values, "GitHub API base URL must not contain user info, a query or a fragment").await;
}

#[tokio::test]
async fn a_malformed_base_url_is_told_without_quoting_it() {
    let sandbox = Sandbox::start().await;
    for value in [
        "https://secrethost:port",
        "https://secrethost:99999",
        "https://user:secret@[::1",
        "https://secret host/",
        "https://[secret]/",
        "https://secret%zz.example",
    ] {
        let text = assert_refuses_to_start(&sandbox, value, "parse GitHub API base URL: …", |env| {
            env.set(BASE_URL, value);
        })
        .await;
        assert!(!text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn http_to_this_machine_is_a_good_base_url() {
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
        assert!(matches!(phase, sandbox::Phase::Ready), "{value}: {phase:?} {}", broker.captured().describe());
        broker.stop().await;
    }
}

#[tokio::test]
async fn an_ssm_endpoint_is_https_or_on_this_machine() {
    let sandbox = Sandbox::start().await;
    for variable in ["AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL"] {
        for value in [
            "http://ssm.eu-central-1.amazonaws.com",
            "http://10.0.0.1:4566",
            "http://localstack:4566",
            "http://localhost.example.com",
            "ftp://127.0.0.1",
            "ssm.eu-central-1.amazonaws.com",
            "https://",
            "https://host:port",
        ] {
            let case = format!("{variable}={value}");
            // Which words stand around the name is left open.
            let text = assert_refuses_to_start(&sandbox, &case, "…", |env| {
                env.remove("AWS_ENDPOINT_URL_SSM").set(variable, value);
            })
            .await;
            assert!(text.split([' ', ':']).any(|word| word == variable), "{case}: {text}");
        }
    }
}

#[tokio::test]
async fn the_endpoint_for_ssm_comes_before_the_one_for_all_services() {
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
        answer(&sandbox, &case, |env| {
            env.remove("AWS_ENDPOINT_URL_SSM");
            for (name, value) in [
                ("AWS_ENDPOINT_URL_SSM", for_ssm),
                ("AWS_ENDPOINT_URL", for_all),
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", ignore),
            ] {
                value.map(|value| env.set(name, value));
            }
        })
        .await;
    }
}

#[tokio::test]
async fn ssm_is_where_the_aws_sdks_would_find_it() {
    let closed = ClosedPort::reserve().unwrap();
    for (variables, host) in [
        (&[][..], "ssm.eu-central-1.amazonaws.com"),
        (&[("AWS_REGION", " us-gov-west-1 ")], "ssm.us-gov-west-1.amazonaws.com"),
        (&[("AWS_REGION", "cn-north-1")], "ssm.cn-north-1.amazonaws.com.cn"),
        (&[("AWS_REGION", "us-east-1"), ("AWS_USE_FIPS_ENDPOINT", "true")], "ssm-fips.us-east-1.amazonaws.com"),
        (
            &[
                ("AWS_ENDPOINT_URL", ""),
                ("AWS_ENDPOINT_URL_SSM", "closed"),
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
            ],
            "ssm.eu-central-1.amazonaws.com",
        ),
        (
            &[("AWS_ENDPOINT_URL", "closed"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE")],
            "ssm.eu-central-1.amazonaws.com",
        ),
    ] {
        let sandbox = Sandbox::start().await;
        let proxy = Proxy::start().await;
        proxy.map(host, sandbox.ssm.address());
        let broker = launch(&sandbox, |env| {
            env.remove("AWS_ENDPOINT_URL_SSM").set("HTTPS_PROXY", proxy.url());
            for (name, value) in variables {
                env.set(*name, if *value == "closed" { closed.url() } else { (*value).to_owned() });
            }
        });
        // SSM refuses signatures for other regions than the fixture's; here only its host counts.
        sandbox.lambda.invoke("null").await;
        broker.stop().await;
        let targets: Vec<String> = proxy.requests().into_iter().map(|connect| connect.target).collect();
        assert_eq!(targets, [format!("{host}:443")], "{variables:?}");
        assert_eq!(sandbox.ssm.requests().len(), 1, "{variables:?}");
    }
}

#[tokio::test]
async fn a_region_that_could_name_another_host_is_refused() {
    let values = ["evil.example.com/", "eu-central-1.evil.example", "eu central 1", "a@b", "x/../y", "a#", "a?b", "ü"];
    assert_refused("AWS_REGION", &values, "AWS_REGION …").await;
}

#[tokio::test]
async fn the_init_error_tells_lambda_its_type_in_a_header() {
    let sandbox = Sandbox::start().await;
    assert_refuses_to_start(&sandbox, "no owner", &format!("{OWNER} is required"), unset(OWNER)).await;
    let posts = sandbox.lambda.posts();
    assert_eq!(posts[0].to, Posted::InitError);
    assert_eq!(posts[0].headers["lambda-runtime-function-error-type"], "ConfigurationInvalid");
}
