//! The broker's binary: given, or built.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::process::Command;

use super::mistake::Mistake;

/// The product's package.
const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");

/// How to build it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Profile {
    /// Soon.
    Dev,
    /// As it is deployed.
    Release,
}

/// The given one, or a newly built one.
pub(super) async fn path(path: Option<&Path>, profile: Profile) -> Result<PathBuf, Mistake> {
    match path {
        Some(path) => given(path),
        None => build(profile).await,
    }
}

/// The given one.
pub(super) fn given(path: &Path) -> Result<PathBuf, Mistake> {
    if !path.is_file() {
        return Err(Mistake::new(format!("there is no bootstrap at {}", path.display())));
    }
    // A bare name would be looked for in PATH.
    path.canonicalize().map_err(|why| Mistake::because(&format!("cannot use {}", path.display()), &why))
}

/// Cargo's own messages go to standard error, as with every `cargo build`.
async fn build(profile: Profile) -> Result<PathBuf, Mistake> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let profile = if profile == Profile::Release { "release" } else { "dev" };
    let output = Command::new(cargo)
        .args([
            "build",
            "--profile",
            profile,
            "--package",
            "github-token-broker",
            "--bin",
            "bootstrap",
            "--manifest-path",
            MANIFEST,
        ])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .await
        .map_err(|why| {
            Mistake::because("cannot run cargo to build bootstrap (--bootstrap PATH takes a built one)", &why)
        })?;
    if !output.status.success() {
        return Err(Mistake::new("bootstrap does not build: see cargo's messages above"));
    }
    executable(&output).ok_or_else(|| Mistake::new("cargo does not say where it put bootstrap"))
}

fn executable(output: &Output) -> Option<PathBuf> {
    let messages = str::from_utf8(&output.stdout).ok()?.lines().filter_map(|line| serde_json::from_str(line).ok());
    messages
        .filter(|message: &Value| message["target"]["name"] == "bootstrap")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}
