//! SSM and GitHub as wiremock servers over plain HTTP, which is allowed on loopback. Unlike the sandbox's, their
//! responses can depend on the request.

use sandbox::{AppKey, app};
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

/// Returns a request's header, or an empty text without one.
pub(crate) fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Returns SSM's response with the sandbox's parameters.
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
