//! Types for text from peers that may be logged and quoted.
//!
//! A broken or hostile peer may send secrets back. Each field except AWS's error messages, which are free text, has an
//! allow-list of characters. Texts that may contain arbitrary letters are also searched for known secrets and for text
//! that looks like a secret.

use std::fmt;
use std::str::FromStr;

use crate::known_secrets::KnownSecrets;
use crate::secret_shapes;

/// The maximum length of a request ID or an AWS error code. AWS's and GitHub's IDs have about 40 characters.
const NAME_CAP: usize = 64;
/// The maximum length of a repository or a permission. GitHub's longest `owner/name` has 140 characters, most have
/// fewer than 40.
const SCOPE_CAP: usize = 128;
/// The maximum number of characters that are kept of an AWS error message. IAM's longest messages have about 500.
const MESSAGE_CAP: usize = 1024;
/// The replacement for a text that must not be quoted.
const HIDDEN: &str = "(hidden)";

/// A text with a character or a length that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAllowed;

/// A request ID of AWS or GitHub: hexadecimal digits, `:` and `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(String);

/// An AWS error code, such as `AccessDeniedException`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorCode(String);

/// A repository or permission that GitHub granted, or `(hidden)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope(String);

/// An AWS error message without control characters, or `(hidden)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorMessage(String);

fn allowed(text: &str, cap: usize, is_allowed: impl Fn(u8) -> bool) -> Result<String, NotAllowed> {
    let is_good = (1..=cap).contains(&text.len()) && text.bytes().all(is_allowed);
    if is_good { Ok(text.to_owned()) } else { Err(NotAllowed) }
}

impl FromStr for RequestId {
    type Err = NotAllowed;

    fn from_str(text: &str) -> Result<Self, NotAllowed> {
        allowed(text, NAME_CAP, |byte| byte.is_ascii_hexdigit() || b":-".contains(&byte)).map(Self)
    }
}

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl ErrorCode {
    /// Accepts a text that is an identifier and contains no part of a secret.
    pub(crate) fn new(text: &str, secrets: &KnownSecrets) -> Result<Self, NotAllowed> {
        let code = allowed(text, NAME_CAP, |byte| byte.is_ascii_alphanumeric() || b".#_".contains(&byte))?;
        if shows_a_secret(&code, secrets) { Err(NotAllowed) } else { Ok(Self(code)) }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Scope {
    /// Keeps a text of allowed characters, or hides it when it contains part of a secret or another character.
    pub(crate) fn new(text: &str, secrets: &KnownSecrets) -> Self {
        let name = allowed(text, SCOPE_CAP, |byte| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte));
        Self(name.ok().filter(|name| !shows_a_secret(name, secrets)).unwrap_or_else(|| HIDDEN.to_owned()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ErrorMessage {
    /// Keeps at most 1,024 characters, or hides a text that contains part of a secret: AWS's response to an invalid
    /// signature quotes the request's headers, including the session token.
    pub(crate) fn new(text: &str, secrets: &KnownSecrets) -> Self {
        let printable = text.chars().map(|c| if c.is_control() || is_format(c) { ' ' } else { c });
        let text: String = printable.take(MESSAGE_CAP).collect();
        Self(if shows_a_secret(&text, secrets) { HIDDEN.to_owned() } else { text })
    }
}

impl fmt::Display for ErrorMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns whether this is a Unicode format character or line separator. They are invisible or change the direction of
/// the surrounding text.
fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn shows_a_secret(text: &str, secrets: &KnownSecrets) -> bool {
    secrets.appear_in(text) || secret_shapes::are_in(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "opaque_0123456789abcdefghijklmnopqrstuvwxyz";
    const OF_TOKEN: &str = "0123456789ab";

    fn known() -> KnownSecrets {
        let known = KnownSecrets::default();
        known.add_token(&TOKEN.into());
        known
    }

    #[test]
    fn request_ids_are_hexadecimal() {
        for text in ["C8A2:3F1B70:17B2C3D4", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "1", &"f".repeat(64)] {
            assert_eq!(text.parse::<RequestId>().unwrap().as_str(), text);
        }
        for text in ["", "ghs_1", "1 2", "1\u{1b}[31m", "é", &"f".repeat(65)] {
            assert_eq!(text.parse::<RequestId>(), Err(NotAllowed), "{text}");
        }
    }

    #[test]
    fn error_codes_are_identifiers() {
        for text in ["AccessDeniedException", "a.b#C_9"] {
            assert_eq!(ErrorCode::new(text, &known()).unwrap().to_string(), text);
        }
        for text in ["", "a b", "a/b", "-----BEGIN", &"x".repeat(65), TOKEN, "ghs_a"] {
            assert_eq!(ErrorCode::new(text, &known()), Err(NotAllowed), "{text}");
        }
    }

    #[test]
    fn scopes_that_are_not_names_are_hidden() {
        for text in ["octo-org/octo-repo", "pull_requests", &"x".repeat(128)] {
            assert_eq!(Scope::new(text, &known()).to_string(), text);
        }
        for text in ["", "a b", "a\"b", "é", &"x".repeat(129), TOKEN, OF_TOKEN, "o/ghs_a"] {
            assert_eq!(Scope::new(text, &known()).to_string(), "(hidden)", "{text}");
        }
    }

    #[test]
    fn aws_messages_stay_readable() {
        let text = "User: arn:aws:sts::1:assumed-role/r/f is not authorized\nto perform: ssm:GetParameters";
        assert_eq!(ErrorMessage::new(text, &known()).to_string(), text.replace('\n', " "));
        assert_eq!(ErrorMessage::new("a\u{202e}b\u{200b}c\u{2028}é", &known()).to_string(), "a b c é");
        assert_eq!(ErrorMessage::new(&"x".repeat(5000), &known()).to_string().len(), 1024);
    }

    #[test]
    fn aws_messages_with_secrets_are_hidden() {
        for text in [format!("header:{OF_TOKEN}"), "key: ghs_a".to_owned(), "eyJ0eXAiOiJK".to_owned()] {
            assert_eq!(ErrorMessage::new(&text, &known()).to_string(), "(hidden)", "{text}");
        }
    }
}
