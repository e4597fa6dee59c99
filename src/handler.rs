//! The Lambda edge: an invocation in, an answer or a diagnostic out, and the invocation's one log line.

use std::future::Future;

use serde::Serialize;

use crate::broker::{Broker, TokenAnswer};
use crate::clock::{self, Clock};
use crate::config::LogLevel;
use crate::deadline::Deadline;
use crate::error::{BrokerError, Diagnostic, ErrorType};
use crate::logging::Logger;
use crate::panics;
use crate::payload::Payload;
use crate::record::Record;
use crate::runtime_api::{Invocation, RequestId};

/// What a handler asks for a token: the broker, or a stand-in for it in a test.
pub trait Mint {
    /// See [`Broker::mint`].
    fn mint(&self, deadline: &Deadline, record: &mut Record) -> impl Future<Output = Result<TokenAnswer, BrokerError>>;
}

impl Mint for Broker {
    async fn mint(&self, deadline: &Deadline, record: &mut Record) -> Result<TokenAnswer, BrokerError> {
        Broker::mint(self, deadline, record).await
    }
}

/// Handles invocations.
#[derive(Debug)]
pub struct Handler<M> {
    minter: M,
    logger: Logger,
    now: Clock,
}

#[derive(Serialize)]
struct Minted<'a> {
    repositories: &'a [String],
    expires_at: &'a crate::github::ExpiresAt,
    request_id: &'a RequestId,
    token_sha256: String,
    #[serde(flatten)]
    record: &'a Record,
}

#[derive(Serialize)]
struct Failed<'a> {
    error: String,
    error_type: ErrorType,
    request_id: &'a RequestId,
    #[serde(skip_serializing_if = "Option::is_none")]
    panic_location: Option<String>,
    #[serde(flatten)]
    record: &'a Record,
}

#[derive(Serialize)]
struct Rejected<'a> {
    error_type: ErrorType,
    request_id: &'a RequestId,
}

impl<M: Mint> Handler<M> {
    /// A handler that asks this minter.
    pub fn new(minter: M, logger: Logger, now: Clock) -> Self {
        Self { minter, logger, now }
    }

    /// Handles one invocation.
    ///
    /// # Errors
    ///
    /// A [`Diagnostic`] with one of the names of [`ErrorType`].
    pub async fn handle(&self, invocation: &Invocation) -> Result<TokenAnswer, Diagnostic> {
        let request_id = &invocation.request_id;
        if invocation.payload == Payload::Refused {
            let error = BrokerError::InputRejected;
            let fields = Rejected { error_type: error.error_type(), request_id };
            self.logger.log(LogLevel::Warn, "rejected non-empty invocation payload", &fields);
            return Err(Diagnostic::from(&error));
        }
        let deadline = Deadline::new(invocation.deadline, (self.now)(), clock::instant());
        let mut record = Record::default();
        // On the heap: the future of an SDK call is large.
        let result = panics::catch(Box::pin(self.minter.mint(&deadline, &mut record))).await;
        let (result, panic_location) = match result {
            Ok(result) => (result, None),
            Err(panicked) => (Err(BrokerError::Internal), panicked.location),
        };
        match &result {
            Ok(answer) => self.log_minted(answer, request_id, record),
            Err(error) => self.log_failed(error, request_id, &record, panic_location),
        }
        result.map_err(|error| Diagnostic::from(&error))
    }

    fn log_minted(&self, answer: &TokenAnswer, request_id: &RequestId, record: Record) {
        // Which App it was is of interest when something is wrong.
        let record = Record { aws_request_id: None, client_id: None, installation_id: None, ..record };
        let fields = Minted {
            repositories: answer.repositories(),
            expires_at: answer.expires_at(),
            request_id,
            token_sha256: answer.token_sha256(),
            record: &record,
        };
        self.logger.log(LogLevel::Info, "minted GitHub installation token", &fields);
    }

    fn log_failed(&self, error: &BrokerError, request_id: &RequestId, record: &Record, panic_location: Option<String>) {
        let fields =
            Failed { error: error.to_string(), error_type: error.error_type(), request_id, panic_location, record };
        self.logger.log(LogLevel::Error, "mint GitHub installation token", &fields);
    }
}
