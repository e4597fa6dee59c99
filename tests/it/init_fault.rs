//! The observable effects of an invalid configuration.

use sandbox::lambda::Posted;
use sandbox::{Environment, Outcome, Sandbox};
use serde_json::json;

use crate::scene::{is_text, launch};

/// Starts the function with an invalid configuration and returns the error's text. Asserts a single ERROR line, the
/// same text for the Runtime API and for the caller, a non-zero exit status, empty standard error, and no connection to
/// SSM or GitHub.
pub(crate) async fn assert_refuses_to_start(
    sandbox: &Sandbox,
    case: &str,
    expected: &str,
    change: impl FnOnce(&mut Environment),
) -> String {
    let posts_before = sandbox.lambda.posts().len();
    let broker = launch(sandbox, change);
    let invocation = sandbox.lambda.invoke("null").await;
    assert_eq!(invocation.outcome, Outcome::InitError, "{case}: {} {}", invocation.text(), broker.stdout());
    let status = broker.wait_exit().await;
    assert!(status.code().is_some_and(|code| code != 0), "{case}: {status}");
    assert_eq!(broker.stderr(), "", "{case}");

    let lines = broker.log_lines();
    let [line] = lines.as_slice() else { panic!("{case}: {lines:#?}") };
    let text = line["error"].as_str().unwrap_or_default().to_owned();
    assert!(is_text(&text, expected), "{case}\n     got: {text}\nexpected: {expected}");
    let seen = [&line["level"], &line["msg"], &line["error_type"]];
    assert_eq!(seen, ["ERROR", "load config", "ConfigurationInvalid"], "{case}");

    let posts = sandbox.lambda.posts().split_off(posts_before);
    let [post] = posts.as_slice() else { panic!("{case}: {posts:#?}") };
    assert_eq!(post.to, Posted::InitError, "{case}");
    assert_eq!(post.headers["lambda-runtime-function-error-type"], "ConfigurationInvalid", "{case}");
    let posted = json!({ "errorType": "ConfigurationInvalid", "errorMessage": text });
    assert_eq!(post.json(), posted, "{case}");
    assert_eq!(invocation.json(), posted, "{case}: what the caller reads");
    assert_eq!((sandbox.ssm.connections(), sandbox.github.connections()), (0, 0), "{case}: SSM and GitHub connections");
    text
}
