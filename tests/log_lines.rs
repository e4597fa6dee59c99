//! One JSON line per invocation, with what an operator needs to follow it up at GitHub and AWS.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail anywhere")]

mod common;

use aws_lc_rs::digest::{SHA256, digest};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64_simd::STANDARD;
use common::{launch, set};
use github_token_broker::clock;
use sandbox::{AppKey, Door, Endpoint, Reply, Sandbox, app, ssm};
use serde_json::{Value, json};

const GITHUB_ID: &str = "C8A2:3F1B70:17B2C3D4:1A2B3C4D:69EAE2A0";
const AWS_ID: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

fn sha256(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode_to_string(digest(&SHA256, bytes.as_ref()))
}

#[tokio::test]
async fn a_token_is_one_info_line_that_names_it_by_its_hash() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    sandbox.github.script(Endpoint::AccessTokens, [Reply::good().header("x-github-request-id", GITHUB_ID)]);
    let invocation = sandbox.lambda.invoke("null").await;
    let line = broker.log_of(&invocation).await;
    let answer = invocation.json();
    let ms = |name: &str| line[name].as_u64().unwrap_or_else(|| panic!("{name} in {line}"));
    assert!(ms("ssm_ms") + ms("preflight_ms") + ms("token_ms") < 60_000, "{line}");
    assert_eq!(
        line,
        json!({
            "timestamp": line["timestamp"],
            "level": "INFO",
            "msg": "minted GitHub installation token",
            "repositories": ["octo-org/octo-repo"],
            "expires_at": answer["expires_at"],
            "request_id": invocation.request_id,
            "token_sha256": sha256(answer["token"].as_str().unwrap()),
            "github_request_id": GITHUB_ID,
            "key_fingerprint": format!("SHA256:{}", sha256(AppKey::first().spki_der())),
            "ssm_ms": line["ssm_ms"],
            "preflight_ms": line["preflight_ms"],
            "token_ms": line["token_ms"],
        })
    );
    assert_eq!(broker.stop().await.stderr, b"");
}

#[tokio::test]
async fn the_steps_times_are_those_of_the_steps() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    let delay = sandbox::scaled(std::time::Duration::from_millis(300));
    sandbox.github.script(Endpoint::Installation, [Reply::good().after(delay)]);
    let invocation = sandbox.lambda.invoke("null").await;
    let line = broker.log_of(&invocation).await;
    let preflight = u128::from(line["preflight_ms"].as_u64().unwrap());
    assert!(preflight >= delay.as_millis() && preflight <= invocation.elapsed.as_millis(), "{line}");
    drop(broker);
}

#[tokio::test]
async fn every_line_begins_with_timestamp_level_and_msg() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    let seconds = |time| DateTime::from(time).secs();
    let before = seconds(clock::system_clock());
    sandbox.lambda.invoke("null").await;
    sandbox.lambda.invoke("{}").await;
    sandbox.github.script(Endpoint::Installation, [Reply::status(404)]);
    sandbox.lambda.invoke("null").await;
    let captured = broker.stop().await;
    let after = seconds(clock::system_clock());
    let text = String::from_utf8(captured.stdout).unwrap();
    assert!(text.ends_with('\n'), "{text}");
    assert_eq!(text.lines().count(), 4, "{text}");
    for line in text.lines() {
        let fields: Value = serde_json::from_str(line).unwrap();
        let (timestamp, level) = (fields["timestamp"].as_str().unwrap(), fields["level"].as_str().unwrap());
        let beginning = format!(r#"{{"timestamp":"{timestamp}","level":"{level}","msg":"#);
        assert!(line.starts_with(&beginning), "{line}");
        let time = DateTime::from_str(timestamp, Format::DateTimeWithOffset).unwrap().secs();
        assert!((before..=after).contains(&time), "{line}");
    }
}

#[tokio::test]
async fn each_invocation_has_exactly_one_line() {
    for (level, expected) in [
        ("debug", &["INFO", "ERROR", "WARN"][..]),
        ("info", &["INFO", "ERROR", "WARN"]),
        ("warn", &["ERROR", "WARN"]),
        ("error", &["ERROR"]),
    ] {
        let sandbox = Sandbox::start().await;
        let broker = launch(&sandbox, set("GITHUB_TOKEN_BROKER_LOG_LEVEL", level));
        sandbox.github.script(Endpoint::Installation, [Reply::good(), Reply::status(503)]);
        let mut ids = Vec::new();
        for payload in ["null", "null", "{}"] {
            ids.push(sandbox.lambda.invoke(payload).await.request_id);
        }
        let lines = sandbox::process::log_lines(&broker.stop().await);
        let lines = common::lines_above_debug(lines);
        let lines: Vec<&Value> = lines.iter().filter(|line| line["msg"] != "starting github-token-broker").collect();
        let levels: Vec<&str> = lines.iter().map(|line| line["level"].as_str().unwrap()).collect();
        assert_eq!(levels, expected, "{level}");
        // In order, each with its invocation's ID.
        let seen: Vec<&str> = lines.iter().map(|line| line["request_id"].as_str().unwrap()).collect();
        let wanted: Vec<&String> = ids.iter().skip(3 - expected.len()).collect();
        if level != "error" {
            assert_eq!(seen, wanted, "{level}");
        }
    }
}

