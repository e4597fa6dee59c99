//! The environment is read once and validated strictly: the first error stops the function with one message.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use futures_util::future::join_all;
use sandbox::{AppKey, Environment, Proxy, Sandbox, app};
use serde_json::{Value, json};

use crate::init_fault::assert_refuses_to_start;
use crate::scene::{launch, set, unset};

const OWNER: &str = "GITHUB_TOKEN_BROKER_REPOSITORY_OWNER";
const NAME: &str = "GITHUB_TOKEN_BROKER_REPOSITORY_NAME";
const CLIENT_ID_PARAM: &str = "GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM";
const INSTALLATION_ID_PARAM: &str = "GITHUB_TOKEN_BROKER_INSTALLATION_ID_PARAM";
const PRIVATE_KEY_PARAM: &str = "GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM";
const PERMISSIONS: &str = "GITHUB_TOKEN_BROKER_PERMISSIONS";
const BASE_URL: &str = "GITHUB_TOKEN_BROKER_GITHUB_API_BASE_URL";
const LOG_LEVEL: &str = "GITHUB_TOKEN_BROKER_LOG_LEVEL";

/// Values that are treated as unset.
const BLANKS: [&str; 4] = ["", " ", "   ", "\t\r\n "];

/// Variables, values that each of them rejects, and the message after the variable's name.
const FAULTS: [(&[&str], &[&str], &str); 7] = [
    (&["AWS_REGION", OWNER, NAME], &BLANKS, " is required"),
    (
        &["AWS_REGION"],
        &["evil.example.com/", "eu-central-1.evil.example", "eu central 1", "a@b", "x/../y", "a#", "a?b", "ü"],
        " …",
    ),
    (
        &[OWNER, NAME],
        &["a/b", "a b", "a\tb", "a%2e", "%2e%2e", "ä", "a:b", "a\\b", "a?b", "a#b", "a@b", "a*", "a,b", "é"],
        " contains unsupported characters",
    ),
    (&[OWNER, NAME], &[".", "..", " .. "], r#" must not be "." or "..""#),
    (
        &[CLIENT_ID_PARAM, INSTALLATION_ID_PARAM, PRIVATE_KEY_PARAM],
        &[
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
        ],
        " must be an absolute literal SSM parameter path",
    ),
    (&[PERMISSIONS], &["{}", "null", " null\n", "{ }"], " must request at least one permission"),
    (
        &[PERMISSIONS],
        &[r#"{"":"read"}"#, r#"{"contents":""}"#, r#"{"":""}"#, r#"{"contents":"read","issues":""}"#],
        " entries must have non-empty keys and values",
    ),
];

#[tokio::test]
async fn invalid_values_are_rejected() {
    let rows = FAULTS.into_iter().flat_map(|(names, values, text)| names.iter().map(move |name| (name, values, text)));
    join_all(rows.map(async |(variable, values, text)| {
        let sandbox = Sandbox::start().await;
        for value in values {
            let case = format!("{variable}={value:?}");
            assert_refuses_to_start(&sandbox, &case, &format!("{variable}{text}"), set(variable, *value)).await;
        }
    }))
    .await;
}

/// The limit keeps every response and log line below 16 KiB.
#[tokio::test]
async fn variables_have_the_total_size_limit_of_lambda() {
    let expected = "the variables GITHUB_TOKEN_BROKER_* must not exceed 4096 bytes in total";
    let sandbox = Sandbox::start().await;
    let long = |start: &str| format!("{start}{}", "x".repeat(4_100));
    for (variable, value) in [
        (OWNER, long("")),
        (CLIENT_ID_PARAM, long("/")),
        (PERMISSIONS, format!(r#"{{"contents":"{}"}}"#, long(""))),
        (BASE_URL, long("https://ghes.example.com/")),
        (LOG_LEVEL, long("")),
    ] {
        assert_refuses_to_start(&sandbox, variable, expected, set(variable, value)).await;
    }
    let broker = launch(&sandbox, set(OWNER, "x".repeat(3_900)));
    let invocation = sandbox.lambda.invoke("null").await;
    assert_eq!(invocation.error_type(), "RepositoryNotInstalled", "{}", invocation.text());
    assert!(broker.stop().await.stdout.len() < 2 * 16 * 1024);
}

#[tokio::test]
async fn an_unset_required_variable_is_named() {
    let sandbox = Sandbox::start().await;
    for variable in ["AWS_REGION", OWNER, NAME] {
        assert_refuses_to_start(&sandbox, variable, &format!("{variable} is required"), unset(variable)).await;
    }
}

#[tokio::test]
async fn a_value_that_is_not_utf8_is_rejected() {
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
async fn the_first_error_in_order_is_reported() {
    let sandbox = Sandbox::start().await;
    let good = sandbox.environment();
    let good = |name: &str| good.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.clone());
    // All variables are invalid at first. Then they are fixed one after the other.
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
    // An owner with unsupported characters is reported before a missing name.
    assert_refuses_to_start(&sandbox, "both", &format!("{OWNER} contains unsupported characters"), |env| {
        env.set(OWNER, "a b").remove(NAME);
    })
    .await;
}

/// Invokes a function with this environment and returns its response.
async fn answer(sandbox: &Sandbox, case: &str, change: impl FnOnce(&mut Environment)) -> Value {
    let broker = launch(sandbox, change);
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.is_success(), "{case}: {} {}", invocation.text(), broker.captured().describe());
    assert_eq!(sandbox.violations(), [""; 0], "{case}");
    broker.stop().await;
    invocation.json()
}

/// Returns the names in the last request to SSM.
fn requested_names(sandbox: &Sandbox) -> Value {
    sandbox.ssm.requests().last().unwrap().json()["Names"].clone()
}

#[tokio::test]
async fn a_blank_optional_variable_is_treated_as_unset() {
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
        assert_eq!(requested_names(&sandbox), defaults, "{case}");
    }
}

#[tokio::test]
async fn the_documented_defaults_are_used() {
    for blank in [None, Some(" ")] {
        let sandbox = Sandbox::start().await;
        // The proxy records the requested hosts and connects to the stand-ins instead.
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
            requested_names(&sandbox),
            json!([
                "/github-token-broker/app/client-id",
                "/github-token-broker/app/installation-id",
                "/github-token-broker/app/private-key-pem"
            ])
        );
    }
}

#[tokio::test]
async fn other_variables_may_have_any_value() {
    let sandbox = Sandbox::start().await;
    let not_utf8 = || OsString::from_vec(b"\xff\xfe".to_vec());
    answer(&sandbox, "not UTF-8", |env| {
        env.set("UNRELATED", not_utf8()).set(not_utf8(), "x");
    })
    .await;
}

#[tokio::test]
async fn owner_and_name_are_sent_trimmed() {
    for (owner, name) in [
        ("octo-org", "octo-repo"),
        (" octo-org\n", "\t octo-repo "),
        ("A_b.c-9", "9-c.b_A"),
        ("...", ".github"),
        ("-", "_"),
        ("a..b", "..a"),
        ("octo-org", "another.repo_-"),
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
async fn ssm_receives_the_configured_names_in_order() {
    for names in [
        ["/c", "/i", "/p"],
        [" /z/client\n", "/A_b.c-9/d", "//"],
        ["/x/", "/y/..", "/-"],
        ["/z/first", "/m.m/second_2", "/a/-/third"],
    ] {
        let sandbox = Sandbox::start().await;
        let [client_id, installation_id, private_key] = names.map(str::trim);
        sandbox.ssm.put(client_id, app::CLIENT_ID);
        sandbox.ssm.put(installation_id, app::INSTALLATION_ID.to_string());
        sandbox.ssm.put(private_key, AppKey::first().pkcs1_pem());
        answer(&sandbox, &format!("{names:?}"), |env| {
            env.set(CLIENT_ID_PARAM, names[0]).set(INSTALLATION_ID_PARAM, names[1]).set(PRIVATE_KEY_PARAM, names[2]);
        })
        .await;
        assert_eq!(requested_names(&sandbox), json!([client_id, installation_id, private_key]), "{names:?}");
        assert_eq!(sandbox.ssm.requests().len(), 1, "{names:?}");
    }
}
