//! The least severe level that is logged.

use serde::Serialize;

use super::ConfigError;
use crate::environment::Environment;

const OWN: &str = "GITHUB_TOKEN_BROKER_LOG_LEVEL";
/// Set by Lambda where the function's logging configuration has an application log level, see
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>.
const LAMBDA: &str = "AWS_LAMBDA_LOG_LEVEL";

/// How severe a log line is, the least severe first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// How an invocation went, step by step.
    Debug,
    /// The start, and every token.
    #[default]
    Info,
    /// A refused payload.
    Warn,
    /// No token.
    Error,
}

impl LogLevel {
    /// The level, and a warning when what stands there is not one: a wrong level must not keep
    /// callers from their tokens.
    ///
    /// # Errors
    ///
    /// When the variable is not UTF-8.
    pub fn from_environment(environment: &Environment) -> Result<(Self, Option<&'static str>), ConfigError> {
        if let Some(text) = environment.text(OWN)? {
            return Ok(match Self::named(text) {
                Some(level) => (level, None),
                None => {
                    (Self::Info, Some("GITHUB_TOKEN_BROKER_LOG_LEVEL is not debug, info, warn or error; using info"))
                }
            });
        }
        let Some(text) = environment.text(LAMBDA)? else { return Ok((Self::Info, None)) };
        // Lambda knows two levels more than we do.
        let level = match text.to_ascii_lowercase().as_str() {
            "trace" => Some(Self::Debug),
            "fatal" => Some(Self::Error),
            _ => Self::named(text),
        };
        let warning = level.is_none().then_some("AWS_LAMBDA_LOG_LEVEL is not a log level; using info");
        Ok((level.unwrap_or_default(), warning))
    }

    fn named(text: &str) -> Option<Self> {
        [("debug", Self::Debug), ("info", Self::Info), ("warn", Self::Warn), ("error", Self::Error)]
            .into_iter()
            .find_map(|(name, level)| name.eq_ignore_ascii_case(text).then_some(level))
    }
}
