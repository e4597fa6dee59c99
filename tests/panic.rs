//! A panic is an internal error: its text is shown to nobody, and the next invocation works.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail anywhere")]

mod common;

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{PlainServer, launch};
use github_token_broker::broker::{Broker, TokenAnswer};
use github_token_broker::clock;
use github_token_broker::config::{Config, LogLevel};
use github_token_broker::deadline::Deadline;
use github_token_broker::environment::Environment;
use github_token_broker::error::BrokerError;
use github_token_broker::github::GitHub;
use github_token_broker::handler::{Handler, Mint};
use github_token_broker::http_client::HttpClient;
use github_token_broker::logging::Logger;
use github_token_broker::panics;
use github_token_broker::parameter_store::ParameterStore;
use github_token_broker::payload::Payload;
use github_token_broker::record::Record;
use lambda_runtime::{Context, LambdaEvent};
use sandbox::Sandbox;
use serde_json::{Value, json};

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

fn event(request_id: &str) -> LambdaEvent<Payload> {
    let mut context = Context::default();
    request_id.clone_into(&mut context.request_id);
    context.deadline = u64::MAX;
    LambdaEvent::new(Payload::Empty, context)
}

#[tokio::test]
#[ignore = "replaces the process's panic hook; the test below runs it as a process of its own"]
async fn two_panics_then_a_token() {
    let sandbox = Sandbox::start().await;
    let handler = handler(&sandbox);
    panics::install_hook();
    let first = handler.handle(event("first")).await;
    let second = handler.handle(event("second")).await;
    let third = handler.handle(event("third")).await;
    // So that the assertions can be read when they fail.
    drop(std::panic::take_hook());
    for result in [first, second] {
        let diagnostic = result.unwrap_err();
        assert_eq!((&*diagnostic.error_type, &*diagnostic.error_message), ("InternalError", "internal error"));
    }
    let answer: Value = serde_json::to_value(third.unwrap()).unwrap();
    assert_eq!(answer["token"], *sandbox.github.issued().last().unwrap());
    sandbox.assert_no_violations();
}

#[test]
fn a_panic_is_one_error_line_without_its_text_and_the_next_invocation_works() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "two_panics_then_a_token", "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}{stderr}");
    for text in [&stdout, &stderr] {
        assert!(!text.contains("s3cret") && !text.contains("panicked"), "{text}");
    }
    // The test harness writes to the same standard output.
    let lines: Vec<Value> =
        stdout.lines().filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok()).collect();
    let [first, second, third] = lines.as_slice() else { panic!("{stdout}") };
    for (line, request_id) in [(first, "first"), (second, "second")] {
        assert_eq!([&line["level"], &line["msg"]], ["ERROR", "mint GitHub installation token"]);
        assert_eq!([&line["error"], &line["error_type"]], ["internal error", "InternalError"]);
        assert_eq!(line["request_id"], request_id);
        // What was known by then helps whoever looks for the bug.
        assert!(line["key_fingerprint"].is_string() && line["installation_id"].is_number(), "{line}");
    }
    assert_eq!([&third["level"], &third["request_id"]], ["INFO", "third"]);
}

#[tokio::test]
async fn a_panic_outside_of_an_invocation_shows_no_text_either() {
    let sandbox = Sandbox::start().await;
    // lambda_runtime panics when the Runtime API tells no deadline.
    let runtime_api = PlainServer::start(|_| {
        (200, vec![("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".into())], b"null".to_vec())
    });
    let broker = launch(&sandbox, |env| {
        env.set("AWS_LAMBDA_RUNTIME_API", runtime_api.address().to_string())
            .set("RUST_BACKTRACE", "full")
            .set("GITHUB_TOKEN_BROKER_LOG_LEVEL", "debug");
    });
    let status = broker.wait_exit().await;
    assert!(status.code().is_some_and(|code| code != 0), "{status}");
    assert_eq!(broker.stderr(), "");
    let errors: Vec<Value> = broker.log_lines().into_iter().filter(|line| line["level"] == "ERROR").collect();
    let [line] = errors.as_slice() else { panic!("{errors:#?}") };
    assert_eq!([&line["error"], &line["error_type"]], ["internal error", "InternalError"]);
    assert!(!broker.stdout().contains("deadline"), "{line}");
    assert_eq!(json!(sandbox.github.calls().len()), 0);
}
