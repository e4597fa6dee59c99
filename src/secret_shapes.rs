//! Recognises text that looks like a secret, whether or not this process knows the secret.

/// The letters after `gh` in the prefixes of GitHub's tokens, see
/// <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats>.
const TOKEN_KINDS: &[u8] = b"oprsu";
/// A JWT begins with the base64 of `{"`. With at least this many more characters, it is not a word.
const JWT_REST: usize = 8;
/// The minimum length of a run of base64 characters that looks like a piece of a key. A line of PEM has 64.
const KEY_PIECE: usize = 20;
/// The minimum number of changes between kinds of characters in such a piece. Random base64 has 12 changes on average.
/// Names such as `DescribeInstanceInformation` have about 6, and hexadecimal digits have letters of one case.
const KEY_CHANGES: usize = 9;

/// Returns whether part of a text looks like PEM, a piece of base64 from PEM, a JWT, or one of GitHub's tokens.
pub(crate) fn are_in(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.contains("-----BEGIN")
        || text.contains("-----END")
        || has_token_prefix(text)
        || (0..bytes.len()).any(|at| is_jwt(bytes, at))
        || bytes.windows(KEY_PIECE).any(is_key_piece)
}

/// Returns whether part of a text looks like one of GitHub's tokens.
pub(crate) fn has_token_prefix(text: &str) -> bool {
    text.contains("github_pat_") || (0..text.len()).any(|at| is_token_prefix(text.as_bytes(), at))
}

/// Returns whether `gh?_` is at this position. In the middle of a word, as in `weight_`, only GitHub's letters match.
fn is_token_prefix(text: &[u8], at: usize) -> bool {
    let starts_word = at.checked_sub(1).and_then(|before| text.get(before)).is_none_or(|c| !c.is_ascii_alphanumeric());
    match text.get(at..at + 4) {
        Some([b'g', b'h', kind, b'_']) => TOKEN_KINDS.contains(kind) || starts_word && kind.is_ascii_alphanumeric(),
        _ => false,
    }
}

fn is_jwt(text: &[u8], at: usize) -> bool {
    let is_base64url = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let rest = text.get(at..).and_then(|text| text.strip_prefix(b"eyJ"));
    rest.and_then(|rest| rest.get(..JWT_REST)).is_some_and(|rest| rest.iter().all(is_base64url))
}

/// A kind of base64 character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Capital,
    Small,
    Digit,
    Sign,
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        match byte {
            b'A'..=b'Z' => Some(Self::Capital),
            b'a'..=b'z' => Some(Self::Small),
            b'0'..=b'9' => Some(Self::Digit),
            b'+' | b'/' | b'=' => Some(Self::Sign),
            _ => None,
        }
    }
}

fn is_key_piece(piece: &[u8]) -> bool {
    let Some(kinds) = piece.iter().map(|byte| Kind::of(*byte)).collect::<Option<Vec<Kind>>>() else { return false };
    let changes = kinds.iter().zip(kinds.iter().skip(1)).filter(|(one, next)| one != next).count();
    changes >= KEY_CHANGES && kinds.contains(&Kind::Capital) && kinds.contains(&Kind::Small)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = include_str!("../tests/fixtures/test-fixture-rsa-2048.pem");

    #[test]
    fn secrets_are_recognised() {
        for text in [
            "-----BEGIN RSA PRIVATE KEY-----",
            "x -----END PRIVATE KEY-----",
            "token=ghs_1",
            "xghp_1",
            "gho_",
            "ghu_a",
            "ghr_a",
            "ghx_a",
            "github_pat_11A",
            "Bearer eyJ0eXAiOiJK",
        ] {
            assert!(are_in(text), "{text}");
        }
    }

    #[test]
    fn ordinary_messages_are_not_secrets() {
        for text in [
            "",
            "Rate exceeded",
            "weight_a and right_b",
            "User: arn:aws:sts::123456789012:assumed-role/githubTokenBrokerProduction1/githubTokenBrokerProduction1 is \
             not authorized to perform: ssm:GetParametersByPath on resource: \
             arn:aws:ssm:eu-central-1:123456789012:parameter/github-token-broker/app/private-key-pem because no \
             identity-based policy allows the ssm:GetParameters action",
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you \
             are not allowed to access: arn:aws:kms:eu-central-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "Signature expired: 20260423T164832Z is now earlier than 20260423T164833Z",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "AWSServiceRoleForAmazonSSMDescribeInstanceInformation",
            "AROAEXAMPLE3XAMPL3ID:github-token-broker",
        ] {
            assert!(!are_in(text), "{text}");
        }
    }

    #[test]
    fn pieces_of_a_key_are_recognised() {
        let base64: String = PEM.lines().filter(|line| !line.starts_with('-')).collect();
        let pieces = |length| (0..=base64.len() - length).map(move |start| start..start + length);
        let seen = pieces(24).filter(|range| are_in(&base64[range.clone()])).count();
        assert!(seen * 100 >= pieces(24).count() * 97, "{seen} of {}", pieces(24).count());
        assert!(pieces(40).all(|range| are_in(&base64[range])), "every piece of 40 characters");
    }
}
