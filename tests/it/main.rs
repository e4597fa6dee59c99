//! The end-to-end tests: the real binary against stand-ins for Lambda, SSM and GitHub on the loopback. One file per
//! promise; what fails is a row in the table of `failures`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

mod clock;
mod configuration;
mod container_credentials;
mod documentation;
mod endpoints;
mod failures;
mod house;
mod hung_lookups;
mod init_fault;
mod invoke_api;
mod leaks;
mod log_lines;
mod lost_connections;
mod mint;
#[cfg(feature = "integration")]
mod moto;
mod network;
mod parameters;
mod payload;
mod permissions;
mod plain_peers;
mod preconnect;
mod private_key;
mod process_memory;
mod proxy;
mod retries;
mod revocation;
mod runtime_api;
mod scene;
mod secrets;
mod source;
mod start;
mod steps;
mod terraform_environment;
mod time;
mod tls;
