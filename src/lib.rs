//! An AWS Lambda function that exchanges a GitHub App's private key for short-lived installation tokens, each valid for
//! one repository and one set of permissions. Both are fixed when the function is deployed.
//!
//! Start reading at `broker`: it runs one invocation, step by step. `lambda` connects it to the Lambda runtime. The
//! steps are in `parameter_store`, `github_app` and `github`. `config` parses the environment into types that cannot
//! hold an invalid value. Imports point one way: `lambda` → `broker` → steps → types.

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
