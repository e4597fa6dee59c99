//! The client ID of the GitHub App.

use std::str::FromStr;

use crate::secret_shapes;

/// The maximum length. GitHub's client IDs have 20 characters, App IDs some 7; a line of PEM has 64.
const LENGTH_CAP: usize = 40;

/// A GitHub App's client ID or App ID: at most 40 ASCII letters, digits, `.`, `_` and `-`. It is sent to GitHub and
/// logged, so the rule excludes lines of a private key and GitHub's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientId(String);

/// The text is not a [`ClientId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAClientId;

impl ClientId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientId {
    type Err = NotAClientId;

    fn from_str(text: &str) -> Result<Self, NotAClientId> {
        let is_id = (1..=LENGTH_CAP).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            && !secret_shapes::has_token_prefix(text);
        if is_id { Ok(Self(text.to_owned())) } else { Err(NotAClientId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ids_are_short_names() {
        for text in ["Iv23liEXAMPLE0000000", "Iv1.8a61f9b3a7aba766", "12345", "a_b-c", &"M".repeat(40)] {
            assert_eq!(text.parse::<ClientId>().unwrap().as_str(), text);
        }
        for text in [
            "",
            " ",
            "a b",
            "é",
            "a/b",
            "-----BEGIN RSA PRIVATE KEY-----",
            "MIIEpAIBAAKCAQEA+",
            &"M".repeat(41),
            "ghp_1",
        ] {
            assert_eq!(text.parse::<ClientId>(), Err(NotAClientId), "{text}");
        }
    }
}
