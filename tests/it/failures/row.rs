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
/// The token of scripted answers, longer than what is logged of a name, and with dots, as GitHub's newer tokens have.
pub(super) const TOKEN: &str = "ghs_1234567_fixture_0123456789abcdefghijklmnopqrstuvwxyz.\
                                ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_9876543210zyxwvutsrqponmlkjihgfedcba.\
                                ZYXWVUTSRQPONMLKJIHGFEDCBA-_0a1b2c3d4e5f6g7h8i9j";

/// The outcome of a revocation that GitHub accepted.
pub(super) const REVOKED: &str = "revoked";

/// The connections that the function opens while it starts: one to SSM, one to GitHub.
pub(super) const AT_START: usize = 2;

pub(super) type Arrange = Box<dyn Fn(&Sandbox)>;
pub(super) type Change = Box<dyn Fn(&Sandbox, &mut Environment)>;

/// One way to fail, and everything that can be seen of it.
pub(super) struct Failure {
    /// The step that fails.
    step: Step,
    pub(super) name: String,
    pub(super) error_type: &'static str,
    /// The exact message, or its beginning and `…`.
    pub(super) message: String,
    /// What goes wrong.
    pub(super) arrange: Vec<Arrange>,
    /// A row with such a change gets a broker of its own, which is started after `arrange`.
    pub(super) environment: Option<Change>,
    pub(super) calls: Calls,
    /// The log line's fields besides those of every failure.
    pub(super) log: BTreeMap<&'static str, Value>,
    /// Further texts that must not be shown.
    pub(super) secrets: Vec<String>,
    /// The function's timeout.
    pub(super) timeout: Duration,
    /// How long the invocation takes, where that is part of the case.
    pub(super) elapsed: Option<Range<Duration>>,
}

/// The invocation's requests to SSM and GitHub.
pub(super) struct Calls {
    /// Exact, but where it depends on how long the SDK pauses.
    pub(super) ssm: RangeInclusive<usize>,
    pub(super) github: Vec<Endpoint>,
    /// Connections to both together since the function's start, which opens one to each.
    pub(super) connections: Option<usize>,
}

impl Failure {
    /// A step that gets these answers, the last one again and again; or its usual one when there are none. By default
    /// the step is attempted once, and the answer has at least a head.
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

    /// Something more goes wrong.
    pub(super) fn given(mut self, arrange: impl Fn(&Sandbox) + 'static) -> Self {
        self.arrange.push(Box::new(arrange));
        self
    }

    /// The function starts in this environment, when the peers are already as arranged.
    pub(super) fn started_with(mut self, change: impl Fn(&Sandbox, &mut Environment) + 'static) -> Self {
        self.environment = Some(Box::new(change));
        self
    }

    /// The step is attempted so often.
    pub(super) fn attempted(mut self, times: usize) -> Self {
        match self.step {
            Step::Ssm => self.calls.ssm = times..=times,
            _ => self.calls.github = self.step.calls(times),
        }
        self
    }

    /// SSM is called so often, depending on how long the SDK happens to pause.
    pub(super) fn attempted_by_chance(mut self, times: RangeInclusive<usize>) -> Self {
        self.calls.ssm = times;
        self
    }

    /// No connection of the step gets as far as a request.
    pub(super) fn unconnected(self) -> Self {
        self.attempted(0).unanswered()
    }

    /// So many connections are opened since the start. For a row with its own broker.
    pub(super) fn connecting(mut self, times: usize) -> Self {
        self.calls.connections = Some(times);
        self
    }

    /// The step's answer has no head.
    pub(super) fn unanswered(mut self) -> Self {
        match self.step {
            Step::Ssm => self.log.remove("aws_request_id"),
            Step::Preflight => self.log.remove("github_request_id"),
            Step::Token => self.log.insert("github_request_id", PREFLIGHT_ID.into()),
        };
        self
    }

    /// The token [`TOKEN`] is revoked, with this outcome.
    pub(super) fn revoking(mut self, outcome: &str) -> Self {
        self.calls.github.push(Endpoint::Revoke);
        let hash = STANDARD.encode_to_string(digest(&SHA256, TOKEN.as_bytes()));
        self.logging("revocation", outcome).logging("token_sha256", hash)
    }

    /// The line also has this field, or has it with another value.
    pub(super) fn logging(mut self, field: &'static str, value: impl Into<Value>) -> Self {
        self.log.insert(field, value.into());
        self
    }

    /// The line names the App and its installation: the parameters are good.
    pub(super) fn logging_app(self) -> Self {
        self.logging("client_id", app::CLIENT_ID).logging("installation_id", app::INSTALLATION_ID)
    }

    /// These texts must not be shown either.
    pub(super) fn hiding(mut self, secrets: impl IntoIterator<Item = String>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    /// The function's timeout is this.
    pub(super) fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The invocation takes this long.
    pub(super) fn taking(mut self, elapsed: Range<Duration>) -> Self {
        self.elapsed = Some(elapsed);
        self
    }

    /// Whether a busy machine could make it fail in another way.
    pub(super) fn is_timed(&self) -> bool {
        self.timeout != DEFAULT_TIMEOUT || self.elapsed.is_some()
    }

    /// How long before the deadline the answer must have been posted.
    pub(super) fn margin_ms(&self) -> i64 {
        let ms = i64::try_from(self.timeout.as_millis()).unwrap();
        if ms < 2_000 { ms / 4 } else { 500 }
    }
}

/// An answer with the ID that the log line must have.
pub(super) fn with_id(step: Step, reply: Reply) -> Reply {
    match step {
        Step::Ssm => reply.header("x-amzn-requestid", AWS_ID),
        Step::Preflight => reply.header("x-github-request-id", PREFLIGHT_ID),
        Step::Token => reply.header("x-github-request-id", TOKEN_ID),
    }
}

/// What is known when a step has been answered.
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
