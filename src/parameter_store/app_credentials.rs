//! Parses the parameters' values.

use std::sync::Arc;

use aws_sdk_ssm::operation::get_parameters::GetParametersOutput;
use secrecy::{ExposeSecret, SecretString};

use super::error::ParameterStoreError;
use crate::config::{ParameterName, ParameterNames};
use crate::github_app::{ClientId, InstallationId};

/// The credentials of a GitHub App.
#[derive(Debug)]
pub(crate) struct AppCredentials {
    /// The issuer of App JWTs.
    pub(crate) client_id: ClientId,
    /// The installation that covers the repository.
    pub(crate) installation_id: InstallationId,
    /// The private key as PEM, not parsed yet.
    pub(crate) private_key: Arc<SecretString>,
}

impl AppCredentials {
    /// Takes the values from SSM's response, which may have any order. Whitespace around the IDs is ignored.
    ///
    /// # Errors
    ///
    /// [`ParameterStoreError`] with the parameter's name: missing, empty or not an ID.
    pub(super) fn from_output(
        mut output: GetParametersOutput,
        names: &ParameterNames,
    ) -> Result<Self, ParameterStoreError> {
        let unknown = output.invalid_parameters.take().unwrap_or_default();
        if !unknown.is_empty() {
            return Err(ParameterStoreError::missing(&unknown, names));
        }
        let client_id = take(&mut output, &names.client_id)?;
        let installation_id = take(&mut output, &names.installation_id)?;
        let private_key = take(&mut output, &names.private_key)?;
        let not_a_client_id = |_| ParameterStoreError::NotAClientId(names.client_id.clone());
        let not_an_installation_id = |_| ParameterStoreError::NotAnInstallationId(names.installation_id.clone());
        Ok(Self {
            client_id: trimmed(&client_id, &names.client_id)?.parse().map_err(not_a_client_id)?,
            installation_id: trimmed(&installation_id, &names.installation_id)?
                .parse()
                .map_err(not_an_installation_id)?,
            private_key: Arc::new(private_key),
        })
    }
}

fn take(output: &mut GetParametersOutput, name: &ParameterName) -> Result<SecretString, ParameterStoreError> {
    let parameters = output.parameters.iter_mut().flatten();
    parameters
        .filter(|parameter| parameter.name() == Some(name.as_str()))
        .find_map(|parameter| parameter.value.take())
        .filter(|value| !value.is_empty())
        .map(SecretString::from)
        .ok_or_else(|| ParameterStoreError::Empty(name.clone()))
}

fn trimmed<'a>(value: &'a SecretString, name: &ParameterName) -> Result<&'a str, ParameterStoreError> {
    let text = value.expose_secret().trim();
    if text.is_empty() { Err(ParameterStoreError::Empty(name.clone())) } else { Ok(text) }
}
