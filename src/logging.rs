//! The JSON line: one object a line on standard output, and nothing else there.
//!
//! The lines are typed values written here rather than `tracing` events, so that a field can be a
//! real array and no library can write one: libraries' own events may show what is secret.

use std::io::Write;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Serialize;

use crate::clock::Clock;
use crate::config::LogLevel;

/// Writes log lines.
#[derive(Clone, Copy, Debug)]
pub struct Logger {
    /// Lines below it are dropped.
    threshold: LogLevel,
    now: Clock,
}

#[derive(Serialize)]
struct Line<'a, F> {
    /// Lambda's log-level filter wants this name and RFC 3339, see
    /// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>.
    timestamp: String,
    level: LogLevel,
    msg: &'a str,
    #[serde(flatten)]
    fields: &'a F,
}

/// For a line without fields.
#[derive(Serialize)]
pub struct NoFields {}

impl Logger {
    /// A logger that writes lines of at least this level.
    #[must_use]
    pub fn new(threshold: LogLevel, now: Clock) -> Self {
        Self { threshold, now }
    }

    /// Writes a line; `fields` stand at its top level.
    pub fn log(&self, level: LogLevel, msg: &str, fields: &impl Serialize) {
        if level < self.threshold {
            return;
        }
        if let Some(line) = self.line(level, msg, fields) {
            // Nobody is left to be told when standard output is gone.
            let _ = std::io::stdout().lock().write_all(&line);
        }
    }

    fn line(&self, level: LogLevel, msg: &str, fields: &impl Serialize) -> Option<Vec<u8>> {
        let timestamp = DateTime::from((self.now)()).fmt(Format::DateTime).ok()?;
        let mut line = serde_json::to_vec(&Line { timestamp, level, msg, fields }).ok()?;
        line.push(b'\n');
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_one_json_object_with_the_fields_at_its_top() {
        let logger = Logger::new(LogLevel::Info, || SystemTime::UNIX_EPOCH + Duration::from_millis(1_776_962_912_345));
        let line = logger.line(LogLevel::Warn, "a message", &json!({"repositories": ["owner/name"]})).unwrap();
        assert_eq!(
            String::from_utf8(line).unwrap(),
            concat!(
                r#"{"timestamp":"2026-04-23T16:48:32.345Z","level":"WARN","msg":"a message","#,
                r#""repositories":["owner/name"]}"#,
                "\n"
            )
        );
    }
}
