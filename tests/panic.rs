//! A panic is an internal error: its text is shown to nobody, and the next invocation works.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail anywhere")]

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use github_token_broker::broker::{Broker, TokenAnswer};
use github_token_broker::clock;
use github_token_broker::config::{Config, LogLevel};
use github_token_broker::deadline::Deadline;
use github_token_broker::environment::Environment;
use github_token_broker::error::{BrokerError, ErrorType};
use github_token_broker::github::GitHub;
use github_token_broker::handler::{Handler, Mint};
use github_token_broker::http_client::HttpClient;
use github_token_broker::logging::Logger;
use github_token_broker::panics;
use github_token_broker::parameter_store::ParameterStore;
use github_token_broker::payload::Payload;
use github_token_broker::record::Record;
use github_token_broker::runtime_api::Invocation;
use github_token_broker::startup;
use sandbox::Sandbox;
use serde_json::Value;

/// What a panic might say.
const SECRET: &str = "ghs_s3cret-of-a-panic";

/// Panics the first times, then mints as ever.
struct Panicking {
    broker: Broker,
    panics_left: AtomicUsize,
}

impl Mint for Panicking {
    async fn mint(&self, deadline: &Deadline, record: &mut Record) -> Result<TokenAnswer, BrokerError> {
        // As deep in the work as it can be: with a token at hand.
        let answer = self.broker.mint(deadline, record).await?;
        match self.panics_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
            Ok(2) => panic!("{SECRET}"),
            Ok(_) => std::panic::panic_any(SECRET.to_owned()),
            Err(_) => Ok(answer),
        }
    }
}

/// The handler of the program, put together as it is there.
fn handler(sandbox: &Sandbox) -> Handler<Panicking> {
    let environment: Environment =
        sandbox.environment().iter().map(|(name, value)| (name.to_str().unwrap(), value)).collect();
    let config = Config::from_environment(&environment).unwrap();
    let client = HttpClient::new(&config, clock::system_clock).unwrap();
    let parameter_store = ParameterStore::new(config.aws, config.parameters, client.clone());
    let github = GitHub::new(client, config.github_api_base_url, clock::system_clock, || 0.5);
    let broker = Broker::new(parameter_store, github, config.repository, config.permissions, clock::system_clock);
    let minter = Panicking { broker, panics_left: AtomicUsize::new(2) };
    Handler::new(minter, Logger::new(LogLevel::Debug, clock::system_clock), clock::system_clock)
}

fn invocation(request_id: &str) -> Invocation {
    let deadline = SystemTime::UNIX_EPOCH + Duration::from_secs(u32::MAX.into());
    Invocation::new(request_id.parse().unwrap(), deadline, Payload::Empty)
}

#[tokio::test]
#[ignore = "replaces the process's panic hook; the test below runs it as a process of its own"]
async fn two_panics_then_a_token() {
    let sandbox = Sandbox::start().await;
    let handler = handler(&sandbox);
    panics::install_hook();
    let first = handler.handle(&invocation("first")).await;
    let second = handler.handle(&invocation("second")).await;
    let third = handler.handle(&invocation("third")).await;
    // So that the assertions can be read when they fail.
    drop(std::panic::take_hook());
    for result in [first, second] {
        let diagnostic = result.unwrap_err();
        assert_eq!(diagnostic.error_type, ErrorType::InternalError);
        assert_eq!(diagnostic.error_message, "internal error");
    }
    let answer: Value = serde_json::to_value(third.unwrap()).unwrap();
    assert_eq!(answer["token"], *sandbox.github.issued().last().unwrap());
    sandbox.assert_no_violations();
}

#[test]
fn a_panic_is_one_error_line_without_its_text_and_the_next_invocation_works() {
    let lines = log_of("two_panics_then_a_token");
    let [first, second, third] = lines.as_slice() else { panic!("{lines:#?}") };
    for (line, request_id) in [(first, "first"), (second, "second")] {
        assert_eq!([&line["level"], &line["msg"]], ["ERROR", "mint GitHub installation token"]);
        assert_eq!([&line["error"], &line["error_type"]], ["internal error", "InternalError"]);
        assert_eq!(line["request_id"], request_id);
        // What was known by then helps whoever looks for the bug.
        assert!(line["key_fingerprint"].is_string() && line["installation_id"].is_number(), "{line}");
    }
    assert_eq!([&third["level"], &third["request_id"]], ["INFO", "third"]);
}

#[test]
#[ignore = "replaces the process's panic hook; the test below runs it as a process of its own"]
fn a_panic_before_any_invocation() {
    panics::install_hook();
    let caught = panics::catch_blocking(|| panic!("{SECRET}"));
    drop(std::panic::take_hook());
    startup::log_panic(clock::system_clock, caught.unwrap_err());
}

#[test]
fn a_panic_outside_of_an_invocation_shows_no_text_either() {
    let lines = log_of("a_panic_before_any_invocation");
    let [line] = lines.as_slice() else { panic!("{lines:#?}") };
    assert_eq!([&line["level"], &line["msg"]], ["ERROR", "github-token-broker ended"]);
    assert_eq!([&line["error"], &line["error_type"]], ["internal error", "InternalError"]);
    assert!(line["panic_location"].as_str().is_some_and(|location| location.starts_with("tests/panic.rs:")), "{line}");
}

/// Runs an ignored test of this file as a process of its own. The JSON lines that it wrote.
fn log_of(test: &str) -> Vec<Value> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}{stderr}");
    for text in [&stdout, &stderr] {
        assert!(!text.contains("s3cret") && !text.contains("panicked"), "{text}");
    }
    // The test harness writes to the same standard output.
    stdout.lines().filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok()).collect()
}
