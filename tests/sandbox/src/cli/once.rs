//! Without options: one invocation with the stand-ins.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use sandbox::{Broker, Endpoint, Sandbox, stdout};
use serde_json::Value;

use super::args::Repository;
use super::story::{self, print};

/// Invokes the broker and returns whether it issued a token.
pub(super) async fn run(bootstrap: &Path, repository: &Repository, payload: &str, verbose: bool) -> Result<bool> {
    let sandbox = start(0, repository).await?;
    let before = Instant::now();
    let broker = launch(&sandbox, bootstrap, repository)?;
    say!("The broker is {}; Lambda, SSM and GitHub are stand-ins on the loopback.\n", bootstrap.display());
    let phase = sandbox.lambda.try_ready().await.context(story::STUCK)?;
    let ready = story::init(&phase, before.elapsed());
    let invocation = sandbox.lambda.try_invoke(payload).await.context(story::STUCK)?;
    let log_line = if ready { story::log_line(&broker, &invocation).await } else { Value::Null };
    print_requests(&sandbox, &log_line);
    if invocation.is_success() {
        story::token(&invocation);
    } else {
        story::error(&invocation, &log_line);
        story::standard_error(&broker);
    }
    story::log(&broker, ready, verbose, invocation.is_success()).await;
    if invocation.is_success() {
        stdout::print(&(invocation.text() + "\n"))?;
    }
    Ok(invocation.is_success())
}

/// Starts all stand-ins, with the Invoke API on this port and the App installed on this repository.
pub(super) async fn start(port: u16, repository: &Repository) -> Result<Sandbox> {
    let sandbox = Sandbox::start_at(port).await.map_err(|why| match (port, why.kind()) {
        (1.., std::io::ErrorKind::AddrInUse) => anyhow!("port {port} is in use"),
        _ => anyhow!(why).context(format!("cannot listen on port {port} of 127.0.0.1")),
    })?;
    sandbox.github.set_repository(&repository.owner, &repository.name);
    Ok(sandbox)
}

/// Starts the broker with the stand-ins.
pub(super) fn launch(sandbox: &Sandbox, bootstrap: &Path, repository: &Repository) -> Result<Broker> {
    let mut environment = sandbox.environment();
    environment
        .set("GITHUB_TOKEN_BROKER_REPOSITORY_OWNER", &repository.owner)
        .set("GITHUB_TOKEN_BROKER_REPOSITORY_NAME", &repository.name);
    Broker::spawn(bootstrap, &environment, &sandbox.lambda)
        .with_context(|| format!("cannot start {}", bootstrap.display()))
}

fn print_requests(sandbox: &Sandbox, log_line: &Value) {
    for request in sandbox.ssm.requests() {
        let names = request.json()["Names"].as_array().cloned().unwrap_or_default();
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        let text = format!("GetParameters {}: {}", names.join(" "), request.status);
        print("SSM", story::milliseconds(&log_line["ssm_ms"]), &text);
    }
    for (endpoint, what, took) in [
        (Endpoint::Installation, "preflight", "preflight_ms"),
        (Endpoint::AccessTokens, "token", "token_ms"),
        (Endpoint::Revoke, "revocation", ""),
    ] {
        for request in sandbox.github.requests_to(endpoint) {
            story::request(what, &log_line[took], &request);
        }
    }
    for violation in sandbox.violations() {
        print("BREACH", None, &violation);
    }
}
