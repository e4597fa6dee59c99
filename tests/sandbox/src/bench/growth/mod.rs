//! `growth`: how cost grows with invocations and brokers, and what happens when SSM throttles.

mod brokers;
mod crowd;
mod invocations;
mod throttling;

use std::path::Path;

use serde_json::{Value, json};

use super::figures::Unit;
use super::json;
use super::machine::Machine;
use super::table::Table;
use crate::cli::Mistake;

/// One question, answered.
#[derive(Debug)]
pub(super) struct Section {
    title: String,
    table: Table,
    json: Value,
}

/// All questions, one after the other.
#[derive(Debug)]
pub(super) struct Growth {
    machine: Machine,
    sections: Vec<(&'static str, Section)>,
}

/// Measures everything.
pub(super) async fn measure(program: &Path) -> Result<Growth, Mistake> {
    let invocations = invocations::measure(program).await?;
    let brokers = brokers::measure(program).await?;
    let throttling = throttling::measure(program).await?;
    let sections = vec![("invocations", invocations), ("brokers", brokers), ("throttling", throttling)];
    Ok(Growth { machine: Machine::here(), sections })
}

impl Growth {
    /// For a person at a terminal.
    pub(super) fn text(&self) -> String {
        let sections =
            self.sections.iter().map(|(_, section)| format!("{}\n\n{}\n", section.title, section.table.render()));
        format!("{}\n\n{}", self.machine.describe(), sections.collect::<Vec<_>>().join("\n"))
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let sections = self.sections.iter().map(|(name, section)| ((*name).to_owned(), section.json.clone()));
        let mut all: serde_json::Map<String, Value> = sections.collect();
        all.insert("machine".into(), json::machine(&self.machine));
        Value::Object(all)
    }
}

/// Rows of numbers with names and units, as a table and as JSON.
struct Rows<const N: usize> {
    columns: [(&'static str, &'static str, Unit); N],
    rows: Vec<[f64; N]>,
}

impl<const N: usize> Rows<N> {
    /// Columns: name in JSON, heading, unit.
    fn new(columns: [(&'static str, &'static str, Unit); N]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    fn section(&self, title: impl Into<String>) -> Section {
        let mut table = Table::new(self.columns.map(|(_, heading, _)| heading));
        for row in &self.rows {
            table.add(row.iter().zip(self.columns).map(|(value, (_, _, unit))| unit.format(*value)).collect());
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
        assert_eq!(section.table.render(), "number     took\n───────────────\n2       1.50 ms");
        assert_eq!(section.json, json!([{ "n": 2.0, "took_ms": 1.5 }]));
    }
}
