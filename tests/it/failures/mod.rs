//! The table of failures and all their observable effects. A new case is a new row.
//!
//! Each row has four assertions: the caller's error, the calls to SSM and GitHub, the log line, and no secret in any
//! output.

mod assertions;
mod connections;
mod deadlines;
mod grant;
mod parameters;
mod preflight;
mod private_key;
mod refusals;
mod row;
mod runner;
mod ssm;
mod token;

use row::Failure;

/// All tables.
const TABLES: [fn() -> Vec<Failure>; 9] = [
    ssm::rows,
    parameters::rows,
    private_key::rows,
    connections::rows,
    refusals::rows,
    preflight::rows,
    token::rows,
    grant::rows,
    deadlines::rows,
];

#[tokio::test]
async fn failures_of_ssm_are_reported() {
    runner::check(ssm::rows()).await;
}

#[tokio::test]
async fn invalid_parameters_are_reported() {
    runner::check(parameters::rows()).await;
}

#[tokio::test]
async fn invalid_private_keys_are_reported() {
    runner::check(private_key::rows()).await;
}

#[tokio::test]
async fn failed_connections_are_reported() {
    runner::check(connections::rows()).await;
}

#[tokio::test]
async fn refusals_of_github_are_reported() {
    runner::check(refusals::rows()).await;
}

#[tokio::test]
async fn failures_of_the_preflight_are_reported() {
    runner::check(preflight::rows()).await;
}

#[tokio::test]
async fn failures_of_the_token_call_are_reported() {
    runner::check(token::rows()).await;
}

#[tokio::test]
async fn other_grants_are_revoked_and_reported() {
    runner::check(grant::rows()).await;
}

#[tokio::test]
async fn exceeded_deadlines_are_reported_in_time() {
    runner::check(deadlines::rows()).await;
}

/// Concatenates several tables.
fn joined<const N: usize>(tables: [Vec<Failure>; N]) -> Vec<Failure> {
    tables.into_iter().flatten().collect()
}

/// Returns the error type and message of each row.
pub(crate) fn messages() -> Vec<(&'static str, String)> {
    TABLES.iter().flat_map(|rows| rows()).map(|row| (row.error_type, row.message)).collect()
}
