//! Resolves the user's AWS credentials and region as the AWS SDKs do.

use anyhow::{Context, Result, anyhow, bail};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use sandbox::Environment;

use super::aws_http;

/// The credentials and the region for the calls to SSM.
#[derive(Debug)]
pub(super) struct Identity {
    region: String,
    credentials: Credentials,
}

impl Identity {
    /// Sets the variables that Lambda would set.
    pub(super) fn put_into(&self, environment: &mut Environment) {
        environment
            .set("AWS_REGION", &self.region)
            .set("AWS_DEFAULT_REGION", &self.region)
            .set("AWS_ACCESS_KEY_ID", self.credentials.access_key_id())
            .set("AWS_SECRET_ACCESS_KEY", self.credentials.secret_access_key());
        if let Some(token) = self.credentials.session_token() {
            environment.set("AWS_SESSION_TOKEN", token);
        }
    }
}

/// Resolves credentials and region from variables, a profile, SSO, a credential process, a web identity, a container or
/// an instance.
pub(super) async fn identity() -> Result<Identity> {
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(aws_http::client()?).load().await;
    let region = config.region().map(ToString::to_string);
    let region = region.context("--live needs an AWS region: set AWS_REGION, or one in the profile")?;
    Ok(Identity { region, credentials: credentials(&config).await? })
}

async fn credentials(config: &SdkConfig) -> Result<Credentials> {
    const NONE: &str = "--live needs AWS credentials (set AWS_PROFILE, or `aws sso login` again)";
    let provider = config.credentials_provider().context(NONE)?;
    match provider.provide_credentials().await {
        Ok(credentials) => Ok(credentials),
        // The SDK's text would list all sources.
        Err(CredentialsError::CredentialsNotLoaded(_)) => bail!("{NONE}: {}", nowhere()),
        Err(why) => Err(anyhow!(why).context(NONE)),
    }
}

fn nowhere() -> String {
    match std::env::var("AWS_PROFILE") {
        Ok(profile) => format!("there are none in the profile {profile}, and nowhere else"),
        Err(_) => "there are none in variables, the default profile, a container or an instance".into(),
    }
}
