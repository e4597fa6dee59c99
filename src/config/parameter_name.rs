//! The names of the three SSM parameters.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::environment::Environment;
use super::error::ConfigError;

/// The absolute name of an SSM parameter: a slash, then ASCII letters, digits, `_`, `.`, `-`, `/`. This excludes ARNs
/// and names with a version or label (`:3`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct ParameterName(String);

/// The parameters that hold the GitHub App's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParameterNames {
    /// Holds the App's client ID.
    pub(crate) client_id: ParameterName,
    /// Holds the ID of the App's installation that covers the repository.
    pub(crate) installation_id: ParameterName,
    /// Holds the App's private key as PEM.
    pub(crate) private_key: ParameterName,
}

impl ParameterNames {
    /// Returns the names in the order of the request to SSM.
    pub(crate) fn in_order(&self) -> [&ParameterName; 3] {
        [&self.client_id, &self.installation_id, &self.private_key]
    }

    /// Reads the names of the three parameters.
    ///
    /// # Errors
    ///
    /// [`ConfigError::ParameterPath`] with the variable's name.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let name = |variable, default| {
            let text = environment.text(variable)?.unwrap_or(default);
            text.parse().map_err(|NotAParameterName| ConfigError::ParameterPath(variable))
        };
        Ok(Self {
            client_id: name("GITHUB_TOKEN_BROKER_CLIENT_ID_PARAM", "/github-token-broker/app/client-id")?,
            installation_id: name(
                "GITHUB_TOKEN_BROKER_INSTALLATION_ID_PARAM",
                "/github-token-broker/app/installation-id",
            )?,
            private_key: name("GITHUB_TOKEN_BROKER_PRIVATE_KEY_PARAM", "/github-token-broker/app/private-key-pem")?,
        })
    }
}

impl ParameterName {
    /// Returns the name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a [`ParameterName`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotAParameterName;

impl FromStr for ParameterName {
    type Err = NotAParameterName;

    fn from_str(text: &str) -> Result<Self, NotAParameterName> {
        let rest = text.strip_prefix('/').ok_or(NotAParameterName)?;
        let is_literal = !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || "_.-/".contains(c));
        if is_literal { Ok(Self(text.to_owned())) } else { Err(NotAParameterName) }
    }
}

impl fmt::Display for ParameterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_absolute_and_literal() {
        for text in ["/a", "/github-token-broker/app/client-id", "/A_b.c-d/9", "//", "/a/"] {
            assert!(text.parse::<ParameterName>().is_ok(), "{text}");
        }
        for text in ["", "/", "a", "a/b", "/a b", "/a:3", "/a*", "/ä", "/a\n", "arn:aws:ssm:eu-west-1:1:parameter/a"] {
            assert!(text.parse::<ParameterName>().is_err(), "{text}");
        }
    }
}
