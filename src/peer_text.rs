//! What a peer said, made fit for the log and for an error.

use std::collections::BTreeSet;

use serde::Serialize;

/// How many characters of a header are kept.
const HEADER_CAP: usize = 128;
/// How many characters of an AWS error message are kept; IAM's longest explanations have some 500.
const MESSAGE_CAP: usize = 1024;
/// A secret is looked for in pieces of this length, one after the other: any 23 characters of it in a
/// row have a piece among them. All secrets here are longer.
const PIECE: usize = 12;
/// A piece of fewer different characters tells nothing: `xxxxxxxxxxxx` stands in many texts.
const TELLING: usize = 5;

/// At most 128 visible ASCII characters that show no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PeerText(String);

impl PeerText {
    /// What a header says, or a name in an answer. A broken or hostile peer may send our own secrets
    /// back: a text that shows a part of one becomes `(hidden)`.
    #[must_use]
    pub fn new(text: &str, secrets: &[&str]) -> Self {
        let visible: String = text.chars().filter(char::is_ascii_graphic).take(HEADER_CAP).collect();
        Self(unless_telling(visible, secrets))
    }

    /// An AWS error message: at most 1,024 characters, none of them a control character. Messages
    /// about a signature that does not match may quote the request's headers, the session token
    /// among them: such a message becomes `(hidden)`.
    #[must_use]
    pub fn message(text: &str, secrets: &[&str]) -> Self {
        let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        Self(unless_telling(printable.take(MESSAGE_CAP).collect(), secrets))
    }

    /// The same, unless it shows a part of this secret too, which was not known before.
    #[must_use]
    pub fn hiding(self, secret: &str) -> Self {
        Self(unless_telling(self.0, &[secret]))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn unless_telling(text: String, secrets: &[&str]) -> String {
    let tells = |secret: &&str| {
        secret.as_bytes().chunks_exact(PIECE).any(|piece| has(text.as_bytes(), piece) && is_telling(piece))
    };
    if secrets.iter().any(tells) { "(hidden)".to_owned() } else { text }
}

fn has(text: &[u8], piece: &[u8]) -> bool {
    text.windows(PIECE).any(|window| window.first() == piece.first() && window == piece)
}

fn is_telling(piece: &[u8]) -> bool {
    piece.iter().collect::<BTreeSet<_>>().len() >= TELLING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_cut_to_visible_ascii() {
        assert_eq!(PeerText::new("C8A2:3F\u{1b}[31m4B é", &[]).as_str(), "C8A2:3F[31m4B");
        assert_eq!(PeerText::new(&"x".repeat(500), &[]).as_str().len(), 128);
    }

    #[test]
    fn a_text_that_shows_a_secret_is_hidden() {
        let token = "ghs_0123456789abcdefghijklmnopqrstuvwxyz";
        for text in [token, &format!("id-{token}-x"), "ghs_01234567", "s_0123456789abcdefghijk"] {
            assert_eq!(PeerText::new(text, &["another-secret-value", token]).as_str(), "(hidden)", "{text}");
        }
        assert_eq!(PeerText::new("ghs_0123456", &[token]).as_str(), "ghs_0123456", "too short to tell anything");
        assert_eq!(PeerText::new("", &[token]).as_str(), "");
        let (text, secret) = ("x".repeat(128), format!("ghs_{}", "x".repeat(36)));
        assert_eq!(PeerText::new(&text, &[&secret]).as_str(), text, "a run of one character tells nothing");
    }

    #[test]
    fn an_aws_message_stays_readable() {
        let text = "User: arn:aws:sts::1:assumed-role/r/f is not authorized\nto perform: ssm:GetParameters";
        assert_eq!(PeerText::message(text, &[]).as_str(), text.replace('\n', " "));
        assert_eq!(
            PeerText::message("x-amz-security-token:FwoGZXIvYXdzEXAMPLE", &["FwoGZXIvYXdzEXAMPLETOKEN"]).as_str(),
            "(hidden)"
        );
    }
}
