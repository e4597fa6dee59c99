//! Prints the steps of an invocation in a few readable lines.

use std::time::Duration;

use sandbox::{Broker, Invocation, Phase, Recorded};
use serde_json::Value;
use tokio::time::timeout;

use super::advice;

/// The time within which the log line must follow the response.
const LOG_LAG: Duration = Duration::from_secs(2);

/// The error of a broker that neither answers nor ends.
pub(super) const STUCK: &str = "the broker is stuck";

/// Prints a step with its duration, if known, and its details.
pub(super) fn print(what: &str, milliseconds: Option<u128>, particulars: &str) {
    let took = milliseconds.map_or(String::new(), |milliseconds| format!("{milliseconds} ms"));
    say!("  {what:<10} {took:>8}  {particulars}");
}

/// Prints the result of init and returns whether the function is ready.
pub(super) fn init(phase: &Phase, took: Duration) -> bool {
    let took = Some(took.as_millis());
    match phase {
        Phase::Ready => print("init", took, "the broker is ready"),
        other => print("init", took, &format!("failed: {other}")),
    }
    matches!(phase, Phase::Ready)
}

/// Returns the invocation's log line, or `null` without one.
pub(super) async fn log_line(broker: &Broker, invocation: &Invocation) -> Value {
    let is_its = |line: &Value| line["request_id"] == invocation.request_id;
    timeout(LOG_LAG, broker.wait_for_log(is_its)).await.unwrap_or_default()
}

/// Prints a request that a stand-in recorded.
pub(super) fn request(what: &str, took: &Value, request: &Recorded) {
    let body = if request.body.is_empty() { "" } else { &format!(" {}", String::from_utf8_lossy(&request.body)) };
    let text = format!("{} {}{body}: {}", request.method, request.target, request.status);
    print(what, milliseconds(took), &text);
}

/// Parses a duration of the log line.
pub(super) fn milliseconds(field: &Value) -> Option<u128> {
    field.as_u64().map(u128::from)
}

/// Prints the token's properties without the token.
pub(super) fn token(invocation: &Invocation) {
    let answer = invocation.json();
    let length = answer["token"].as_str().map_or(0, str::len);
    let particulars = format!(
        "a token of {length} characters for {} with {}, until {}",
        answer["repositories"],
        answer["permissions"],
        answer["expires_at"].as_str().unwrap_or("?"),
    );
    print("answer", Some(invocation.elapsed.as_millis()), &particulars);
}

/// Prints an error and its remedy.
pub(super) fn error(invocation: &Invocation, log_line: &Value) {
    let text = format!("{}: {}", invocation.error_type(), invocation.error_message());
    print("error", Some(invocation.elapsed.as_millis()), &text);
    let advice = advice::on(&invocation.error_type());
    say!("\nCause: {}\nWhat to do: {}\nMore: {}", advice.cause, advice.remedy, advice.url);
    if let Some(outcome) = log_line["revocation"].as_str() {
        say!("{}", revocation(outcome));
    }
    for (field, name) in [
        ("client_id", "client ID"),
        ("installation_id", "installation"),
        ("key_fingerprint", "the key's fingerprint"),
        ("token_sha256", "the token's SHA-256"),
        ("github_request_id", "GitHub's request ID"),
        ("aws_request_id", "AWS's request ID"),
    ] {
        match &log_line[field] {
            Value::Null => {}
            Value::String(value) => say!("  {name}: {value}"),
            value => say!("  {name}: {value}"),
        }
    }
}

/// Describes the revocation of a token that GitHub issued and the broker rejected.
fn revocation(outcome: &str) -> String {
    match outcome {
        "revoked" => "The token that GitHub issued was revoked.".into(),
        _ => format!("The token that GitHub issued could not be revoked ({outcome}): it works until it expires."),
    }
}

/// Prints the broker's log, or after an error a hint how to see it.
pub(super) async fn log(broker: &Broker, ready: bool, verbose: bool, success: bool) {
    if !verbose {
        if !success {
            say!("\nWith --verbose, the broker's log follows here.");
        }
        return;
    }
    if !ready {
        // After an init error the broker exits, and its last line may not have been read yet.
        drop(timeout(LOG_LAG, broker.exit()).await);
    }
    say!("\nThe broker's log:\n{}", broker.stdout().trim_end());
}

/// Prints the broker's standard error: a panic of the runtime, or a message of the dynamic loader.
pub(super) fn standard_error(broker: &Broker) {
    let text = broker.stderr();
    if !text.trim().is_empty() {
        say!("\nIt wrote on standard error:\n{}", text.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_revoked_token_is_called_revoked() {
        assert_eq!(revocation("revoked"), "The token that GitHub issued was revoked.");
        assert!(revocation("failed: no answer").contains("could not be revoked (failed: no answer)"));
    }
}
