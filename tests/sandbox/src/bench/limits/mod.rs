//! `limits`: what repeats exactly, against committed limits. Never a time.

mod calls;
mod connections;
mod crates;
mod entropy;
mod file;
mod finding;

use std::path::Path;

pub(super) use finding::Finding;

use super::number;
use super::table::Table;
use super::{size, watch};
use crate::cli::Mistake;

/// All findings about a binary, and what could not be looked at.
#[derive(Debug)]
pub(super) struct Verdict {
    findings: Vec<Finding>,
    left_out: Vec<String>,
}

/// Looks at everything.
pub(super) async fn check(program: &Path) -> Result<Verdict, Mistake> {
    let limits = file::Limits::read()?;
    let unreadable = |why| Mistake::because(&format!("cannot read {}", program.display()), &why);
    let bytes = watch::bytes(program).map_err(unreadable)?;
    let zip = size::zipped(program).map_err(unreadable)?;
    let mut findings = vec![
        Finding::new("binary_bytes", "binary, in bytes", bytes, limits.of_architecture("binary_bytes")),
        Finding::new("zip_bytes", "zip, in bytes", zip, limits.of_architecture("zip_bytes")),
        Finding::new("crates", "crates linked", crates::linked().await?, limits.of("crates")),
        entropy::look(program)?,
    ];
    findings.push(Finding::new(
        "connections",
        connections::WHAT,
        connections::count(program).await?,
        limits.of("connections"),
    ));
    let mut left_out = Vec::new();
    match calls::count(program).await? {
        Ok(calls) => {
            findings.extend(calls.into_iter().map(|(key, what, calls)| Finding::new(key, what, calls, limits.of(key))));
        }
        Err(why) => left_out.push(format!("system calls: {why}")),
    }
    Ok(Verdict { findings, left_out })
}

impl Verdict {
    /// Whether nothing is above its limit.
    pub(super) fn is_good(&self) -> bool {
        self.findings.iter().all(Finding::is_good)
    }

    /// For a person: all numbers, then a sentence on each that is wrong.
    pub(super) fn text(&self) -> String {
        let mut table = Table::new(["", "is", "limit"]);
        for finding in &self.findings {
            table.add(finding.row());
        }
        let mut lines = vec![table.render(), String::new()];
        lines.extend(self.findings.iter().filter_map(Finding::remark));
        lines.extend(self.left_out.iter().map(|left_out| format!("Left out: {left_out}.")));
        lines.join("\n").trim_end().to_owned()
    }
}

/// How far below its limit something may be before that is worth a remark: the limit then guards little.
fn is_far_below(is: u64, limit: u64) -> bool {
    number(is) < number(limit) * 0.95 && limit - is > 2
}
