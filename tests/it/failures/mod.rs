//! The table of failures: what goes wrong, and everything that can be seen of it. A new case is a new row.
//!
//! Four assertions hold for each row: what the caller gets, the calls to SSM and GitHub, the one log line, and that no
//! secret is in any output.

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

#[tokio::test]
async fn ssm_failures() {
    runner::check(ssm::rows()).await;
}

#[tokio::test]
async fn parameter_failures() {
    runner::check(parameters::rows()).await;
}

#[tokio::test]
async fn private_key_failures() {
    runner::check(private_key::rows()).await;
}

#[tokio::test]
async fn connection_failures() {
    runner::check(connections::rows()).await;
}

#[tokio::test]
async fn refusals_by_github() {
    runner::check(refusals::rows()).await;
}

#[tokio::test]
async fn preflight_failures() {
    runner::check(preflight::rows()).await;
}

#[tokio::test]
async fn token_failures() {
    runner::check(token::rows()).await;
}

#[tokio::test]
async fn grant_mismatches() {
    runner::check(grant::rows()).await;
}

#[tokio::test]
async fn failures_for_lack_of_time() {
    runner::check(deadlines::rows()).await;
}

/// Several tables, one after the other.
fn joined<const N: usize>(tables: [Vec<Failure>; N]) -> Vec<Failure> {
    tables.into_iter().flatten().collect()
}
