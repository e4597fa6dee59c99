//! Checks that the binary does not contain aws-lc's CPU-jitter entropy source, which makes a cold start cost four times
//! as much.
//!
//! The binary has no symbols. But the source includes its own SHA-3 with a self-test, so the binary would contain the
//! digest that the test expects. Nothing else in aws-lc contains it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Finding;

/// The SHA3-256 of 5e 5e d6: `exp_256` in `jent_sha3_tester`, jitterentropy-sha3.c.
/// <https://github.com/smuellerDD/jitterentropy-library/blob/master/src/jitterentropy-sha3.c>
const DIGEST: [u8; 32] = [
    0xf1, 0x6e, 0x66, 0xc0, 0x43, 0x72, 0xb4, 0xa3, 0xe1, 0xe3, 0x2e, 0x07, 0xc4, 0x1c, 0x03, 0x40, //
    0x8a, 0xd5, 0x43, 0x86, 0x8c, 0xc4, 0x0e, 0xc5, 0x5e, 0x00, 0xbb, 0xbb, 0xbd, 0xf5, 0x91, 0x1e,
];

pub(super) fn look(program: &Path) -> Result<Finding> {
    let binary = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    Ok(Finding::new("jitter_entropy", "CPU-jitter entropy sources", u64::from(is_in(&binary)), Some(0)))
}

fn is_in(binary: &[u8]) -> bool {
    binary.windows(DIGEST.len()).any(|window| window == DIGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_found_anywhere() {
        let mut binary = vec![0xf1; 100];
        assert!(!is_in(&binary));
        binary.extend(DIGEST);
        assert!(is_in(&binary));
        binary.push(0);
        assert!(is_in(&binary));
        binary.truncate(131);
        assert!(!is_in(&binary));
    }
}
