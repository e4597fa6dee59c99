//! End-to-end tests: the real binary with stand-ins for Lambda, SSM and GitHub on the loopback interface. Each file
//! tests one promise. Failures are rows in the table of `failures`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic fails the test, as intended"
)]

mod clock;
mod configuration;
mod container_credentials;
mod documentation;
mod endpoints;
mod failures;
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
mod structure;
mod terraform_environment;
mod time;
mod tls;
