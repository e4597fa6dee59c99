//! The permissions that a broker requests.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Serialize;

use crate::json::{self, UniqueMap};

/// One or more permissions, each with its level, sorted by name: `{"contents":"read"}`.
///
/// The names are GitHub's, see
/// <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Permissions(BTreeMap<String, String>);

/// The reason why a text is not a set of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PermissionsError {
    /// Not a JSON object of strings, with the reason.
    NotAnObjectOfStrings(&'static str),
    /// `{}` or `null`.
    Empty,
    /// A blank name or level.
    BlankEntry,
}

impl Permissions {
    /// Iterates over names and levels, sorted by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, level)| (name.as_str(), level.as_str()))
    }

    /// Serialises the permissions as a JSON object, for the log.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Serialising a map of strings cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Returns the permission's configured level, or `None` when it is not configured.
    pub(crate) fn level(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl FromStr for Permissions {
    type Err = PermissionsError;

    fn from_str(text: &str) -> Result<Self, PermissionsError> {
        let entries = serde_json::from_str::<Option<UniqueMap<String>>>(text)
            .map_err(|error| PermissionsError::NotAnObjectOfStrings(json::reason(&error)))?
            .unwrap_or_default()
            .0;
        if entries.is_empty() {
            return Err(PermissionsError::Empty);
        }
        if entries.iter().any(|(name, level)| name.trim().is_empty() || level.trim().is_empty()) {
            return Err(PermissionsError::BlankEntry);
        }
        Ok(Self(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_sorted_by_name() {
        let permissions: Permissions = r#" {"pull_requests":"write","contents":"read"} "#.parse().unwrap();
        assert_eq!(serde_json::to_string(&permissions).unwrap(), r#"{"contents":"read","pull_requests":"write"}"#);
        assert_eq!(permissions.level("contents"), Some("read"));
        assert_eq!(permissions.level("issues"), None);
    }

    #[test]
    fn must_be_an_object_of_strings_with_unique_keys() {
        for text in [
            "",
            "contents",
            "[]",
            r#"["contents","read"]"#,
            r#""read""#,
            "5",
            "true",
            r#"{"contents":true}"#,
            r#"{"contents":null}"#,
            r#"{"contents":{"a":"b"}}"#,
            r#"{"contents":"read"}}"#,
            r#"{"contents":"read","contents":"read"}"#,
            r#"{"contents":"read","contents":"write"}"#,
        ] {
            let result = text.parse::<Permissions>();
            assert!(matches!(result, Err(PermissionsError::NotAnObjectOfStrings(_))), "{text}: {result:?}");
        }
    }

    #[test]
    fn must_not_be_empty() {
        for text in ["{}", "null", " null ", "{ }"] {
            assert_eq!(text.parse::<Permissions>(), Err(PermissionsError::Empty), "{text}");
        }
        for text in [r#"{"":"read"}"#, r#"{"contents":""}"#, r#"{"contents":"read","issues":" "}"#] {
            assert_eq!(text.parse::<Permissions>(), Err(PermissionsError::BlankEntry), "{text}");
        }
    }
}
