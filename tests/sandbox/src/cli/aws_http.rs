//! Provides reqwest as the AWS SDK's HTTPS client, because the broker already depends on it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use reqwest::redirect::Policy;
use reqwest::{Client, NoProxy, Proxy, Request};

/// The timeout where the SDK sets none.
const LIMIT: Duration = Duration::from_secs(10);

/// Creates the client that sends the SDK's requests.
pub(super) fn client() -> Result<SharedHttpClient> {
    // reqwest uses it for TLS. A second installation fails, and would install the same provider.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    // Fails here, where an error can be reported, when the proxy's URL or the certificates are invalid.
    connector(None, None).context("cannot create an HTTPS client with HTTPS_PROXY and the trusted certificates")?;
    Ok(http_client_fn(|settings: &HttpConnectorSettings, _components| {
        let made = connector(settings.connect_timeout(), settings.read_timeout());
        SharedHttpConnector::new(made.expect("the first call succeeded"))
    }))
}

#[derive(Debug)]
struct Connector {
    client: Client,
}

fn connector(connect: Option<Duration>, read: Option<Duration>) -> reqwest::Result<Connector> {
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .connect_timeout(connect.unwrap_or(LIMIT))
        .timeout(read.unwrap_or(LIMIT));
    // Only for HTTPS, because the metadata services of containers and instances use HTTP without a proxy.
    if let Some(url) = ["HTTPS_PROXY", "https_proxy"].into_iter().find_map(variable) {
        builder = builder.proxy(Proxy::https(url)?.no_proxy(NoProxy::from_env()));
    }
    Ok(Connector { client: builder.build()? })
}

/// Returns a variable's value, or `None` when it is unset or blank.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.client.clone();
        HttpConnectorFuture::new(async move { send(client, request).await })
    }
}

async fn send(client: Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|why| ConnectorError::user(why.into()))?;
    let request = request.map(|body| body.bytes().unwrap_or_default().to_vec());
    let request = Request::try_from(request).map_err(|why| ConnectorError::user(why.into()))?;
    let answer = client.execute(request).await.map_err(failure)?;
    let mut response = http::Response::new(SdkBody::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = SdkBody::from(answer.bytes().await.map_err(failure)?);
    HttpResponse::try_from(response).map_err(|why| ConnectorError::other(Arc::new(why).to_string().into(), None))
}

fn failure(why: reqwest::Error) -> ConnectorError {
    if why.is_timeout() { ConnectorError::timeout(why.into()) } else { ConnectorError::io(why.into()) }
}
