//! The committed limits.

use std::env::consts::ARCH;
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

/// The file, relative to the workspace.
pub(super) const PATH: &str = ".ci/limits.json";
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.ci/limits.json");

/// Limits by name, some of them by name and architecture.
#[derive(Debug)]
pub(super) struct Limits(Value);

impl Limits {
    pub(super) fn read() -> Result<Self> {
        let text = fs::read(FILE).with_context(|| format!("cannot read {PATH}"))?;
        Ok(Self(serde_json::from_slice(&text).with_context(|| format!("{PATH} is not JSON"))?))
    }

    pub(super) fn of(&self, key: &str) -> Option<u64> {
        self.0[key].as_u64()
    }

    pub(super) fn of_architecture(&self, key: &str) -> Option<u64> {
        self.0[key][ARCH].as_u64()
    }
}
