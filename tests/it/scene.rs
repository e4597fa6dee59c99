//! A broker that runs in its own sandbox.

use std::ffi::OsString;

use sandbox::{Broker, Captured, Endpoint, Environment, Invocation, Outcome, Phase, Reply, Sandbox};
use serde_json::{Value, json};

use crate::steps::Step;

/// The program under test.
pub(crate) const BOOTSTRAP: &str = env!("CARGO_BIN_EXE_bootstrap");

/// The GitHub calls of an invocation that gets a token.
pub(crate) const BOTH_CALLS: [Endpoint; 2] = [Endpoint::Installation, Endpoint::AccessTokens];

/// Starts the program as Lambda would, with the sandbox's environment after `change`.
pub(crate) fn launch(sandbox: &Sandbox, change: impl FnOnce(&mut Environment)) -> Broker {
    sandbox.launch(BOOTSTRAP.as_ref(), change)
}

/// Returns a change that sets a variable.
pub(crate) fn set(name: &str, value: impl Into<OsString>) -> impl FnOnce(&mut Environment) {
    move |env| {
        env.set(name, value);
    }
}

/// Returns a change that unsets a variable.
pub(crate) fn unset(name: &str) -> impl FnOnce(&mut Environment) {
    move |env| {
        env.remove(name);
    }
}

/// A broker and its sandbox.
pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
    pub(crate) broker: Broker,
}

impl Scene {
    /// Starts a broker with the sandbox's environment.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a broker with the sandbox's environment after `change`.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Environment)) -> Self {
        let sandbox = Sandbox::start().await;
        let broker = launch(&sandbox, change);
        Self { sandbox, broker }
    }

    /// Waits until the function has started and polls for its first invocation.
    pub(crate) async fn ready(self) -> Self {
        let phase = self.sandbox.lambda.ready().await;
        assert!(matches!(phase, Phase::Ready), "{phase:?} {}", self.broker.captured().describe());
        self
    }

    /// Invokes the function.
    pub(crate) async fn invoke(&self) -> Invocation {
        self.sandbox.lambda.invoke("null").await
    }

    /// Invokes the function and asserts that it returns a token.
    pub(crate) async fn mint(&self, case: &str) -> Invocation {
        let invocation = self.invoke().await;
        assert!(invocation.is_success(), "{case}: {} {}", invocation.text(), self.broker.captured().describe());
        invocation
    }

    /// Invokes the function with these replies for a step, then restores the default reply. Also returns the calls to
    /// GitHub.
    pub(crate) async fn invoke_with(
        &self,
        step: Step,
        replies: impl IntoIterator<Item = Reply>,
    ) -> (Invocation, Vec<Endpoint>) {
        let earlier = self.sandbox.github.calls().len();
        step.script(&self.sandbox, replies);
        let invocation = self.invoke().await;
        step.script(&self.sandbox, []);
        (invocation, self.sandbox.github.calls().split_off(earlier))
    }

    /// Invokes the function with these replies for a step, and returns the response with the token.
    pub(crate) async fn mint_with(&self, case: &str, step: Step, replies: impl IntoIterator<Item = Reply>) -> Value {
        let (invocation, _) = self.invoke_with(step, replies).await;
        assert!(invocation.is_success(), "{case}: {} {}", invocation.text(), self.broker.captured().describe());
        invocation.json()
    }

    /// Stops the broker and asserts that its requests were valid and that it wrote no secret.
    pub(crate) async fn end(self) -> Captured {
        let captured = self.broker.stop().await;
        self.sandbox.assert_no_violations();
        assert_eq!(self.sandbox.leaks(&captured, &[]), []);
        assert_eq!(captured.stderr, b"");
        captured
    }
}

/// Returns GitHub's good response with one changed member.
pub(crate) fn with(member: &'static str, value: impl Into<Value>) -> Reply {
    let value = value.into();
    Reply::edit(move |mut answer| {
        answer[member] = value.clone();
        answer
    })
}

/// Asserts that neither SSM nor GitHub got a request. Connections may have been opened for later requests.
pub(crate) fn assert_no_requests(sandbox: &Sandbox, case: &str) {
    assert_eq!((sandbox.ssm.requests().len(), sandbox.github.requests().len()), (0, 0), "{case}: SSM, GitHub requests");
}

/// Asserts that the invocation failed with this error type and message, which may end with `…`, see [`is_text`].
#[track_caller]
pub(crate) fn assert_error(invocation: &Invocation, case: &str, error_type: &str, message: &str) {
    assert_eq!(invocation.outcome, Outcome::Error, "{case}: {}", invocation.text());
    assert_eq!(invocation.error_type(), error_type, "{case}: {}", invocation.text());
    let text = invocation.error_message();
    assert!(is_text(&text, message), "{case}\n     got: {text}\nexpected: {message}");
}

/// Returns whether a text is the expected one. An expected text that ends with `…` matches any longer text with this
/// beginning.
pub(crate) fn is_text(text: &str, expected: &str) -> bool {
    match expected.strip_suffix('…') {
        Some(beginning) => text.starts_with(beginning) && text.len() > beginning.len(),
        None => text == expected,
    }
}

/// Returns the log lines above DEBUG. The contract does not define DEBUG lines.
pub(crate) fn lines_above_debug(lines: Vec<Value>) -> Vec<Value> {
    lines.into_iter().filter(|line| line["level"] != "DEBUG").collect()
}

/// Returns a response to the token call with this token, an expiry and the members of `grant`.
pub(crate) fn granting(token: &str, grant: &Value) -> Reply {
    let mut answer = json!({ "token": token, "expires_at": "2026-04-23T16:48:32Z" });
    for (name, value) in grant.as_object().into_iter().flatten() {
        answer[name] = value.clone();
    }
    Reply::json(201, &answer)
}
