//! An AWS Lambda that gives its callers one short-lived GitHub token, good for one repository and
//! one set of permissions, both fixed by whoever deployed it.
//!
//! [`broker`] tells what an invocation does; [`handler`] is the Lambda edge around it; the three
//! workers are [`parameter_store`], [`app_jwt`] and [`github`]. [`config`] turns the environment into
//! types that cannot hold a wrong value, and [`error`] lists what a caller can be told.

#![forbid(unsafe_code)]

pub mod app_jwt;
pub mod broker;
pub mod clock;
pub mod config;
pub mod deadline;
pub mod environment;
pub mod error;
pub mod github;
pub mod handler;
pub mod http_client;
pub mod json;
pub mod logging;
pub mod panics;
pub mod parameter_store;
pub mod payload;
pub mod peer_text;
pub mod pem;
pub mod preconnect;
pub mod record;
pub mod retry;
pub mod runtime_api;
pub mod startup;
