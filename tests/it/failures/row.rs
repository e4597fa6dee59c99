//! A row of the table.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64_simd::STANDARD;
use sandbox::lambda::DEFAULT_TIMEOUT;
use sandbox::{AppKey, Endpoint, Environment, Reply, Sandbox, app};
use serde_json::{Value, json};

use crate::steps::Step;

/// AWS's ID of the SSM call.
pub(super) const AWS_ID: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
/// GitHub's ID of the preflight.
pub(super) const PREFLIGHT_ID: &str = "C8A2:3F1B70:17B2C3D4:1A2B3C4D:69EAE2A0";
/// GitHub's ID of the token call.
pub(super) const TOKEN_ID: &str = "D9B3:402C81:28C3D4E5:2B3C4D5E:7AFBF3B1";
/// The token of scripted responses. It is longer than a name that may be logged, and has dots, as GitHub's newer tokens
/// do.
pub(super) const TOKEN: &str = "ghs_1234567_fixture_0123456789abcdefghijklmnopqrstuvwxyz.\
                                ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_9876543210zyxwvutsrqponmlkjihgfedcba.\
                                ZYXWVUTSRQPONMLKJIHGFEDCBA-_0a1b2c3d4e5f6g7h8i9j";

/// The logged outcome of a revocation that GitHub accepted.
pub(super) const REVOKED: &str = "revoked";

/// The number of connections that the function opens during init: one to SSM, one to GitHub.
pub(super) const AT_START: usize = 2;

pub(super) type Arrange = Box<dyn Fn(&Sandbox)>;
pub(super) type Change = Box<dyn Fn(&Sandbox, &mut Environment)>;

/// One failure and all its observable effects.
pub(super) struct Failure {
    /// The step that fails.
    step: Step,
    pub(super) name: String,
    pub(super) error_type: &'static str,
    /// The exact message, or its beginning and `…`.
    pub(super) message: String,
    /// Sets up the failure.
    pub(super) arrange: Vec<Arrange>,
    /// A row with such a change gets its own broker, which is started after `arrange`.
    pub(super) environment: Option<Change>,
    pub(super) calls: Calls,
    /// The log line's fields in addition to those of every failure.
    pub(super) log: BTreeMap<&'static str, Value>,
    /// Further texts that must not appear in any output.
    pub(super) secrets: Vec<String>,
    /// The function's timeout.
    pub(super) timeout: Duration,
    /// The duration of the invocation, if it is part of the case.
    pub(super) elapsed: Option<Range<Duration>>,
}

/// The invocation's requests to SSM and GitHub, and the connections.
pub(super) struct Calls {
    /// A single number, unless it depends on the SDK's backoff.
    pub(super) ssm: RangeInclusive<usize>,
    pub(super) github: Vec<Endpoint>,
    /// The number of connections to both peers since the function started, including the one to each peer during init.
    pub(super) connections: Option<usize>,
}

impl Failure {
    /// Creates a row in which a step gets these replies, the last of them repeatedly, or its default reply when there
    /// are none. By default the step has one attempt, and its response has at least a head.
    pub(super) fn of(
        step: Step,
        name: impl Into<String>,
        replies: impl IntoIterator<Item = Reply>,
        error_type: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let replies: Vec<Reply> = replies.into_iter().map(|reply| with_id(step, reply)).collect();
        let row = Self {
            step,
            name: format!("{step:?}: {}", name.into()),
            error_type,
            message: message.into(),
            arrange: Vec::new(),
            environment: None,
            calls: Calls { ssm: 1..=1, github: step.calls(1), connections: None },
            log: known(step),
            secrets: Vec::new(),
            timeout: DEFAULT_TIMEOUT,
            elapsed: None,
        };
        if replies.is_empty() { row } else { row.given(move |sandbox| step.script(sandbox, replies.clone())) }
    }

    /// Adds a further failure.
    pub(super) fn given(mut self, arrange: impl Fn(&Sandbox) + 'static) -> Self {
        self.arrange.push(Box::new(arrange));
        self
    }

