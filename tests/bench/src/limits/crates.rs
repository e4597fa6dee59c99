//! Counts the crates in the binary.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use sandbox::bootstrap;

/// Counts the product and its direct and indirect dependencies, without build dependencies.
pub(super) async fn linked() -> Result<u64> {
    let what = ["--package", "github-token-broker", "--edges", "normal,no-proc-macro"];
    let arguments = ["tree", "--prefix", "none", "--format", "{p}"].into_iter().chain(what);
    let output = bootstrap::cargo(arguments).await.context("cannot run cargo tree")?;
    if !output.status.success() {
        bail!("cargo tree failed: see its messages above");
    }
    Ok(distinct(&String::from_utf8_lossy(&output.stdout)))
}

/// Counts the distinct crates. cargo marks repeated ones with a star.
fn distinct(tree: &str) -> u64 {
    let crates: BTreeSet<&str> =
        tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect();
    crates.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_of_a_crate_counts_once() {
        assert_eq!(distinct("a v1.0.0 (/here)\nb v1.0.0\nb v2.0.0\nc v1.0.0\nb v1.0.0 (*)\n\n"), 4);
    }
}
