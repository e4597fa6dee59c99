//! The Terraform module and the broker agree on environment variables, their defaults and error types.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a panic fails the test, as intended")]

use std::collections::BTreeSet;

use sandbox::{Environment, Proxy, Sandbox};

use crate::source::{self, read};

const PREFIX: &str = "GITHUB_TOKEN_BROKER_";

/// Returns the text between `start` and the next `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("{start} is not in the text"));
    rest.split_once(end).unwrap_or_else(|| panic!("{end} does not follow {start}")).0
}

/// Returns the environment variables that the module sets.
fn variables(main: &str) -> BTreeSet<&str> {
    between(main, "environment = merge(", "\n  )\n")
        .split(|c: char| !c.is_ascii_uppercase() && c != '_')
        .filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
        .collect()
}

fn quoted(hcl: &str) -> BTreeSet<&str> {
    hcl.split('"').skip(1).step_by(2).collect()
}

/// Returns the default of an input as HCL. Every input with a default other than null has `nullable` after it.
fn default(variables: &str, input: &str) -> String {
    let block = between(variables, &format!("variable \"{input}\" {{"), "\n}\n");
    between(block, "\n  default", "\n  nullable").trim_start_matches([' ', '=']).to_owned()
}

/// Converts `{ a = "b" }` to JSON as Terraform's `jsonencode` does.
fn json(hcl: &str) -> String {
    let word = |word: &str| match word {
        "=" => ":".to_owned(),
        name if name.starts_with(char::is_alphabetic) => format!("\"{name}\""),
        other => other.to_owned(),
    };
    hcl.split_whitespace().map(word).collect()
}

/// Sets every variable to the module's default.
fn set_module_defaults(environment: &mut Environment) {
    let variables = read("terraform/variables.tf");
    let paths = default(&variables, "ssm_parameter_paths");
    for (name, path) in [
        ("CLIENT_ID_PARAM", "client_id"),
        ("INSTALLATION_ID_PARAM", "installation_id"),
        ("PRIVATE_KEY_PARAM", "private_key"),
    ] {
        environment.set(format!("{PREFIX}{name}"), between(&paths, path, "\n").trim_matches([' ', '=', '"']));
    }
    environment
        .set(format!("{PREFIX}PERMISSIONS"), json(&default(&variables, "permissions")))
        .set(format!("{PREFIX}LOG_LEVEL"), default(&variables, "log_level").trim_matches('"'))
        .set(format!("{PREFIX}GITHUB_API_BASE_URL"), default(&variables, "github_api_base_url").trim_matches('"'));
}

/// Returns the calls of one invocation in this environment to the proxy, SSM and GitHub.
async fn calls(change: impl FnOnce(&mut Environment)) -> Vec<String> {
    let sandbox = Sandbox::start().await;
    let proxy = Proxy::start().await;
    proxy.map("api.github.com", sandbox.github.address());
    proxy.map("ssm.eu-central-1.amazonaws.com", sandbox.ssm.address());
    let broker = sandbox.launch(env!("CARGO_BIN_EXE_bootstrap").as_ref(), |environment| {
        environment
            .set("HTTPS_PROXY", proxy.url())
            .remove("AWS_ENDPOINT_URL_SSM")
            .remove(format!("{PREFIX}GITHUB_API_BASE_URL"));
        change(environment);
    });
    let invocation = sandbox.lambda.invoke("null").await;
    assert!(invocation.is_success(), "{}", invocation.text());
    broker.stop().await;
    let mut hosts: Vec<_> = proxy.requests().into_iter().map(|connect| connect.target).collect();
    hosts.sort();
    let requests = [sandbox.ssm.requests(), sandbox.github.requests()].concat();
    hosts.into_iter().chain(requests.iter().map(|request| format!("{} {}", request.target, request.json()))).collect()
}

#[test]
fn module_sets_what_the_broker_reads() {
    let main = read("terraform/main.tf");
    let (set, read) = (variables(&main), source::variables());
    let unread: Vec<_> = set.iter().filter(|name| !read.contains(**name)).collect();
    assert!(unread.is_empty(), "set by the module and not read by the broker: {unread:?}");

    let own: Vec<_> = read.iter().filter(|name| name.starts_with(PREFIX)).collect();
    assert!(!own.is_empty());
    let unset: Vec<_> = own.iter().filter(|name| !set.contains(name.as_str())).collect();
    assert!(unset.is_empty(), "read by the broker and not set by the module: {unset:?}");
}

#[tokio::test]
async fn module_and_broker_have_the_same_defaults() {
    let main = read("terraform/main.tf");
    let with_module = calls(|environment| {
        set_module_defaults(environment);
        for name in variables(&main).into_iter().filter(|name| name.starts_with(PREFIX)) {
            assert!(environment.iter().any(|(set, _)| set == name), "this test does not compare the default of {name}");
        }
    });
    assert_eq!(with_module.await, calls(|_| ()).await);
}

/// The broker's warning about an unknown level names its default.
#[tokio::test]
async fn module_and_broker_have_the_same_log_level() {
    let level = default(&read("terraform/variables.tf"), "log_level");
    let sandbox = Sandbox::start().await;
    let broker = sandbox.launch(env!("CARGO_BIN_EXE_bootstrap").as_ref(), |environment| {
        environment.set(format!("{PREFIX}LOG_LEVEL"), "unknown");
    });
    sandbox.lambda.invoke("null").await;
    let log = broker.stop().await.describe();
    assert!(log.contains(&format!("; using {}", level.trim_matches('"'))), "{level} is not the default of\n{log}");
}

#[test]
fn module_accepts_the_brokers_error_types() {
    let (variables, source) = (read("terraform/variables.tf"), read("src/error_type.rs"));
    let accepted = quoted(between(&variables, "setsubtract(var.alarm_error_types, [", "])"));
    let variants = between(&source, "enum ErrorType {", "\n}").lines().filter_map(|line| line.trim().strip_suffix(','));
    assert_eq!(accepted, variants.collect());
}
