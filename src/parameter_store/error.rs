//! Why the parameters could not be read.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ssm::operation::get_parameters::GetParametersError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use zeroize::Zeroizing;

use super::aws_credentials::UnsupportedCharacters;
use crate::config::{ParameterName, ParameterNames};
use crate::error_type::ErrorType;
use crate::http::{BodyError, NoAnswer};
use crate::peer_text::{ErrorCode, ErrorMessage};

const NO_CREDENTIALS: &str = "no AWS credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
                              and AWS_CONTAINER_CREDENTIALS_FULL_URI is not set";

/// The App's credentials could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParameterStoreError {
    /// SSM refused: its error code and message.
    #[error("read GitHub App parameters from SSM: {0}: {1}")]
    Refused(ErrorCode, ErrorMessage),
    /// There are no AWS credentials from the container credentials endpoint.
    #[error("read GitHub App parameters from SSM: no AWS credentials from AWS_CONTAINER_CREDENTIALS_FULL_URI: {0}")]
    NoContainerCredentials(&'static str),
    /// SSM did not answer, or not as documented.
    #[error("read GitHub App parameters from SSM: {0}")]
    Failed(&'static str),
    /// SSM answered with a status, and without a code that may be quoted.
    #[error("read GitHub App parameters from SSM: status {0} without an AWS error code")]
    Status(u16),
    /// The invocation's time ran out.
    #[error("read GitHub App parameters from SSM: deadline exceeded")]
    OutOfTime,
    /// SSM does not know these names.
    #[error("missing GitHub App SSM parameters: [{0}]")]
    Missing(String),
    #[error("SSM parameter {0} is empty or missing")]
    Empty(ParameterName),
    #[error("SSM parameter {0} is not a GitHub App installation ID")]
    NotAnInstallationId(ParameterName),
    #[error("SSM parameter {0} is not a GitHub App client ID")]
    NotAClientId(ParameterName),
}

impl ParameterStoreError {
    /// SSM's unknown names, in its order. Only configured names are quoted.
    pub(super) fn missing(unknown: &[String], names: &ParameterNames) -> Self {
        let configured = names.in_order().map(ParameterName::as_str);
        let missing: Vec<&str> = unknown.iter().map(String::as_str).filter(|name| configured.contains(name)).collect();
        if missing.is_empty() { Self::Failed(NOT_AS_DOCUMENTED) } else { Self::Missing(missing.join(" ")) }
    }

    pub(crate) fn error_type(&self) -> ErrorType {
        match self {
            Self::Refused(..) | Self::NoContainerCredentials(_) | Self::Failed(_) | Self::Status(_) => {
                ErrorType::ParametersUnreadable
            }
            Self::OutOfTime => ErrorType::DeadlineExceeded,
            Self::Missing(_) => ErrorType::ParametersMissing,
            Self::Empty(_) | Self::NotAnInstallationId(_) | Self::NotAClientId(_) => ErrorType::ParameterInvalid,
        }
    }
}

const NOT_AS_DOCUMENTED: &str = "the answer is not what SSM documents";

/// Maps the SDK's error: AWS's code and message where there are any. `secrets` are not quoted.
pub(super) fn unreadable(error: &SdkError<GetParametersError>, secrets: &[Zeroizing<String>]) -> ParameterStoreError {
    let secrets: Vec<&str> = secrets.iter().map(|secret| secret.as_str()).collect();
    if let Some(code) = quotable_code(error, &secrets) {
        let message = ErrorMessage::new(error.message().unwrap_or("no message"), &secrets);
        return ParameterStoreError::Refused(code, message);
    }
    match error.raw_response().map(HttpResponse::status) {
        Some(status) if !status.is_success() => ParameterStoreError::Status(status.as_u16()),
        Some(_) => ParameterStoreError::Failed(NOT_AS_DOCUMENTED),
        None => unanswered(error),
    }
}

fn quotable_code(error: &SdkError<GetParametersError>, secrets: &[&str]) -> Option<ErrorCode> {
    ErrorCode::new(error.code()?, secrets).ok()
}

fn unanswered(error: &SdkError<GetParametersError>) -> ParameterStoreError {
    if matches!(error, SdkError::TimeoutError(_)) {
        return ParameterStoreError::Failed("no answer within 3 seconds");
    }
    if let Some(error) = cause::<CredentialsError>(error) {
        return without_credentials(error);
    }
    ParameterStoreError::Failed(transport_reason(error).unwrap_or("the request could not be sent"))
}

fn without_credentials(error: &CredentialsError) -> ParameterStoreError {
    if cause::<UnsupportedCharacters>(error).is_some() {
        return ParameterStoreError::Failed("the AWS credentials have unsupported characters");
    }
    if cause::<std::io::Error>(error).is_some() {
        return ParameterStoreError::NoContainerCredentials(
            "the file in AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read",
        );
    }
    match error {
        CredentialsError::CredentialsNotLoaded(_) => ParameterStoreError::Failed(NO_CREDENTIALS),
        CredentialsError::InvalidConfiguration(_) => {
            ParameterStoreError::NoContainerCredentials("the URL or the authorization token is not valid")
        }
        error => ParameterStoreError::NoContainerCredentials(
            transport_reason(error).unwrap_or("the endpoint did not provide any"),
        ),
    }
}

fn transport_reason(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(NoAnswer(reason)) = cause(error) {
        return Some(reason);
    }
    cause(error).map(|error| match error {
        BodyError::TooLong => "the answer has more than 1 MiB",
        BodyError::BrokenOff => "the answer broke off",
    })
}

/// The first error of this type among an error and its sources.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
