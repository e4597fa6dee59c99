//! Why the parameters could not be read.

use std::error::Error;

use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ssm::operation::get_parameters::GetParametersError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::config::{AwsCredentials, ParameterName};
use crate::error::ErrorType;
use crate::http_client::{BodyError, NoAnswer};
use crate::peer_text::PeerText;

/// The credentials did not come out of SSM.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterStoreError {
    /// The environment holds no AWS credentials.
    #[error("read GitHub App parameters from SSM: no AWS credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")]
    NoCredentials,
    /// SSM refused: its error code and message.
    #[error("read GitHub App parameters from SSM: {code}: {message}", code = .0.as_str(), message = .1.as_str())]
    Refused(PeerText, PeerText),
    /// SSM did not answer, or not as it should.
    #[error("read GitHub App parameters from SSM: {0}")]
    Failed(&'static str),
    /// SSM answered with a status, and no code to name.
    #[error("read GitHub App parameters from SSM: status {0} without an AWS error code")]
    Status(u16),
    /// The invocation's time ran out.
    #[error("read GitHub App parameters from SSM: deadline exceeded")]
    OutOfTime,
    /// SSM does not know these names.
    #[error("missing GitHub App SSM parameters: [{0}]")]
    Missing(String),
    /// The parameter holds nothing.
    #[error("SSM parameter {0} is empty or missing")]
    Empty(ParameterName),
    /// The parameter does not hold an installation ID.
    #[error("SSM parameter {0} is not a GitHub App installation ID")]
    NotAnInstallationId(ParameterName),
    /// The parameter cannot hold a client ID.
    #[error("SSM parameter {0} is not a GitHub App client ID")]
    NotAClientId(ParameterName),
}

impl ParameterStoreError {
    pub(super) fn missing(names: &[String], credentials: &AwsCredentials) -> Self {
        let secrets = credentials.secrets();
        let names: Vec<_> = names.iter().map(|name| PeerText::message(name, &secrets)).collect();
        Self::Missing(names.iter().map(PeerText::as_str).collect::<Vec<_>>().join(" "))
    }

    /// The stable name of this error.
    #[must_use]
    pub fn error_type(&self) -> ErrorType {
        match self {
            Self::NoCredentials | Self::Refused(..) | Self::Failed(_) | Self::Status(_) => {
                ErrorType::ParametersUnreadable
            }
            Self::OutOfTime => ErrorType::DeadlineExceeded,
            Self::Missing(_) => ErrorType::ParametersMissing,
            Self::Empty(_) | Self::NotAnInstallationId(_) | Self::NotAClientId(_) => ErrorType::ParameterInvalid,
        }
    }
}

/// What the SDK's error means, in AWS's words where it has an AWS error code.
pub(super) fn unreadable(error: &SdkError<GetParametersError>, credentials: &AwsCredentials) -> ParameterStoreError {
    if let Some(code) = error.code() {
        let secrets = credentials.secrets();
        let message = error.message().unwrap_or("no message");
        return ParameterStoreError::Refused(PeerText::new(code, &secrets), PeerText::message(message, &secrets));
    }
    let answered = error.raw_response().map(HttpResponse::status);
    match answered {
        Some(status) if !status.is_success() => ParameterStoreError::Status(status.as_u16()),
        Some(_) => ParameterStoreError::Failed("the answer is not what SSM documents"),
        None => ParameterStoreError::Failed(why(error)),
    }
}

fn why(error: &SdkError<GetParametersError>) -> &'static str {
    if matches!(error, SdkError::TimeoutError(_)) {
        return "no answer within 3 seconds";
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(NoAnswer(why)) = error.downcast_ref() {
            return why;
        }
        if let Some(error) = error.downcast_ref() {
            return match error {
                BodyError::TooLong => "the answer has more than 1 MiB",
                BodyError::BrokenOff => "the answer broke off",
            };
        }
        cause = error.source();
    }
    "the request could not be sent"
}
