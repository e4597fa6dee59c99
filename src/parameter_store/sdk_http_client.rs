//! Adapts our HTTP clients to the AWS SDK.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use reqwest::Request;
use reqwest::header::AUTHORIZATION;

use crate::http::{Answer, BodyError, FirstByte, HttpClient, LocalClient};

/// Wraps a client for the SDK. The SDK's HTTP timeouts are ignored, because the client and the attempt have their own.
pub(super) fn new(client: impl Into<Connector>) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(client.into());
    http_client_fn(move |_settings, _components| connector.clone())
}

/// Sends the SDK's requests.
#[derive(Clone, Debug)]
pub(super) enum Connector {
    /// Requests to SSM.
    Peer(HttpClient),
    /// Requests to the container credentials endpoint.
    Local(LocalClient),
}

impl From<HttpClient> for Connector {
    fn from(client: HttpClient) -> Self {
        Self::Peer(client)
    }
}

impl From<LocalClient> for Connector {
    fn from(client: LocalClient) -> Self {
        Self::Local(client)
    }
}

impl Connector {
    async fn send(&self, request: Request) -> Result<Answer, ConnectorError> {
        // The SDK retries `io` errors and does not retry `other` errors.
        match self {
            Self::Peer(client) if client.is_preconnecting() => {
                let answer = client.send(request, &FirstByte::default()).await;
                answer.map_err(|error| ConnectorError::other(error.into(), None))
            }
            Self::Peer(client) => {
                let answer = client.send(request, &FirstByte::default()).await;
                answer.map_err(|error| ConnectorError::io(error.into()))
            }
            Self::Local(client) => client.send(request).await.map_err(|error| ConnectorError::io(error.into())),
        }
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.clone();
        HttpConnectorFuture::new(async move { incoming(client.send(outgoing(request)?).await?).await })
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
        // The SDK supports only text headers.
        if let Ok(value) = value.to_str() {
            response.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}