/// What it is, how it comes about, which fields are there, which are not.
type Failure = (&'static str, fn(&Sandbox), &'static [&'static str], &'static [&'static str]);

const OF_THE_APP: [&str; 3] = ["client_id", "installation_id", "key_fingerprint"];

fn ssm_answers(sandbox: &Sandbox, reply: Reply) {
    sandbox.ssm.script([reply.header("x-amzn-requestid", AWS_ID)]);
}

fn github_answers(sandbox: &Sandbox, endpoint: Endpoint, reply: Reply) {
    sandbox.github.script(endpoint, [reply.header("x-github-request-id", GITHUB_ID)]);
}

fn another_scope() -> Reply {
    Reply::edit(|mut answer| {
        answer["permissions"]["contents"] = json!("write");
        answer
    })
}

const FAILURES: [Failure; 8] = [
    (
        "SSM refuses",
        |sandbox| ssm_answers(sandbox, ssm::error("AccessDeniedException", "no")),
        &["aws_request_id"],
        &["client_id", "installation_id", "key_fingerprint", "github_request_id"],
    ),
    (
        "a parameter is missing",
        |sandbox| {
            ssm_answers(sandbox, Reply::good());
            sandbox.ssm.remove(app::CLIENT_ID_PARAM);
        },
        &["aws_request_id"],
        &["client_id", "installation_id", "key_fingerprint", "github_request_id"],
    ),
    (
        "the key is none",
        |sandbox| {
            ssm_answers(sandbox, Reply::good());
            sandbox.ssm.put(app::PRIVATE_KEY_PARAM, AppKey::first().public_pem());
        },
        &["aws_request_id", "client_id", "installation_id"],
        &["key_fingerprint", "github_request_id"],
    ),
    (
        "GitHub does not know the key",
        |sandbox| github_answers(sandbox, Endpoint::Installation, Reply::status(401)),
        &["github_request_id"],
        &["token_sha256"],
    ),
    (
        "another installation",
        |sandbox| github_answers(sandbox, Endpoint::Installation, Reply::json(200, &json!({ "id": 456 }))),
        &["github_request_id"],
        &["token_sha256"],
    ),
    ("no answer from GitHub", |sandbox| sandbox.github.set_doors([Door::Reset]), &OF_THE_APP, &["github_request_id"]),
    (
        "permissions that were not granted",
        |sandbox| github_answers(sandbox, Endpoint::AccessTokens, Reply::status(422)),
        &["github_request_id"],
        &["token_sha256"],
    ),
    (
        "another scope",
        |sandbox| github_answers(sandbox, Endpoint::AccessTokens, another_scope()),
        // What became of the token stands there too.
        &["github_request_id", "revocation"],
        &["token"],
    ),
];

#[tokio::test]
async fn a_failure_is_one_error_line_with_what_was_known_by_then() {
    for (case, come_about, present, absent) in FAILURES {
        let sandbox = Sandbox::start().await;
        come_about(&sandbox);
        let broker = launch(&sandbox, |_| {});
        let invocation = sandbox.lambda.invoke("null").await;
        let line = broker.log_of(&invocation).await;
        let seen = [&line["level"], &line["msg"], &line["error"], &line["error_type"]];
        let (error, error_type) = (invocation.error_message(), invocation.error_type());
        assert_eq!(seen, ["ERROR", "mint GitHub installation token", &error, &error_type], "{case}");
        for (name, value) in [
            ("aws_request_id", json!(AWS_ID)),
            ("github_request_id", json!(GITHUB_ID)),
            ("client_id", json!(app::CLIENT_ID)),
            ("installation_id", json!(app::INSTALLATION_ID)),
            ("key_fingerprint", json!(AppKey::first().fingerprint())),
        ] {
            // Whoever has an answer of GitHub's knows the App.
            let has_answer = present.contains(&"github_request_id");
            let is_known = present.contains(&name) || has_answer && OF_THE_APP.contains(&name);
            assert!(!is_known || line[name] == value, "{case}: {name} in {line}");
        }
        let names: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(present.iter().all(|name| names.contains(name)), "{case}: {present:?} in {line}");
        assert!(!absent.iter().any(|name| names.contains(name)), "{case}: none of {absent:?} in {line}");
        let captured = broker.stop().await;
        assert_eq!(sandbox::process::log_lines(&captured).len(), 2, "{case}: the start, and the failure");
        assert_eq!(captured.stderr, b"", "{case}");
    }
}

#[tokio::test]
async fn the_outcome_of_a_revocation_is_logged() {
    let sandbox = Sandbox::start().await;
    sandbox.github.script(Endpoint::AccessTokens, [another_scope()]);
    let broker = launch(&sandbox, |_| {});
    let mut outcomes = Vec::new();
    for reply in [Reply::good(), Reply::status(401), Reply::reset()] {
        sandbox.github.script(Endpoint::Revoke, [reply]);
        let invocation = sandbox.lambda.invoke("null").await;
        assert_eq!(invocation.error_type(), "GrantMismatch");
        outcomes.push(broker.log_of(&invocation).await["revocation"].as_str().unwrap().to_owned());
    }
    // The words are the program's own; success is told from failure.
    assert_ne!(outcomes[0], outcomes[1]);
    assert!(outcomes[1..].iter().all(|outcome| outcome.starts_with("failed")), "{outcomes:?}");
    assert!(!outcomes[0].starts_with("failed"), "{outcomes:?}");
    assert_eq!(sandbox.github.requests_to(Endpoint::Revoke).len(), 3, "once each");
    drop(broker);
}

#[tokio::test]
async fn the_fingerprint_is_of_the_key_that_signed() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    for key in [AppKey::first(), AppKey::second(), AppKey::first()] {
        sandbox.replace_key(key);
        let invocation = sandbox.lambda.invoke("null").await;
        assert!(invocation.is_success(), "{}", invocation.text());
        assert_eq!(broker.log_of(&invocation).await["key_fingerprint"], key.fingerprint());
    }
    drop(broker);
}

#[tokio::test]
async fn a_peers_request_id_is_logged_as_at_most_128_visible_ascii_characters() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    let long = "A".repeat(5_000);
    for (id, expected) in [
        (&b"short"[..], Some("short")),
        (b"0:1-2_3.4/5+6=7", Some("0:1-2_3.4/5+6=7")),
        (long.as_bytes(), Some(&long[..128])),
        (b"\"},{\"level\":\"INFO", None),
        (b"two words\tand a tab", None),
        (b"caf\xc3\xa9 \xe2\x80\xae evil", None),
        (b"\xff\xfe\x80", None),
        (b"", None),
    ] {
        let case = id.escape_ascii().to_string();
        let case = &case[..case.len().min(60)];
        sandbox.ssm.script([ssm::error("AccessDeniedException", "no").header("x-amzn-requestid", id)]);
        let failed_at_aws = broker.log_of(&sandbox.lambda.invoke("null").await).await;
        sandbox.ssm.script([]);
        sandbox.github.script(Endpoint::Installation, [Reply::status(404).header("x-github-request-id", id)]);
        let failed_at_github = broker.log_of(&sandbox.lambda.invoke("null").await).await;
        sandbox.github.script(Endpoint::Installation, []);
        sandbox.github.script(Endpoint::AccessTokens, [Reply::good().header("x-github-request-id", id)]);
        let minted = broker.log_of(&sandbox.lambda.invoke("null").await).await;
        assert_eq!(minted["level"], "INFO", "{case}");
        for (line, field) in
            [(failed_at_aws, "aws_request_id"), (failed_at_github, "github_request_id"), (minted, "github_request_id")]
        {
            let logged = line[field].as_str().unwrap_or_default();
            assert!(logged.len() <= 128 && logged.chars().all(|c| c.is_ascii_graphic()), "{case}: {line}");
            if let Some(expected) = expected {
                assert_eq!(logged, expected, "{case}: {line}");
            }
        }
    }
    drop(broker);
}

#[tokio::test]
async fn what_aws_says_stays_one_line_of_json() {
    let sandbox = Sandbox::start().await;
    let broker = launch(&sandbox, |_| {});
    let hostile = "no\n{\"level\":\"INFO\",\"msg\":\"minted GitHub installation token\"}\r\n\u{1b}[31m\u{0}";
    sandbox.ssm.script([ssm::error("AccessDeniedException", hostile)]);
    let invocation = sandbox.lambda.invoke("null").await;
    let line = broker.log_of(&invocation).await;
    assert_eq!(line["level"], "ERROR");
    assert!(!line["error"].as_str().unwrap().contains(char::is_control), "{line}");
    let captured = broker.stop().await;
    assert_eq!(sandbox::process::log_lines(&captured).len(), 2);
    assert!(!captured.stdout.contains(&0x1b));
}
