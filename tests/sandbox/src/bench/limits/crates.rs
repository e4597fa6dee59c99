//! How many crates end up in the binary.

use std::collections::BTreeSet;
use std::ffi::OsString;

use tokio::process::Command;

use crate::cli::Mistake;

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");

/// The product's dependencies, their dependencies and so on, itself included; without what only builds them.
pub(super) async fn linked() -> Result<u64, Mistake> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = Command::new(cargo)
        .args(["tree", "--package", "github-token-broker", "--edges", "normal,no-proc-macro", "--prefix", "none"])
        .args(["--format", "{p}", "--manifest-path", MANIFEST])
        .output()
        .await
        .map_err(|why| Mistake::because("cannot run cargo tree", &why))?;
    if !output.status.success() {
        return Err(Mistake::new(format!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(distinct(&String::from_utf8_lossy(&output.stdout)))
}

/// Crates that come more than once are marked.
fn distinct(tree: &str) -> u64 {
    let crates: BTreeSet<&str> =
        tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect();
    crates.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_and_each_of_its_versions() {
        assert_eq!(distinct("a v1.0.0 (/here)\nb v1.0.0\nb v2.0.0\nc v1.0.0\nb v1.0.0 (*)\n\n"), 4);
    }
}
