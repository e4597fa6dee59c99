//! `--live`: one invocation with the real SSM and GitHub, and the user's own credentials and variables.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sandbox::{Broker, Environment, Invocation, Lambda, lambda_environment, stdout};
use serde_json::Value;

use super::aws::{self, Identity};
use super::endpoints;
use super::story::{self, print};

/// The broker's own variables.
const PREFIX: &str = "GITHUB_TOKEN_BROKER_";
/// The broker's variables without a default.
const REQUIRED: [&str; 2] = ["GITHUB_TOKEN_BROKER_REPOSITORY_OWNER", "GITHUB_TOKEN_BROKER_REPOSITORY_NAME"];
/// Other variables that the broker reads.
const PASSED_ON: [&str; 11] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_LAMBDA_LOG_LEVEL",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
];

/// The deployer's AWS identity, after a check that the required variables are set.
pub(super) async fn identity() -> Result<Identity> {
    let is_blank = |name: &&str| std::env::var(name).map_or(true, |value| value.trim().is_empty());
    let missing: Vec<&str> = REQUIRED.into_iter().filter(is_blank).collect();
    if !missing.is_empty() {
        bail!(
            "--live needs {}: see https://github-token-broker.meigma.dev/reference/environment.html",
            missing.join(" and ")
        );
    }
    aws::identity().await
}

/// Invokes the broker and returns whether it issued a token.
pub(super) async fn run(
    bootstrap: &Path,
    identity: Identity,
    payload: &str,
    show_token: bool,
    verbose: bool,
) -> Result<bool> {
    let lambda = Lambda::start(0).await.context("no free loopback port")?;
    let environment = as_lambda_would(&lambda, &identity);
    let before = Instant::now();
    let broker = Broker::spawn(bootstrap, &environment, &lambda)
        .with_context(|| format!("cannot start {}", bootstrap.display()))?;
    let (ssm, github) = (endpoints::ssm(&environment), endpoints::github(&environment));
    say!("The broker is {}; it calls {ssm} and {github}.\n", bootstrap.display());
    let phase = lambda.try_ready().await.context(story::STUCK)?;
    let ready = story::init(&phase, before.elapsed());
    let invocation = lambda.try_invoke(payload).await.context(story::STUCK)?;
    let log_line = if ready { story::log_line(&broker, &invocation).await } else { Value::Null };
    print_steps(&log_line);
    if invocation.is_success() {
        story::token(&invocation);
        say!("\nParameters, key, installation and permissions are right.");
    } else {
        story::error(&invocation, &log_line);
        story::standard_error(&broker);
    }
    story::log(&broker, ready, verbose, invocation.is_success()).await;
    if invocation.is_success() {
        let answer = if show_token { invocation.text() } else { masked(&invocation) };
        stdout::print(&(answer + "\n"))?;
    }
    Ok(invocation.is_success())
}

fn as_lambda_would(lambda: &Lambda, identity: &Identity) -> Environment {
    let mut environment = lambda_environment(lambda);
    identity.put_into(&mut environment);
    for name in PASSED_ON {
        environment.inherit(name);
    }
    let own = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(PREFIX));
    for (name, value) in own {
        environment.set(name, value);
    }
    environment
}

fn print_steps(log_line: &Value) {
    for (field, what, particulars) in [
        ("ssm_ms", "SSM", "GetParameters"),
        ("preflight_ms", "preflight", "the App's installation on the repository"),
        ("token_ms", "token", "the installation's token"),
    ] {
        if let Some(milliseconds) = story::milliseconds(&log_line[field]) {
            print(what, Some(milliseconds), particulars);
        }
    }
}

/// Returns the response with the token replaced by its length and its hash, which is in GitHub's audit log.
fn masked(invocation: &Invocation) -> String {
    let answer = invocation.json();
    let token = answer["token"].as_str().unwrap_or_default();
    let hash = BASE64_STANDARD.encode(digest(&SHA256, token.as_bytes()));
    let mask = format!("hidden: {} characters, SHA-256 {hash}", token.len());
    invocation.text().replace(token, &mask)
}
