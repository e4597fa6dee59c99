//! From the environment to a running function, and what is said when that fails.

use std::sync::Arc;

use lambda_runtime::{Diagnostic, Runtime, service_fn};
use serde::Serialize;

use crate::broker::Broker;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, EndpointUrl, LogLevel, ParameterName, Permissions};
use crate::environment::Environment;
use crate::error::ErrorType;
use crate::github::{GitHub, Jitter};
use crate::handler::Handler;
use crate::http_client::HttpClient;
use crate::init_error;
use crate::lambda_environment::{self, RuntimeApi};
use crate::logging::{Logger, NoFields};
use crate::panics::Panicked;
use crate::parameter_store::ParameterStore;
use crate::payload::PayloadRule;

#[derive(Serialize)]
struct Starting<'a> {
    version: &'static str,
    repository: String,
    permissions: &'a Permissions,
    client_id_param: &'a ParameterName,
    installation_id_param: &'a ParameterName,
    private_key_param: &'a ParameterName,
    github_api_base_url: &'a EndpointUrl,
}

#[derive(Serialize)]
struct Fault<'a> {
    error: &'a str,
    error_type: ErrorType,
    #[serde(skip_serializing_if = "Option::is_none")]
    panic_location: Option<String>,
}

/// Runs the function until Lambda ends the process. Returns only when it cannot go on; why is then
/// in the log and, where it is a fault of the configuration, told to Lambda.
pub async fn run(environment: &Environment, api: &RuntimeApi, now: Clock, jitter: Jitter) {
    let handler = match handler(environment, now, jitter).await {
        Ok(handler) => Arc::new(handler),
        Err(error) => return refuse_to_start(&error, api, now).await,
    };
    let service = service_fn(move |event| {
        let handler = Arc::clone(&handler);
        async move { handler.handle(event).await }
    });
    if Runtime::new(service).layer(PayloadRule).run().await.is_err() {
        log_end(
            now,
            "the Lambda Runtime API cannot be reached, or gave what cannot be read, such as a malformed client context",
            None,
        );
    }
}

async fn refuse_to_start(error: &ConfigError, api: &RuntimeApi, now: Clock) {
    log_fault(now, error);
    // The log has it; nobody is left to be told when Lambda does not take it.
    let _ = init_error::report(api, &Diagnostic::from(*error)).await;
}

/// Writes the line about a fault in the configuration.
pub fn log_fault(now: Clock, error: &ConfigError) {
    log_error(now, "load config", &error.to_string(), ErrorType::ConfigurationInvalid, None);
}

/// Writes the line about a panic outside of an invocation.
pub fn log_panic(now: Clock, panicked: Panicked) {
    log_end(now, "internal error", panicked.location);
}

/// Writes the line about an end that is nobody's configuration's fault.
pub fn log_end(now: Clock, why: &str, panic_location: Option<String>) {
    log_error(now, "github-token-broker ended", why, ErrorType::InternalError, panic_location);
}

fn log_error(now: Clock, msg: &str, error: &str, error_type: ErrorType, panic_location: Option<String>) {
    Logger::new(LogLevel::Error, now).log(LogLevel::Error, msg, &Fault { error, error_type, panic_location });
}

async fn handler(environment: &Environment, now: Clock, jitter: Jitter) -> Result<Handler<Broker>, ConfigError> {
    let config = Config::from_environment(environment)?;
    lambda_environment::check(environment)?;
    let http_client = HttpClient::new(&config, now)?;
    let logger = Logger::new(config.log_level, now);
    log_start(&logger, &config);
    let parameter_store = ParameterStore::new(config.aws, config.parameters, http_client.clone());
    let github = GitHub::new(http_client.clone(), config.github_api_base_url, now, jitter);
    let broker = Broker::new(parameter_store, github, config.repository, config.permissions, now);
    broker.preconnect(&http_client).await;
    Ok(Handler::new(broker, logger, now))
}

fn log_start(logger: &Logger, config: &Config) {
    if let Some(warning) = config.log_level_warning {
        logger.log(LogLevel::Warn, warning, &NoFields {});
    }
    let fields = Starting {
        version: env!("CARGO_PKG_VERSION"),
        repository: config.repository.to_string(),
        permissions: &config.permissions,
        client_id_param: &config.parameters.client_id,
        installation_id_param: &config.parameters.installation_id,
        private_key_param: &config.parameters.private_key,
        github_api_base_url: &config.github_api_base_url,
    };
    logger.log(LogLevel::Info, "starting github-token-broker", &fields);
}
