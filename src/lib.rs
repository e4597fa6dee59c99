//! An AWS Lambda function that exchanges a GitHub App's private key for short-lived installation tokens, each valid for
//! one repository and one set of permissions. Both are fixed when the function is deployed.
//!
//! Start reading at `broker`: it is one invocation, step by step. `lambda` is the edge around it. The workers are
//! `parameter_store`, `github_app` and `github`; `config` turns the environment into types that cannot hold a wrong
//! value. Imports point one way: `lambda` → `broker` → workers → types.

#![forbid(unsafe_code)]

mod broker;
mod clock;
mod config;
mod deadline;
mod error_type;
mod github;
mod github_app;
mod http;
mod json;
mod known_secrets;
mod lambda;
mod logging;
mod parameter_store;
mod peer_text;
mod pem;
mod process_memory;
mod secret_shapes;

pub use lambda::run;
