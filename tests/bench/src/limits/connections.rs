//! Counts the connections that a broker opens.

use std::path::Path;

use anyhow::Result;

use crate::broker::{Conditions, TestBed};

pub(super) const WHAT: &str = "connections to SSM and GitHub over 20 invocations";
const INVOCATIONS: u32 = 20;

/// Counts the connections during init and the invocations.
pub(super) async fn count(program: &Path) -> Result<u64> {
    let bed = TestBed::without_quota().await?;
    bed.run(program, Conditions::default(), INVOCATIONS - 1).await?;
    Ok(bed.connections())
}
