//! What is known of an invocation when it ends, for its one log line.

use std::time::Duration;

use serde::Serialize;

use crate::clock;
use crate::parameter_store::{ClientId, InstallationId};
use crate::peer_text::PeerText;

/// Filled step by step; what was not reached stays out of the line.
#[derive(Debug, Default, Serialize)]
pub struct Record {
    /// AWS's ID of the SSM call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_request_id: Option<PeerText>,
    /// GitHub's ID of the last call that it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github_request_id: Option<PeerText>,
    /// Which private key signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_fingerprint: Option<String>,
    /// The App, when its ID looks like one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The configured installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation_id: Option<InstallationId>,
    /// What became of a token with another scope than configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation: Option<&'static str>,
    /// The hash by which GitHub's audit log knows a token that was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_sha256: Option<String>,
    /// How long reading the parameters took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssm_ms: Option<u64>,
    /// How long the installation's check took, retries included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preflight_ms: Option<u64>,
    /// How long the token call took, retries included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_ms: Option<u64>,
}

/// Measures a step from its creation on.
pub struct Stopwatch(tokio::time::Instant);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(clock::instant())
    }

    /// Milliseconds since the start, rounded.
    #[must_use]
    pub fn ms(&self) -> u64 {
        let elapsed = clock::instant().duration_since(self.0) + Duration::from_micros(500);
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}
