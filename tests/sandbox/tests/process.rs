//! Tests the child process: its clean environment, its complete output, and the report of its exit to Lambda.
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as intended")]

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use sandbox::{Broker, Outcome, Sandbox};
use serde_json::json;
use tempfile::NamedTempFile;

/// Starts a script instead of the broker. Bash reads it from the file in `BASH_ENV`, because a file that was just
/// written cannot always be executed while other tests start processes.
fn launch(sandbox: &Sandbox, script: &str) -> (Broker, NamedTempFile) {
    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "{script}").unwrap();
    let broker = sandbox.launch("/bin/bash".as_ref(), |env| {
        env.set("BASH_ENV", file.path());
    });
    (broker, file)
}

#[tokio::test]
async fn the_environment_is_lambdas_with_the_changes() {
    let sandbox = Sandbox::start().await;
    let broker = sandbox.launch("/usr/bin/env".as_ref(), |env| {
        env.remove("AWS_REGION").set("GREETING", OsString::from_vec(b"\xff!".to_vec()));
    });
    assert!(broker.wait_exit().await.success());
    let captured = broker.captured();
    assert!(captured.stdout.windows(12).any(|window| window == b"GREETING=\xff!\n"));
    let stdout = broker.stdout();
    assert!(stdout.contains("AWS_LAMBDA_FUNCTION_VERSION=$LATEST\n"));
    assert!(!stdout.contains("AWS_REGION=") && !stdout.contains("CARGO"), "{stdout}");
    let leaks = sandbox.leaks(&captured, &["$LATEST"]);
    assert!(leaks.iter().any(|leak| leak.secret == sandbox::app::AWS_SECRET_ACCESS_KEY), "{leaks:?}");
    assert!(leaks.iter().any(|leak| leak.secret == "$LATEST"), "{leaks:?}");
}

#[tokio::test]
async fn an_exit_is_reported_in_lambdas_words() {
    let sandbox = Sandbox::start().await;
    let _broker = launch(&sandbox, "exit 3");
    let invocation = sandbox.lambda.invoke("null").await;
    assert_eq!(invocation.outcome, Outcome::Exited);
    assert_eq!(invocation.error_type(), "Runtime.ExitError");
    assert!(invocation.error_message().ends_with(" Error: Runtime exited with error: exit status 3"));
}

#[tokio::test]
async fn log_lines_are_awaited_and_stop_returns_all_output() {
    let sandbox = Sandbox::start().await;
    let script = r#"echo '{"msg":"one"}'; echo '{"msg":"two"}'; echo oops >&2; exec sleep 600"#;
    let (broker, _file) = launch(&sandbox, script);
    assert_eq!(broker.wait_for_log(|line| line["msg"] == "two").await, json!({ "msg": "two" }));
    let captured = broker.stop().await;
    assert_eq!(sandbox::process::log_lines(&captured).len(), 2);
}

#[tokio::test]
#[should_panic(expected = "cannot start /nowhere/bootstrap")]
async fn a_missing_program_is_reported() {
    Sandbox::start().await.launch(Path::new("/nowhere/bootstrap"), |_| {});
}
