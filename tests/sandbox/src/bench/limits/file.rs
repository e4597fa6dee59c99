//! The committed limits.

use std::env::consts::ARCH;
use std::fs;

use serde_json::Value;

use crate::cli::Mistake;

/// The file, as its readers know it.
pub(super) const PATH: &str = ".ci/limits.json";
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.ci/limits.json");

/// Numbers by name; those that differ between architectures by name and architecture.
#[derive(Debug)]
pub(super) struct Limits(Value);

impl Limits {
    pub(super) fn read() -> Result<Self, Mistake> {
        let text = fs::read(FILE).map_err(|why| Mistake::because(&format!("cannot read {PATH}"), &why))?;
        let value =
            serde_json::from_slice(&text).map_err(|why| Mistake::because(&format!("{PATH} is not JSON"), &why))?;
        Ok(Self(value))
    }

    pub(super) fn of(&self, key: &str) -> Option<u64> {
        self.0[key].as_u64()
    }

    pub(super) fn of_architecture(&self, key: &str) -> Option<u64> {
        self.0[key][ARCH].as_u64()
    }
}
