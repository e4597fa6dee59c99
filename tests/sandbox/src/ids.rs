//! Random identifiers in the formats of the three services.

use aws_lc_rs::rand;

/// Returns random bytes.
///
/// # Panics
///
/// When the system provides no random bytes.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// Formats bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]).collect()
}

/// Returns a random UUID (version 4), the format of the request IDs of Lambda and SSM.
pub(crate) fn uuid() -> String {
    let mut bytes = random::<16>();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Returns a request ID in GitHub's format: `EB2C:1A6B84:…`.
pub(crate) fn github_request_id() -> String {
    let hex = hex(&random::<18>()).to_uppercase();
    [&hex[..4], &hex[4..10], &hex[10..18], &hex[18..26], &hex[26..34]].join(":")
}
