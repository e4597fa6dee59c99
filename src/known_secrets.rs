//! The secrets that this process has seen, which texts of peers must not show.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use secrecy::{ExposeSecret, SecretString};

/// A text that shares this many consecutive characters with a secret shows a part of it. All secrets are longer.
const WINDOW: usize = 12;
/// A window of fewer different characters shows nothing: `xxxxxxxxxxxx` occurs in many texts.
const DIFFERENT: usize = 5;

/// Shared by the steps of all invocations. JWTs and tokens are kept until the invocation after the next, so that a peer cannot
/// show those of the invocation before; the private key only for as long as its own invocation keeps it.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownSecrets(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    aws_credentials: Vec<SecretString>,
    private_key: Weak<SecretString>,
    jwts: LastTwo,
    tokens: LastTwo,
}

#[derive(Debug, Default)]
struct LastTwo([Option<SecretString>; 2]);

impl KnownSecrets {
    /// Replaces the AWS credentials: access key ID, secret access key and session token.
    pub(crate) fn set_aws_credentials<'a>(&self, parts: impl IntoIterator<Item = &'a str>) {
        self.known().aws_credentials = parts.into_iter().map(SecretString::from).collect();
    }

    /// Adds the PEM for as long as the caller keeps it.
    pub(crate) fn set_private_key(&self, pem: &Arc<SecretString>) {
        self.known().private_key = Arc::downgrade(pem);
    }

    pub(crate) fn add_jwt(&self, jwt: &SecretString) {
        self.known().jwts.add(jwt);
    }

    pub(crate) fn add_token(&self, token: &SecretString) {
        self.known().tokens.add(token);
    }

    /// Whether the text shares at least 12 consecutive characters with a secret, at any position in either.
    pub(crate) fn are_shown_in(&self, text: &str) -> bool {
        let windows: BTreeSet<&[u8]> = text.as_bytes().windows(WINDOW).filter(|window| is_telling(window)).collect();
        let is_shown = |secret: &SecretString| {
            let mut of_secret = secret.expose_secret().as_bytes().windows(WINDOW);
            of_secret.any(|window| windows.contains(window))
        };
        let known = self.known();
        let private_key = known.private_key.upgrade();
        let bearers = known.jwts.0.iter().chain(&known.tokens.0).flatten();
        known.aws_credentials.iter().chain(bearers).any(is_shown) || private_key.is_some_and(|pem| is_shown(&pem))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LastTwo {
    /// Adding the last one again changes nothing.
    fn add(&mut self, secret: &SecretString) {
        let [last, before] = &mut self.0;
        if last.as_ref().is_none_or(|last| last.expose_secret() != secret.expose_secret()) {
            *before = last.replace(secret.clone());
        }
    }
}

fn is_telling(window: &[u8]) -> bool {
    window.iter().collect::<BTreeSet<_>>().len() >= DIFFERENT
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "ghs_0123456789abcdefghijklmnopqrstuvwxyz";

    fn with_token(token: &str) -> KnownSecrets {
        let known = KnownSecrets::default();
        known.add_token(&token.into());
        known
    }

    #[test]
    fn any_twelve_characters_show_a_secret() {
        let known = with_token(TOKEN);
        for start in 0..=TOKEN.len() - WINDOW {
            for before in 0..WINDOW {
                let text = |length| format!("{}{}~", "~".repeat(before), &TOKEN[start..start + length]);
                assert!(known.are_shown_in(&text(WINDOW)), "from {start} after {before}");
                assert!(!known.are_shown_in(&text(WINDOW - 1)), "from {start} after {before}");
            }
        }
        let known = with_token(&format!("ghs_{}", "x".repeat(36)));
        assert!(!known.are_shown_in(&"x".repeat(128)), "a run of one character shows nothing");
    }

    #[test]
    fn bearers_are_known_until_the_invocation_after_the_next() {
        let known = KnownSecrets::default();
        let bearers = ["first-0123456789", "second-abcdefghij", "third-klmnopqrstuv"];
        for (index, bearer) in bearers.iter().enumerate() {
            known.add_jwt(&(*bearer).into());
            known.add_jwt(&(*bearer).into());
            known.add_token(&format!("token-of-{bearer}").into());
            let shown = bearers.map(|bearer| known.are_shown_in(bearer));
            assert_eq!(shown, [index < 2, index > 0, index > 1], "after {bearer}");
        }
    }

    #[test]
    fn credentials_are_replaced_and_a_key_is_forgotten() {
        let known = KnownSecrets::default();
        known.set_aws_credentials(["AKIAEXAMPLE012345678", "FwoGZXIvYXdzEXAMPLETOKEN"]);
        assert!(known.are_shown_in("x-amz-security-token:FwoGZXIvYXdzEXAMPLE"));
        known.set_aws_credentials(["AKIAOTHER00123456789"]);
        assert!(!known.are_shown_in("x-amz-security-token:FwoGZXIvYXdzEXAMPLE"));
        let pem = Arc::new(SecretString::from("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC"));
        known.set_private_key(&pem);
        assert!(known.are_shown_in("octo-org/BADANBgkqhkiG9w0"));
        drop(pem);
        assert!(!known.are_shown_in("octo-org/BADANBgkqhkiG9w0"));
    }
}
