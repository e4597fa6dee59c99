//! The four assertions for each row.

use sandbox::{Invocation, Outcome};
use serde_json::json;

use super::row::Failure;
use super::runner::Observed;
use crate::leaks;
use crate::scene::is_text;

impl Failure {
    /// Returns whether the row need not be run again: it does not depend on timing, or the response is the expected
    /// one.
    pub(super) fn is_settled(&self, observed: &Observed) -> bool {
        let invocation = &observed.invocation;
        let is_in_time = self.elapsed.as_ref().is_none_or(|range| range.contains(&invocation.elapsed))
            && invocation.margin_ms >= self.margin_ms();
        let is_expected =
            invocation.error_type() == self.error_type && is_text(&invocation.error_message(), &self.message);
        !self.is_timed() || is_in_time && is_expected
    }

    /// Checks all four assertions.
    pub(super) fn assert(&self, observed: &Observed) {
        self.assert_answer(&observed.invocation);
        self.assert_calls(observed);
        self.assert_line(observed);
        self.assert_no_secret(observed);
    }

    /// Asserts that the caller gets only the error type and the message, well before the deadline.
    fn assert_answer(&self, invocation: &Invocation) {
        let Self { name, error_type, message, elapsed, .. } = self;
        assert_eq!(invocation.outcome, Outcome::Error, "{name}: {}", invocation.text());
        let text = invocation.error_message();
        let body = json!({ "errorType": error_type, "errorMessage": text });
        assert_eq!(invocation.json(), body, "{name}: what the caller gets");
        assert!(is_text(&text, message), "{name}: the caller's error\n     got: {text}\nexpected: {message}");
        let margin_ms = invocation.margin_ms;
        assert!(margin_ms >= self.margin_ms(), "{name}: {margin_ms} ms before the deadline");
        if let Some(elapsed) = elapsed {
            assert!(elapsed.contains(&invocation.elapsed), "{name}: took {:?}, not {elapsed:?}", invocation.elapsed);
        }
    }

    /// Asserts the number of requests to SSM, and GitHub's endpoints.
    fn assert_calls(&self, observed: &Observed) {
        let Self { name, calls, .. } = self;
        assert!(calls.ssm.contains(&observed.ssm), "{name}: {} calls to SSM, not {:?}", observed.ssm, calls.ssm);
        assert_eq!(observed.github, calls.github, "{name}: calls to GitHub");
        if let Some(connections) = calls.connections {
            assert_eq!(observed.connections, connections, "{name}: connections");
        }
    }

    /// Asserts the log line: the fields of every failure, and exactly the other fields that were known at that time.
    fn assert_line(&self, observed: &Observed) {
        let Self { name, error_type, log, .. } = self;
        let mut line = log.clone();
        line.insert("level", "ERROR".into());
        line.insert("msg", "mint GitHub installation token".into());
        line.insert("error", observed.invocation.error_message().into());
        line.insert("error_type", (*error_type).into());
        line.insert("request_id", observed.invocation.request_id.clone().into());
        let mut logged = observed.line.clone();
        let fields = logged.as_object_mut().unwrap();
        assert!(fields.remove("timestamp").is_some_and(|time| time.is_string()), "{name}: {}", observed.line);
        // The durations of the steps vary.
        fields.retain(|field, value| !(field.ends_with("_ms") && value.is_u64()));
        assert_eq!(logged, json!(line), "{name}: the log line");
    }

    /// Asserts that everything written and posted for this invocation contains no secret.
    fn assert_no_secret(&self, observed: &Observed) {
        leaks::assert_hidden(&observed.output, &observed.jwts_and_tokens, &self.name);
        for secret in &self.secrets {
            assert!(!observed.output.contains(secret), "{}: shows {secret}\n{}", self.name, observed.output);
        }
    }
}
