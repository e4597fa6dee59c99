//! [`HttpClient`] as the HTTP client of the AWS SDK.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use reqwest::Request;
use reqwest::header::AUTHORIZATION;

use crate::http::{Answer, BodyError, HttpClient};

/// Wraps a client for the SDK. The SDK's time limits are ignored: the client and the attempt have theirs.
pub(super) fn new(client: HttpClient) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Connector(client));
    http_client_fn(move |_settings, _components| connector.clone())
}

#[derive(Debug)]
struct Connector(HttpClient);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let is_preconnecting = client.is_preconnecting();
            let answer = client.send(outgoing(request)?).await.map_err(|error| {
                // The SDK retries `io` errors.
                if is_preconnecting {
                    ConnectorError::other(error.into(), None)
                } else {
                    ConnectorError::io(error.into())
                }
            })?;
            incoming(answer).await
        })
    }
}

fn outgoing(request: HttpRequest) -> Result<Request, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let request = request.map(|body| body.bytes().unwrap_or_default().to_vec());
    let mut request = Request::try_from(request).map_err(|error| ConnectorError::user(error.into()))?;
    if let Some(authorization) = request.headers_mut().get_mut(AUTHORIZATION) {
        authorization.set_sensitive(true);
    }
    Ok(request)
}

async fn incoming(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let status = answer.status().into();
    let headers = answer.headers().clone();
    let body = answer.body().await.map_err(|error| match error {
        BodyError::BrokenOff => ConnectorError::io(error.into()),
        BodyError::TooLong => ConnectorError::other(error.into(), None),
    })?;
    let mut response = HttpResponse::new(status, SdkBody::from(Bytes::from_owner(body)));
    for (name, value) in &headers {
        // The SDK knows no header that is not text.
        if let Ok(value) = value.to_str() {
            response.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}
