//! The least severe level that is logged.

use tracing::level_filters::LevelFilter;

use super::environment::Environment;
use super::error::ConfigError;

const OWN: &str = "GITHUB_TOKEN_BROKER_LOG_LEVEL";
/// Set by Lambda when the function's logging configuration has an application log level, see
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>.
const LAMBDA: &str = "AWS_LAMBDA_LOG_LEVEL";
const DEFAULT: LevelFilter = LevelFilter::INFO;

/// A level, and a warning when the variable's value is not a level: an invalid level must not make invocations fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogLevel {
    pub(crate) threshold: LevelFilter,
    pub(crate) warning: Option<&'static str>,
}

impl LogLevel {
    /// Reads the function's own variable, or Lambda's when that is unset.
    ///
    /// # Errors
    ///
    /// When a variable is not UTF-8.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        if let Some(text) = environment.text(OWN)? {
            let warning = "GITHUB_TOKEN_BROKER_LOG_LEVEL is not debug, info, warn or error; using info";
            return Ok(Self::or_warning(named(text), warning));
        }
        let Some(text) = environment.text(LAMBDA)? else { return Ok(Self::default()) };
        // Lambda also has the levels TRACE and FATAL.
        let level = match text.to_ascii_lowercase().as_str() {
            "trace" => Some(LevelFilter::DEBUG),
            "fatal" => Some(LevelFilter::ERROR),
            _ => named(text),
        };
        Ok(Self::or_warning(level, "AWS_LAMBDA_LOG_LEVEL is not a log level; using info"))
    }

    fn or_warning(level: Option<LevelFilter>, warning: &'static str) -> Self {
        Self { threshold: level.unwrap_or(DEFAULT), warning: level.is_none().then_some(warning) }
    }
}

impl Default for LogLevel {
    fn default() -> Self {
        Self { threshold: DEFAULT, warning: None }
    }
}

fn named(text: &str) -> Option<LevelFilter> {
    let levels = [
        ("debug", LevelFilter::DEBUG),
        ("info", LevelFilter::INFO),
        ("warn", LevelFilter::WARN),
        ("error", LevelFilter::ERROR),
    ];
    levels.into_iter().find_map(|(name, level)| name.eq_ignore_ascii_case(text).then_some(level))
}
