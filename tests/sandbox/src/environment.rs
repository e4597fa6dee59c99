//! The environment variables of a started program.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// A process environment. Names and values may be any bytes that the system accepts, UTF-8 or not.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> &mut Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// Unsets a variable.
    pub fn remove(&mut self, name: impl Into<OsString>) -> &mut Self {
        self.0.remove(&name.into());
        self
    }

    /// Copies a variable from our own environment, if it is set.
    pub fn inherit(&mut self, name: &str) -> &mut Self {
        match std::env::var_os(name) {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Returns a variable's value.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Iterates over all variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.0.iter()
    }
}
