//! Tells Lambda why this function could not start, so that callers read the reason instead of
//! `Runtime.ExitError`.

use std::time::Duration;

use lambda_runtime::Diagnostic;
use lambda_runtime_api_client::{Client, build_request};
use tokio::time::timeout;

use crate::lambda_environment::RuntimeApi;

/// The Runtime API answers from the same machine.
const LIMIT: Duration = Duration::from_secs(2);
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror>
const PATH: &str = "/2018-06-01/runtime/init/error";

/// Posts the diagnostic; never through a proxy, since the Runtime API's own client knows none.
///
/// # Errors
///
/// `()` when Lambda could not be told; the log has the reason all the same.
pub async fn report(api: &RuntimeApi, diagnostic: &Diagnostic) -> Result<(), ()> {
    let endpoint = format!("http://{}", api.authority()).parse().map_err(drop)?;
    let client = Client::builder().with_endpoint(endpoint).build().map_err(drop)?;
    let body = serde_json::to_vec(diagnostic).map_err(drop)?;
    let request = build_request()
        .method("POST")
        .uri(PATH)
        .header("content-type", "application/json")
        .header("lambda-runtime-function-error-type", &diagnostic.error_type)
        .body(body.into())
        .map_err(drop)?;
    timeout(LIMIT, client.call(request)).await.map_err(drop)?.map_err(drop)?;
    Ok(())
}
