//! What the parameters hold.

use std::fmt;
use std::num::NonZeroU64;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::ParameterStoreError;
use crate::config::{AwsCredentials, ParameterName};

/// GitHub's client IDs have 20 characters, App IDs some 7.
const CLIENT_ID_CAP: usize = 128;

/// The credentials of a GitHub App, as they stand in SSM.
#[derive(Debug)]
pub struct AppCredentials {
    /// The issuer of App JWTs.
    pub client_id: ClientId,
    /// The installation that covers the repository.
    pub installation_id: InstallationId,
    /// The private key as PEM, not yet looked at.
    pub private_key: SecretString,
}

/// A GitHub App's client ID (or App ID): at most 128 visible ASCII characters. It is sent as the
/// JWT's issuer, so nothing that looks like a private key may become one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ClientId(String);

/// The ID of an App's installation: a positive whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct InstallationId(NonZeroU64);

impl ClientId {
    /// Takes the value of the parameter `name`, without white space around it.
    ///
    /// # Errors
    ///
    /// When nothing is left, or it cannot be a client ID.
    pub fn new(value: &SecretString, name: &ParameterName) -> Result<Self, ParameterStoreError> {
        let text = trimmed(value, name)?;
        if text.len() > CLIENT_ID_CAP || !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(ParameterStoreError::NotAClientId(name.clone()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The ID.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl InstallationId {
    /// Takes the value of the parameter `name`, without white space around it: a decimal number
    /// without sign or leading zeros.
    ///
    /// # Errors
    ///
    /// When nothing is left, or it is not such a number.
    pub fn new(value: &SecretString, name: &ParameterName) -> Result<Self, ParameterStoreError> {
        let text = trimmed(value, name)?;
        // The number's own parser takes a plus sign.
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        let number = if is_plain { text.parse().ok() } else { None };
        number.map(Self).ok_or_else(|| ParameterStoreError::NotAnInstallationId(name.clone()))
    }

    /// The ID as GitHub's JSON gives it.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0.get()
    }
}

fn trimmed<'a>(value: &'a SecretString, name: &ParameterName) -> Result<&'a str, ParameterStoreError> {
    let text = value.expose_secret().trim();
    if text.is_empty() { Err(ParameterStoreError::Empty(name.clone())) } else { Ok(text) }
}

impl fmt::Display for InstallationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl AwsCredentials {
    /// What no text of AWS may show.
    pub(super) fn secrets(&self) -> Vec<&str> {
        let session_token = self.session_token.as_ref().map(ExposeSecret::expose_secret);
        [Some(self.access_key_id.as_str()), Some(self.secret_access_key.expose_secret()), session_token]
            .into_iter()
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> ParameterName {
        "/a".parse().unwrap()
    }

    #[test]
    fn an_installation_id_is_a_plain_positive_number() {
        for text in ["1", "52345678", " 7\n", "18446744073709551615"] {
            let id = InstallationId::new(&text.into(), &name()).unwrap();
            assert_eq!(id.to_string(), text.trim());
        }
        for text in ["0", "01", "+1", "-1", "1.0", "1e3", "0x1", "1 2", "١", "18446744073709551616", "abc"] {
            let error = InstallationId::new(&text.into(), &name()).unwrap_err();
            assert_eq!(error.to_string(), "SSM parameter /a is not a GitHub App installation ID", "{text}");
        }
        for text in ["", " \n"] {
            let error = InstallationId::new(&text.into(), &name()).unwrap_err();
            assert_eq!(error.to_string(), "SSM parameter /a is empty or missing", "{text:?}");
        }
    }

    #[test]
    fn a_private_key_in_the_wrong_parameter_is_no_client_id() {
        assert_eq!(ClientId::new(&" Iv23liABC\n".into(), &name()).unwrap().as_str(), "Iv23liABC");
        for text in ["-----BEGIN RSA PRIVATE KEY-----\nMII\n", "a b", "é", &"M".repeat(129)] {
            let error = ClientId::new(&text.into(), &name()).unwrap_err();
            assert_eq!(error.to_string(), "SSM parameter /a is not a GitHub App client ID", "{text}");
        }
    }
}
