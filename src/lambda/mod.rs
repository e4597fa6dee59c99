//! Starts the function, handles invocations, and reports why the function cannot start or continue.

mod failure;
mod handler;
mod init_error;
mod invocation_log;
mod panics;
mod payload;
mod runtime;
mod runtime_api_error;

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::Runtime;
use tracing::{error, info, warn};

use crate::broker::Broker;
use crate::clock::system_clock;
use crate::config::{Config, ConfigError, Environment, LogLevel, RuntimeApiAddress};
use crate::error_type::ErrorType;
use crate::github::GitHub;
use crate::http::{self, Network};
use crate::known_secrets::KnownSecrets;
use crate::logging;
use crate::parameter_store::ParameterStore;
use crate::process_memory;

/// The exit status of a process that was not started by Lambda.
const NOT_UNDER_LAMBDA: u8 = 2;

/// Runs the function until Lambda kills its process. Returns only when it cannot start or continue, after logging the
/// reason.
#[must_use]
pub fn run() -> ExitCode {
    panics::install_hook();
    let environment = Environment::of_process();
    // An error in this variable is reported with the errors of the others.
    let log_level = LogLevel::from_environment(&environment).unwrap_or_default();
    logging::init(log_level.threshold, system_clock);
    if process_memory::protect().is_err() {
        warn!("the kernel refused to turn core dumps off");
    }
    panics::catch_blocking(|| start(&environment)).unwrap_or_else(|panicked| {
        log_panic(panicked.location.as_deref());
        ExitCode::FAILURE
    })
}

fn start(environment: &Environment) -> ExitCode {
    let address = match RuntimeApiAddress::from_environment(environment) {
        Ok(Some(address)) => address,
        Ok(None) => return not_under_lambda(),
        Err(error) => {
            log_config_error(&error);
            return ExitCode::FAILURE;
        }
    };
    let mut tokio = tokio::runtime::Builder::new_current_thread();
    match tokio.enable_io().enable_time().max_blocking_threads(http::LOOKUP_THREADS).build() {
        Ok(tokio) => run_on(tokio, serve(environment, &address)),
        Err(_) => log_end("the operating system refused to set up an event loop", None),
    }
    // The function returns only after a failure: Lambda kills a process that it no longer needs.
    ExitCode::FAILURE
}

/// Runs the function, and exits without waiting for threads that still look up a host name, which may take a minute.
fn run_on(tokio: Runtime, function: impl Future<Output = ()>) {
    let ended = panics::catch_blocking(|| tokio.block_on(function));
    tokio.shutdown_background();
    if let Err(panicked) = ended {
        log_panic(panicked.location.as_deref());
    }
}

async fn serve(environment: &Environment, address: &RuntimeApiAddress) {
    match broker(environment).await {
        Ok(broker) => log_end(&runtime::handle_invocations(Arc::new(broker)).await.to_string(), None),
        Err(error) => {
            log_config_error(&error);
            init_error::post(address, &error).await;
        }
    }
}

async fn broker(environment: &Environment) -> Result<Broker, ConfigError> {
    let config = Config::from_environment(environment)?;
    let network = Network::new(config.ca_file.as_deref(), config.proxy.as_ref(), system_clock)?;
    log_start(&config);
    let secrets = KnownSecrets::default();
    let parameter_store = ParameterStore::new(config.aws, config.parameters, secrets.clone(), &network)?;
    let github =
        GitHub::new(network.client()?, config.github_api_base_url, secrets.clone(), system_clock, fastrand::f64);
    let broker = Broker::new(parameter_store, github, config.repository, config.permissions, secrets, system_clock);
    // A panic is ignored here. If it occurs again, the first invocation reports it to its caller.
    let _ = panics::catch(broker.preconnect()).await;
    Ok(broker)
}

fn log_start(config: &Config) {
    if let Some(warning) = config.log_level.warning {
        warn!("{warning}");
    }
    info!(
        version = env!("CARGO_PKG_VERSION"),
        repository = %config.repository,
        permissions = &*config.permissions.to_json(),
        client_id_param = %config.parameters.client_id,
        installation_id_param = %config.parameters.installation_id,
        private_key_param = %config.parameters.private_key,
        github_api_base_url = %config.github_api_base_url,
        "starting github-token-broker"
    );
}

fn log_config_error(error: &ConfigError) {
    error!(error = %error, error_type = %ErrorType::ConfigurationInvalid, "load config");
}

fn log_panic(location: Option<&str>) {
    // lambda_runtime panics when a required header is missing, as in the Runtime API's error responses.
    let is_in_lambda_runtime = location.is_some_and(|location| location.contains("lambda_runtime-"));
    let reason = if is_in_lambda_runtime { "lambda_runtime could not read an invocation" } else { "internal error" };
    log_end(reason, location);
}

fn log_end(reason: &str, panic_location: Option<&str>) {
    error!(error = reason, error_type = %ErrorType::InternalError, panic_location, "github-token-broker ended");
}

#[expect(clippy::print_stderr, reason = "printed for a user at a terminal, never under Lambda")]
fn not_under_lambda() -> ExitCode {
    eprintln!(
        "github-token-broker {} is an AWS Lambda function and runs only there; \
         to try it on this machine, run `cargo run -p sandbox` in its repository.",
        env!("CARGO_PKG_VERSION")
    );
    ExitCode::from(NOT_UNDER_LAMBDA)
}
