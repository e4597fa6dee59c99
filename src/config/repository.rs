//! The repository for which a broker issues tokens.

use std::fmt;

use super::environment::Environment;
use super::error::ConfigError;

const OWNER: &str = "GITHUB_TOKEN_BROKER_REPOSITORY_OWNER";
const NAME: &str = "GITHUB_TOKEN_BROKER_REPOSITORY_NAME";

/// A repository on GitHub: an owner and a name, each a valid segment of a URL's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repository {
    owner: String,
    name: String,
}

impl Repository {
    /// Reads `GITHUB_TOKEN_BROKER_REPOSITORY_OWNER` and `…_NAME`.
    ///
    /// # Errors
    ///
    /// When a variable is unset, has a character other than an ASCII letter, a digit, `_`, `.` or `-`, or is `.` or
    /// `..`.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self { owner: path_segment(environment, OWNER)?, name: path_segment(environment, NAME)? })
    }

    /// Returns the account or organisation.
    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// Returns the name without the owner.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// Formats `owner/name`, as GitHub's `full_name`.
impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

fn path_segment(environment: &Environment, variable: &'static str) -> Result<String, ConfigError> {
    let text = environment.required(variable)?;
    if !text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)) {
        return Err(ConfigError::UnsupportedCharacters(variable));
    }
    // In a URL's path these segments are resolved, which gives another path.
    if matches!(text, "." | "..") { Err(ConfigError::DotSegment(variable)) } else { Ok(text.to_owned()) }
}
