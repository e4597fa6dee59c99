//! From the environment to a running function, and what is said when that fails.

use std::convert::Infallible;

use serde::Serialize;

use crate::broker::Broker;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, EndpointUrl, LogLevel, ParameterName, Permissions, RuntimeApiAddress};
use crate::environment::Environment;
use crate::error::{Diagnostic, ErrorType};
use crate::github::{GitHub, Jitter};
use crate::handler::Handler;
use crate::http_client::HttpClient;
use crate::logging::{Logger, NoFields};
use crate::panics::Panicked;
use crate::parameter_store::ParameterStore;
use crate::runtime_api::{RequestId, RuntimeApi, RuntimeApiError};

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

#[derive(Serialize)]
struct NotTaken<'a> {
    error: String,
    request_id: &'a RequestId,
}

/// Runs the function until Lambda ends the process. Returns only when it cannot go on; why is then
/// in the log and, where it is a fault of the configuration, told to Lambda.
pub async fn run(environment: &Environment, address: &RuntimeApiAddress, now: Clock, jitter: Jitter) {
    let api = match RuntimeApi::new(address) {
        Ok(api) => api,
        Err(error) => return log_fault(now, &error),
    };
    let (handler, logger) = match handler(environment, now, jitter).await {
        Ok(started) => started,
        Err(error) => {
            log_fault(now, &error);
            // The log has it; nobody is left to be told when Lambda does not take it.
            let _ = api.init_error(&Diagnostic::from(&error)).await;
            return;
        }
    };
    let Err(error) = serve(&api, &handler, &logger).await;
    log_end(now, &error.to_string(), None);
}

async fn serve(api: &RuntimeApi, handler: &Handler<Broker>, logger: &Logger) -> Result<Infallible, RuntimeApiError> {
    loop {
        let invocation = api.next().await?;
        let result = handler.handle(&invocation).await;
        if let Err(error) = api.answer(&invocation, &result).await {
            let fields = NotTaken { error: error.to_string(), request_id: &invocation.request_id };
            logger.log(LogLevel::Error, "post answer to Lambda", &fields);
            if !error.is_about_one_answer() {
                return Err(error);
            }
        }
    }
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

async fn handler(
    environment: &Environment,
    now: Clock,
    jitter: Jitter,
) -> Result<(Handler<Broker>, Logger), ConfigError> {
    let config = Config::from_environment(environment)?;
    let http_client = HttpClient::new(&config, now)?;
    let logger = Logger::new(config.log_level, now);
    log_start(&logger, &config);
    let parameter_store = ParameterStore::new(config.aws, config.parameters, http_client.clone());
    let github = GitHub::new(http_client.clone(), config.github_api_base_url, now, jitter);
    let broker = Broker::new(parameter_store, github, config.repository, config.permissions, now);
    broker.preconnect(&http_client).await;
    Ok((Handler::new(broker, logger, now), logger))
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
