//! SSM and GitHub over HTTP without TLS, as it is allowed on the loopback, by wiremock: its answers may depend on the
//! request, which the sandbox's do not.

use sandbox::{AppKey, app};
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

/// A request's header; empty when it has none of this name.
pub(crate) fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// SSM's answer with the sandbox's parameters.
pub(crate) fn ssm_parameters() -> ResponseTemplate {
    let parameter = |name: &str, value: &str| json!({ "Name": name, "Type": "String", "Value": value });
    ResponseTemplate::new(200).set_body_json(json!({
        "InvalidParameters": [],
        "Parameters": [
            parameter(app::CLIENT_ID_PARAM, app::CLIENT_ID),
            parameter(app::INSTALLATION_ID_PARAM, &app::INSTALLATION_ID.to_string()),
            parameter(app::PRIVATE_KEY_PARAM, &AppKey::first().pkcs1_pem()),
        ],
    }))
}
