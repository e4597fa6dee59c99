//! `limits`: compares figures that do not depend on the machine's speed with the committed limits.

mod calls;
mod connections;
mod crates;
mod entropy;
mod file;
mod finding;

use std::path::Path;

use anyhow::Result;
use sandbox::TraceIds;

use crate::growth::leak;
use crate::{size, table};
use file::Limits;
use finding::Finding;

/// All findings about a binary, and the figures that could not be measured.
#[derive(Debug)]
pub(crate) struct Verdict {
    findings: Vec<Finding>,
    left_out: Vec<String>,
}

/// Measures all figures, and the growth of memory over this many invocations.
pub(crate) async fn check(program: &Path, invocations: u32) -> Result<Verdict> {
    let limits = Limits::read()?;
    let finding = |key, what, is| Finding::new(key, what, is, limits.of(key));
    let mut findings = sizes(program, &limits)?;
    findings.push(finding("crates", "crates linked", crates::linked().await?));
    findings.push(entropy::look(program)?);
    findings.push(finding("connections", connections::WHAT, connections::count(program).await?));
    let growth = leak::bytes_per_invocation(program, TraceIds::Constant, invocations).await?;
    findings.push(finding("growth_bytes_per_invocation", "growth of memory per invocation, in bytes", growth));
    let mut left_out = Vec::new();
    match calls::count(program).await? {
        Ok(calls) => findings.extend(calls.map(|(key, what, calls)| finding(key, what, calls))),
        Err(why) => left_out.push(format!("system calls: {why}")),
    }
    Ok(Verdict { findings, left_out })
}

fn sizes(program: &Path, limits: &Limits) -> Result<Vec<Finding>> {
    let sizes = size::sizes(program)?;
    let finding = |key, what, is| Finding::new(key, what, is, limits.of_architecture(key));
    Ok(vec![
        finding("binary_bytes", "binary, in bytes", sizes.binary),
        finding("zip_bytes", "zip, in bytes", sizes.zip),
    ])
}

impl Verdict {
    /// Returns whether no number exceeds its limit.
    pub(crate) fn is_good(&self) -> bool {
        self.findings.iter().all(Finding::is_good)
    }

    /// Renders all numbers, then a remark on each that needs one.
    pub(crate) fn text(&self) -> String {
        let mut table = table::new(["", "is", "limit", ""]);
        table.add_rows(self.findings.iter().map(Finding::row));
        let mut lines = vec![table.trim_fmt(), String::new()];
        lines.extend(self.findings.iter().filter_map(Finding::remark));
        lines.extend(self.left_out.iter().map(|left_out| format!("Left out: {left_out}.")));
        lines.join("\n").trim_end().to_owned()
    }
}
