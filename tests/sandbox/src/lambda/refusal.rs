//! Errors of the Lambda service, as opposed to errors of the function.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::server::json_response;

/// An error response of the Invoke API without an invocation of the function.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) error_type: &'static str,
    pub(super) body: Value,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, error_type: &'static str, message: &str) -> Self {
        Self { status, error_type, body: json!({ "Type": "User", "message": message }) }
    }

    pub(super) fn into_response(self) -> Response<Bytes> {
        let mut response = json_response(self.status, &self.body);
        response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(self.error_type));
        response
    }
}

pub(super) fn not_found(message: &str) -> Refusal {
    Refusal {
        status: StatusCode::NOT_FOUND,
        error_type: "ResourceNotFoundException",
        // Unlike Lambda's other errors, this one has `Message` with a capital letter.
        body: json!({ "Type": "User", "Message": message }),
    }
}

pub(super) fn invalid_parameter(message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message)
}

pub(super) fn invalid_content(message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message)
}

/// Formats one of the errors that [`Refusal::validation`] lists.
pub(super) fn violation(parameter: &str, value: &str, constraint: &str) -> String {
    format!("Value '{value}' at '{parameter}' failed to satisfy constraint: {constraint}")
}
