//! Moto in Docker, whose SSM stores the parameters that the real AWS SDK writes.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ssm::error::DisplayErrorContext;
use aws_sdk_ssm::types::ParameterType;
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage};

use crate::app;

/// <https://hub.docker.com/r/motoserver/moto>
const IMAGE: &str = "motoserver/moto";
/// The image's version.
const TAG: &str = "5.2.5";
/// Moto's port in the container.
const PORT: u16 = 5000;
/// The output of Moto when it is ready.
const READY: &str = "Running on http";

/// A Moto container, initially without parameters. Removed when dropped.
#[derive(Debug)]
pub struct Moto {
    url: String,
    ssm: Client,
    _container: ContainerAsync<GenericImage>,
}

impl Moto {
    /// Starts a container. Pulls the image if the Docker engine does not have it.
    ///
    /// # Panics
    ///
    /// When there is no Docker engine, or the container does not start in it.
    pub async fn start() -> Self {
        let image = GenericImage::new(IMAGE, TAG)
            .with_exposed_port(PORT.tcp())
            .with_wait_for(WaitFor::message_on_either_std(READY));
        let container = image.start().await.unwrap_or_else(|why| {
            panic!(
                "the integration tests need Docker, to run {IMAGE}:{TAG}; \
                 install and start it, so that `docker info` shows a server: {why}"
            )
        });
        let port = container.get_host_port_ipv4(PORT.tcp()).await.expect("a port that was exposed");
        let url = format!("http://127.0.0.1:{port}");
        let ssm = client(&url);
        Self { url, ssm, _container: container }
    }

    /// Returns the value for `AWS_ENDPOINT_URL_SSM`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Writes an unencrypted parameter.
    ///
    /// # Panics
    ///
    /// When Moto refuses.
    pub async fn put_string(&self, name: &str, value: &str) {
        self.put(name, value, ParameterType::String).await;
    }

    /// Writes an encrypted parameter.
    ///
    /// # Panics
    ///
    /// When Moto refuses.
    pub async fn put_secure_string(&self, name: &str, value: &str) {
        self.put(name, value, ParameterType::SecureString).await;
    }

    async fn put(&self, name: &str, value: &str, kind: ParameterType) {
        let request = self.ssm.put_parameter().name(name).value(value).r#type(kind).overwrite(true);
        if let Err(why) = request.send().await {
            panic!("Moto refuses the parameter {name}: {}", DisplayErrorContext(why));
        }
    }
}

/// Creates a client of the AWS SDK with the function role's credentials.
fn client(url: &str) -> Client {
    let credentials = Credentials::new(
        app::AWS_ACCESS_KEY_ID,
        app::AWS_SECRET_ACCESS_KEY,
        Some(app::AWS_SESSION_TOKEN.to_owned()),
        None,
        "fixture",
    );
    let config = aws_sdk_ssm::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(app::AWS_REGION))
        .credentials_provider(credentials)
        .endpoint_url(url)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}
