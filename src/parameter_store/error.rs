//! Errors of reading the parameters.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ssm::operation::get_parameters::GetParametersError;
use aws_smithy_runtime_api::client::interceptors::context;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::http::StatusCode;

use super::aws_credentials::UnsupportedCharacters;
use crate::config::{ParameterName, ParameterNames};
use crate::error_type::ErrorType;
use crate::http::{BodyError, NoAnswer};
use crate::known_secrets::KnownSecrets;
use crate::peer_text::{ErrorCode, ErrorMessage};

const NO_CREDENTIALS: &str = "no AWS credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
                              and AWS_CONTAINER_CREDENTIALS_FULL_URI is not set";

/// The App's credentials could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParameterStoreError {
    #[error("read GitHub App parameters from SSM: {0}")]
    Unreadable(#[from] Unreadable),
    /// The deadline was reached in the first attempt.
    #[error("read GitHub App parameters from SSM: deadline exceeded")]
    OutOfTime,
    /// The deadline was reached after a failed attempt.
    #[error("read GitHub App parameters from SSM: deadline exceeded after {0}")]
    OutOfTimeAfter(Unreadable),
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

/// The reason why a call to SSM returned no parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// SSM refused, with its error code and message.
    #[error("{0}: {1}")]
    Refused(ErrorCode, ErrorMessage),
    /// The container credentials endpoint provided no AWS credentials.
    #[error("no AWS credentials from AWS_CONTAINER_CREDENTIALS_FULL_URI: {0}")]
    NoContainerCredentials(&'static str),
    /// SSM did not respond, or not as documented.
    #[error("{0}")]
    Failed(&'static str),
    /// SSM responded with this status and without an error code that may be quoted.
    #[error("status {0} without an AWS error code")]
    Status(u16),
}

impl ParameterStoreError {
    /// Converts the unknown names in SSM's response, in their order. Only configured names are quoted, each once.
    pub(super) fn missing(unknown: &[String], names: &ParameterNames) -> Self {
        let configured = names.in_order().map(ParameterName::as_str);
        let mut missing: Vec<&str> = Vec::new();
        for name in unknown.iter().map(String::as_str) {
            if configured.contains(&name) && !missing.contains(&name) {
                missing.push(name);
            }
        }
        if missing.is_empty() {
            Self::Unreadable(Unreadable::Failed(NOT_AS_DOCUMENTED))
        } else {
            Self::Missing(missing.join(" "))
        }
    }

    pub(crate) fn error_type(&self) -> ErrorType {
        match self {
            Self::Unreadable(_) => ErrorType::ParametersUnreadable,
            Self::OutOfTime | Self::OutOfTimeAfter(_) => ErrorType::DeadlineExceeded,
            Self::Missing(_) => ErrorType::ParametersMissing,
            Self::Empty(_) | Self::NotAnInstallationId(_) | Self::NotAClientId(_) => ErrorType::ParameterInvalid,
        }
    }
}

const NOT_AS_DOCUMENTED: &str = "the response does not match SSM's documentation";

impl Unreadable {
    /// Converts the SDK's error after the last attempt.
    pub(super) fn call(error: &SdkError<GetParametersError>, secrets: &KnownSecrets) -> Self {
        let status = error.raw_response().map(HttpResponse::status);
        let is_timeout = matches!(error, SdkError::TimeoutError(_));
        Self::new(error.as_service_error(), status, is_timeout, error, secrets)
    }

    /// Converts the SDK's error after one attempt.
    pub(super) fn attempt(
        error: &OrchestratorError<context::Error>,
        response: Option<&HttpResponse>,
        secrets: &KnownSecrets,
    ) -> Self {
        let refusal = error.as_operation_error().and_then(context::Error::downcast_ref);
        Self::new(refusal, response.map(HttpResponse::status), error.is_timeout_error(), error, secrets)
    }

    fn new(
        refusal: Option<&GetParametersError>,
        status: Option<StatusCode>,
        is_timeout: bool,
        error: &(dyn Error + 'static),
        secrets: &KnownSecrets,
    ) -> Self {
        if let Some((code, message)) = refusal.and_then(|refusal| quotable(refusal, secrets)) {
            return Self::Refused(code, message);
        }
        match status {
            Some(status) if !status.is_success() => Self::Status(status.as_u16()),
            Some(_) => Self::Failed(NOT_AS_DOCUMENTED),
            None if is_timeout => Self::Failed("no response within 3 seconds"),
            None => unanswered(error),
        }
    }
}

/// Returns AWS's error code and message, if the code may be quoted.
fn quotable(refusal: &GetParametersError, secrets: &KnownSecrets) -> Option<(ErrorCode, ErrorMessage)> {
    let code = ErrorCode::new(refusal.code()?, secrets).ok()?;
    Some((code, ErrorMessage::new(refusal.message().unwrap_or("no message"), secrets)))
}

fn unanswered(error: &(dyn Error + 'static)) -> Unreadable {
    if let Some(error) = cause::<CredentialsError>(error) {
        return without_credentials(error);
    }
    Unreadable::Failed(transport_reason(error).unwrap_or("the request could not be sent"))
}

fn without_credentials(error: &CredentialsError) -> Unreadable {
    if cause::<UnsupportedCharacters>(error).is_some() {
        return Unreadable::Failed("the AWS credentials have unsupported characters");
    }
    if cause::<std::io::Error>(error).is_some() {
        return Unreadable::NoContainerCredentials("the file in AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read");
    }
    match error {
        CredentialsError::CredentialsNotLoaded(_) => Unreadable::Failed(NO_CREDENTIALS),
        CredentialsError::InvalidConfiguration(_) => {
            Unreadable::NoContainerCredentials("the URL or the authorization token is not valid")
        }
        error => {
            Unreadable::NoContainerCredentials(transport_reason(error).unwrap_or("the endpoint did not provide any"))
        }
    }
}

fn transport_reason(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(NoAnswer(reason)) = cause(error) {
        return Some(reason);
    }
    cause(error).map(|error| match error {
        BodyError::TooLong => "the response is larger than 1 MiB",
        BodyError::BrokenOff => "the response was cut off",
    })
}

/// Returns the first error of this type among an error and its sources.
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
