//! How many connections a broker opens.

use std::path::Path;

use super::super::stage::{Stage, Surroundings};
use crate::cli::Mistake;

pub(super) const WHAT: &str = "connections to SSM and GitHub over 20 invocations";
const INVOCATIONS: u32 = 20;

/// Over a process's start and its invocations.
pub(super) async fn count(program: &Path) -> Result<u64, Mistake> {
    let stage = Stage::unlimited().await?;
    stage.run(program, Surroundings::default(), INVOCATIONS - 1).await?;
    Ok((stage.sandbox.ssm.connections() + stage.sandbox.github.connections()) as u64)
}
