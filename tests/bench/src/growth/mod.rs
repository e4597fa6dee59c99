//! `growth`: the growth of cost with invocations and brokers, and the effect of throttling by SSM.

mod brokers;
mod crowd;
mod invocations;
pub(crate) mod leak;
mod throttling;

use std::path::Path;

use anyhow::Result;
use comfy_table::Table;
use sandbox::bootstrap::{self, Profile};
use serde_json::{Map, Value, json};

use crate::args::GrowthOptions;
use crate::machine::Machine;
use crate::units::Unit;
use crate::{print, table, write};

/// One part of the results.
#[derive(Debug)]
struct Section {
    title: String,
    table: Table,
    json: Value,
}

/// All results.
#[derive(Debug)]
struct Growth {
    machine: Machine,
    sections: Vec<(&'static str, Section)>,
}

/// Measures everything.
pub(crate) async fn run(options: &GrowthOptions) -> Result<()> {
    let program = bootstrap::find_or_build(options.bootstrap.as_deref(), Profile::Release).await?;
    // Measuring takes long, so a file that cannot be written is reported first.
    if let Some(file) = &options.json {
        write(file, "")?;
    }
    let growth = measure(&program).await?;
    print(&growth.text())?;
    if let Some(file) = &options.json {
        write(file, &format!("{:#}\n", growth.json()))?;
    }
    Ok(())
}

async fn measure(program: &Path) -> Result<Growth> {
    let sections = vec![
        ("invocations", invocations::measure(program).await?),
        ("memory", leak::measure(program).await?),
        ("brokers", brokers::measure(program).await?),
        ("throttling", throttling::measure(program).await?),
    ];
    Ok(Growth { machine: Machine::here(), sections })
}

impl Growth {
    /// Renders the results for a terminal.
    fn text(&self) -> String {
        let sections =
            self.sections.iter().map(|(_, section)| format!("{}\n\n{}\n", section.title, section.table.trim_fmt()));
        format!("{}\n\n{}", self.machine.describe(), sections.collect::<Vec<_>>().join("\n"))
    }

    /// Renders the results as JSON.
    fn json(&self) -> Value {
        let sections = self.sections.iter().map(|(name, section)| ((*name).to_owned(), section.json.clone()));
        let mut all: Map<String, Value> = sections.collect();
        all.insert("machine".into(), self.machine.json());
        Value::Object(all)
    }
}

/// Rows of numbers for a table and for JSON.
struct Rows<const N: usize> {
    columns: [(&'static str, &'static str, Unit); N],
    rows: Vec<[f64; N]>,
}

impl<const N: usize> Rows<N> {
    /// Creates rows without numbers. Each column has a name in JSON, a heading and a unit.
    fn new(columns: [(&'static str, &'static str, Unit); N]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    fn section(&self, title: impl Into<String>) -> Section {
        let mut table = table::new(self.columns.map(|(_, heading, _)| heading));
        for row in &self.rows {
            table.add_row(row.iter().zip(self.columns).map(|(value, (_, _, unit))| unit.format(*value)));
        }
        let object = |row: &[f64; N]| -> Value {
            let members = row.iter().zip(self.columns).map(|(value, (name, _, _))| (name.to_owned(), json!(value)));
            Value::Object(members.collect())
        };
        Section { title: title.into(), table, json: self.rows.iter().map(object).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_a_table_and_json() {
        let mut rows = Rows::new([("n", "number", Unit::Count), ("took_ms", "took", Unit::Milliseconds)]);
        rows.rows.push([2.0, 1.5]);
        let section = rows.section("title");
        assert_eq!(section.table.trim_fmt(), "number     took\n───────────────\n2       1.50 ms");
        assert_eq!(section.json, json!([{ "n": 2.0, "took_ms": 1.5 }]));
    }
}
