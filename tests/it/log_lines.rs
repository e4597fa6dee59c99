//! One JSON line per invocation, with the IDs that an operator needs to find it at GitHub and AWS.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64_simd::STANDARD;
use sandbox::{AppKey, Endpoint, Reply, process, scaled, ssm};
use serde_json::{Value, json};

use crate::clock::system_clock;
use crate::scene::{Scene, lines_above_debug, set};
use crate::steps::Step;

const GITHUB_ID: &str = "C8A2:3F1B70:17B2C3D4:1A2B3C4D:69EAE2A0";

fn sha256(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode_to_string(digest(&SHA256, bytes.as_ref()))
}

#[tokio::test]
async fn a_token_is_one_info_line_with_its_hash() {
    let scene = Scene::start().await;
    scene.sandbox.github.script(Endpoint::AccessTokens, [Reply::good().header("x-github-request-id", GITHUB_ID)]);
    let invocation = scene.mint("success").await;
    let line = scene.broker.log_of(&invocation).await;
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
    scene.end().await;
}

#[tokio::test]
async fn durations_are_logged_in_milliseconds() {
    let scene = Scene::start().await;
    let delay = scaled(Duration::from_millis(300));
    for (step, field) in [(Step::Ssm, "ssm_ms"), (Step::Preflight, "preflight_ms"), (Step::Token, "token_ms")] {
        let (invocation, _) = scene.invoke_with(step, [Reply::good().after(delay)]).await;
        let line = scene.broker.log_of(&invocation).await;
        let ms = u128::from(line[field].as_u64().unwrap());
        assert!(ms >= delay.as_millis() && ms <= invocation.elapsed.as_millis(), "{line}");
    }
}

#[tokio::test]
async fn lines_begin_with_timestamp_level_and_msg() {
    let seconds = |time| DateTime::from(time).secs();
    let before = seconds(system_clock());
    let scene = Scene::start().await;
    scene.invoke().await;
    scene.sandbox.lambda.invoke("{}").await;
    let (failed, _) = scene.invoke_with(Step::Preflight, [Reply::status(404)]).await;
    scene.broker.log_of(&failed).await;
    let text = String::from_utf8(scene.end().await.stdout).unwrap();
    let after = seconds(system_clock());
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
        let scene = Scene::start_with(set("GITHUB_TOKEN_BROKER_LOG_LEVEL", level)).await;
        scene.sandbox.github.script(Endpoint::Installation, [Reply::good(), Reply::status(404)]);
        let mut ids = Vec::new();
        // The last one also fails, so that there is a line at each level.
        for payload in ["null", "null", "{}", "null"] {
            ids.push(scene.sandbox.lambda.invoke(payload).await);
        }
        let last = ids.pop().unwrap();
        scene.broker.log_of(&last).await;
        let lines = lines_above_debug(process::log_lines(&scene.broker.stop().await));
        let is_of_one = |line: &&Value| line["request_id"].is_string() && line["request_id"] != last.request_id;
        let lines: Vec<&Value> = lines.iter().filter(is_of_one).collect();
        let levels: Vec<&str> = lines.iter().map(|line| line["level"].as_str().unwrap()).collect();
        assert_eq!(levels, expected, "{level}");
        // The lines are in order, each with its invocation's ID.
        let by_level = ["INFO", "ERROR", "WARN"].into_iter().zip(ids);
        let wanted: Vec<String> =
            by_level.filter(|(level, _)| expected.contains(level)).map(|(_, one)| one.request_id).collect();
        let seen: Vec<&str> = lines.iter().map(|line| line["request_id"].as_str().unwrap()).collect();
        assert_eq!(seen, wanted, "{level}");
    }
}

#[tokio::test]
async fn request_ids_of_peers_are_hexadecimal() {
    let scene = Scene::start().await;
    let (longest, too_long) = ("a".repeat(64), "a".repeat(65));
    for (id, is_logged) in [
        (&b"C8A2:3F1B70:69EAE2A0"[..], true),
        (b"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", true),
        (longest.as_bytes(), true),
        (too_long.as_bytes(), false),
        (b"ghs_16C7e42F292c6912E7", false),
        (b"\"},{\"level\":\"INFO", false),
        (b"two words\tand a tab", false),
        (b"caf\xc3\xa9 \xe2\x80\xae evil", false),
        (b"\xff\xfe\x80", false),
        (b"", false),
    ] {
        let case: String = id.escape_ascii().to_string().chars().take(60).collect();
        for (step, reply, field) in [
            (Step::Ssm, ssm::error("AccessDeniedException", "no").header("x-amzn-requestid", id), "aws_request_id"),
            (Step::Preflight, Reply::status(404).header("x-github-request-id", id), "github_request_id"),
            (Step::Token, Reply::good().header("x-github-request-id", id), "github_request_id"),
        ] {
            let (invocation, _) = scene.invoke_with(step, [reply]).await;
            assert_eq!(invocation.is_success(), step == Step::Token, "{case}: {}", invocation.text());
            let line = scene.broker.log_of(&invocation).await;
            let expected = is_logged.then(|| std::str::from_utf8(id).unwrap());
            assert_eq!(line[field].as_str(), expected, "{case}: {line}");
        }
    }
}

#[tokio::test]
async fn a_message_of_aws_stays_in_one_line() {
    let scene = Scene::start().await;
    let hostile = "no\n{\"level\":\"INFO\",\"msg\":\"minted GitHub installation token\"}\r\n\u{1b}[31m\u{0}";
    let (invocation, _) = scene.invoke_with(Step::Ssm, [ssm::error("AccessDeniedException", hostile)]).await;
    let line = scene.broker.log_of(&invocation).await;
    assert_eq!(line["level"], "ERROR");
    assert!(!line["error"].as_str().unwrap().contains(char::is_control), "{line}");
    let captured = scene.end().await;
    assert_eq!(process::log_lines(&captured).len(), 2);
    assert!(!captured.stdout.contains(&0x1b));
}