    /// Starts the function in this environment after `arrange`.
    pub(super) fn started_with(mut self, change: impl Fn(&Sandbox, &mut Environment) + 'static) -> Self {
        self.environment = Some(Box::new(change));
        self
    }

    /// Sets the step's number of attempts.
    pub(super) fn attempted(mut self, times: usize) -> Self {
        match self.step {
            Step::Ssm => self.calls.ssm = times..=times,
            _ => self.calls.github = self.step.calls(times),
        }
        self
    }

    /// Sets the range of SSM calls, whose number depends on the SDK's random backoff.
    pub(super) fn attempted_by_chance(mut self, times: RangeInclusive<usize>) -> Self {
        self.calls.ssm = times;
        self
    }

    /// Expects no request from the step: its connections fail.
    pub(super) fn unconnected(self) -> Self {
        self.attempted(0).unanswered()
    }

    /// Sets the number of connections since the function started. For a row with its own broker.
    pub(super) fn connecting(mut self, times: usize) -> Self {
        self.calls.connections = Some(times);
        self
    }

    /// Expects no head of a response from the step.
    pub(super) fn unanswered(mut self) -> Self {
        match self.step {
            Step::Ssm => self.log.remove("aws_request_id"),
            Step::Preflight => self.log.remove("github_request_id"),
            Step::Token => self.log.insert("github_request_id", PREFLIGHT_ID.into()),
        };
        self
    }

    /// Expects that [`TOKEN`] is revoked with this outcome.
    pub(super) fn revoking(mut self, outcome: &str) -> Self {
        self.calls.github.push(Endpoint::Revoke);
        let hash = STANDARD.encode_to_string(digest(&SHA256, TOKEN.as_bytes()));
        self.logging("revocation", outcome).logging("token_sha256", hash)
    }

    /// Expects this field in the log line, instead of another value if there is one.
    pub(super) fn logging(mut self, field: &'static str, value: impl Into<Value>) -> Self {
        self.log.insert(field, value.into());
        self
    }

    /// Expects the App and its installation in the log line, because the parameters are valid.
    pub(super) fn logging_app(self) -> Self {
        self.logging("client_id", app::CLIENT_ID).logging("installation_id", app::INSTALLATION_ID)
    }

    /// Adds texts that must not appear in any output.
    pub(super) fn hiding(mut self, secrets: impl IntoIterator<Item = String>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    /// Sets the function's timeout.
    pub(super) fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the duration of the invocation.
    pub(super) fn taking(mut self, elapsed: Range<Duration>) -> Self {
        self.elapsed = Some(elapsed);
        self
    }

    /// Returns whether the row depends on timing, so that it may fail differently on a busy machine.
    pub(super) fn is_timed(&self) -> bool {
        self.timeout != DEFAULT_TIMEOUT || self.elapsed.is_some()
    }

    /// Returns the minimum time between the response and the deadline.
    pub(super) fn margin_ms(&self) -> i64 {
        let ms = i64::try_from(self.timeout.as_millis()).unwrap();
        if ms < 2_000 { ms / 4 } else { 500 }
    }
}

/// Adds the request ID that the log line must have.
pub(super) fn with_id(step: Step, reply: Reply) -> Reply {
    match step {
        Step::Ssm => reply.header("x-amzn-requestid", AWS_ID),
        Step::Preflight => reply.header("x-github-request-id", PREFLIGHT_ID),
        Step::Token => reply.header("x-github-request-id", TOKEN_ID),
    }
}

/// Returns the fields that are known after the response to a step.
fn known(step: Step) -> BTreeMap<&'static str, Value> {
    let mut known = BTreeMap::from([("aws_request_id", json!(AWS_ID))]);
    if step != Step::Ssm {
        known.insert("client_id", app::CLIENT_ID.into());
        known.insert("installation_id", app::INSTALLATION_ID.into());
        known.insert("key_fingerprint", AppKey::first().fingerprint().into());
        known.insert("github_request_id", if step == Step::Preflight { PREFLIGHT_ID } else { TOKEN_ID }.into());
    }
    known
}
