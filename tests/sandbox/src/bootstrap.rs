//! Finds the broker's binary, or builds it with cargo.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::process::Command;

/// The root of the workspace.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The product's manifest.
const MANIFEST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"));

/// Returns the product's version, which is also the version of the workspace's commands.
pub fn version() -> &'static str {
    let package = MANIFEST.split("\n[package]\n").nth(1).unwrap_or_default();
    let version = package.lines().find_map(|line| line.strip_prefix("version = \""));
    version.map_or("unknown", |version| version.trim_end_matches('"'))
}

/// The cargo profile of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Fast to compile.
    Dev,
    /// The binary that is deployed.
    Release,
}

/// The reason why there is no binary.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages document the variants")]
pub enum BootstrapError {
    #[error("there is no bootstrap at {}", .0.display())]
    NotAFile(PathBuf),
    #[error("cannot use {}", .0.display())]
    NoAbsolutePath(PathBuf, #[source] io::Error),
    #[error("cannot run cargo to build bootstrap (to use an existing one, pass --bootstrap PATH)")]
    Cargo(#[source] io::Error),
    #[error("bootstrap does not compile: see cargo's messages above")]
    Build,
    #[error("cargo did not report the path of bootstrap")]
    NoExecutable,
}

/// Returns the binary at `path`, or builds one when there is no path.
///
/// # Errors
///
/// When there is no file at `path`, or the build fails.
pub async fn find_or_build(path: Option<&Path>, profile: Profile) -> Result<PathBuf, BootstrapError> {
    match path {
        Some(path) => find(path),
        None => build(profile).await,
    }
}

/// Returns `path` as an absolute path, because a bare name would be looked up in `PATH`.
///
/// # Errors
///
/// When there is no file.
pub fn find(path: &Path) -> Result<PathBuf, BootstrapError> {
    if !path.is_file() {
        return Err(BootstrapError::NotAFile(path.into()));
    }
    path.canonicalize().map_err(|why| BootstrapError::NoAbsolutePath(path.into(), why))
}

/// Builds the binary. Cargo writes its messages to standard error.
///
/// # Errors
///
/// When cargo is not found or the build fails.
pub async fn build(profile: Profile) -> Result<PathBuf, BootstrapError> {
    let profile = if profile == Profile::Release { "release" } else { "dev" };
    let what = ["--package", "github-token-broker", "--bin", "bootstrap", "--profile", profile];
    let arguments = ["build", "--message-format=json-render-diagnostics"].into_iter().chain(what);
    let output = cargo(arguments).await.map_err(BootstrapError::Cargo)?;
    if !output.status.success() {
        return Err(BootstrapError::Build);
    }
    executable(&output.stdout).ok_or(BootstrapError::NoExecutable)
}

/// Runs cargo in the workspace's root, because cargo reads `.cargo/config.toml` from its working directory and that
/// file affects the binary. Captures standard output, but not standard error.
///
/// # Errors
///
/// When cargo is not found.
pub async fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> io::Result<Output> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(WORKSPACE).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    // `output` would also capture standard error.
    command.spawn()?.wait_with_output().await
}

fn executable(messages: &[u8]) -> Option<PathBuf> {
    let lines = messages.split(|byte| *byte == b'\n');
    let messages = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    messages
        .filter(|message| message["target"]["name"] == "bootstrap")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_configuration_is_in_the_workspace() {
        assert!(Path::new(WORKSPACE).join(".cargo/config.toml").is_file());
    }

    #[test]
    fn the_version_is_the_products() {
        let lock = std::fs::read_to_string(Path::new(WORKSPACE).join("Cargo.lock")).unwrap();
        let package = format!("name = \"github-token-broker\"\nversion = \"{}\"\n", version());
        assert!(lock.contains(&package), "{package}");
    }

    #[test]
    fn the_executable_is_bootstraps() {
        let messages = br#"{"reason":"compiler-artifact","target":{"name":"build-script-build"},"executable":"/a"}
{"reason":"compiler-artifact","target":{"name":"bootstrap"},"executable":"/b"}
{"reason":"build-finished","success":true}
"#;
        assert_eq!(executable(messages), Some(PathBuf::from("/b")));
        assert_eq!(executable(b""), None);
    }
}
