//! The process's environment as a value.

use std::collections::HashMap;
use std::ffi::OsString;

use super::error::ConfigError;

/// Environment variables, read once and passed on.
#[derive(Default)]
pub(crate) struct Environment(HashMap<String, OsString>);

impl Environment {
    /// Reads the variables of this process, except those whose name is not UTF-8.
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the environment")]
    pub(crate) fn of_process() -> Self {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
    }

    /// Returns the variable's value without surrounding whitespace, or `None` when it is unset or blank.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NotUtf8`] when the value is not UTF-8.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, ConfigError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let text = value.to_str().ok_or(ConfigError::NotUtf8(name))?.trim();
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// Returns the value of a required variable, as [`Environment::text`] does.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Required`] when it is unset or blank, and the errors of [`Environment::text`].
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, ConfigError> {
        self.text(name)?.ok_or(ConfigError::Required(name))
    }

    /// Returns the total number of bytes in the values of all variables with this prefix.
    pub(super) fn size_of(&self, prefix: &str) -> usize {
        self.0.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(_, value)| value.len()).sum()
    }

    /// Returns whether the variable is set, even to a blank value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns whether the value has no surrounding whitespace.
    pub(super) fn is_trimmed(&self, name: &str) -> bool {
        self.0.get(name).and_then(|value| value.to_str()).is_some_and(|value| value.trim() == value)
    }

    /// Returns the first variable of `names` that is set: its name and its value.
    ///
    /// # Errors
    ///
    /// The errors of [`Environment::text`].
    pub(super) fn first_of(&self, names: [&'static str; 2]) -> Result<Option<(&'static str, &str)>, ConfigError> {
        let [first, second] = names;
        // Reads both: a value that is not UTF-8 is an error even when the other variable is used.
        let (first_text, second_text) = (self.text(first)?, self.text(second)?);
        Ok(first_text.map(|text| (first, text)).or(second_text.map(|text| (second, text))))
    }

    /// Returns whether the variable is `true`, in any case, as the AWS SDKs read their switches.
    ///
    /// # Errors
    ///
    /// The errors of [`Environment::text`].
    pub(super) fn is_true(&self, name: &'static str) -> Result<bool, ConfigError> {
        Ok(self.text(name)?.is_some_and(|value| value.eq_ignore_ascii_case("true")))
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
