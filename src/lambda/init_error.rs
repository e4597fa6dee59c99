//! Reports to Lambda that the function cannot start, so that callers get the reason instead of `Runtime.ExitError`.
//!
//! `lambda_runtime` makes this call only for `SnapStart`, see
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror>.

use std::time::Duration;

use lambda_runtime::Diagnostic;
use reqwest::header::CONTENT_TYPE;

use crate::config::{ConfigError, RuntimeApiAddress};
use crate::error_type::ErrorType;
use crate::http;

/// The timeout of the request. Lambda's API is on the same machine.
const LIMIT: Duration = Duration::from_secs(2);

/// Posts the error. Ignores a failure, because the error is also in the log.
pub(super) async fn post(address: &RuntimeApiAddress, error: &ConfigError) {
    let error_type = ErrorType::ConfigurationInvalid.name();
    let diagnostic = Diagnostic { error_type: error_type.clone(), error_message: error.to_string() };
    let (Ok(client), Ok(body)) = (http::plain_client(), serde_json::to_vec(&diagnostic)) else { return };
    let request = client.post(format!("{}init/error", address.url())).timeout(LIMIT);
    let request = request.header(CONTENT_TYPE, "application/json");
    let _ = request.header("lambda-runtime-function-error-type", error_type).body(body).send().await;
}
