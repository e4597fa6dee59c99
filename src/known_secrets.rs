//! The secrets that this process knows, to search for them in peers' texts.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use secrecy::{ExposeSecret, SecretString};

/// A text leaks a secret when it shares this many consecutive characters with it. Shorter secrets are not detected.
const WINDOW: usize = 12;
/// A window with fewer distinct characters is not a leak: `xxxxxxxxxxxx` occurs in many texts.
const MIN_DISTINCT: usize = 5;

/// The known secrets, shared by the steps of all invocations. The JWTs and tokens of the last two invocations are kept,
/// because a peer may return those of the previous one. The private key is known only while its invocation holds it.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownSecrets(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    aws_credentials: Vec<SecretString>,
    private_key: Weak<SecretString>,
    /// The JWT and the tokens of this invocation and of the last one.
    bearers: [Vec<SecretString>; 2],
}

impl KnownSecrets {
    /// Replaces the AWS credentials: access key ID, secret access key and session token.
    pub(crate) fn set_aws_credentials<'a>(&self, parts: impl IntoIterator<Item = &'a str>) {
        self.known().aws_credentials = parts.into_iter().map(SecretString::from).collect();
    }

    /// Adds the PEM for as long as the caller holds it.
    pub(crate) fn set_private_key(&self, pem: &Arc<SecretString>) {
        self.known().private_key = Arc::downgrade(pem);
    }

    /// Adds the JWT, which is an invocation's first bearer, and forgets the bearers of the invocation before the last.
    pub(crate) fn add_jwt(&self, jwt: &SecretString) {
        let [current, last] = &mut self.known().bearers;
        *last = std::mem::replace(current, vec![jwt.clone()]);
    }

    /// Adds a token of this invocation. Adding it again has no effect.
    pub(crate) fn add_token(&self, token: &SecretString) {
        let [current, _] = &mut self.known().bearers;
        if !current.iter().any(|known| known.expose_secret() == token.expose_secret()) {
            current.push(token.clone());
        }
    }

    /// Returns whether the text shares at least 12 consecutive characters with a secret, at any position in either.
    pub(crate) fn appear_in(&self, text: &str) -> bool {
        let windows: BTreeSet<&[u8]> =
            text.as_bytes().windows(WINDOW).filter(|window| is_distinctive(window)).collect();
        let is_shown = |secret: &SecretString| {
            let mut of_secret = secret.expose_secret().as_bytes().windows(WINDOW);
            of_secret.any(|window| windows.contains(window))
        };
        let known = self.known();
        let private_key = known.private_key.upgrade();
        let bearers = known.bearers.iter().flatten();
        known.aws_credentials.iter().chain(bearers).any(is_shown) || private_key.is_some_and(|pem| is_shown(&pem))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_distinctive(window: &[u8]) -> bool {
    window.iter().collect::<BTreeSet<_>>().len() >= MIN_DISTINCT
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
    fn any_twelve_characters_leak_a_secret() {
        let known = with_token(TOKEN);
        for start in 0..=TOKEN.len() - WINDOW {
            for before in 0..WINDOW {
                let text = |length| format!("{}{}~", "~".repeat(before), &TOKEN[start..start + length]);
                assert!(known.appear_in(&text(WINDOW)), "from {start} after {before}");
                assert!(!known.appear_in(&text(WINDOW - 1)), "from {start} after {before}");
            }
        }
        let known = with_token(&format!("ghs_{}", "x".repeat(36)));
        assert!(!known.appear_in(&"x".repeat(128)), "a run of one character is not a leak");
    }

    #[test]
    fn bearers_of_the_last_two_invocations_are_known() {
        // Each has other characters.
        let token = |bearer: &str, number| bearer.bytes().map(|byte| char::from(byte + number)).collect::<String>();
        let known = KnownSecrets::default();
        let bearers = ["first-0123456789", "second-abcdefghij", "third-klmnopqrstuv"];
        for (index, bearer) in bearers.iter().enumerate() {
            known.add_jwt(&(*bearer).into());
            // A refused response may have several tokens.
            for number in 1..=4 {
                known.add_token(&token(bearer, number).into());
            }
            let expected = [index < 2, index > 0, index > 1];
            assert_eq!(bearers.map(|bearer| known.appear_in(bearer)), expected, "JWTs after {bearer}");
            for number in 1..=4 {
                let shown = bearers.map(|bearer| known.appear_in(&token(bearer, number)));
                assert_eq!(shown, expected, "tokens {number} after {bearer}");
            }
        }
    }

    #[test]
    fn credentials_are_replaced_and_a_key_is_forgotten() {
        let known = KnownSecrets::default();
        known.set_aws_credentials(["AKIAEXAMPLE012345678", "FwoGZXIvYXdzEXAMPLETOKEN"]);
        assert!(known.appear_in("x-amz-security-token:FwoGZXIvYXdzEXAMPLE"));
        known.set_aws_credentials(["AKIAOTHER00123456789"]);
        assert!(!known.appear_in("x-amz-security-token:FwoGZXIvYXdzEXAMPLE"));
        let pem = Arc::new(SecretString::from("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC"));
        known.set_private_key(&pem);
        assert!(known.appear_in("octo-org/BADANBgkqhkiG9w0"));
        drop(pem);
        assert!(!known.appear_in("octo-org/BADANBgkqhkiG9w0"));
    }
}
